"""A picture drawn with matplotlib: PNG for eyes, SVG for pages, deterministic.

Lines are labelled where they end, changes above the plot, each with a line down its session.
"""

import datetime as dt
import io
from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any, Final

from bovespa_pipeline.plot.labels import spread, stack
from bovespa_pipeline.plot.model import Line, Mark, Picture, Point
from bovespa_pipeline.queries.results import MissingPackage
from bovespa_pipeline.texts import Texts, texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["FORMATS", "UNDATED", "draw", "load_matplotlib", "number_formatter"]

FORMATS: Final = ("png", "svg", "pdf")
UNDATED: Final[dict[str, dict[str, None]]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
"""Metadata that would make the bytes of two equal pictures differ, by format."""
DPI: Final = 150
COLOURS: Final = (
    "#0b5fa5",
    "#d1495b",
    "#2e8b57",
    "#8a5cb8",
    "#c77700",
    "#12808c",
    "#a23b72",
    "#5b6b1f",
    "#6d4c41",
    "#3d5a80",
)
GREY: Final = "#5f5f5f"
SMALL: Final = 8.0
"""Points: the size of labels."""
LINE: Final = SMALL * 1.35 / 72
"""Inches: the height of a line of labels."""
LETTER: Final = SMALL * 0.62 / 72
"""Inches: the width of a letter of labels, generously."""
LEFT, RIGHT, BOTTOM, TOP = 0.75, 1.45, 0.6, 0.75
ROWS: Final = 5
WEEK, HALF_YEAR = 7, 183
STYLE: Final[dict[str, Any]] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9a9a9a",
    "axes.labelcolor": "#333333",
    "xtick.color": GREY,
    "ytick.color": GREY,
    "svg.fonttype": "none",
    "svg.hashsalt": "bovespa",
}
MILLION: Final = 10**6


def draw(picture: Picture, kind: str, size: tuple[int, int]) -> bytes:
    """The picture in one of `FORMATS`, `size` pixels wide and high.

    Raises MissingPackage where matplotlib is not installed.
    """
    mpl, figure_type = load_matplotlib()
    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}):
        figure: Figure = figure_type(figsize=(size[0] / DPI, size[1] / DPI), dpi=DPI)
        _draw(picture, figure)
        drawn = io.BytesIO()
        figure.savefig(drawn, format=kind, metadata=UNDATED.get(kind, {}))
    return drawn.getvalue()


def load_matplotlib() -> tuple[Any, Any]:
    """The package and its class of figures. Raises MissingPackage."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        needed = "a plot needs matplotlib: pip install 'bovespa-pipeline[plot]'"
        raise MissingPackage(needed) from error
    return mpl, Figure


def _draw(picture: Picture, figure: "Figure") -> None:
    width, height = figure.get_size_inches()
    room = width - LEFT - RIGHT
    first, last = _ends(picture.sessions)
    words = texts(picture.language)
    labels = [_mark_text(mark, words) for mark in picture.marks]
    places = [(mark.session - first) / (last - first) * room for mark in picture.marks]
    widths = [len(label) * LETTER for label in labels]
    first_named = [number for number, mark in enumerate(picture.marks) if mark.is_rebalance]
    rows = stack(places, widths, width - LEFT, ROWS, first_named)
    top = TOP + LINE * (1 + max((row for row in rows if row is not None), default=-1))
    inside = height - top - BOTTOM
    axes = figure.add_axes((LEFT / width, BOTTOM / height, room / width, inside / height))
    axes.set_xlim(first, last)
    for mark, label, row in zip(picture.marks, labels, rows, strict=True):
        _draw_mark(axes, mark, label, None if row is None else row * LINE / inside, room)
    _draw_lines(axes, picture, inside)
    _draw_words(figure, axes, picture, rows.count(None))


def _ends(sessions: Sequence[dt.date]) -> tuple[dt.date, dt.date]:
    """The first and the last day of the axis; one session alone stands in its middle."""
    if len(sessions) > 1:
        return sessions[0], sessions[-1]
    return sessions[0] - dt.timedelta(1), sessions[0] + dt.timedelta(1)


def _mark_text(mark: Mark, words: Texts) -> str:
    causes = [words.term("values.cause", cause) for cause in mark.cause.split(", ")]
    cause = "" if mark.cause == "corporate_action" else f"{', '.join(causes)}: "
    return f"{_day(mark.session, words)}  {cause}{mark.text}"


def _draw_mark(axes: "Axes", mark: Mark, text: str, rise: float | None, room: float) -> None:
    """A line down the session; its text above the plot, `rise` of the plot's height higher."""
    across = axes.get_xaxis_transform()
    top = 1.0 if rise is None else 1.015 + rise
    axes.plot(
        [mark.session] * 2,
        [0, top],
        transform=across,
        color="#c9c9c9",
        lw=0.8,
        clip_on=False,
        zorder=1,
    )
    if rise is None:
        return
    start, end = axes.get_xlim()
    place = axes.convert_xunits(mark.session)
    here = (place - start) / (end - start)
    shift = min(0.0, (room + RIGHT - len(text) * LETTER) - here * room)
    axes.annotate(
        text,
        (place, top),
        xycoords=across,
        xytext=(3 + shift * 72, 0),
        textcoords="offset points",
        fontsize=SMALL,
        color="#333333",
        va="bottom",
        annotation_clip=False,
        # A line of another session passes behind it.
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        zorder=4,
    )


