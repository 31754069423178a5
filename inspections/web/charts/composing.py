"""From values on a ruler to a plot: the scale that all charts of a page share, marks or bands, bars, limits."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from inspections.evaluation.reasons import Outcome
from inspections.statistics.lattice import Lattice
from inspections.statistics.scales import Extent, binned, extent_of
from inspections.statistics.summing import Placed, worst_first

from .clock import moments_between
from .plot import MOST_SERIES, Band, Bar, LimitLine, Mark, Plot, Tick, Zone

MOST_MARKS: Final = 500
_KINDS: Final = {
    Outcome.PASS: "pass",
    Outcome.FAIL: "fail",
    Outcome.INDETERMINATE: "unclear",
    Outcome.NOT_JUDGED: "unjudged",
}
_ROWS, _BINS = 6, 20


@dataclass(frozen=True, slots=True)
class DrawnLimit:
    """A limit on the ruler with its words. `conforms` says on which side values conform: "above" or "below"; "" for a
    value that is asked for exactly."""

    place: int
    label: str
    passes: bool | None
    conforms: str


@dataclass(frozen=True, slots=True)
class Canvas:
    """What the charts of one page share: the ruler, the scale, the span of time, limits, and the order of rigs."""

    lattice: Lattice
    extent: Extent
    begin: datetime
    end: datetime
    limits: tuple[DrawnLimit, ...]
    zones: tuple[tuple[int | None, int | None], ...]
    rigs: Mapping[str, int]
    rows: tuple[Tick, ...]

    @property
    def margin(self) -> int:
        """Room for the longest number at the axis, in a wide face."""
        return 16 + 9 * max(3, *(len(tick.label) for tick in self.rows))

    def height_of(self, place: int) -> float:
        return (place - self.extent.low) / (self.extent.high - self.extent.low)

    def shows(self, place: int) -> bool:
        return self.extent.low <= place <= self.extent.high

    def when(self, moment: datetime) -> float:
        return (moment - self.begin) / (self.end - self.begin)


def make_canvas(
    values: Sequence[Placed],
    lattice: Lattice,
    limits: Sequence[DrawnLimit],
    zones: Sequence[tuple[int | None, int | None]],
) -> Canvas | None:
    """The canvas of these values, which are in the order of time; None where none of them has a place."""
    places = [value.place for value in values if value.place is not None]
    if not places:
        return None
    extent = extent_of(places, [limit.place for limit in limits], lattice.per_unit, _ROWS)
    begin, end = values[0].measured.finished_at, values[-1].measured.finished_at
    if end - begin < timedelta(minutes=1):
        begin, end = begin - timedelta(minutes=5), end + timedelta(minutes=5)
    rigs = {code: min(place, MOST_SERIES) for place, code in enumerate(sorted({v.measured.rig for v in values}))}
    span = extent.high - extent.low
    rows = tuple(Tick((tick - extent.low) / span, _label(lattice, tick, extent.step)) for tick in extent.ticks())
    return Canvas(lattice, extent, begin, end, tuple(limits), tuple(zones), rigs, rows)


def _label(lattice: Lattice, tick: int, step: int) -> str:
    """A round number with as many places as its step has; "" where no decimal says it."""
    number, each = lattice.number(tick), lattice.number(step)
    if number is None or each is None:
        return ""
    exponent = each.as_tuple().exponent
    places = max(0, -exponent) if isinstance(exponent, int) else 0
    text = f"{number:.{places}f}"
    return text if len(text) <= 12 else f"{number:.3E}"


def run_plot(
    canvas: Canvas,
    values: Sequence[Placed],
    keys: Mapping[tuple[int, int], str],
    *,
    size: tuple[int, int],
    spans: int,
    said: bool,
) -> tuple[Plot, dict[str, tuple[datetime, datetime]]]:
    """Values by the time they finished: each as a mark, or of more than 500 numbers bands of extremes and every fail.

    `keys` are by inspection and ordinal; `said`: the limits have their words. Returned with the spans of time that the
    bands stand for, by key.
    """
    own = [value for value in values if value.place is not None]
    banded = len(own) > MOST_MARKS
    marked = [value for value in own if not banded or value.measured.outcome is Outcome.FAIL]
    times: dict[str, tuple[datetime, datetime]] = {}
    plot = Plot(
        *size,
        canvas.margin,
        rows=canvas.rows,
        moments=moments_between(canvas.begin, canvas.end, max(2, size[0] // 130)),
        zones=tuple(_zones(canvas)),
        limits=tuple(_limits(canvas, said=said)),
        marks=tuple(_marks(canvas, worst_first(marked)[:MOST_MARKS], keys)),
        bands=tuple(_bands(canvas, own, spans, times)) if banded else (),
    )
    return plot, times


def histogram_plot(canvas: Canvas, values: Sequence[Placed], *, size: tuple[int, int]) -> Plot:
    """How many values lie where, on the same ordinate as the run chart."""
    own = [(value.place, value.measured.outcome) for value in values if value.place is not None]
    per_unit = canvas.lattice.per_unit
    width, counts = binned([place for place, _outcome in own], canvas.extent, _BINS, per_unit)
    failed = [place for place, outcome in own if outcome is Outcome.FAIL]
    _width, fails = binned(failed, canvas.extent, _BINS, per_unit)
    most = max(counts.values(), default=1)
    bars = tuple(
        Bar(
            canvas.height_of(edge),
            min(1.0, canvas.height_of(edge + width)),
            count / most,
            fails[edge] / most,
            str(count),
        )
        for edge, count in sorted(counts.items())
    )
    return Plot(
        *size,
        canvas.margin,
        rows=canvas.rows,
        zones=tuple(_zones(canvas)),
        limits=tuple(replace(line, passes=None) for line in _limits(canvas, said=False)),
        bars=bars,
    )


def _marks(canvas: Canvas, values: Sequence[Placed], keys: Mapping[tuple[int, int], str]) -> Iterator[Mark]:
    for value in values:
        place, measured = value.place or 0, value.measured
        off = "" if canvas.shows(place) else "above" if place > canvas.extent.high else "below"
        yield Mark(
            keys[measured.inspection_id, measured.ordinal],
            canvas.when(measured.finished_at),
            canvas.height_of(place) if not off else float(off == "above"),
            _KINDS[measured.outcome],
            canvas.rigs[measured.rig],
            off,
        )


def _bands(
    canvas: Canvas, values: Sequence[Placed], spans: int, times: dict[str, tuple[datetime, datetime]]
) -> Iterator[Band]:
    span = (canvas.end - canvas.begin) / spans
    low, high = canvas.extent.low, canvas.extent.high
    starts = [canvas.begin + span * number for number in range(1, spans)]
    found: dict[int, list[int]] = {}
    for value in values:
        number = bisect_right(starts, value.measured.finished_at)
        found.setdefault(number, []).append(min(max(value.place or 0, low), high))
    for number, places in sorted(found.items()):
        places.sort()
        key = f"b{number}"
        times[key] = canvas.begin + span * number, canvas.begin + span * (number + 1)
        ends = (canvas.height_of(each) for each in (places[0], places[(len(places) - 1) // 2], places[-1]))
        yield Band(key, number / spans, (number + 1) / spans, *ends)


def _zones(canvas: Canvas) -> Iterator[Zone]:
    for low, high in canvas.zones:
        start = 0.0 if low is None else max(0.0, canvas.height_of(low))
        stop = 1.0 if high is None else min(1.0, canvas.height_of(high))
        if start < stop:
            yield Zone(start, stop)


def _limits(canvas: Canvas, *, said: bool) -> Iterator[LimitLine]:
    for limit in canvas.limits:
        if canvas.shows(limit.place):
            above = limit.conforms != "above"
            yield LimitLine(canvas.height_of(limit.place), limit.label if said else "", limit.passes, above)
        elif said:
            off = "above" if limit.place > canvas.extent.high else "below"
            yield LimitLine(float(off == "above"), limit.label, limit.passes, limit.conforms != "above", off)
