# What the jobs and the functions run, uploaded from what `hatch run artifacts` built.

locals {
  wheels    = fileset(var.folder, "wheels/*.whl")
  jobs      = toset(["refine", "capture"])
  zip       = "${var.folder}/trigger-lambda.zip"
  from_pypi = jsondecode(file("${var.folder}/glue-modules.json"))
}

module "bucket" {
  source = "../private_bucket"

  bucket        = var.bucket
  force_destroy = true # everything in it can be built again
}

resource "aws_s3_bucket_lifecycle_configuration" "artifacts" {
  bucket = module.bucket.bucket

  rule {
    id     = "replaced-artifacts"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_object" "wheel" {
  for_each = local.wheels

  bucket      = module.bucket.bucket
  key         = each.value
  source      = "${var.folder}/${each.value}"
  source_hash = filesha256("${var.folder}/${each.value}")
}

resource "aws_s3_object" "job" {
  for_each = local.jobs

  bucket      = module.bucket.bucket
  key         = "jobs/${each.value}_job.py"
  source      = "${var.folder}/jobs/${each.value}_job.py"
  source_hash = filesha256("${var.folder}/jobs/${each.value}_job.py")
}

resource "aws_s3_object" "zip" {
  bucket      = module.bucket.bucket
  key         = "trigger-lambda.zip"
  source      = local.zip
  source_hash = filesha256(local.zip)
}
