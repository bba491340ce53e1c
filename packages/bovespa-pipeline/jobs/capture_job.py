"""The Glue job that captures: `bovespa capture` into the lake that its arguments name."""

from bovespa_pipeline.glue_jobs.capture_job import main

main()
