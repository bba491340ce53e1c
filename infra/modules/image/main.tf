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

# A rule cannot know which image a function runs, and would expire it by count or by age. Tags are
# immutable here, so an image that was pushed under a tag keeps it until a person deletes it: only
# images without a tag expire. docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
resource "aws_ecr_lifecycle_policy" "functions" {
  repository = aws_ecr_repository.functions.name

  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "untagged for two weeks"
      selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 14 }
      action       = { type = "expire" }
    }]
  })
}
