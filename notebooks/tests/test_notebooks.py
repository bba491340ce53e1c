"""The notebooks run as they are, and what a figure claims is what the tables hold.

A test looks at the data frames and sentences behind a figure, in the kernel that drew it;
pixels are for eyes.
"""

import ast
import datetime as dt
import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pytest
from dateutil.easter import easter

# The renderer beside this folder: tests are imported without their folder on the path.
sys.path.insert(0, str(Path(__file__).parents[1]))

import render
from sample_lake import SPOILED, sample_lake

from b3_contracts.rule_texts import RULE_TEXTS
from b3_contracts.trading_calendar import closed_weekdays
from bovespa_pipeline.ingest.importing import ImportHints, import_files
from bovespa_pipeline.queries.gaps import missing_sessions
from glue_transform import DuckDBEngine, refine
from glue_transform.testing import evaluate
from lake_io import open_lake

IMPORTED = dt.datetime(2025, 3, 1, 12, tzinfo=dt.UTC)
IMPORTS = ("import ", "from ")
CAPTURES = Path(__file__).parents[3] / "shared" / "captures"
SENTENCES: Final = {
    "athena_notebook": (
        "frase_total",
        "frase_rebalanceamento",
        "frase_concentracao",
        "frase_composicao",
        "frase_previa",
        "frase_faltas",
    ),
    "quality_notebook": ("frase_recusas", "frase_regras", "frase_invariantes"),
}
FRAMES: Final = {
    "athena_notebook": (
        "totais",
        "mudancas",
        "entradas_e_saidas",
        "concentracao",
        "composicao",
        "previa",
    ),
    "quality_notebook": ("recusas", "placar", "invariantes", "conferidas"),
}
OTHERS: Final = {
    "athena_notebook": ("marcos", "notas", "faltas", "moveu"),
    "quality_notebook": ("quebras",),
}
TELL = """
import json as _json
print(_json.dumps(
    {{
        **{{name: globals()[name] for name in {others!r}}},
        **{{name: _json.loads(globals()[name].to_json(orient="table", date_format="iso"))["data"]
           for name in {frames!r}}},
    }},
    default=str,
))
"""

Told = Mapping[str, Any]


def told(name: str, lake: Path) -> Told:
    """Variables of the notebook's kernel at its end, and its figures."""
    say = TELL.format(others=SENTENCES[name] + OTHERS[name], frames=FRAMES[name])
    executed = render.execute(render.read(name), str(lake), then=[say])
    (output,) = executed.cells[-1].outputs
    return {**json.loads(output.text), "pictures": list(render.pictures(executed))}


def day(value: str) -> dt.date:
    """A day that pandas wrote with a time, or `str` of a timestamp."""
    return dt.date.fromisoformat(value[:10])


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample exchange, and the session whose weights were spoiled."""
    folder = tmp_path_factory.mktemp("sample") / "lake"
    sample_lake(folder, evaluate)
    return folder


@pytest.fixture(scope="module")
def story(sample: Path) -> Told:
    return told("athena_notebook", sample)


@pytest.fixture(scope="module")
def quality(sample: Path) -> Told:
    return told("quality_notebook", sample)


@pytest.mark.parametrize("name", render.NAMES)
def test_a_notebook_is_kept_without_outputs(name: str) -> None:
    """A diff shows what a person wrote."""
    for cell in render.read(name).cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)


@pytest.mark.parametrize("name", render.NAMES)
def test_a_notebook_needs_nothing_that_athena_lacks(name: str) -> None:
    """Beyond the local stand-in it imports matplotlib, pandas, what pandas needs, and Python's."""
    _, *cells = [cell.source for cell in render.read(name).cells if cell.cell_type == "code"]
    lines = "\n".join(cells).splitlines()
    imported = {line.split()[1].split(".")[0] for line in lines if line.startswith(IMPORTS)}
    assert imported <= {"datetime", "textwrap", "matplotlib", "pandas", "dateutil"}


@pytest.mark.parametrize("name", render.NAMES)
def test_both_notebooks_begin_alike(name: str) -> None:
    """The cell that makes a notebook run in both places is the same."""
    cells = [cell.source for cell in render.read(name).cells if cell.cell_type == "code"]
    assert cells[0] == render.read(render.NAMES[0]).cells[1].source
    assert all("spark.sql(" not in cell for cell in cells[2:])


def test_the_total_is_that_of_every_portfolio(story: Told) -> None:
    """Fifteen sessions, first and last as the exchange stated them."""
    totals = [(day(row["reference_date"]), row["quantidade"]) for row in story["totais"]]
    assert len(totals) == 15
    assert totals[0] == (dt.date(2024, 12, 11), 96_387_676_727)
    assert totals[-1] == (dt.date(2025, 2, 14), 98_374_532_289)


