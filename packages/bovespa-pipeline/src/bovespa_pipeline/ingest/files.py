"""Files to be imported: found in folders, read up to their limits."""

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from b3_contracts.errors import printable
from b3_scraper import MAX_ARCHIVE_BYTES, MAX_BODY_BYTES, MAX_BULLETIN_BYTES, is_archive, is_pdf
from bovespa_pipeline.operating_system import pipe_descriptor

__all__ = ["STANDARD_INPUT", "NotKept", "expand", "read_file", "shown"]

STANDARD_INPUT: Final = Path("-")
ENDINGS: Final = frozenset({".csv", ".json", ".parquet", ".pdf", ".pq", ".tsv", ".txt"})


class NotKept(Exception):
    """The input is not stored: it cannot be read, is no file, or too large."""


def expand(paths: Iterable[Path]) -> Iterator[Path]:
    """The paths, and in the place of a folder the files of known endings below it, sorted.

    Names that begin with a dot or an underscore are other programs' own (`_SUCCESS`). A folder
    without such files stands for itself.
    """
    for path in paths:
        yield from (_below(path) or [path]) if path.is_dir() else [path]


def _below(folder: Path) -> list[Path]:
    return sorted(
        Path(parent, name)
        for parent, _, names in os.walk(folder)
        for name in names
        if name[0] not in "._" and Path(name).suffix.lower() in ENDINGS
    )


def read_file(path: Path) -> bytes:
    """The bytes of a file, a pipe or standard input. Raises NotKept.

    A device is never opened: it might have no end.
    """
    try:
        return _read(path)
    except OSError as error:
        raise NotKept(f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise NotKept("cannot be read: no file has such a name") from error


def shown(path: Path) -> str:
    """The path as given, escaped where it could disturb the terminal."""
    return "standard input" if path == STANDARD_INPUT else printable(str(path))


def _read(path: Path) -> bytes:
    with _opened(path) as file:
        body = file.read(MAX_BODY_BYTES + 1)
        limit = _limit(body)
        body += file.read(limit - MAX_BODY_BYTES)
    if not body and path != STANDARD_INPUT and path.is_fifo():
        raise NotKept("is a pipe that nobody writes to, and is not kept")
    if len(body) > limit:
        raise NotKept(f"is larger than {limit >> 20} MiB, and is not kept")
    return body


def _limit(head: bytes) -> int:
    if is_pdf(head):
        return MAX_BULLETIN_BYTES
    return MAX_ARCHIVE_BYTES if is_archive(head) else MAX_BODY_BYTES


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if path == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
        what = "is a folder without files to import" if stat.S_ISDIR(mode) else "is no file"
        raise NotKept(f"{what}, and is not kept")
    if stat.S_ISREG(mode):
        with path.open("rb") as file:
            yield file
        return
    # A pipe that nobody writes to has its end at once instead of being waited for.
    with os.fdopen(pipe_descriptor(path), "rb") as file:
        yield file
