variable "region" {
  description = "AWS region of all resources."
  type        = string
  default     = "us-east-1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[1-9]$", var.region))
    error_message = "region is the code of an AWS region, for example us-east-1 or sa-east-1."
  }
}

variable "lake_bucket" {
  description = "Name of the lake's bucket, unique in the world; the artifacts bucket is named after it."
  type        = string
  default     = null # so that the sentence below names it where it is missing

  validation {
    condition     = var.lake_bucket != null
    error_message = "lake_bucket is required: the name of a bucket that nobody has, for example -var lake_bucket=jane-b3-lake."
  }

  validation {
    condition     = var.lake_bucket == null || can(regex("^[a-z0-9][a-z0-9-]{1,51}[a-z0-9]$", var.lake_bucket))
    error_message = "lake_bucket has 3 to 53 lower-case letters, digits and hyphens (\"-artifacts\" is added for the second bucket), for example jane-b3-lake."
  }
}

variable "lab_role_arn" {
  description = "Role of a student account (AWS Academy Learner Lab), which may make no roles: it is used everywhere, EventBridge rules replace Scheduler, and one capture a day of 10 minutes at most is the default. null makes a role for each part."
  type        = string
  default     = null

  validation {
    condition     = var.lab_role_arn == null || can(regex("^arn:aws:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", var.lab_role_arn))
    error_message = "lab_role_arn is the ARN of the lab's role, for example arn:aws:iam::123456789012:role/LabRole: aws iam get-role --role-name LabRole shows it."
  }

  validation {
    condition     = var.lab_role_arn == null || contains(["us-east-1", "us-west-2"], var.region)
    error_message = "A student account (lab_role_arn) has the regions us-east-1 and us-west-2 alone, for example -var region=us-east-1."
  }

  validation {
    condition     = var.lab_role_arn == null || var.github_repository == null
    error_message = "A student account (lab_role_arn) makes no role for GitHub's workflow: leave github_repository out, the account's own schedule captures."
  }

  validation {
    condition     = var.lab_role_arn == null || length(var.orphan_cleanup_tables) == 0
    error_message = "A student account (lab_role_arn) has no orphan clean-up, which needs a role of its own: leave orphan_cleanup_tables empty."
  }

  validation {
    condition = var.lab_role_arn == null || alltrue([
      for schedule in compact([var.capture_schedule, var.watch_schedule]) :
      startswith(schedule, "rate(") || can(regex("^cron\\([0-9]+ ([0-9]|1[0-9]|20)(,([0-9]|1[0-9]|20))* ", schedule))
    ])
    error_message = "In a student account (lab_role_arn) a schedule is rate(…), or cron(…) with a minute and hours from 0 to 20, which are the same day in UTC, for example \"cron(0 8 * * ? *)\"."
  }
}

variable "protect_raw" {
  description = "Whether nobody may delete or replace under raw/, and `terraform destroy` stops at the bucket. false is for a student account, whose end deletes everything: copy raw/ before (README.md, \"Student accounts\")."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.protect_raw || var.lab_role_arn != null
    error_message = "protect_raw = false is for student accounts (lab_role_arn): elsewhere raw/ cannot be recreated. README.md, \"Destroy, and keep raw\", describes how to destroy the rest."
  }
}

variable "prefix" {
  description = "Prefix of all other names."
  type        = string
  default     = "bovespa"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,29}$", var.prefix))
    error_message = "prefix has 2 to 30 lower-case letters, digits and hyphens, a letter first, for example bovespa."
  }
}

variable "tags" {
  description = "Tags on all resources that can have tags."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for key, value in var.tags :
      !startswith(lower(key), "aws:") && length(key) >= 1 && length(key) <= 128 && length(value) <= 256
    ])
    error_message = "Each tag has a key of 1 to 128 characters that does not begin with \"aws:\", and a value of 256 at most, for example {\"owner\" = \"jane\"}."
  }
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
  nullable    = false

  validation {
    condition     = contains(["5.1", "6.0"], var.glue_version)
    error_message = "glue_version is \"5.1\" or \"6.0\": the code is tested on their versions of Spark, 3.5.6 and 4.1.1, outside Glue; an earlier Glue has a Python before 3.11."
  }
}

variable "glue_trust_source_account" {
  description = "Whether the job roles are assumed only by runs that name this account (aws:SourceAccount). AWS does not document that Glue names it when it starts a run; where it does not, every run fails. Switch it on once a run has succeeded (README.md, \"First hour on a new account\")."
  type        = bool
  default     = false
  nullable    = false
}

