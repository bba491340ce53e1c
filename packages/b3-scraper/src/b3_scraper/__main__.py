"""`python -m b3_scraper`, the same as the command `b3-scraper`.

The command itself is imported late, so that an interrupt in the first second is quiet.
"""

import sys

from b3_scraper.console import finish, starting

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    with starting():
        from b3_scraper.command import main as run
    sys.exit(finish(run, "b3-scraper"))


if __name__ == "__main__":
    main()