def test_the_marks_explain_the_whole_move(story: Told) -> None:
    """LREN3's bonus, AMOB3, the rebalance and EQTL3: together they are the difference."""
    marks = {day(mark["data"]): mark for mark in story["marcos"]}
    assert {date: mark["papeis"] for date, mark in marks.items()} == {
        dt.date(2024, 12, 13): 95_248_741,
        dt.date(2024, 12, 16): 558_603_452,
        dt.date(2025, 1, 6): 1_328_721_076,
        dt.date(2025, 2, 3): 4_282_293,
    }
    assert sum(mark["papeis"] for mark in marks.values()) == story["moveu"]
    assert marks[dt.date(2024, 12, 13)]["texto"] == "evento societário: LREN3 +10,00 %"
    assert (
        marks[dt.date(2025, 1, 6)]["texto"] == "rebalanceamento: 2 entram, 2 saem, 46 quantidades"
    )
    assert len(story["notas"]) == 4


def test_the_total_says_what_moved_it(story: Told) -> None:
    """1,328,721,076 of 1,986,855,562 securities are two thirds."""
    assert story["frase_total"] == (
        "De 96,39 para 98,37 bilhões de papéis: 67 % da mudança vem do rebalanceamento"
    )


def test_who_entered_and_left_with_what_weight(story: Told) -> None:
    """The weight before of who leaves, the weight after of who enters."""
    found = {
        row["ticker"]: (row["change_type"], row["previous_weight_pct"], row["weight_pct"])
        for row in story["entradas_e_saidas"]
    }
    assert found == {
        "POMO4": ("inclusion", None, 0.254),
        "PSSA3": ("inclusion", None, 0.329),
        "ALPA4": ("exclusion", 0.054, None),
        "EZTC3": ("exclusion", 0.055, None),
    }
    assert story["frase_rebalanceamento"] == (
        "Em 06/01/2025 entram POMO4 e PSSA3, saem ALPA4 e EZTC3; 46 quantidades mudam"
    )


def test_concentration_is_what_the_weights_give(sample: Path, story: Told) -> None:
    """Recomputed from the lake's rows, session by session."""
    rows = open_lake(str(sample)).refined_tables.snapshot().read("position").to_pylist()
    for shown in story["concentracao"]:
        session = ("IBOV", day(shown["reference_date"]))
        weights = sorted(
            float(row["weight_pct"])
            for row in rows
            if (row["index_code"], row["reference_date"]) == session
        )
        assert shown["dez_maiores_pct"] == pytest.approx(sum(weights[-10:]))
        effective = 1 / sum((weight / 100) ** 2 for weight in weights)
        assert shown["posicoes_efetivas"] == pytest.approx(effective)
    assert len(story["concentracao"]) == 15


def test_who_was_in_on_a_date(story: Told) -> None:
    """20 January was not captured: 6 January's portfolio answers, and says so."""
    assert {day(row["reference_date"]) for row in story["composicao"]} == {dt.date(2025, 1, 6)}
    assert len(story["composicao"]) == 87
    assert story["frase_previa"] == (
        "A 2ª prévia para 06/01/2025: entram POMO4 e PSSA3, saem ALPA4 e EZTC3"
    )
    assert story["frase_composicao"] == (
        "Em 20/01/2025 vale a carteira de 06/01/2025: 87 papéis, e VALE3 pesa 11,8 %"
    )


def test_the_gaps_are_those_of_the_command(story: Told) -> None:
    """The notebook's calendar agrees with the one `bovespa gaps` uses."""
    captured = [day(row["reference_date"]) for row in story["totais"]]
    assert [day(gap) for gap in story["faltas"]] == missing_sessions(captured)
    assert story["frase_faltas"] == "15 de 44 pregões foram capturados: faltam 29"


@pytest.mark.parametrize("year", range(2000, 2028))
def test_the_holidays_of_the_notebook_are_those_of_the_calendar(year: int) -> None:
    """Of each year, those of São Paulo before 2022 among them."""
    holidays = _function("athena_notebook.ipynb", "feriados")
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    closed = {day.date() for day in holidays(year) if day.weekday() < 5}
    assert closed == set(closed_weekdays(first, last))


def _function(notebook: str, name: str) -> Callable[[int], set[pd.Timestamp]]:
    """A function of a notebook's cell, by itself."""
    cells = json.loads((Path(__file__).parents[1] / notebook).read_text("utf-8"))["cells"]
    (source,) = [text for cell in cells if f"def {name}(" in (text := "".join(cell["source"]))]
    (defined,) = [
        node
        for node in ast.parse(source.replace("%matplot", "# %matplot")).body
        if isinstance(node, ast.FunctionDef) and node.name == name
    ]
    module: dict[str, Any] = {"dt": dt, "easter": easter, "pd": pd}
    exec(compile(ast.unparse(defined), name, "exec"), module)  # noqa: S102 - our own notebook
    function: Callable[[int], set[pd.Timestamp]] = module[name]
    return function


def test_every_question_of_the_story_has_its_picture(story: Told) -> None:
    """Six questions, six figures."""
    assert len(story["pictures"]) == 6


