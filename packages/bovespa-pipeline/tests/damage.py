"""Ways to break a file, files of a lake to break, and commands that meet them."""

import shutil
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

__all__ = [
    "COMMANDS",
    "DAMAGES",
    "KINDS",
    "READING",
    "commands",
    "has_same_tables",
    "restore",
    "victim",
]


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

SINGLE, RIVALLED, NEWEST = "2024-12-30", "2025-01-06", "2025-02-03"
KINDS: Final[Mapping[str, str]] = {
    "payload": "raw/payload/*.gz",
    "rows": f"raw/position/index_code=IBOV/reference_date={SINGLE}/*.parquet",
    "rivalled rows": f"raw/position/index_code=IBOV/reference_date={RIVALLED}/*.parquet",
    "newest rows": f"raw/position/index_code=IBOV/reference_date={NEWEST}/*.parquet",
    "preview rows": "raw/preview/index_code=IBOV/**/*.parquet",
    "manifest of raw": "raw/manifest/*.json",
    "rejected": "raw/rejected/*.json",
    "withdrawn": "raw/withdrawn/**/*.json",
    "receipt": "raw/receipt/**/*.json",
    "reference": "raw/reference/**/*.gz",
    "refined_tables": "catalogue.db",
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
    "verify": ("verify",),
    "repair": ("verify", "--repair"),
    "withdraw": ("withdraw", "IBOV", RIVALLED, "--reason", "a test"),
}


_OF_TABLES: Final = ("changes", "gaps", "history", "members", "query", "refine", "report")
CLOSE: Final[Mapping[str, tuple[str, ...]]] = {
    "payload": ("import", "reparse", "verify", "repair"),
    "rows": ("known", "refine", "rebuild", "import", "reparse", "verify", "repair"),
    "rivalled rows": ("known", "refine", "retry", "rebuild", "reparse", "withdraw"),
    "newest rows": ("known", "refine", "rebuild", "reparse"),
    "preview rows": ("refine", "rebuild", "reparse", "verify", "repair"),
    "manifest of raw": ("import",),
    "rejected": ("refine", "report", "reparse", "verify", "repair"),
    "withdrawn": ("known", "refine", "withdraw", "verify", "repair"),
    "receipt": ("import", "reparse", "verify", "repair"),
    "reference": (),
    "refined_tables": (*_OF_TABLES, "rebuild", "withdraw", "verify"),
    "metadata": _OF_TABLES,
    "manifest list": _OF_TABLES,
    "manifest": _OF_TABLES,
    "data": (*_OF_TABLES, "rebuild", "weights", "withdraw", "verify"),
    "checksum": ("members", "query", "refine"),
    "front page": ("refine", "report"),
    "page": ("refine", "report"),
    "lock": ("refine", "rebuild"),
}
"""The commands that meet every damage of a kind; the others meet one, which is enough to see
that they do not look at such a file, or look at it in the same way."""
ONE: Final = "folder"


def commands(kind: str, damage: str) -> list[str]:
    """The commands to try, those that only read first."""
    close = CLOSE[kind]
    return [name for name in COMMANDS if damage == ONE or name in close]


def victim(lake: Path, kind: str) -> Path:
    """The newest file of a kind, which the lake needs if it needs any of them."""
    if kind == "payload":
        return lake / "raw/payload" / f"{victim(lake, 'rows').name[:64]}.gz"
    return max(lake.glob(KINDS[kind]), key=lambda path: (path.name.split("-")[0], path.name))


def restore(template: Path, lake: Path) -> None:
    """The lake as it was, in the same place: its tables name their files by whole paths."""
    lake.mkdir(exist_ok=True)
    wanted = {path.relative_to(template): path for path in template.rglob("*")}
    for path in sorted(lake.rglob("*"), reverse=True):
        before = wanted.get(path.relative_to(lake))
        if before is None or _differ(before, path):
            _remove(path)
    for relative, before in sorted(wanted.items()):
        if before.is_dir():
            (lake / relative).mkdir(parents=True, exist_ok=True)
        elif not (lake / relative).exists():
            shutil.copy2(before, lake / relative)


def has_same_tables(template: Path, lake: Path) -> bool:
    """True if every file of the tables is the template's own, so that they need no reading."""
    before, now = (_files_of_tables(folder) for folder in (template, lake))
    return before.keys() == now.keys() and not any(_differ(before[one], now[one]) for one in now)


def _files_of_tables(lake: Path) -> dict[Path, Path]:
    files = [*lake.glob("catalogue.db*"), *lake.glob("warehouse/**/*")]
    return {path.relative_to(lake): path for path in files}


def _differ(before: Path, path: Path) -> bool:
    one, other = before.lstat(), path.lstat()
    if stat.S_ISDIR(one.st_mode) and stat.S_ISDIR(other.st_mode):
        return False
    about = ((s.st_mode, s.st_size, s.st_mtime_ns) for s in (one, other))
    return next(about) != next(about)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink()
