variable "prefix" {
  description = "Beginning of every name."
  type        = string
}
