"""The closed lists of the domain: what a column may say, and what it means.

Source of B3's codes: its portfolio files of 2021 to 2026. Share class and listing
segment are closed (an unknown one refuses the portfolio); ex-rights markers are
open, because B3 composes new ones, and an unknown one only warns.
"""

from typing import Final

__all__ = [
    "CAUSES",
    "CHANGE_TYPES",
    "EX_RIGHTS",
    "EX_RIGHTS_PATTERN",
    "INDEX_CODE_PATTERN",
    "LISTING_SEGMENTS",
    "MEMBERSHIP_EVENTS",
    "PORTUGUESE",
    "SEVERITIES",
    "SHARE_CLASSES",
    "SOURCES",
    "TABLE_NAMES",
    "TICKER_PATTERN",
]

INDEX_CODE_PATTERN: Final = r"^[A-Z][A-Z0-9]{3,5}$"
TICKER_PATTERN: Final = r"^[A-Z][A-Z0-9]{3}[0-9]{1,2}$"
EX_RIGHTS_PATTERN: Final = r"^[A-Z]{2,3}$"

SHARE_CLASSES: Final = {
    "ON": "common share",
    "PN": "preferred share",
    "PNA": "preferred share, class A",
    "PNB": "preferred share, class B",
    "PNC": "preferred share, class C",
    "UNT": "unit",
    "DRN": "Brazilian depositary receipt",
    "CI": "fund quota",
}
LISTING_SEGMENTS: Final = {
    "NM": "Novo Mercado",
    "N1": "Level 1",
    "N2": "Level 2",
    "MB": "Bovespa Mais",
    "MA": "Bovespa Mais Level 2",
}
EX_RIGHTS: Final = frozenset(
    "ATZ EB EBG ED EDB EDJ EDR EG EJ EJB EJS ER ERJ ERS ES EX".split()  # noqa: SIM905 - a list of words is read as one
)
SOURCES: Final = {
    "capture": "asked of B3 while the session was current",
    "import": "a download that carries its own title and totals",
    "import_incomplete": "a download dated by hand or by its name, or without its total or divisor",
}
CHANGE_TYPES: Final = {
    "inclusion": "the ticker was not in the previous captured session",
    "exclusion": "the ticker is no longer in the portfolio",
    "quantity": "the theoretical quantity moved",
    "ticker": "the same paper under a new ticker",
}
CAUSES: Final = {
    "rename": "the paper got a new ticker",
    "rebalance": "a rebalance date lies between the two sessions",
    "corporate_action": "few positions changed and no rebalance explains it",
    "unexplained": "more positions changed than corporate actions plausibly change",
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
    "UNT": "unit",
    "DRN": "recibo de depósito (BDR)",
    "CI": "cota de fundo",
    "NM": "Novo Mercado",
    "N1": "Nível 1",
    "N2": "Nível 2",
    "MB": "Bovespa Mais",
    "MA": "Bovespa Mais Nível 2",
    "capture": "pedida à B3 enquanto o pregão era o corrente",
    "import": "um arquivo baixado que traz o próprio título e os totais",
    "import_incomplete": "um arquivo datado à mão ou pelo nome, ou sem o total ou o divisor",
    "inclusion": "o código não estava no pregão capturado anterior",
    "exclusion": "o código não está mais na carteira",
    "quantity": "a quantidade teórica mudou",
    "ticker": "o mesmo papel com um código novo",
    "rename": "o papel ganhou um código novo",
    "rebalance": "há uma data de rebalanceamento entre os dois pregões",
    "corporate_action": "poucas posições mudaram e nenhum rebalanceamento explica isso",
    "unexplained": "mudaram mais posições do que eventos societários costumam mudar",
    "blocking": "a carteira é recusada",
    "warning": "registrada; a carteira é publicada",
}
"""What each value of the lists above means, in Portuguese: no value stands in two of them
with two meanings."""
TABLE_NAMES: Final = (
    "position",
    "share_class_summary",
    "position_change",
    "membership",
    "quality_result",
    "portfolio",
)
"""The refined tables in the order of their commits: `portfolio`, which every reader
joins and from which pending work is derived, comes last."""
