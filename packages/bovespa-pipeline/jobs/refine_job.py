"""What Glue runs. Some of its versions are said to count even `sys.exit(0)` as a failure."""

import sys

from bovespa_pipeline.glue_jobs.refine_job import main

if code := main(sys.argv[1:]):
    sys.exit(code)
