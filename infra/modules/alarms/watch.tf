# Looks each morning whether every index has a portfolio of today. It needs no calendar: on a day
# off B3 already shows the next session.

resource "aws_cloudwatch_log_group" "watch" {
  # checkov:skip=CKV_AWS_158:the log names indices and dates, which are public data; CloudWatch encrypts it with its own key
  # checkov:skip=CKV_AWS_338:a variable says how long; what must last is in the lake
  name              = "/aws/lambda/${var.prefix}-watch"
  retention_in_days = var.log_days
}

resource "aws_lambda_function" "watch" {
  # checkov:skip=CKV_AWS_50:one hop is not worth tracing; its log has every step
  # checkov:skip=CKV_AWS_115:it runs once a day
  # checkov:skip=CKV_AWS_116:its errors raise an alarm, and the next morning looks again
  # checkov:skip=CKV_AWS_117:it talks to S3 and SNS alone; a VPC would add endpoints that cost more than all the rest
  # checkov:skip=CKV_AWS_173:its variables are names, no secrets
  # checkov:skip=CKV_AWS_272:the ZIP is built the same to the byte, and its hash is in the plan
  function_name    = "${var.prefix}-watch"
  description      = "Tells when an index has no portfolio of today."
  role             = aws_iam_role.watch.arn
  handler          = "trigger_lambda.watch.handle"
  runtime          = var.runtime
  architectures    = ["arm64"]
  memory_size      = 256
  timeout          = 120
  s3_bucket        = var.function_package.bucket
  s3_key           = var.function_package.key
  source_code_hash = var.function_package.sha256

  environment {
    variables = {
      BOVESPA_ALARM_TOPIC = aws_sns_topic.alarms.arn
      BOVESPA_BUCKET      = var.lake.bucket
    }
  }

  depends_on = [aws_cloudwatch_log_group.watch, aws_iam_role_policy.watch]
}

resource "aws_scheduler_schedule" "watch" {
  # checkov:skip=CKV_AWS_297:what a schedule says is no secret; AWS encrypts it with its own key
  name                         = "${var.prefix}-watch"
  description                  = "Late enough for the morning's capture, early enough to ask B3 by hand."
  group_name                   = var.schedule_group.name
  schedule_expression          = var.watch_schedule
  schedule_expression_timezone = "America/Sao_Paulo"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.watch.arn
    role_arn = aws_iam_role.watch_schedule.arn

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 10
    }
  }
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
    resources = [aws_sns_topic.alarms.arn]
  }

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.watch.arn}:*"]
  }
}

data "aws_iam_policy_document" "watch_schedule" {
  statement {
    sid       = "CallTheWatch"
    actions   = ["lambda:InvokeFunction"]
    resources = [aws_lambda_function.watch.arn]
  }
}

resource "aws_iam_role" "watch" {
  name               = "${var.prefix}-watch"
  assume_role_policy = data.aws_iam_policy_document.lambda_assumes.json
}

resource "aws_iam_role_policy" "watch" {
  name   = "watch"
  role   = aws_iam_role.watch.id
  policy = data.aws_iam_policy_document.watch.json
}

resource "aws_iam_role" "watch_schedule" {
  name               = "${var.prefix}-watch-schedule"
  assume_role_policy = data.aws_iam_policy_document.scheduler_assumes.json
}

resource "aws_iam_role_policy" "watch_schedule" {
  name   = "schedule"
  role   = aws_iam_role.watch_schedule.id
  policy = data.aws_iam_policy_document.watch_schedule.json
}
