"""Columns of an archive, recognised by the names that people give them.

Case, accents, spaces and punctuation of a name do not matter. A name that two columns have, or two
names of one field, are not chosen between: the caller says which.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from b3_contracts.vocabulary import TICKER_PATTERN
from b3_scraper.csv_columns import plain
from b3_scraper.errors import UnknownColumns

__all__ = [
    "FIELDS",
    "Columns",
    "field_named",
    "is_of_positions",
    "known_fields",
    "looks_like_tickers",
    "recognise",
    "refuse_missing",
]

_SHOWN: Final = 20
"""Names of columns that an error shows at most."""
_NAMES: Final[Mapping[str, str]] = {
    "ticker": "ticker cod code codigo codigoativo codigodoativo codigonegociacao codneg codativo "
    "simbolo symbol tckrsymb papel instrument instrumento tickersymbol",
    "company": "company companyname empresa emissor issuer nome name nomeempresa nomepregao",
    "type": "type tipo codetype especificacao especificacaopapel securitytype tipoativo",
    "share_class": "shareclass classe",
    "ex_rights": "exrights",
    "listing_segment": "listingsegment",
    "sector": "sector setor setoreconomico segment segmento",
    "quantity": "quantity quantidade qty qtd qtde qtdteorica qtdeteorica qtteorica "
    "quantidadeteorica theoricalqty theoreticalqty theoreticalquantity theoricalquantity "
    "theorethicalquantity theorethicalqty qtytheoretical qtytheorical",
    "weight": "weight weightpct weightpercent peso pesopct part partpct partpercent "
    "participacao participacaopct participacaopercentual participation participationpct "
    "stockparticipation percent percentage percentual pct",
    "date": "date data datapregao dtpregao pregao dataref datareferencia dtreferencia refdate "
    "referencedate datacarteira sessao session sessiondate tradedate tradingdate dt dia",
    "index": "index indice indexcode indexname codigoindice codindice nomeindice ibov "
    "carteira portfolio",
}
FIELDS: Final[Mapping[str, str]] = {
    name: field for field, names in _NAMES.items() for name in names.split()
}
"""The field of each known name, the name without case, accents and punctuation."""
_COMPANY_OR_TICKER: Final = frozenset({"asset", "ativo", "acao", "stock", "share"})
"""Names that B3 gives to the company, and some people to the ticker."""
_SUFFICES: Final = ("ticker", "quantity", "weight")

Columns = Mapping[str, str]
"""The name of the column that holds each field."""


def field_named(name: str) -> str | None:
    """The field of a name; None for a name that is not known."""
    return FIELDS.get(plain(name))


def recognise(
    names: Sequence[str], overrides: Columns, tickers: Collection[str] = frozenset()
) -> Columns:
    """The column of each field, those in `overrides` first.

    `tickers` are the columns whose values look like tickers. Raises UnknownColumns where two
    columns would be one field, and where a column that was given is not there.
    """
    _refuse_absent(names, overrides)
    matches: dict[str, list[str]] = {field: [name] for field, name in overrides.items()}
    claimed = set(overrides.values())
    either = []
    for name in names:
        field = field_named(name)
        if name in claimed or field in overrides:
            continue
        if field is not None:
            matches.setdefault(field, []).append(name)
        elif plain(name) in _COMPANY_OR_TICKER:
            either.append(name)
    for name in either:
        is_ticker = "ticker" not in matches and name in tickers
        field = "ticker" if is_ticker else "company"
        if field not in overrides:
            matches.setdefault(field, []).append(name)
    _refuse_rivals(matches)
    return {field: name for field, (name,) in matches.items()}


def is_of_positions(names: Sequence[str]) -> bool:
    """True if columns of these names can be nothing but a table of positions."""
    fields = known_fields(names)
    return "ticker" in fields and not fields.isdisjoint({"weight", "quantity"})


def known_fields(names: Sequence[str]) -> frozenset[str]:
    """The fields that columns of these names may hold."""
    fields = {field_named(name) for name in names}
    either = {"ticker"} if any(plain(name) in _COMPANY_OR_TICKER for name in names) else set()
    return frozenset({*filter(None, fields), *either})


def refuse_missing(names: Sequence[str], columns: Columns) -> None:
    """Refuse a table without a column that every portfolio has."""
    missing = [field for field in _SUFFICES if field not in columns]
    if "type" not in columns and "share_class" not in columns:
        missing.append("type")
    if missing:
        shown = ", ".join(map(repr, names[:_SHOWN]))
        raise UnknownColumns(
            f"no column is known to be the {' or the '.join(missing)}: "
            f"it has {shown}{' and more' if len(names) > _SHOWN else ''}"
        )


def looks_like_tickers(values: Sequence[object]) -> bool:
    """True if most of the texts are tickers: the footers, kept as rows, are none."""
    texts = [value.strip() for value in values if isinstance(value, str) and value.strip()]
    fitting = sum(bool(re.fullmatch(TICKER_PATTERN, text)) for text in texts)
    return fitting * 2 > len(texts)


def _refuse_absent(names: Sequence[str], overrides: Columns) -> None:
    for field, name in overrides.items():
        if names.count(name) != 1:
            how = "is not there" if name not in names else "is there more than once"
            raise UnknownColumns(f"the column {name!r}, given for the {field}, {how}")


def _refuse_rivals(matches: Mapping[str, Sequence[str]]) -> None:
    for field, names in matches.items():
        if len(names) > 1:
            several = " and ".join(map(repr, names))
            raise UnknownColumns(f"{several} can each be the {field}: say which is")
