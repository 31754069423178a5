"""From a plot to the markup of a page, with title and description for those who cannot see it."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from .mending import Link, mend
from .plot import Plot
from .rendering import render
from .vega import TOP, vega_of

__all__ = ["Link", "draw_chart"]


def draw_chart(plot: Plot, *, name: str, title: str, description: str, links: Mapping[str, Link]) -> SafeString:
    """The chart. `name` is its id on the page, of letters, digits and dashes.

    The drawing is one image with title and description. The marks that lead somewhere are for a pointing hand: they
    are neither read out nor stops of the keyboard, since the table behind the chart leads to the same.
    Raises ChartNotDrawn.
    """
    mended = mend(render(vega_of(plot)), links)
    box = f"{-plot.margin} {-TOP} {plot.width} {plot.height}"
    return format_html(
        '<svg class="chart" id="{}" viewBox="{}" focusable="false"><g role="img" aria-labelledby="{}-title {}-words">'
        '<title id="{}-title">{}</title><desc id="{}-words">{}</desc>{}</g><g aria-hidden="true">{}</g></svg>',
        name, box, name, name, name, title, name, description,
        mark_safe(mended.ground), mark_safe(mended.linked),  # noqa: S308 - every part of them is escaped in `mending`
    )  # fmt: skip
