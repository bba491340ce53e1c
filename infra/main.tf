# B3's index portfolios on AWS: captured twice a day, kept raw, refined, published, watched.
#
#   schedule ─► capture job ─► raw/ ─► queue ─► trigger ─► refine job ─► warehouse/ ─► Athena
#                               ▲                                 any failure ─► alarms ─► e-mail
#   GitHub's workflow ──────────┘

locals {
  # A student account has one role for everything, two regions, no Scheduler, and a budget that ends it.
  is_lab              = var.lab_role_arn != null
  capture_schedule    = coalesce(var.capture_schedule, local.is_lab ? "cron(0 8 * * ? *)" : "cron(0 8,20 * * ? *)")
  job_timeout_minutes = coalesce(var.job_timeout_minutes, local.is_lab ? 10 : 60)

  # Named one by one: a whole module handed over would be waited for, its slow lifecycle included.
  lake = {
    arn    = module.lake.arn
    bucket = module.lake.bucket
    uri    = module.lake.uri
  }

  artifacts = {
    archive = module.artifacts.archive
    arn     = module.artifacts.arn
    scripts = module.artifacts.scripts
  }

  engines          = { capture = var.capture_engine, refine = var.refine_engine }
  function_engines = toset([for name, engine in local.engines : name if engine == "lambda"])
  refine_target = (
    var.refine_engine == "lambda"
    ? { action = "lambda:InvokeFunction", arn = module.functions.functions["refine"].arn }
    : { action = "glue:StartJobRun", arn = module.jobs.jobs["refine"].arn }
  )
}

module "lake" {
  source = "./modules/lake"

  bucket          = var.lake_bucket
  protect_raw     = var.protect_raw
  staging_days    = var.staging_days
  noncurrent_days = var.noncurrent_days
}

module "artifacts" {
  source = "./modules/artifacts"

  bucket       = "${var.lake_bucket}-artifacts"
  folder       = coalesce(var.build_folder, "${path.module}/build")
  glue_version = var.glue_version
}

module "jobs" {
  source = "./modules/jobs"

  prefix                = var.prefix
  lake                  = local.lake
  artifacts             = local.artifacts
  glue_version          = var.glue_version
  worker_type           = var.worker_type
  worker_count          = var.worker_count
  timeout_minutes       = local.job_timeout_minutes
  lab_role_arn          = var.lab_role_arn
  log_days              = var.log_days
  trust_source_account  = var.glue_trust_source_account
  capture_schedule      = local.capture_schedule
  orphan_cleanup_tables = var.orphan_cleanup_tables
  is_capture_scheduled  = var.capture_engine == "glue"
}

module "image" {
  source = "./modules/image"

  prefix = var.prefix
}

module "functions" {
  source = "./modules/functions"

  prefix               = var.prefix
  lake                 = local.lake
  engines              = local.function_engines
  image                = var.image_digest == null ? null : "${module.image.repository}@${var.image_digest}"
  policies             = module.jobs.policies
  reserved_concurrency = var.function_reserved_concurrency
  role_arn             = var.lab_role_arn
  topic_arn            = module.alarms.topic_arn
  schedule_group       = module.jobs.schedule_group
  capture_schedule     = local.capture_schedule
  log_days             = var.log_days
}

module "trigger" {
  source = "./modules/trigger"

  prefix           = var.prefix
  lake             = local.lake
  lab_role_arn     = var.lab_role_arn
  target           = local.refine_target
  run_minutes      = local.job_timeout_minutes
  function_package = module.artifacts.function_package
  runtime          = var.lambda_runtime
  log_days         = var.log_days
}

module "query" {
  source = "./modules/query"

  prefix           = var.prefix
  lake_uri         = module.lake.uri
  database         = module.jobs.database
  scan_limit_bytes = var.scan_limit_bytes
}

module "alarms" {
  source = "./modules/alarms"

  prefix            = var.prefix
  emails            = var.alarm_emails
  job_names         = [for job in module.jobs.jobs : job.name]
  dead_letter_queue = module.trigger.dead_letter_queue
  has_scheduler     = !local.is_lab
  schedule_group    = module.jobs.schedule_group
  # By their names, which are known before the functions are made.
  functions = [
    for function in concat(["trigger", "watch"], local.is_lab ? ["start-capture"] : []) : "${var.prefix}-${function}"
  ]
}

module "watch" {
  source = "./modules/watch"

  prefix           = var.prefix
  lake             = local.lake
  topic_arn        = module.alarms.topic_arn
  lab_role_arn     = var.lab_role_arn
  schedule_group   = module.jobs.schedule_group
  schedule         = var.watch_schedule
  function_package = module.artifacts.function_package
  runtime          = var.lambda_runtime
  log_days         = var.log_days
}

module "lab" {
  source = "./modules/lab"
  count  = local.is_lab ? 1 : 0

  prefix           = var.prefix
  lab_role_arn     = var.lab_role_arn
  capture_job      = module.jobs.jobs["capture"].name
  capture_schedule = local.capture_schedule
  watch_schedule   = var.watch_schedule
  watch_function   = { arn = module.watch.arn, name = module.watch.function }
  function_package = module.artifacts.function_package
  runtime          = var.lambda_runtime
  log_days         = var.log_days
}

module "github" {
  source = "./modules/github"
  count  = var.github_repository == null ? 0 : 1

  prefix         = var.prefix
  lake           = local.lake
  repository     = var.github_repository
  repository_ids = var.github_repository_ids
  branch         = var.github_branch
  provider_arn   = var.github_provider_arn
  database_arn   = module.jobs.database_arn
  export         = var.github_export
}
