output "dead_letter_queue" {
  description = "Name of the queue of manifests that could not be started."
  value       = aws_sqs_queue.dead_letters.name
}

output "function" {
  description = "Name of the function."
  value       = module.function.name
}

output "mapping" {
  description = "Id of the event source mapping that calls the function."
  value       = aws_lambda_event_source_mapping.manifests.uuid
}

output "queue_url" {
  description = "The queue that manifests arrive in."
  value       = aws_sqs_queue.manifests.url
}

output "role_arn" {
  description = "The function's role."
  value       = module.function.role_arn
}
