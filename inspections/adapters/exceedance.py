"""The level that a signal holds or exceeds for a time: cumulative, or at one stretch.

SAE J1727 knows both. Cumulative counts all times above the level together (UN R94, FMVSS 208, Euro NCAP TB 021 for the
head); contiguous asks for one stretch (the 3 ms clip of a single peak). Between samples the signal is a straight line,
so that the level and the moments at which it is crossed lie between samples too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from .directed import quotient

_FINE = 10**12
"""Times above a level are kept in so many parts of the unit of time, rounded the way that is worse."""


def held_level(
    values: Sequence[int], times: Sequence[int], duration: int, exponent: int, *, contiguous: bool, up: bool
) -> Decimal | None:
    """The greatest level held for `duration`, which is in the units of `times`. None where the recording is shorter.

    The level is `values` times ten to `exponent`; rounded up or down.
    """
    asked = duration * _FINE
    levels = sorted(set(values))
    if not levels or _held(values, times, levels[0], contiguous=contiguous, up=up) < asked:
        return None
    low, high = 0, len(levels) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if _held(values, times, levels[middle], contiguous=contiguous, up=up) >= asked:
            low = middle
        else:
            high = middle - 1
    if low == len(levels) - 1:
        return quotient(levels[low], 1, exponent, up=up)
    numerator, denominator = _between(values, times, levels[low], levels[low + 1], asked, contiguous=contiguous, up=up)
    return quotient(numerator, denominator, exponent, up=up)


def _held(values: Sequence[int], times: Sequence[int], level: int, *, contiguous: bool, up: bool) -> int:
    runs = _runs(values, times, level, up=up)
    return max(runs, default=0) if contiguous else sum(runs)


def _between(
    values: Sequence[int], times: Sequence[int], low: int, high: int, asked: int, *, contiguous: bool, up: bool
) -> tuple[int, int]:
    """The level from `low`, which is held, to `high`, which is not, as a quotient: between two samples' values the time
    above falls in a straight line."""
    wide = list(_runs(values, times, low, above=True, up=up))
    narrow = list(_runs(values, times, high, up=up))
    if not contiguous:
        wide, narrow = [sum(wide)], [sum(narrow)]
    best = (low, 1)
    for longer, shorter in zip(wide, narrow, strict=True):
        if longer > asked:
            # Never above `high`: rounding could make a run at `high` as long as asked.
            shorter = min(shorter, asked)
            numerator = low * (longer - shorter) + (longer - asked) * (high - low)
            if numerator * best[1] > best[0] * (longer - shorter):
                best = numerator, longer - shorter
    return best


def _runs(values: Sequence[int], times: Sequence[int], level: int, *, up: bool, above: bool = False) -> Iterator[int]:
    """How long each stretch of the signal is that reaches the level, or with `above` exceeds it."""
    least = level + 1 if above else level
    run, inside = 0, values[0] >= least
    for at in range(1, len(values)):
        before, value = values[at - 1], values[at]
        step = (times[at] - times[at - 1]) * _FINE
        if value >= least:
            run += step if inside else _part(step, value - level, value - before, up=up)
            inside = True
        elif inside:
            yield run + _part(step, before - level, before - value, up=up)
            run, inside = 0, False
    if inside:
        yield run


def _part(step: int, share: int, whole: int, *, up: bool) -> int:
    return -(-step * share // whole) if up else step * share // whole
