# The capture and the refine as Lambda functions of one image: the same code as the Glue jobs, in
# one process, without Spark. Only what an engine is set to "lambda" for is made.

locals {
  handlers = {
    capture = "Asks B3 for every index and keeps the answers under raw/."
    refine  = "Refines and publishes all that is pending, with DuckDB; the manifest only wakes it."
  }
  names = { for name, description in local.handlers : name => "${var.prefix}-${name}" if contains(var.engines, name) }
  roles = { for name in keys(local.names) : name => var.role_arn != null ? var.role_arn : aws_iam_role.function[name].arn }

  # After the last try Lambda sends its record of the call, with the error's type and reason.
  # A capture is retried after one and two minutes, because a missed session is lost. A refine is
  # not retried: the next manifest starts it, and a retry does not change a refusal.
  retries = { capture = 2, refine = 0 }
}

resource "aws_cloudwatch_log_group" "function" {
  # checkov:skip=CKV_AWS_158:the log names indices, dates and portfolios, which are public data; CloudWatch encrypts it with its own key
  # checkov:skip=CKV_AWS_338:a variable sets the retention; permanent records are in the lake
  for_each = local.names

  name              = "/aws/lambda/${each.value}"
  retention_in_days = var.log_days
}

resource "aws_lambda_function" "function" {
  # checkov:skip=CKV_AWS_50:one process does all of it; its log has every step
  # checkov:skip=CKV_AWS_115:a variable reserves; a new account's quota of 10 lets nothing be reserved, and two runs at once are correct
  # checkov:skip=CKV_AWS_116:failures go to the topic of the alarms, with the reason (aws_lambda_function_event_invoke_config)
  # checkov:skip=CKV_AWS_117:it calls B3 and AWS services alone; a VPC would add a NAT gateway that costs more than all the rest
  # checkov:skip=CKV_AWS_173:its variables are names, no secrets
  # checkov:skip=CKV_AWS_272:Lambda signs no images; the image is named by its digest
  for_each = local.names

  function_name = each.value
  description   = local.handlers[each.key]
  role          = local.roles[each.key]
  package_type  = "Image"
  image_uri     = var.image
  architectures = ["arm64"]
  memory_size   = 1769 # one whole processor
  timeout       = 900  # the most that Lambda gives

  reserved_concurrent_executions = var.reserved_concurrency

  image_config {
    command = ["bovespa_pipeline.lambda_handlers.${each.key}.handle"]
  }

  environment {
    variables = { BOVESPA_LAKE = var.lake.uri }
  }

  ephemeral_storage {
    size = 1024
  }

  depends_on = [aws_cloudwatch_log_group.function, aws_iam_role_policy.function]
}

resource "aws_lambda_function_event_invoke_config" "function" {
  for_each = local.names

  function_name                = aws_lambda_function.function[each.key].function_name
  maximum_retry_attempts       = local.retries[each.key]
  maximum_event_age_in_seconds = 6 * 60 * 60

  destination_config {
    on_failure {
      destination = var.topic_arn
    }
  }
}

# The topic did not receive the record, so the error is not known either.
resource "aws_cloudwatch_metric_alarm" "reasons" {
  for_each = local.names

  alarm_name          = "${each.value}-reasons-lost"
  alarm_description   = "The function ${each.value} failed, and its reason did not reach the topic: see its log."
  namespace           = "AWS/Lambda"
  metric_name         = "DestinationDeliveryFailures"
  dimensions          = { FunctionName = each.value }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.topic_arn]
}

module "schedule" {
  source = "../schedule"
  count  = contains(var.engines, "capture") && var.role_arn == null ? 1 : 0

  name        = "${var.prefix}-capture-function"
  description = "B3 shows a portfolio for one session only: a session that is not captured in time is lost."
  group       = var.schedule_group
  expression  = var.capture_schedule
  target_arn  = aws_lambda_function.function["capture"].arn
  input       = jsonencode({}) # without it Scheduler sends an event of its own: {"source": "aws.scheduler", …}
  right       = { action = "lambda:InvokeFunction", arn = aws_lambda_function.function["capture"].arn }
}

moved {
  from = aws_scheduler_schedule.capture[0]
  to   = module.schedule[0].aws_scheduler_schedule.schedule
}

moved {
  from = aws_iam_role.schedule[0]
  to   = module.schedule[0].aws_iam_role.schedule
}

moved {
  from = aws_iam_role_policy.schedule[0]
  to   = module.schedule[0].aws_iam_role_policy.schedule
}
