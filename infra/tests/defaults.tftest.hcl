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

run "without_a_bucket_the_plan_says_what_to_give" {
  command = plan

  variables {
    lake_bucket = null
  }

  expect_failures = [var.lake_bucket]
}

run "what_belongs_to_a_repository_is_refused_without_one" {
  command = plan

  variables {
    github_export         = true
    github_repository_ids = { owner = 583231, repository = 1296269 }
  }

  expect_failures = [var.github_export, var.github_repository_ids]
}

run "a_student_account_has_two_regions" {
  command = plan

  variables {
    lab_role_arn = "arn:aws:iam::123456789012:role/LabRole"
    region       = "sa-east-1"
  }

  expect_failures = [var.lab_role_arn]
}

run "a_student_account_has_no_role_for_github" {
  command = plan

  variables {
    lab_role_arn      = "arn:aws:iam::123456789012:role/LabRole"
    github_repository = "owner/name"
  }

  expect_failures = [var.lab_role_arn]
}

run "the_role_of_a_student_account_is_named_by_its_arn" {
  command = plan

  variables {
    lab_role_arn = "LabRole"
  }

  expect_failures = [var.lab_role_arn]
}

run "a_student_account_has_hours_that_are_the_same_day_in_utc" {
  command = plan

  variables {
    lab_role_arn     = "arn:aws:iam::123456789012:role/LabRole"
    capture_schedule = "cron(0 8,21 * * ? *)"
  }

  expect_failures = [var.lab_role_arn]
}

run "a_student_account_has_no_orphan_cleanup" {
  command = plan

  variables {
    lab_role_arn          = "arn:aws:iam::123456789012:role/LabRole"
    orphan_cleanup_tables = ["position"]
  }

  expect_failures = [var.lab_role_arn]
}

run "raw_is_given_up_in_a_student_account_alone" {
  command = plan

  variables {
    protect_raw = false
  }

  expect_failures = [var.protect_raw]
}

run "rules_count_in_utc_and_rates_in_no_zone" {
  command = plan

  module {
    source = "./modules/lab"
  }

  variables {
    prefix           = "bovespa"
    lab_role_arn     = "arn:aws:iam::123456789012:role/LabRole"
    capture_job      = "bovespa-capture"
    capture_schedule = "cron(15 0,8,20 ? * MON-FRI *)"
    watch_schedule   = "rate(12 hours)"
    watch_function   = { arn = "arn:aws:lambda:us-east-1:123456789012:function:bovespa-watch", name = "bovespa-watch" }
    function_package = { bucket = "a", key = "f.zip", sha256 = "" }
    runtime          = "python3.13"
    log_days         = 90
  }

  assert {
    condition     = output.schedules_utc == { capture = "cron(15 3,11,23 ? * MON-FRI *)", watch = "rate(12 hours)" }
    error_message = "São Paulo is not three hours behind UTC."
  }
}

run "ids_are_whole_numbers" {
  command = plan

  variables {
    github_repository     = "owner/name"
    github_repository_ids = { owner = 583231, repository = 1.5 }
  }

  expect_failures = [var.github_repository_ids]
}

run "a_function_without_its_image_is_refused_with_what_to_do" {
  command = plan

  variables {
    capture_engine = "lambda"
    refine_engine  = "lambda"
  }

  expect_failures = [var.capture_engine, var.refine_engine]
}

run "a_student_account_captures_and_refines_by_its_jobs" {
  command = plan

  variables {
    lab_role_arn   = "arn:aws:iam::123456789012:role/LabRole"
    capture_engine = "lambda"
    refine_engine  = "lambda"
    image_digest   = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
  }

  expect_failures = [var.capture_engine, var.refine_engine]
}

run "an_engine_that_there_is_not_is_refused" {
  command = plan

  variables {
    capture_engine = "ec2"
    refine_engine  = "duckdb"
  }

  expect_failures = [var.capture_engine, var.refine_engine]
}

