# Checks each morning that every index has a portfolio of today. No calendar is needed: on a holiday
# B3 already serves the next session.

locals {
  # A student account has no Scheduler: the module lab calls the function by a rule.
  scheduled = var.lab_role_arn == null ? { watch = var.schedule_group } : {}
}

data "aws_caller_identity" "current" {}

module "function" {
  source = "../function"

  name            = "${var.prefix}-watch"
  description     = "Reports indices without a portfolio of today."
  handler         = "trigger_lambda.watch.handle"
  lab_role_arn    = var.lab_role_arn
  policy          = data.aws_iam_policy_document.watch.json
  policy_name     = "watch"
  timeout_seconds = 120
  package         = var.function_package
  runtime         = var.runtime
  log_days        = var.log_days

  environment = {
    BOVESPA_ALARM_TOPIC = var.topic_arn
    BOVESPA_BUCKET      = var.lake.bucket
  }
}

resource "aws_scheduler_schedule" "watch" {
  # checkov:skip=CKV_AWS_297:a schedule's input is no secret; AWS encrypts it with its own key
  for_each = local.scheduled

  name                         = "${var.prefix}-watch"
  description                  = "After the morning's capture, and early enough to capture by hand."
  group_name                   = each.value.name
  schedule_expression          = var.schedule
  schedule_expression_timezone = "America/Sao_Paulo"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = module.function.arn
    role_arn = aws_iam_role.watch_schedule[each.key].arn

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 10
    }
  }
}

data "aws_iam_policy_document" "scheduler_assumes" {
  for_each = local.scheduled

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [each.value.arn]
    }
  }
}

data "aws_iam_policy_document" "watch" {
  # Keys alone say which index has which session.
  statement {
    sid       = "LookAtTheKeys"
    actions   = ["s3:ListBucket"]
    resources = [var.lake.arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["raw/*"]
    }
  }

  statement {
    sid       = "Tell"
    actions   = ["sns:Publish"]
    resources = [var.topic_arn]
  }
}

data "aws_iam_policy_document" "watch_schedule" {
  statement {
    sid       = "CallTheWatch"
    actions   = ["lambda:InvokeFunction"]
    resources = [module.function.arn]
  }
}

resource "aws_iam_role" "watch_schedule" {
  for_each = local.scheduled

  name               = "${var.prefix}-watch-schedule"
  assume_role_policy = data.aws_iam_policy_document.scheduler_assumes[each.key].json
}

resource "aws_iam_role_policy" "watch_schedule" {
  for_each = local.scheduled

  name   = "schedule"
  role   = aws_iam_role.watch_schedule[each.key].id
  policy = data.aws_iam_policy_document.watch_schedule.json
}
