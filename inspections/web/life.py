"""The life of one vehicle by when things happened: tests by their finishing time, acts by theirs. Newest first, or
oldest first where that is asked.

It comes a hundred entries a page. A cursor names the last entry shown by moment, kind and number, so that pages
neither overlap nor leave out what happened at one moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.utils import timezone

from inspections.gates.queries import DecisionRow, decisions_of_vehicle
from inspections.records.models import LedgerEntry
from inspections.records.queries import entries_of
from inspections.results.queries import (
    Arrival,
    FittedChange,
    SoftwareVersion,
    VehicleInspection,
    inspections_of_vehicle,
    late_arrivals,
)

from .paging import BEGINNING_OF_TIME, END_OF_TIME

_SAID_OTHERWISE: Final = (
    "gate.failed",
    "gate.no_longer_failed",
    "disagreement.found",
    "kept.blocks",
    "software.changed",
    "component.fitted",
    "inspection.recorded",
)
"""Acts that the life shows from the record itself: decisions, software, parts and tests."""

FITTING, SOFTWARE, INSPECTION, ARRIVAL, DECISION, ACT = range(6)
"""Kinds of entries; of one moment the later kind is the newer: a test, then the decision that it led to."""

LARGEST: Final = 2**63 - 1

Event = FittedChange | SoftwareVersion | VehicleInspection | Arrival | DecisionRow | LedgerEntry


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened, with its place in the order."""

    at: datetime
    kind: int
    number: int
    what: Event

    @property
    def key(self) -> str:
        """Names it on a page."""
        return f"{self.kind}-{self.number}"


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place of the last entry shown; what follows is before it, or after it where the oldest stand first."""

    at: datetime = END_OF_TIME
    kind: int = ACT
    number: int = LARGEST
    oldest_first: bool = False

    def bound(self, kind: int) -> tuple[datetime, int]:
        """Where the rows of one kind go on. Of the moment itself all of a kind that stands further down follow, and
        none of one that stands above: older kinds stand below in one order and above in the other."""
        if kind == self.kind:
            return self.at, self.number
        return self.at, LARGEST if kind < self.kind else -1

    def has_before_it(self, moment: Moment) -> bool:
        """Whether an entry follows on the page that begins here."""
        bound, place = self.bound(moment.kind), (moment.at, moment.number)
        return place > bound if self.oldest_first else place < bound


NEWEST_FIRST: Final = Cursor()
OLDEST_FIRST: Final = Cursor(BEGINNING_OF_TIME, FITTING, -1, oldest_first=True)


@dataclass(frozen=True, slots=True)
class Life:
    """A page of a life. `following` is where the next page begins, None at the end."""

    moments: tuple[Moment, ...]
    following: Cursor | None


def read_life(
    *,
    vehicle_id: int,
    vin: str,
    pinned: int | None,
    fittings: Sequence[FittedChange],
    software: Sequence[SoftwareVersion],
    cursor: Cursor,
    most: int,
) -> Life:
    """A page of a vehicle's life. Seven statements, however much there is."""
    components = sorted({change.component_id for change in fittings})
    rising = cursor.oldest_first
    inspections = inspections_of_vehicle(
        vehicle_id=vehicle_id,
        component_ids=components,
        pinned=pinned,
        before=cursor.bound(INSPECTION),
        most=most + 1,
        oldest_first=rising,
    )
    arrivals = late_arrivals(vehicle_id=vehicle_id, before=cursor.bound(ARRIVAL), most=most + 1, oldest_first=rising)
    decisions = decisions_of_vehicle(
        vehicle_id=vehicle_id, before=cursor.bound(DECISION), most=most + 1, oldest_first=rising
    )
    acts = entries_of(
        subject_kind="vehicle",
        subject=vin,
        before=cursor.bound(ACT),
        most=most + 1,
        without=_SAID_OTHERWISE,
        oldest_first=rising,
    )
    moments = [
        *(moment for moment in _moments(FITTING, fittings, "at") if cursor.has_before_it(moment)),
        *(moment for moment in _moments(SOFTWARE, software, "at") if cursor.has_before_it(moment)),
        *_moments(INSPECTION, inspections, "finished_at"),
        *_moments(ARRIVAL, arrivals, "recorded_at"),
        *_moments(DECISION, decisions, "decided_at"),
        *_moments(ACT, acts, "at"),
    ]
    moments.sort(key=lambda moment: (moment.at, moment.kind, moment.number), reverse=not rising)
    shown = moments[:most]
    last = shown[-1] if len(moments) > most else None
    following = None if last is None else Cursor(last.at, last.kind, last.number, oldest_first=rising)
    return Life(tuple(shown), following)


def _moments(kind: int, rows: Iterable[Any], at: str) -> list[Moment]:
    return [Moment(getattr(row, at), kind, row.id, row) for row in rows]


@dataclass(frozen=True, slots=True)
class Day:
    """The entries of one local day, in the order of the page."""

    day: date
    entries: list[Any] = field(default_factory=list)


def by_day(entries: Iterable[tuple[datetime, Any]]) -> list[Day]:
    """Entries gathered by local day, in the order they come."""
    days: list[Day] = []
    for at, entry in entries:
        day = timezone.localdate(at)
        if not days or days[-1].day != day:
            days.append(Day(day))
        days[-1].entries.append(entry)
    return days


def together(moments: Sequence[Moment]) -> list[list[Moment]]:
    """Software or parts that changed, and results that arrived late, at one moment are one entry; all else its own."""
    runs: list[list[Moment]] = []
    for moment in moments:
        last = runs[-1][-1] if runs else None
        joins = last is not None and moment.kind in {FITTING, SOFTWARE, ARRIVAL}
        if joins and last is not None and (last.kind, last.at) == (moment.kind, moment.at):
            runs[-1].append(moment)
        else:
            runs.append([moment])
    return runs
