"""Findings in words: what is wrong with the figures, before the name of the rule."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from b3_contracts.counts import counted
from b3_contracts.rule_texts import RULE_TEXTS
from glue_transform.quality.findings import Finding

__all__ = ["in_words", "reason"]


def in_words(finding: Finding, language: str = "en") -> str:
    """`IBOV 2025-02-04: the weights add up to 0.001 more than 100 % (weight_excess …)`.

    `language` is one of `b3_contracts.rule_texts.LANGUAGES`.
    """
    subject = (
        f"{finding.entry.index_code} {finding.entry.reference_date}: " if finding.entry else ""
    )
    figure = finding.observed_value
    observed = "" if figure is None else f", {_FOUND[language]} {figure}"
    words = reason(finding.expectation, finding.observed_value, language)
    rule = f"{finding.table_name}: {finding.expectation}{observed}"
    return f"{subject}{words} ({rule})" if words else f"{subject}{rule}"


def reason(expectation: str, observed: str | None, language: str = "en") -> str:
    """What a broken rule says of the figures; empty for one without words, as a contract's."""
    name = expectation.partition(" ")[0]
    value = _number(observed)
    if name in _REASONS and value is not None:
        return _REASONS[name][language](value)
    text = RULE_TEXTS.get(name, RULE_TEXTS.get(expectation, {})).get(language, "")
    return f"{_BROKEN[language]}: {text[0].lower()}{text[1:].rstrip('.')}" if text else ""


def _number(text: str | None) -> Decimal | None:
    try:
        return Decimal(text or "")
    except InvalidOperation:
        return None


def _difference(value: Decimal) -> str:
    return f"{abs(value):,} {'less' if value < 0 else 'more'} than"


def _difference_in_portuguese(value: Decimal) -> str:
    figure = f"{abs(value):,}".translate(_SEPARATORS)
    return f"{figure} a {'menos' if value < 0 else 'mais'} que"


_SEPARATORS: Final = str.maketrans({",": ".", ".": ","})
_FOUND: Final = {"en": "found", "pt-BR": "encontrado"}
_BROKEN: Final = {"en": "this does not hold", "pt-BR": "não se verifica"}
_REASONS: Final[Mapping[str, Mapping[str, Callable[[Decimal], str]]]] = {
    "quantity_excess": {
        "en": lambda value: f"the quantities add up to {_difference(value)} B3's total",
        "pt-BR": lambda value: (
            f"as quantidades somam {_difference_in_portuguese(value)} o total da B3"
        ),
    },
    "weight_excess": {
        "en": lambda value: f"the weights add up to {_difference(value)} 100 %",
        "pt-BR": lambda value: f"os pesos somam {_difference_in_portuguese(value)} 100 %",
    },
    "duplicate_count": {
        "en": lambda value: f"{counted(int(value), 'position', 'positions')} of one ticker",
        "pt-BR": lambda value: f"{counted(int(value), 'posição', 'posições')} de um mesmo código",
    },
    "days_after_capture": {
        "en": lambda value: (
            f"the session is {counted(int(value), 'day', 'days')} after its capture"
        ),
        "pt-BR": lambda value: f"o pregão é {counted(int(value), 'dia', 'dias')} depois da captura",
    },
    "position_count_jump": {
        "en": lambda value: (
            f"the number of positions is {int(value)} beyond what the session before makes likely"
        ),
        "pt-BR": lambda value: (
            f"o número de posições está {int(value)} além do que o pregão anterior faria esperar"
        ),
    },
    "closed_day_count": {
        "en": lambda _: "B3 was closed on that day",
        "pt-BR": lambda _: "não houve pregão nesse dia",
    },
}
