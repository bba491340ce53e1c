output "functions" {
  description = "Name and ARN of each function that was made."
  value       = { for key, one in aws_lambda_function.function : key => { arn = one.arn, name = one.function_name } }
}

output "role_arns" {
  description = "Role of each function."
  value       = local.roles
}
