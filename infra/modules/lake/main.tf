# The lake's bucket: raw/ is written once and never deleted, by anybody; the rest is derived from it.
# Only a student account may choose otherwise, which is emptied at its end anyway.

locals {
  raw_objects = "arn:${data.aws_partition.current.partition}:s3:::${var.bucket}/raw/*"

  # Iceberg's files of years ago are in use: outside staging/ only what was replaced or deleted
  # may go. A lifecycle filter cannot say "all but raw/", so the other folders are named.
  derived = toset(["quality", "runs", "warehouse"])
}

data "aws_partition" "current" {}

module "bucket" {
  source = "../private_bucket"

  bucket           = var.bucket
  force_destroy    = !var.protect_raw
  policy_documents = var.protect_raw ? [data.aws_iam_policy_document.lake.json] : []
}

resource "aws_s3_bucket_lifecycle_configuration" "lake" {
  # checkov:skip=CKV_AWS_300:each rule says so of its folder; no rule may cover raw/, where small objects are written whole
  bucket = module.bucket.bucket

  rule {
    id     = "staging-is-scratch"
    status = "Enabled"

    filter {
      prefix = "staging/"
    }

    expiration {
      days = var.staging_days
    }

    noncurrent_version_expiration {
      noncurrent_days = 1
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  dynamic "rule" {
    for_each = local.derived

    content {
      id     = "replaced-in-${rule.value}"
      status = "Enabled"

      filter {
        prefix = "${rule.value}/"
      }

      noncurrent_version_expiration {
        noncurrent_days = var.noncurrent_days
      }

      # The marker of a deletion stays when the last version behind it is gone, and is listed by
      # every listing of versions. Current objects are not touched.
      expiration {
        expired_object_delete_marker = true
      }

      abort_incomplete_multipart_upload {
        days_after_initiation = 7
      }
    }
  }
}

data "aws_iam_policy_document" "lake" {
  statement {
    sid       = "NothingDeletesRaw"
    effect    = "Deny"
    actions   = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
    resources = [local.raw_objects]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }

  statement {
    sid       = "RawIsWrittenOnce"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = [local.raw_objects]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    # True where the request has no If-None-Match.
    condition {
      test     = "Null"
      variable = "s3:if-none-match"
      values   = ["true"]
    }

    # The parts of a multipart upload carry no such header, only its completion does.
    condition {
      test     = "Bool"
      variable = "s3:ObjectCreationOperation"
      values   = ["true"]
    }
  }
}
