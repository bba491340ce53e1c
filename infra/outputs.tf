output "alarm_topic" {
  description = "The SNS topic of the alarms."
  value       = module.alarms.topic_arn
}

output "capture_job" {
  description = "The Glue job that captures from B3."
  value       = module.jobs.jobs["capture"].name
}

output "database" {
  description = "The Glue database that holds the tables."
  value       = module.jobs.database
}

output "dead_letter_queue" {
  description = "The queue of manifests that could not be started."
  value       = module.trigger.dead_letter_queue
}

output "github_export_role" {
  description = "The role that GitHub's workflow assumes for an export, null without one."
  value       = one(module.github[*].export_role_arn)
}

output "github_role" {
  description = "The role that GitHub's workflow assumes, null without a repository."
  value       = one(module.github[*].role_arn)
}

output "functions" {
  description = "Name of each function that captures or refines instead of a Glue job."
  value       = { for key, one in module.functions.functions : key => one.name }
}

output "image_repository" {
  description = "Address of the repository that the functions' image is pushed to."
  value       = module.image.repository
}

output "lake" {
  description = "The lake, as `bovespa --lake` takes it."
  value       = module.lake.uri
}

output "lake_bucket" {
  description = "The lake's bucket."
  value       = module.lake.bucket
}

output "queue_url" {
  description = "The queue that manifests arrive in."
  value       = module.trigger.queue_url
}

output "refine_job" {
  description = "The Glue job that refines and publishes."
  value       = module.jobs.jobs["refine"].name
}

output "region" {
  description = "The region of all resources."
  value       = var.region
}

output "roles" {
  description = "ARN of each role that code of ours runs under; with capture_engine or refine_engine = \"lambda\" the functions' roles too."
  value = merge(
    {
      capture = module.jobs.role_arns.capture
      refine  = module.jobs.role_arns.refine
      trigger = module.trigger.role_arn
      watch   = module.watch.role_arn
    },
    { for name, arn in module.functions.role_arns : "${name}_function" => arn },
  )
}

output "schedules_utc" {
  description = "Schedules on which a student account's rules start the capture and the watch, in UTC; null elsewhere, where schedules are in São Paulo's time."
  value       = one(module.lab[*].schedules_utc)
}

output "start_capture_function" {
  description = "The function that starts the capture in a student account, null elsewhere."
  value       = one(module.lab[*].start_capture_function)
}

output "trigger_function" {
  description = "The function that starts a run for a manifest."
  value       = module.trigger.function
}

output "trigger_mapping" {
  description = "Id of the event source mapping from the queue to the trigger, which a restore switches off."
  value       = module.trigger.mapping
}

output "watch_function" {
  description = "The function that reports a session without a capture."
  value       = module.watch.function
}

output "workgroup" {
  description = "The Athena workgroup."
  value       = module.query.workgroup
}
