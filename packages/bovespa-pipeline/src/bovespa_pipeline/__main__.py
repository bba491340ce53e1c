"""`python -m bovespa_pipeline` is `bovespa`."""

from bovespa_pipeline.command import main

main()
