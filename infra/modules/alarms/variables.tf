variable "prefix" {
  description = "Beginning of every name."
  type        = string
}

variable "emails" {
  description = "E-mail addresses that receive alarms; each must confirm the subscription once."
  type        = set(string)
}

variable "lake" {
  description = "The lake's bucket."
  type        = object({ arn = string, bucket = string })
}

variable "job_names" {
  description = "The Glue jobs whose failures raise an alarm."
  type        = set(string)
}

variable "dead_letter_queue" {
  description = "The queue that should be empty."
  type        = string
}

variable "trigger_function" {
  description = "The function whose errors raise an alarm, besides watch."
  type        = string
}

variable "schedule_group" {
  description = "The group of the schedules."
  type        = object({ arn = string, name = string })
}

variable "watch_schedule" {
  description = "When to look for a session that was not captured, in São Paulo."
  type        = string
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
