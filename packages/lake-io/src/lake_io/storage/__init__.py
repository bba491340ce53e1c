"""Storage of a lake's objects and catalog: a local folder, or S3 and the Glue Catalog."""
