"""B3's JSON: pages of one answer, strict in every key, and what is mistaken for it.

An answer is whole when its pages have one header and their rows are as many as the
pages themselves say. Keys that B3 adds are warnings; a missing key is a refusal.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn, cast

from b3_contracts.counts import counted
from b3_scraper.content import check_characters
from b3_scraper.errors import Refused
from b3_scraper.language import LANGUAGES, Language
from b3_scraper.raw_texts import RawTexts, refuse_rows

__all__ = ["Envelope", "check_whole", "read_envelope", "read_json"]

_PAGE_KEYS: Final = ("pageNumber", "pageSize", "totalRecords", "totalPages")
_HEADER_KEYS: Final = tuple("date text part partAcum textReductor reductor theoricalQty".split())  # noqa: SIM905 - a list of words is read as one
_UNDATED_HEADER_KEYS: Final = ("part", "theoricalQty", "reductor")
_UNDATED_ROW_KEYS: Final = ("cod", "asset", "type", "part", "theoricalQty", "cont")
_ROW_KEYS: Final = tuple("segment cod asset type part partAcum theoricalQty".split())  # noqa: SIM905 - a list of words is read as one
_DEEPEST: Final = 16
_HALF: Final = re.compile("[\ud800-\udfff]")
_NULLABLE: Final = {"segment", "partAcum", "date"}
_MIMICS: Final = (
    ("spotlight", "the list of stocks and their indices (GetStockIndex)"),
    ("rateValue1", "the levels of an index"),
    ("table", "a table of B3's daily bulletin"),
)

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Envelope:
    """One page: its number, what it says of the whole, its rows as they came."""

    page_number: int
    total_pages: int
    total_records: int
    header: Object
    rows: Sequence[Object]
    unknown_keys: frozenset[str]

    def same_answer(self, other: "Envelope") -> bool:
        """True if both are pages of one answer."""
        own = (self.header, self.total_pages, self.total_records)
        return own == (other.header, other.total_pages, other.total_records)


def read_envelope(body: bytes) -> Envelope:
    """One page of any of B3's paged answers. Raises Refused for any other JSON."""
    document = _load(body)
    page, header, rows = _parts(document)
    _refuse_missing("page", [page], _PAGE_KEYS)
    for key in _PAGE_KEYS:
        if type(page[key]) is not int or page[key] < 0:
            raise Refused(f"page.{key} is not a count: {str(page[key])[:40]!r}")
    unknown = _unknown("", document, ("page", "header", "results"))
    return Envelope(
        page_number=page["pageNumber"],
        total_pages=page["totalPages"],
        total_records=page["totalRecords"],
        header=header,
        rows=rows,
        unknown_keys=unknown | _unknown("page.", page, _PAGE_KEYS),
    )


def check_whole(pages: Sequence[Envelope]) -> None:
    """Refuse pages that are not one answer, all of it and in order."""
    first = pages[0]
    if not all(page.same_answer(first) for page in pages):
        raise Refused("the pages are not of one answer: their headers or totals differ")
    numbers = [page.page_number for page in pages]
    if len(pages) != first.total_pages or numbers != list(range(1, len(pages) + 1)):
        raise Refused(
            f"of {counted(first.total_pages, 'page', 'pages')} there are the numbers {numbers}"
        )
    count = sum(len(page.rows) for page in pages)
    if count != first.total_records:
        rows = counted(count, "row", "rows")
        raise Refused(f"the answer was cut: {rows} of {first.total_records} (totalRecords)")


