"""How long commands take in a process of their own, beside imports that none of them can avoid.

Run by `hatch run bench startup`; medians of `ROUNDS` processes, all in one run. The ratios
stand for themselves: seconds depend on the machine.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from b3_scraper.testing import Exchange, sample_portfolio

ROUNDS = 7
FEW_ROUNDS = 5
INDICES = 34
USAGE = 2
CLICK = "import click"
READING = "import pyarrow, pyiceberg.catalog.sql"
QUERYING = f"{READING}, duckdb"


def main() -> None:
    cached = "cached" if not sys.dont_write_bytecode else "NOT cached: figures are too high"
    print(f"bytecode {cached}")
    with tempfile.TemporaryDirectory() as folder:
        lake = str(Path(folder, "lake"))
        bovespa("demo", "--lake", lake)
        _starts(lake)
        _runs(Path(folder))


def _starts(lake: str) -> None:
    click, reading, querying = (_python(code) for code in (CLICK, READING, QUERYING))
    at = ("--lake", lake)
    help_goal = f"0.15 s, or 3 x `{CLICK}`"
    for arguments in (["--help"], ["--version"], ["membrs"], ["members", "--help"]):
        _compare(" ".join(["bovespa", *arguments]), _bovespa(*arguments), click, help_goal)
    _compare("b3-scraper --help", _module("b3_scraper", "--help"), click, help_goal)
    for arguments in (["members", "IBOV"], ["changes", "IBOV"], ["weights", "IBOV"]):
        _compare(f"bovespa {arguments[0]}", _bovespa(*arguments, *at), reading, "1.3 x")
    for name in ("gaps", "history"):
        _compare(f"bovespa {name}", _bovespa(name, *at), reading, "1.3 x")
    _compare("bovespa query", _bovespa("query", "select 1", *at), querying, "1.3 x")
    _compare("bovespa refine, nothing pending", _bovespa("refine", *at), reading, "1.0 s")


def _runs(folder: Path) -> None:
    """A session of 34 indices from an exchange on loopback, into a new lake each time."""
    codes = [f"IX{number:02}" for number in range(INDICES)]
    day = _last_weekday()
    sample = [
        sample_portfolio(code, day, position_count=40 + 2 * (number + 7), seed=number)
        for number, code in enumerate(codes)
    ]
    with Exchange(sample, day) as exchange:
        lakes = iter(range(FEW_ROUNDS))

        def run() -> float:
            arguments = ["run", *codes, "--source", exchange.url]
            return _bovespa(*arguments, "--lake", str(folder / f"run-{next(lakes)}"))()

        _say("bovespa run, 34 indices", [run() for _ in range(FEW_ROUNDS)], "goal 3.0 s")


def _last_weekday() -> date:
    today = datetime.now(UTC).astimezone().date()
    return today - timedelta(days=max(0, today.weekday() - 4))


def _compare(
    label: str, subject: Callable[[], float], base: Callable[[], float], goal: str
) -> None:
    """Measure both in turn, so that both meet the same moments of the machine."""
    pairs = [(subject(), base()) for _ in range(ROUNDS)]
    ratio = statistics.median(own / other for own, other in pairs)
    _say(label, [own for own, _ in pairs], f"{ratio:.2f} x (goal {goal})")


def _say(label: str, seconds: Sequence[float], remark: str) -> None:
    print(f"{label:34} {statistics.median(seconds):.2f} s  {remark}", flush=True)


def _python(code: str) -> Callable[[], float]:
    return lambda: _timed([sys.executable, "-c", code])


def _module(name: str, *arguments: str) -> Callable[[], float]:
    return lambda: _timed([sys.executable, "-m", name, *arguments])


def _bovespa(*arguments: str) -> Callable[[], float]:
    return _module("bovespa_pipeline", *arguments)


def bovespa(*arguments: str) -> None:
    _bovespa(*arguments)()


def _timed(command: Sequence[str]) -> float:
    start = time.perf_counter()
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own
    seconds = time.perf_counter() - start
    if ended.returncode not in (0, USAGE):
        print(ended.stderr, file=sys.stderr)
    return seconds


if __name__ == "__main__":
    main()
