"""A Python of a version, where uv alone does not find it."""

import os
from pathlib import Path

__all__ = ["interpreter"]


def interpreter(version: str) -> str:
    """pyenv's, whose shims uv cannot ask, else the one that uv finds or brings."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    own = sorted((root / "versions").glob(f"{version}.*/bin/python"))
    return str(own[-1]) if own else version
