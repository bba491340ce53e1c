variable "prefix" {
  description = "Beginning of every name."
  type        = string
}

variable "lake" {
  description = "The lake's bucket."
  type        = object({ arn = string, bucket = string })
}

variable "target" {
  description = "The Glue job or the function that a manifest starts."
  type        = object({ action = string, arn = string })

  validation {
    condition     = contains(["glue:StartJobRun", "lambda:InvokeFunction"], var.target.action)
    error_message = "A manifest starts a Glue job or a Lambda function."
  }
}

variable "run_minutes" {
  description = "Minutes after which a run of the target is stopped."
  type        = number
}

variable "function_package" {
  description = "The functions' ZIP in S3, and its hash."
  type        = object({ bucket = string, key = string, sha256 = string })
}

variable "runtime" {
  description = "Lambda's Python."
  type        = string
}

variable "log_days" {
  description = "Days for which the function's log is kept."
  type        = number
}

variable "lab_role_arn" {
  description = "Role of a student account, which makes none of its own; null makes the module's roles."
  type        = string
}
