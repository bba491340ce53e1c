"""The tables of an export: each published table in the order of its key, and others made of them.

The same rows give the same bytes: nothing depends on the order in which they were published.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa

from b3_contracts.specification import REFINED
from b3_contracts.table_spec import ColumnSpec, Limits, TableSpec
from bovespa_pipeline.queries.wide import weights_wide
from lake_io import LakeSnapshot

__all__ = ["Exported", "exported_tables", "instruments", "wide_weights"]

_SOURCE_COLUMNS: Final = (
    "index_code",
    "reference_date",
    "source",
    "payload_sha256",
    "captured_at",
)


@dataclass(frozen=True)
class Exported:
    """A table of the export, and its specification."""

    spec: TableSpec
    rows: pa.Table

    @property
    def name(self) -> str:
        return self.spec.name


def exported_tables(snapshot: LakeSnapshot) -> Iterator[Exported]:
    """The published tables, one after the other, and last the source of each session."""
    for name, spec in REFINED.items():
        yield Exported(spec, _sorted(snapshot.read(name), spec))
    spec = replace(
        REFINED["portfolio"],
        name="session_source",
        description="Where the portfolio of each session came from, and the hash of B3's bytes.",
        columns=tuple(c for c in REFINED["portfolio"].columns if c.name in _SOURCE_COLUMNS),
    )
    rows = snapshot.read("portfolio", columns=_SOURCE_COLUMNS)
    yield Exported(spec, _sorted(rows.select([column.name for column in spec.columns]), spec))


def wide_weights(snapshot: LakeSnapshot, index_code: str) -> Exported:
    """Weights of an index as sessions by tickers, null where a security was not in it."""
    rows = weights_wide(snapshot, index_code)
    return Exported(_wide_spec(index_code, rows.column_names[1:]), rows)


def instruments(snapshot: LakeSnapshot) -> Mapping[str, str]:
    """The membership periods of each index as qlib reads them: ticker, first day, last day.

    A period that has not ended lasts until the index's last session.
    """
    names = ("index_code", "ticker", "valid_from", "valid_to", "last_seen")
    rows = snapshot.read("membership", columns=names).select(names)
    texts: dict[str, str] = {}
    for row in rows.sort_by([(name, "ascending") for name in names[:3]]).to_pylist():
        last: dt.date = row["valid_to"] or row["last_seen"]
        line = f"{row['ticker']}\t{row['valid_from']}\t{last}\n"
        texts[row["index_code"]] = texts.get(row["index_code"], "") + line
    return texts


def _sorted(rows: pa.Table, spec: TableSpec) -> pa.Table:
    return rows.sort_by([(name, "ascending") for name in spec.unique])


def _wide_spec(index_code: str, tickers: list[str]) -> TableSpec:
    date, weight = (
        next(column for column in REFINED["position"].columns if column.name == name)
        for name in ("reference_date", "weight_pct")
    )
    weights = (
        ColumnSpec(ticker, weight.type, True, f"weight of {ticker}", Limits(), weight.unit)
        for ticker in tickers
    )
    return TableSpec(
        f"{index_code}-weights",
        (date, *weights),
        (date.name,),
        (),
        None,
        (),
        f"Weights of the securities of {index_code}, a row per session.",
    )
