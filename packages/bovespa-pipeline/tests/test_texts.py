"""The catalogue of texts: both languages have every key, and every key is used."""

import ast
import datetime as dt
import errno
import inspect
import os
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib import import_module
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest

from bovespa_pipeline.texts import ENGLISH, LANGUAGES, PORTUGUESE, Texts, texts
from lake_io.storage.local.lock import Holder

PACKAGES = ("b3_contracts", "b3_scraper", "lake_io", "glue_transform", "bovespa_pipeline")
BY_WORD = {"bases", "columns", "kinds", "labels", "nouns", "progress", "states", "values"}
"""Sections whose keys are made of a word that the code has elsewhere: a column, a value, a noun."""
ENGLISH_TEXTS, PORTUGUESE_TEXTS = texts(ENGLISH), texts(PORTUGUESE)


def keys(words: Texts, section: str = "") -> dict[str, str]:
    """The texts by key, of all sections or of one."""
    own = {key: text for key, text in words._flat.items() if key.startswith(section)}
    assert own
    return own


def test_both_languages_have_the_same_keys() -> None:
    assert list(keys(ENGLISH_TEXTS)) == list(keys(PORTUGUESE_TEXTS))


def test_a_text_has_the_same_placeholders_in_both_languages() -> None:
    found = [
        {key: sorted(re.findall(r"\{(\w+)\}", text)) for key, text in keys(words).items()}
        for words in (ENGLISH_TEXTS, PORTUGUESE_TEXTS)
    ]
    assert found[0] == found[1]


def test_no_text_is_empty() -> None:
    assert [k for each in LANGUAGES for k, text in keys(texts(each)).items() if not text] == []


