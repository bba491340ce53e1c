variable "bucket" {
  description = "Name of the bucket."
  type        = string
}

variable "force_destroy" {
  description = "Whether the bucket is deleted with its objects."
  type        = bool
  default     = false
}

variable "policy_documents" {
  description = "Further statements of the bucket policy, as JSON documents."
  type        = list(string)
  default     = []
}
