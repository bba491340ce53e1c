"""Golden files of the contract's version: what its code writes, kept for every later one to read.

    python .github/scripts/golden.py            write contracts/golden/<version>
    python .github/scripts/golden.py --check    is what is there what the code writes today?

Made from a sample exchange, through capture, refine and the gate, by `hatch run golden`. What a
version wrote when it was released stays: where the changelog no longer calls it unreleased,
nothing is written. The same code gives the same rows; bytes are those of the libraries installed.

Exit codes: 0 in order; 1 not, and one sentence says what to do; 2 wrong usage.
"""

import argparse
import datetime as dt
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote_plus

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from workspace import ROOT, ScriptError

from b3_contracts import __version__
from b3_contracts.events import Manifest
from b3_contracts.models.tables import REFINED
from b3_scraper import Client
from b3_scraper.testing import Exchange, SamplePortfolio, SampleRow
from bovespa_pipeline.ingest.capturing import capture, keep_undated
from glue_transform import DuckDBEngine, refine
from lake_io import Lake, open_lake

__all__ = ["main", "write"]

QUIET: Final = dt.date(2024, 11, 29)
"""Before the first preview of January's portfolios."""
YEAR_END: Final = dt.date(2024, 12, 30)
REBALANCE: Final = dt.date(2025, 1, 6)
EVENING: Final = dt.time(21)
RUN_ID: Final = "20250106T213000Z-00000000"
KEPT: Final = ("payload", "position", "preview", "manifest")
BUCKET: Final = "b3-lake"


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    folder = given.contracts / "golden" / __version__
    try:
        _compare(folder) if given.check else _renew(given.contracts, folder)
    except ScriptError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def write(folder: Path) -> None:
    """The version's files, in an empty folder."""
    with tempfile.TemporaryDirectory(prefix="golden-") as scratch:
        lake = open_lake(scratch)
        _capture(lake)
        refine(lake, DuckDBEngine(), dt.datetime.combine(REBALANCE, dt.time(21, 30), dt.UTC))
        for kind in KEPT:
            shutil.copytree(Path(scratch, "raw", kind), folder / "lake" / "raw" / kind)
        (folder / "refined").mkdir()
        for name in REFINED:
            pq.write_table(_settled(lake, name), folder / "refined" / f"{name}.parquet")
    text = json.dumps(_event(folder / "lake"), indent=1)
    (folder / "event.json").write_text(text + "\n", "utf-8")


def _renew(contracts: Path, folder: Path) -> None:
    changelog = (contracts / "CHANGELOG.md").read_text("utf-8")
    if folder.exists() and f"## {__version__} (unreleased)" not in changelog:
        raise ScriptError(f"{__version__} is released and {folder} stays: raise the version first")
    shutil.rmtree(folder, ignore_errors=True)
    write(folder)


def _compare(folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="golden-") as scratch:
        write(fresh := Path(scratch, __version__))
        names = {each: _names(each) for each in (folder, fresh)}
        other = sorted(names[folder] ^ names[fresh]) or [
            name
            for name in sorted(names[fresh])
            if name.endswith(".parquet") and not _same(folder / name, fresh / name)
        ]
    if other:
        raise ScriptError(
            f"{other[0]} of {folder} is not what the code writes: raise the contract's version, "
            "or, if it was never released, `hatch run golden`"
        )


def _names(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def _same(one: Path, other: Path) -> bool:
    return bool(pq.read_table(one).equals(pq.read_table(other)))


def _capture(lake: Lake) -> None:
    announced = [each for each in _SAMPLE if each.reference_date == REBALANCE]
    in_force = [each for each in _SAMPLE if each.reference_date == YEAR_END]
    previews = {dt.date(2024, 8, 29): in_force, dt.date(2024, 12, 27): announced}
    with (
        Exchange(_SAMPLE, QUIET, previews=previews) as exchange,
        Client(exchange.url) as client,
    ):
        asked_at = dt.datetime.combine(QUIET, EVENING, dt.UTC)
        keep_undated(lake.raw, client, ["IBOV"], _stopped(asked_at))
        for day in (YEAR_END, REBALANCE):
            exchange.today = day
            codes = [each.index_code for each in _SAMPLE if each.reference_date == day]
            asked_at = dt.datetime.combine(day, EVENING, dt.UTC)
            capture(lake.raw, client, codes, _stopped(asked_at))


def _stopped(at: dt.datetime) -> Callable[[], dt.datetime]:
    return lambda: at


def _settled(lake: Lake, name: str) -> pa.Table:
    """The table's rows in the order of its key; a run's name is otherwise drawn by lot."""
    rows = lake.refined_tables.snapshot().read(name)
    if "run_id" in rows.column_names:
        place = rows.column_names.index("run_id")
        named = pa.array([RUN_ID] * rows.num_rows, pa.string())
        rows = rows.set_column(place, rows.schema.field(place), named)
    keys = [(column, "ascending") for column in REFINED[name].to_schema().unique or []]
    return rows.take(pc.sort_indices(rows, keys))


def _event(lake: Path) -> dict[str, Any]:
    """The manifests' notifications in one batch of the queue, as Lambda is handed it."""
    files = sorted(lake.glob("raw/manifest/*.json"))
    manifests = [Manifest.from_json(file.read_bytes()) for file in files]
    return {"Records": [_message(place, manifest) for place, manifest in enumerate(manifests)]}


def _message(place: int, manifest: Manifest) -> dict[str, Any]:
    return {
        "messageId": f"00000000-0000-4000-8000-{place:012d}",
        "receiptHandle": "handle",
        "body": json.dumps({"Records": [_notification(manifest)]}),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:sa-east-1:000000000000:manifests",
        "awsRegion": "sa-east-1",
    }


def _notification(manifest: Manifest) -> dict[str, Any]:
    """S3's event of a new object.

    docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "sa-east-1",
        "eventTime": manifest.captured_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "eventName": "ObjectCreated:Put",
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "manifests",
            "bucket": {"name": BUCKET, "arn": f"arn:aws:s3:::{BUCKET}"},
            "object": {
                "key": quote_plus(manifest.key, safe="/"),
                "size": len(manifest.to_json()),
                "sequencer": "00",
            },
        },
    }


def _portfolio(index: str, day: dt.date, *rows: tuple[str, str, str, int, str]) -> SamplePortfolio:
    made = [
        SampleRow(ticker, company, kind, None, quantity, Decimal(weight))
        for ticker, company, kind, quantity, weight in rows
    ]
    return SamplePortfolio(index, day, tuple(made))


_SAMPLE: Final = (
    _portfolio(
        "IBOV",
        YEAR_END,
        ("ALPA4", "ALPARGATAS", "PN      N1", 166_200_000, "30.000"),
        ("PETR4", "PETROBRAS", "PN  ED  N2", 4_566_000_000, "50.000"),
        ("TRPL4", "TRAN PAULIST", "PN      N1", 395_801_044, "20.000"),
    ),
    _portfolio(
        "IBOV",
        REBALANCE,
        ("ISAE4", "ISA ENERGIA", "PN      N1", 395_801_044, "20.000"),
        ("PETR4", "PETROBRAS", "PN      N2", 4_567_000_000, "55.000"),
        ("POMO4", "MARCOPOLO", "PN      N2", 559_000_000, "25.000"),
    ),
    _portfolio("SMLL", REBALANCE, ("LREN3", "LOJAS RENNER", "ON      NM", 951_000_000, "100.000")),
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="golden.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    parser.add_argument(
        "--contracts", type=Path, default=ROOT / "contracts", help=argparse.SUPPRESS
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
