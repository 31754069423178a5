"""Reads of hold lists: what each concerned, and what it still holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection


@dataclass(frozen=True, slots=True)
class HoldListRow:
    """A hold list as lists show it: vehicles listed, gone before it was placed, and still held by it."""

    id: int
    number: str
    condition: dict[str, Any]
    reason: str
    placed_by: str
    placed_at: datetime
    listed: int
    gone: int
    holding: int


_LISTS: Final = """
select h.id, h.number, h.condition::text, h.reason, h.placed_by, h.placed_at,
    (select count(*) from inspections_listedvehicle l where l.hold_list_id = h.id),
    (select count(*) from inspections_listedvehicle l where l.hold_list_id = h.id and l.status = 'delivered'),
    (select count(*) from inspections_hold o where o.hold_list_id = h.id and o.lifted_at is null)
from inspections_holdlist h
where {which} order by h.id {order} limit %(most)s
"""


def hold_lists(*, before: int | None = None, most: int = 100) -> list[HoldListRow]:
    """Hold lists, newest first. One statement."""
    which = "(%(before)s::bigint is null or h.id < %(before)s)"
    return _lists(_LISTS.format(which=which, order="desc"), before=before, most=most)


def hold_list_of(*, number: str) -> HoldListRow | None:
    """One hold list by its number. One statement."""
    return next(iter(_lists(_LISTS.format(which="h.number = %(number)s", order="desc"), number=number, most=1)), None)


def lists_that_hold(*, most: int) -> list[HoldListRow]:
    """Hold lists of which a vehicle is held still, oldest first. One statement."""
    which = "exists(select from inspections_hold o where o.hold_list_id = h.id and o.lifted_at is null)"
    return _lists(_LISTS.format(which=which, order="asc"), most=most)


def _lists(statement: str, **parameters: Any) -> list[HoldListRow]:
    rows = _rows(statement, **parameters)
    return [HoldListRow(row[0], row[1], json.loads(row[2]), *row[3:]) for row in rows]


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A vehicle of a hold list: its state and batch then and now, and what became of its hold."""

    vehicle_id: int
    vin: str
    batch: str
    sequence: int
    status_then: str
    status: str
    batch_then: str
    hold_id: int | None
    lifted_by: str
    lifted_at: datetime | None
    lifted_reason: str


_LISTED: Final = """
select v.id, v.vin, b.number, v.sequence, l.status, v.status, t.number, h.id, coalesce(h.lifted_by, ''), h.lifted_at,
    coalesce(h.lifted_reason, '')
from inspections_listedvehicle l
join inspections_vehicle v on v.id = l.vehicle_id
join inspections_batch b on b.id = v.batch_id
join inspections_batch t on t.id = l.batch_id
left join inspections_hold h on h.hold_list_id = l.hold_list_id and h.vehicle_id = l.vehicle_id
where l.hold_list_id = %(list)s and l.vehicle_id > %(after)s and {shown}
order by l.vehicle_id limit %(most)s
"""
SHOWN: Final = {
    "all": "true",
    "held": "h.id is not null and h.lifted_at is null",
    "lifted": "h.lifted_at is not null",
    "gone": "l.status = 'delivered'",
}
"""What the list of vehicles may be narrowed to."""


def listed_vehicles(*, list_id: int, shown: str = "all", after: int = 0, most: int = 100) -> list[ListedRow]:
    """Vehicles of a hold list, beyond the vehicle of id `after`. One statement. Raises KeyError as `SHOWN` does."""
    return [ListedRow(*row) for row in _rows(_LISTED.format(shown=SHOWN[shown]), list=list_id, after=after, most=most)]


def _rows(statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
