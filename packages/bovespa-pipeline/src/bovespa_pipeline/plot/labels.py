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
    places: Sequence[float],
    widths: Sequence[float],
    room: float,
    rows: int,
    first: Sequence[int] = (),
) -> Sequence[int | None]:
    """A row (0 the lowest) for each label that begins at its place, None for one without room.

    Where there is not room for all, the labels numbered in `first` come before the others, and
    later ones before earlier ones.
    """
    order = sorted(range(len(places)), key=lambda number: (number not in first, -number))
    chosen: dict[int, int] = {}
    for number in order:
        numbers = sorted((*chosen, number))
        labels = [(places[each], widths[each]) for each in numbers]
        if (stacked := _stacked(labels, room, rows)) is not None:
            chosen = dict(zip(numbers, stacked, strict=True))
    return [chosen.get(number) for number in range(len(places))]


def _stacked(labels: Sequence[tuple[float, float]], room: float, rows: int) -> Sequence[int] | None:
    """A row for each label of a place and a width, in order; None where one has no room.

    From the last to the first, so that the line down from a label crosses no other one, unless
    that had to be moved to the left.
    """
    begins: list[float] = []
    placed: list[int] = []
    for place, width in reversed(labels):
        start = max(0.0, min(place, room - width))
        row = 1 + max(
            (row for row, begin in enumerate(begins) if begin <= start + width), default=-1
        )
        if row >= rows:
            return None
        begins[row : row + 1] = [start]
        placed.append(row)
    return placed[::-1]
