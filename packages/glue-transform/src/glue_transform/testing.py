"""For tests of this package and of what is built on it: rows, a judge and a lake at hand.

The judge applies the very rules of the gate without Great Expectations, which takes
seconds to import. The lake keeps everything in memory and publishes as the real one does:
the keys of a replacement fall away, its rows come, and of two publishers on one view the
second meets a Conflict.
"""

import datetime as dt
import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import pyarrow as pa
from pyiceberg import expressions as where
from pyiceberg.expressions.visitors import bind
from pyiceberg.io.pyarrow import expression_to_pyarrow

from b3_contracts.backends import arrow
from b3_contracts.governance.expectations import Expectation, suite
from b3_contracts.layout import RawEntry, damaged_key
from b3_contracts.models.tables import AUDIT, RAW, REFINED
from glue_transform.quality.findings import Finding
from lake_io import Conflict, Lake, NotInLake, Publication, RawZone, RefinedTables
from lake_io.tables.filters import covers
from lake_io.tables.schema import schema as iceberg_schema

__all__ = ["NOON", "Line", "MemoryLake", "evaluate", "evenly", "memory_lake", "raw_rows"]

NOON: Final = dt.time(12, tzinfo=dt.UTC)
_SUM: Final = -1


class Line(NamedTuple):
    """A position, as far as tests care."""

    ticker: str
    theoretical_quantity: int
    weight_pct: Decimal
    share_class: str = "ON"
    sector: str | None = None
    ex_rights: str | None = None
    listing_segment: str | None = None


def evenly(quantities: Mapping[str, int], classes: Mapping[str, str] | None = None) -> list[Line]:
    """Lines of these quantities whose weights add up to exactly 100.000."""
    share, rest = divmod(100_000, len(quantities))
    return [
        Line(
            ticker,
            quantity,
            Decimal(share + (rest if place == 0 else 0)).scaleb(-3),
            (classes or {}).get(ticker, "ON"),
        )
        for place, (ticker, quantity) in enumerate(quantities.items())
    ]


def raw_rows(  # noqa: PLR0913 - each is one figure of a header
    index_code: str,
    reference_date: dt.date,
    lines: Sequence[Line],
    *,
    source: str = "capture",
    captured_at: dt.datetime | None = None,
    total: int | None = _SUM,
    divisor: Decimal | None = None,
    payload: str | None = None,
) -> pa.Table:
    """Typed raw rows (contract `raw_position`); a payload's hash is that of its content.

    `total` is the header's, by default the sum of the lines; `payload` is any text.
    """
    content = payload or repr((index_code, reference_date, lines, source, total, divisor))
    stated = sum(line.theoretical_quantity for line in lines) if total == _SUM else total
    header = {
        "index_code": index_code,
        "reference_date": reference_date,
        "company": "COMPANY",
        "total_theoretical_quantity": stated,
        "divisor": divisor,
        "source": source,
        "payload_sha256": hashlib.sha256(content.encode()).hexdigest(),
        "captured_at": captured_at or dt.datetime.combine(reference_date, NOON),
        "parser_revision": 1,
    }
    rows = [{**header, **line._asdict()} for line in lines]
    return pa.Table.from_pylist(rows, schema=arrow.schema(RAW))


def evaluate(audit: pa.Table, run_id: str, docs: Path) -> list[Finding]:  # noqa: ARG001 - a Judge
    """Findings of the gate's rules in `audit`, without its pages."""
    rows = audit.to_pylist()
    return [finding for rule in suite(AUDIT) for finding in _apply(rule, rows)]


def _apply(rule: Expectation, rows: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    broken = [row for row in rows if rule.column and not _holds(rule, row[rule.column])]
    about = (rule.table, rule.name, rule.column, rule.severity)
    yield Finding(*about, success=not broken, unexpected_count=len(broken))
    for row in broken:
        entry = RawEntry(row["index_code"], row["reference_date"], row["payload_sha256"])
        value = str(row[str(rule.column)])
        yield Finding(*about, success=False, unexpected_count=1, observed_value=value, entry=entry)


def _holds(rule: Expectation, value: Any) -> bool:
    match rule.type.removeprefix("expect_column_values_to_"):
        case "not_be_null":
            return value is not None
        case "match_regex":
            return re.match(rule.kwargs["regex"], value) is not None
        case "be_between":
            lower, upper = rule.kwargs.get("min_value"), rule.kwargs.get("max_value")
            return value is None or (
                (lower is None or value >= lower) and (upper is None or value <= upper)
            )
        case _:
            raise NotImplementedError(rule.type)


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
        snapshot = cast(MemorySnapshot, publication.based_on)
        if snapshot.version != self.published:
            raise Conflict("another run published meanwhile")
        for name, replacement in publication.replacements.items():
            unchanged = _filter(snapshot, name, where.Not(covers(replacement.keys)))
            self.tables[name] = pa.concat_tables([unchanged, replacement.rows])
        self.published += 1

    def maintain(self, now: dt.datetime) -> bool:  # noqa: ARG002 - the catalogue's
        """Nothing to tend."""
        return False


@dataclass
class MemoryStore:
    """A Store of a dictionary."""

    objects: dict[str, bytes] = field(default_factory=dict)
    gets_at_once: int = 1

    def put(self, key: str, body: bytes) -> bool:
        return self.objects.setdefault(key, body) is body

    def get(self, key: str) -> bytes:
        if key not in self.objects:
            raise NotInLake(f"no {key}")
        return self.objects[key]

    def set_aside(self, key: str) -> None:
        body = self.objects.pop(key, b"")
        self.objects[damaged_key(key, hashlib.sha256(body).hexdigest())] = body

    def keys(self, prefix: str) -> Iterator[str]:
        return iter([key for key in self.objects if key.startswith(prefix)])


@dataclass(frozen=True)
class MemoryLake(Lake):
    """A Lake without a disk; only pages of a judge that writes some need `quality_folder`."""

    store: MemoryStore
    memory: MemoryTables

    @contextmanager
    def refining(self) -> Iterator[None]:
        yield

    @contextmanager
    def scratch(self, name: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix=f"bovespa-{name}-") as folder:
            yield Path(folder)


def memory_lake(quality_folder: Path = Path("quality")) -> MemoryLake:
    """An empty lake in memory."""
    store, memory = MemoryStore(), MemoryTables()
    nowhere = Path("unused")
    return MemoryLake(
        "memory",
        RawZone(store),
        cast(RefinedTables, memory),
        quality_folder,
        nowhere,
        store,
        memory,
    )


def _filter(snapshot: MemorySnapshot, name: str, condition: where.BooleanExpression) -> pa.Table:
    bound = bind(iceberg_schema(REFINED[name]), condition, case_sensitive=True)
    return snapshot.tables[name].filter(expression_to_pyarrow(bound))
