"""A back-test that holds what the index held, beside one that looks ahead.

    bovespa demo
    python backtest_without_survivorship_bias.py ./demo-lake [closes.csv]

`closes.csv` has the columns date, ticker, close. Without it closes are made up: securities that
entered the index had risen before, securities that left it had fallen, as is usual. Whoever
takes today's securities back in time then buys the winners before they won.

`lake.weights` gives every session its own securities. Where a correction that came later would be
looking ahead too, ask with `known_at`, the moment of the decision.
"""

import sys

import pandas as pd

from bovespa_pipeline import LakeReader, open_lake

INDEX = "IBOV"


def held(lake: LakeReader) -> pd.DataFrame:
    """The weight of each security (columns) in each session (rows); 0 where it was not in."""
    rows = lake.weights(INDEX).to_pandas().astype({"weight_pct": float})
    return rows.pivot(index="reference_date", columns="ticker", values="weight_pct").fillna(0)


def growth(weights: pd.DataFrame, closes: pd.DataFrame) -> float:
    """Growth of 1: each session's weights are held until the next session."""
    returns = closes[weights.columns].pct_change().shift(-1).iloc[:-1].fillna(0)
    shares = weights.iloc[:-1].div(weights.iloc[:-1].sum(axis=1), axis=0)
    return float((1 + (shares * returns).sum(axis=1)).prod())


def made_up_closes(weights: pd.DataFrame) -> pd.DataFrame:
    """A security gains 1 % a session until it enters, loses 1 % until it leaves, else stays."""
    is_in = weights > 0
    falls = is_in & ~is_in.iloc[-1]
    steps = 1 + 0.01 * (~is_in & is_in.iloc[-1]) - 0.01 * falls
    return steps.shift(fill_value=1.0).cumprod()


def main(uri: str, path: str | None = None) -> None:
    """Print both results, and what of the second is an illusion."""
    weights = held(open_lake(uri))
    if path:
        prices = pd.read_csv(path, parse_dates=["date"])
        closes = prices.pivot(index="date", columns="ticker", values="close").loc[weights.index]
    else:
        closes = made_up_closes(weights)
    hindsight = weights * 0 + weights.iloc[-1]
    as_it_was, looking_ahead = growth(weights, closes), growth(hindsight, closes)
    never = sorted(weights.columns[(weights.iloc[-1] == 0)])
    print(f"{len(weights)} sessions; left on the way, and missing from today's list: {never}")
    print(f"the securities of each session  {as_it_was - 1:+.3%}")
    print(f"today's securities taken back   {looking_ahead - 1:+.3%}")
    print(f"survivorship bias           {(looking_ahead - as_it_was) * 100:+.3f} points")


if __name__ == "__main__":
    main(*sys.argv[1:])
