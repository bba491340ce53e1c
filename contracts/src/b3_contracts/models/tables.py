"""The tables as pandera models: the only place where a table's columns are listed.

Arrow and Iceberg schemas, expectation suites, schema snapshots and the data
dictionary are derived from these models. `RAW` is what a parser hands over,
`REFINED` what the catalogue holds, `portfolio_audit` what the gate evaluates.

A model's `Config.metadata` says, besides: `grain` (what a row is), `replaced_by`
(the columns whose values a publication replaces), `partition_by`, and `portuguese` what of
it a person reads. Only the dictionary reads that: a translation is no part of the contract.
"""

from typing import Any, Final

import pandera.pyarrow as pandera

from b3_contracts import vocabulary
from b3_contracts.backends.row_checks import ROW_CHECKS
from b3_contracts.models import columns
from b3_contracts.models.dtypes import Date, Divisor, Ratio, Timestamp, WeightPct
from b3_contracts.models.previews import PreviewChange, PreviewPosition, RawPreview
from b3_contracts.models.table import Table

__all__ = [
    "AUDIT",
    "RAW",
    "REFINED",
    "TABLES",
    "Membership",
    "Portfolio",
    "PortfolioAudit",
    "Position",
    "PositionChange",
    "PreviewChange",
    "PreviewPosition",
    "QualityResult",
    "RawPosition",
    "RawPreview",
    "ShareClassSummary",
    "Table",
]

INDEX_AND_SESSION: Final = ["index_code", "reference_date"]


class Position(Table):
    """One security of an index in one session."""

    index_code: str = columns.index_code()
    reference_date: Date = columns.reference_date()
    ticker: str = columns.ticker()
    company: str = columns.company()
    share_class: str = columns.share_class()
    ex_rights: str = columns.ex_rights()
    listing_segment: str = columns.listing_segment()
    sector: str = columns.sector()
    theoretical_quantity: int = columns.theoretical_quantity()
    weight_pct: WeightPct = columns.weight_pct()

    class Config(Table.Config):
        name = "position"
        unique = [*INDEX_AND_SESSION, "ticker"]
        metadata = {
            "grain": "index, session, ticker",
            "replaced_by": INDEX_AND_SESSION,
            "partition_by": "reference_date",
            "portuguese": {
                "summary": "Um papel de um índice em um pregão.",
                "grain": "índice, pregão, código",
            },
        }


class RawPosition(Position):
    """One security as a payload gave it, with the payload's header in every row.

    Duplicated tickers and wrong totals are the gate's to refuse: raw says what B3 said.
    """

    total_theoretical_quantity: int = columns.total_theoretical_quantity(
        nullable=True,
        note=(
            "as the header or footer says, null without one",
            "como o cabeçalho ou o rodapé diz, nulo sem um deles",
        ),
    )
    divisor: Divisor = columns.divisor()
    source: str = columns.source()
    payload_sha256: str = columns.payload_sha256()
    captured_at: Timestamp = columns.captured_at()
    parser_revision: int = columns.parser_revision()

    class Config(Table.Config):
        name = "raw_position"
        unique = None
        metadata = {
            "grain": "payload, line",
            "portuguese": {
                "summary": (
                    "Um papel como uma resposta o deu, com o cabeçalho dela em cada linha. "
                    "Códigos repetidos e totais errados são recusados pelo quality gate: a "
                    "zona raw guarda o que a B3 publicou."
                ),
                "grain": "resposta, linha",
            },
        }


class Portfolio(Table):
    """One index in one session: the header of a portfolio, and where it came from."""

    index_code: str = columns.index_code()
    reference_date: Date = columns.reference_date()
    previous_reference_date: Date = columns.previous_reference_date()
    position_count: int = columns.position_count()
    total_theoretical_quantity: int = columns.total_theoretical_quantity(
        nullable=True,
        note=(
            "as the source says, null where it gave none",
            "como a fonte diz, nulo onde ela não deu nenhum",
        ),
    )
    total_weight_pct: WeightPct = columns.total_weight_pct()
    divisor: Divisor = columns.divisor()
    source: str = columns.source()
    payload_sha256: str = columns.payload_sha256()
    captured_at: Timestamp = columns.captured_at()

    class Config(Table.Config):
        name = "portfolio"
        unique = INDEX_AND_SESSION
        metadata = {
            "grain": "index, session",
            "replaced_by": INDEX_AND_SESSION,
            "portuguese": {
                "summary": "Um índice em um pregão: o cabeçalho da carteira, e de onde ela veio.",
                "grain": "índice, pregão",
                "checks": {
                    "previous_is_before": "previous_reference_date é anterior a reference_date"
                },
            },
        }

    @pandera.dataframe_check(error="previous_reference_date lies before reference_date")
    def previous_is_before(cls, data: pandera.PyArrowData) -> Any:
        return ROW_CHECKS["previous_is_before"](data.table)


