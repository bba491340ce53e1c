# The schedules of a student account: EventBridge rules that call functions. A rule takes no role, but
# its cron counts in UTC and it starts no Glue job, so a small function does.

locals {
  # Brazil has had no daylight saving time since 2019: São Paulo is UTC-3 all the year. Hours up to
  # 20 stay on the same day in UTC, which the root's variables make sure of; rate(…) has no zone.
  utc_offset_hours = 3

  fields = {
    for name, schedule in { capture = var.capture_schedule, watch = var.watch_schedule } :
    name => split(" ", schedule)
  }
  schedules_utc = {
    for name, fields in local.fields : name => length(fields) != 6 ? join(" ", fields) : join(" ", concat(
      [fields[0], join(",", [for hour in split(",", fields[1]) : tonumber(hour) + local.utc_offset_hours])],
      slice(fields, 2, 6),
    ))
  }

  rules = {
    capture = {
      description = "B3 shows a portfolio for one session only: a session that is not captured in time is lost."
      function    = { arn = module.start_capture.arn, name = module.start_capture.name }
    }
    watch = {
      description = "After the morning's capture, and early enough to capture by hand."
      function    = var.watch_function
    }
  }
}

module "start_capture" {
  source = "../function"

  name            = "${var.prefix}-start-capture"
  description     = "Starts the capture job for a rule's event."
  handler         = "trigger_lambda.start_capture.handle"
  lab_role_arn    = var.lab_role_arn
  policy          = "{}" # the lab's role has its own
  policy_name     = "start-capture"
  timeout_seconds = 60
  package         = var.function_package
  runtime         = var.runtime
  log_days        = var.log_days

  environment = { BOVESPA_CAPTURE_JOB = var.capture_job }
}

resource "aws_cloudwatch_event_rule" "schedule" {
  for_each = local.rules

  name                = "${var.prefix}-${each.key}"
  description         = each.value.description
  schedule_expression = local.schedules_utc[each.key]
}

resource "aws_cloudwatch_event_target" "schedule" {
  for_each = local.rules

  rule      = aws_cloudwatch_event_rule.schedule[each.key].name
  target_id = each.key
  arn       = each.value.function.arn

  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 10
  }
}

# A policy of the function, not of a role: students may set it.
resource "aws_lambda_permission" "schedule" {
  for_each = local.rules

  statement_id  = "schedule"
  action        = "lambda:InvokeFunction"
  function_name = each.value.function.name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.schedule[each.key].arn
}
