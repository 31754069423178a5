"""Where on the page of a car a link to one of its characteristics goes: the newest that was measured of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from inspections.gates.queries import StandingCause

from .causes import Known
from .life_words import LifeEntry


def anchor_of(code: str) -> str:
    """The name of the place of a characteristic on the page of a car."""
    return f"c-{code}"


def anchored(
    entries: Sequence[tuple[datetime, LifeEntry]], *, oldest_first: bool = False
) -> tuple[list[tuple[datetime, LifeEntry]], set[str]]:
    """Entries with a place at the newest measurement of each characteristic, the wrong ones before those that passed
    with it; and the places that there are."""
    seen: set[str] = set()
    found = []
    for at, entry in reversed(entries) if oldest_first else entries:
        values = list(entry.values)
        for number in sorted(range(len(values)), key=lambda place: not values[place].wrong):
            anchor = anchor_of(values[number].code)
            if values[number].code and anchor not in seen:
                seen.add(anchor)
                values[number] = replace(values[number], anchor=anchor)
        found.append((at, replace(entry, values=tuple(values)) if values else entry))
    return found[::-1] if oldest_first else found, seen


def anchors_of(causes: Iterable[StandingCause], known: Known) -> set[str]:
    """The places that links to what is open against a car go to."""
    words = (known.characteristic(cause) for cause in causes)
    return {anchor_of(found.named.code) for found in words if found is not None}