def _draw_lines(axes: "Axes", picture: Picture, inside: float) -> None:
    lines = sorted(picture.lines, key=lambda line: line.last[1])
    colours = dict(zip([line.ticker for line in picture.lines], cycle(COLOURS), strict=False))
    for line in lines:
        _draw_line(axes, line, colours[line.ticker], picture.what)
    low, high = axes.get_ylim()
    gap = min(LINE, inside / max(1, len(lines)))
    ends = [float(_value(line.last, picture.what)) for line in lines]
    for line, place in zip(
        lines, spread(ends, gap / inside * (high - low), low, high), strict=True
    ):
        axes.annotate(
            _end_text(line, picture),
            (1, place),
            xycoords=axes.get_yaxis_transform(),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL * gap / LINE,
            color=colours[line.ticker],
            annotation_clip=False,
        )


def _draw_line(axes: "Axes", line: Line, colour: str, what: str) -> None:
    for segment in line.segments:
        dates = [date for date, _ in segment.points]
        values = [_value(point, what) for point in segment.points]
        steps = "steps-post" if what == "quantities" and not segment.is_bridge else "default"
        style: dict[str, Any] = {"ls": (0, (2, 2)), "lw": 1.0} if segment.is_bridge else {"lw": 1.6}
        marker = "o" if len(dates) == 1 else ""
        axes.plot(
            dates,
            values,
            color=colour,
            drawstyle=steps,
            marker=marker,
            ms=2,
            zorder=2,
            clip_on=False,
            **style,
        )
    points = {point for segment in line.segments for point in segment.points}
    changed = sorted(point for point in points if point[0] in line.changed)
    axes.plot(
        [date for date, _ in changed],
        [_value(point, what) for point in changed],
        "o",
        ms=4,
        color=colour,
        mec="white",
        mew=0.7,
        zorder=3,
        clip_on=False,
    )


def _value(point: Point, what: str) -> float:
    return float(point[1]) / (MILLION if what == "quantities" else 1)


def _end_text(line: Line, picture: Picture) -> str:
    date, value = line.last
    words = texts(picture.language)
    shown = f"{value / MILLION:,.0f}" if picture.what == "quantities" else f"{value:.3f}"
    day = f"{date.day} {_month(date, words)}"
    until = "" if date == picture.sessions[-1] else f" {words('plot.until', day=day)}"
    return f"{line.ticker}  {words.number(shown)}{until}"


def _draw_words(figure: "Figure", axes: "Axes", picture: Picture, unnamed: int) -> None:
    width, height = figure.get_size_inches()
    first, last = picture.sessions[0], picture.sessions[-1]
    words = texts(picture.language)
    ends = {"first": _day(first, words), "last": _day(last, words)}
    days = ends["first"] if first == last else words("plot.span", **ends)
    what = words(f"plot.{picture.what}")
    title = words("plot.title", what=what, index=picture.index_code, days=days)
    legend = _legend(picture, unnamed, words)
    room = (width - 0.3) * 72
    sizes = min(12.0, room / len(title) / 0.7), min(SMALL, room / len(legend) / 0.57)
    left, top = 0.15 / width, 1 - 0.12 / height
    figure.text(left, top, title, fontsize=sizes[0], weight="bold", va="top")
    figure.text(left, top - 0.26 / height, legend, fontsize=sizes[1], color=GREY, va="top")
    _draw_days(axes, (last - first).days, int(width), words)
    axes.yaxis.grid(visible=True, color="#ececec", lw=0.7)
    axes.set_axisbelow(True)
    axes.set_xlabel(words("plot.session"))
    axes.set_ylabel(words(f"plot.{picture.what}_unit"))
    axes.yaxis.set_major_formatter(number_formatter(words))


def number_formatter(words: Texts) -> Any:
    """The numbers of an axis as matplotlib chooses them, in the form of a language."""
    from matplotlib.ticker import ScalarFormatter

    class Formatter(ScalarFormatter):  # type: ignore[misc]  # matplotlib is untyped here
        def __call__(self, value: float, place: int | None = None) -> str:
            return words.number(str(super().__call__(value, place)))

    return Formatter()


def _draw_days(axes: "Axes", days: int, most: int, words: Texts) -> None:
    """Days on the axis while there are few, months where there are many; never hours."""
    from matplotlib import dates

    locator = dates.AutoDateLocator(minticks=3, maxticks=max(4, most))
    axes.xaxis.set_major_locator(locator if days > WEEK else dates.DayLocator())

    def label(value: float, _: int) -> str:
        date = dates.num2date(value).date()
        return _month_of(date, words) if days > HALF_YEAR else _day(date, words)

    axes.xaxis.set_major_formatter(label)


def _legend(picture: Picture, unnamed: int, words: Texts) -> str:
    drawn, all_ = (
        words.counted(count, "security") for count in (len(picture.lines), picture.position_count)
    )
    weight = words.number(f"{picture.weight_pct:.1f}")
    parts = [words("plot.drawn", drawn=drawn, weight=weight, all=all_)]
    if any(line.changed for line in picture.lines):
        parts.append(words("plot.dot"))
    if any(segment.is_bridge for line in picture.lines for segment in line.segments):
        parts.append(words("plot.dashed"))
    if unnamed:
        parts.append(words("plot.unnamed", changes=words.counted(unnamed, "more_change")))
    return "; ".join(parts)


def _day(date: dt.date, words: Texts) -> str:
    return f"{date.day} {_month_of(date, words)}"


def _month_of(date: dt.date, words: Texts) -> str:
    return f"{_month(date, words)} {date.year}"


def _month(date: dt.date, words: Texts) -> str:
    return words(f"months.{date:%m}")
