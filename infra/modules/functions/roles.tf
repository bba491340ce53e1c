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
