"""Index and session in a file's name, in the shapes that B3 and its endpoint use.

Names lie about dates (a download saved again, a browser's `(1)`), so what is read here
is a caller's to use when a person asked for it, and never overrides a payload.
"""

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from b3_contracts.vocabulary import INDEX_CODE_PATTERN
from b3_scraper.language import EN_US, PT_BR

__all__ = ["DownloadName", "parse_download_name"]

_CODE: Final = INDEX_CODE_PATTERN.strip("^$")
_DOWNLOAD: Final = re.compile(
    rf"(?P<index>{_CODE})Dia_(?P<date>\d\d-\d\d-\d\d)"
    r"(?: - (?:Copia|C[oó]pia|Copy))?(?: ?\(\d+\))*\.(?i:csv|tsv|txt)",
    re.ASCII,
)
_ANSWER: Final = re.compile(rf"GetPortfolioDay_(?P<index>{_CODE})(?![A-Za-z0-9]).*", re.ASCII)


@dataclass(frozen=True)
class DownloadName:
    """The index a name claims, and the session, where it claims one."""

    index_code: str
    reference_date: dt.date | None
    """The session as the Portuguese site writes it: the day first."""
    month_first_date: dt.date | None = field(default=None, compare=False)
    """The session as the English site writes it."""

    def date_in(self, languages: Collection[str]) -> dt.date | None:
        """The date of a payload in these languages; None where two dates may be meant."""
        dates = {PT_BR.code: self.reference_date, EN_US.code: self.month_first_date}
        meant = {dates[language] for language in languages}
        return meant.pop() if len(meant) == 1 else None


def parse_download_name(name: str) -> DownloadName | None:
    """Parse a name or path such as `IBOVDia_06-01-25.csv`; None for other shapes."""
    base = re.split(r"[/\\]", name)[-1]
    match = _DOWNLOAD.fullmatch(base)
    if match:
        date = match["date"].replace("-", "/")
        return DownloadName(match["index"], PT_BR.date(date), EN_US.date(date))
    answer = _ANSWER.fullmatch(base)
    return DownloadName(answer["index"], None) if answer else None
