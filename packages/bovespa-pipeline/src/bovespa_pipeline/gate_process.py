"""The gate in a process of its own, which imports Great Expectations while others work.

That import takes two seconds, about as long as capturing a session and computing its audit.
"""

import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bovespa_pipeline.operating_system import own_group

if TYPE_CHECKING:
    import pyarrow as pa

    from glue_transform.quality.findings import Finding
    from glue_transform.quality.gate import QualityCheck

__all__ = ["gate_process", "serve"]

_PROGRAM: Final = (
    "import gc; gc.disable(); import great_expectations;"
    "import b3_contracts.models.tables, glue_transform.quality.gate;"
    "from bovespa_pipeline.gate_process import serve; serve()"
)


@contextmanager
def gate_process() -> "Iterator[QualityCheck | None]":
    """Start a process that imports the gate; yield a check that evaluates there.

    Where that process has ended early, the portfolios are evaluated in this one; where none
    can be started there is no check.
    """
    try:
        process = _start()
    except OSError:
        yield None
        return
    try:
        yield partial(_evaluate_there, process)
    finally:
        process.kill()
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):  # what is still unsent has no reader any more
                assert stream is not None  # noqa: S101 - a pipe
                stream.close()
        process.wait()


def _start() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-P", "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # As the gate sets it, which is too late there: the library is imported before the gate.
        env={"GX_ANALYTICS_ENABLED": "false", **os.environ},
        **own_group(),  # an interrupt at the terminal reaches this process alone
    )


def _evaluate_there(
    process: "subprocess.Popen[bytes]", audit: "pa.Table", run_id: str, docs: Path
) -> "list[Finding]":
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - pipes
    try:
        pickle.dump((audit, run_id, docs), process.stdin)
        process.stdin.flush()
        outcome = pickle.load(process.stdout)  # noqa: S301 - from our own process
    except Exception:  # noqa: BLE001 - however that process ended, this one can do its work
        from glue_transform.quality import gate

        return gate.evaluate(audit, run_id, docs)
    if isinstance(outcome, Exception):
        raise outcome
    findings: list[Finding] = outcome
    return findings


def serve() -> None:
    """Evaluate the audits that arrive on standard input until it is closed."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints would be read as an answer
    gc.freeze()
    gc.enable()
    while True:
        try:
            audit, run_id, docs = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the parent
        except EOFError:
            return
        pickle.dump(_outcome(audit, run_id, docs), answers)
        answers.flush()


def _outcome(audit: "pa.Table", run_id: str, docs: Path) -> "list[Finding] | Exception":
    from glue_transform.quality import gate

    try:
        return gate.evaluate(audit, run_id, docs)
    except Exception as error:  # noqa: BLE001 - raised again by the parent
        return error
