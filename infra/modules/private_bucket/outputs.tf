output "arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.bucket.arn
}

output "bucket" {
  description = "Name of the bucket, once it is versioned: every object has its versions."
  value       = aws_s3_bucket_versioning.bucket.id
}