variable "capture_engine" {
  description = "Engine of the capture: \"glue\", a Spark job that needs no preparation, or \"lambda\", a function for a ninth of the cost, whose image has to be pushed first (README.md, \"Functions instead of Glue\")."
  type        = string
  default     = "glue"
  nullable    = false

  validation {
    condition     = contains(["glue", "lambda"], var.capture_engine)
    error_message = "capture_engine is \"glue\" or \"lambda\", not \"${var.capture_engine}\"."
  }

  validation {
    condition     = var.capture_engine == "glue" || var.lab_role_arn == null
    error_message = "A student account (lab_role_arn) captures by its Glue job, which its rule starts: leave capture_engine out."
  }

  validation {
    condition     = var.capture_engine == "glue" || var.image_digest != null
    error_message = "A function is made of an image: push it and give image_digest (README.md, \"Functions instead of Glue\")."
  }
}

variable "refine_engine" {
  description = "Engine of refine: \"glue\", Spark, or \"lambda\", DuckDB in a function, for whose image see capture_engine."
  type        = string
  default     = "glue"
  nullable    = false

  validation {
    condition     = contains(["glue", "lambda"], var.refine_engine)
    error_message = "refine_engine is \"glue\" or \"lambda\", not \"${var.refine_engine}\"."
  }

  validation {
    condition     = var.refine_engine == "glue" || var.lab_role_arn == null
    error_message = "A student account (lab_role_arn) refines by its Glue job; a function was not tried there: leave refine_engine out."
  }

  validation {
    condition     = var.refine_engine == "glue" || var.image_digest != null
    error_message = "A function is made of an image: push it and give image_digest (README.md, \"Functions instead of Glue\")."
  }
}

variable "image_digest" {
  description = "Digest of the functions' image, sha256:…, as `docker push` prints it; null without functions."
  type        = string
  default     = null

  validation {
    condition     = var.image_digest == null || can(regex("^sha256:[0-9a-f]{64}$", var.image_digest))
    error_message = "A digest is sha256: and 64 hexadecimal digits, as `docker push` prints it; a tag could move."
  }
}

variable "function_reserved_concurrency" {
  description = "Concurrent executions reserved for each function of capture_engine and refine_engine; null reserves none, which a new account's quota of 10 requires. Nothing but 1 makes a second run wait. Without it runs may overlap, and stay correct: raw/ is written by conditional writes, the trigger starts one run per manifest, and of two runs that publish, the Glue Catalog refuses the later commit and that run computes anew (README.md, \"Functions instead of Glue\")."
  type        = number
  default     = null

  validation {
    condition     = var.function_reserved_concurrency == null || can(regex("^[1-9][0-9]*$", tostring(var.function_reserved_concurrency)))
    error_message = "function_reserved_concurrency is null or a whole number from 1, for example 1: 0 would stop the functions."
  }
}

variable "worker_type" {
  description = "Type of Glue worker; the smallest is enough for many years."
  type        = string
  default     = "G.1X"
  nullable    = false

  validation {
    condition     = contains(["G.1X", "G.2X", "G.4X", "G.8X"], var.worker_type)
    error_message = "worker_type is \"G.1X\", \"G.2X\", \"G.4X\" or \"G.8X\"."
  }
}

variable "worker_count" {
  description = "Workers of a Glue run; 2 is Glue's minimum."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.worker_count >= 2 && var.worker_count <= 50 && floor(var.worker_count) == var.worker_count
    error_message = "worker_count is a whole number from 2 to 50, for example 2."
  }
}

variable "job_timeout_minutes" {
  description = "Minutes after which a Glue run is stopped and reported as failed, a bound on what it can cost; null is 60, and 10 in a student account."
  type        = number
  default     = null

  validation {
    condition     = var.job_timeout_minutes == null || can(regex("^([5-9]|[1-9][0-9]|[1-3][0-9]{2}|4[0-7][0-9]|480)$", tostring(var.job_timeout_minutes)))
    error_message = "job_timeout_minutes is a whole number from 5 to 480, for example 60."
  }
}

variable "capture_schedule" {
  description = "Schedule of the capture, in São Paulo's time, with the first run well before watch_schedule; null is 08:00 and 20:00, and 08:00 alone in a student account."
  type        = string
  default     = null

  validation {
    condition     = var.capture_schedule == null || can(regex("^(cron\\([^ ]+( [^ ]+){5}\\)|rate\\([1-9][0-9]* (minute|hour|day)s?\\))$", var.capture_schedule))
    error_message = "capture_schedule is cron(…) with six fields or rate(…), as EventBridge Scheduler writes it, for example \"cron(0 8,20 * * ? *)\" or \"rate(12 hours)\"."
  }
}

variable "watch_schedule" {
  description = "Schedule of the check for indices without a portfolio of today, in São Paulo's time."
  type        = string
  default     = "cron(30 9 * * ? *)"
  nullable    = false

  validation {
    condition     = can(regex("^(cron\\([^ ]+( [^ ]+){5}\\)|rate\\([1-9][0-9]* (minute|hour|day)s?\\))$", var.watch_schedule))
    error_message = "watch_schedule is cron(…) with six fields or rate(…), as EventBridge Scheduler writes it, for example \"cron(30 9 * * ? *)\"."
  }
}

