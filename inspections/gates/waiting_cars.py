"""Cars that wait because of a rig: what it measured does not count, and no other result has taken its place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..batches.choices import FOR_DELIVERY
from .reading import read_named

CODES: Final = ("rig_out_of_calibration", "rig_not_authorised")
"""Reasons of a gate that say so."""


@dataclass(frozen=True, slots=True)
class Window:
    """What a rig finished from `since` on, until before `until` where that is known."""

    rig_id: int
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class WaitingCar:
    """A car that a rig measured. `waits`: a gate says that its result does not count. `tests` and `last`: how many
    inspections of the rig concern it, and when the last one finished."""

    rank: int
    id: int
    vin: str
    sequence: int
    batch: str
    status: str
    tests: int
    last: datetime
    waits: bool
    undecided: bool


@dataclass(frozen=True, slots=True)
class WaitingCounts:
    """How many cars the rig measured, how many of them wait, and how many of those were released or have left."""

    cars: int
    waiting: int
    released: int
    delivered: int


# The whole time of a rig is read from the reasons that stand: few, whatever it has measured. A window is read from the
# inspections, so that cars show that need nothing any more.
_STANDING: Final = """
with spoken as (
    select o.vehicle_id, i.id, i.finished_at from inspections_openreason o
    join inspections_inspection i on i.id = o.inspection_id
    where o.code = any(%(codes)s) and i.rig_id = %(rig)s
)
"""
_MEASURED: Final = """
with measured as (
    select i.id, i.vehicle_id, i.component_id, i.finished_at from inspections_inspection i
    where i.rig_id = %(rig)s and i.finished_at >= %(since)s
        and (%(until)s::timestamptz is null or i.finished_at < %(until)s)
), spoken as (
    select vehicle_id, id, finished_at from measured where vehicle_id is not null
    union
    select latest.vehicle_id, m.id, m.finished_at from measured m
    join lateral (
        select f.vehicle_id, f.fitted from inspections_fitting f where f.component_id = m.component_id
        order by f.at desc, f.id desc limit 1
    ) latest on latest.fitted
    where m.component_id is not null
)
"""
_CARS: Final = """
, cars as (
    select vehicle_id, count(distinct id) as tests, max(finished_at) as last from spoken group by vehicle_id
), waiting as (
    select distinct o.vehicle_id from inspections_openreason o
    join spoken s on s.id = o.inspection_id and s.vehicle_id = o.vehicle_id where o.code = any(%(codes)s)
), listed as (
    select case v.status when 'delivered' then 0 when 'released' then 1 else 2 end as rank, v.id, v.vin, v.sequence,
        b.number, v.status, c.tests, c.last, w.vehicle_id is not null as waits,
        exists(select from inspections_mark m where m.batch_id = v.batch_id and m.vehicle_id = v.id) as undecided
    from cars c join inspections_vehicle v on v.id = c.vehicle_id and v.status = any(%(deliverable)s)
    join inspections_batch b on b.id = v.batch_id
    left join waiting w on w.vehicle_id = v.id
)
"""
_LIST: Final = """
select * from listed
where (%(all)s or waits or undecided) and (%(batch)s = '' or number = %(batch)s)
    and (%(status)s = '' or status = %(status)s) and (rank, id) > (%(rank)s, %(id)s)
order by rank, id limit %(most)s
"""
_COUNT: Final = """
select count(*), count(*) filter (where waits), count(*) filter (where waits and status = 'released'),
    count(*) filter (where waits and status = 'delivered')
from listed
"""


def waiting_cars(
    *,
    rig_id: int,
    window: Window | None = None,
    every: bool = False,
    batch: str = "",
    status: str = "",
    after: tuple[int, int] = (-1, 0),
    most: int,
) -> list[WaitingCar]:
    """Cars that wait because of a rig, those that have left first, then the released ones; beyond the rank and id of
    `after`. `every`: also those that it measured in the window and that do not wait. One statement."""
    rows = read_named(
        _source(window) + _CARS + _LIST,
        **_parameters(rig_id, window),
        all=every,
        batch=batch,
        status=status,
        rank=after[0],
        id=after[1],
        most=most,
    )
    return [WaitingCar(*row) for row in rows]


def count_waiting(*, rig_id: int, window: Window | None = None) -> WaitingCounts:
    """How many cars a rig makes wait. One statement."""
    return WaitingCounts(*read_named(_source(window) + _CARS + _COUNT, **_parameters(rig_id, window))[0])


def _source(window: Window | None) -> str:
    return _STANDING if window is None else _MEASURED


def _parameters(rig_id: int, window: Window | None) -> dict[str, object]:
    return {
        "rig": rig_id,
        "since": None if window is None else window.since,
        "until": None if window is None else window.until,
        "codes": list(CODES),
        "deliverable": [status.value for status in FOR_DELIVERY],
    }
