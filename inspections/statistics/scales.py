"""Round numbers for a scale: steps of one, two or five times a power of ten, in whole steps of a lattice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

FENCES: Final = 6
"""What lies further out than so many quartile ranges is left off the scale, and said to be (Tukey's fence is 1.5)."""
FEW: Final = 12
"""So few values are all kept on the scale: their quartiles say little."""
SQUEEZED: Final = 20
BEYOND: Final = 3
"""Values up to so many times as far out as a limit stay on the scale: they are what people look for."""


@dataclass(frozen=True, slots=True)
class Extent:
    """From `low` to `high`, both multiples of `step`."""

    low: int
    high: int
    step: int

    def ticks(self) -> range:
        return range(self.low, self.high + 1, self.step)


def round_step(width: int, most: int, per_unit: int) -> int:
    """The smallest round step of which at most `most` make the width.

    Round is meant in the unit, of which `per_unit` steps of the lattice make one: 1, 2 or 5 times a power of ten, and
    never finer than the finest decimal that the lattice holds whole.
    """
    finest = per_unit
    while finest % 10 == 0:
        finest //= 10
    step, factor = finest, 1
    while step * most < width:
        for several in (2, 5, 10):
            step = finest * factor * several
            if step * most >= width:
                break
        factor *= 10
    return step


def kept_on_scale(places: Sequence[int], limits: Iterable[int] = ()) -> tuple[int, int]:
    """The lowest and highest that a scale has to show: all but what lies far outside the others.

    Far is measured in quartile ranges, or by how far it is to a limit on that side, whichever is more.
    """
    ordered = sorted(places)
    if len(ordered) <= FEW:
        return ordered[0], ordered[-1]
    first, third = ordered[len(ordered) // 4], ordered[(3 * len(ordered)) // 4]
    fence, stated = FENCES * max(third - first, 1), list(limits)
    down = max([fence, *(BEYOND * (first - limit) for limit in stated)])
    up = max([fence, *(BEYOND * (limit - third) for limit in stated)])
    inside = [place for place in ordered if first - down <= place <= third + up]
    return inside[0], inside[-1]


def extent_of(places: Sequence[int], limits: Iterable[int], per_unit: int, most: int) -> Extent:
    """A scale for the values with the limits that lie near, and room beyond each of those limits.

    A limit that would squeeze more than a few values into a twentieth of the scale is left off it. About `most` steps.
    """
    stated = set(limits)
    low, high = kept_on_scale(places, stated)
    bottom, top = low, high
    near = []
    for limit in sorted(stated, key=lambda limit: max(low - limit, limit - high)):
        lower, upper = min(bottom, limit), max(top, limit)
        if len(places) <= FEW or low == high or upper - lower <= SQUEEZED * (high - low):
            bottom, top = lower, upper
            near.append(limit)
    if bottom == top:
        bottom, top = min(bottom - 1, bottom * 9 // 10), max(top + 1, -(-top * 11 // 10))
        bottom = max(bottom, 0) if low >= 0 else bottom
    step = round_step(top - bottom, most, per_unit)
    first, last = bottom // step * step, -(-top // step) * step
    # A value on the upper edge would begin a bin of its own beyond the scale.
    return Extent(first - step * (first in near), last + step * (last in near or last == high), step)


def binned(places: Iterable[int], extent: Extent, most: int, per_unit: int) -> tuple[int, Counter[int]]:
    """The width of a bin and how many values lie in each, by its lower edge; an edge belongs to the bin above it.

    What is off the scale is not counted.
    """
    width = round_step(extent.high - extent.low, most, per_unit)
    return width, Counter(place // width * width for place in places if extent.low <= place <= extent.high)
