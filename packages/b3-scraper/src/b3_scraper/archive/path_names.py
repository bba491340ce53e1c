"""Index and session in the path of an archive: `date=2025-02-04/index=IBOV/part-0.parquet`.

Only what a path says in so many words: a folder `name=value`, and a file named after an index.
"""

import datetime as dt
import re
from typing import Final, NamedTuple
from urllib.parse import unquote

from b3_contracts.vocabulary import INDEX_ALIASES, INDEX_CODE_PATTERN
from b3_scraper.archive.columns import field_named
from b3_scraper.bulletin.parsing import BULLETIN_INDICES
from b3_scraper.csv_columns import plain
from b3_scraper.errors import Refused

__all__ = ["PathNames", "index_code", "read_path", "session_in_name"]

_PARTS: Final = {"year": 0, "ano": 0, "month": 1, "mes": 1, "day": 2}


class PathNames(NamedTuple):
    """What the path of a file says; None for what it does not say."""

    index_code: str | None = None
    reference_date: dt.date | None = None


def read_path(name: str) -> PathNames:
    """Read a path. Raises Refused where a folder names a date that is none."""
    *folders, file = re.split(r"[/\\]", name)
    index = _index_of_file(file.partition(".")[0])
    date, parts = None, dict[int, str]()
    for folder in folders:
        key, is_partition, text = folder.partition("=")
        if not is_partition:
            continue
        value = unquote(text)
        if plain(key) in _PARTS:
            parts[_PARTS[plain(key)]] = value
        elif field_named(key) == "date":
            date = _date(folder, value)
        elif field_named(key) == "index":
            index = index_code(value) or index
    if date is None and len(parts) == 3:  # noqa: PLR2004 - year, month and day
        date = _date(name, "-".join(f"{parts[at]:0>2}" for at in range(3)))
    return PathNames(index, date)


def session_in_name(name: str) -> dt.date | None:
    """The one date in a file's name, as `IBOV_2025-02-04.csv` or `20250204.parquet` has it."""
    file = re.split(r"[/\\]", name)[-1]
    dates = re.findall(r"(?<!\d)(20\d\d)([-_]?)(\d\d)\2(\d\d)(?!\d)", file)
    if len(dates) != 1:
        return None
    year, _, month, day = dates[0]
    return _date(file, f"{year}-{month}-{day}")


def index_code(text: str) -> str | None:
    """The code of an index that people write as a code or by a name of B3's; None for others."""
    name = re.sub(r"[ _-]", "", text.strip()).upper()
    code = INDEX_ALIASES.get(name, name)
    return code if re.fullmatch(INDEX_CODE_PATTERN, code) else None


def _index_of_file(stem: str) -> str | None:
    """The index a file is named after: `IBOV`, `ibov_2025`, not `part-0` or `dados`."""
    code = index_code(re.split(r"[ _-]", stem)[0])
    return code if code in BULLETIN_INDICES or re.fullmatch(INDEX_CODE_PATTERN, stem) else None


def _date(where: str, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text.partition(" ")[0])
    except ValueError as error:
        raise Refused(f"its path has {where!r}, which is no date") from error
