"""Every column once: its meaning, its unit, its checks. Tables only name them.

A column keeps its name and meaning in every table. Units stand in the name where
they are not obvious (`_pct`, `_count`, `_code`, `_date`, `_on`, `_at`).
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pandera.pyarrow as pandera

from b3_contracts import vocabulary as words

__all__: list[str] = []

RUN_ID_PATTERN = r"^\d{8}T\d{6}Z-[0-9a-f]{8}$"
SHA256_PATTERN = r"^[0-9a-f]{64}$"

FieldFactory = Callable[..., Any]


def _column(description: str, unit: str | None = None, **checks: Any) -> FieldFactory:
    """A field of this meaning; a table may add a `note` and override checks."""

    def field(*, note: str = "", **more: Any) -> Any:
        text = f"{description}; {note}" if note else description
        return pandera.Field(description=text, metadata={"unit": unit}, **{**checks, **more})

    return field


def _rule(
    description: str, unit: str, *, table: str, severity: str = "blocking", **checks: Any
) -> FieldFactory:
    """A column of the audit: its check is a rule of the gate about `table`."""

    def field(**more: Any) -> Any:
        metadata = {"unit": unit, "table": table, "severity": severity}
        return pandera.Field(description=description, metadata=metadata, **{**checks, **more})

    return field


index_code = _column("B3's code of the index", str_matches=words.INDEX_CODE_PATTERN)
reference_date = _column("the session the portfolio is of, from the header of B3's answer")
previous_reference_date = _column("the index's captured session before this one", nullable=True)
days_since_previous = _column("calendar days since the previous captured session", "days", ge=1)
ticker = _column("B3's code of the paper", str_matches=words.TICKER_PATTERN)
company = _column("short name of the company as B3 writes it", str_matches=r"^\S")
share_class = _column("class of the paper", isin=list(words.SHARE_CLASSES))
ex_rights = _column(
    "marker of rights the paper trades without, null where there is none",
    str_matches=words.EX_RIGHTS_PATTERN,
    nullable=True,
)
listing_segment = _column(
    "B3's governance segment, null for the basic one",
    isin=list(words.LISTING_SEGMENTS),
    nullable=True,
)
sector = _column(
    "B3's label of the sector, null where the source gave none", str_matches=r"^\S", nullable=True
)
theoretical_quantity = _column("papers in the theoretical portfolio", "papers", gt=0)
weight_pct = _column(
    "share of the paper in the portfolio's value", "%", ge=Decimal(0), le=Decimal(100)
)
position_count = _column("positions in the portfolio", "positions", ge=1)
total_theoretical_quantity = _column("sum of the theoretical quantities", "papers", gt=0)
total_weight_pct = _column("sum of the weights", "%", ge=Decimal(0), le=Decimal(100))
divisor = _column(
    "the index's divisor (B3's redutor), null where the source gave none",
    gt=Decimal(0),
    nullable=True,
)
source = _column("how the payload came", isin=list(words.SOURCES))
payload_sha256 = _column("hash of B3's bytes, which raw keeps", str_matches=SHA256_PATTERN)
captured_at = _column("when the payload was asked for or imported", "UTC")
parser_revision = _column("revision of the parser that typed the payload", ge=1)

change_type = _column("what happened to the position", isin=list(words.CHANGE_TYPES))
cause = _column("why, as far as the data tells", isin=list(words.CAUSES))
previous_ticker = _column(
    "code of the same paper in the previous session",
    str_matches=words.TICKER_PATTERN,
    nullable=True,
)
previous_theoretical_quantity = _column(
    "papers in the previous session, null for an inclusion", "papers", gt=0, nullable=True
)
previous_weight_pct = _column(
    "weight in the previous session, null for an inclusion",
    "%",
    ge=Decimal(0),
    le=Decimal(100),
    nullable=True,
)
quantity_change = _column("papers now less papers before, an absent paper counting 0", "papers")
quantity_ratio = _column(
    "papers now divided by papers before, rounded half up, null where one is absent",
    gt=Decimal(0),
    nullable=True,
)
weight_change_pct = _column(
    "weight now less weight before, an absent paper counting 0",
    "percentage points",
    ge=Decimal(-100),
    le=Decimal(100),
)
theoretical_quantity_change = _column(
    "papers of the class now less in the previous session, null in the first session",
    "papers",
    nullable=True,
)

valid_from = _column("first captured session of the stay")
valid_to = _column(
    "last captured session of the stay, inclusive; null while the paper is in the last session",
    nullable=True,
)
absent_before = _column(
    "the captured session before `valid_from`, in which the paper was absent; null if none",
    nullable=True,
)
absent_after = _column(
    "the captured session after `valid_to`, in which the paper was absent; null if none",
    nullable=True,
)
last_seen = _column("last captured session in which the paper was in the index")
entered_by = _column(
    "cause of the entry, null in the index's first captured session",
    isin=list(words.MEMBERSHIP_EVENTS),
    nullable=True,
)
left_by = _column(
    "cause of the exit, null while the paper is in",
    isin=list(words.MEMBERSHIP_EVENTS),
    nullable=True,
)
other_ticker = _column(
    "the same paper's next ticker where `left_by` is rename, "
    "else its previous one where `entered_by` is rename, else null",
    str_matches=words.TICKER_PATTERN,
    nullable=True,
)

run_id = _column(
    "the run of `refine` that wrote the row", str_matches=r"^\d{8}T\d{6}Z-[0-9a-f]{8}$"
)
checked_at = _column("when the run judged", "UTC")
table_name = _column("the table the rule is about", str_matches=r"^[a-z_]+$")
expectation = _column("the rule", str_matches=r"^\S")
column_name = _column("the column the rule is about, null for a whole table", nullable=True)
success = _column("whether the rule held")
observed_value = _column("what was seen, as text", nullable=True)
unexpected_count = _column("rows that broke the rule", "rows", ge=0)
severity = _column("what a broken rule means", isin=list(words.SEVERITIES))
rules_version = _column(
    "contract version and hash of the suites", str_matches=r"^\S+\+[0-9a-f]{8}$"
)

audited_position_count = _rule("positions in the portfolio", "positions", table="portfolio", ge=1)
duplicate_count = _rule(
    "positions whose ticker stands more than once", "positions", table="position", eq=0
)
weight_excess = _rule("sum of the weights less 100.000", "%", table="position", eq=Decimal(0))
quantity_excess = _rule(
    "sum of the quantities less the header's total, null without a total",
    "papers",
    table="position",
    eq=0,
    nullable=True,
)
days_after_capture = _rule(
    "reference date less the day of the capture: B3 serves the next session before a holiday",
    "days",
    table="portfolio",
    le=10,
)
position_count_jump = _rule(
    "positions more or fewer than in the captured session before, "
    "beyond the larger of 5 and a fifth of that session's",
    "positions",
    table="portfolio",
    severity="warning",
    le=0,
)
unknown_ex_rights_count = _rule(
    "positions whose ex-rights marker is not a known one",
    "positions",
    table="position",
    severity="warning",
    eq=0,
)
