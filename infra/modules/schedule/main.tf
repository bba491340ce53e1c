# A schedule of EventBridge Scheduler in São Paulo's time, and the role that it starts its target under.

data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "assume" {
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
      values   = [var.group.arn]
    }
  }
}

data "aws_iam_policy_document" "start" {
  statement {
    sid       = "StartTheTarget"
    actions   = [var.right.action]
    resources = [var.right.arn]
  }
}

resource "aws_iam_role" "schedule" {
  name               = "${var.name}-schedule"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "schedule" {
  name   = "schedule"
  role   = aws_iam_role.schedule.id
  policy = data.aws_iam_policy_document.start.json
}

resource "aws_scheduler_schedule" "schedule" {
  # checkov:skip=CKV_AWS_297:a schedule's input is no secret; AWS encrypts it with its own key
  name                         = var.name
  description                  = var.description
  group_name                   = var.group.name
  schedule_expression          = var.expression
  schedule_expression_timezone = "America/Sao_Paulo"
  state                        = var.is_enabled ? "ENABLED" : "DISABLED"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.target_arn
    role_arn = aws_iam_role.schedule.arn
    input    = var.input

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 10
    }
  }
}
