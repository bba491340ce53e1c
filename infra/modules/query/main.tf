# Athena over the published tables: a workgroup that bounds what a query costs, and the questions
# everyone asks.

locals {
  # A publication commits `portfolio` last, so a session is public once it stands there: every
  # query starts from it.
  queries = {
    "latest-sessions" = {
      description = "The last session of each index, and what it was made from."
      file        = "latest_sessions.sql"
    }
    "members-on-a-date" = {
      description = "Who was in IBOV on a date: the latest session on or before it."
      file        = "members_on_a_date.sql"
    }
    "changes-of-an-index" = {
      description = "What changed in IBOV from session to session, and why."
      file        = "changes_of_an_index.sql"
    }
    "refused-portfolios" = {
      description = "What the gate kept out, by which rule."
      file        = "refused_portfolios.sql"
    }
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
  for_each = local.queries

  name        = each.key
  description = each.value.description
  workgroup   = aws_athena_workgroup.bovespa.id
  database    = var.database
  query       = file("${path.module}/queries/${each.value.file}")
}
