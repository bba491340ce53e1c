variable "prefix" {
  description = "Beginning of every name."
  type        = string
}

variable "lake" {
  description = "The lake's bucket."
  type        = object({ arn = string, bucket = string, uri = string })
}

variable "artifacts" {
  description = "The artifacts bucket, the scripts in it by job, and the zip of wheels that the jobs install."
  type        = object({ archive = string, arn = string, scripts = map(string) })
}

variable "glue_version" {
  description = "Version of Glue."
  type        = string
}

variable "worker_type" {
  description = "Kind of Glue worker."
  type        = string
}

variable "worker_count" {
  description = "Workers of a run."
  type        = number
}

variable "timeout_minutes" {
  description = "Minutes after which a run is stopped."
  type        = number
}

variable "log_days" {
  description = "Days for which the jobs' logs are kept."
  type        = number
}

variable "trust_source_account" {
  description = "Whether the roles' trust in Glue asks for aws:SourceAccount."
  type        = bool
}

variable "capture_schedule" {
  description = "When to capture, in São Paulo."
  type        = string
}

variable "orphan_cleanup_tables" {
  description = "Published tables whose orphaned files Glue deletes."
  type        = set(string)
}

variable "lab_role_arn" {
  description = "Role of a student account, which makes none of its own; null makes the module's roles."
  type        = string
}

variable "is_capture_scheduled" {
  description = "Whether the schedule starts the capture job; without, it waits to be started by hand."
  type        = bool
  default     = true
}
