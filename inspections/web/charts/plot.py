"""What a chart shows, in shares of its width and height: 0 is left or bottom, 1 is right or top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST_SERIES: Final = 8
"""So many rigs have a shape of their own; what comes after shares one."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A round number or moment on an axis, as it is printed."""

    place: float
    label: str


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A limit in words on its line: a filled disc where the limit itself passes, a ring where it fails, None for a
    value that is asked for exactly. `place` is 0 or 1 where `off` says that it lies beyond the scale: "above" or
    "below". `label_above`: the words stand over the line."""

    place: float
    label: str
    passes: bool | None
    label_above: bool
    off: str = ""


@dataclass(frozen=True, slots=True)
class Zone:
    """What lies beyond a limit: hatched."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Mark:
    """One value. `kind`: pass, fail, unclear or unjudged; a pass has the shape of its series. `off` as of a limit."""

    key: str
    x: float
    y: float
    kind: str
    series: int
    off: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """The extremes of the values in a span of time, and the one in the middle."""

    key: str
    start: float
    stop: float
    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class Bar:
    """How many values lie between two places: `share` of the longest bar, of which `fails` failed."""

    low: float
    high: float
    share: float
    fails: float
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A whole chart, `width` by `height` pixels, `margin` of them left of the axis for its numbers."""

    width: int
    height: int
    margin: int
    rows: tuple[Tick, ...] = ()
    moments: tuple[Tick, ...] = ()
    zones: tuple[Zone, ...] = ()
    limits: tuple[LimitLine, ...] = ()
    marks: tuple[Mark, ...] = ()
    bands: tuple[Band, ...] = ()
    bars: tuple[Bar, ...] = ()
