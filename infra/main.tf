# B3's index portfolios on AWS: captured twice a day, kept raw, refined, published, watched.
#
#   schedule ─► capture job ─► raw/ ─► queue ─► trigger ─► refine job ─► warehouse/ ─► Athena
#                               ▲                                 any failure ─► alarms ─► e-mail
#   GitHub's workflow ──────────┘

module "lake" {
  source = "./modules/lake"

  bucket          = var.lake_bucket
  staging_days    = var.staging_days
  noncurrent_days = var.noncurrent_days
}

module "artifacts" {
  source = "./modules/artifacts"

  bucket = "${var.lake_bucket}-artifacts"
  folder = coalesce(var.build_folder, "${path.module}/build")
}

module "jobs" {
  source = "./modules/jobs"

  prefix            = var.prefix
  lake              = module.lake
  artifacts         = module.artifacts
  glue_version      = var.glue_version
  worker_type       = var.worker_type
  worker_count      = var.worker_count
  timeout_minutes   = var.job_timeout_minutes
  capture_schedule  = var.capture_schedule
  maintained_tables = var.maintained_tables
  snapshot_days     = var.snapshot_days
}

module "trigger" {
  source = "./modules/trigger"

  prefix           = var.prefix
  lake             = module.lake
  refine_job       = module.jobs.jobs["refine"]
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
  lake              = module.lake
  job_names         = [for job in module.jobs.jobs : job.name]
  dead_letter_queue = module.trigger.dead_letter_queue
  trigger_function  = module.trigger.function
  schedule_group    = module.jobs.schedule_group
  watch_schedule    = var.watch_schedule
  function_package  = module.artifacts.function_package
  runtime           = var.lambda_runtime
  log_days          = var.log_days
}

module "github" {
  source = "./modules/github"
  count  = var.github_repository == null ? 0 : 1

  prefix       = var.prefix
  lake         = module.lake
  repository   = var.github_repository
  branch       = var.github_branch
  provider_arn = var.github_provider_arn
}
