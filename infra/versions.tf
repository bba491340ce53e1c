# The state's backend is yours to choose (README.md, "State"): put it in a file of your own,
# backend.tf, which git ignores.
terraform {
  required_version = ">= 1.11.4"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = merge({ project = var.prefix }, var.tags)
  }
}
