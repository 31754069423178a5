"""What was measured over time, for the pages: which traces an inspection has, and one channel drawn and as a table."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any, Final

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from inspections.adapters.canonical import AdapterError
from inspections.adapters.trace_outline import Outline, Span, read_outline
from inspections.gates.limit_wording import number_text
from inspections.intake.models import Trace
from inspections.intake.storage import FileAltered, StoreUnavailable, read_whole
from inspections.statistics.scales import Extent, extent_of, round_step

from .charts import Band, ChartNotDrawn, Plot, Tick, draw_chart

LARGEST_DRAWN: Final = 128 * 1024 * 1024
_SPANS: Final = 160
_SIZE: Final = (860, 300)
_ROWS, _MOMENTS = 6, 8
_EXACT: Final = Context(prec=200)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One channel. `chart` None: it could not be drawn, or there is nothing to draw; `gone` says that the file is not
    there as it was kept. Rows are (from, to, least, greatest, samples)."""

    channel: Mapping[str, Any]
    chart: SafeString | None = None
    rows: tuple[tuple[str, str, str, str, int], ...] = ()
    timed: bool = True
    gone: bool = False


def shown_first(channels: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The channel that stands for all of them: the first with samples that is no time, else the first."""
    return next((each for each in channels if each["samples"] and each["unit"] not in ("s", "ms")), None) or next(
        iter(channels), None
    )


def draw_channel(trace: Trace, channel: Mapping[str, Any], name: str) -> Drawn:
    """The channel over time, in at most 160 spans. `name` is the chart's id on the page."""
    if trace.size > LARGEST_DRAWN:
        return Drawn(channel)
    try:
        outline = read_outline(read_whole(trace.sha256), channel["column"], _SPANS)
    except (FileNotFoundError, FileAltered, StoreUnavailable, AdapterError) as gone:
        _log.error("The trace %s cannot be drawn: %s", trace.sha256, gone)
        return Drawn(channel, gone=True)
    rows = tuple(_row(span) for span in outline.spans)
    return Drawn(channel, _chart(trace, channel, outline, name), rows, outline.timed)


def _row(span: Span) -> tuple[str, str, str, str, int]:
    low, high = ("–" if value is None else number_text(value) for value in (span.low, span.high))
    return number_text(span.begin), number_text(span.end), low, high, span.samples


def _chart(trace: Trace, channel: Mapping[str, Any], outline: Outline, name: str) -> SafeString | None:
    plot = _plot(outline)
    if plot is None:
        return None
    title = _("%(channel)s over time") % {"channel": channel["column"]}
    words = _("The least and greatest values of %(channel)s in spans of time; the table has the numbers.")
    try:
        return draw_chart(plot, name=name, title=title, description=words % {"channel": channel["name"]}, links={})
    except ChartNotDrawn:
        _log.exception("The chart of trace %s could not be drawn", trace.sha256)
        return None


def _plot(outline: Outline) -> Plot | None:
    """Bands of extremes, each reaching to the one before, so that a steep line has no gaps."""
    spans = [span for span in outline.spans if span.low is not None and span.high is not None]
    if not spans:
        return None
    values = _Ruler([each for span in spans for each in (span.low, span.high) if each is not None])
    times = _Ruler([each for span in outline.spans for each in (span.begin, span.end)])
    extent = extent_of(values.places, [], values.per_unit, _ROWS)
    begin, end = min(times.places), max(times.places)
    width = max(1, end - begin)
    starts = [times.place(span.begin) for span in outline.spans]
    bands = []
    before: Span | None = None
    for at, span in enumerate(outline.spans):
        if span.low is None or span.high is None:
            before = None
            continue
        low, high = span.low, span.high
        if before is not None and before.low is not None and before.high is not None:
            low, high = min(low, before.high), max(high, before.low)
        stop = starts[at + 1] if at + 1 < len(starts) else end
        heights = [(values.place(each) - extent.low) / (extent.high - extent.low) for each in (low, high)]
        middle = sum(heights) / 2
        left, right = ((place - begin) / width for place in (starts[at], stop))
        bands.append(Band(f"b{at}", left, right, heights[0], middle, heights[1]))
        before = span
    rows = tuple(_ticks(extent, values))
    margin = 16 + 9 * max(3, *(len(tick.label) for tick in rows))
    return Plot(*_SIZE, margin, rows=rows, moments=tuple(_moments(begin, end, times)), bands=tuple(bands))


class _Ruler:
    """Whole steps for decimals: of the finest of them."""

    def __init__(self, numbers: Sequence[Decimal]) -> None:
        self.exponent = min(0, *(int(number.as_tuple().exponent) for number in numbers))
        self.per_unit = 10**-self.exponent
        self.places = [self.place(number) for number in numbers]

    def place(self, number: Decimal) -> int:
        return int(_EXACT.scaleb(number, -self.exponent))

    def label(self, place: int) -> str:
        text = number_text(_EXACT.scaleb(Decimal(place), self.exponent).normalize(_EXACT))
        return text if len(text) <= 12 else f"{_EXACT.scaleb(Decimal(place), self.exponent):.3E}"


def _ticks(extent: Extent, ruler: _Ruler) -> list[Tick]:
    span = extent.high - extent.low
    return [Tick((place - extent.low) / span, ruler.label(place)) for place in extent.ticks()]


def _moments(begin: int, end: int, ruler: _Ruler) -> list[Tick]:
    if begin == end:
        return [Tick(0, ruler.label(begin))]
    step = round_step(end - begin, _MOMENTS, ruler.per_unit)
    first = -(-begin // step) * step
    return [Tick((place - begin) / (end - begin), ruler.label(place)) for place in range(first, end + 1, step)]
