"""The lake that the notebooks are shown on: the sample exchange, and a refusal beside it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from b3_scraper import Client
from b3_scraper.testing import Exchange, SamplePortfolio
from bovespa_pipeline.ingest.capturing import capture
from bovespa_pipeline.sample import sample_portfolios, sample_previews
from glue_transform import DuckDBEngine, refine
from glue_transform.quality.gate import QualityCheck, evaluate
from lake_io import Lake, open_lake

__all__ = ["SPOILED", "sample_lake"]

INDEX: Final = "IBOV"
SPOILED: Final = dt.date(2025, 2, 17)
FIRST_RUN, SECOND_RUN = dt.date(2025, 8, 26), dt.date(2025, 8, 27)
EVENING: Final = dt.time(21)


def sample_lake(folder: Path, judge_by: QualityCheck = evaluate) -> Lake:
    """The sample exchange in one run of refine, the spoiled session in a second one."""
    lake = open_lake(str(folder))
    sample = sample_portfolios()
    for portfolios, day in ((sample, FIRST_RUN), ((_spoiled(sample),), SECOND_RUN)):
        _land(lake, portfolios)
        checked_at = dt.datetime.combine(day, EVENING, dt.UTC)
        refine(lake, DuckDBEngine(), checked_at, evaluate=judge_by)
    return lake


def _spoiled(sample: Sequence[SamplePortfolio]) -> SamplePortfolio:
    """The index's last session once more, a day later, its weights adding up to 101.000."""
    last = [found for found in sample if found.index_code == INDEX][-1]
    first, *others = last.rows
    heavier = replace(first, weight_pct=first.weight_pct + 1)
    return replace(last, reference_date=SPOILED, rows=(heavier, *others))


def _land(lake: Lake, portfolios: Sequence[SamplePortfolio]) -> None:
    first = portfolios[0].reference_date
    with Exchange(portfolios, first, previews=sample_previews()) as exchange:
        for portfolio in portfolios:
            exchange.today = portfolio.reference_date
            asked_at = dt.datetime.combine(portfolio.reference_date, EVENING, dt.UTC)
            with Client(exchange.url) as client:
                capture(lake.raw, client, [portfolio.index_code], lambda at=asked_at: at)
