"""Findings in words: what is wrong with the figures, before the name of the rule."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from b3_contracts.counts import counted
from b3_contracts.rule_texts import RULE_TEXTS
from glue_transform.quality.findings import Finding

__all__ = ["in_words", "reason"]


def in_words(finding: Finding) -> str:
    """`IBOV 2025-02-04: the weights add up to 0.001 more than 100 % (weight_excess …)`."""
    subject = (
        f"{finding.entry.index_code} {finding.entry.reference_date}: " if finding.entry else ""
    )
    observed = f", found {finding.observed_value}" if finding.observed_value is not None else ""
    words = reason(finding.expectation, finding.observed_value)
    rule = f"{finding.table_name}: {finding.expectation}{observed}"
    return f"{subject}{words} ({rule})" if words else f"{subject}{rule}"


def reason(expectation: str, observed: str | None) -> str:
    """What a broken rule says of the figures; empty for one without words, as a contract's."""
    name = expectation.partition(" ")[0]
    value = _number(observed)
    if name in _REASONS and value is not None:
        return _REASONS[name](value)
    text = RULE_TEXTS.get(name, RULE_TEXTS.get(expectation, {})).get("en", "")
    return f"this does not hold: {text[0].lower()}{text[1:].rstrip('.')}" if text else ""


def _number(text: str | None) -> Decimal | None:
    try:
        return Decimal(text or "")
    except InvalidOperation:
        return None


def _difference(value: Decimal) -> str:
    return f"{abs(value):,} {'less' if value < 0 else 'more'} than"


_REASONS: Final[Mapping[str, Callable[[Decimal], str]]] = {
    "quantity_excess": lambda value: f"the quantities add up to {_difference(value)} B3's total",
    "weight_excess": lambda value: f"the weights add up to {_difference(value)} 100 %",
    "duplicate_count": lambda value: (
        f"{counted(int(value), 'position', 'positions')} of one ticker"
    ),
    "days_after_capture": lambda value: f"the session is {int(value)} days after its capture",
    "position_count_jump": lambda value: (
        f"the number of positions is {int(value)} beyond what the session before makes likely"
    ),
    "closed_day_count": lambda _: "B3 was closed on that day",
}
