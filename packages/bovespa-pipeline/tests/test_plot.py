"""Contents of a plot, placement of its labels, and file formats by ending."""

import datetime as dt
import itertools
import re
import struct
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bovespa_pipeline import LakeReader, open_lake
from bovespa_pipeline.plot.labels import spread, stack
from bovespa_pipeline.plot.model import Picture
from bovespa_pipeline.texts import texts
from lake_io import NotInLake

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def asked(sample_lake: Path) -> LakeReader:
    return open_lake(str(sample_lake))


@pytest.fixture(scope="module")
def ten(asked: LakeReader) -> Picture:
    """The ten largest of IBOV by weight."""
    return asked.picture("IBOV")


def test_the_largest_of_the_last_session_are_drawn(ten: Picture) -> None:
    """Largest first; what they weigh together is said, of how many."""
    assert [line.ticker for line in ten.lines[:3]] == ["VALE3", "ITUB4", "PETR4"]
    assert [line.last for line in ten.lines[:1]] == [(dt.date(2025, 2, 14), Decimal("11.533"))]
    assert (len(ten.lines), ten.position_count, ten.weight_pct) == (10, 87, Decimal("51.704"))


def test_changes_are_marked_with_their_session_and_cause(ten: Picture) -> None:
    """In few words: securities by name where they are few, counted where they are many."""
    assert [(str(mark.session), mark.cause, mark.text) for mark in ten.marks] == [
        ("2024-12-13", "corporate_action", "LREN3 +10.00 %"),
        ("2024-12-16", "corporate_action", "in AMOB3"),
        ("2025-01-06", "rebalance", "in POMO4 PSSA3, out ALPA4 EZTC3, 46 quantities"),
        ("2025-02-03", "corporate_action", "EQTL3 +0.34 %"),
    ]


def test_a_change_since_a_session_before_the_span_is_not_marked(asked: LakeReader) -> None:
    """The picture does not show what it changed from."""
    picture = asked.picture("IBOV", first="2025-01-06", tickers=["EQTL3"])
    assert [mark.text for mark in picture.marks] == ["EQTL3 +0.34 %"]
    assert picture.lines[0].changed == {dt.date(2025, 2, 3)}


def test_sessions_that_were_not_captured_are_bridged_and_told_apart(asked: LakeReader) -> None:
    """From 16 to 30 December, and from 6 January to 3 February."""
    (line,) = asked.picture("IBOV", what="quantities", tickers=["LREN3"]).lines
    bridges = [segment.points for segment in line.segments if segment.is_bridge]
    spans = [(str(before[0]), str(after[0])) for before, after in bridges]
    assert spans == [("2024-12-16", "2024-12-30"), ("2025-01-06", "2025-02-03")]
    first = line.segments[0].points
    assert [value for _, value in first] == [952_487_418, 1_047_736_159, 1_047_736_159]


def test_a_paper_that_left_ends_where_it_left(asked: LakeReader) -> None:
    """And one that came begins there."""
    gone, came = asked.picture("IBOV", tickers=["EZTC3", "POMO4"]).lines
    assert gone.last[0] == dt.date(2024, 12, 30)
    assert came.segments[0].points[0][0] == dt.date(2025, 1, 6)
    assert (gone.changed, came.changed) == (set(), {dt.date(2025, 1, 6)})


def test_a_ticker_that_was_never_in_is_told(asked: LakeReader) -> None:
    """With those it could have meant."""
    told = "IBOV held no VALE5 in these sessions; its largest securities: VALE3, ITUB4, PETR4"
    with pytest.raises(NotInLake, match=told):
        asked.picture("IBOV", tickers=["VALE3", "VALE5"])


def test_labels_that_crowd_share_their_middle() -> None:
    """The others stay where they are; none leaves the plot where there is room."""
    assert spread([1, 5, 5, 5], 1, 0, 10) == [1, 4, 5, 6]
    assert spread([0, 0, 9.8, 9.9], 1, 0, 10) == [0, 1, 9, 10]
    assert spread([], 1, 0, 10) == []


def test_marks_take_a_row_in_which_nothing_is_in_the_way() -> None:
    """An earlier one stands above those it would run into; the fourth row is too many."""
    assert stack([0, 5, 9], [4, 3, 3], 20, 3) == [0, 0, 0]
    assert stack([0, 1, 2], [4, 4, 4], 20, 3) == [2, 1, 0]
    assert stack([0, 1, 2, 3], [4, 4, 4, 4], 20, 3) == [None, 2, 1, 0]
    assert stack([19], [4], 20, 3) == [0]


def test_the_labels_that_matter_most_come_first() -> None:
    """Where there is not room for all: then the later ones."""
    assert stack([0, 1, 2, 3], [4, 4, 4, 4], 20, 2) == [None, None, 1, 0]
    assert stack([0, 1, 2, 3], [4, 4, 4, 4], 20, 2, first=[0, 1]) == [1, 0, None, None]