# One run, since each starts the provider anew.
run "what_cannot_be_is_refused_before_anything_is_asked_of_aws" {
  command = plan

  variables {
    alarm_emails          = ["nobody"]
    capture_schedule      = "0 8,20 * * *"
    github_branch         = "*"
    github_provider_arn   = "token.actions.githubusercontent.com"
    github_repository     = "owner/*"
    glue_version          = "4.0"
    image_digest          = "latest"
    job_timeout_minutes   = 1
    lake_bucket           = "an-example-of-a-lake-with-a-name-that-has-54-characters"
    lambda_runtime        = "python3.9"
    log_days              = 1
    noncurrent_days       = 1
    prefix                = "Bovespa"
    region                = "Virginia"
    scan_limit_bytes      = 1
    staging_days          = 1
    tags                  = { "aws:name" = "taken" }
    orphan_cleanup_tables = ["positions"]
    watch_schedule        = "at noon"
    worker_count          = 1
    worker_type           = "Standard"

    function_reserved_concurrency = 0
  }

  expect_failures = [
    var.alarm_emails,
    var.capture_schedule,
    var.function_reserved_concurrency,
    var.github_branch,
    var.github_provider_arn,
    var.github_repository,
    var.glue_version,
    var.image_digest,
    var.job_timeout_minutes,
    var.lake_bucket,
    var.lambda_runtime,
    var.log_days,
    var.noncurrent_days,
    var.prefix,
    var.region,
    var.scan_limit_bytes,
    var.staging_days,
    var.tags,
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
    bucket       = "example-lake-artifacts"
    folder       = "./nowhere"
    glue_version = "5.1"
  }

  expect_failures = [var.folder]
}

