"""The data dictionary, in Markdown: what a person reads before writing a query.

All of it is derived from the models and the vocabulary; a test keeps the file that
is under version control equal to it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from b3_contracts import vocabulary
from b3_contracts.arrow import schema
from b3_contracts.iceberg import column_type
from b3_contracts.rules import column_checks, requirement, row_checks, table_name
from b3_contracts.tables import RAW, REFINED, TABLES, Table

__all__ = ["markdown"]

_LISTS: Final[Mapping[str, Mapping[str, str]]] = {
    "Share classes": vocabulary.SHARE_CLASSES,
    "Listing segments": vocabulary.LISTING_SEGMENTS,
    "Sources": vocabulary.SOURCES,
    "Change types": vocabulary.CHANGE_TYPES,
    "Causes": vocabulary.CAUSES,
    "Severities": vocabulary.SEVERITIES,
}
_INTRODUCTION: Final = """\
# Data dictionary

Written by `python -m b3_contracts write` from the models in `tables.py`; edit those.
Types are Iceberg's. A date without a time is a trading session in São Paulo; a
timestamp is in UTC. Quantities and weights are exact: no column is a float.
"""
_HEADINGS: Final = ("column", "type", "null", "unit", "must", "meaning")


def markdown() -> str:
    """One section per table, raw first, then the closed lists."""
    return "\n".join([_INTRODUCTION, *map(_section, TABLES.values()), *_lists(), _open_list()])


def _section(model: type[Table]) -> str:
    return "\n".join(
        [
            f"## {table_name(model)}\n",
            f"{_summary(model)} {_kind(model)}\n",
            *_facts(model),
            "",
            *_grid(_HEADINGS, _rows(model)),
            "",
        ]
    )


def _summary(model: type[Table]) -> str:
    return " ".join((model.__doc__ or "").split())


def _kind(model: type[Table]) -> str:
    if model is RAW:
        return "(Parquet in the raw zone.)"
    return "(Published.)" if model in REFINED.values() else "(Computed for the gate, not kept.)"


def _facts(model: type[Table]) -> Iterator[str]:
    config = model.to_schema()
    said: Mapping[str, Any] = model.Config.metadata
    yield f"- One row per: {said['grain']}"
    if config.unique:
        yield f"- Unique: {_code(config.unique)}"
    if "replaced_by" in said:
        yield f"- A publication replaces rows of the same: {_code(said['replaced_by'])}"
    yield from (f"- Holds in every row: {words}" for words in row_checks(model).values())


def _rows(model: type[Table]) -> Iterator[tuple[str, ...]]:
    fields, columns = schema(model), model.to_schema().columns
    for name, column in columns.items():
        yield (
            f"`{name}`",
            column_type(fields.field(name).type),
            "yes" if column.nullable else "no",
            (column.metadata or {}).get("unit") or "",
            ", ".join(map(_must, column_checks(column))) + _else_warned(column),
            column.description,
        )


def _else_warned(column: Any) -> str:
    return " (else a warning)" if (column.metadata or {}).get("severity") == "warning" else ""


def _must(check: Any) -> str:
    if check.name == "isin":
        return _closed_list(tuple(check.statistics["allowed_values"]))
    if check.name == "str_matches":
        return f"match `{check.statistics['pattern']}`"
    return requirement(check)


def _closed_list(values: tuple[str, ...]) -> str:
    for title, meanings in _LISTS.items():
        if tuple(meanings) == values:
            return f"be one of [{title.lower()}](#{title.lower().replace(' ', '-')})"
    return f"be one of {_code(values)}"


def _lists() -> Iterator[str]:
    for title, meanings in _LISTS.items():
        rows = ((f"`{value}`", meaning) for value, meaning in meanings.items())
        yield "\n".join([f"## {title}\n", *_grid(("value", "meaning"), rows), ""])


def _open_list() -> str:
    return (
        "## Ex-rights markers\n\n"
        f"Known: {_code(sorted(vocabulary.EX_RIGHTS))}. The list is open, because B3 composes\n"
        "new ones: an unknown marker of the right shape is published, with a warning.\n"
    )


def _grid(headings: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    for cells in (headings, ("---",) * len(headings), *rows):
        yield "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _code(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)
