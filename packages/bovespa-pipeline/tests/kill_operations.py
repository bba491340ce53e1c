"""The operations that `kills.py` kills, and the lakes they start from."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import killing

from b3_scraper.testing import SamplePortfolio, SampleRow
from bovespa_pipeline.ingest import reparsing
from lake_io import open_lake
from lake_io.tables import maintenance

SESSIONS = {
    dt.date(2024, 12, 30): {"PETR4": 4_000, "VALE3": 2_000, "TRPL4": 500},
    dt.date(2025, 1, 6): {"PETR4": 4_000, "VALE3": 2_500, "ISAE4": 500},
    dt.date(2025, 2, 3): {"PETR4": 4_000, "VALE3": 2_500},
}

Work = Callable[[Path], int]


@dataclasses.dataclass(frozen=True)
class Operation:
    """One operation, and the operations that make the lake it starts from."""

    name: str
    work: Work
    before: tuple[Work, ...] = ()


def command(*words: str) -> Work:
    return lambda folder: killing.run(folder, list(words))


def creation(folder: Path) -> int:
    lake = open_lake(str(folder / "lake"))
    lake.refined_tables.snapshot()
    return 0


def maintain(folder: Path) -> int:
    maintenance.MAINTENANCE_INTERVAL = 1  # type: ignore[misc]
    open_lake(str(folder / "lake")).refined_tables.maintain(killing.NOON)
    return 0


def reparse(folder: Path) -> int:
    reparsing.PARSER_REVISION = 2  # type: ignore[misc]
    return killing.run(folder, ["reparse"])


def truncate(pattern: str) -> Work:
    """Damage the first file of the lake that matches."""

    def work(folder: Path) -> int:
        path = min((folder / "lake").glob(pattern))
        path.write_bytes(path.read_bytes()[:-9])
        return 0

    return work


def operations(downloads: list[str], source: str) -> list[Operation]:
    imports = command("import", *downloads)
    refine = command("refine")
    one_by_one = [w for name in downloads for w in (command("import", name), refine)]
    withdraw = command("withdraw", "IBOV", "2025-01-06", "--reason", "wrong")
    broken_rows = truncate("raw/position/**/*.parquet")
    return [
        Operation("creation", creation),
        Operation("import", imports),
        Operation("capture", command("capture", "--source", source)),
        Operation("refine", refine, (imports,)),
        Operation("publication", refine, (*one_by_one[:4], one_by_one[4])),
        Operation("maintenance", maintain, tuple(one_by_one)),
        Operation("withdraw", withdraw, (imports, refine)),
        Operation("removal", refine, (imports, refine, withdraw)),
        Operation("reparse", reparse, (imports, refine)),
        Operation("rebuild", command("refine", "--rebuild"), (imports, refine)),
        Operation("repair", command("verify", "--repair"), (imports, refine, broken_rows)),
        Operation("healing", imports, (imports, refine, truncate("raw/payload/*"))),
    ]


def portfolios() -> list[SamplePortfolio]:
    return [SamplePortfolio("IBOV", day, rows(held)) for day, held in SESSIONS.items()]


def rows(quantities: dict[str, int]) -> tuple[SampleRow, ...]:
    share, rest = divmod(100_000, len(quantities))
    return tuple(
        SampleRow(t, f"{t[:4]} S/A", "ON      NM", "Utilidade Públ / Energ Elétrica", q, weight)
        for place, (t, q) in enumerate(quantities.items())
        for weight in [Decimal(share + rest * (place == 0)).scaleb(-3)]
    )
