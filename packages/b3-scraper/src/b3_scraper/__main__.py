"""`python -m b3_scraper`, the same as the command `b3-scraper`."""

import sys

from b3_scraper.command import main

if __name__ == "__main__":
    sys.exit(main())
