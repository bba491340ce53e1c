"""Entry points of the AWS Glue jobs."""
