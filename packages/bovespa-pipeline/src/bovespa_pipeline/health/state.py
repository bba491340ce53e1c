"""The last message about each lake: a webhook hears of a change, and not of every check."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from b3_scraper.output_file import write_file
from bovespa_pipeline.health.problems import Problem

__all__ = ["is_news", "remember", "state_file"]


def state_file(lake_uri: str) -> Path:
    """The file about a lake in the user's own folder: the lake itself may be read-only."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    digest = hashlib.sha256(lake_uri.encode()).hexdigest()[:16]
    return Path(base, "bovespa", f"check-{digest}.json")


def is_news(file: Path, problems: Sequence[Problem]) -> bool:
    """True if the problems are others than those told last; no problem at first is no news."""
    return _digest(problems) != _told(file)


def remember(file: Path, problems: Sequence[Problem]) -> None:
    """Note what was told. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_file(file, json.dumps({"told": _digest(problems)}).encode())


def _told(file: Path) -> str:
    try:
        return str(json.loads(file.read_text("utf-8"))["told"])
    except (OSError, ValueError, KeyError, TypeError):
        return _digest(())


def _digest(problems: Sequence[Problem]) -> str:
    """Of kinds, indices and texts, but for late ones: those are another text every day."""
    told = [
        (each.kind, each.index_code, "" if each.kind == "late" else each.text) for each in problems
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
