output "arn" {
  description = "ARN of the function."
  value       = module.function.arn
}

output "function" {
  description = "Name of the function that reports sessions without a capture."
  value       = module.function.name
}

output "role_arn" {
  description = "ARN of the function's role."
  value       = module.function.role_arn
}
