variable "prefix" {
  description = "Beginning of every name."
  type        = string
}

variable "lake_uri" {
  description = "The lake."
  type        = string
}

variable "database" {
  description = "The Glue database that holds the tables."
  type        = string
}

variable "scan_limit_bytes" {
  description = "Bytes after which a query is stopped."
  type        = number
}
