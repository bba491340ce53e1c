"""Check that B3 still answers as the parser expects: one index is requested, nothing is stored.

    python .github/scripts/canary.py --page page.md

Writes a page of checks. Exit codes: 0 as ever; 1 the source has changed, which a person has to
look at (`issue.py` tells them); 3 B3 could not be reached, which says nothing about its answers.
"""

import argparse
import datetime as dt
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from b3_scraper import B3_URL, B3Error, Blocked, Client, Portfolio, Unreachable

__all__ = ["Check", "State", "main", "page", "state", "watch"]

SAO_PAULO: Final = dt.timezone(dt.timedelta(hours=-3))
_FARTHEST_DAYS: Final = 10  # over Carnival or the turn of the year


class State(Enum):
    """Outcome of a check and the exit code it stands for."""

    AS_EVER = 0
    CHANGED = 1
    UNREACHABLE = 3


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, and what was seen."""

    title: str
    state: State
    seen: str


def main(arguments: Sequence[str] | None = None, client: Callable[[str], Client] = Client) -> int:
    given = _parser().parse_args(arguments)
    with client(given.source) as b3:
        checks = list(watch(b3, given.index, given.today))
    written = page(checks, given.index, given.today)
    given.page.write_text(written, "utf-8")
    sys.stdout.write(written)
    return state(checks).value


def watch(client: Client, index: str, today: dt.date) -> Iterator[Check]:
    """The checks in order; what cannot be looked at any more is left out."""
    yield _asked("the list of indices is read", lambda: _listed(client, index))
    title = "the portfolio is read whole"
    try:
        # Its arithmetic is a check of its own, below.
        portfolio = client.fetch_portfolio(index, verify=False)
    except B3Error as error:
        yield Check(title, _state_of(error), str(error))
        return
    yield Check(title, State.AS_EVER, f"{portfolio.position_count} positions")
    yield _asked("its figures agree with its header", lambda: _exact(portfolio))
    yield _checked("it holds nothing unknown", not portfolio.warnings, _warned(portfolio))
    yield _near(portfolio, today)


def state(checks: Sequence[Check]) -> State:
    """A change is told even where another question found no answer."""
    found = {check.state for check in checks}
    return next(one for one in (State.CHANGED, State.UNREACHABLE, State.AS_EVER) if one in found)


def page(checks: Sequence[Check], index: str, today: dt.date) -> str:
    """The checks for a person, in Markdown."""
    lines = [f"## {_HEADINGS[state(checks)]}", "", f"Asked for {index} on {today}.", ""]
    lines += ["| check | | seen |", "| --- | --- | --- |"]
    lines += [f"| {one.title} | {_MARKS[one.state]} | {_cell(one.seen)} |" for one in checks]
    return "\n".join([*lines, "", _ADVICE[state(checks)], ""])


_HEADINGS: Final = {
    State.AS_EVER: "B3 answers as ever",
    State.CHANGED: "B3 has changed",
    State.UNREACHABLE: "B3 could not be reached",
}
_MARKS: Final = {State.AS_EVER: "yes", State.CHANGED: "**no**", State.UNREACHABLE: "not known"}
_ADVICE: Final = {
    State.AS_EVER: "Nothing to do.",
    State.CHANGED: (
        "Nothing captured is lost: raw keeps what cannot be read. Look at the answer "
        "(`b3-scraper`), teach `packages/b3-scraper` the new one, release it, then "
        "`bovespa reparse` reads what was kept."
    ),
    State.UNREACHABLE: "Nothing is known to have changed; the next night asks again.",
}


def _asked(title: str, look: Callable[[], Check]) -> Check:
    """A refusal by B3 is a failed check too."""
    try:
        found = look()
    except B3Error as error:
        return Check(title, _state_of(error), str(error))
    return Check(title, found.state, found.seen)


def _listed(client: Client, index: str) -> Check:
    codes = client.fetch_indices().codes
    seen = f"{len(codes)} indices" + ("" if index in codes else f", {index} is not among them")
    return _checked("", index in codes, seen)


def _exact(portfolio: Portfolio) -> Check:
    portfolio.verify()
    return _checked("", True, f"{portfolio.total_weight_pct} %")


def _near(portfolio: Portfolio, today: dt.date) -> Check:
    """The session served is the current one or the next."""
    days = abs((portfolio.reference_date - today).days)
    return _checked("its session is near", days <= _FARTHEST_DAYS, str(portfolio.reference_date))


def _warned(portfolio: Portfolio) -> str:
    return "; ".join(portfolio.warnings) or "every key and word is known"


def _checked(title: str, holds: bool, seen: str) -> Check:
    return Check(title, State.AS_EVER if holds else State.CHANGED, seen)


def _state_of(error: B3Error) -> State:
    """An endpoint that is gone is a change; one that is silent, busy or blocks us is not."""
    silent = isinstance(error, Blocked) or (
        isinstance(error, Unreachable) and "moved" not in str(error)
    )
    return State.UNREACHABLE if silent else State.CHANGED


def _cell(text: str) -> str:
    """On one line, and no longer than a person reads."""
    return " ".join(text.split()).replace("|", "\\|")[:300]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="canary.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--page", type=Path, required=True, help="the file to write")
    parser.add_argument("--index", default="IBOV", help="default: IBOV")
    parser.add_argument("--source", default=B3_URL, help="another base address")
    parser.add_argument(
        "--today",
        type=dt.date.fromisoformat,
        default=dt.datetime.now(SAO_PAULO).date(),
        help="default: the date in São Paulo",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
