variable "bucket" {
  description = "Name of the lake's bucket."
  type        = string
}

variable "staging_days" {
  description = "Days after which scratch under staging/ is deleted."
  type        = number
}

variable "noncurrent_days" {
  description = "Days for which a replaced or deleted object outside raw/ can be had back."
  type        = number
}

variable "protect_raw" {
  description = "Whether the bucket refuses to delete or replace under raw/, and to be deleted with its objects."
  type        = bool
}
