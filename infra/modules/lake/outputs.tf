output "arn" {
  description = "ARN of the lake's bucket."
  value       = aws_s3_bucket.lake.arn
}

output "bucket" {
  description = "Name of the lake's bucket."
  value       = aws_s3_bucket.lake.id
}

output "uri" {
  description = "The lake as every command and job names it."
  value       = "s3://${aws_s3_bucket.lake.id}"
}
