# A Lambda function from the functions' ZIP, with its log group and its role.

locals {
  role_arn = var.lab_role_arn != null ? var.lab_role_arn : aws_iam_role.function[0].arn
}

resource "aws_cloudwatch_log_group" "function" {
  # checkov:skip=CKV_AWS_158:the log names indices, dates and manifests, which are public data; CloudWatch encrypts it with its own key
  # checkov:skip=CKV_AWS_338:a variable sets the retention; permanent records are in the lake
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_days
}

resource "aws_lambda_function" "function" {
  # checkov:skip=CKV_AWS_50:one hop is not worth tracing; its log has every step
  # checkov:skip=CKV_AWS_115:the trigger's event source mapping limits it and watch runs once a day; a reservation would take from the account's pool
  # checkov:skip=CKV_AWS_116:the trigger's queue has the dead letters; errors of watch raise an alarm and it runs again the next morning
  # checkov:skip=CKV_AWS_117:it calls AWS services alone; a VPC would add endpoints that cost more than all the rest
  # checkov:skip=CKV_AWS_173:its variables are names, no secrets
  # checkov:skip=CKV_AWS_272:the ZIP is reproducible, and its hash is in the plan
  function_name    = var.name
  description      = var.description
  role             = local.role_arn
  handler          = var.handler
  runtime          = var.runtime
  architectures    = ["arm64"]
  memory_size      = 256
  timeout          = var.timeout_seconds
  s3_bucket        = var.package.bucket
  s3_key           = var.package.key
  source_code_hash = var.package.sha256

  environment {
    variables = var.environment
  }

  depends_on = [aws_cloudwatch_log_group.function, aws_iam_role_policy.function]
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "function" {
  count = var.lab_role_arn == null ? 1 : 0

  name               = var.name
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

data "aws_iam_policy_document" "function" {
  source_policy_documents = [var.policy]

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function.arn}:*"]
  }
}

resource "aws_iam_role_policy" "function" {
  count = var.lab_role_arn == null ? 1 : 0

  name   = var.policy_name
  role   = aws_iam_role.function[0].id
  policy = data.aws_iam_policy_document.function.json
}
