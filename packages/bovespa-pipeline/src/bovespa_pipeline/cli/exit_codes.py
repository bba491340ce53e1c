"""Exit codes of `bovespa`.

0    done
1    something was refused by a contract or the gate
2    wrong usage, SQL included, or an extra that is not installed
3    the source or the lake cannot be reached, or the system cannot read or write
130  interrupted
"""

from typing import Final

from b3_scraper.console import INTERRUPTED

__all__ = ["DONE", "INTERRUPTED", "REFUSED", "UNREACHABLE", "USAGE"]

DONE: Final = 0
REFUSED: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3
