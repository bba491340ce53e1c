"""Archives as Arrow tables: Parquet files, and delimited text with a header.

Of a Parquet file only the columns that are used are read; of a text every value stays text.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from b3_scraper.archive.columns import (
    Columns,
    field_named,
    is_of_positions,
    known_fields,
    looks_like_tickers,
    recognise,
    refuse_missing,
)
from b3_scraper.content import as_utf8, check_characters, decode, is_html
from b3_scraper.csv_columns import find_header
from b3_scraper.csv_dialect import DELIMITERS
from b3_scraper.errors import Refused

__all__ = ["MAX_ARCHIVE_BYTES", "Table", "is_archive", "is_parquet", "read_table"]

MAX_ARCHIVE_BYTES: Final = 256 * 1024 * 1024
MAX_ROWS: Final = 4_000_000
"""Five years of all indices, which take 2 GB of memory; a file with more is to be split."""
_MAX_UNPACKED_BYTES: Final = 4 * 1024**3
_PARQUET: Final = b"PAR1"
_HEAD: Final = 64 * 1024
_SAMPLE: Final = 100


@dataclass(frozen=True)
class Table:
    """The columns that were recognised, by their fields, and where a row stands in the file."""

    columns: Columns
    values: Mapping[str, pa.ChunkedArray]
    names: Sequence[str]
    """The names of all columns of the file."""
    row_name: str
    first_row: int
    row_count: int

    @property
    def unused(self) -> tuple[str, ...]:
        used = set(self.columns.values())
        return tuple(name for name in self.names if name not in used)


def is_parquet(body: bytes) -> bool:
    return body.startswith(_PARQUET)


def is_archive(body: bytes) -> bool:
    """True for Parquet, and for text under a header of positions that is not B3's download's."""
    if is_parquet(body):
        return True
    head = body[:_HEAD]
    if is_html(head) or head.lstrip()[:1] in (b"{", b"["):
        return False
    try:
        lines = decode(as_utf8(head[: len(head) // 2 * 2]))[0].splitlines()[:2]
        is_download = find_header(list(enumerate(lines, 1))) is not None
        return not is_download and is_of_positions(_header(lines[0]).names)
    except (Refused, IndexError):
        return False


def read_table(body: bytes, overrides: Columns) -> Table:
    """The recognised columns of an archive. Raises Refused for a file that cannot be read."""
    if len(body) > MAX_ARCHIVE_BYTES:
        raise Refused(f"it is larger than {MAX_ARCHIVE_BYTES >> 20} MiB")
    try:
        return _from_parquet(body, overrides) if is_parquet(body) else _from_text(body, overrides)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise Refused(f"it cannot be read as a table: {reason}") from error


def _from_parquet(body: bytes, overrides: Columns) -> Table:
    file = pq.ParquetFile(pa.BufferReader(body), page_checksum_verification=True)
    groups = map(file.metadata.row_group, range(file.metadata.num_row_groups))
    if sum(group.total_byte_size for group in groups) > _MAX_UNPACKED_BYTES:
        raise Refused(f"unpacked it is larger than {_MAX_UNPACKED_BYTES >> 30} GiB")
    _refuse_length(file.metadata.num_rows)
    names = [field.name for field in file.schema_arrow if not pa.types.is_nested(field.type)]
    batch = next(file.iter_batches(_SAMPLE, columns=names), None)
    head = pa.table(batch) if batch else file.schema_arrow.empty_table().select(names)
    columns = _columns(names, overrides, head)
    return _table(file.read(list(columns.values())), columns, names, ("row", 1))


def _from_text(body: bytes, overrides: Columns) -> Table:
    text = decode(as_utf8(body))[0]
    header = text.partition("\n")[0]
    names = _header(header, overrides)
    check_characters(text.replace("\r", "").replace("\n", "").replace("\t", ""))
    read = pa_csv.read_csv(
        pa.BufferReader(text.encode()),
        read_options=pa_csv.ReadOptions(skip_rows=1, column_names=names.names),
        parse_options=pa_csv.ParseOptions(delimiter=names.delimiter),
        convert_options=pa_csv.ConvertOptions(column_types=dict.fromkeys(names.names, pa.string())),
    )
    _refuse_length(read.num_rows)
    columns = _columns(names.names, overrides, read.slice(0, _SAMPLE))
    return _table(read, columns, names.names, ("line", 2))


def _refuse_length(row_count: int) -> None:
    if row_count > MAX_ROWS:
        raise Refused(f"it has {row_count:,} rows, more than {MAX_ROWS:,}: split it")


def _columns(names: Sequence[str], overrides: Columns, head: pa.Table) -> Columns:
    """The column of each field, by name, and by the first values where a name is not enough."""
    values = {name: head[name].to_pylist() for name in names if names.count(name) == 1}
    tickers = {name for name, those in values.items() if looks_like_tickers(those)}
    columns = recognise(
        [name for name in names if not _is_numbering(name, values)], overrides, tickers
    )
    refuse_missing(names, columns)
    return columns


def _is_numbering(name: str, values: Mapping[str, Sequence[object]]) -> bool:
    """True for pandas' column `index`, which numbers the rows."""
    return field_named(name) == "index" and all(
        str(value).isdecimal() for value in values.get(name, ())
    )


def _table(
    read: pa.Table, columns: Columns, names: Sequence[str], first_row: tuple[str, int]
) -> Table:
    values = {field: read[name] for field, name in columns.items()}
    return Table(columns, values, names, *first_row, read.num_rows)


class _Header(NamedTuple):
    delimiter: str
    names: Sequence[str]


def _header(line: str, overrides: Columns | None = None) -> _Header:
    """The header under the delimiter that makes most known names of it."""
    headers = [_Header(delimiter, _names(line, delimiter)) for delimiter in DELIMITERS]
    named_columns = set((overrides or {}).values())
    return max(
        headers,
        key=lambda one: (
            len(named_columns & set(one.names)),
            len(known_fields(one.names)),
            len(one.names),
        ),
    )


def _names(line: str, delimiter: str) -> list[str]:
    try:
        fields = next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []
    return [field.strip() for field in fields]
