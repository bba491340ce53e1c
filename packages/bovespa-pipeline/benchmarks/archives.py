"""Archives: 1,000 sessions of 87 rows in one Parquet file, imported.

Run by `hatch run bench archives`; figures only, nothing is asserted.
"""

import datetime as dt
import io
import tempfile
import time
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from b3_contracts.trading_calendar import trading_days
from b3_scraper import parse_archive
from b3_scraper.testing import sample_portfolio
from bovespa_pipeline.ingest.importing import ImportHints, import_files
from lake_io import open_lake

NOW = dt.datetime(2026, 11, 26, 21, tzinfo=dt.UTC)
SESSIONS = 1_000
POSITIONS = 87
TARGET = 15


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "history.parquet")
        path.write_bytes(_archive())
        start = time.perf_counter()
        parsed = parse_archive(path.read_bytes())
        read = time.perf_counter()
        lake = open_lake(str(Path(folder, "lake")))
        with lake.raw.batch():
            landing = import_files(lake.raw, [path], ImportHints(), lambda: NOW)
        end = time.perf_counter()
        print(
            f"{len(parsed.portfolios):,} sessions of {POSITIONS} positions in one file: parsed in "
            f"{read - start:.1f} s; {len(landing.landed):,} imported in {end - read:.1f} s "
            f"(target {TARGET} s)"
        )


def _archive() -> bytes:
    """The positions of one portfolio under each session, with other quantities each time."""
    positions = sample_portfolio("IBOV", NOW.date(), position_count=POSITIONS).to_positions()
    days = islice(trading_days(dt.date(2020, 1, 2), NOW.date()), SESSIONS)
    tables = [_of(positions, day, place) for place, day in enumerate(days)]
    sink = io.BytesIO()
    pq.write_table(pa.concat_tables(tables), sink)
    return sink.getvalue()


def _of(positions: pa.Table, day: dt.date, place: int) -> pa.Table:
    columns = {
        "indice": ["IBOV"] * positions.num_rows,
        "data": [str(day)] * positions.num_rows,
        "codigo": positions["ticker"],
        "acao": positions["company"],
        "tipo": positions["share_class"],
        "qtde_teorica": [
            quantity.as_py() + place for quantity in positions["theoretical_quantity"]
        ],
        "part": [float(weight.as_py()) for weight in positions["weight_pct"]],
    }
    return pa.table(columns)


if __name__ == "__main__":
    main()
