# A workflow of one branch of one repository may add to raw/, without any stored key.

locals {
  issuer       = "token.actions.githubusercontent.com"
  provider_arn = var.provider_arn != null ? var.provider_arn : aws_iam_openid_connect_provider.github[0].arn

  # A repository created, renamed or moved since 15 July 2026 has ids that are never given again in
  # its subject. With the ids only that form is trusted: the names alone could be someone else's one day.
  names      = split("/", var.repository)
  repository = var.repository_ids == null ? var.repository : format("%s@%d/%s@%d", local.names[0], var.repository_ids.owner, local.names[1], var.repository_ids.repository)
}

# An account has one provider for an issuer: where it is there already, its ARN is given.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.provider_arn == null ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = ["repo:${local.repository}:ref:refs/heads/${var.branch}"]
    }
  }
}

data "aws_iam_policy_document" "capture" {
  # The bucket's policy says the same of everybody; here it is said once more.
  statement {
    sid       = "AddToRaw"
    actions   = ["s3:PutObject"]
    resources = ["${var.lake.arn}/raw/*"]

    condition {
      test     = "StringEquals"
      variable = "s3:if-none-match"
      values   = ["*"]
    }
  }

  # What is there already is compared with its own hash; what a crash left is finished.
  statement {
    sid       = "ReadRaw"
    actions   = ["s3:GetObject"]
    resources = ["${var.lake.arn}/raw/*"]
  }

  # As the capture job: S3 answers 404 for a missing key only to a role that may list.
  statement {
    sid       = "ListTheLake"
    actions   = ["s3:ListBucket"]
    resources = [var.lake.arn]
  }
}

resource "aws_iam_role" "capture" {
  name                 = "${var.prefix}-github-capture"
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  max_session_duration = 3600
}

resource "aws_iam_role_policy" "capture" {
  name   = "capture"
  role   = aws_iam_role.capture.id
  policy = data.aws_iam_policy_document.capture.json
}
