"""Runs the command again and again, killed at each durable step; not a test by itself.

    killing.py FOLDER COMMAND…        FOLDER/before is the lake as it is before each try

Everything is imported once; each try is a fork. A try restores the lake at FOLDER/lake,
runs the command in a child that kills itself with SIGKILL before its n-th durable step
(an object of raw linked, a table made, a table committed), then runs it again undisturbed
in another. A line of JSON tells what each try left; the last is that of the try in which
there was no n-th step. The clock stands still.

    killing.py --files FOLDER COMMAND…      also before each file of a table, which takes
                                            three times as long: until its commit nobody
                                            can see such a file
    killing.py --at-once FOLDER COMMAND…    instead, a run alone, then two at the same time
"""

import contextlib
import datetime as dt
import functools
import hashlib
import importlib
import io
import itertools
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pyiceberg.catalog.sql import SqlCatalog

import glue_transform
from b3_contracts.specification import REFINED
from bovespa_pipeline.cli import run_command
from bovespa_pipeline.cli.context import Context
from glue_transform.engines.base import STATEMENTS, statement
from glue_transform.testing import evaluate
from lake_io import open_lake
from lake_io.storage.local.checksums import ChecksummedOutput

Steps = tuple[tuple[type, str], ...]
Told = dict[str, Any]

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
STEPS: Steps = ((Path, "hardlink_to"), (SqlCatalog, "create_table"), (SqlCatalog, "commit_table"))
FILES: Steps = ((ChecksummedOutput, "create"),)
IMPORTED_LATER = (
    "b3_contracts.trading_calendar",
    "bovespa_pipeline.cli.refine",
    "bovespa_pipeline.quality_report.site",
    "duckdb",
    "holidays.financial",
    "pyarrow.acero",
    "pyiceberg.avro.decoder_fast",
    "pyiceberg_core.transform",
    "rich.console",
    "sqlalchemy.dialects.sqlite",
)
"""Modules that a command imports where it needs them: else each child would do so anew."""


def main(arguments: list[str]) -> None:
    prepare()
    choice = arguments.pop(0) if arguments[0].startswith("--") else ""
    folder, *command = arguments
    steps = (*STEPS, *FILES) if choice == "--files" else STEPS
    work = at_once if choice == "--at-once" else functools.partial(killed_everywhere, steps)
    for told in work(Path(folder), command):
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def killed_everywhere(steps: Steps, folder: Path, command: list[str]) -> Iterator[Told]:
    """One try for each step there is, and a last one without a kill."""
    for number in itertools.count(1):
        restore(folder)
        first = wait(fork(functools.partial(dying, folder, command, steps, number)))
        again = wait(fork(functools.partial(run, folder, command)))
        step = (folder / "step").read_text() if first == -signal.SIGKILL else None
        yield {"killed_before": step, "codes": [first, again], **found(folder)}
        if step is None:
            return


def at_once(folder: Path, command: list[str]) -> Iterator[Told]:
    """A run alone on the lake, then two side by side."""
    for count in (1, 2):
        restore(folder)
        children = [fork(functools.partial(run, folder, command)) for _ in range(count)]
        yield {"codes": [wait(child) for child in children], **found(folder)}


def prepare() -> None:
    """Warm up before forking: imports, SQL translations, the gate's rules."""
    quick = functools.partial(glue_transform.refine, evaluate=evaluate)
    glue_transform.refine = quick  # the same gate, without its pages
    for name in IMPORTED_LATER:
        importlib.import_module(name)
    for name in STATEMENTS:
        statement(name, "duckdb")


def restore(folder: Path) -> None:
    shutil.rmtree(folder / "lake", ignore_errors=True)
    shutil.copytree(folder / "before", folder / "lake")


def fork(work: Callable[[], int | None]) -> int:
    """A child that ends with what `work` returns."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            code = work() or 0
        finally:
            os._exit(code)
    return child


def wait(child: int) -> int:
    """The child's exit code; the number of the signal that killed it, negative."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def run(folder: Path, command: list[str]) -> int:
    os.environ["BOVESPA_LAKE"] = str(folder / "lake")
    with contextlib.redirect_stdout(io.StringIO()):
        return run_command(command, Context(lambda: NOON, gate=contextlib.nullcontext))


def dying(folder: Path, command: list[str], steps: Steps, number: int) -> int:
    """Run, and die before the step of that number."""
    left = itertools.count(number - 1, -1)
    for owner, name in steps:
        wrapped = functools.partial(_step, folder, name, getattr(owner, name), left)
        setattr(owner, name, functools.partialmethod(_call, wrapped))
    return run(folder, command)


def _call(self: Any, wrapped: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    return wrapped(self, *arguments, **named)


def _step(
    folder: Path,
    name: str,
    work: Callable[..., Any],
    left: Iterator[int],
    *given: Any,
    **named: Any,
) -> Any:
    if next(left) == 0:
        (folder / "step").write_text(name)
        os.kill(os.getpid(), signal.SIGKILL)
    return work(*given, **named)


def found(folder: Path) -> Told:
    """Read the lake's contents in a process of its own."""
    wait(fork(functools.partial(describe, folder)))
    told: Told = json.loads((folder / "found.json").read_text())
    return told


def describe(folder: Path) -> None:
    """Write down the hashes of the lake's published rows and of its raw objects."""
    lake = folder / "lake"
    raw = {str(p.relative_to(lake)): digest(p.read_bytes()) for p in files(lake / "raw")}
    told = {"rows": digest(repr(rows(lake)).encode()), "raw": digest(repr(raw).encode())}
    (folder / "found.json").write_text(json.dumps(told))


def rows(lake: Path) -> dict[str, list[Any]]:
    snapshot = open_lake(str(lake)).refined_tables.snapshot()
    tables = {name: snapshot.read(name) for name in REFINED if name != "quality_result"}
    return {name: sorted(map(repr, table.to_pylist())) for name, table in tables.items()}


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


if __name__ == "__main__":
    main(sys.argv[1:])