def test_the_refused_portfolio_is_named_with_its_rule(quality: Told) -> None:
    """The spoiled session, and nothing else."""
    (refused,) = quality["recusas"]
    assert (refused["index_code"], day(refused["reference_date"])) == ("IBOV", SPOILED)
    assert refused["regra"] == "Os pesos somam exatamente 100,000 %."
    assert quality["frase_recusas"] == (
        "1 carteira recusada e 16 publicadas; a regra mais quebrada: "
        "Os pesos somam exatamente 100,000 %"
    )


def test_a_rule_fails_in_the_run_that_refused(quality: Told) -> None:
    """Two runs, eleven rules; one failed once, in the second run."""
    assert len(quality["placar"]) == 11
    failed = [
        (row["regra"], list(row)[1:].index(run))
        for row in quality["placar"]
        for run in list(row)[1:]
        if not row[run]
    ]
    assert failed == [("Os pesos somam exatamente 100,000 %.", 1)]
    assert quality["frase_regras"] == "11 regras em 2 execuções: 1 falha"


def test_what_is_published_holds(quality: Told) -> None:
    """Six invariants over sixteen portfolios; two have nothing before them to compare with."""
    counted = {
        row["invariante"]: (row["conferidas"], row["violadas"]) for row in quality["invariantes"]
    }
    assert set(counted.values()) == {(16, 0), (14, 0)}
    assert counted["as mudanças explicam a diferença para o anterior"] == (14, 0)
    assert quality["frase_invariantes"] == (
        "6 invariantes em 16 carteiras publicadas: nenhuma violação"
    )
    assert len(quality["pictures"]) == 3


@pytest.fixture(scope="module")
def ten_sessions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of ten real sessions of February 2025."""
    if not CAPTURES.is_dir():
        pytest.skip("the folder of real captures (../shared/captures) is not here")
    folder = tmp_path_factory.mktemp("ten") / "lake"
    lake = open_lake(str(folder))
    files = sorted(CAPTURES.glob("untitled/*-02-25.csv"))
    landing = import_files(lake.raw, files, ImportHints(date_from_name=True), lambda: IMPORTED)
    assert (len(landing.landed), landing.refusals) == (10, [])
    refine(lake, DuckDBEngine(), IMPORTED, evaluate=evaluate)
    return folder


def test_ten_real_sessions_tell_their_own_story(ten_sessions: Path) -> None:
    """No rebalance, no gap, a date before the first session: each is said in a sentence."""
    found = told("athena_notebook", ten_sessions)
    assert found["frase_total"] == "98,37 bilhões de papéis em todos os pregões"
    assert found["frase_rebalanceamento"] == (
        "Nenhum rebalanceamento cabe entre os pregões capturados"
    )
    assert found["frase_composicao"] == (
        "Em 20/01/2025 não se sabe: a captura do IBOV começa em 03/02/2025"
    )
    assert found["frase_faltas"] == "Nenhum dos 10 pregões do período falta"
    assert len(found["concentracao"]) == 10


def test_nothing_was_refused_of_ten_real_sessions(ten_sessions: Path) -> None:
    """Every rule held, and every invariant."""
    found = told("quality_notebook", ten_sessions)
    assert found["frase_recusas"] == "Nenhuma carteira recusada; 10 publicadas"
    assert found["frase_regras"] == "11 regras em 1 execução: todas valeram"
    assert found["frase_invariantes"] == (
        "6 invariantes em 10 carteiras publicadas: nenhuma violação"
    )


@pytest.mark.parametrize("name", render.NAMES)
def test_the_rendered_page_says_what_the_notebook_says_now(
    name: str, request: pytest.FixtureRequest
) -> None:
    """`hatch run notebooks` was run after the last change; a page stays light."""
    page = (render.RENDERED / f"{name}.html").read_text("utf-8")
    now = request.getfixturevalue("story" if name == "athena_notebook" else "quality")
    assert all(now[sentence] in page for sentence in SENTENCES[name])
    assert page.count("<img ") == page.count('alt="') == len(now["pictures"])
    alternatives = re.findall(r' alt="([^"]*)"', page)
    assert all(
        text.startswith(f"{now[sentence]}.")
        for text, sentence in zip(alternatives, SENTENCES[name], strict=True)
    )
    assert not any(re.search(r"[.,:;!?]{2}|[^.]$", text) for text in alternatives)
    assert len(page) < 600_000


def test_the_rules_are_worded_as_in_the_contract() -> None:
    """The notebook runs in Athena without our packages, so it repeats the texts."""
    document = json.loads(
        (Path(render.__file__).with_name("quality_notebook.ipynb")).read_text("utf-8")
    )
    code = next(cell for cell in document["cells"] if "REGRAS = {" in "".join(cell["source"]))
    tree = ast.parse("".join(code["source"]))
    regras = ast.literal_eval(next(n.value for n in tree.body if isinstance(n, ast.Assign)))
    assert regras == {rule: RULE_TEXTS[rule]["pt-BR"] for rule in regras}