class PositionChange(Table):
    """A ticker that changed between two successive captured sessions of an index."""

    index_code: str = columns.index_code()
    reference_date: Date = columns.reference_date()
    previous_reference_date: Date = columns.previous_reference_date(nullable=False)
    days_since_previous: int = columns.days_since_previous()
    ticker: str = columns.ticker()
    previous_ticker: str = columns.previous_ticker(
        note=("null unless it is another one", "nulo, a não ser que seja outro")
    )
    company: str = columns.company()
    share_class: str = columns.share_class()
    change_type: str = columns.change_type()
    cause: str = columns.cause()
    previous_theoretical_quantity: int = columns.previous_theoretical_quantity()
    theoretical_quantity: int = columns.theoretical_quantity(
        nullable=True, note=("null for an exclusion", "nulo numa exclusão")
    )
    quantity_change: int = columns.quantity_change()
    quantity_ratio: Ratio = columns.quantity_ratio()
    previous_weight_pct: WeightPct = columns.previous_weight_pct()
    weight_pct: WeightPct = columns.weight_pct(
        nullable=True, note=("null for an exclusion", "nulo numa exclusão")
    )
    weight_change_pct: WeightPct = columns.weight_change_pct()

    class Config(Table.Config):
        name = "position_change"
        unique = [*INDEX_AND_SESSION, "ticker"]
        metadata = {
            "grain": "index, session, changed ticker",
            "replaced_by": INDEX_AND_SESSION,
            "portuguese": {
                "summary": (
                    "Um código que mudou entre dois pregões capturados seguidos de um índice."
                ),
                "grain": "índice, pregão, código que mudou",
                "checks": {
                    "quantity_change_adds_up": (
                        "quantity_change é theoretical_quantity menos a anterior"
                    ),
                    "previous_ticker_fits": (
                        "só uma troca de código tem previous_ticker, e ele é outro"
                    ),
                },
            },
        }

    @pandera.dataframe_check(error="quantity_change is theoretical_quantity less the previous one")
    def quantity_change_adds_up(cls, data: pandera.PyArrowData) -> Any:
        return ROW_CHECKS["quantity_change_adds_up"](data.table)

    @pandera.dataframe_check(
        error="only a change of ticker has a previous_ticker, and it is another"
    )
    def previous_ticker_fits(cls, data: pandera.PyArrowData) -> Any:
        return ROW_CHECKS["previous_ticker_fits"](data.table)


class ShareClassSummary(Table):
    """The positions of one share class in a portfolio, summed."""

    index_code: str = columns.index_code()
    reference_date: Date = columns.reference_date()
    share_class: str = columns.share_class()
    position_count: int = columns.position_count(note=("of this class", "desta classe"))
    total_theoretical_quantity: int = columns.total_theoretical_quantity(
        note=("of this class", "desta classe")
    )
    total_weight_pct: WeightPct = columns.total_weight_pct(note=("of this class", "desta classe"))
    theoretical_quantity_change: int = columns.theoretical_quantity_change()
    weight_change_pct: WeightPct = columns.weight_change_pct(
        nullable=True, note=("null in the first session", "nulo no primeiro pregão")
    )

    class Config(Table.Config):
        name = "share_class_summary"
        unique = [*INDEX_AND_SESSION, "share_class"]
        metadata = {
            "grain": "index, session, share class",
            "replaced_by": INDEX_AND_SESSION,
            "portuguese": {
                "summary": "As posições de uma classe de papel em uma carteira, somadas.",
                "grain": "índice, pregão, classe de papel",
            },
        }


