"""A lake in memory, for tests of packages built on this one.

It publishes as the real one does: rows with the keys of a replacement are removed, its rows
are added, and of two publishers on one snapshot the second gets a Conflict.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pyarrow as pa
from pyiceberg import expressions as where
from pyiceberg.expressions.visitors import bind
from pyiceberg.io.pyarrow import expression_to_pyarrow

from b3_contracts.backends import arrow
from b3_contracts.layout import damaged_key
from b3_contracts.specification import REFINED
from lake_io.errors import Conflict, NotInLake
from lake_io.lake import FRONT_PAGE, Lake
from lake_io.raw.zone import RawZone
from lake_io.storage.local.scratch import temporary_folder
from lake_io.tables.filters import covers
from lake_io.tables.refined_tables import Publication, RefinedTables
from lake_io.tables.schema import schema as iceberg_schema

__all__ = [
    "MemoryLake",
    "MemoryPages",
    "MemorySnapshot",
    "MemoryStore",
    "MemoryTables",
    "memory_lake",
]


@dataclass(frozen=True)
class MemorySnapshot:
    """One moment of the tables of a MemoryTables."""

    version: int
    tables: Mapping[str, pa.Table] = field(repr=False)

    def read(
        self,
        name: str,
        row_filter: where.BooleanExpression | None = None,
        columns: Sequence[str] = ("*",),
    ) -> pa.Table:
        rows = self.tables[name] if row_filter is None else _filter(self, name, row_filter)
        return rows if columns == ("*",) else rows.select(columns)


@dataclass
class MemoryTables:
    """The refined tables as Arrow; `published` counts, `before_publish` may interfere."""

    tables: dict[str, pa.Table] = field(
        default_factory=lambda: {name: arrow.empty(model) for name, model in REFINED.items()}
    )
    published: int = 0
    before_publish: Callable[[], None] = lambda: None

    def snapshot(self) -> MemorySnapshot:
        return MemorySnapshot(self.published, dict(self.tables))

    def publish(self, publication: Publication) -> None:
        self.before_publish()
        snapshot = cast("MemorySnapshot", publication.based_on)
        if snapshot.version != self.published:
            raise Conflict("another run published meanwhile")
        for name, replacement in publication.replacements.items():
            unchanged = _filter(snapshot, name, where.Not(covers(replacement.keys)))
            self.tables[name] = pa.concat_tables([unchanged, replacement.rows])
        self.published += 1

    def maintain(self, now: dt.datetime) -> bool:  # noqa: ARG002 - the catalogue's
        """Do nothing: there are no files to compact."""
        return False


@dataclass
class MemoryStore:
    """A Store of a dictionary."""

    objects: dict[str, bytes] = field(default_factory=dict)
    gets_at_once: int = 1

    def put(self, key: str, body: bytes) -> bool:
        is_new = key not in self.objects
        self.objects.setdefault(key, body)
        return is_new

    def batch(self) -> AbstractContextManager[None]:
        return nullcontext()

    def get(self, key: str) -> bytes:
        if key not in self.objects:
            raise NotInLake(f"no {key}")
        return self.objects[key]

    def replace(self, key: str, body: bytes) -> None:
        self.set_aside(key)
        self.objects[key] = body

    def set_aside(self, key: str) -> None:
        body = self.objects.pop(key, b"")
        self.objects[damaged_key(key, hashlib.sha256(body).hexdigest())] = body

    def keys(self, prefix: str) -> Iterator[str]:
        return iter([key for key in self.objects if key.startswith(prefix)])


@dataclass
class MemoryPages:
    """QualityPages of a dictionary."""

    uri: str = "memory"
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def front_page(self) -> str:
        return f"{self.uri}/{FRONT_PAGE}"

    def names(self) -> Iterator[str]:
        return iter(self.files)

    def read(self, name: str) -> bytes:
        return self.files[name]

    def add(self, folder: Path) -> None:
        for path in folder.rglob("*"):
            if path.is_file() and path != folder / FRONT_PAGE:
                self.files[path.relative_to(folder).as_posix()] = path.read_bytes()

    def write_front_page(self, page: bytes) -> None:
        self.files[FRONT_PAGE] = page


@dataclass(frozen=True)
class MemoryLake(Lake):
    """A Lake without a disk, whose parts are at hand."""

    store: MemoryStore
    memory: MemoryTables
    pages: MemoryPages


def memory_lake() -> MemoryLake:
    """Return an empty lake in memory."""
    store, memory, pages = MemoryStore(), MemoryTables(), MemoryPages()
    return MemoryLake(
        "memory",
        RawZone(store),
        cast("RefinedTables", memory),
        pages,
        temporary_folder,
        nullcontext,
        lambda: None,
        store,
        memory,
        pages,
    )


def _filter(snapshot: MemorySnapshot, name: str, condition: where.BooleanExpression) -> pa.Table:
    bound = bind(iceberg_schema(REFINED[name]), condition, case_sensitive=True)
    return snapshot.tables[name].filter(expression_to_pyarrow(bound))
