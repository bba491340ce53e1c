"""The vocabulary of the domain: the values of a column, and their meaning.

Source of B3's codes: its portfolio files of 2021 to 2026 and the legend of its site. B3's own
words are open, because B3 adds some every year: a share class, an ex-rights marker or a listing
segment of plausible shape that is not known is published, with a warning (`OPEN_VOCABULARIES`).
The pipeline's own words (sources, causes, …) are closed.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

__all__ = [
    "CAUSES",
    "CHANGE_TYPES",
    "DIVIDEND_ADJUSTED_INDICES",
    "DIVIDEND_RATIO_PERCENT",
    "EX_RIGHTS",
    "EX_RIGHTS_PATTERN",
    "INDEX_ALIASES",
    "INDEX_CODE_PATTERN",
    "LISTING_SEGMENTS",
    "LISTING_SEGMENT_PATTERN",
    "MEMBERSHIP_EVENTS",
    "OPEN_VOCABULARIES",
    "PORTUGUESE",
    "PREVIEW_CHANGE_TYPES",
    "QUADRIMESTER_SOURCES",
    "SEVERITIES",
    "SHARE_CLASSES",
    "SHARE_CLASS_PATTERN",
    "SOURCES",
    "SOURCE_RANKS",
    "TABLE_NAMES",
    "TICKER_PATTERN",
    "UNEXPLAINED_SEGMENTS",
    "OpenVocabulary",
]

INDEX_CODE_PATTERN: Final = r"^[A-Z][A-Z0-9]{3,5}$"
TICKER_PATTERN: Final = r"^[A-Z][A-Z0-9]{3}[0-9]{1,2}$"
SHARE_CLASS_PATTERN: Final = r"^[A-Z][A-Z0-9]{0,3}$"
EX_RIGHTS_PATTERN: Final = r"^[A-Z][A-Z0-9]{0,3}$"
LISTING_SEGMENT_PATTERN: Final = r"^[A-Z][A-Z0-9]$"

SHARE_CLASSES: Final = {
    "ON": "common share",
    "PN": "preferred share",
    "PNA": "preferred share, class A",
    "PNB": "preferred share, class B",
    "PNC": "preferred share, class C",
    "PND": "preferred share, class D",
    "PNE": "preferred share, class E",
    "PNF": "preferred share, class F",
    "UNT": "unit",
    "CI": "fund unit",
    "DRN": "Brazilian depositary receipt, not sponsored",
    "DR1": "Brazilian depositary receipt, level I",
    "DR2": "Brazilian depositary receipt, level II",
    "DR3": "Brazilian depositary receipt, level III",
    "DRE": "Brazilian depositary receipt of an exchange-traded fund",
}
LISTING_SEGMENTS: Final = {
    "NM": "Novo Mercado",
    "N1": "Level 1",
    "N2": "Level 2",
    "MA": "Bovespa Mais",
    "M2": "Bovespa Mais Level 2",
    "MB": "organised over-the-counter market (Balcão Organizado)",
}
UNEXPLAINED_SEGMENTS: Final = frozenset({"MP"})
"""Segments that B3's files contain and no source explains: not known, so they warn."""
EX_RIGHTS: Final = frozenset(
    "ATZ EB EBG ED EDB EDJ EDR EG EJ EJB EJS ER ERJ ERS ES EX".split()  # noqa: SIM905 - a list of words is read as one
)


@dataclass(frozen=True)
class OpenVocabulary:
    """A column of B3's words: the known ones, and the shape of a plausible one."""

    column: str
    noun: str
    known: Collection[str]
    pattern: str

    @property
    def audit_column(self) -> str:
        """The column of `portfolio_audit` that counts the unknown words."""
        return f"unknown_{self.column}_count"

    def admits(self, word: str) -> bool:
        """True if `word`, known or not, has the shape of the vocabulary's words."""
        return re.fullmatch(self.pattern, word) is not None

    def unknown(self, words: Collection[str | None]) -> list[str]:
        """Each word that is not known, once, sorted."""
        return sorted({word for word in words if word is not None and word not in self.known})


