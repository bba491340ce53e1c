# What the variables let through, and what follows from them, without any AWS.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { id = "us-east-1" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mocked" }
  }
}

variables {
  lake_bucket = "example-lake"
}

run "without_a_repository_there_is_no_role_for_it" {
  command = plan

  assert {
    condition     = output.github_role == null && length(module.github) == 0
    error_message = "A role for GitHub without a repository."
  }
}

# One run, since each starts the provider anew.
run "what_cannot_be_is_refused_before_anything_is_asked_of_aws" {
  command = plan

  variables {
    alarm_emails          = ["nobody"]
    capture_schedule      = "0 8,20 * * *"
    github_branch         = "*"
    github_repository     = "owner/*"
    glue_version          = "4.0"
    job_timeout_minutes   = 1
    lake_bucket           = "an-example-of-a-lake-with-a-name-that-has-54-characters"
    lambda_runtime        = "python3.9"
    log_days              = 1
    noncurrent_days       = 1
    prefix                = "Bovespa"
    scan_limit_bytes      = 1
    staging_days          = 1
    orphan_cleanup_tables = ["positions"]
    watch_schedule        = "at noon"
    worker_count          = 1
    worker_type           = "Standard"
  }

  expect_failures = [
    var.alarm_emails,
    var.capture_schedule,
    var.github_branch,
    var.github_repository,
    var.glue_version,
    var.job_timeout_minutes,
    var.lake_bucket,
    var.lambda_runtime,
    var.log_days,
    var.noncurrent_days,
    var.prefix,
    var.scan_limit_bytes,
    var.staging_days,
    var.orphan_cleanup_tables,
    var.watch_schedule,
    var.worker_count,
    var.worker_type,
  ]
}

run "without_artifacts_the_plan_says_what_to_run" {
  command = plan

  module {
    source = "./modules/artifacts"
  }

  variables {
    bucket = "example-lake-artifacts"
    folder = "./nowhere"
  }

  expect_failures = [var.folder]
}

run "a_cleaned_table_is_looked_after_in_its_own_folder" {
  command = plan

  module {
    source = "./modules/jobs"
  }

  variables {
    prefix                = "bovespa"
    lake                  = { arn = "arn:aws:s3:::example-lake", bucket = "example-lake", uri = "s3://example-lake" }
    artifacts             = { arn = "arn:aws:s3:::a", scripts = { capture = "s3://a/c.py", refine = "s3://a/r.py" }, python_modules = [] }
    glue_version          = "5.1"
    worker_type           = "G.1X"
    worker_count          = 2
    timeout_minutes       = 60
    capture_schedule      = "cron(0 8,20 * * ? *)"
    orphan_cleanup_tables = ["position"]
  }

  assert {
    condition = (
      aws_glue_catalog_table_optimizer.orphans["position"].configuration[0]
      .orphan_file_deletion_configuration[0].iceberg_configuration[0].location
      == "s3://example-lake/warehouse/position"
    )
    error_message = "Orphans are looked for elsewhere than in the table's folder."
  }
}
