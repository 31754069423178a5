"""Charts as SVG made on the server: what is to be drawn (`plot`), said to Vega (`vega`), drawn (`rendering`), and made
fit for a page (`mending`). Floats only here: a place on paper is no value, and nothing is printed from one."""

from .drawing import Link, draw_chart
from .plot import Band, Bar, LimitLine, Mark, Plot, Tick, Zone
from .rendering import ChartNotDrawn, warm

__all__ = [
    "Band", "Bar", "ChartNotDrawn", "LimitLine", "Link", "Mark", "Plot", "Tick", "Zone", "draw_chart", "warm",
]  # fmt: skip