OPEN_VOCABULARIES: Final = (
    OpenVocabulary("share_class", "share class", SHARE_CLASSES, SHARE_CLASS_PATTERN),
    OpenVocabulary("ex_rights", "ex-rights marker", EX_RIGHTS, EX_RIGHTS_PATTERN),
    OpenVocabulary("listing_segment", "listing segment", LISTING_SEGMENTS, LISTING_SEGMENT_PATTERN),
)
DIVIDEND_ADJUSTED_INDICES: Final = {
    "GPTW": "measured on public captures: cash dividends change quantities inside a quadrimester",
}
"""Indices whose theoretical quantities change with cash dividends, and the source of that.
In IBOV a cash dividend moves the divisor alone; the other indices were not measured."""
DIVIDEND_RATIO_PERCENT: Final = (80, 125)
"""The quantity in percent of the previous one, both bounds included, that a dividend explains."""
SOURCES: Final = {
    "capture": "captured live from B3",
    "import": "a download that carries its own title and totals",
    "import_incomplete": "a download dated by hand or by its name, or without its total or divisor",
    "bulletin": "the portfolio of a quadrimester's first session, from B3's daily bulletin",
    "quadrimester": "B3's theoretical portfolio of a quadrimester, as of its first session",
}
QUADRIMESTER_SOURCES: Final = frozenset({"bulletin", "quadrimester"})
"""Sources whose portfolios are those of a quadrimester's first session, their weights rounded."""
SOURCE_RANKS: Final = {
    "capture": 1,
    "import": 2,
    "import_incomplete": 3,
    "quadrimester": 4,
    "bulletin": 4,
}
"""1 is the best: of two payloads of one session the one of the better source is used."""
CHANGE_TYPES: Final = {
    "inclusion": "the ticker was not in the previous captured session",
    "exclusion": "the ticker is no longer in the portfolio",
    "quantity": "the theoretical quantity moved",
    "ticker": "the same security under a new ticker",
}
PREVIEW_CHANGE_TYPES: Final = {
    **{name: CHANGE_TYPES[name] for name in ("inclusion", "exclusion", "quantity")},
    "weight": "only the weight moved",
}
CAUSES: Final = {
    "rename": "the security got a new ticker",
    "rebalance": "a rebalance date lies between the two sessions",
    "corporate_action": "few positions changed and no rebalance explains it, or a dividend changed "
    "the quantity in an index that adjusts quantities for dividends",
    "unexplained": "more positions changed than corporate actions explain",
}
MEMBERSHIP_EVENTS: Final = tuple(CAUSES)
SEVERITIES: Final = {
    "blocking": "the portfolio is refused",
    "warning": "recorded; the portfolio is published",
}
PORTUGUESE: Final = {
    "ON": "ação ordinária",
    "PN": "ação preferencial",
    "PNA": "ação preferencial, classe A",
    "PNB": "ação preferencial, classe B",
    "PNC": "ação preferencial, classe C",
    "PND": "ação preferencial, classe D",
    "PNE": "ação preferencial, classe E",
    "PNF": "ação preferencial, classe F",
    "UNT": "unit",
    "CI": "cota de fundo",
    "DRN": "recibo de depósito (BDR) não patrocinado",
    "DR1": "recibo de depósito (BDR), nível I",
    "DR2": "recibo de depósito (BDR), nível II",
    "DR3": "recibo de depósito (BDR), nível III",
    "DRE": "recibo de depósito (BDR) de fundo de índice (ETF)",
    "NM": "Novo Mercado",
    "N1": "Nível 1",
    "N2": "Nível 2",
    "MA": "Bovespa Mais",
    "M2": "Bovespa Mais Nível 2",
    "MB": "Balcão Organizado",
    "capture": "capturada da B3 durante o pregão corrente",
    "import": "arquivo da B3 com título e totais próprios",
    "import_incomplete": "arquivo datado à mão ou pelo nome, ou sem o total ou o divisor",
    "bulletin": "carteira do primeiro pregão de um quadrimestre, do boletim diário da B3",
    "quadrimester": "carteira teórica de um quadrimestre, no seu primeiro pregão",
    "inclusion": "o código não estava no pregão capturado anterior",
    "exclusion": "o código não está mais na carteira",
    "quantity": "a quantidade teórica mudou",
    "ticker": "o mesmo papel com código novo",
    "weight": "só o peso muda",
    "rename": "o papel recebeu um código novo",
    "rebalance": "há uma data de rebalanceamento entre os dois pregões",
    "corporate_action": "poucas posições mudaram e nenhum rebalanceamento explica isso, ou um "
    "provento mudou a quantidade em um índice que ajusta as quantidades por proventos",
    "unexplained": "mais posições mudaram do que eventos societários explicam",
    "blocking": "a carteira é recusada",
    "warning": "registrada; a carteira é publicada",
}
"""The meaning of each value of the lists above, in Portuguese: no value stands in two of them
with two meanings."""
TABLE_NAMES: Final = (
    "position",
    "share_class_summary",
    "position_change",
    "membership",
    "preview_position",
    "preview_change",
    "quality_result",
    "portfolio",
)
"""The refined tables in the order of their commits: `portfolio`, which every reader
joins and from which pending work is derived, comes last."""

INDEX_ALIASES: Final = {
    "IBOVESPA": "IBOV",
    "IBRX": "IBXX",
    "IBRX100": "IBXX",
    "IBRX50": "IBXL",
    "IEE": "IEEX",
    "IGPTW": "GPTW",
    "ISE": "ISEE",
    "IVBX2": "IVBX",
}
"""The names under which people ask for an index, and B3's code of it."""
