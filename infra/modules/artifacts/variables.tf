variable "bucket" {
  description = "Name of the bucket that holds what the jobs and functions run."
  type        = string
}

variable "folder" {
  description = "Folder that `hatch run artifacts` wrote."
  type        = string

  validation {
    condition = alltrue([
      for name in ["trigger-lambda.zip", "glue-modules.json", "jobs/refine_job.py", "jobs/capture_job.py"] :
      fileexists("${var.folder}/${name}")
    ])
    error_message = "Nothing was built in ${var.folder}: run `hatch run artifacts` first."
  }

  validation {
    condition     = length(fileset(var.folder, "wheels/*.whl")) > 0
    error_message = "There are no wheels in ${var.folder}: run `hatch run artifacts` first."
  }
}
