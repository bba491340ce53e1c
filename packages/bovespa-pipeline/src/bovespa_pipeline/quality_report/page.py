"""The quality site as one static file: no server, no request to anywhere, nothing to install.

The data are embedded as JSON beside the script that shows them. A reason may quote B3 or a
person wrote, so it is escaped until no text can end the element it stands in, and the page
allows no script but its own.
"""

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from importlib.resources import files
from string import Template
from typing import Any, Final

from b3_contracts.rule_texts import LANGUAGES, RULE_TEXTS
from b3_contracts.vocabulary import PORTUGUESE, SOURCES
from bovespa_pipeline.quality_report.grid import (
    HOLIDAY,
    MISSING,
    PASSED,
    QUADRIMESTER,
    REFUSED,
    WARNED,
    WITHHELD,
    Cells,
)
from bovespa_pipeline.quality_report.reasons import EvaluationRun, Reason
from bovespa_pipeline.quality_report.site import Site
from bovespa_pipeline.texts import texts
from glue_transform import IndexSession
from lake_io import Rejection

__all__ = ["LETTERS", "embedded", "render"]

LETTERS: Final = {
    PASSED: "P",
    QUADRIMESTER: "Q",
    WARNED: "W",
    REFUSED: "R",
    WITHHELD: "X",
    MISSING: "M",
    HOLIDAY: "H",
}
"""Letter of each state in the page's data; a blank is a day without information."""
_BLANK: Final = " "
_SCRIPTS: Final = ("facts.js", "grid.js", "detail.js", "page.js")
_SHOWN: Final = 16
_ESCAPED: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def render(site: Site) -> bytes:
    """The page's bytes; the same site gives the same."""
    script = _script()
    page = Template(_file("page.html")).substitute(
        style=_file("page.css"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        texts=embedded(_texts()),
        site=embedded(_data(site)),
    )
    return page.encode()


def _texts() -> dict[str, Any]:
    """The page's own texts, and the contract's texts of rules and sources, by language."""
    sources = {"en": SOURCES, "pt-BR": {source: PORTUGUESE[source] for source in SOURCES}}
    return {
        language: {
            **texts(language).section("site"),
            "nouns": texts(language).section("nouns"),
            "rules": {rule: text[language] for rule, text in RULE_TEXTS.items()},
            "sources": sources[language],
        }
        for language in LANGUAGES
    }


def embedded(value: Any) -> str:
    """JSON that no HTML parser reads as anything but text."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).translate(_ESCAPED)


def _script() -> str:
    """In a block of its own, so that no name of it is the browser's."""
    return '"use strict";\n{\n' + "\n".join(map(_file, _SCRIPTS)) + "}\n"


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _data(site: Site) -> dict[str, Any]:
    days = sorted({day for cells in site.cells.values() for day in cells.states}, reverse=True)
    numbers = {run.run_id: number for number, run in enumerate(site.runs)}
    sources = sorted({about.source for about in site.passed.values()})
    return {
        "lake": site.lake,
        "days": [day.isoformat() for day in days],
        "letters": {letter: state for state, letter in LETTERS.items()},
        "states": {index: _letters(cells, days) for index, cells in sorted(site.cells.items())},
        "closed": _closed(site.cells.values(), set(days)),
        "sources": sources,
        "passed": {index: list(_passed(site, index, days, sources)) for index in site.cells},
        "reasons": {_key(s): _reasons(those, numbers) for s, those in site.reasons.items()},
        "withdrawn": _withdrawn(site),
        "runs": [_run(run) for run in site.runs],
        "unread": [_unread(note) for note in site.unread],
        "expected": site.expected.isoformat(),
        "late": {index: day.isoformat() for index, day in sorted(site.late.items())},
    }


def _letters(cells: Cells, days: Iterable[dt.date]) -> str:
    return "".join(LETTERS.get(cells.states.get(day, ""), _BLANK) for day in days)


def _closed(cells: Iterable[Cells], days: set[dt.date]) -> dict[str, Any]:
    closed = {day: why for one in cells for day, why in one.closed.items() if day in days}
    return {day.isoformat(): dict(why) for day, why in sorted(closed.items())}


def _passed(
    site: Site, index: str, days: Iterable[dt.date], sources: list[str]
) -> Iterator[list[Any]]:
    """One for each published session of the index, in the order of the days."""
    for day in days:
        if about := site.passed.get(IndexSession(index, day)):
            source, payload = sources.index(about.source), about.payload_sha256[:_SHOWN]
            yield [source, about.captured_at, about.position_count, payload]


def _reasons(reasons: Iterable[Reason], numbers: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "payload": reason.entry.payload_sha256[:_SHOWN],
            "run": numbers[reason.run_id],
            "table": reason.table_name,
            "rule": reason.expectation,
            "column": reason.column_name,
            "severity": WITHHELD if reason.withholds else reason.severity,
            "seen": reason.observed_value,
            "published": reason.is_published,
            "withdrawn": reason.is_withdrawn,
        }
        for reason in reasons
    ]


def _withdrawn(site: Site) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for entry in site.withdrawn:
        session = IndexSession(entry.index_code, entry.reference_date)
        reasons.setdefault(_key(session), []).append(entry.payload_sha256[:_SHOWN])
    return reasons


def _run(run: EvaluationRun) -> dict[str, Any]:
    return {
        "id": run.run_id,
        "at": int(run.checked_at.timestamp()),
        "rules": run.rules_version,
        "refused": run.refused,
        "warned": run.warned,
        "withheld": run.withheld,
        "pages": list(run.pages),
    }


def _unread(note: Rejection) -> dict[str, Any]:
    return {
        "payload": note.payload_sha256[:_SHOWN],
        "name": note.name,
        "reason": note.reason,
        "at": int(note.rejected_at.timestamp()),
    }


def _key(session: IndexSession) -> str:
    return f"{session.index_code} {session.reference_date}"
