# Athena over the published tables: a workgroup that bounds what a query costs, and the questions
# everyone asks.

locals {
  # A file a question, named after it; its first line says what it answers. A publication commits
  # `portfolio` last, so a session is public once it stands there: every query joins it.
  questions = {
    for file in fileset("${path.module}/queries", "*.sql") :
    replace(trimsuffix(file, ".sql"), "_", "-") => file("${path.module}/queries/${file}")
  }
}

resource "aws_athena_workgroup" "bovespa" {
  name          = var.prefix
  description   = "Queries over B3's index portfolios, bounded in what they may scan."
  force_destroy = true # a workgroup holds the history of its queries, and nothing else

  # The provider cannot read a workgroup's tags back where it has none.
  tags = { Name = var.prefix }

  configuration {
    bytes_scanned_cutoff_per_query     = var.scan_limit_bytes
    enforce_workgroup_configuration    = true
    publish_cloudwatch_metrics_enabled = true

    engine_version {
      selected_engine_version = "Athena engine version 3"
    }

    # Answers are scratch: they go with what else lies under staging/.
    result_configuration {
      output_location = "${var.lake_uri}/staging/athena/"

      encryption_configuration {
        encryption_option = "SSE_S3"
      }
    }
  }
}

resource "aws_athena_named_query" "question" {
  for_each = local.questions

  name        = each.key
  description = trimprefix(split("\n", each.value)[0], "-- ")
  workgroup   = aws_athena_workgroup.bovespa.id
  database    = var.database
  query       = each.value
}
