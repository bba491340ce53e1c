"""The data dictionary, in Markdown: what a person reads before writing a query.

All of it is derived from the models and the vocabulary, in each of two languages; a test
keeps the files that are under version control equal to it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from b3_contracts import vocabulary
from b3_contracts.governance.dictionary_text import ENGLISH, PORTUGUESE, Words
from b3_contracts.models.rules import column_checks, requirement, row_checks, table_name
from b3_contracts.models.tables import RAW, REFINED, TABLES, RawPreview, Table
from b3_contracts.table_spec import as_spec

__all__ = ["FILES", "markdown"]

FILES: Final[Mapping[str, Words]] = {"DICTIONARY.md": ENGLISH, "DICTIONARY.pt-BR.md": PORTUGUESE}
"""Each file of the dictionary and its language."""

_LISTS: Final[Mapping[str, Mapping[str, str]]] = {
    "share_class": vocabulary.SHARE_CLASSES,
    "listing_segment": vocabulary.LISTING_SEGMENTS,
    "source": vocabulary.SOURCES,
    "change_type": vocabulary.CHANGE_TYPES,
    "preview_change_type": vocabulary.PREVIEW_CHANGE_TYPES,
    "cause": vocabulary.CAUSES,
    "severity": vocabulary.SEVERITIES,
}
_OPEN: Final = frozenset(one.column for one in vocabulary.OPEN_VOCABULARIES)


def markdown(words: Words = ENGLISH) -> str:
    """One section per table, raw first, then the values of columns."""
    sections = (_section(model, words) for model in TABLES.values())
    return "\n".join([words.introduction, *sections, *_lists(words), _markers(words)])


def _section(model: type[Table], words: Words) -> str:
    return "\n".join(
        [
            f"## {table_name(model)}\n",
            f"{_summary(model, words)} {_kind(model, words)}\n",
            *_facts(model, words),
            "",
            *_grid(words.headings, _rows(model, words)),
            "",
        ]
    )


def _summary(model: type[Table], words: Words) -> str:
    if words is PORTUGUESE:
        return str(_table_metadata(model)["portuguese"]["summary"])
    return " ".join((model.__doc__ or "").split())


def _kind(model: type[Table], words: Words) -> str:
    if model in (RAW, RawPreview):
        return words.in_raw
    return words.published if model in REFINED.values() else words.not_kept


def _facts(model: type[Table], words: Words) -> Iterator[str]:
    config, metadata = model.to_schema(), _table_metadata(model)
    translated = metadata["portuguese"] if words is PORTUGUESE else {}
    yield f"- {words.grain}: {translated.get('grain', metadata['grain'])}"
    if config.unique:
        yield f"- {words.unique}: {_code(config.unique)}"
    if "replaced_by" in metadata:
        yield f"- {words.replaced}: {_code(metadata['replaced_by'])}"
    checks = {**row_checks(model), **translated.get("checks", {})}
    yield from (f"- {words.holds}: {sentence}" for sentence in checks.values())


def _table_metadata(model: type[Table]) -> Mapping[str, Any]:
    metadata: Mapping[str, Any] = model.Config.metadata
    return metadata


def _rows(model: type[Table], words: Words) -> Iterator[tuple[str, ...]]:
    types = {column.name: column.type for column in as_spec(model).columns}
    columns = model.to_schema().columns
    for name, column in columns.items():
        metadata = column.metadata or {}
        yield (
            f"`{name}`",
            types[name],
            words.yes if column.nullable else words.no,
            words.unit(metadata.get("unit") or ""),
            ", ".join(_must(name, check, words) for check in column_checks(column))
            + (f" ({words.else_warned})" if metadata.get("severity") == "warning" else ""),
            metadata["portuguese"] if words is PORTUGUESE else column.description,
        )


def _must(column: str, check: Any, words: Words) -> str:
    if check.name == "isin":
        return _closed_list(tuple(check.statistics["allowed_values"]), words)
    if check.name == "str_matches":
        pattern = words.requirement(f"match `{check.statistics['pattern']}`")
        return f"{pattern}, {words.known} {_link(column, words)}" if column in _OPEN else pattern
    return words.requirement(requirement(check))


def _closed_list(values: tuple[str, ...], words: Words) -> str:
    for name, meanings in _LISTS.items():
        if tuple(meanings) == values:
            return f"{words.one_of} {_link(name, words)}"
    return f"{words.one_of} {_code(values)}"


def _link(name: str, words: Words) -> str:
    title = words.lists[name].lower()
    return f"[{title}](#{title.replace(' ', '-')})"


def _lists(words: Words) -> Iterator[str]:
    for name, meanings in _LISTS.items():
        texts = _translated(meanings) if words is PORTUGUESE else meanings
        rows = ((f"`{value}`", meaning) for value, meaning in texts.items())
        notes = words.notes.get(name, "").format(**_FACTS)
        title = f"## {words.lists[name]}\n"
        yield "\n".join([title, *_grid(words.value_headings, rows), notes])


def _translated(meanings: Mapping[str, str]) -> Mapping[str, str]:
    return {value: vocabulary.PORTUGUESE[value] for value in meanings}


def _markers(words: Words) -> str:
    title = f"## {words.lists['ex_rights']}\n"
    return "\n".join([title, words.notes["ex_rights"].format(**_FACTS).lstrip()])


def _grid(headings: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    for cells in (headings, ("---",) * len(headings), *rows):
        yield "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _code(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)


_FACTS: Final[Mapping[str, str]] = {
    "markers": _code(sorted(vocabulary.EX_RIGHTS)),
    "unexplained": _code(sorted(vocabulary.UNEXPLAINED_SEGMENTS)),
    "adjusted": _code(sorted(vocabulary.DIVIDEND_ADJUSTED_INDICES)),
    "least": str(vocabulary.DIVIDEND_RATIO_PERCENT[0]),
    "most": str(vocabulary.DIVIDEND_RATIO_PERCENT[1]),
}
"""Values of the vocabulary that the notes name."""
