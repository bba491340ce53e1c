"""Where a lake's objects and catalog live: a local folder, or S3 and the Glue Catalog."""
