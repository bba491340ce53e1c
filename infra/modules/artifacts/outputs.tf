output "arn" {
  description = "ARN of the artifacts bucket."
  value       = module.bucket.arn
}

output "archive" {
  description = "S3 address of the zip of wheels that a Glue job installs."
  value       = "s3://${aws_s3_object.archive.bucket}/${aws_s3_object.archive.key}"
}

output "function_package" {
  description = "The functions' ZIP: where it is, and its hash as Lambda writes it."
  value = {
    bucket = module.bucket.bucket
    key    = aws_s3_object.zip.key
    sha256 = filebase64sha256(local.zip)
  }
}

output "scripts" {
  description = "S3 address of each job's script, by job."
  value       = { for name, object in aws_s3_object.job : name => "s3://${object.bucket}/${object.key}" }
}
