"""Texts of the data dictionary around the tables, in each of its languages.

What is said of one column or table stands beside it, in `columns` and `tables`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from b3_contracts.errors import Broken, ContractError

__all__ = ["ENGLISH", "PORTUGUESE", "Words"]


@dataclass(frozen=True)
class Words:
    """One language's headings and phrases."""

    introduction: str
    headings: tuple[str, ...]
    value_headings: tuple[str, ...]
    in_raw: str
    published: str
    not_kept: str
    grain: str
    unique: str
    replaced: str
    holds: str
    yes: str
    no: str
    one_of: str
    else_warned: str
    known: str
    lists: Mapping[str, str] = field(hash=False)
    notes: Mapping[str, str] = field(hash=False)
    """Sentences below the values of a list."""
    units: Mapping[str, str] | None = field(default=None, hash=False)
    requirements: Mapping[str, str] | None = field(default=None, hash=False)

    def unit(self, english: str) -> str:
        """Raises ContractError for a unit without a translation."""
        return self._looked_up(english, self.units)

    def requirement(self, english: str) -> str:
        """A requirement on a value; its figures and patterns stay as they are."""
        if self.requirements is None:
            return english
        for begins, translated in self.requirements.items():
            if english.startswith(f"{begins} "):
                return translated + english.removeprefix(begins)
        return self._looked_up(english, {})

    @staticmethod
    def _looked_up(english: str, known: Mapping[str, str] | None) -> str:
        if known is None or not english:
            return english
        if english not in known:
            raise ContractError("the dictionary", [Broken(repr(english), "has no translation")])
        return known[english]


ENGLISH: Final = Words(
    introduction="""\
# Data dictionary

Written by `python -m b3_contracts write` from the models in `tables.py`; edit those.
Types are Iceberg's. A date without a time is a trading session in São Paulo; a
timestamp is in UTC. Quantities and weights are exact: no column is a float.
[Em português](DICTIONARY.pt-BR.md).
""",
    headings=("column", "type", "null", "unit", "must", "meaning"),
    value_headings=("value", "meaning"),
    in_raw="(Parquet in the raw zone.)",
    published="(Published.)",
    not_kept="(Computed for the gate, not kept.)",
    grain="One row per",
    unique="Unique",
    replaced="A publication replaces rows of the same",
    holds="Holds in every row",
    yes="yes",
    no="no",
    one_of="be one of",
    else_warned="else a warning",
    known="known:",
    lists={
        "share_class": "Share classes",
        "ex_rights": "Ex-rights markers",
        "listing_segment": "Listing segments",
        "source": "Sources",
        "change_type": "Change types",
        "preview_change_type": "Changes of a preview",
        "cause": "Causes",
        "severity": "Severities",
    },
    notes={
        "share_class": """
The list is open, because B3 adds classes: an unknown class of this shape is kept as B3 writes it
and published, with a warning.
""",
        "listing_segment": """
The list is open: an unknown segment of this shape is kept as B3 writes it and published, with a
warning. So is {unexplained}, which B3's files contain and no source explains.
""",
        "cause": """
Renames and quantities that a dividend explains do not count towards the few positions: 3, or 5 %
of the previous portfolio. A dividend explains a quantity of {least} to {most} % of the previous
one, and only in an index that adjusts quantities for dividends: {adjusted}.
""",
        "ex_rights": """
Known: {markers}. The list is open, because B3 composes
new ones: an unknown marker of the right shape is published, with a warning.
""",
    },
)
PORTUGUESE: Final = Words(
    introduction="""\
# Dicionário de dados

Escrito por `python -m b3_contracts write` a partir dos modelos em `tables.py`; edite aqueles.
Os tipos são os do Iceberg. Uma data sem hora é um pregão em São Paulo; um instante
está em UTC. Quantidades e pesos são exatos: nenhuma coluna é de ponto flutuante.
[In English](DICTIONARY.md).
""",
    headings=("coluna", "tipo", "nulo", "unidade", "deve", "significado"),
    value_headings=("valor", "significado"),
    in_raw="(Parquet na zona raw.)",
    published="(Publicada.)",
    not_kept="(Calculada para a quality gate, não guardada.)",
    grain="Uma linha por",
    unique="Único",
    replaced="Uma publicação substitui as linhas com os mesmos",
    holds="Vale em toda linha",
    yes="sim",
    no="não",
    one_of="estar em",
    else_warned="senão, um aviso",
    known="conhecidos:",
    lists={
        "share_class": "Classes de papel",
        "ex_rights": "Marcas de direitos",
        "listing_segment": "Segmentos de listagem",
        "source": "Origens",
        "change_type": "Tipos de mudança",
        "preview_change_type": "Mudanças de uma prévia",
        "cause": "Causas",
        "severity": "Severidades",
    },
    notes={
        "share_class": """
A lista é aberta, porque a B3 cria classes: uma classe desconhecida nessa forma fica como a B3 a
escreve e é publicada, com um aviso.
""",
        "listing_segment": """
A lista é aberta: um segmento desconhecido nessa forma fica como a B3 o escreve e é publicado, com
um aviso. O mesmo vale para {unexplained}, que aparece nos arquivos da B3 e nenhuma fonte explica.
""",
        "cause": """
Trocas de código e quantidades que um provento explica não entram na conta das poucas posições: 3,
ou 5 % da carteira anterior. Um provento explica uma quantidade de {least} a {most} % da anterior,
e só em um índice que ajusta as quantidades por proventos: {adjusted}.
""",
        "ex_rights": """
Conhecidas: {markers}. A lista é aberta, porque a B3 compõe
outras: uma marca desconhecida na forma certa é publicada, com um aviso.
""",
    },
    units={
        "%": "%",
        "UTC": "UTC",
        "days": "dias",
        "securities": "papéis",
        "percentage points": "pontos percentuais",
        "positions": "posições",
        "rows": "linhas",
    },
    requirements={
        "be greater than": "ser maior que",
        "be at least": "ser no mínimo",
        "be less than": "ser menor que",
        "be at most": "ser no máximo",
        "be": "ser",
        "match": "casar com",
    },
)
