"""Output formats of the command."""

from collections.abc import Mapping
from typing import Final, Literal

__all__ = ["FORMATS", "FORMAT_OF_ENDING", "Format"]

Format = Literal["table", "csv", "json", "parquet"]
FORMATS: Final[tuple[Format, ...]] = ("table", "csv", "json", "parquet")
FORMAT_OF_ENDING: Final[Mapping[str, Format]] = {
    ".csv": "csv",
    ".json": "json",
    ".parquet": "parquet",
    ".txt": "table",
}
