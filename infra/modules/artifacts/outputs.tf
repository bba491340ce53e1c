output "arn" {
  description = "ARN of the artifacts bucket."
  value       = module.bucket.arn
}

output "function_package" {
  description = "The functions' ZIP: where it is, and its hash as Lambda writes it."
  value = {
    bucket = module.bucket.bucket
    key    = aws_s3_object.zip.key
    sha256 = filebase64sha256(local.zip)
  }
}

output "python_modules" {
  description = "What a Glue job installs: our wheels by their S3 addresses, the rest from PyPI."
  value = concat(
    [for wheel in sort(keys(aws_s3_object.wheel)) : "s3://${module.bucket.bucket}/${wheel}"],
    local.from_pypi,
  )

  precondition {
    condition     = alltrue([for module in local.from_pypi : !strcontains(module, ",")])
    error_message = "Glue splits its list of modules at commas: pin each module of glue-modules.json with ==."
  }
}

output "scripts" {
  description = "S3 address of each job's script, by job."
  value       = { for name, object in aws_s3_object.job : name => "s3://${object.bucket}/${object.key}" }
}
