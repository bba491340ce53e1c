"""A preview drawn: weights before and after, what enters, what leaves and what moves most."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from bovespa_pipeline.plot.render import (
    DPI,
    GREY,
    SMALL,
    STYLE,
    UNDATED,
    load_matplotlib,
    number_formatter,
)
from bovespa_pipeline.texts import ENGLISH, Texts, texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bovespa_pipeline.queries.results import Preview

__all__ = ["draw_preview"]

COLOURS: Final = {"inclusion": "#2e8b57", "exclusion": "#d1495b"}
MOVED: Final = "#0b5fa5"
WIDTH: Final = 8.0
"""Inches, as the row and the margins are."""
ROW, TOP, BOTTOM, LEFT, RIGHT = 0.22, 0.8, 0.6, 0.95, 0.9

Row = dict[str, Any]


def draw_preview(preview: "Preview", kind: str, top: int, language: str = ENGLISH) -> bytes:
    """The picture as PNG or SVG: each security that enters or leaves, and the `top` that move most.

    Raises MissingPackage where matplotlib is not installed.
    """
    mpl, figure_type = load_matplotlib()
    rows, words = _rows(preview, top), texts(language)
    height = TOP + BOTTOM + ROW * max(1, len(rows))
    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}):
        figure: Figure = figure_type(figsize=(WIDTH, height), dpi=DPI)
        inside = (1 - (LEFT + RIGHT) / WIDTH, 1 - (TOP + BOTTOM) / height)
        axes = figure.add_axes((LEFT / WIDTH, BOTTOM / height, *inside))
        _draw_rows(axes, rows, words)
        _draw_words(figure, preview, len(rows), height, words)
        drawn = io.BytesIO()
        figure.savefig(drawn, format=kind, metadata=UNDATED.get(kind, {}))
    return drawn.getvalue()


def _rows(preview: "Preview", top: int) -> Sequence[Row]:
    """The drawn changes from below: what moves most, then what leaves, then what enters."""
    rows: list[Row] = preview.changes.arrow.to_pylist()
    moved = [row for row in rows if row["change_type"] not in COLOURS][:top]
    exclusions = [row for row in rows if row["change_type"] == "exclusion"]
    inclusions = [row for row in rows if row["change_type"] == "inclusion"]
    return [*reversed(moved), *reversed(exclusions), *reversed(inclusions)]


def _draw_rows(axes: "Axes", rows: Sequence[Row], words: Texts) -> None:
    for place, row in enumerate(rows):
        before, after = (float(row[name] or 0) for name in ("previous_weight_pct", "weight_pct"))
        colour = COLOURS.get(row["change_type"], MOVED)
        axes.plot([before, after], [place, place], color=colour, lw=1.6, zorder=2)
        axes.plot([before], [place], "o", ms=5, color="white", mec=colour, zorder=3)
        axes.plot([after], [place], "o", ms=5, color=colour, zorder=3)
        axes.annotate(
            words.number(f"{row['weight_change_pct']:+.3f}"),
            (1, place),
            xycoords=axes.get_yaxis_transform(),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
            color=colour,
            annotation_clip=False,
        )
    axes.set_yticks(range(len(rows)), [row["ticker"] for row in rows], fontsize=SMALL)
    axes.set_ylim(-0.7, max(1, len(rows)) - 0.3)
    axes.set_xlim(left=0)
    axes.xaxis.grid(visible=True, color="#ececec", lw=0.7)
    axes.set_axisbelow(True)
    axes.set_xlabel(words("plot.preview_axis"))
    axes.xaxis.set_major_formatter(number_formatter(words))


def _draw_words(
    figure: "Figure", preview: "Preview", drawn: int, height: float, words: Texts
) -> None:
    title = words(
        "plot.preview_title",
        index=preview.index_code,
        number=preview.number,
        day=preview.effective_date,
    )
    margin = 0.15 / WIDTH
    legend = _legend(preview, drawn, words)
    figure.text(margin, 1 - 0.12 / height, title, fontsize=12, weight="bold", va="top")
    figure.text(margin, 1 - 0.40 / height, legend, fontsize=SMALL, color=GREY, va="top")


def _legend(preview: "Preview", drawn: int, words: Texts) -> str:
    against = words("plot.preview_nothing")
    if preview.in_force_date:
        against = words("plot.preview_against", day=preview.in_force_date)
    changes = words.counted(len(preview.changes), "change")
    legend = words("plot.preview_words", against=against, drawn=drawn, changes=changes)
    return legend if preview.is_confirmed else legend + words("plot.preview_doubtful")
