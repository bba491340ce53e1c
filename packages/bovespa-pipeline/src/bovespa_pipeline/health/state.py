"""The facts of the last message to a webhook: it is told of a change, and not of every check.

Each webhook has a file for each lake and choice of indices. A fact that has become too old to be
looked for is no change: it stays noted, so that a longer look back does not report it anew.
"""

import datetime as dt
import hashlib
import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from b3_scraper.output_file import write_file
from bovespa_pipeline.health.problem import Fact

__all__ = ["LastMessage"]


@dataclass(frozen=True)
class LastMessage:
    """The last message to one webhook about one lake and choice of indices."""

    file: Path
    since: dt.date
    """The first day that is looked at now."""

    @classmethod
    def of(cls, lake_uri: str, codes: Collection[str], url: str, since: dt.date) -> Self:
        """The one in the user's own folder: the lake itself may be read-only.

        The file's name is a hash, and contains neither the address nor a hash of it alone.
        """
        base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        key = json.dumps([lake_uri, sorted(set(codes)), url])
        name = f"check-{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
        return cls(Path(base, "bovespa", name), since)

    def differs(self, facts: Collection[Fact]) -> bool:
        """True if the facts are others than those of the message; without one, if there are any."""
        noted = {fact for fact in _noted(self.file) if not fact.is_older_than(self.since)}
        return set(facts) != noted

    def replace(self, facts: Collection[Fact]) -> None:
        """Note the facts of a new message. Raises OSError."""
        old = {fact for fact in _noted(self.file) if fact.is_older_than(self.since)}
        rows = [[kind, index, day and str(day), why] for kind, index, day, why in {*old, *facts}]
        self.file.parent.mkdir(parents=True, exist_ok=True)
        write_file(self.file, json.dumps({"facts": sorted(rows, key=str)}).encode())


def _noted(file: Path) -> set[Fact]:
    """The facts of the last message; none where it cannot be read."""
    try:
        rows = json.loads(file.read_text("utf-8"))["facts"]
        return {_fact(*row) for row in rows}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _fact(kind: str, index_code: str | None, day: str | None, detail: str) -> Fact:
    return Fact(kind, index_code, dt.date.fromisoformat(day) if day else None, detail)
