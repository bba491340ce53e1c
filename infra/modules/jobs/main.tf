# The two Glue jobs, the database they publish to, and when the capture runs.

locals {
  # The namespace of the Iceberg tables: a name in the code, not a setting.
  database = "bovespa"

  names = toset(["capture", "refine"])

  # A student account has one role for everything, and no Scheduler: the module lab has its schedules.
  is_lab = var.lab_role_arn != null
  role_arns = {
    capture = local.is_lab ? var.lab_role_arn : aws_iam_role.capture[0].arn
    refine  = local.is_lab ? var.lab_role_arn : aws_iam_role.refine[0].arn
  }

  jobs = {
    capture = {
      description = "Asks B3 for every index and keeps the answers under raw/."
      role_arn    = local.role_arns.capture
      arguments   = {}
    }
    refine = {
      description = "Refines and publishes all that is pending; the manifest only wakes it."
      role_arn    = local.role_arns.refine
      # A failed run is a mail. A portfolio that stays refused fails the run that refuses it and no
      # later one, so that it hides no other; the quality site lists it as long as it stands.
      arguments = { "--only-new" = "true" }
    }
  }

  default_arguments = {
    "--lake"                            = var.lake.uri
    "--additional-python-modules"       = var.artifacts.archive
    "--enable-job-insights"             = "true"
    "--job-bookmark-option"             = "job-bookmark-disable"
    "--job-language"                    = "python"
    "--python-modules-installer-option" = "--no-index" # no run depends on PyPI, or takes from it
  }

  # Glue 5.0 and later write to PREFIX/error (Spark's own log) and PREFIX/output (what the script
  # prints). Without a prefix of their own, all jobs of an account share two groups that keep
  # everything for ever. docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html
  log_prefixes = { for job in local.names : job => "/aws-glue/jobs/${var.prefix}-${job}" }
  log_groups = {
    for pair in setproduct(local.names, ["error", "output"]) :
    join("-", pair) => "${local.log_prefixes[pair[0]]}/${pair[1]}"
  }

  arns = {
    glue = "arn:${data.aws_partition.current.partition}:glue:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}"
    logs = "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}"
  }
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

resource "aws_glue_catalog_database" "bovespa" {
  name         = local.database
  description  = "B3's index portfolios, audited."
  location_uri = "${var.lake.uri}/warehouse"

  # Where the tables were made: a lake that was moved is told from this.
  parameters = { "bovespa.root" = var.lake.uri }

  # IAM alone decides on new tables, also in an account where Lake Formation decides by default: the
  # refine role creates the tables, and would have to be granted each of them there.
  create_table_default_permission {
    permissions = ["ALL"]

    principal {
      data_lake_principal_identifier = "IAM_ALLOWED_PRINCIPALS"
    }
  }
}

resource "aws_cloudwatch_log_group" "job" {
  # checkov:skip=CKV_AWS_158:the log names indices, dates and manifests, which are public data; CloudWatch encrypts it with its own key
  # checkov:skip=CKV_AWS_338:a variable sets the retention; permanent records are in the lake
  for_each = local.log_groups

  name              = each.value
  retention_in_days = var.log_days
}

resource "aws_glue_job" "job" {
  # checkov:skip=CKV_AWS_195:the data is public; S3 and CloudWatch encrypt it with their own keys, bookmarks are off
  for_each = local.jobs

  name                    = "${var.prefix}-${each.key}"
  description             = each.value.description
  role_arn                = each.value.role_arn
  glue_version            = var.glue_version
  worker_type             = var.worker_type
  number_of_workers       = var.worker_count
  timeout                 = var.timeout_minutes
  max_retries             = 0 # a run is asked for again by the queue or the schedule, which know why
  job_run_queuing_enabled = true
  execution_class         = "STANDARD"

  default_arguments = merge(local.default_arguments, each.value.arguments, {
    "--custom-logGroup-prefix" = local.log_prefixes[each.key]
  })

  command {
    name            = "glueetl"
    python_version  = "3"
    script_location = var.artifacts.scripts[each.key]
  }

  # Two runs at once would compute the same, and one of them in vain: the second waits.
  execution_property {
    max_concurrent_runs = 1
  }

  depends_on = [aws_cloudwatch_log_group.job]
}

# The refine job looks after its tables itself: it knows which snapshots make up a moment. Glue's
# compaction makes snapshots that no publication names, and its retention expires table by table
# what `portfolio` still names, so both stay off. Files that a crash left are Glue's to find
# (README.md, "Maintenance of the tables").
resource "aws_glue_catalog_table_optimizer" "orphans" {
  for_each = var.orphan_cleanup_tables

  catalog_id    = data.aws_caller_identity.current.account_id
  database_name = aws_glue_catalog_database.bovespa.name
  table_name    = each.value
  type          = "orphan_file_deletion"

  configuration {
    enabled  = true
    role_arn = aws_iam_role.sweep[0].arn

    orphan_file_deletion_configuration {
      iceberg_configuration {
        location                             = "${var.lake.uri}/warehouse/${each.value}"
        orphan_file_retention_period_in_days = 7
      }
    }
  }
}

resource "aws_scheduler_schedule_group" "bovespa" {
  count = local.is_lab ? 0 : 1

  name = var.prefix
}

module "schedule" {
  source = "../schedule"
  count  = local.is_lab ? 0 : 1

  name        = "${var.prefix}-capture"
  description = "B3 shows a portfolio for one session only: a session that is not captured in time is lost."
  group       = aws_scheduler_schedule_group.bovespa[0]
  expression  = var.capture_schedule
  is_enabled  = var.is_capture_scheduled
  target_arn  = "arn:${data.aws_partition.current.partition}:scheduler:::aws-sdk:glue:startJobRun"
  input       = jsonencode({ JobName = aws_glue_job.job["capture"].name })
  right       = { action = "glue:StartJobRun", arn = aws_glue_job.job["capture"].arn }
}

moved {
  from = aws_scheduler_schedule.capture[0]
  to   = module.schedule[0].aws_scheduler_schedule.schedule
}

moved {
  from = aws_iam_role.schedule[0]
  to   = module.schedule[0].aws_iam_role.schedule
}

moved {
  from = aws_iam_role_policy.schedule[0]
  to   = module.schedule[0].aws_iam_role_policy.schedule
}