@given(st.lists(st.tuples(st.floats(0, 9), st.floats(0.1, 4)), max_size=40), st.data())
def test_no_two_labels_overlap(labels: list[tuple[float, float]], data: st.DataObject) -> None:
    """However many changes four years have, whichever of them come first."""
    labels.sort()
    places, widths = [place for place, _ in labels], [width for _, width in labels]
    first = data.draw(st.lists(st.integers(0, 40), max_size=5))
    rows = stack(places, widths, 10, 5, first)
    spans: dict[int, list[tuple[float, float]]] = {}
    for place, width, row in zip(places, widths, rows, strict=True):
        if row is not None:
            start = max(0.0, min(place, 10 - width))
            spans.setdefault(row, []).append((start, start + width))
    assert all(row < 5 for row in spans)
    for those in spans.values():
        those.sort()
        assert all(before[1] < after[0] for before, after in itertools.pairwise(those))


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_a_label_is_no_wider_than_it_is_taken_for(asked: LakeReader, language: str) -> None:
    """Measured as it is drawn."""
    pytest.importorskip("matplotlib", reason="the extra [plot] is not installed")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from bovespa_pipeline.plot import render

    words = texts(language)
    renderer = FigureCanvasAgg(Figure(dpi=render.DPI)).get_renderer()
    for mark in asked.picture("IBOV", language=language).marks:
        label = render._mark_text(mark, words)
        text = Figure(dpi=render.DPI).text(0, 0, label, fontsize=render.SMALL)
        width = text.get_window_extent(renderer).width / render.DPI
        assert width <= len(label) * render.LETTER


def test_the_axis_of_one_session_names_its_year(
    sample_lake: Path, here: Path, bovespa: Run
) -> None:
    pytest.importorskip("matplotlib", reason="the extra [plot] is not installed")
    bovespa("plot", "IBRA", "--output", "one.svg", "--lake", sample_lake)
    assert ">26 Aug 2025</text>" in (here / "one.svg").read_text("utf-8")


PLOTS = [
    ("IBOV", "weights", (1500, 900)),
    ("IBOV", "quantities", (800, 500)),
    ("IBRA", "weights", (900, 600)),
]


@pytest.mark.parametrize(("code", "what", "size"), PLOTS)
def test_a_png_is_one_of_that_size(  # noqa: PLR0913, PLR0917 - fixtures
    code: str, what: str, size: tuple[int, int], sample_lake: Path, here: Path, bovespa: Run
) -> None:
    """Of many sessions or of one, and not an empty sheet."""
    pytest.importorskip("matplotlib", reason="the extra [plot] is not installed")
    words = ["--what", what, "--size", f"{size[0]}x{size[1]}", "--lake", sample_lake]
    result = bovespa("plot", code, *words)
    assert (result.returncode, result.stdout) == (0, f"{code}-{what}.png\n"), result.stderr
    body = (here / f"{code}-{what}.png").read_bytes()
    assert body[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", body[16:24]) == size
    assert len(body) > 10_000


def test_an_svg_names_what_it_shows(sample_lake: Path, here: Path, bovespa: Run) -> None:
    """Text of the plot: title, axes with units, securities, changes."""
    pytest.importorskip("matplotlib", reason="the extra [plot] is not installed")
    words = ["--what", "quantities", "--tickers", "lren3, EZTC3", "--output", "q.SVG"]
    assert bovespa("plot", "ibov", *words, "--lake", sample_lake).returncode == 0
    root = ElementTree.parse(here / "q.SVG").getroot()  # noqa: S314 - our own
    texts = ["".join(each.itertext()).strip() for each in root.iter() if each.tag.endswith("text")]
    expected = {
        "Theoretical quantities in IBOV, 11 Dec 2024 to 14 Feb 2025",
        "Session",
        "Quantity (millions of securities)",
        "LREN3  1,051",
        "EZTC3  97 until 30 Dec",
        "13 Dec 2024  LREN3 +10.00 %",
        "6 Jan 2025  rebalance: in POMO4 PSSA3, out ALPA4 EZTC3, 46 quantities",
    }
    assert expected - set(texts) == set()


def test_the_same_plot_is_the_same_file(ten: Picture) -> None:
    """No date, no chance: it can be kept under version control."""
    pytest.importorskip("matplotlib", reason="the extra [plot] is not installed")
    from bovespa_pipeline.plot.render import draw

    first = draw(ten, "svg", (1500, 900))
    assert draw(ten, "svg", (1500, 900)) == first
    assert not re.search(rb"<dc:date>", first)


def test_changes_without_room_are_counted(ten: Picture) -> None:
    """Their lines stay; a narrow plot of many changes is still a plot."""
    pytest.importorskip("matplotlib", reason="the extra [plot] is not installed")
    from dataclasses import replace

    from bovespa_pipeline.plot.render import draw

    svg = draw(replace(ten, marks=[*ten.marks] * 3), "svg", (800, 500)).decode()
    assert "more changes, lines only" in svg


def test_without_matplotlib_a_sentence_says_what_to_install(
    sample_lake: Path, here: Path, bovespa: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no file is left."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = bovespa("plot", "IBOV", "--lake", sample_lake)
    needed = "bovespa: a plot needs matplotlib: pip install 'bovespa-pipeline[plot]'\n"
    assert (result.returncode, result.stderr) == (2, needed)
    assert list(here.glob("*.png")) == []


def test_a_place_that_cannot_be_written_is_told(sample_lake: Path, bovespa: Run) -> None:
    """In a sentence."""
    pytest.importorskip("matplotlib", reason="the extra [plot] is not installed")
    result = bovespa("plot", "IBOV", "--output", "no/such.png", "--lake", sample_lake)
    assert (result.returncode, "cannot write no/such.png" in result.stderr) == (2, True)
