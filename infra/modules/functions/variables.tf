variable "prefix" {
  description = "Beginning of every name."
  type        = string
}

variable "lake" {
  description = "The lake's bucket."
  type        = object({ arn = string, bucket = string, uri = string })
}

variable "engines" {
  description = "Engines that run as a function: \"capture\", \"refine\", both or none."
  type        = set(string)
}

variable "image" {
  description = "The image in ECR, by its digest; null as long as nothing runs as a function."
  type        = string
  default     = null
}

variable "policies" {
  description = "Rights on the lake of each, as JSON documents."
  type        = map(string)
}

variable "role_arn" {
  description = "A role that the functions run under; null makes one for each."
  type        = string
  default     = null
}

variable "reserved_concurrency" {
  description = "Concurrent executions reserved for each function; null reserves none."
  type        = number
}

variable "topic_arn" {
  description = "The topic that receives the failures of the functions."
  type        = string
}

variable "schedule_group" {
  description = "The group of the schedules, null in a student account."
  type        = object({ arn = string, name = string })
}

variable "capture_schedule" {
  description = "When to capture, in São Paulo."
  type        = string
}

variable "log_days" {
  description = "Days for which the functions' logs are kept."
  type        = number
}
