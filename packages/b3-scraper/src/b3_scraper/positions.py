"""Convert texts to the Position contract: numbers parsed, rows validated.

Columns are built whole and become one Arrow table; no row is an object on the way.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final, TypeVar

import pyarrow as pa

from b3_contracts.backends.arrow import conform, schema
from b3_contracts.backends.validation import validate
from b3_contracts.counts import counted
from b3_contracts.errors import ContractError
from b3_contracts.specification import REFINED
from b3_contracts.vocabulary import OPEN_VOCABULARIES
from b3_scraper.errors import Refused
from b3_scraper.number_format import lost_digits
from b3_scraper.proof import WHOLE, refuse_unproven
from b3_scraper.raw_texts import RawTexts, refuse_rows
from b3_scraper.security_type import read_type

__all__ = ["WHOLE", "build_positions", "checked_positions", "unknown_markers"]

Columns = Mapping[str, Sequence[object]]
Read = TypeVar("Read")


POSITION: Final = REFINED["position"]
_LINE: Final = replace(POSITION, unique=())
"""A position that may repeat a ticker: the gate refuses duplicates."""


def build_positions(answer: RawTexts, index_code: str, reference_date: dt.date) -> pa.Table:
    """The positions of an answer, as the contract wants them; Refused if they do not fit."""
    numbers = answer.numbers or answer.language
    weights = _read(
        answer,
        "weight_pct",
        answer.weights,
        numbers.weight,
        numbers.weight_rule,
    )
    quantities = _read(
        answer,
        "theoretical_quantity",
        answer.quantities,
        numbers.quantity,
        numbers.quantity_rule,
    )
    if not answer.has_totals:
        _refuse_part_of_a_whole(weights)
    if answer.numbers:
        refuse_unproven(answer, weights, quantities)
    identity = {"index_code": index_code, "reference_date": reference_date}
    figures: Columns = {"theoretical_quantity": quantities, "weight_pct": weights}
    return checked_positions({**_constant(identity, len(weights)), **_texts(answer), **figures})


def unknown_markers(positions: pa.Table) -> tuple[str, ...]:
    """Return a warning for each share class, marker and segment that is not a known one."""
    return tuple(
        f"unknown {vocabulary.noun} {word!r}, kept"
        for vocabulary in OPEN_VOCABULARIES
        for word in vocabulary.unknown(positions[vocabulary.column].unique().to_pylist())
    )


def _read(
    answer: RawTexts,
    column: str,
    texts: Sequence[str],
    read: Callable[[str], Read | None],
    rule: str,
) -> list[Read]:
    values = [value for text in texts if (value := read(text)) is not None]
    if len(values) == len(texts):
        return values
    bad = [(at, text) for at, text in enumerate(texts) if read(text) is None]
    rule = lost_digits(column, [text for _, text in bad]) or rule
    raise refuse_rows(column, rule, [answer.row(at, column, text[:40]) for at, text in bad])


def _refuse_part_of_a_whole(weights: Sequence[Decimal]) -> None:
    """Without totals only the weights can show that rows are missing."""
    total = sum(weights, Decimal(0))
    if total != WHOLE:
        fault = "missing or changed" if total < WHOLE else "changed, or of another portfolio"
        raise Refused(
            f"there are no footers and the weights add up to {total}, not {WHOLE}: "
            f"of {counted(len(weights), 'row', 'rows')} some are {fault}"
        )


def _constant(values: Mapping[str, object], count: int) -> Columns:
    return {name: [value] * count for name, value in values.items()}


def _texts(answer: RawTexts) -> Columns:
    rule = "is not one of B3's fixed-width types"
    securities = _read(answer, "type", answer.types, read_type, rule)
    return {
        "ticker": answer.tickers,
        "company": [text.strip() for text in answer.companies],
        "share_class": [security.share_class for security in securities],
        "ex_rights": [security.ex_rights for security in securities],
        "listing_segment": [security.listing_segment for security in securities],
        "sector": [(text or "").strip() or None for text in answer.sectors],
    }


def checked_positions(columns: Columns) -> pa.Table:
    """The columns of a portfolio as contract `position`. Raises Refused if they do not fit."""
    return _checked(_table(columns))


def _table(columns: Columns) -> pa.Table:
    """The columns as a table. Raises ContractError for a column that no payload fills."""
    fields = [field for field in schema(POSITION) if field.name in columns]
    arrays = [pa.array(columns[field.name], field.type) for field in fields]
    return conform(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), POSITION)


def _checked(table: pa.Table) -> pa.Table:
    try:
        return validate(table, _LINE)
    except ContractError as error:
        message = "; ".join(map(str, error.broken))
        raise Refused(message, broken=error.broken) from error
