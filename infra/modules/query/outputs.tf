output "workgroup" {
  description = "The Athena workgroup."
  value       = aws_athena_workgroup.bovespa.name
}