run "wheels_for_another_version_of_glue_are_not_uploaded" {
  command = plan

  module {
    source = "./modules/artifacts"
  }

  variables {
    bucket       = "example-lake-artifacts"
    folder       = "./build"
    glue_version = "6.0"
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
    artifacts             = { archive = "s3://a/glue-5.1.gluewheels.zip", arn = "arn:aws:s3:::a", scripts = { capture = "s3://a/c.py", refine = "s3://a/r.py" } }
    glue_version          = "5.1"
    worker_type           = "G.1X"
    worker_count          = 2
    timeout_minutes       = 60
    log_days              = 90
    trust_source_account  = false
    lab_role_arn          = null
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

  assert {
    condition = sort(distinct(flatten([
      for statement in data.aws_iam_policy_document.sweep.statement : statement.actions
      ]))) == tolist([
      "glue:GetTable", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents",
      "s3:DeleteObject", "s3:GetObject", "s3:ListBucket",
    ])
    error_message = "The clean-up has other rights than AWS documents for it."
  }
}

run "an_older_repository_is_trusted_by_its_names" {
  command = plan

  module {
    source = "./modules/github"
  }

  variables {
    prefix         = "bovespa"
    lake           = { arn = "arn:aws:s3:::example-lake", bucket = "example-lake" }
    repository     = "owner/name"
    repository_ids = null
    branch         = "main"
    database_arn   = "arn:aws:glue:us-east-1:123456789012:database/bovespa"
    export         = true
    provider_arn   = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition = contains(flatten([
      for condition in data.aws_iam_policy_document.assume.statement[0].condition : condition.values
    ]), "repo:owner/name:ref:refs/heads/main")
    error_message = "The subject is not that of a repository from before 15 July 2026."
  }
}

run "a_run_names_its_account_only_where_that_is_asked_for" {
  command = plan

  module {
    source = "./modules/jobs"
  }

  variables {
    prefix                = "bovespa"
    lake                  = { arn = "arn:aws:s3:::example-lake", bucket = "example-lake", uri = "s3://example-lake" }
    artifacts             = { archive = "s3://a/glue-5.1.gluewheels.zip", arn = "arn:aws:s3:::a", scripts = { capture = "s3://a/c.py", refine = "s3://a/r.py" } }
    glue_version          = "5.1"
    worker_type           = "G.1X"
    worker_count          = 2
    timeout_minutes       = 60
    log_days              = 90
    trust_source_account  = true
    lab_role_arn          = null
    capture_schedule      = "cron(0 8,20 * * ? *)"
    orphan_cleanup_tables = []
  }

  assert {
    condition = [
      for condition in data.aws_iam_policy_document.glue_assumes.statement[0].condition : condition.variable
    ] == ["aws:SourceAccount"]
    error_message = "The trust does not ask for the account."
  }
}

run "a_reservation_is_the_functions_own_and_asked_for" {
  command = plan

  module {
    source = "./modules/functions"
  }

  variables {
    prefix               = "bovespa"
    lake                 = { arn = "arn:aws:s3:::example-lake", bucket = "example-lake", uri = "s3://example-lake" }
    engines              = ["refine"]
    image                = "123456789012.dkr.ecr.us-east-1.amazonaws.com/bovespa-functions@sha256:0"
    policies             = { refine = "{}" }
    reserved_concurrency = 1
    topic_arn            = "arn:aws:sns:us-east-1:123456789012:bovespa-alarms"
    schedule_group       = { arn = "arn:aws:scheduler:us-east-1:123456789012:schedule-group/bovespa", name = "bovespa" }
    capture_schedule     = "cron(0 8,20 * * ? *)"
    log_days             = 90
  }

  assert {
    condition     = aws_lambda_function.function["refine"].reserved_concurrent_executions == 1
    error_message = "The function does not reserve what it is given."
  }
}

run "a_schedule_may_start_its_target_alone_and_is_assumed_by_its_group" {
  command = plan

  module {
    source = "./modules/schedule"
  }

  variables {
    name        = "bovespa-watch"
    description = "In the morning."
    group       = { arn = "arn:aws:scheduler:us-east-1:123456789012:schedule-group/bovespa", name = "bovespa" }
    expression  = "cron(30 9 * * ? *)"
    target_arn  = "arn:aws:lambda:us-east-1:123456789012:function:bovespa-watch"
    right       = { action = "lambda:InvokeFunction", arn = "arn:aws:lambda:us-east-1:123456789012:function:bovespa-watch" }
  }

  assert {
    condition = [for statement in data.aws_iam_policy_document.start.statement : [statement.actions, statement.resources]] == [
      [toset(["lambda:InvokeFunction"]), toset(["arn:aws:lambda:us-east-1:123456789012:function:bovespa-watch"])],
    ]
    error_message = "The role may do something else than start the target."
  }

  assert {
    condition = {
      for condition in data.aws_iam_policy_document.assume.statement[0].condition : condition.variable => condition.values[0]
      } == {
      "aws:SourceAccount" = "123456789012"
      "aws:SourceArn"     = "arn:aws:scheduler:us-east-1:123456789012:schedule-group/bovespa"
    }
    error_message = "The role is assumed by another group's schedules."
  }
}

run "a_manifest_outlasts_the_longest_run" {
  command = apply

  module {
    source = "./modules/trigger"
  }

  variables {
    prefix           = "bovespa"
    lake             = { arn = "arn:aws:s3:::example-lake", bucket = "example-lake", uri = "s3://example-lake" }
    lab_role_arn     = null
    target           = { action = "glue:StartJobRun", arn = "arn:aws:glue:us-east-1:123456789012:job/bovespa-refine" }
    run_minutes      = 480
    function_package = { bucket = "a", key = "trigger.zip", sha256 = "0" }
    runtime          = "python3.13"
    log_days         = 90
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.manifests.redrive_policy).maxReceiveCount * aws_sqs_queue.manifests.visibility_timeout_seconds > 480 * 60
    error_message = "A manifest that meets a run of eight hours is given up before the run has ended."
  }
}

run "null_is_the_default_of_what_has_one" {
  command = plan

  variables {
    prefix         = null
    capture_engine = null
    refine_engine  = null
    worker_type    = null
    worker_count   = null
    alarm_emails   = null
    tags           = null
  }

  assert {
    condition     = var.capture_engine == "glue" && var.prefix == "bovespa" && length(var.tags) == 0
    error_message = "A null is no default."
  }
}
