"""The charts of a characteristic: every result in time, how often on the same scale, and each rig by itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from inspections.evaluation.reasons import Outcome
from inspections.gates.limit_wording import unit_symbol
from inspections.gates.sentence_catalogue import Language
from inspections.statistics.facts import Measured
from inspections.statistics.summing import Placed, tally

from .characteristic_limits import drawn_limits
from .characteristic_page import Page
from .characteristic_words import description, drift_note, mark_title, number_words
from .charts import ChartNotDrawn, Link, draw_chart
from .charts.composing import MOST_MARKS, Canvas, histogram_plot, make_canvas, run_plot
from .charts.plot import Plot

MOST_PANELS: Final = 6
_RUN, _HISTOGRAM, _PANEL = (860, 340), (420, 340), (420, 200)
_RUN_SPANS, _PANEL_SPANS = 120, 60
_log = logging.getLogger(__name__)

Address = Callable[[Mapping[str, str | None]], str]
"""The address of this page with some of its parameters changed."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One rig by itself. `series` names its shape; `note` what rises or falls there."""

    rig: str
    series: int
    words: str
    note: str
    url: str
    chart: SafeString | None

    @property
    def shape(self) -> str:
        """The name of its shape, for the mark beside its name."""
        return f"rig-{self.series}"


@dataclass(frozen=True, slots=True)
class Charts:
    """`run` and `histogram` None: they could not be drawn, which `broken` says, or there is no number to draw."""

    run: SafeString | None = None
    histogram: SafeString | None = None
    panels: tuple[Panel, ...] = ()
    other_rigs: tuple[tuple[str, str], ...] = ()
    legend: tuple[tuple[str, str], ...] = ()
    unit: str = ""
    hint: str = ""
    off_scale: int = 0
    too_many_limits: int = 0
    broken: bool = False


def charts_of(page: Page, address: Address, language: Language) -> Charts:
    """All charts of the page."""
    limits = drawn_limits(page, language) if page.numeric else None
    canvas = None if limits is None else make_canvas(page.placed, page.lattice, limits.lines, limits.zones)
    if limits is None or canvas is None:
        return Charts()
    unit = unit_symbol(page.unit)
    keys = {_key(value.measured): f"p{place}" for place, value in enumerate(page.placed)}
    drawer = _Drawer(page, canvas, keys, address, language)
    words = description(page, [limit.label for limit in limits.lines], language)
    try:
        run = drawer.run("run", page.placed, _("Every result by the time it finished"), words, large=True)
        histogram = draw_chart(
            histogram_plot(canvas, page.placed, size=_HISTOGRAM),
            name="histogram",
            title=_("How often, on the same scale"),
            description=words,
            links={},
        )
        panels = drawer.panels()
    except ChartNotDrawn:
        _log.exception("the charts of %s could not be drawn", page.characteristic.code)
        return Charts(unit=unit, broken=True)
    shown = {panel.rig for panel in panels}
    others = [rig for rig in page.by_rig if rig not in shown] if panels else []
    return Charts(
        run,
        histogram,
        tuple(panels),
        tuple((rig, address({"rig": rig, "after": None})) for rig in others),
        legend=tuple(_legend(page, canvas)),
        unit=unit,
        hint=_("each bar opens its time") if page.tally.numbers > MOST_MARKS else _("each mark opens its inspection"),
        off_scale=sum(1 for value in page.placed if value.place is not None and not canvas.shows(value.place)),
        too_many_limits=limits.too_many,
    )


def _key(measured: Measured) -> tuple[int, int]:
    return measured.inspection_id, measured.ordinal


def inspection_url(measured: Measured) -> str:
    """Where one result is read with all that was measured with it; "" for a part that is in no car."""
    if not measured.vin:
        return ""
    return reverse("web:vehicle", args=[measured.vin]) + f"#inspection-{measured.inspection_id}"


def _legend(page: Page, canvas: Canvas) -> list[tuple[str, str]]:
    """Shapes that stand in the charts, with their words; a rig's own shape stands over its panel."""
    present = {value.measured.outcome for value in page.placed if value.place is not None}
    shapes = []
    if Outcome.FAIL in present:
        shapes.append(("fail", _("fail")))
    if Outcome.INDETERMINATE in present and page.tally.numbers <= MOST_MARKS:
        shapes.append(("unclear", _("unclear")))
    if Outcome.NOT_JUDGED in present and page.tally.numbers <= MOST_MARKS:
        shapes.append(("unjudged", _("not judged")))
    if page.tally.numbers <= MOST_MARKS:
        shapes += [(f"rig-{series}", rig) for rig, series in list(canvas.rigs.items())[:MOST_PANELS]]
    return shapes


@dataclass(frozen=True, slots=True)
class _Drawer:
    """`known` are the links of marks that another chart of the page has drawn already."""

    page: Page
    canvas: Canvas
    keys: Mapping[tuple[int, int], str]
    address: Address
    language: Language
    known: dict[str, Link] = field(default_factory=dict)

    def run(self, name: str, values: tuple[Placed, ...], title: str, words: str, *, large: bool = False) -> SafeString:
        size, spans = (_RUN, _RUN_SPANS) if large else (_PANEL, _PANEL_SPANS)
        plot, times = run_plot(self.canvas, values, self.keys, size=size, spans=spans, said=large)
        links = self._mark_links(plot, values) | (self._band_links(times) if times else {})
        return draw_chart(plot, name=name, title=title, description=words, links=links)

    def _mark_links(self, plot: Plot, values: tuple[Placed, ...]) -> dict[str, Link]:
        drawn = {mark.key for mark in plot.marks}
        for value in values:
            key = self.keys[_key(value.measured)]
            if key in drawn and key not in self.known:
                self.known[key] = Link(inspection_url(value.measured), mark_title(value, self.page, self.language))
        return {key: self.known[key] for key in drawn if self.known[key].url}

    def _band_links(self, times: Mapping[str, tuple[datetime, datetime]]) -> dict[str, Link]:
        """Each band leads to its time. The address is made once: a page has hundreds of bands."""
        base = self.address({"since": None, "until": None, "window": None, "after": None})
        base += "&" if "?" in base else "?"
        found = {}
        for key, span in times.items():
            since, until = (f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}" for moment in span)
            url = base + urlencode({"since": since, "until": until})
            found[key] = Link(url, f"{since[:16]} – {until[11:16]}")
        return found

    def panels(self) -> list[Panel]:
        """Each rig by itself, if there are several; of many those with most fails, then with most results."""
        rigs = self.page.by_rig
        if len(rigs) < 2 and not self.page.drifts:
            return []
        worst = sorted(rigs, key=lambda rig: (-tally(rigs[rig]).fails, -len(rigs[rig]), rig))[:MOST_PANELS]
        return [self._panel(place, rig, tuple(rigs[rig])) for place, rig in enumerate(sorted(worst))]

    def _panel(self, place: int, rig: str, values: tuple[Placed, ...]) -> Panel:
        said = tally(values)
        words = _("%(fails)d of %(count)d failed, middle %(middle)s") % {
            "fails": said.fails,
            "count": said.results,
            "middle": number_words(said.middle, self.language) or "–",
        }
        notes = [drift_note(drift, self.page, self.language) for drift in self.page.drifts if drift.rig == rig]
        return Panel(
            rig,
            self.canvas.rigs[rig],
            words,
            _("; ").join(notes),
            self.address({"rig": rig, "after": None}),
            self.run(f"rig-{place}", values, rig, words) if said.numbers else None,
        )
