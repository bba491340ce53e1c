output "export_role_arn" {
  description = "The role that the workflow of an export assumes, null where there is none."
  value       = one(aws_iam_role.export[*].arn)
}

output "role_arn" {
  description = "The role that the workflow assumes."
  value       = aws_iam_role.capture.arn
}
