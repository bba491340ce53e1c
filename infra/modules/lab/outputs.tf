output "schedules_utc" {
  description = "When the rules call their functions, in UTC."
  value       = { for name, rule in aws_cloudwatch_event_rule.schedule : name => rule.schedule_expression }
}

output "start_capture_function" {
  description = "Name of the function that starts the capture."
  value       = module.start_capture.name
}