variable "alarm_emails" {
  description = "E-mail addresses that receive alarms; each must confirm the subscription once."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for email in var.alarm_emails : can(regex("^[^@\\s]+@[^@\\s]+$", email))])
    error_message = "Each of alarm_emails is an e-mail address, for example [\"you@example.org\"]."
  }
}

variable "orphan_cleanup_tables" {
  description = "Tables whose orphaned files Glue deletes. They have to exist: set it after the first publication (README.md, \"Maintenance of the tables\")."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition = length(setsubtract(var.orphan_cleanup_tables, [
      "membership", "portfolio", "position", "position_change", "preview_change", "preview_position",
      "quality_result", "share_class_summary",
    ])) == 0
    error_message = "Each of orphan_cleanup_tables is membership, portfolio, position, position_change, preview_change, preview_position, quality_result or share_class_summary, for example [\"position\"]."
  }
}

variable "staging_days" {
  description = "Days after which files under staging/ are deleted, including Athena's results."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.staging_days >= 2 && floor(var.staging_days) == var.staging_days
    error_message = "staging_days is a whole number from 2, for example 7: a run may take hours, and its scratch is looked at when it fails."
  }
}

variable "noncurrent_days" {
  description = "Days for which replaced or deleted objects outside raw/ can be restored."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.noncurrent_days >= 7 && floor(var.noncurrent_days) == var.noncurrent_days
    error_message = "noncurrent_days is a whole number from 7, for example 30: a mistake is noticed after some days."
  }
}

variable "scan_limit_bytes" {
  description = "Bytes after which an Athena query is stopped; 1 GiB costs half a US cent and covers decades of portfolios."
  type        = number
  default     = 1073741824
  nullable    = false

  validation {
    condition     = var.scan_limit_bytes >= 10485760 && floor(var.scan_limit_bytes) == var.scan_limit_bytes
    error_message = "scan_limit_bytes is a whole number from 10485760 (10 MiB, the least that Athena bills), for example 1073741824."
  }
}

variable "log_days" {
  description = "Days for which the logs of the jobs and functions are kept."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = contains([7, 14, 30, 60, 90, 120, 180, 365, 731], var.log_days)
    error_message = "log_days is one of the periods that CloudWatch has: 7, 14, 30, 60, 90, 120, 180, 365 or 731."
  }
}

variable "lambda_runtime" {
  description = "Python runtime of the Lambda functions."
  type        = string
  default     = "python3.13"
  nullable    = false

  validation {
    condition     = contains(["python3.11", "python3.12", "python3.13"], var.lambda_runtime)
    error_message = "lambda_runtime is \"python3.11\", \"python3.12\" or \"python3.13\", the versions that the functions are tested on."
  }
}

variable "github_repository" {
  description = "owner/name of the repository whose workflow captures too; null makes no role for it."
  type        = string
  default     = null

  validation {
    condition     = var.github_repository == null || can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github_repository))
    error_message = "github_repository is owner/name without wildcards, for example octocat/b3-lake; the ids go into github_repository_ids."
  }
}

variable "github_repository_ids" {
  description = "Numeric ids of github_repository and its owner, which GitHub puts into the subject of a repository created, renamed or moved since 15 July 2026 (README.md, \"GitHub's workflow\"); null for an older one."
  type        = object({ owner = number, repository = number })
  default     = null

  validation {
    condition = var.github_repository_ids == null || alltrue([
      for id in coalesce(var.github_repository_ids, { owner = 1, repository = 1 }) : id >= 1 && floor(id) == id
    ])
    error_message = "github_repository_ids has two whole numbers, for example {owner=583231, repository=1296269}: gh api repos/OWNER/NAME shows them."
  }

  validation {
    condition     = var.github_repository_ids == null || var.github_repository != null
    error_message = "github_repository_ids belongs to github_repository: give both, for example -var github_repository=octocat/b3-lake."
  }
}

variable "github_branch" {
  description = "The only branch whose workflow may capture."
  type        = string
  default     = "main"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.github_branch))
    error_message = "github_branch is a branch named in full, without wildcards, for example main."
  }
}

variable "github_export" {
  description = "Whether a workflow of that branch may read the published tables, to publish them as releases."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.github_export || var.github_repository != null
    error_message = "github_export makes a role for the workflow of github_repository: give both, for example -var github_repository=octocat/b3-lake."
  }
}

variable "github_provider_arn" {
  description = "ARN of GitHub's OIDC provider if the account has one; null creates it."
  type        = string
  default     = null

  validation {
    condition     = var.github_provider_arn == null || can(regex("^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/token\\.actions\\.githubusercontent\\.com$", var.github_provider_arn))
    error_message = "github_provider_arn is the ARN of the account's OIDC provider, for example arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com."
  }
}
