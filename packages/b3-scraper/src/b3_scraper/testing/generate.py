"""Made-up portfolios of any size that are as exact as B3's."""

import datetime as dt
import random
import string
from decimal import Decimal
from typing import Final

from b3_scraper.testing.samples import SamplePortfolio, SampleRow

__all__ = ["sample_portfolio"]

_THOUSANDTHS: Final = 100_000  # of the 100 per cent
_SECTORS: Final = (
    "Bens Indls / Máqs e Equips",
    "Cons N  Básico / Alimentos Processados",
    "Financ e Outros / Previd  Seguros",
    "Mats Básicos / Mineração",
    "Utilidade Públ / Energ Elétrica",
)
_TYPES: Final = ("ON      NM", "ON  EJ  NM", "PN      N1", "PNA     N1", "UNT     N2", "ON", "CI")


def sample_portfolio(
    index_code: str, reference_date: dt.date, *, position_count: int = 87, seed: int = 0
) -> SamplePortfolio:
    """An exact portfolio with made-up securities; the same arguments give the same one.

    Securities and quantities depend on the index and the seed, weights on the day too.
    """
    securities = random.Random(f"{index_code} {seed}")  # noqa: S311 (repeatable, not secret)
    day = random.Random(f"{index_code} {seed} {reference_date}")  # noqa: S311 (the same)
    weights = _weights(day, position_count)
    tickers = _tickers(securities, position_count)
    rows = [_made_up(securities, *pair) for pair in zip(tickers, weights, strict=True)]
    divisor = Decimal(day.randrange(10**15, 10**16)).scaleb(-8)
    return SamplePortfolio(index_code, reference_date, tuple(rows), divisor)


def _made_up(chance: random.Random, ticker: str, weight: Decimal) -> SampleRow:
    return SampleRow(
        ticker=ticker,
        company=f"{ticker[:4]} S/A",
        type=chance.choice(_TYPES),
        sector=chance.choice(_SECTORS),
        theoretical_quantity=chance.randrange(1_000_000, 6_000_000_000),
        weight_pct=weight,
    )


def _tickers(chance: random.Random, count: int) -> list[str]:
    tickers: dict[str, None] = {}
    while len(tickers) < count:
        letters = "".join(chance.choices(string.ascii_uppercase, k=4))
        tickers.setdefault(letters + chance.choice(("3", "4", "5", "11")))
    return list(tickers)


def _weights(chance: random.Random, count: int) -> list[Decimal]:
    """So many shares of 100.000, cut at random; some may be 0.000, as B3's may."""
    cuts = sorted(chance.choices(range(_THOUSANDTHS + 1), k=count - 1))
    ends = zip([0, *cuts], [*cuts, _THOUSANDTHS], strict=True)
    return [Decimal(end - begin).scaleb(-3) for begin, end in ends]
