# Rights of each function: those of its job on the lake, its log, and publishing to the alarms' topic.
# With `role_arn` no role is made, and no schedule: an account that may make none has its own.

locals {
  own_roles = var.role_arn == null ? local.names : {}
}

data "aws_iam_policy_document" "lambda_assumes" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "scheduler_assumes" {
  count = contains(keys(local.own_roles), "capture") ? 1 : 0

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
      values   = [var.schedule_group.arn]
    }
  }
}

data "aws_iam_policy_document" "function" {
  for_each = local.own_roles

  source_policy_documents = [var.policies[each.key]]

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function[each.key].arn}:*"]
  }

  statement {
    sid       = "SayWhyItFailed"
    actions   = ["sns:Publish"]
    resources = [var.topic_arn]
  }
}

resource "aws_iam_role" "function" {
  for_each = local.own_roles

  name               = "${each.value}-function"
  assume_role_policy = data.aws_iam_policy_document.lambda_assumes.json
}

resource "aws_iam_role_policy" "function" {
  for_each = local.own_roles

  name   = each.key
  role   = aws_iam_role.function[each.key].id
  policy = data.aws_iam_policy_document.function[each.key].json
}

data "aws_iam_policy_document" "schedule" {
  count = contains(keys(local.own_roles), "capture") ? 1 : 0

  statement {
    sid       = "CallTheCapture"
    actions   = ["lambda:InvokeFunction"]
    resources = [aws_lambda_function.function["capture"].arn]
  }
}

resource "aws_iam_role" "schedule" {
  count = contains(keys(local.own_roles), "capture") ? 1 : 0

  name               = "${var.prefix}-capture-function-schedule"
  assume_role_policy = data.aws_iam_policy_document.scheduler_assumes[0].json
}

resource "aws_iam_role_policy" "schedule" {
  count = contains(keys(local.own_roles), "capture") ? 1 : 0

  name   = "schedule"
  role   = aws_iam_role.schedule[0].id
  policy = data.aws_iam_policy_document.schedule[0].json
}
