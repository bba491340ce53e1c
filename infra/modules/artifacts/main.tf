# What the jobs and the functions run, uploaded from what `hatch run artifacts` built.

locals {
  wheels    = fileset(var.folder, "wheels/*.whl")
  jobs      = toset(["refine", "capture"])
  zip       = "${var.folder}/trigger-lambda.zip"
  from_pypi = jsondecode(file("${var.folder}/glue-modules.json"))
}

resource "aws_s3_bucket" "artifacts" {
  # checkov:skip=CKV_AWS_18:it holds only what a build gives again
  # checkov:skip=CKV_AWS_144:it holds only what a build gives again
  # checkov:skip=CKV_AWS_145:SSE-S3 encrypts at no cost, and what it holds is public code
  # checkov:skip=CKV2_AWS_62:nothing waits for a new artifact: Terraform, which uploads it, also points the jobs at it
  bucket        = var.bucket
  force_destroy = true # everything in it can be built again
}

resource "aws_s3_bucket_versioning" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "artifacts" {
  bucket                  = aws_s3_bucket.artifacts.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id

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

  depends_on = [aws_s3_bucket_versioning.artifacts]
}

data "aws_iam_policy_document" "artifacts" {
  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.artifacts.arn, "${aws_s3_bucket.artifacts.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id
  policy = data.aws_iam_policy_document.artifacts.json

  depends_on = [aws_s3_bucket_public_access_block.artifacts]
}

resource "aws_s3_object" "wheel" {
  for_each = local.wheels

  bucket      = aws_s3_bucket.artifacts.id
  key         = each.value
  source      = "${var.folder}/${each.value}"
  source_hash = filesha256("${var.folder}/${each.value}")

  depends_on = [aws_s3_bucket_versioning.artifacts]
}

resource "aws_s3_object" "job" {
  for_each = local.jobs

  bucket      = aws_s3_bucket.artifacts.id
  key         = "jobs/${each.value}_job.py"
  source      = "${var.folder}/jobs/${each.value}_job.py"
  source_hash = filesha256("${var.folder}/jobs/${each.value}_job.py")

  depends_on = [aws_s3_bucket_versioning.artifacts]
}

resource "aws_s3_object" "zip" {
  bucket      = aws_s3_bucket.artifacts.id
  key         = "trigger-lambda.zip"
  source      = local.zip
  source_hash = filesha256(local.zip)

  depends_on = [aws_s3_bucket_versioning.artifacts]
}
