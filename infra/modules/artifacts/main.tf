# What the jobs and the functions run, uploaded from what `hatch run artifacts` built.

locals {
  archive = "glue-${var.glue_version}.gluewheels.zip"
  jobs    = toset(["refine", "capture"])
  zip     = "${var.folder}/trigger-lambda.zip"
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

resource "aws_s3_object" "archive" {
  bucket      = module.bucket.bucket
  key         = local.archive
  source      = "${var.folder}/${local.archive}"
  source_hash = filesha256("${var.folder}/${local.archive}")
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
