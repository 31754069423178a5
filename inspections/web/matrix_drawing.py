"""The overview of a batch as a drawing: cars from left to right, a row a characteristic, only what is wrong drawn.

Each status has a height and a form of its own, so that it can be told without colour. Whole numbers only. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from inspections.gates.matrix import WRONG, Mark, wrong_places

WIDTH: Final = 1024
ROW: Final = 16
MOST_RUNS: Final = 15_000
"""Beyond, more cars share a step: the drawing of a batch in which nearly all is wrong stays small."""
_WIDEST: Final = 14
_RUN_OF_WRONG: Final = re.compile(b"([^%c%c])\\1*" % (Mark.NOT_ASKED, Mark.PASS))


@dataclass(frozen=True, slots=True)
class Stroke:
    """All that one status draws in one row: the outline of its runs."""

    mark: Mark
    path: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """`rows` in the order handed in, `together`: how many cars share one step at most."""

    rows: tuple[tuple[Stroke, ...], ...]
    together: int


def draw_rows(rows: Sequence[bytes], cars: int, extent: int) -> Drawing:
    """Draw rows of marks, a byte a car, over an axis on which `extent` cars have room."""
    bins = min(max(extent, 1), WIDTH)
    wrong = [[(place, row[place]) for place in wrong_places(row[:cars])] for row in rows]
    while True:
        runs = [list(_runs(_fold(row, extent, bins))) for row in wrong]
        if sum(map(len, runs)) <= MOST_RUNS or bins <= WIDTH // 16:
            break
        bins //= 2
    return Drawing(tuple(_strokes(row, bins) for row in runs), -(-extent // bins))


def _fold(wrong: Sequence[tuple[int, int]], extent: int, bins: int) -> bytes:
    """A byte a step; of the cars that share one the worst wins."""
    folded = bytearray(bins)
    for place, mark in wrong:
        step = place * bins // extent
        if mark > folded[step]:
            folded[step] = mark
    return bytes(folded)


def _runs(row: bytes) -> Iterator[tuple[int, int, int]]:
    """Neighbours alike, as mark, first and last."""
    for run in _RUN_OF_WRONG.finditer(row):
        yield row[run.start()], run.start(), run.end() - 1


def _strokes(runs: Sequence[tuple[int, int, int]], bins: int) -> tuple[Stroke, ...]:
    """The mildest first, so that the worst lies on top."""
    shapes: dict[int, list[str]] = {mark: [] for mark in WRONG}
    for worst, first, last in runs:
        shapes[worst].append(_shape(Mark(worst), first, last, bins))
    return tuple(Stroke(mark, "".join(shapes[mark])) for mark in WRONG if shapes[mark])


def _shape(mark: Mark, first: int, last: int, bins: int) -> str:
    """One run. A car alone is as wide as its step, within what can be seen."""
    step = WIDTH / bins
    start, end = int((first + 0.5) * step), int((last + 0.5) * step)
    long = end - start
    half = int(min(max(step, 3), _WIDEST) / 2)
    left, wide = start - half, long + 2 * half
    match mark:
        case Mark.FAIL:
            return f"M{left - 2} 2h{wide + 4}v4h-2v8h-{wide}v-8h-2z"
        case Mark.HELD:
            return f"M{left} 2h{wide}v4h-{wide}zm0 7h{wide}v4h-{wide}z"
        case Mark.UNCLEAR:
            return f"M{start - 5} 8l5-5h{long}l5 5-5 5h-{long}z"
        case Mark.CONCEDED:
            return f"M{start - 5} 5h{long + 10}l-5 8h-{long}z"
        case Mark.MISSING:
            return f"M{left - 1} 4h{wide + 2}v8h-{wide + 2}z"
        case Mark.STALE:
            return f"M{left - 1} 5h{wide + 2}v6h-{wide + 2}z"
    return f"M{left} 7h{wide}v3h-{wide}z"


def tick_step(extent: int) -> int:
    """How many cars lie between two figures of the axis: about ten figures, at round numbers."""
    for step in (1, 2, 5, 10, 20, 50, 100, 200, 250, 500, 1000, 2000, 5000):
        if extent <= step * 11:
            return step
    return 10_000


def percent(place: float, extent: int) -> str:
    """A place on the axis, as an attribute of the drawing."""
    return f"{100 * place / max(extent, 1):.2f}%"
