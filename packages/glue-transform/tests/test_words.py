"""Findings in words, the rule's name after them."""

import datetime as dt

import pytest

from b3_contracts.governance.expectations import suite
from b3_contracts.layout import RawEntry
from b3_contracts.models.tables import AUDIT
from b3_contracts.rule_texts import RULE_TEXTS
from glue_transform import Finding
from glue_transform.quality.words import in_words, reason

ENTRY = RawEntry("IBOV", dt.date(2025, 2, 4), "a" * 64)


def finding(expectation: str, observed: str | None) -> Finding:
    return Finding("position", expectation, None, "blocking", False, 1, observed, ENTRY)


ADD_UP = "the quantities add up to"
FALSE = "this does not hold:"


@pytest.mark.parametrize(
    ("expectation", "observed", "words"),
    [
        ("quantity_excess equal_to(0)", "-1", f"{ADD_UP} 1 less than B3's total"),
        ("quantity_excess equal_to(0)", "1500", f"{ADD_UP} 1,500 more than B3's total"),
        ("weight_excess equal_to(0)", "0.001", "the weights add up to 0.001 more than 100 %"),
        ("duplicate_count equal_to(0)", "2", "2 positions of one ticker"),
        ("days_after_capture up_to(10)", "11", "the session is 11 days after its capture"),
        ("closed_day_count equal_to(0)", "1", "B3 was closed on that day"),
        ("weight_excess not_null", None, f"{FALSE} the weights add up to exactly 100.000 %"),
        (
            "imports of a session agree",
            "x",
            f"{FALSE} all imports of a session have the same figures",
        ),
    ],
)
def test_what_is_wrong_comes_first(expectation: str, observed: str | None, words: str) -> None:
    assert reason(expectation, observed) == words
    said = in_words(finding(expectation, observed))
    assert said.startswith(f"IBOV 2025-02-04: {words} (position: {expectation}")


def test_a_broken_contract_says_its_own_rule() -> None:
    rule = "contract: weight_pct must not be null"
    assert in_words(finding(rule, "x")) == f"IBOV 2025-02-04: position: {rule}, found x"


def test_every_rule_of_the_gate_has_words() -> None:
    assert all(reason(rule.name, "1") for rule in suite(AUDIT) if rule.column in RULE_TEXTS)