def read_json(bodies: Iterable[bytes]) -> RawTexts:
    """The texts of all pages of one answer of GetPortfolioDay or GetTheoricalPortfolio."""
    pages = [read_envelope(body) for body in bodies]
    header = pages[0].header
    rows = [row for page in pages for row in page.rows]
    if not rows and not pages[0].total_records:
        raise Refused("the answer has no rows: B3 gives such a one for an index it does not know")
    if rows and "date" not in header and "cont" in rows[0]:
        return _read_undated(pages, rows)
    seems = _seems({"results": rows})
    _refuse_missing("header", [header], _HEADER_KEYS, seems)
    _refuse_missing("results", rows, _ROW_KEYS, seems)
    check_whole(pages)
    _refuse_texts("header", [header], _HEADER_KEYS)
    _refuse_texts("results", rows, _ROW_KEYS)
    language = _language(header)
    _refuse_shares(rows, language)
    return RawTexts(
        language=language,
        index_code=None,
        reference_date=_date(header, language),
        tickers=[row["cod"] for row in rows],
        companies=[row["asset"] for row in rows],
        types=[row["type"] for row in rows],
        sectors=[row["segment"] for row in rows],
        quantities=[row["theoricalQty"] for row in rows],
        weights=[row["part"] for row in rows],
        total_quantity=_figure(header, "theoricalQty", language.quantity, language),
        divisor=_figure(header, "reductor", language.divisor, language),
        line_name="record",
        first_line=1,
        date_languages=(language.code,),
        warnings=_warnings(pages, header, rows, (_HEADER_KEYS, _ROW_KEYS)),
    )


def _read_undated(pages: Sequence[Envelope], rows: Sequence[Object]) -> RawTexts:
    """The texts of GetTheoricalPortfolio, which has neither a date nor words in any language."""
    header = pages[0].header
    _refuse_missing("header", [header], _UNDATED_HEADER_KEYS)
    _refuse_missing("results", rows, _UNDATED_ROW_KEYS)
    check_whole(pages)
    _refuse_texts("header", [header], _UNDATED_HEADER_KEYS)
    _refuse_texts("results", rows, _UNDATED_ROW_KEYS[:-1])
    language = next((one for one in LANGUAGES if one.weight(header["part"]) == 100), None)  # noqa: PLR2004 (per cent)
    if language is None:
        raise Refused(f"header.part is not 100 in any language: {header['part'][:40]!r}")
    return RawTexts(
        language=language,
        index_code=None,
        reference_date=None,
        tickers=[row["cod"] for row in rows],
        companies=[row["asset"] for row in rows],
        types=[row["type"] for row in rows],
        sectors=[None] * len(rows),
        quantities=[row["theoricalQty"] for row in rows],
        weights=[row["part"] for row in rows],
        total_quantity=_figure(header, "theoricalQty", language.quantity, language),
        divisor=_figure(header, "reductor", language.divisor, language),
        line_name="record",
        first_line=1,
        warnings=_warnings(pages, header, rows, (_UNDATED_HEADER_KEYS, _UNDATED_ROW_KEYS)),
        kind="quadrimester",
    )


def _parts(document: Object) -> tuple[Object, Object, list[Object]]:
    page, header, rows = (document.get(key) for key in ("page", "header", "results"))
    header = {} if header is None and rows == [] else header  # an index B3 does not know
    shaped = isinstance(page, dict) and isinstance(header, dict) and isinstance(rows, list)
    if not shaped or not all(isinstance(row, dict) for row in rows or []):
        raise Refused(f"this JSON is not an answer with page, header and results{_seems(document)}")
    return cast("tuple[Object, Object, list[Object]]", (page, header, rows))


