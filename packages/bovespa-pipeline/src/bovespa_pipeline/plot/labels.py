"""Placement of labels without overlap, each close to its anchor."""

from collections.abc import Sequence
from statistics import mean

__all__ = ["spread", "stack"]


def spread(places: Sequence[float], gap: float, first: float, last: float) -> Sequence[float]:
    """The places, in order, moved as little as can be so that each is `gap` after the other.

    Those that crowd each other share their middle. All lie between `first` and `last`, where
    there is room.
    """
    blocks: list[list[float]] = []
    for number, place in enumerate(places):
        blocks.append([place - number * gap])
        while len(blocks) > 1 and mean(blocks[-2]) > mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    highest = last - (len(places) - 1) * gap
    starts = [max(first, min(mean(block), highest)) for block in blocks for _ in block]
    return [start + number * gap for number, start in enumerate(starts)]


def stack(
    places: Sequence[float], widths: Sequence[float], room: float, rows: int
) -> Sequence[int | None]:
    """A row (0 the lowest) for each label that begins at its place, or none where all are full.

    From the last to the first, so that the line down from a label crosses no other one.
    """
    begins: list[float] = []
    placed_rows: list[int | None] = []
    for place, width in reversed(list(zip(places, widths, strict=True))):
        start = max(0.0, min(place, room - width))
        row = 1 + max(
            (row for row, begin in enumerate(begins) if begin <= start + width), default=-1
        )
        if row < rows:
            begins[row : row + 1] = [start]
        placed_rows.append(row if row < rows else None)
    return placed_rows[::-1]
