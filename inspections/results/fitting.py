"""Where parts are: a component is in one vehicle at a time, and its history has no gaps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from ..batches.models import Fitting
from ..saying import Said, say
from .refusals import FieldError, fault_at, pointer
from .subjects import SubjectKey, create_parts


@dataclass(frozen=True, slots=True)
class FittedPart:
    """A part with its own serial number; `lot` is the lot it came from, where that is known."""

    kind: str
    serial: str
    lot: str = ""

    @property
    def text(self) -> str:
        return f"{self.kind} {self.serial}"


@dataclass(frozen=True, slots=True)
class Move:
    """One part fitted to, or removed from, a vehicle at a moment. `place` points into what was sent."""

    component_id: int
    part: FittedPart
    vehicle_id: int
    fitted: bool
    at: datetime
    place: tuple[str | int, ...]


def component_ids(parts: Iterable[FittedPart], at: datetime) -> dict[tuple[str, str], int]:
    """The components of these parts by (kind, serial), made where they were never heard of."""
    wanted = {(part.kind, part.serial): part.lot for part in parts}
    if not wanted:
        return {}
    keys: list[SubjectKey] = [("component", kind, serial) for kind, serial in sorted(wanted)]
    create_parts(keys, at)
    lots = [wanted[kind, serial] for _, kind, serial in keys]
    columns = [[key[1] for key in keys], [key[2] for key in keys], lots]
    with connection.cursor() as cursor:
        if any(lots):
            cursor.execute(_FILL_LOTS, columns)
        cursor.execute(_COMPONENT_IDS, columns[:2])
        return {(kind, serial): number for kind, serial, number in cursor.fetchall()}


_FILL_LOTS: Final = """
update inspections_component c set lot = named.lot
from unnest(%s::text[], %s::text[], %s::text[]) as named(kind, serial, lot)
where c.kind = named.kind and c.serial = named.serial and c.lot = '' and named.lot <> ''
"""
_COMPONENT_IDS: Final = """
select c.kind, c.serial, c.id from unnest(%s::text[], %s::text[]) as named(kind, serial)
join inspections_component c on c.kind = named.kind and c.serial = named.serial
"""


def check_moves(moves: Sequence[Move]) -> list[FieldError]:
    """What keeps the moves from being true beside what is on the record. Under the components' locks."""
    history: dict[int, list[tuple[datetime, int, bool, str]]] = defaultdict(list)
    rows = (
        Fitting.objects.filter(component__in=[move.component_id for move in moves])
        .order_by("at", "pk")
        .values_list("component_id", "at", "vehicle_id", "fitted", "vehicle__vin")
    )
    for component_id, at, vehicle_id, fitted, vin in rows:
        history[component_id].append((at, vehicle_id, fitted, vin))
    faults = []
    for move in moves:
        fault = _fault(move, history[move.component_id])
        if fault:
            faults.append(fault_at(pointer(*move.place), *fault))
        else:
            # Removed and fitted again in one act: the next move stands on this one.
            history[move.component_id].append((move.at, move.vehicle_id, move.fitted, ""))
            history[move.component_id].sort(key=lambda row: row[0])
    return faults


def _fault(move: Move, history: Sequence[tuple[datetime, int, bool, str]]) -> tuple[str, Said] | None:
    name = move.part.text
    if any((at, vehicle, fitted) == (move.at, move.vehicle_id, move.fitted) for at, vehicle, fitted, _ in history):
        return None
    before = [row for row in history if row[0] <= move.at]
    after = [row for row in history if row[0] > move.at]
    here = before[-1] if before and before[-1][2] else None
    if after:
        return "part_history", _later(name, after[0])
    if move.fitted and here is not None:
        if here[1] == move.vehicle_id:
            return "part_fitted_already", say("%(part)s is in this vehicle since %(at)s.", part=name, at=here[0])
        text = say("%(part)s is fitted in %(vin)s; report its removal there first.", part=name, vin=here[3])
        return "part_fitted_elsewhere", text
    if not move.fitted and here is None:
        return "part_not_here", say("%(part)s is in no vehicle; it cannot be removed from this one.", part=name)
    if not move.fitted and here is not None and here[1] != move.vehicle_id:
        text = say("%(part)s is fitted in %(vin)s; it cannot be removed from this one.", part=name, vin=here[3])
        return "part_not_here", text
    return None


def _later(name: str, change: tuple[datetime, int, bool, str]) -> Said:
    when, _, fitted, vin = change
    if fitted:
        return say(
            "%(part)s was fitted to %(vin)s later, at %(at)s; report changes in their order.",
            part=name, vin=vin, at=when,
        )  # fmt: skip
    return say(
        "%(part)s was removed from %(vin)s later, at %(at)s; report changes in their order.",
        part=name, vin=vin, at=when,
    )  # fmt: skip


def store_moves(moves: Sequence[Move], *, recorded_at: datetime) -> list[Move]:
    """Append the moves that are not on the record yet, in their order, and return them."""
    known = set(
        Fitting.objects.filter(component__in=[move.component_id for move in moves]).values_list(
            "component_id", "vehicle_id", "at", "fitted"
        )
    )
    fresh = [move for move in moves if (move.component_id, move.vehicle_id, move.at, move.fitted) not in known]
    Fitting.objects.bulk_create(
        Fitting(
            vehicle_id=move.vehicle_id,
            component_id=move.component_id,
            fitted=move.fitted,
            at=move.at,
            recorded_at=recorded_at,
        )
        for move in fresh
    )
    return fresh