def _load(body: bytes) -> Object:
    try:
        document = json.loads(
            body.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError as error:
        raise Refused(f"this JSON is not UTF-8: {error.reason} at byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise Refused(f"this seems to be JSON, cut or damaged: {str(error)[:200]}") from error
    if not isinstance(document, dict):
        raise Refused("this JSON is a list, not an answer with page, header and results")
    _refuse_depth(document, _DEEPEST)
    _refuse_halves(document)
    return document


def _refuse_depth(value: Any, depth: int) -> None:
    """Nested further, even comparing or showing a value could exhaust the stack."""
    if not depth:
        raise Refused(f"this JSON is nested more than {_DEEPEST} deep")
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            _refuse_depth(inner, depth - 1)


def _refuse_halves(value: Any) -> None:
    """Refuse half a character (a lone surrogate) in any key or value: no file can hold it."""
    for inner in (*value, *value.values()) if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            _refuse_halves(inner)
        elif isinstance(inner, str) and (half := _HALF.search(inner)):
            code = f"U+{ord(half.group()):04X}"
            raise Refused(f"the JSON has {code}, half a character, in {inner[:40]!r}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Refused(f"the JSON has the key {twice[:40]!r} twice in one object")
    return fields


def _refuse_constant(text: str) -> NoReturn:
    raise Refused(f"the JSON has {text}, which is no number")


def _refuse_missing(
    part: str, objects: Iterable[Object], keys: Sequence[str], seems: str = ""
) -> None:
    for item in objects:
        missing = [key for key in keys if key not in item]
        if missing:
            raise Refused(f"{part} has no {', '.join(missing)}{seems}")


def _refuse_texts(part: str, objects: Iterable[Object], keys: Sequence[str]) -> None:
    """All of B3's values are texts; some may be null."""
    for number, item in enumerate(objects, 1):
        for key in keys:
            value = item[key]
            if not isinstance(value, str) and (value is not None or key not in _NULLABLE):
                raise Refused(f"{part} {number}: {key} is not a text: {str(value)[:40]}")
        check_characters("".join(item[key] or "" for key in keys))


def _language(header: Object) -> Language:
    labels = (header["text"], header["textReductor"])
    for language in LANGUAGES:
        if labels == (language.total_label, language.divisor_label):
            if language.weight(header["part"]) != 100:  # noqa: PLR2004 (per cent)
                raise Refused(f"header.part is not 100 in {language.code}: {header['part'][:40]!r}")
            return language
    raise Refused(f"the header's texts tell no language: {str(labels)[:200]}")


def _date(header: Object, language: Language) -> Any:
    text = header["date"]
    if not text:
        return None
    date = language.date(text)
    if date is None:
        raise Refused(f"header.date is not a date in {language.code}: {text[:40]!r}")
    return date


def _figure(header: Object, key: str, read: Any, language: Language) -> Any:
    figure = read(header[key])
    if figure is None:
        raise Refused(f"header.{key} is not a number in {language.code}: {header[key][:40]!r}")
    return figure


def _refuse_shares(rows: Sequence[Object], language: Language) -> None:
    """The sector's total is not kept, but in another language it reveals a mixture."""
    wrong: list[dict[str, object]] = [
        {"record": number, "partAcum": row["partAcum"]}
        for number, row in enumerate(rows, 1)
        if row["partAcum"] and language.weight(row["partAcum"]) is None
    ]
    if wrong:
        raise refuse_rows("partAcum", f"is not a {language.code} percentage", wrong)


def _warnings(
    pages: Sequence[Envelope],
    header: Object,
    rows: Sequence[Object],
    known: tuple[Sequence[str], Sequence[str]],
) -> tuple[str, ...]:
    header_keys, row_keys = known
    unknown = _unknown("header.", header, header_keys)
    unknown = unknown.union(*(page.unknown_keys for page in pages))
    unknown = unknown.union(*(_unknown("results.", row, row_keys) for row in rows))
    return tuple(f"unknown key {key!r} in B3's answer, not kept" for key in sorted(unknown))


def _unknown(prefix: str, item: Object, keys: Sequence[str]) -> frozenset[str]:
    return frozenset(f"{prefix}{key[:40]}" for key in item.keys() - set(keys))


def _seems(item: Object) -> str:
    """A guess at an object without the right keys, as the end of a sentence."""
    rows = item.get("results")
    first = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
    for key, name in _MIMICS:
        if key in item or key in first:
            return f": it seems to be {name}"
    return ""
