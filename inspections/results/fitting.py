"""Where parts are: a component is in one vehicle at a time, and its history has no gaps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from ..batches.models import Fitting
from .refusals import FieldError, pointer
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
            faults.append(FieldError(pointer(*move.place), *fault))
        else:
            # Removed and fitted again in one act: the next move stands on this one.
            history[move.component_id].append((move.at, move.vehicle_id, move.fitted, ""))
            history[move.component_id].sort(key=lambda row: row[0])
    return faults


def _fault(move: Move, history: Sequence[tuple[datetime, int, bool, str]]) -> tuple[str, str] | None:
    name = move.part.text
    if any((at, vehicle, fitted) == (move.at, move.vehicle_id, move.fitted) for at, vehicle, fitted, _ in history):
        return None
    before = [row for row in history if row[0] <= move.at]
    after = [row for row in history if row[0] > move.at]
    here = before[-1] if before and before[-1][2] else None
    if after:
        when, _, fitted, vin = after[0]
        what = "fitted to" if fitted else "removed from"
        return "part_history", f"{name} was {what} {vin} later, at {when.isoformat()}; report changes in their order."
    if move.fitted and here is not None:
        if here[1] == move.vehicle_id:
            return "part_fitted_already", f"{name} is in this vehicle since {here[0].isoformat()}."
        return "part_fitted_elsewhere", f"{name} is fitted in {here[3]}; report its removal there first."
    if not move.fitted and (here is None or here[1] != move.vehicle_id):
        where = "in no vehicle" if here is None else f"fitted in {here[3]}"
        return "part_not_here", f"{name} is {where}; it cannot be removed from this one."
    return None


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
