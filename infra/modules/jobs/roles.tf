# What each job may do, and no more. The capture job sees raw/ alone; only refine publishes.

data "aws_iam_policy_document" "glue_assumes" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["glue.amazonaws.com"]
    }

    # A condition on a key that a request does not have is not met, and no run would start.
    dynamic "condition" {
      for_each = var.trust_source_account ? [data.aws_caller_identity.current.account_id] : []

      content {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [condition.value]
      }
    }
  }
}

# What any Glue job of ours needs, whatever it does.
data "aws_iam_policy_document" "runs" {
  for_each = local.names

  statement {
    sid       = "ReadWhatItRuns"
    actions   = ["s3:GetObject"]
    resources = ["${var.artifacts.arn}/*"]
  }

  # Glue writes the log under the job's role. It asks for the group as well as for the stream.
  statement {
    sid     = "Log"
    actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    resources = [
      for stream in ["error", "output"] : "${aws_cloudwatch_log_group.job["${each.key}-${stream}"].arn}:*"
    ]
  }
}

# Rights on the lake of capture and refine, the same for each engine.
data "aws_iam_policy_document" "capture" {
  # Whether something is there already is asked by the write itself (If-None-Match); what is
  # there is read, and compared with its own hash before it is believed.
  statement {
    sid       = "KeepRaw"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${var.lake.arn}/raw/*"]
  }

  # Earlier payloads of the same session, and what an interrupted capture left. Without a condition
  # on the prefix: a read has none, and S3 answers 404 only to a role that may list.
  statement {
    sid       = "ListTheLake"
    actions   = ["s3:ListBucket"]
    resources = [var.lake.arn]
  }
}

data "aws_iam_policy_document" "refine" {
  statement {
    sid       = "ListTheLake"
    actions   = ["s3:ListBucket"]
    resources = [var.lake.arn]
  }

  statement {
    sid       = "ReadRaw"
    actions   = ["s3:GetObject"]
    resources = ["${var.lake.arn}/raw/*"]
  }

  statement {
    sid       = "WriteTables"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    resources = ["${var.lake.arn}/warehouse/*"]
  }

  statement {
    sid       = "KeepQualityPages"
    actions   = ["s3:PutObject"]
    resources = ["${var.lake.arn}/quality/*"]
  }

  statement {
    sid       = "FindTheDatabase"
    actions   = ["glue:GetDatabase"]
    resources = ["${local.arns.glue}:catalog", aws_glue_catalog_database.bovespa.arn]
  }

  statement {
    sid     = "Publish"
    actions = ["glue:CreateTable", "glue:GetTable", "glue:UpdateTable"]
    resources = [
      "${local.arns.glue}:catalog",
      aws_glue_catalog_database.bovespa.arn,
      "${local.arns.glue}:table/${local.database}/*",
    ]
  }
}

data "aws_iam_policy_document" "capture_job" {
  source_policy_documents = [
    data.aws_iam_policy_document.runs["capture"].json, data.aws_iam_policy_document.capture.json,
  ]
}

data "aws_iam_policy_document" "refine_job" {
  source_policy_documents = [
    data.aws_iam_policy_document.runs["refine"].json, data.aws_iam_policy_document.refine.json,
  ]

  # Tables pass to Spark's workers through staging/.
  statement {
    sid       = "WriteScratch"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    resources = ["${var.lake.arn}/staging/*"]
  }

  # S3A, the S3 client of Spark on Glue since 5.1, looks for the bucket's region, and for uploads in
  # parts that a task before it has left.
  statement {
    sid       = "FindTheLake"
    actions   = ["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"]
    resources = [var.lake.arn]
  }
}

# Orphan clean-up needs neither s3:PutObject nor glue:UpdateTable:
# docs.aws.amazon.com/glue/latest/dg/optimization-prerequisites.html
data "aws_iam_policy_document" "sweep" {
  statement {
    sid       = "DeleteOrphans"
    actions   = ["s3:GetObject", "s3:DeleteObject"]
    resources = [for table in var.orphan_cleanup_tables : "${var.lake.arn}/warehouse/${table}/*"]
  }

  statement {
    sid       = "ListTheLake"
    actions   = ["s3:ListBucket"]
    resources = [var.lake.arn]
  }

  statement {
    sid     = "ReadTheTables"
    actions = ["glue:GetTable"]
    resources = concat(
      ["${local.arns.glue}:catalog", aws_glue_catalog_database.bovespa.arn],
      [for table in var.orphan_cleanup_tables : "${local.arns.glue}:table/${local.database}/${table}"],
    )
  }

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.arns.logs}:log-group:/aws-glue/iceberg-orphan-file-deletion/logs:*"]
  }
}

resource "aws_iam_role" "capture" {
  count = local.is_lab ? 0 : 1

  name               = "${var.prefix}-capture"
  assume_role_policy = data.aws_iam_policy_document.glue_assumes.json
}

resource "aws_iam_role_policy" "capture" {
  count = local.is_lab ? 0 : 1

  name   = "capture"
  role   = aws_iam_role.capture[0].id
  policy = data.aws_iam_policy_document.capture_job.json
}

resource "aws_iam_role" "refine" {
  count = local.is_lab ? 0 : 1

  name               = "${var.prefix}-refine"
  assume_role_policy = data.aws_iam_policy_document.glue_assumes.json
}

resource "aws_iam_role_policy" "refine" {
  count = local.is_lab ? 0 : 1

  name   = "refine"
  role   = aws_iam_role.refine[0].id
  policy = data.aws_iam_policy_document.refine_job.json
}

resource "aws_iam_role" "sweep" {
  count = length(var.orphan_cleanup_tables) > 0 ? 1 : 0

  name               = "${var.prefix}-sweep"
  assume_role_policy = data.aws_iam_policy_document.glue_assumes.json
}

resource "aws_iam_role_policy" "sweep" {
  count = length(var.orphan_cleanup_tables) > 0 ? 1 : 0

  name   = "sweep"
  role   = aws_iam_role.sweep[0].id
  policy = data.aws_iam_policy_document.sweep.json
}
