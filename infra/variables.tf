variable "region" {
  description = "AWS region that everything is in."
  type        = string
  default     = "us-east-1"
}

variable "lake_bucket" {
  description = "Name of the lake's bucket, unique in the world; the artifacts bucket is named after it."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,51}[a-z0-9]$", var.lake_bucket))
    error_message = "A bucket's name has 3 to 53 (and \"-artifacts\") lower-case letters, digits and hyphens."
  }
}

variable "prefix" {
  description = "Beginning of every other name, so that an account can hold more than one lake's jobs."
  type        = string
  default     = "bovespa"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,29}$", var.prefix))
    error_message = "The prefix has 2 to 30 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "tags" {
  description = "Tags on all that can be tagged."
  type        = map(string)
  default     = {}
}

variable "build_folder" {
  description = "Folder that `hatch run artifacts` wrote; null is build/ beside this file."
  type        = string
  default     = null
}

variable "glue_version" {
  description = "Version of Glue: 5.1 is Spark 3.5.6 on Python 3.11, 6.0 is Spark 4.1 on Python 3.13."
  type        = string
  default     = "5.1"

  validation {
    condition     = contains(["5.1", "6.0"], var.glue_version)
    error_message = "The jobs are tested on Glue 5.1 and 6.0; earlier ones have a Python before 3.11."
  }
}

variable "worker_type" {
  description = "Kind of Glue worker; the smallest holds many years."
  type        = string
  default     = "G.1X"

  validation {
    condition     = contains(["G.1X", "G.2X", "G.4X", "G.8X"], var.worker_type)
    error_message = "The kind of worker is G.1X, G.2X, G.4X or G.8X."
  }
}

variable "worker_count" {
  description = "Workers of a Glue run; 2 is the least that Glue takes."
  type        = number
  default     = 2

  validation {
    condition     = var.worker_count >= 2 && var.worker_count <= 50 && floor(var.worker_count) == var.worker_count
    error_message = "A run has 2 to 50 workers."
  }
}

variable "job_timeout_minutes" {
  description = "Minutes after which a Glue run is stopped and reported as failed; a bound on what it can cost."
  type        = number
  default     = 60

  validation {
    condition     = var.job_timeout_minutes >= 5 && var.job_timeout_minutes <= 480
    error_message = "A run may take 5 to 480 minutes."
  }
}

variable "capture_schedule" {
  description = "When to ask B3, in São Paulo's time: twice a day, the first well before watch_schedule."
  type        = string
  default     = "cron(0 8,20 * * ? *)"

  validation {
    condition     = can(regex("^(cron|rate)\\(.+\\)$", var.capture_schedule))
    error_message = "A schedule is cron(…) or rate(…), as EventBridge Scheduler writes it."
  }
}

variable "watch_schedule" {
  description = "When to tell of an index without a portfolio of today, in São Paulo's time."
  type        = string
  default     = "cron(30 9 * * ? *)"

  validation {
    condition     = can(regex("^(cron|rate)\\(.+\\)$", var.watch_schedule))
    error_message = "A schedule is cron(…) or rate(…), as EventBridge Scheduler writes it."
  }
}

variable "alarm_emails" {
  description = "E-mail addresses that receive alarms; each must confirm the subscription once."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.alarm_emails : can(regex("^[^@\\s]+@[^@\\s]+$", email))])
    error_message = "Each is an e-mail address."
  }
}

variable "orphan_cleanup_tables" {
  description = "Tables whose orphaned files Glue deletes. They have to exist: set it after the first publication (README.md, \"Maintenance of the tables\")."
  type        = set(string)
  default     = []

  validation {
    condition = length(setsubtract(var.orphan_cleanup_tables, [
      "membership", "portfolio", "position", "position_change", "quality_result", "share_class_summary",
    ])) == 0
    error_message = "The tables are membership, portfolio, position, position_change, quality_result and share_class_summary."
  }
}

variable "staging_days" {
  description = "Days after which scratch under staging/ is deleted, answers of Athena among it."
  type        = number
  default     = 7

  validation {
    condition     = var.staging_days >= 2
    error_message = "A run may take hours, and its scratch is looked at when it fails: keep it for 2 days at least."
  }
}

variable "noncurrent_days" {
  description = "Days for which what was replaced or deleted outside raw/ can be had back."
  type        = number
  default     = 30

  validation {
    condition     = var.noncurrent_days >= 7
    error_message = "A mistake is noticed after some days: keep 7 at least."
  }
}

variable "scan_limit_bytes" {
  description = "Bytes after which an Athena query is stopped; 1 GiB is half a US cent, and decades of portfolios."
  type        = number
  default     = 1073741824

  validation {
    condition     = var.scan_limit_bytes >= 10485760
    error_message = "Athena takes no limit under 10 MiB, which is what it bills at least."
  }
}

variable "log_days" {
  description = "Days for which the functions' logs are kept."
  type        = number
  default     = 90

  validation {
    condition     = contains([7, 14, 30, 60, 90, 120, 180, 365, 731], var.log_days)
    error_message = "CloudWatch keeps logs for 7, 14, 30, 60, 90, 120, 180, 365 or 731 days."
  }
}

variable "lambda_runtime" {
  description = "Lambda's Python."
  type        = string
  default     = "python3.13"

  validation {
    condition     = contains(["python3.11", "python3.12", "python3.13"], var.lambda_runtime)
    error_message = "The functions are written for Python 3.11 to 3.13."
  }
}

variable "github_repository" {
  description = "owner/name of the repository whose workflow captures too; null makes no role for it."
  type        = string
  default     = null

  validation {
    condition     = var.github_repository == null || can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github_repository))
    error_message = "A repository is owner/name, without wildcards."
  }
}

variable "github_branch" {
  description = "The only branch whose workflow may capture."
  type        = string
  default     = "main"

  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.github_branch))
    error_message = "A branch is named in full, without wildcards."
  }
}

variable "github_export" {
  description = "Whether a workflow of that branch may read the published tables, to give them away as releases."
  type        = bool
  default     = false
}

variable "github_provider_arn" {
  description = "ARN of GitHub's OIDC provider where the account has one; null makes it."
  type        = string
  default     = null
}
