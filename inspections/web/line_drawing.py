"""The line: a car is a train on it, a gate is a contact, and anything missing opens the contact.

Geometry is whole numbers, drawn as SVG attributes; templates add the words. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .statuses import Status


@dataclass(frozen=True, slots=True)
class Siding:
    """Cars that leave the line at a station: stopped by a fail (buffer stop), or pending (diamond)."""

    status: Status
    count: int


@dataclass(frozen=True, slots=True)
class Contact:
    """One gate, hold or signature on the line, as the page knows it. Not `closed` is open, whatever the reason."""

    name: str
    closed: bool
    status: Status
    word: str = ""
    siding: Siding | None = None


@dataclass(frozen=True, slots=True)
class Station:
    """A contact in its place. `live_in` and `live_out` tell whether the line carries up to it and beyond it."""

    contact: Contact
    live_in: bool
    live_out: bool
    first: bool
    last: bool
    x: int


@dataclass(frozen=True, slots=True)
class Line:
    """The whole line. `live` tells whether it carries to its end; `width` is that of the small drawing in a list."""

    stations: tuple[Station, ...]
    live: bool
    width: int
    end: int


_FIRST_X, _STEP, _TAIL = 14, 68, 62


def draw_line(contacts: Sequence[Contact]) -> Line:
    """Lay contacts along the line in their order. A line without any contact carries nothing: nothing was asked."""
    stations: list[Station] = []
    live = bool(contacts)
    for place, contact in enumerate(contacts):
        live_out = live and contact.closed
        stations.append(
            Station(
                contact=contact,
                live_in=live,
                live_out=live_out,
                first=place == 0,
                last=place == len(contacts) - 1,
                x=_FIRST_X + place * _STEP,
            )
        )
        live = live_out
    end = _FIRST_X + max(len(contacts) - 1, 0) * _STEP + _TAIL
    return Line(stations=tuple(stations), live=live, width=end + 4, end=end)
