output "topic_arn" {
  description = "The topic that alarms go to."
  value       = aws_sns_topic.alarms.arn
}

output "watch_function" {
  description = "Name of the function that looks for sessions not captured."
  value       = aws_lambda_function.watch.function_name
}

output "watch_role_arn" {
  description = "That function's role."
  value       = aws_iam_role.watch.arn
}
