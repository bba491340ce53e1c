"""The rules of the gate in words, for readers of reports and notebooks.

A rule is named by the column of `portfolio_audit` that it checks; the last three, of the refine
run itself, by their name in `quality_result`.
"""

from collections.abc import Mapping
from typing import Final

__all__ = ["LANGUAGES", "RULE_TEXTS"]

LANGUAGES: Final = ("en", "pt-BR")
RULE_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "index_code": {
        "en": "The index code has B3's form.",
        "pt-BR": "O código do índice tem o formato da B3.",
    },
    "position_count": {
        "en": "The portfolio has at least one position.",
        "pt-BR": "A carteira tem ao menos uma posição.",
    },
    "duplicate_count": {
        "en": "No ticker appears more than once.",
        "pt-BR": "Nenhum código de negociação aparece mais de uma vez.",
    },
    "weight_excess": {
        "en": "The weights add up to exactly 100.000 %.",
        "pt-BR": "Os pesos somam exatamente 100,000 %.",
    },
    "quantity_excess": {
        "en": "The quantities add up to the header's total.",
        "pt-BR": "As quantidades somam o total do cabeçalho.",
    },
    "days_after_capture": {
        "en": "The session is at most 10 days after the capture.",
        "pt-BR": "O pregão é no máximo 10 dias depois da captura.",
    },
    "position_count_jump": {
        "en": "The number of positions is close to that of the previous captured session.",
        "pt-BR": "O número de posições é parecido com o do pregão capturado anterior.",
    },
    "unknown_share_class_count": {
        "en": "Every share class is a known one.",
        "pt-BR": "Todas as classes de ação são conhecidas.",
    },
    "unknown_ex_rights_count": {
        "en": "Every ex-rights marker is a known one.",
        "pt-BR": "Todas as marcas de ex-direitos são conhecidas.",
    },
    "unknown_listing_segment_count": {
        "en": "Every listing segment is a known one.",
        "pt-BR": "Todos os segmentos de listagem são conhecidos.",
    },
    "closed_day_count": {
        "en": "The date is a trading day of B3, not a weekend or holiday.",
        "pt-BR": "A data é um dia de pregão da B3, não um fim de semana ou feriado.",
    },
    "imports of a session agree": {
        "en": "All imports of a session have the same figures.",
        "pt-BR": "Todos os arquivos de um pregão têm os mesmos valores.",
    },
    "a second source agrees": {
        "en": "A second source of the session has the same quantities.",
        "pt-BR": "Uma segunda fonte do pregão tem as mesmas quantidades.",
    },
    "contract": {
        "en": "The typed rows satisfy their contract.",
        "pt-BR": "As linhas tipadas cumprem o contrato.",
    },
}
