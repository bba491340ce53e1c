"""Write an export: all files in a new folder, which takes its place when it is whole."""

import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bovespa_pipeline.export import texts, writers
from bovespa_pipeline.export.package import Resource, checksums, datapackage
from bovespa_pipeline.export.tables import Exported, exported_tables, instruments, wide_weights
from bovespa_pipeline.queries.indices import index_codes
from bovespa_pipeline.queries.portfolios import sessions
from lake_io import LakeSnapshot, NotInLake

__all__ = ["FORMATS", "NotAnExport", "export"]

FORMATS: Final = (*writers.FOLDERS, *writers.DATABASES, "qlib")
_DESCRIPTOR: Final = "datapackage.json"
_SUMS: Final = "SHA256SUMS"
_DATABASE: Final = "b3-index-portfolios"


class NotAnExport(Exception):
    """The target is there and is no earlier export, so it is not replaced."""


def export(
    snapshot: LakeSnapshot,
    target: Path,
    formats: Sequence[str],
    wide: Sequence[str] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> texts.Contents:
    """Write the published tables to the folder `target`, in the place of an earlier export.

    `wide` are indices whose weights are written as sessions by tickers too. The same rows give the
    same bytes, but in DuckDB's format. Raises NotInLake where nothing is published or an index is
    not in the lake, and NotAnExport for a target that is something else.
    """
    if not index_codes(snapshot):
        raise NotInLake("nothing is published yet: there is nothing to export; run `bovespa run`")
    for code in wide:
        sessions(snapshot, code)
    with _replacing(target) as folder:
        writing = _Writing(folder, formats)
        writing.write_tables(exported_tables(snapshot), progress)
        for code in wide:
            progress(code)
            writing.write(wide_weights(snapshot, code), folder / "wide", or_else="csv")
        if "qlib" in formats:
            writing.write_instruments(snapshot)
        contents = texts.Contents(snapshot.read("portfolio"), writing.names())
        writing.write_texts(contents)
    return contents


@dataclass
class _Writing:
    """One export in progress."""

    folder: Path
    formats: Sequence[str]
    resources: list[Resource] = field(default_factory=list)

    def write_tables(self, tables: Iterator[Exported], progress: Callable[[str], None]) -> None:
        """Write each table in every format, one table in memory at a time."""
        with ExitStack() as stack:
            databases = [
                stack.enter_context(opened(self.folder / f"{_DATABASE}.{name}"))
                for name, opened in writers.DATABASES.items()
                if name in self.formats
            ]
            for table in tables:
                progress(table.name)
                self.write(table, self.folder / "data")
                for write in databases:
                    write(table)

    def write(self, table: Exported, folder: Path, *, or_else: str | None = None) -> None:
        """Write a file of the table in each format that has one, or else in this one."""
        chosen = [name for name in writers.FOLDERS if name in self.formats]
        for name in chosen or filter(None, [or_else]):
            folder.mkdir(exist_ok=True)
            path = writers.FOLDERS[name](folder, table)
            self.resources.append(Resource(path, table.spec, table.rows.num_rows))

    def write_instruments(self, snapshot: LakeSnapshot) -> None:
        folder = self.folder / "qlib" / "instruments"
        folder.mkdir(parents=True)
        for index, text in instruments(snapshot).items():
            (folder / f"{index.lower()}.txt").write_bytes(text.encode())

    def names(self) -> Sequence[str]:
        """The files written so far, as paths below the folder."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.folder).as_posix() for path in files)

    def write_texts(self, contents: texts.Contents) -> None:
        """Write what describes the data, and the checksums of everything last."""
        from b3_contracts.governance import dictionary

        described = {
            **texts.readmes(contents),
            **{name: dictionary.markdown(words) for name, words in dictionary.FILES.items()},
            "CITATION.cff": texts.citation(contents),
        }
        for name, text in described.items():
            (self.folder / name).write_bytes(text.encode())
        title = texts.package_title(contents)
        descriptor = datapackage(title, self.folder, self.resources)
        (self.folder / _DESCRIPTOR).write_bytes(descriptor)
        (self.folder / _SUMS).write_bytes(checksums(self.folder))


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """A new folder beside the target, which takes its place at the end; removed on a failure."""
    if target.exists() and not _is_replaceable(target):
        raise NotAnExport(f"{target} is there and is no earlier export: name another folder")
    folder = _beside(target)
    try:
        yield folder
        if target.exists():
            old = target.with_name(f"{folder.name}.old")
            target.rename(old)
            folder.rename(target)
            shutil.rmtree(old)
        else:
            folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _beside(target: Path) -> Path:
    """Make a folder beside the target. Raises OSError that names the target."""
    folder = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        # OSError(errno, …) is of the subclass that belongs to the number.
        raise OSError(error.errno, error.strerror, str(target)) from error
    return folder


def _is_replaceable(target: Path) -> bool:
    """True for an empty folder, and for one that an export wrote."""
    if not target.is_dir():
        return False
    is_export = all((target / name).is_file() for name in (_DESCRIPTOR, _SUMS))
    return is_export or not any(target.iterdir())
