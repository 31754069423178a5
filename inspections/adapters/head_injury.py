"""The head injury criterion: the greatest (t2 - t1) * (mean acceleration from t1 to t2, in g) ^ 2.5.

As in SAE J1727, FMVSS 208, UN R94 and Euro NCAP TB 021. t1 and t2 are samples, at most 15 or 36 ms apart; the mean is
the integral by trapezoids over the time. All windows are compared exactly, by the squares of their criteria.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate, islice
from operator import sub

from .directed import root_of_quotient

MOST_WINDOWS = 200_000_000
"""Windows that are compared at most: half a second at 100 kHz has 180 million of up to 36 ms."""


class TooManyWindows(Exception):
    """The signal is sampled so finely that comparing its windows would take minutes."""


@dataclass(frozen=True, slots=True)
class Window:
    """The samples from `first` to `last` with twice the integral over them, and the time between them."""

    first: int
    last: int
    area: int
    span: int


def worst_window(values: Sequence[int], times: Sequence[int], longest: int) -> Window | None:
    """The window of the greatest criterion, the first of several alike; None of fewer than two samples in reach.

    `values` are not negative; `longest` is in the units of `times`. Raises TooManyWindows.
    """
    areas = [0, *accumulate(_trapezoids(values, times))]
    step = _even_step(times)
    found = _even(areas, step, longest) if step else _uneven(areas, times, longest)
    best: Window | None = None
    for window in found:
        # Of a ^ 2.5 / t ^ 1.5 the squares are compared: a ^ 5 / t ^ 3.
        if best is None or window.area**5 * best.span**3 > best.area**5 * window.span**3:
            best = window
    return best


def criterion(window: Window, exponent: int, time_exponent: int, per_g: tuple[int, int], *, up: bool) -> Decimal:
    """The criterion of a window of values times ten to `exponent`; times `per_g`, a quotient, they are in g."""
    numerator = (window.area * per_g[0]) ** 5
    denominator = (2 * per_g[1]) ** 5 * window.span**3
    power = 5 * (exponent + time_exponent) - 3 * time_exponent
    if power >= 0:
        numerator *= 10**power
    else:
        denominator *= 10**-power
    return root_of_quotient(numerator, denominator, up=up)


def _trapezoids(values: Sequence[int], times: Sequence[int]) -> Iterator[int]:
    """Twice the area between each sample and the next."""
    return (
        (values[at] + values[at + 1]) * (times[at + 1] - times[at]) for at in range(min(len(values), len(times)) - 1)
    )


def _even_step(times: Sequence[int]) -> int:
    """The step between all samples; 0 where it differs."""
    if isinstance(times, range):
        return times.step
    steps = set(map(sub, islice(times, 1, None), times))
    return steps.pop() if len(steps) == 1 else 0


def _even(areas: Sequence[int], step: int, longest: int) -> Iterator[Window]:
    """Of each width the greatest area counts; the worst of them as a window, if there is any."""
    widths = min(longest // step, len(areas) - 1)
    if widths * len(areas) > MOST_WINDOWS:
        raise TooManyWindows
    best, worst = 0, 0
    for width in range(1, widths + 1):
        area = max(map(sub, islice(areas, width, None), areas))
        if not best or area**5 * best**3 > worst**5 * width**3:
            best, worst = width, area
    if best:
        first = list(map(sub, islice(areas, best, None), areas)).index(worst)
        yield Window(first, first + best, worst, best * step)


def _uneven(areas: Sequence[int], times: Sequence[int], longest: int) -> Iterator[Window]:
    best: Window | None = None
    compared = 0
    for width in range(1, len(areas)):
        spans = list(map(sub, islice(times, width, None), times))
        shortest = min(spans)
        if shortest > longest:
            return
        compared += len(spans)
        if compared > MOST_WINDOWS:
            raise TooManyWindows
        sums = list(map(sub, islice(areas, width, None), areas))
        # None of this width can be worse than the greatest area in the shortest time.
        if best is not None and max(sums) ** 5 * best.span**3 <= best.area**5 * shortest**3:
            continue
        for first, (area, span) in enumerate(zip(sums, spans, strict=True)):
            if span > longest:
                continue
            if best is None or area**5 * best.span**3 > best.area**5 * span**3:
                best = Window(first, first + width, area, span)
                yield best
