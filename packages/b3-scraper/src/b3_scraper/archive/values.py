"""Values of an archive's columns as texts: exact where the type of the column is not.

A weight kept as binary floating point is 0.441 and some noise. The noise is taken off, eight
decimals stay, and the sums then prove that these are B3's figures (see `proof`).
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from b3_contracts.counts import counted
from b3_scraper.csv_columns import plain
from b3_scraper.errors import Refused, Undated

__all__ = ["dates", "from_fractions", "texts"]

_NOISE: Final = Decimal("0.00000001")
_FRACTION: Final = re.compile(r"0?[.,][0-9]{1,8}|1(?:[.,]0*)?|0")
_MIDNIGHT: Final = re.compile(r"(?<=[0-9])[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?$")
_STYLES: Final[Mapping[str, tuple[str, ...]]] = {
    r"\d{4}-\d\d-\d\d": ("%Y-%m-%d",),
    r"\d{4}/\d\d/\d\d": ("%Y/%m/%d",),
    r"\d{8}": ("%Y%m%d",),
    r"\d\d?/\d\d?/\d{4}": ("%d/%m/%Y", "%m/%d/%Y"),
    r"\d\d?-\d\d?-\d{4}": ("%d-%m-%Y", "%m-%d-%Y"),
    r"\d\d?\.\d\d?\.\d{4}": ("%d.%m.%Y", "%m.%d.%Y"),
    r"\d\d?/\d\d?/\d\d": ("%d/%m/%y", "%m/%d/%y"),
    r"\d\d?-\d\d?-\d\d": ("%d-%m-%y", "%m-%d-%y"),
}
"""Shapes of a date, and what each can mean."""
_PORTUGUESE: Final = re.compile("data|dia|dt|pregao|sessao")
_SATURDAY: Final = 5


def texts(column: pa.ChunkedArray) -> list[str]:
    """The values as texts, empty for a missing one; numbers with a decimal point."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    values = [str(value or "").strip() for value in column.cast(pa.string()).to_pylist()]
    if is_text or pa.types.is_integer(kind):
        return values
    return list(map(_without_noise, values))


def from_fractions(weights: Sequence[str]) -> Sequence[str]:
    """Weights that add up to exactly 1 as percentages; others as they are."""
    if not all(map(_FRACTION.fullmatch, weights)):
        return weights
    fractions = [Decimal(text.replace(",", ".")) for text in weights]
    return [f"{100 * each:f}" for each in fractions] if sum(fractions) == 1 else weights


def dates(name: str, column: pa.ChunkedArray) -> list[dt.date | None]:
    """The dates of a column, None for a missing one.

    Raises Refused for a time of day and for dates in several styles, Undated where a date can be
    read as two.
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_date(column.type):
        return column.cast(pa.date32()).to_pylist()  # type: ignore[no-any-return] # untyped in the stubs
    if pa.types.is_timestamp(column.type):
        local = pc.local_timestamp(column) if column.type.tz else column
        column = local.cast(pa.timestamp("us"), safe=False).cast(pa.string())
        values = [str(value or "") for value in column.to_pylist()]
    else:
        values = texts(column)
    meaning = _meaning(name, Counter(map(_day, filter(None, values))))
    return [meaning[_day(text)] if text else None for text in values]


def _without_noise(text: str) -> str:
    try:
        exact = Decimal(text).quantize(_NOISE).normalize()
    except InvalidOperation:  # not a number, or infinite
        return "" if text == "nan" else text
    return f"{exact:f}"


def _day(text: str) -> str:
    return _MIDNIGHT.sub("", text)


def _meaning(name: str, counts: Counter[str]) -> dict[str, dt.date]:
    shapes = Counter[str]()
    for text, count in counts.items():
        shapes[_shape(name, text)] += count
    if not shapes:
        return {}
    if len(shapes) > 1:
        examples = [next(text for text in counts if re.fullmatch(one, text)) for one in shapes]
        shown = ", ".join(
            f"{text!r} ({counted(shapes[one], 'row', 'rows')})"
            for text, one in zip(examples, shapes, strict=True)
        )
        raise Refused(f"{name}: the dates are written in {len(shapes)} styles: {shown}")
    (shape,) = shapes
    readings = [one for style in _STYLES[shape] if (one := _read(counts, style))]
    if not readings:
        raise Refused(f"{name}: {next(iter(counts))!r} and the others are no dates of sessions")
    if len(readings) > 1 and not _PORTUGUESE.match(plain(name)):
        return _only(name, readings)
    return readings[0]


def _only(name: str, readings: Sequence[dict[str, dt.date]]) -> dict[str, dt.date]:
    """The one reading without a date on a weekend. Raises Undated where both are possible."""
    on_weekdays = [one for one in readings if all(d.weekday() < _SATURDAY for d in one.values())]
    first, *others = on_weekdays or readings
    for other in others:
        for text, date in first.items():
            if date != other[text]:
                both = sorted((date, other[text]))
                raise Undated(
                    f"{name}: {text!r} is {both[0]} or {both[1]}; YYYY-MM-DD can only be one",
                    dates=both,
                )
    return first


def _shape(name: str, text: str) -> str:
    for shape in _STYLES:
        if re.fullmatch(shape, text):
            return shape
    raise Refused(f"{name}: {text[:40]!r} is no date without a time of day")


def _read(counts: Mapping[str, int], style: str) -> dict[str, dt.date] | None:
    """Each text in one style; None if some is no date in it."""
    try:
        # A date without a time of day has no zone to lose.
        return {text: dt.datetime.strptime(text, style).date() for text in counts}  # noqa: DTZ007
    except ValueError:
        return None
