"""`python -m bovespa_pipeline` is `bovespa`.

The command itself is imported late, so that an interrupt in the first second is quiet.
"""

import sys

from b3_scraper.console import starting

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    with starting():
        from bovespa_pipeline.command import run_command
    sys.exit(run_command())


if __name__ == "__main__":
    main()
