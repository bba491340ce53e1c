"""`python -m bovespa_pipeline` is `bovespa`.

The command itself is imported late, so that an interrupt in the first second is quiet.
"""

import sys

from b3_scraper.console import finish, starting

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    with starting():
        import logging

        # What libraries log, tracebacks included, is for programs that set up logging.
        logging.getLogger().addHandler(logging.NullHandler())
        from bovespa_pipeline.cli import run_command
    sys.exit(finish(run_command, "bovespa"))


if __name__ == "__main__":
    main()
