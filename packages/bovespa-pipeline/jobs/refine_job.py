"""The Glue job that refines: a failure is an exception, whose text Glue repeats in its event."""

import sys

from bovespa_pipeline.glue_jobs.refine_job import main

main(sys.argv[1:])
