# A manifest under raw/manifest/ becomes one refine run: S3, a queue, a function.

locals {
  queue = "${var.prefix}-manifests"

  # By its name, so that the queue is made with its policy.
  queue_arn = "arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:${local.queue}"

  timeout_seconds = 60

  # Six times the function's time-out, as AWS advises. The same number tells the function when a
  # claim was left by an invocation that died: its message has come back by then.
  visibility_seconds = 6 * local.timeout_seconds

  # A manifest that meets a running job comes back until that run has ended, and three times more. A
  # run refines all that is pending, so the next manifest makes good what a lost one did not start.
  receive_count = max(10, ceil(60 * var.run_minutes / local.visibility_seconds) + 3)
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${local.queue}-dead"
  message_retention_seconds = 14 * 24 * 60 * 60
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue" "manifests" {
  name                       = local.queue
  visibility_timeout_seconds = local.visibility_seconds
  message_retention_seconds  = 4 * 24 * 60 * 60
  sqs_managed_sse_enabled    = true
  policy                     = data.aws_iam_policy_document.manifests.json

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = local.receive_count
  })
}

data "aws_iam_policy_document" "manifests" {
  statement {
    sid       = "TheLakeAnnounces"
    actions   = ["sqs:SendMessage"]
    resources = [local.queue_arn]

    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [var.lake.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_s3_bucket_notification" "manifests" {
  bucket = var.lake.bucket

  queue {
    id            = "manifests"
    queue_arn     = aws_sqs_queue.manifests.arn
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = "raw/manifest/"
    filter_suffix = ".json"
  }
}

module "function" {
  source = "../function"

  name            = "${var.prefix}-trigger"
  description     = "Starts one refine run for each new manifest."
  handler         = "trigger_lambda.trigger.handle"
  lab_role_arn    = var.lab_role_arn
  policy          = data.aws_iam_policy_document.trigger.json
  policy_name     = "trigger"
  timeout_seconds = local.timeout_seconds
  package         = var.function_package
  runtime         = var.runtime
  log_days        = var.log_days

  environment = {
    BOVESPA_BUCKET        = var.lake.bucket
    BOVESPA_CLAIM_SECONDS = tostring(local.visibility_seconds)
    BOVESPA_REFINE_TARGET = var.target.arn
  }
}

resource "aws_lambda_event_source_mapping" "manifests" {
  event_source_arn        = aws_sqs_queue.manifests.arn
  function_name           = module.function.arn
  batch_size              = 10
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = 2 # the least that Lambda takes
  }
}

data "aws_iam_policy_document" "trigger" {
  statement {
    sid       = "TakeFromTheQueue"
    actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    resources = [aws_sqs_queue.manifests.arn]
  }

  statement {
    sid       = "ReadTheManifest"
    actions   = ["s3:GetObject"]
    resources = ["${var.lake.arn}/raw/manifest/*"]
  }

  statement {
    sid       = "ClaimTheRun"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${var.lake.arn}/runs/*"]
  }

  statement {
    sid       = "StartTheRun"
    actions   = [var.target.action]
    resources = [var.target.arn]
  }
}
