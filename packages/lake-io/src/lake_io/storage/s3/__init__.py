"""A lake on S3 with the AWS Glue Data Catalog."""
