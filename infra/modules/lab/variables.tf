variable "prefix" {
  description = "Beginning of every name."
  type        = string
}

variable "lab_role_arn" {
  description = "The account's only role."
  type        = string
}

variable "capture_job" {
  description = "Name of the Glue job that captures."
  type        = string
}

variable "capture_schedule" {
  description = "When to capture, in São Paulo."
  type        = string
}

variable "watch_schedule" {
  description = "When to look for a session that was not captured, in São Paulo."
  type        = string
}

variable "watch_function" {
  description = "The function that looks."
  type        = object({ arn = string, name = string })
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
