output "repository" {
  description = "Address of the repository that the image is pushed to."
  value       = aws_ecr_repository.functions.repository_url
}
