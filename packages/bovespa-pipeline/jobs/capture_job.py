"""The Glue job that captures: `bovespa capture` into the lake that its arguments name."""

from bovespa_pipeline.job import main

main()
