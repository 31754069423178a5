"""A plot said to Vega. No text from outside goes in but the words of axes and limits: marks are known by their keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from .plot import MOST_SERIES, Plot, Tick

SHAPES: Final = (
    "circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-left", "triangle-right", "stroke",
)  # fmt: skip
OCTAGON: Final = "M-.42-1h.84L1-.42v.84L.42 1h-.84L-1 .42v-.84z"
CROSS: Final = "M-.4-.4L.4.4M.4-.4L-.4.4"
QUESTION: Final = "M0-1L1 0L0 1L-1 0z"
DASH: Final = "M-1 0h2"
BEYOND: Final = {"above": "M0-1L.8.6h-1.6z", "below": "M0 1L.8-.6h-1.6z"}
TOP, RIGHT, BOTTOM, FONT = 12, 12, 28, 14
_LEAST_BAR: Final = 3

Json = dict[str, Any]
Drawn = tuple[Json, list[Json]]
"""A mark and what it is drawn for, once each."""


def vega_of(plot: Plot) -> Json:
    """The specification. Groups are named by what they hold; `mending` makes classes of the names."""
    width, height = plot.width - plot.margin - RIGHT, plot.height - TOP - BOTTOM
    drawn = [(mark, values) for mark, values in _marks(plot, width, height) if values]
    return {
        "$schema": "https://vega.github.io/schema/vega/v5.json",
        "width": width,
        "height": height,
        "padding": {"left": plot.margin, "right": RIGHT, "top": TOP, "bottom": BOTTOM},
        "autosize": "none",
        "scales": [
            {"name": "x", "type": "linear", "domain": [0, 1], "range": [0, width]},
            {"name": "y", "type": "linear", "domain": [0, 1], "range": [height, 0]},
        ],
        "data": [{"name": mark["from"]["data"], "values": values} for mark, values in drawn],
        "marks": [mark for mark, _values in drawn],
    }


def _marks(plot: Plot, width: int, height: int) -> Iterable[Drawn]:
    yield from _ground(plot, width, height)
    yield from _limits(plot, width)
    yield from _bars(plot, width)
    yield from _bands(plot)
    for series in range(MOST_SERIES + 1):
        places = [_at(mark) for mark in plot.marks if mark.kind == "pass" and mark.series == series and not mark.off]
        yield _symbols(f"rig-{series}", places, SHAPES[series], 38)
    for kind, shape, size in (("unjudged", DASH, 40), ("unclear", QUESTION, 160), ("fail", OCTAGON, 160)):
        places = [_at(mark) for mark in plot.marks if mark.kind == kind and not mark.off]
        yield _symbols(kind, places, shape, size)
    for off, shape in BEYOND.items():
        beyond = [mark for mark in plot.marks if mark.off == off]
        yield _symbols(f"off-{off}", [_at(mark) for mark in beyond if mark.kind != "fail"], shape, 160)
        yield _symbols(f"off-fail-{off}", [_at(mark) for mark in beyond if mark.kind == "fail"], shape, 240)
    crosses = [{"x": mark.x, "y": mark.y} for mark in plot.marks if mark.kind == "fail"]
    yield _symbols("cross", crosses, CROSS, 160)


def _at(mark: Any) -> Json:
    return {"x": mark.x, "y": mark.y, "key": mark.key}


def _symbols(name: str, places: list[Json], shape: str, size: int) -> Drawn:
    encode = {"x": _x("x"), "y": _y("y"), "shape": {"value": shape}, "size": {"value": size}}
    return _mark("symbol", name, places, encode, keyed=name != "cross")


def _ground(plot: Plot, width: int, height: int) -> Iterable[Drawn]:
    zones = [{"low": zone.low, "high": zone.high} for zone in plot.zones]
    yield _mark("rect", "zone", zones, {"x": {"value": 0}, "x2": {"value": width}, "y": _y("low"), "y2": _y("high")})
    rows = [{"at": tick.place, "label": tick.label} for tick in plot.rows]
    yield _mark("rule", "row", rows, {"x": {"value": 0}, "x2": {"value": width}, "y": _y("at")})
    yield _text("row-label", rows, {"x": {"value": -8}, "y": _y("at"), **_anchored("right", "middle")})
    moments = [{"at": tick.place, "label": tick.label, "side": _side(tick, width)} for tick in plot.moments]
    yield _mark("rule", "moment", moments, {"x": _x("at"), "y": {"value": height}, "y2": {"value": height + 5}})
    beneath = {"x": _x("at"), "y": {"value": height + 8}, "align": {"field": "side"}, "baseline": {"value": "top"}}
    yield _text("moment-label", moments, beneath)


def _side(tick: Tick, width: int) -> str:
    """Words at an edge end there instead of hanging over it. In the widest face a letter takes 9 pixels."""
    half = 9 * len(tick.label) / 2
    if tick.place * width < half:
        return "left"
    return "right" if (1 - tick.place) * width + RIGHT < half else "center"


def _limits(plot: Plot, width: int) -> Iterable[Drawn]:
    lines: list[Json] = [
        {"at": line.place, "label": line.label, "down": -6 if line.label_above else 18, "passes": line.passes}
        for line in plot.limits
        if not line.off
    ]
    yield _mark("rule", "limit", lines, {"x": {"value": 0}, "x2": {"value": width}, "y": _y("at")})
    for name, passes in (("limit-passes", True), ("limit-fails", False)):
        own = [{"at": line["at"]} for line in lines if line["passes"] is passes]
        encode = {"x": {"value": 0}, "y": _y("at"), "shape": {"value": "circle"}, "size": {"value": 90}}
        yield _mark("symbol", name, own, encode)
    beyond: list[Json] = [
        {"at": line.place, "label": line.label, "down": 16 if line.off == "above" else -6}
        for line in plot.limits
        if line.off
    ]
    for name, own in (("limit-label", lines), ("limit-off", beyond)):
        high = {**_y("at"), "offset": {"field": "down"}}
        yield _text(name, own, {"x": {"value": width - 4}, "y": high, **_anchored("right", "alphabetic")})


def _bars(plot: Plot, width: int) -> Iterable[Drawn]:
    room = width - 44
    for name, part in (("bar", "share"), ("bar-fail", "fails")):
        bars = [
            {"low": bar.low, "high": bar.high, "long": max(_LEAST_BAR, getattr(bar, part) * room)}
            for bar in plot.bars
            if getattr(bar, part)
        ]
        across = {"x": {"value": 0}, "x2": {"field": "long"}}
        up = {"y": {**_y("high"), "offset": 1}, "y2": {**_y("low"), "offset": -1}}
        yield _mark("rect", name, bars, {**across, **up})
    counts = [
        {"at": (bar.low + bar.high) / 2, "after": max(_LEAST_BAR, bar.share * room) + 6, "label": bar.label}
        for bar in plot.bars
    ]
    yield _text("bar-count", counts, {"x": {"field": "after"}, "y": _y("at"), **_anchored("left", "middle")})


def _bands(plot: Plot) -> Iterable[Drawn]:
    bands = [
        {"key": band.key, "start": band.start, "stop": band.stop, "low": band.low, "high": band.high, "at": band.middle}
        for band in plot.bands
    ]
    across = {"x": _x("start"), "x2": {**_x("stop"), "offset": -1}}
    whole = {**across, "y": {**_y("high"), "offset": -1}, "y2": {**_y("low"), "offset": 1}}
    yield _mark("rect", "band", bands, whole, keyed=True)
    yield _mark("rule", "band-middle", bands, {**across, "y": _y("at")})


def _mark(kind: str, name: str, values: list[Json], encode: Json, *, keyed: bool = False) -> Drawn:
    drawn = {**encode, "description": {"field": "key"}} if keyed else encode
    return {"type": kind, "name": name, "from": {"data": f"{name}-data"}, "encode": {"update": drawn}}, values


def _text(name: str, values: list[Json], encode: Json) -> Drawn:
    return _mark("text", name, values, {**encode, "text": {"field": "label"}, "fontSize": {"value": FONT}})


def _anchored(align: str, baseline: str) -> Json:
    return {"align": {"value": align}, "baseline": {"value": baseline}}


def _x(field: str) -> Json:
    return {"scale": "x", "field": field}


def _y(field: str) -> Json:
    return {"scale": "y", "field": field}
