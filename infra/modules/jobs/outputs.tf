output "database" {
  description = "The Glue database, which is the Iceberg namespace."
  value       = aws_glue_catalog_database.bovespa.name
}

output "database_arn" {
  description = "The Glue database."
  value       = aws_glue_catalog_database.bovespa.arn
}

output "jobs" {
  description = "Name and ARN of each job."
  value       = { for key, job in aws_glue_job.job : key => { arn = job.arn, name = job.name } }
}

output "policies" {
  description = "Rights on the lake of capturing and of refining, as JSON documents."
  value = {
    capture = data.aws_iam_policy_document.capture.json
    refine  = data.aws_iam_policy_document.refine.json
  }
}

output "role_arns" {
  description = "Role of each job."
  value       = local.role_arns
}

output "schedule_group" {
  description = "Name and ARN of the group that the schedules are in, null in a student account."
  value       = one([for group in aws_scheduler_schedule_group.bovespa : { arn = group.arn, name = group.name }])
}
