"""The edge of a command: its streams, and the first second of its process.

Cheap to import: it is loaded before anything that could take time.
"""

import errno
import gc
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, Final

__all__ = [
    "INTERRUPTED",
    "OutputFailed",
    "drop_output",
    "error",
    "finish",
    "prepare",
    "starting",
    "write",
    "write_text",
]

INTERRUPTED: Final = 130
IS_WINDOWS: Final = os.name == "nt"
"""The differences of this package on Windows are in this module."""
UNWRITTEN: Final = 3


class OutputFailed(OSError):
    """Standard output is full or closed."""


@contextmanager
def starting() -> Iterator[None]:
    """Guard the imports of a command: an interrupt there ends the process at once, quietly.

    Nothing has been done yet that would have to be finished, and libraries that are
    interrupted while they are loaded raise whatever they like. Garbage is not collected
    meanwhile: imports allocate much and free little.
    """
    _open_what_is_closed()
    with _without_collection(), _quiet_interrupt():
        yield


@contextmanager
def _without_collection() -> Iterator[None]:
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _quiet_interrupt() -> Iterator[None]:
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def prepare() -> None:
    """Configure the streams to replace characters that their encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with suppress(OSError):  # it writes what is pending, which may be what fails
                stream.reconfigure(errors="replace")


def write(content: bytes) -> None:
    """Write data on standard output: UTF-8 for a pipe or a file, what a terminal can show.

    Raises OutputFailed, or BrokenPipeError where the reader has seen enough.
    """
    if sys.stdout.isatty():
        write_text(content.decode())
        return
    with _told():
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


def write_text(text: str) -> None:
    """Write a text for a person on standard output, in the stream's own encoding.

    Raises OutputFailed, or BrokenPipeError where the reader has seen enough.
    """
    with _told():
        sys.stdout.write(text)
        sys.stdout.flush()


def finish(run: Callable[[], int], name: str) -> int:
    """Run the command and flush its output; the exit code.

    Left to the interpreter, a failing flush would print a message of its own. What is still
    in memory is left to the system: taking it apart would take a fifth of a query's time.
    """
    try:
        code: object = run()
    except SystemExit as end:
        code = end.code
    try:
        with _told():
            sys.stdout.flush()
    except OSError as failure:
        drop_output()
        if not isinstance(failure, BrokenPipeError):
            error(f"{name}: {failure}")
            code = code or UNWRITTEN
    gc.freeze()
    return code if isinstance(code, int) else 0


def error(line: str) -> None:
    """Write a line on standard error; do nothing where that is full or closed."""
    with suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)  # noqa: T201 (the command's own voice)


def drop_output() -> None:
    """Discard the interpreter's final flush after standard output has failed."""
    with suppress(OSError, ValueError):
        number = sys.stdout.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as failure:
        if IS_WINDOWS and failure.errno == errno.EINVAL:  # a closed pipe, by its name there
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)) from failure
        reason = failure.strerror or str(failure)
        raise OutputFailed(f"standard output cannot be written: {reason}") from failure


def _open_what_is_closed() -> None:
    """Give each closed standard stream a descriptor, or the first file opened would be it.

    What is written to a closed standard output fails, as in any other program.
    """
    for number, name, flags in _STREAMS:
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # takes the lowest free number, which is this one
            setattr(sys, name, _stream(number, name))


def _stream(number: int, name: str) -> IO[Any]:
    return open(number, "r" if name == "stdin" else "w", encoding="utf-8", closefd=False)


_STREAMS: Final = (
    (0, "stdin", os.O_RDONLY),
    (1, "stdout", os.O_RDONLY),
    (2, "stderr", os.O_WRONLY),
)
