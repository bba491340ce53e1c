"""Output formats of the command, and the endings of the files that hold them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from b3_contracts.errors import printable

__all__ = ["FORMATS", "FORMAT_OF_ENDING", "Format", "ending_of", "format_of"]

Format = Literal["table", "csv", "json", "parquet"]
FORMATS: Final[tuple[Format, ...]] = ("table", "csv", "json", "parquet")
FORMAT_OF_ENDING: Final[Mapping[str, Format]] = {
    ".csv": "csv",
    ".json": "json",
    ".parquet": "parquet",
    ".txt": "table",
}
_SPREADSHEETS: Final = frozenset({".ods", ".xls", ".xlsb", ".xlsm", ".xlsx"})
_COMPRESSED: Final = frozenset({".7z", ".br", ".bz2", ".gz", ".lz4", ".xz", ".zip", ".zst"})


def format_of(path: Path, chosen: Format | None) -> Format:
    """Return the requested format, or the one of the file's ending; a table without an ending.

    Raises ValueError for an ending that contradicts the requested format, for one of a file that
    is never written, and for an unknown one without a requested format.
    """
    ending = ending_of(path)
    if ending in _SPREADSHEETS:
        better = printable(str(path.with_suffix(".csv")))
        raise ValueError(f"spreadsheets are not written; a CSV opens as one: --output {better}")
    if ending in _COMPRESSED:
        better = printable(str(path.with_suffix("")))
        raise ValueError(f"compressed files are not written: --output {better}, then compress it")
    own = FORMAT_OF_ENDING.get(ending)
    if chosen and own and chosen != own:
        raise ValueError(f"--format {chosen} and a file ending in {ending} contradict each other")
    if ending and not (chosen or own):
        endings = ", ".join(FORMAT_OF_ENDING)
        raise ValueError(
            f"no format has the ending {printable(ending)}: use one of {endings}, or add --format"
        )
    return chosen or own or "table"


def ending_of(path: Path) -> str:
    """The text from the last dot on; a name such as `.csv` is an ending alone."""
    _, dot, ending = path.name.rpartition(".")
    return f"{dot}{ending}".lower() if dot else ""
