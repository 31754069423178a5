"""Whether a row of numbers rises or falls: the test of Mann and Kendall, in whole numbers.

It counts for every pair of values whether the later one is higher. Without a trend that count lies about zero with a
variance that is known exactly, whatever the distribution of the values (Kendall 1975; ties taken into account). Rising
or falling is said only where the count, less one for continuity, exceeds four of its standard deviations: by chance
alone that happens to about one row in sixteen thousand. It speaks of an order in time, not of a cause.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

LAST: Final = 40
"""So many values are looked at, the latest of one rig and position; fewer say nothing."""
DEVIATIONS: Final = 4


def direction(places: Sequence[int]) -> int:
    """1 where the last `LAST` of the numbers rise, -1 where they fall, 0 where neither can be said."""
    last = places[-LAST:]
    if len(last) < LAST:
        return 0
    score = excess(last)
    beyond = abs(score) - 1
    if beyond <= 0 or 18 * beyond**2 <= DEVIATIONS**2 * variance_in_eighteenths(last):
        return 0
    return 1 if score > 0 else -1


def excess(places: Sequence[int]) -> int:
    """Pairs of which the later is higher, less pairs of which it is lower."""
    return sum(
        (later > earlier) - (later < earlier) for place, earlier in enumerate(places) for later in places[place + 1 :]
    )


def variance_in_eighteenths(places: Sequence[int]) -> int:
    """Eighteen times the variance of `excess` without a trend; equal values make it smaller."""

    def part(count: int) -> int:
        return count * (count - 1) * (2 * count + 5)

    return part(len(places)) - sum(part(count) for count in Counter(places).values())
