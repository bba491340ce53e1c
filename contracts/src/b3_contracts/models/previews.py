"""The tables of previews: portfolios that B3 has announced and that are not in force yet."""

from typing import Any, Final

import pandera.pyarrow as pandera

from b3_contracts.backends.row_checks import ROW_CHECKS
from b3_contracts.models import columns
from b3_contracts.models.dtypes import Date, Divisor, WeightPct
from b3_contracts.models.table import Table

__all__ = ["PreviewChange", "PreviewPosition", "RawPreview"]

PREVIEW: Final = ["index_code", "effective_date", "payload_sha256"]


class RawPreview(Table):
    """One security as an answer about the next portfolio gave it, with the answer's header.

    Such an answer has no date, and the last one of a quadrimester stays when it has expired:
    whether it announces anything is told from all of them together (`preview_position`).
    """

    index_code: str = columns.index_code()
    captured_on: Date = columns.captured_on()
    ticker: str = columns.ticker()
    company: str = columns.company()
    share_class: str = columns.share_class()
    ex_rights: str = columns.ex_rights()
    listing_segment: str = columns.listing_segment()
    theoretical_quantity: int = columns.theoretical_quantity()
    weight_pct: WeightPct = columns.weight_pct()
    total_theoretical_quantity: int = columns.total_theoretical_quantity()
    divisor: Divisor = columns.divisor()
    payload_sha256: str = columns.payload_sha256()
    parser_revision: int = columns.parser_revision()

    class Config(Table.Config):
        name = "raw_preview"
        unique = ["index_code", "captured_on", "payload_sha256", "ticker"]
        metadata = {
            "grain": "answer, ticker",
            "portuguese": {
                "summary": (
                    "Um papel como uma resposta sobre a próxima carteira o deu, com o cabeçalho "
                    "dela. Essa resposta não tem data, e a última de um quadrimestre continua lá "
                    "depois de vencer: se ela anuncia algo, só o conjunto delas diz "
                    "(`preview_position`)."
                ),
                "grain": "resposta, código",
            },
        }


class PreviewPosition(Table):
    """One security of a portfolio that B3 announced before it takes effect."""

    index_code: str = columns.index_code()
    effective_date: Date = columns.effective_date()
    preview_number: int = columns.preview_number()
    first_seen_on: Date = columns.first_seen_on()
    is_confirmed: bool = columns.is_confirmed()
    in_force_date: Date = columns.in_force_date(nullable=True)
    ticker: str = columns.ticker()
    company: str = columns.company()
    share_class: str = columns.share_class()
    ex_rights: str = columns.ex_rights()
    listing_segment: str = columns.listing_segment()
    theoretical_quantity: int = columns.theoretical_quantity()
    weight_pct: WeightPct = columns.weight_pct()
    payload_sha256: str = columns.payload_sha256()

    class Config(Table.Config):
        name = "preview_position"
        unique = [*PREVIEW, "ticker"]
        metadata = {
            "grain": "index, announced portfolio, preview, ticker",
            "replaced_by": ["index_code", "effective_date"],
            "portuguese": {
                "summary": "Um papel de uma carteira que a B3 anunciou antes da vigência.",
                "grain": "índice, carteira anunciada, prévia, código",
                "checks": {
                    "seen_before_effect": "first_seen_on é anterior a effective_date",
                },
            },
        }

    @pandera.dataframe_check(error="first_seen_on lies before effective_date")
    def seen_before_effect(cls, data: pandera.PyArrowData) -> Any:
        return ROW_CHECKS["seen_before_effect"](data.table)


class PreviewChange(Table):
    """A ticker whose quantity or weight a preview changes against the portfolio in force."""

    index_code: str = columns.index_code()
    effective_date: Date = columns.effective_date()
    preview_number: int = columns.preview_number()
    first_seen_on: Date = columns.first_seen_on()
    in_force_date: Date = columns.in_force_date()
    ticker: str = columns.ticker()
    company: str = columns.company()
    change_type: str = columns.preview_change_type()
    previous_theoretical_quantity: int = columns.previous_theoretical_quantity()
    theoretical_quantity: int = columns.theoretical_quantity(
        nullable=True, note=("null for an exclusion", "nulo numa exclusão")
    )
    quantity_change: int = columns.quantity_change()
    previous_weight_pct: WeightPct = columns.previous_weight_pct()
    weight_pct: WeightPct = columns.weight_pct(
        nullable=True, note=("null for an exclusion", "nulo numa exclusão")
    )
    weight_change_pct: WeightPct = columns.weight_change_pct()
    payload_sha256: str = columns.payload_sha256()

    class Config(Table.Config):
        name = "preview_change"
        unique = [*PREVIEW, "ticker"]
        metadata = {
            "grain": "index, announced portfolio, preview, ticker that changes",
            "replaced_by": ["index_code", "effective_date"],
            "portuguese": {
                "summary": (
                    "Um código cuja quantidade ou peso uma prévia muda em relação à carteira em "
                    "vigor."
                ),
                "grain": "índice, carteira anunciada, prévia, código que muda",
                "checks": {
                    "quantity_change_adds_up": (
                        "quantity_change é theoretical_quantity menos a anterior"
                    ),
                },
            },
        }

    @pandera.dataframe_check(error="quantity_change is theoretical_quantity less the previous one")
    def quantity_change_adds_up(cls, data: pandera.PyArrowData) -> Any:
        return ROW_CHECKS["quantity_change_adds_up"](data.table)
