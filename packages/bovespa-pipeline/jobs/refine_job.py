"""Entry point on Glue, without `sys.exit(0)`: some versions of Glue count it as a failure."""

import sys

from bovespa_pipeline.glue_jobs.refine_job import main

if code := main(sys.argv[1:]):
    sys.exit(code)
