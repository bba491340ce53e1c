# Checks each morning that every index has a portfolio of today. No calendar is needed: on a holiday
# B3 already serves the next session.

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

# A student account has no Scheduler: the module lab calls the function by a rule.
module "schedule" {
  source = "../schedule"
  count  = var.lab_role_arn == null ? 1 : 0

  name        = "${var.prefix}-watch"
  description = "After the morning's capture, and early enough to capture by hand."
  group       = var.schedule_group
  expression  = var.schedule
  target_arn  = module.function.arn
  right       = { action = "lambda:InvokeFunction", arn = module.function.arn }
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

moved {
  from = aws_scheduler_schedule.watch["watch"]
  to   = module.schedule[0].aws_scheduler_schedule.schedule
}

moved {
  from = aws_iam_role.watch_schedule["watch"]
  to   = module.schedule[0].aws_iam_role.schedule
}

moved {
  from = aws_iam_role_policy.watch_schedule["watch"]
  to   = module.schedule[0].aws_iam_role_policy.schedule
}
