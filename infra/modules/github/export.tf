# A workflow that gives the published tables away: it reads them, and nothing else.

locals {
  # arn:aws:glue:REGION:ACCOUNT:database/NAME
  catalog  = join(":", slice(split(":", var.database_arn), 0, 5))
  database = split("/", var.database_arn)[1]
}

data "aws_iam_policy_document" "export" {
  statement {
    sid       = "ReadTables"
    actions   = ["s3:GetObject"]
    resources = ["${var.lake.arn}/warehouse/*"]
  }

  statement {
    sid     = "FindTables"
    actions = ["glue:GetTable"]
    resources = [
      "${local.catalog}:catalog",
      var.database_arn,
      "${local.catalog}:table/${local.database}/*",
    ]
  }
}

resource "aws_iam_role" "export" {
  count = var.export ? 1 : 0

  name                 = "${var.prefix}-github-export"
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  max_session_duration = 3600
}

resource "aws_iam_role_policy" "export" {
  count = var.export ? 1 : 0

  name   = "export"
  role   = aws_iam_role.export[0].id
  policy = data.aws_iam_policy_document.export.json
}
