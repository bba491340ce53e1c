variable "name" {
  description = "Name of the schedule; its role's name ends in -schedule."
  type        = string
}

variable "description" {
  description = "Reason for the time of the schedule."
  type        = string
}

variable "group" {
  description = "The schedule group, whose schedules alone may assume the role."
  type        = object({ arn = string, name = string })
}

variable "expression" {
  description = "cron(…) or rate(…), in São Paulo's time."
  type        = string
}

variable "is_enabled" {
  description = "Whether the schedule starts its target."
  type        = bool
  default     = true
}

variable "target_arn" {
  description = "Target as Scheduler names it: a function, or an operation of the SDK."
  type        = string
}

variable "input" {
  description = "JSON that the target receives; null sends Scheduler's own event."
  type        = string
  default     = null
}

variable "right" {
  description = "The only action that the role may take, and on what."
  type        = object({ action = string, arn = string })
}
