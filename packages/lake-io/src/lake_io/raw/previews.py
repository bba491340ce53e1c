"""Typed rows of the answers about the next portfolio: one Parquet file an answer.

An answer is typed when it comes for the first time since the last rebalance: whether it announces
anything is told from what came before it.
"""

from collections.abc import Collection
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from b3_contracts import layout
from b3_contracts.backends import arrow
from b3_contracts.backends.validation import validate
from b3_contracts.errors import Broken, ContractError
from b3_contracts.layout import PreviewKey
from b3_contracts.specification import RAW_PREVIEW
from lake_io.errors import LakeDamaged, NotInLake
from lake_io.storage.store import Store
from lake_io.tables.evolution import add_missing_columns

__all__ = ["RawPreviews"]

_KEY: Final = ("index_code", "captured_on", "payload_sha256", "parser_revision")


class RawPreviews:
    """The typed previews of one raw zone."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keys(self, indices: Collection[str] = ()) -> list[PreviewKey]:
        """The answers of these indices, or of all, in the order in which they came.

        Of an answer that several revisions of the parser have typed, the highest.
        """
        prefixes = [f"{layout.PREVIEW_PREFIX}index_code={index}/" for index in sorted(indices)]
        newest: dict[tuple[object, ...], PreviewKey] = {}
        for prefix in prefixes or [layout.PREVIEW_PREFIX]:
            for key in sorted(filter(None, map(PreviewKey.parse, self._store.keys(prefix)))):
                newest[key.answer] = key
        return sorted(newest.values())

    def land(self, rows: pa.Table) -> bool:
        """Keep the typed rows of one answer; True if they were not there or could not be read.

        Raises ContractError where the rows break contract `raw_preview` or are of several answers.
        """
        checked = validate(arrow.conform(rows, RAW_PREVIEW), RAW_PREVIEW)
        key = _only_key(checked)
        sink = pa.BufferOutputStream()
        pq.write_table(checked, sink, compression="zstd", write_page_checksum=True)
        body = sink.getvalue().to_pybytes()
        if self._store.put(key.name, body):
            return True
        if self.is_readable(key):
            return False
        self._store.replace(key.name, body)
        return True

    def is_readable(self, key: PreviewKey) -> bool:
        try:
            self.read_one(key)
        except ContractError:
            return False
        return True

    def read_one(self, key: PreviewKey) -> pa.Table:
        """The typed rows of one answer. Raises ContractError."""
        try:
            body = pa.BufferReader(self._store.get(key.name))
            table = pq.ParquetFile(body, page_checksum_verification=True).read(use_threads=False)
        except (pa.ArrowException, OSError, NotInLake, LakeDamaged) as error:
            raise ContractError(key.name, [Broken("file", f"cannot be read: {error}")]) from error
        names = arrow.column_names(RAW_PREVIEW)
        rows = arrow.conform(add_missing_columns(table, RAW_PREVIEW, names), RAW_PREVIEW)
        if _only_key(rows) != key:
            broken = [Broken("file", "holds another answer than its key says")]
            raise ContractError(key.name, broken)
        return validate(rows, RAW_PREVIEW)


def _only_key(rows: pa.Table) -> PreviewKey:
    keys = rows.select(_KEY).group_by(list(_KEY)).aggregate([]).to_pylist()
    if len(keys) != 1:
        broken = [Broken(", ".join(_KEY), f"must be one answer, not {len(keys)}", keys[:5])]
        raise ContractError("raw_preview", broken)
    return PreviewKey(**keys[0])