class Membership(Table):
    """One uninterrupted membership period of a ticker in an index, in captured sessions."""

    index_code: str = columns.index_code()
    ticker: str = columns.ticker()
    company: str = columns.company(note=("at the entry", "na entrada"))
    valid_from: Date = columns.valid_from()
    valid_to: Date = columns.valid_to()
    absent_before: Date = columns.absent_before()
    absent_after: Date = columns.absent_after()
    last_seen: Date = columns.last_seen()
    entered_by: str = columns.entered_by()
    left_by: str = columns.left_by()
    other_ticker: str = columns.other_ticker()

    class Config(Table.Config):
        name = "membership"
        unique = ["index_code", "ticker", "valid_from"]
        metadata = {
            "grain": "index, ticker, membership period",
            "replaced_by": ["index_code"],
            "portuguese": {
                "summary": (
                    "Uma permanência sem interrupção de um código em um índice, em pregões "
                    "capturados."
                ),
                "grain": "índice, código, permanência",
                "checks": {"stay_is_not_negative": "valid_from não é posterior a valid_to"},
            },
        }

    @pandera.dataframe_check(error="valid_from is not after valid_to")
    def stay_is_not_negative(cls, data: pandera.PyArrowData) -> Any:
        return ROW_CHECKS["stay_is_not_negative"](data.table)


class QualityResult(Table):
    """The findings of one run's gate: a row per rule, and one per portfolio that broke it."""

    run_id: str = columns.run_id()
    checked_at: Timestamp = columns.checked_at()
    table_name: str = columns.table_name()
    expectation: str = columns.expectation()
    column_name: str = columns.column_name()
    success: bool = columns.success()
    observed_value: str = columns.observed_value()
    unexpected_count: int = columns.unexpected_count()
    index_code: str = columns.index_code(
        nullable=True, note=("null in a rule's own row", "nulo na linha da própria regra")
    )
    reference_date: Date = columns.reference_date(
        nullable=True, note=("null in a rule's own row", "nulo na linha da própria regra")
    )
    payload_sha256: str = columns.payload_sha256(
        nullable=True, note=("null in a rule's own row", "nulo na linha da própria regra")
    )
    severity: str = columns.severity()
    rules_version: str = columns.rules_version()

    class Config(Table.Config):
        name = "quality_result"
        unique = [
            "run_id",
            "table_name",
            "expectation",
            *INDEX_AND_SESSION,
            "payload_sha256",
        ]
        metadata = {
            "grain": "run, rule, refused portfolio",
            "replaced_by": ["run_id"],
            "portuguese": {
                "summary": (
                    "Resultados do quality gate em uma execução: uma linha por regra, e uma"
                    " por carteira que a violou."
                ),
                "grain": "execução, regra, carteira recusada",
            },
        }


class PortfolioAudit(Table):
    """Exact differences of one candidate portfolio, computed by SQL, evaluated by the gate.

    Each check is one rule of the gate. A rule whose column says `severity: warning` is
    recorded only; all others refuse the portfolio, and look at that portfolio alone.
    """

    index_code: str = columns.index_code()
    reference_date: Date = columns.reference_date()
    payload_sha256: str = columns.payload_sha256()
    position_count: int = columns.audited_position_count()
    duplicate_count: int = columns.duplicate_count()
    weight_excess: WeightPct = columns.weight_excess()
    quantity_excess: int = columns.quantity_excess()
    days_after_capture: int = columns.days_after_capture()
    position_count_jump: int = columns.position_count_jump()
    unknown_share_class_count: int = columns.unknown_share_class_count()
    unknown_ex_rights_count: int = columns.unknown_ex_rights_count()
    unknown_listing_segment_count: int = columns.unknown_listing_segment_count()
    closed_day_count: int = columns.closed_day_count()

    class Config(Table.Config):
        name = "portfolio_audit"
        unique = [*INDEX_AND_SESSION, "payload_sha256"]
        metadata = {
            "grain": "candidate portfolio",
            "portuguese": {
                "summary": (
                    "Diferenças exatas de uma carteira candidata, calculadas em SQL, avaliadas "
                    "pelo quality gate. Cada verificação é uma regra do gate. Uma regra cuja "
                    "coluna diz `severity: warning` é apenas registrada; as outras recusam a "
                    "carteira, e olham só para ela."
                ),
                "grain": "carteira candidata",
            },
        }


RAW: Final = RawPosition
AUDIT: Final = PortfolioAudit
REFINED: Final[dict[str, type[Table]]] = {
    name: model
    for name in vocabulary.TABLE_NAMES
    for model in (
        Position,
        ShareClassSummary,
        PositionChange,
        Membership,
        PreviewPosition,
        PreviewChange,
        QualityResult,
        Portfolio,
    )
    if model.Config.name == name
}
TABLES: Final[dict[str, type[Table]]] = {
    "raw_position": RAW,
    "raw_preview": RawPreview,
    **REFINED,
    "portfolio_audit": AUDIT,
}
