output "arn" {
  description = "ARN of the lake's bucket."
  value       = module.bucket.arn
}

output "bucket" {
  description = "Name of the lake's bucket."
  value       = module.bucket.bucket
}

output "uri" {
  description = "The lake as every command and job names it."
  value       = "s3://${module.bucket.bucket}"
}
