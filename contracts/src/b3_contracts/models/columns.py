"""Definition of every column: meaning in two languages, unit, checks. Tables refer to them.

A column keeps its name and meaning in every table. Units stand in the name where
they are not obvious (`_pct`, `_count`, `_code`, `_date`, `_on`, `_at`).
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pandera.pyarrow as pandera

from b3_contracts import vocabulary as words

__all__: list[str] = []

SHA256_PATTERN = r"^[0-9a-f]{64}$"

FieldFactory = Callable[..., Any]


def _column(
    description: str, portuguese: str, unit: str | None = None, **checks: Any
) -> FieldFactory:
    """A field of this meaning; a table may add a `note`, in both languages, and override checks."""

    def field(*, note: tuple[str, str] | None = None, **more: Any) -> Any:
        text, also = _noted((description, portuguese), note)
        metadata = {"unit": unit, "portuguese": also}
        return pandera.Field(description=text, metadata=metadata, **{**checks, **more})

    return field


def _noted(texts: tuple[str, str], note: tuple[str, str] | None) -> tuple[str, str]:
    if note is None:
        return texts
    return f"{texts[0]}; {note[0]}", f"{texts[1]}; {note[1]}"


def _rule(
    description: str,
    portuguese: str,
    unit: str,
    *,
    table: str,
    severity: str = "blocking",
    **checks: Any,
) -> FieldFactory:
    """A column of the audit: its check is a rule of the gate about `table`."""

    def field(**more: Any) -> Any:
        metadata = {"unit": unit, "table": table, "severity": severity, "portuguese": portuguese}
        return pandera.Field(description=description, metadata=metadata, **{**checks, **more})

    return field


def _unknown_words(description: str, portuguese: str) -> FieldFactory:
    """A column of the audit about one of `vocabulary.OPEN_VOCABULARIES`."""
    return _rule(description, portuguese, "positions", table="position", severity="warning", eq=0)


index_code = _column(
    "B3's code of the index", "código do índice na B3", str_matches=words.INDEX_CODE_PATTERN
)
reference_date = _column(
    "the session the portfolio is of, from the header of B3's answer",
    "o pregão a que a carteira se refere, do cabeçalho da resposta da B3",
)
previous_reference_date = _column(
    "the index's captured session before this one",
    "o pregão capturado do índice anterior a este",
    nullable=True,
)
days_since_previous = _column(
    "calendar days since the previous captured session",
    "dias corridos desde o pregão capturado anterior",
    "days",
    ge=1,
)
ticker = _column(
    "B3's code of the security", "código do papel na B3", str_matches=words.TICKER_PATTERN
)
company = _column(
    "short name of the company as B3 writes it",
    "nome curto da empresa, como a B3 o escreve",
    str_matches=r"^\S",
)
share_class = _column(
    "class of the security, as B3 writes it",
    "classe do papel, como a B3 a escreve",
    str_matches=words.SHARE_CLASS_PATTERN,
)
ex_rights = _column(
    "marker of rights the security trades without, null where there is none",
    "marca dos direitos sem os quais o papel é negociado, nulo onde não há",
    str_matches=words.EX_RIGHTS_PATTERN,
    nullable=True,
)
listing_segment = _column(
    "B3's governance segment, null for the basic one",
    "segmento de governança da B3, nulo para o básico",
    str_matches=words.LISTING_SEGMENT_PATTERN,
    nullable=True,
)
sector = _column(
    "B3's label of the sector, null where the source gave none",
    "rótulo do setor na B3, nulo onde a fonte não o deu",
    str_matches=r"^\S",
    nullable=True,
)
theoretical_quantity = _column(
    "securities in the theoretical portfolio", "papéis na carteira teórica", "securities", gt=0
)
weight_pct = _column(
    "share of the security in the portfolio's value",
    "peso do papel no valor da carteira",
    "%",
    ge=Decimal(0),
    le=Decimal(100),
)
position_count = _column("positions in the portfolio", "posições na carteira", "positions", ge=1)
total_theoretical_quantity = _column(
    "sum of the theoretical quantities", "soma das quantidades teóricas", "securities", gt=0
)
total_weight_pct = _column(
    "sum of the weights", "soma dos pesos", "%", ge=Decimal(0), le=Decimal(100)
)
divisor = _column(
    "the index's divisor (B3's redutor), null where the source did not give it whole",
    "o divisor do índice (redutor, na B3), nulo onde a fonte não o deu inteiro",
    gt=Decimal(0),
    nullable=True,
)
source = _column("how the payload came", "como a resposta chegou", isin=list(words.SOURCES))
payload_sha256 = _column(
    "hash of B3's bytes, which raw keeps",
    "hash dos bytes da B3, que a zona raw guarda",
    str_matches=SHA256_PATTERN,
)
captured_at = _column(
    "when the payload was asked for or imported", "quando a resposta foi pedida ou importada", "UTC"
)
parser_revision = _column(
    "revision of the parser that typed the payload",
    "revisão do leitor que deu tipos à resposta",
    ge=1,
)

captured_on = _column(
    "the day on which the answer came, in UTC", "o dia em que a resposta chegou, em UTC"
)
effective_date = _column(
    "the session in which the announced portfolio takes effect: the next rebalance",
    "o pregão em que a carteira anunciada entra em vigor: o próximo rebalanceamento",
)
preview_number = _column(
    "1 to 3: which of B3's three previews it is, by the day on which it was seen first",
    "1 a 3: qual das três prévias da B3 ela é, pelo dia em que foi vista primeiro",
    ge=1,
    le=3,
)
first_seen_on = _column(
    "the first day on which an answer had this preview, in UTC",
    "o primeiro dia em que uma resposta tinha esta prévia, em UTC",
)
is_confirmed = _column(
    (
        "whether another answer was seen before it since the last rebalance; without one it may be"
        " the expired preview of that rebalance"
    ),
    (
        "se outra resposta foi vista antes dela desde o último rebalanceamento; sem isso ela pode"
        " ser a prévia vencida daquele rebalanceamento"
    ),
)
in_force_date = _column(
    "the last session published until then, whose portfolio the preview is compared with",
    "o último pregão publicado até então, com cuja carteira a prévia é comparada",
)
preview_change_type = _column(
    "what the preview changes", "o que a prévia muda", isin=list(words.PREVIEW_CHANGE_TYPES)
)
change_type = _column(
    "what happened to the position", "o que aconteceu com a posição", isin=list(words.CHANGE_TYPES)
)
cause = _column(
    "cause, as far as the data show", "por quê, até onde os dados dizem", isin=list(words.CAUSES)
)
previous_ticker = _column(
    "code of the same security in the previous session",
    "código do mesmo papel no pregão anterior",
    str_matches=words.TICKER_PATTERN,
    nullable=True,
)
previous_theoretical_quantity = _column(
    "securities in the previous session, null for an inclusion",
    "papéis no pregão anterior, nulo numa inclusão",
    "securities",
    gt=0,
    nullable=True,
)
previous_weight_pct = _column(
    "weight in the previous session, null for an inclusion",
    "peso no pregão anterior, nulo numa inclusão",
    "%",
    ge=Decimal(0),
    le=Decimal(100),
    nullable=True,
)
quantity_change = _column(
    "securities now less securities before, an absent security counting 0",
    "papéis agora menos papéis antes; papel ausente conta 0",
    "securities",
)
quantity_ratio = _column(
    "securities now divided by securities before, rounded half up, null where one is absent",
    (
        "papéis agora divididos por papéis antes, meio arredondado para cima, nulo onde "
        "falta um dos dois"
    ),
    ge=Decimal(0),  # what falls below 5e-9 of itself rounds to it
    nullable=True,
)
weight_change_pct = _column(
    "weight now less weight before, an absent security counting 0",
    "peso agora menos peso antes; papel ausente conta 0",
    "percentage points",
    ge=Decimal(-100),
    le=Decimal(100),
)
theoretical_quantity_change = _column(
    "securities of the class now less in the previous session, null in the first session",
    "papéis da classe agora menos os do pregão anterior, nulo no primeiro pregão",
    "securities",
    nullable=True,
)

valid_from = _column(
    "first captured session of the membership period", "primeiro pregão capturado da permanência"
)
valid_to = _column(
    (
        "last captured session of the membership period, inclusive; null while the security is"
        " in the last session"
    ),
    (
        "último pregão capturado da permanência, inclusive; nulo enquanto o papel está no"
        " último pregão"
    ),
    nullable=True,
)
absent_before = _column(
    "the captured session before `valid_from`, in which the security was absent; null if none",
    ("o pregão capturado antes de `valid_from`, em que o papel estava ausente; nulo se não há"),
    nullable=True,
)
absent_after = _column(
    "the captured session after `valid_to`, in which the security was absent; null if none",
    ("o pregão capturado depois de `valid_to`, em que o papel estava ausente; nulo se não há"),
    nullable=True,
)
last_seen = _column(
    "last captured session in which the security was in the index",
    "último pregão capturado em que o papel estava no índice",
)
entered_by = _column(
    "cause of the entry, null in the index's first captured session",
    "causa da entrada, nulo no primeiro pregão capturado do índice",
    isin=list(words.MEMBERSHIP_EVENTS),
    nullable=True,
)
left_by = _column(
    "cause of the exit, null while the security is in",
    "causa da saída, nulo enquanto o papel está no índice",
    isin=list(words.MEMBERSHIP_EVENTS),
    nullable=True,
)
other_ticker = _column(
    "the same security's next ticker where `left_by` is rename, "
    "else its previous one where `entered_by` is rename, else null",
    (
        "o próximo código do mesmo papel onde `left_by` é rename, senão o anterior onde "
        "`entered_by` é rename, senão nulo"
    ),
    str_matches=words.TICKER_PATTERN,
    nullable=True,
)

run_id = _column(
    "the run of `refine` that wrote the row",
    "a execução de `refine` que escreveu a linha",
    str_matches=r"^\d{8}T\d{6}Z-[0-9a-f]{8}$",
)
checked_at = _column("time of the evaluation", "momento da avaliação", "UTC")
table_name = _column(
    "the table the rule is about", "a tabela de que a regra trata", str_matches=r"^[a-z_]+$"
)
expectation = _column("the rule", "a regra", str_matches=r"^\S")
column_name = _column(
    "the column the rule is about, null for a whole table",
    "a coluna de que a regra trata, nulo para a tabela inteira",
    nullable=True,
)
success = _column("whether the rule held", "se a regra valeu")
observed_value = _column("what was seen, as text", "o que foi visto, como texto", nullable=True)
unexpected_count = _column("rows that broke the rule", "linhas que quebraram a regra", "rows", ge=0)
severity = _column(
    "what a broken rule means", "o que significa uma regra quebrada", isin=list(words.SEVERITIES)
)
rules_version = _column(
    "contract version and hash of the suites",
    "versão do contrato e hash das suítes",
    str_matches=r"^\S+\+[0-9a-f]{8}$",
)

audited_position_count = _rule(
    "positions in the portfolio", "posições na carteira", "positions", table="portfolio", ge=1
)
duplicate_count = _rule(
    "positions whose ticker stands more than once",
    "posições cujo código aparece mais de uma vez",
    "positions",
    table="position",
    eq=0,
)
weight_excess = _rule(
    (
        "sum of the weights less 100.000; of a quadrimester's portfolio, which is rounded,"
        " the part beyond 0.02 and half a thousandth per position"
    ),
    (
        "soma dos pesos menos 100,000; na carteira de um quadrimestre, que é arredondada,"
        " o que passa de 0,02 mais meio milésimo por posição"
    ),
    "%",
    table="position",
    eq=Decimal(0),
)
quantity_excess = _rule(
    "sum of the quantities less the header's total, null without a total",
    "soma das quantidades menos o total do cabeçalho, nulo sem total",
    "securities",
    table="position",
    eq=0,
    nullable=True,
)
days_after_capture = _rule(
    "reference date less the day of the capture: B3 serves the next session before a holiday",
    ("data de referência menos o dia da captura: antes de feriado a B3 serve o pregão seguinte"),
    "days",
    table="portfolio",
    le=10,
)
position_count_jump = _rule(
    "positions more or fewer than in the captured session before, "
    "beyond the larger of 5 and a fifth of that session's",
    (
        "posições a mais ou a menos que no pregão capturado anterior, além do maior entre"
        " 5 e um quinto daquele"
    ),
    "positions",
    table="portfolio",
    severity="warning",
    le=0,
)
unknown_share_class_count = _unknown_words(
    "positions whose share class is not a known one", "posições cuja classe não é conhecida"
)
unknown_ex_rights_count = _unknown_words(
    "positions whose ex-rights marker is not a known one",
    "posições cuja marca de direitos não é conhecida",
)
unknown_listing_segment_count = _unknown_words(
    "positions whose listing segment is not a known one",
    "posições cujo segmento de listagem não é conhecido",
)
closed_day_count = _rule(
    "1 if B3 was closed on the reference date, a weekend or a holiday; else 0",
    "1 se a B3 não abriu na data de referência, fim de semana ou feriado; senão 0",
    "days",
    table="portfolio",
    severity="warning",
    eq=0,
)
