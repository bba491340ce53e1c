"""Ways to break a file, files of a lake to break, and commands that meet them."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

__all__ = ["COMMANDS", "DAMAGES", "KINDS", "READING", "restore", "victim"]


def _flip(path: Path) -> None:
    """One bit in each of some places: in the middle, near both ends."""
    body = bytearray(path.read_bytes())
    for place in {len(body) // 2, min(40, len(body) - 1), max(0, len(body) - 40)} if body else ():
        body[place] ^= 1 << place % 8
    path.write_bytes(body)


def _replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _replace_by_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


DAMAGES: Final[Mapping[str, Callable[[Path], object]]] = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "emptied": lambda path: path.write_bytes(b""),
    "zeroed": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "flipped": _flip,
    "deleted": Path.unlink,
    "folder": _replace_by_folder,
    "link": _replace_by_link,
}

SINGLE, RIVALLED = "2024-12-30", "2025-01-06"
KINDS: Final[Mapping[str, str]] = {
    "payload": "raw/payload/*.gz",
    "rows": f"raw/position/index_code=IBOV/reference_date={SINGLE}/*.parquet",
    "rivalled rows": f"raw/position/index_code=IBOV/reference_date={RIVALLED}/*.parquet",
    "manifest of raw": "raw/manifest/*.json",
    "rejected": "raw/rejected/*.json",
    "withdrawn": "raw/withdrawn/**/*.json",
    "reference": "raw/reference/**/*.gz",
    "catalogue": "catalogue.db",
    "metadata": "warehouse/bovespa/position/metadata/*.metadata.json",
    "manifest list": "warehouse/bovespa/position/metadata/snap-*.avro",
    "manifest": "warehouse/bovespa/position/metadata/[!s]*.avro",
    "data": "warehouse/bovespa/position/data/**/*.parquet",
    "checksum": "warehouse/bovespa/position/data/**/*.sha256",
    "front page": "quality/index.html",
    "page": "quality/validations/*.html",
    "lock": "lock",
}

ASKED: Final = (
    "select index_code, reference_date, ticker, weight_pct, position_count from position "
    "join portfolio using (index_code, reference_date) order by all"
)
READING: Final[Mapping[str, tuple[str, ...]]] = {
    "members": ("members", "IBOV", "--format", "csv"),
    "known": ("members", "IBOV", "--known-at", "2026-04-01", "--format", "csv"),
    "changes": ("changes", "IBOV", "--format", "csv"),
    "weights": ("weights", "SMLL", "--format", "csv"),
    "query": ("query", ASKED, "--format", "csv"),
    "gaps": ("gaps", "--format", "csv"),
    "history": ("history", "--format", "csv"),
}
COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    **READING,
    "report": ("report",),
    "refine": ("refine",),
    "retry": ("refine", "--retry"),
    "rebuild": ("refine", "--rebuild"),
    "import": ("import", "downloads/IBOV-2024-12-30.csv"),
    "reparse": ("reparse",),
    "withdraw": ("withdraw", "IBOV", RIVALLED, "--reason", "a test"),
}


def victim(lake: Path, kind: str) -> Path:
    """The newest file of a kind, which the lake needs if it needs any of them."""
    return max(lake.glob(KINDS[kind]), key=lambda path: (path.name.split("-")[0], path.name))


def restore(template: Path, lake: Path) -> None:
    """The lake as it was, in the same place: its tables name their files by whole paths."""
    shutil.rmtree(lake, ignore_errors=True)
    shutil.copytree(template, lake)
