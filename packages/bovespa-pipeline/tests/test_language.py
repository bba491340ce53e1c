"""The language of the command: who chooses it, what it changes, and what it leaves alone."""

import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from b3_scraper.testing import SamplePortfolio
from bovespa_pipeline.cli.language import language_of_locale

Run = Callable[..., CompletedProcess[str]]
Make = Callable[..., SamplePortfolio]
FRIDAY = dt.date(2026, 2, 27)


@pytest.fixture
def brazilian(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine in Brazil."""
    monkeypatch.delenv("LC_ALL")
    monkeypatch.setenv("LANG", "pt_BR.UTF-8")


@pytest.fixture
def ask(bovespa: Run, sample_lake: Path) -> Callable[..., CompletedProcess[str]]:
    """A command on the sample lake."""
    return lambda *arguments: bovespa(*arguments, "--lake", sample_lake)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "pt_BR.UTF-8"}, "pt-BR"),
        ({"LANG": "pt_BR"}, "pt-BR"),
        ({"LANG": "pt_PT@euro"}, "pt-BR"),
        ({"LC_MESSAGES": "pt_BR", "LANG": "en_US"}, "pt-BR"),
        ({"LC_ALL": "C", "LANG": "pt_BR"}, "en"),
        ({"LC_ALL": "", "LANG": "pt_BR"}, "pt-BR"),
    ],
)
def test_the_locale_chooses(environment: dict[str, str], language: str) -> None:
    """As POSIX has it: LC_ALL, then LC_MESSAGES, then LANG."""
    assert language_of_locale(environment) == language


@pytest.mark.usefixtures("brazilian")
def test_a_brazilian_machine_gets_portuguese(ask: Run) -> None:
    """Headings, figures, dates and the line below."""
    answer = ask("members", "IBOV", "--on", "2025-01-20")
    lines = answer.stdout.splitlines()
    assert lines[0].split() == ["código", "empresa", "tipo", "setor", "quantidade", "peso", "%"]
    assert lines[1].split()[-2:] == ["4.270.903.023", "11,783"]
    assert answer.stderr == (
        "87 posições de IBOV no pregão de 06/01/2025, o último capturado até 20/01/2025; "
        "capturada da B3 no próprio pregão\n"
    )


@pytest.mark.parametrize("arguments", [["--lang", "pt"], ["--lang=pt-BR"], ["--lang", "pt_BR"]])
def test_the_option_chooses_before_and_after_the_command(ask: Run, arguments: list[str]) -> None:
    before = ask(*arguments, "weights", "IBOV")
    after = ask("weights", "IBOV", *arguments)
    assert (before.stdout, before.stderr) == (after.stdout, after.stderr)
    assert before.stderr == "15 pregões de IBOV\n"


def test_a_command_of_a_group_takes_the_option(bovespa: Run, sample_lake: Path, here: Path) -> None:
    answer = bovespa("raw", "copy", sample_lake, here / "copy", "--dry-run", "--lang", "pt")
    assert answer.stdout.startswith("seria copiado: 102 objetos; ")


@pytest.mark.usefixtures("brazilian")
def test_the_option_comes_before_the_locale(ask: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the variable of ours between the two; the next command chooses anew."""
    assert ask("--lang", "en", "gaps").stderr == "29 sessions missing\n"
    assert ask("gaps").stderr == "faltam 29 pregões\n"
    monkeypatch.setenv("BOVESPA_LANG", "en")
    assert ask("gaps").stderr == "29 sessions missing\n"
    assert ask("gaps", "--lang", "pt").stderr == "faltam 29 pregões\n"


def test_a_language_that_is_not_there_is_wrong_usage(
    bovespa: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = bovespa("--lang", "fr", "gaps")
    assert (
        refused.returncode,
        "'fr' is no available language: use en or pt" in refused.stderr,
    ) == (
        2,
        True,
    )
    monkeypatch.setenv("BOVESPA_LANG", "fr")
    assert (bovespa("gaps").returncode, "BOVESPA_LANG" in bovespa("gaps").stderr) == (2, True)


QUESTIONS = (
    ("members", "IBOV"),
    ("changes", "IBOV"),
    ("weights", "IBOV"),
    ("weights", "IBOV", "--wide"),
    ("security", "PETR4"),
    ("holders", "PETR4", "--on", "2025-02-03"),
    ("compare", "IBOV", "IBOV", "--on", "2025-02-03"),
    ("sectors", "IBOV", "--on", "2025-02-03"),
    ("turnover", "IBOV"),
    ("concentration", "IBOV"),
    ("preview", "IBOV"),
    ("history",),
    ("gaps",),
    ("query", "select * from portfolio order by 1, 2"),
)


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_what_programs_read_is_the_same_in_every_language(
    ask: Run, question: tuple[str, ...], form: str
) -> None:
    english, portuguese = (
        ask("--lang", language, *question, "--format", form).stdout for language in ("en", "pt")
    )
    assert english == portuguese
    assert english


@pytest.mark.parametrize("question", QUESTIONS[:-1], ids=" ".join)
def test_every_table_is_portuguese(ask: Run, question: tuple[str, ...]) -> None:
    """No name of a column is left, and no date or figure in English form."""
    table = ask("--lang", "pt", *question).stdout
    heading = table.splitlines()[0]
    assert "_" not in heading
    assert "reference" not in heading
    assert not any(len(word) == 10 and word[4] == word[7] == "-" for word in table.split())


def test_a_query_keeps_the_names_that_it_gave(ask: Run) -> None:
    """Its figures and dates are shown as in the other tables."""
    sql = "select reference_date, 1234567 as n from portfolio where index_code = 'IBRA'"
    lines = ask("--lang", "pt", "query", sql).stdout.splitlines()
    assert [line.split() for line in lines] == [
        ["reference_date", "n"],
        ["26/08/2025", "1.234.567"],
    ]


def test_causes_and_kinds_of_change_are_words(ask: Run) -> None:
    lines = ask("--lang", "pt", "changes", "IBOV", "--first", "2025-02-01").stdout.splitlines()
    assert lines[1].split()[:5] == ["03/02/2025", "06/01/2025", "EQTL3", "quantidade", "evento"]


def test_a_brazilian_date_is_taken_where_dates_are_shown_so(ask: Run) -> None:
    """And refused where it would be ambiguous."""
    portuguese = ask("--lang", "pt", "members", "IBOV", "--on", "20/01/2025")
    assert portuguese.stdout == ask("--lang", "pt", "members", "IBOV", "--on", "2025-01-20").stdout
    english = ask("members", "IBOV", "--on", "20/01/2025")
    assert (english.returncode, "no date of the form YYYY-MM-DD" in english.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["members", "NONE"], "bovespa: o data lake não tem NONE; tem IBOV, IBRA\n"),
        (
            ["members", "IBRA", "--on", "2025-01-06"],
            (
                "IBRA está no data lake a partir de 26/08/2025, não em 06/01/2025: "
                "rode `bovespa members IBRA --on 2025-08-26`\n"
            ),
        ),
        (
            ["weights", "IBOV", "--from", "2025-06-01"],
            "pregão de IBOV a partir de 01/06/2025; o mais próximo: 14/02/2025\n",
        ),
        (
            ["changes", "IBOV", "--to", "1999-01-01"],
            "pregão de IBOV até 01/01/1999; o mais próximo: 11/12/2024\n",
        ),
        (
            ["members", "IBOV", "--known-at", "2020-01-01"],
            "nada se sabia de IBOV em 01/01/2020; hoje o data lake tem os pregões",
        ),
        (["holders", "XXXX3"], "bovespa: nenhum índice do data lake teve XXXX3\n"),
        (["members"], "Erro: Falta o argumento 'CODE'.\n"),
        (
            ["members", "IBOV", "--on", "x"],
            "'x' não é uma data da forma AAAA-MM-DD ou dd/mm/aaaa\n",
        ),
        (["members", "IBOV", "--max-age", "-1"], "-1 está fora do intervalo x>=0.\n"),
        (["members", "IBOV", "--format", "xls"], "'xls' não é um de 'table', 'csv', 'json'"),
        (["changes", "IBOV", "--first", "2025-02-01", "--last", "2025-01-01"], "é depois de"),
        (["query", "drop table position"], "só um SELECT pode ser executado"),
        (["members", "IBOV", "--nothing"], "Não existe a opção '--nothing'. Seria '--on'?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_error_is_portuguese(ask: Run, arguments: list[str], message: str) -> None:
    """Those of ours, of lower packages and of Click."""
    answer = ask("--lang", "pt", *arguments)
    assert message in answer.stderr
    assert "Error" not in answer.stderr


def test_a_group_without_a_command_shows_its_help(bovespa: Run) -> None:
    """The help is no error in Portuguese either."""
    shown = bovespa("--lang", "pt", "raw")
    assert (shown.returncode, shown.stderr) == (2, bovespa("raw").stderr)


@pytest.mark.usefixtures("quick_gate")
def test_a_refusal_is_told_in_words_with_the_rule_after_it(
    bovespa: Run, portfolio: Make, here: Path
) -> None:
    """By `refine` and by `check`; what `check` sends to programs stays English."""
    rows = {"PETR4": 1_000, "VALE3": 500}
    (here / "good.csv").write_bytes(portfolio(FRIDAY, **rows).to_csv())
    wrong = portfolio(FRIDAY, "IBRA", **rows).to_csv().replace(b"1.500", b"1.501")
    (here / "wrong.csv").write_bytes(wrong)
    imported = bovespa("--lang", "pt", "import", "good.csv", "wrong.csv")
    assert "wrong.csv: IBRA 27/02/2026, 2 posições, gravada" in imported.stdout
    refined = bovespa("--lang", "pt", "refine")
    assert refined.stdout == "publicação: 1 carteira de 1 índice\n"
    told = "as quantidades somam 1 a menos que o total da B3"
    assert refined.stderr == (
        f"recusado: IBRA 27/02/2026: {told} "
        "(position: quantity_excess equal_to(0), encontrado -1)\n"
    )
    checked = bovespa("--lang", "pt", "check")
    assert checked.stderr == "1 problema\n"
    assert checked.stdout == (f"recusado: IBRA: 27/02/2026: {told} (quantity_excess equal_to(0))\n")
    [problem] = json.loads(bovespa("--lang", "pt", "check", "--json").stdout)["problems"]
    assert problem["problem"] == (
        "2026-02-27: the quantities add up to 1 less than B3's total (quantity_excess equal_to(0))"
    )


def test_a_lake_that_is_late_is_told_in_portuguese(ask: Run) -> None:
    lines = ask("--lang", "pt", "check").stdout.splitlines()
    assert lines[0] == (
        "atraso: IBOV: o último pregão é o de 14/02/2025; pelo calendário deveria haver o de "
        "27/02/2026; rode `bovespa run`"
    )


def test_a_plot_is_portuguese(ask: Run, here: Path) -> None:
    """Title, axes, months, numbers and labels."""
    pytest.importorskip("matplotlib", reason="the extra [plot] is not installed")
    ask("--lang", "pt", "plot", "IBOV", "--output", here / "a.svg")
    picture = (here / "a.svg").read_text("utf-8")
    for text in (
        "Pesos em IBOV, 11 dez 2024 a 14 fev 2025",
        "10 papéis, 51,7 % da última carteira (87 papéis)",
        "Peso na carteira (%)",
        "VALE3  11,533",
        "rebalanceamento: entra POMO4 PSSA3, sai ALPA4 EZTC3, 46 quantidades",
        "LREN3 +10,00 %",
    ):
        assert text in picture
    ask("--lang", "pt", "preview", "IBOV", "--output", here / "b.svg")
    assert "prévia 2 da carteira de 06/01/2025" in (here / "b.svg").read_text("utf-8")


@pytest.mark.parametrize(("language", "readme"), [("en", "README.md"), ("pt", "README.pt-BR.md")])
def test_the_demo_says_what_the_first_page_shows(bovespa: Run, language: str, readme: str) -> None:
    """In the language of the page."""
    page = Path(__file__).parents[3] / readme
    if not page.is_file():
        pytest.skip("the first page is part of the repository, not of this package")
    said = bovespa("--lang", language, "demo", "--lake", "./demo-lake").stdout.splitlines()
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    shown = next(body for kind, body in blocks if not kind).splitlines()
    assert len(shown) == 10
    assert [line for line in shown if line not in {*said, "…"}] == []