@cache
def constants(package: str) -> frozenset[str]:
    """Every string in the code of a package, an f-string as its pieces."""
    root = Path(str(files(package)))
    trees = [ast.parse(file.read_text("utf-8")) for file in root.rglob("*.py")]
    return frozenset(
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def of_code() -> frozenset[str]:
    return frozenset().union(*map(constants, PACKAGES))


def calls() -> Iterator[str]:
    """The key of every text that the code asks for by a name that is written out."""
    root = Path(str(files("bovespa_pipeline")))
    for file in root.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                is_text = node.func.id in {"text", "words"} and bool(node.args)
                if is_text and isinstance(node.args[0], ast.Constant):
                    yield str(node.args[0].value)


def test_every_text_that_is_asked_for_is_there() -> None:
    asked = set(calls())
    assert len(asked) > 100
    assert sorted(asked - keys(ENGLISH_TEXTS).keys()) == []


def test_every_text_of_the_site_is_used() -> None:
    root = files("bovespa_pipeline.quality_report")
    page = "".join(
        root.joinpath(name).read_text("utf-8")
        for name in ("facts.js", "grid.js", "detail.js", "page.js", "page.html")
    )
    used = set(re.findall(r"\w+", page)) | of_code()
    assert [key for key in keys(ENGLISH_TEXTS, "site.") if key.rpartition(".")[2] not in used] == []


def test_every_text_of_the_command_is_used() -> None:
    """By its whole key, or by the word that its key ends with."""
    strings = of_code()
    pieces = set(re.findall(r"\w+", "\n".join(strings)))
    unused = []
    for key in keys(ENGLISH_TEXTS):
        section, _, word = key.partition(".")
        if section in {"messages", "months", "site"} or key in strings:
            continue
        names = {*word.removesuffix("_unit").split("."), word.rpartition("_")[2]}
        if section == "nouns":
            names = {word.partition(".")[0]}
        ends = {"summary", "plot", "check", "values"} | BY_WORD
        if section not in ends or not names & (pieces | strings):
            unused.append(key)
    assert " ".join(unused) == ""


def test_every_message_of_a_lower_package_is_still_written_there() -> None:
    """The longest piece between its placeholders is in the code, or in the system's messages."""
    click_code = inspect.getsource(import_module("click.exceptions"))
    click_code += inspect.getsource(import_module("click.types"))
    click_code += inspect.getsource(import_module("click.core"))
    click_code += inspect.getsource(import_module("click.parser"))
    system = "\n".join(map(os.strerror, errno.errorcode))
    places = "\n".join([*of_code(), click_code, system])
    messages = {
        key: max(re.split(r"\{\w+\}|[;:,()?]", text), key=len)
        for key, text in keys(ENGLISH_TEXTS, "messages.").items()
    }
    assert [key for key, piece in messages.items() if piece.strip() not in places] == []


@pytest.mark.parametrize(
    ("value", "english", "portuguese"),
    [
        (dt.date(2024, 12, 31), "2024-12-31", "31/12/2024"),
        (dt.datetime(2024, 12, 31, 21, tzinfo=dt.UTC), "2024-12-31T21:00:00+00:00", None),
        (1_234_567, "1,234,567", "1.234.567"),
        (Decimal("1234.500"), "1,234.500", "1.234,500"),
        (Decimal("0E-8"), "0.00000000", "0,00000000"),
        (24.5, "24.5", "24,5"),
        (True, "true", "sim"),
        (Path("a\nb"), "a\\nb", "a\\nb"),
        ("2024-12-31", "2024-12-31", "2024-12-31"),
    ],
)
def test_values_are_shown_as_the_language_has_them(
    value: object, english: str, portuguese: str | None
) -> None:
    assert ENGLISH_TEXTS.shown(value) == english
    assert PORTUGUESE_TEXTS.shown(value) == (portuguese or "31/12/2024 21:00:00 UTC")


@pytest.mark.parametrize(
    ("number", "english", "portuguese"),
    [(1, "1 index", "1 índice"), (2000, "2,000 indices", "2.000 índices")],
)
def test_a_count_has_its_noun(number: int, english: str, portuguese: str) -> None:
    assert ENGLISH_TEXTS.counted(number, "index") == english
    assert PORTUGUESE_TEXTS.counted(number, "index") == portuguese


def test_a_message_of_a_lower_package_is_recognised() -> None:
    """Its parts too, and dates outside of commands; English leaves it as it is."""
    message = (
        "the lake holds no preview of IBOV: B3 publishes the first one of 2025-01-06 on 2024-12-02"
    )
    assert ENGLISH_TEXTS.translated(message) == message
    assert PORTUGUESE_TEXTS.translated(message) == (
        "o data lake não tem prévia de IBOV: a B3 publica a primeira prévia para 06/01/2025 em "
        "02/12/2024"
    )


@pytest.mark.parametrize(
    ("message", "portuguese"),
    [
        (
            "cannot lock lake/lock: Permission denied",
            "não foi possível bloquear lake/lock: permissão negada",
        ),
        ("cannot use 'x' as a lake: File exists", "já existe um arquivo com esse nome"),
        (
            "B3 has no portfolio of an index IBRX; B3's code of IBRX is IBXX",
            "a B3 não tem carteira de um índice IBRX; o código da B3 para IBRX é IBXX",
        ),
        (
            "copy it from a back-up, or run `bovespa verify --repair`, which sets it aside",
            "copie-o de um backup, ou rode `bovespa verify --repair`, que o põe de lado",
        ),
        ("Spark is not installed", "o Spark não está instalado"),
        (
            "nothing is published yet: there is nothing to export; run `bovespa run`",
            "nada foi publicado ainda: não há o que exportar",
        ),
    ],
)
def test_a_failure_is_recognised(message: str, portuguese: str) -> None:
    assert portuguese in PORTUGUESE_TEXTS.translated(message)


def test_a_message_that_nobody_translated_stays() -> None:
    """But for its dates: `bovespa` takes those of a command as they are."""
    message = "strange on 2025-01-06; run `bovespa withdraw IBOV 2025-01-06`"
    assert PORTUGUESE_TEXTS.translated(message) == (
        "strange on 06/01/2025; run `bovespa withdraw IBOV 2025-01-06`"
    )


@pytest.mark.parametrize(
    "name",
    [
        "raw/received_on=2024-12-11/1.json",
        "IBOVDia_2024-12-11.csv",
        "lake/2024-12-11",
        "2024-12-11.csv",
    ],
)
def test_a_date_in_the_name_of_a_file_stays(name: str) -> None:
    """The file is found under the name that is shown."""
    assert PORTUGUESE_TEXTS.dated(f"cannot read {name}: on 2025-01-06.") == (
        f"cannot read {name}: on 06/01/2025."
    )


def test_a_key_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError, match=r"no\.such"):
        ENGLISH_TEXTS("no.such")


PLURALS = {
    language: sorted(
        {text for key, text in keys(texts(language), "nouns.").items() if key.endswith(".many")}
    )
    for language in LANGUAGES
}
VERBS = {ENGLISH: ("are", "were", "have"), PORTUGUESE: ("são", "foram", "estão", "têm", "estavam")}
NUMBERS = r"\{(?:count|age|days|seconds|most|present|failures|new|rejected|cells|all|late)\}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_has_a_plural_beside_a_number(language: str) -> None:
    """A number of 1 would contradict it: the count comes with its noun, from `counted`."""
    nouns = "|".join(map(re.escape, PLURALS[language]))
    after = rf"\}} (?:{nouns})\b|{NUMBERS} (?:\w+ )?(?:{'|'.join(VERBS[language])})\b"
    plain = {
        key: text for key, text in keys(texts(language)).items() if not key.startswith("nouns")
    }
    assert {key: text for key, text in plain.items() if re.search(after, text)} == {}


