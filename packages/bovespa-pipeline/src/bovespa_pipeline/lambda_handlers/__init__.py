"""Handlers of the Lambda functions in the image: the jobs of `glue_jobs`, without Spark."""
