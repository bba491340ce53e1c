# Repository of the functions' image, which is pushed before the functions are created.

resource "aws_ecr_repository" "functions" {
  # checkov:skip=CKV_AWS_136:the image is public code; ECR encrypts it with AES-256 at no cost
  name                 = "${var.prefix}-functions"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = true # every image can be built again

  image_scanning_configuration {
    scan_on_push = true
  }
}

# Lambda itself loads the image, by this very policy: repost.aws/knowledge-center/lambda-ecr-image.
# Without one, Lambda would add its own where Terraform does not see it. AWS shows no condition for one
# account, and one on a key that Lambda does not send would leave the function without its image.
data "aws_iam_policy_document" "lambda_loads" {
  statement {
    sid     = "LambdaECRImageRetrievalPolicy"
    actions = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_ecr_repository_policy" "functions" {
  repository = aws_ecr_repository.functions.name
  policy     = data.aws_iam_policy_document.lambda_loads.json
}

# 0.10 USD per GB and month: the current image, and two for a rollback.
resource "aws_ecr_lifecycle_policy" "functions" {
  repository = aws_ecr_repository.functions.name

  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "the newest three"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 3 }
      action       = { type = "expire" }
    }]
  })
}
