# The lake's bucket: raw/ is written once and never deleted, by anybody; the rest is derived from it.

locals {
  raw_objects = "${aws_s3_bucket.lake.arn}/raw/*"

  # Iceberg's files of years ago are in use: outside staging/ only what was replaced or deleted
  # may go. A lifecycle filter cannot say "all but raw/", so the other folders are named.
  derived = toset(["quality", "runs", "warehouse"])
}

resource "aws_s3_bucket" "lake" {
  # checkov:skip=CKV_AWS_18:access logs cost more than the lake; CloudTrail's data events are there for whoever needs them
  # checkov:skip=CKV_AWS_144:a copy in another region is the owner's choice; raw/ can be copied as it is
  # checkov:skip=CKV_AWS_145:the data is public (B3's portfolios); SSE-S3 encrypts at no cost, KMS would cost a request each
  # checkov:skip=CKV2_AWS_62:the notification of manifests is in the module trigger
  bucket = var.bucket
}

resource "aws_s3_bucket_versioning" "lake" {
  bucket = aws_s3_bucket.lake.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "lake" {
  bucket = aws_s3_bucket.lake.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "lake" {
  bucket                  = aws_s3_bucket.lake.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "lake" {
  bucket = aws_s3_bucket.lake.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "lake" {
  # checkov:skip=CKV_AWS_300:each rule says so of its folder; no rule may cover raw/, where small objects are written whole
  bucket = aws_s3_bucket.lake.id

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

      abort_incomplete_multipart_upload {
        days_after_initiation = 7
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.lake]
}

data "aws_iam_policy_document" "lake" {
  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.lake.arn, "${aws_s3_bucket.lake.arn}/*"]

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

resource "aws_s3_bucket_policy" "lake" {
  bucket = aws_s3_bucket.lake.id
  policy = data.aws_iam_policy_document.lake.json

  depends_on = [aws_s3_bucket_public_access_block.lake]
}
