variable "bucket" {
  description = "Name of the bucket that holds what the jobs and functions run."
  type        = string
}

variable "folder" {
  description = "Folder that `hatch run artifacts` wrote."
  type        = string

  validation {
    condition = alltrue([
      for name in ["trigger-lambda.zip", "jobs/refine_job.py", "jobs/capture_job.py"] :
      fileexists("${var.folder}/${name}")
    ])
    error_message = "Nothing was built in ${var.folder}: run `hatch run artifacts` first."
  }

  # Named after the version: what is built for one Python does not install on another.
  validation {
    condition     = fileexists("${var.folder}/glue-${var.glue_version}.gluewheels.zip")
    error_message = "${var.folder} has no wheels for Glue ${var.glue_version}: run `hatch run artifacts --glue-version ${var.glue_version}` first."
  }
}

variable "glue_version" {
  description = "Version of Glue that the wheels are for."
  type        = string
}
