"""The models as Arrow, Iceberg and Spark schemas, and tables validated against them."""
