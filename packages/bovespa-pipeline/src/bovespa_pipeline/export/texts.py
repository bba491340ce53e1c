"""Texts of an export: a README in two languages, the citation, the title of the package."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from b3_contracts import vocabulary
from b3_contracts.counts import counted

__all__ = ["Contents", "citation", "package_title", "readmes"]

_AUTHOR: Final = "B3 S.A. - Brasil, Bolsa, Balcão"
_SOURCE: Final = "https://www.b3.com.br"
_LANGUAGES: Final[Mapping[str, str]] = {
    "README.md": "readme.en.template",
    "README.pt-BR.md": "readme.pt-BR.template",
}
"""Each file of an export and its template."""


@dataclass(frozen=True)
class Contents:
    """What an export holds, from its table `portfolio`."""

    portfolio: pa.Table
    files: Sequence[str]
    """Every file of data, by its path in the export."""

    @property
    def first(self) -> dt.date:
        first: dt.date = min(self.portfolio["reference_date"].to_pylist())
        return first

    @property
    def last(self) -> dt.date:
        """The newest session, which is the version of an export."""
        last: dt.date = max(self.portfolio["reference_date"].to_pylist())
        return last

    def indices(self) -> Iterable[tuple[str, int, dt.date, dt.date]]:
        """Each index, its sessions, and the first and last of them."""
        rows = self.portfolio.group_by("index_code").aggregate(
            [("reference_date", "count"), ("reference_date", "min"), ("reference_date", "max")]
        )
        for row in rows.sort_by("index_code").to_pylist():
            index, count, first, last = (
                row[name] for name in rows.sort_by("index_code").column_names
            )
            yield index, count, first, last

    def sources(self) -> Iterable[tuple[str, int]]:
        """Each source and its sessions."""
        counts = pc.value_counts(self.portfolio["source"]).to_pylist()
        return sorted((each["values"], each["counts"]) for each in counts)


def readmes(contents: Contents) -> Mapping[str, str]:
    """The README in each language, by its name."""
    return {name: _readme(contents, template) for name, template in _LANGUAGES.items()}


def package_title(contents: Contents) -> Mapping[str, Any]:
    """The package's own fields of its descriptor."""
    return {
        "profile": "data-package",
        "name": "b3-index-portfolios",
        "title": _title(contents),
        "description": "What B3's indices held, session by session, with weights and quantities.",
        "version": str(contents.last),
        "homepage": _SOURCE,
        "sources": [{"title": _AUTHOR, "path": _SOURCE}],
    }


def citation(contents: Contents) -> str:
    """The citation, as `CITATION.cff` (https://citation-file-format.github.io) of version 1.2.0."""
    return (
        "cff-version: 1.2.0\n"
        "message: Cite B3 as the source of the figures, and this release by its version.\n"
        "type: dataset\n"
        f'title: "{_title(contents)}"\n'
        f'version: "{contents.last}"\n'
        f"date-released: {contents.last}\n"
        "authors:\n"
        f'  - name: "{_AUTHOR}"\n'
        f"    website: {_SOURCE}\n"
    )


def _title(contents: Contents) -> str:
    return f"Theoretical portfolios of B3's indices, {contents.first} to {contents.last}"


def _readme(contents: Contents, template: str) -> str:
    text = files(__package__).joinpath(template).read_text("utf-8")
    is_portuguese = template == "readme.pt-BR.template"
    meanings = vocabulary.PORTUGUESE if is_portuguese else vocabulary.SOURCES
    indices = list(contents.indices())
    largest, _, _, day = max(indices, key=lambda index: index[1])
    words = ("índice", "índices") if is_portuguese else ("index", "indices")
    return Template(text).substitute(
        first=contents.first,
        last=contents.last,
        example=largest,
        example_day=day,
        index_count=counted(len(indices), *words),
        session_count=_number(contents.portfolio.num_rows, is_portuguese),
        position_count=_number(pc.sum(contents.portfolio["position_count"]).as_py(), is_portuguese),
        indices="\n".join(
            f"| {index} | {_number(count, is_portuguese)} | {first} | {last} |"
            for index, count, first, last in indices
        ),
        sources="\n".join(
            f"| `{source}` | {_number(count, is_portuguese)} | {meanings[source]} |"
            for source, count in contents.sources()
        ),
        files="\n".join(f"- `{name}`" for name in contents.files),
    )


def _number(count: int, is_portuguese: bool) -> str:
    return f"{count:,}".replace(",", ".") if is_portuguese else f"{count:,}"
