"""The track of one period: how far cars came on it, and how far they are asked to be by now.

The track is as long as what is asked, or as what was done where that is more. Geometry is shares of its length,
written as SVG attributes; templates add the words. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from inspections.releases.progress import Done

_NEAR: Final = 12
"""A label so near an end, in hundredths, is set inwards."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One place on the track, with where the label beside it is anchored."""

    x: str
    anchor: str
    count: int


@dataclass(frozen=True, slots=True)
class Track:
    """`released` is where the whole line ends, `delivered` and `built` are marks, `now` what is asked by now."""

    title: str
    released: Stop
    delivered: Stop
    built: Stop
    now: Stop
    asked: Stop


def draw_track(title: str, done: Done, asked: int, by_now: int) -> Track:
    """Lay counts along a track."""
    length = max(asked, done.released, done.delivered, done.built, 1)
    return Track(
        title,
        *(_stop(count, length) for count in (done.released, done.delivered, done.built, by_now, asked)),
    )


def _stop(count: int, length: int) -> Stop:
    """In hundredths of a percent, rounded down: whole numbers, as all geometry here."""
    place = count * 10_000 // length
    anchor = "start" if place < _NEAR * 100 else "end" if place > (100 - _NEAR) * 100 else "middle"
    return Stop(f"{place // 100}.{place % 100:02d}%", anchor, count)
