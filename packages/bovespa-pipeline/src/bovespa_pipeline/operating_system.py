"""Differences between operating systems; no other module of this package tests for one."""

import os
import subprocess
from pathlib import Path
from typing import Any, Final

__all__ = ["IS_WINDOWS", "command_of_clone", "own_group", "pipe_descriptor"]

IS_WINDOWS: Final = os.name == "nt"


def command_of_clone() -> str:
    """The command as the shell finds it in a clone, whose environment is not on the path."""
    scripts = r".venv\Scripts\hatch" if IS_WINDOWS else ".venv/bin/hatch"
    return f"{scripts} run bovespa"


def own_group() -> dict[str, Any]:
    """Options of a process that an interrupt at the terminal does not reach."""
    if IS_WINDOWS:
        return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    return {"process_group": 0}


def pipe_descriptor(path: Path) -> int:
    """Open a named pipe, which Windows has in no folder, without waiting for its writer."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)
    return descriptor
