variable "name" {
  description = "Name of the function, of its role and of its log."
  type        = string
}

variable "description" {
  description = "Task of the function."
  type        = string
}

variable "handler" {
  description = "The function's entry point in the ZIP."
  type        = string
}

variable "environment" {
  description = "Environment variables of the function."
  type        = map(string)
}

variable "policy" {
  description = "The function's rights besides its log, as a JSON document."
  type        = string
}

variable "policy_name" {
  description = "Name of the role's policy."
  type        = string
}

variable "timeout_seconds" {
  description = "Seconds after which an invocation is stopped."
  type        = number
}

variable "package" {
  description = "The functions' ZIP in S3, and its hash."
  type        = object({ bucket = string, key = string, sha256 = string })
}

variable "runtime" {
  description = "Lambda's Python."
  type        = string
}

variable "log_days" {
  description = "Days for which the log is kept."
  type        = number
}

variable "lab_role_arn" {
  description = "Role of a student account, which makes none of its own; null makes the module's roles."
  type        = string
}