@pytest.mark.parametrize("package", [*PACKAGES, "trigger_lambda"])
def test_no_message_in_the_code_has_a_plural_beside_a_number(package: str) -> None:
    """Constants above one apart, such as a limit or a number of attempts, which stay plural."""
    nouns = "|".join(
        {*PLURALS[ENGLISH], *PLURALS[PORTUGUESE], "pages", "files", "minutes", "hours"}
    )
    root = Path(str(files(package)))
    plurals = [
        f"{file.name}: {ast.unparse(value)} {text.value[:30]}"
        for file in root.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.JoinedStr)
        for value, text in pairwise(node.values)
        if isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant)
        if re.match(rf" (?:{nouns})\b", str(text.value))
    ]
    assert [each for each in plurals if not each.startswith(ABOVE_ONE)] == []


ABOVE_ONE = (
    "client.py: {_MAX_RESTARTS}",
    "pdf_text.py: {count:,} ",  # of pages, more than 500
    "reading.py: {row_count:,} ",  # more than a limit of millions
    "connection.py: {site(response.url)} ",  # a verb
)


HOLDER = "process 13325 on vm, since 2026-11-28 05:00:00 UTC"
SAMPLES = {
    "age": "1 day",
    "count": "1 time",
    "holder": HOLDER,
    "kind": "Timeout",
    "most": "30 days",
    "next": "B3 publishes the first one of 2025-01-06 on 2024-12-02",
    "others": "those of 1f2e",
    "outcome": "it is used in their place",
    "reason": "Permission denied",
    "rest": "no run r1 in the history; the latest ones: r2",
    "rows": "1 row",
    "seconds": "1 second",
    "failure": "cannot read x: No such file or directory",
    "error": "Great Expectations is not installed",
    "hint": "Did you mean --on?",
    "message": "'x' is not a valid integer.",
    "what": "a PDF",
    "install": "`pip install x`",
    "command": "`bovespa members`",
    "value": "'x'",
    "type": "integer",
}
"""What lower packages put in the places of their messages; the others hold names and figures."""
ENGLISH_WORDS = re.compile(
    r"\b(?:a|an|and|are|at|be|before|by|cannot|day|days|did|file|first|from|has|held|in|is|it|its|"
    r"no|not|of|on|process|run|second|seconds|since|that|the|these|this|time|times|to|was|were|"
    r"with|you)\b"
)
PORTUGUESE_WORDS = {"a", "no", "da", "do"}


@pytest.mark.parametrize("key", sorted(keys(ENGLISH_TEXTS, "messages.")))
def test_a_message_of_a_lower_package_has_no_english_left(key: str) -> None:
    """Neither in the message nor in what a package has put into it."""
    template = keys(ENGLISH_TEXTS, "messages.")[key]
    names = set(re.findall(r"\{(\w+)\}", template))
    message = template.format_map({name: SAMPLES.get(name, "X1") for name in names})
    commands = re.compile(r"`.*?`|--[\w-]+")
    portuguese = commands.sub("", PORTUGUESE_TEXTS.translated(message))
    assert portuguese != message
    assert set(ENGLISH_WORDS.findall(portuguese)) - PORTUGUESE_WORDS == set()


@pytest.mark.parametrize(
    "number",
    [
        errno.EACCES,
        errno.EBUSY,
        errno.EDQUOT,
        errno.EEXIST,
        errno.EFBIG,
        errno.EINVAL,
        errno.EIO,
        errno.EISDIR,
        errno.ELOOP,
        errno.EMFILE,
        errno.ENAMETOOLONG,
        errno.ENOENT,
        errno.ENOSPC,
        errno.ENOTDIR,
        errno.ENOTEMPTY,
        errno.EPERM,
        errno.EROFS,
    ],
)
def test_what_a_disk_can_do_is_said_in_portuguese(number: int) -> None:
    words = os.strerror(number)
    assert PORTUGUESE_TEXTS.translated(words) != words


def test_the_holder_of_the_lock_is_named_in_portuguese() -> None:
    holder = Holder(13325, "vm", dt.datetime(2026, 11, 28, 5, tzinfo=dt.UTC))
    assert str(holder) == HOLDER
    message = f"the lake is locked by {holder}; waited 1 second for it"
    assert PORTUGUESE_TEXTS.translated(message) == (
        "o data lake está travado (processo 13325 em vm, desde 28/11/2026 05:00:00 UTC); "
        "a espera foi de 1 segundo"
    )
