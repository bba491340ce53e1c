variable "prefix" {
  description = "Beginning of every name."
  type        = string
}

variable "emails" {
  description = "E-mail addresses that receive alarms; each must confirm the subscription once."
  type        = set(string)
}

variable "job_names" {
  description = "The Glue jobs whose failures raise an alarm."
  type        = set(string)
}

variable "dead_letter_queue" {
  description = "The queue that should be empty."
  type        = string
}

variable "functions" {
  description = "The functions whose errors raise an alarm."
  type        = set(string)
}

variable "schedule_group" {
  description = "The group of the schedules, null in a student account."
  type        = object({ arn = string, name = string })
}

variable "has_scheduler" {
  description = "Whether EventBridge Scheduler starts things; in a student account rules do."
  type        = bool
}
