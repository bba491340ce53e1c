variable "prefix" {
  description = "Beginning of every name."
  type        = string
}

variable "lake" {
  description = "The lake's bucket."
  type        = object({ arn = string, bucket = string })
}

variable "repository" {
  description = "owner/name of the repository whose workflow captures."
  type        = string
}

variable "repository_ids" {
  description = "GitHub's ids of the owner and of the repository where its subjects contain them, else null."
  type        = object({ owner = number, repository = number })
}

variable "branch" {
  description = "The only branch whose workflow may."
  type        = string
}

variable "database_arn" {
  description = "The Glue database that an export reads."
  type        = string
}

variable "export" {
  description = "Whether a role for an export is made too."
  type        = bool
}

variable "provider_arn" {
  description = "GitHub's OIDC provider where the account has one already; null makes it."
  type        = string
}
