"""Cars of a batch as lists show them, how many stand how, and the batch's own gates."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from ..evaluation.reasons import State
from .reading import read_named


@dataclass(frozen=True, slots=True)
class CarGate:
    """The gate of one car and domain as it stands at a moment. `decided` False: never decided, so not passed.

    `conceded`: it passed on a concession.
    """

    state: State
    missing: int = 0
    decided: bool = True
    expired: bool = False
    conceded: bool = False


@dataclass(frozen=True, slots=True)
class CarRow:
    """One car of a batch as a list shows it."""

    id: int
    vin: str
    sequence: int
    status: str
    gates: dict[str, CarGate]
    held: bool
    undecided: bool
    nonconformances: int


_CARS = """
select v.id, v.vin, v.sequence, v.status,
    (select jsonb_object_agg(g.domain, jsonb_build_array(g.state, cardinality(string_to_array(g.missing, chr(10))),
        coalesce(g.valid_until <= %(at)s, false), coalesce(cardinality(g.conceded), 0) > 0))
        from inspections_vehiclegate g where g.vehicle_id = v.id),
    exists(select from inspections_hold h where h.vehicle_id = v.id and h.lifted_at is null),
    exists(select from inspections_mark m where m.batch_id = v.batch_id and m.vehicle_id = v.id),
    (select count(*) from inspections_nonconformance n where n.vehicle_id = v.id and n.state = 'open')
from inspections_vehicle v
where v.batch_id = %(batch)s and v.sequence > %(after)s and {shown}
order by v.sequence limit %(most)s
"""

_PASSED = (
    "(select count(*) from inspections_vehiclegate g where g.vehicle_id = v.id and g.state = 0"
    " and (g.valid_until is null or g.valid_until > %(at)s)) = 3"
)
_HAS_STATE = "exists(select from inspections_vehiclegate g where g.vehicle_id = v.id and g.state = {state})"
_HELD = "exists(select from inspections_hold h where h.vehicle_id = v.id and h.lifted_at is null)"
_MISSES = "exists(select from inspections_vehiclegate g where g.vehicle_id = v.id and g.missing <> '')"
_GOING_OUT = "v.status in ('in_process', 'released', 'delivered')"
SHOWN = {
    "wrong": f"({_GOING_OUT} and (not {_PASSED} or {_HELD}))",
    "failed": f"({_GOING_OUT} and {_HAS_STATE.format(state=int(State.FAILED))})",
    "pending": f"({_GOING_OUT} and not {_PASSED} and not {_HAS_STATE.format(state=int(State.FAILED))})",
    "missing": f"({_GOING_OUT} and {_MISSES})",
    "held": _HELD,
    "all": "true",
}
"""What a list of cars may be narrowed to. A car that is not meant for a customer is neither in order nor wrong."""


def cars_of_batch(*, batch_id: int, shown: str, after: int, at: datetime, most: int) -> list[CarRow]:
    """Up to `most` cars of a batch in build order, beginning after the number `after`. One statement.

    Raises KeyError for what `SHOWN` does not name.
    """
    rows = read_named(_CARS.format(shown=SHOWN[shown]), batch=batch_id, after=after, at=at, most=most)
    return [
        CarRow(id_, vin, sequence, status, _gates(gates), held, undecided, nonconformances)
        for id_, vin, sequence, status, gates, held, undecided, nonconformances in rows
    ]


def _gates(gates: str | None) -> dict[str, CarGate]:
    stored = json.loads(gates) if gates else {}
    return {
        domain: CarGate(
            State(state),
            missing,
            expired=bool(expired and state == State.PASSED),
            conceded=bool(conceded and state == State.PASSED),
        )
        for domain, (state, missing, expired, conceded) in stored.items()
    }


@dataclass(frozen=True, slots=True)
class CarCounts:
    """Cars of a batch by what they are meant for and how they stand; a car counts once, under its worst."""

    for_delivery: int
    not_for_delivery: int
    failed: int
    pending: int
    held: int


_COUNTS = """
select
    (select count(*) from inspections_vehicle where batch_id = %(batch)s
        and status in ('in_process', 'released', 'delivered')),
    (select count(*) from inspections_vehicle where batch_id = %(batch)s
        and status not in ('in_process', 'released', 'delivered')),
    count(*) filter (where worst = 2), count(*) filter (where worst = 1),
    (select count(distinct vehicle_id) from inspections_hold where batch_id = %(batch)s and lifted_at is null
        and vehicle_id is not null)
from (select max(state) as worst from inspections_vehiclegate where batch_id = %(batch)s and state <> 0
    and counted group by vehicle_id) standing
"""


def car_counts(*, batch_id: int) -> CarCounts:
    """How many cars of a batch stand how, as last decided. One statement."""
    return CarCounts(*read_named(_COUNTS, batch=batch_id)[0])


def failed_cars(*, batch_ids: list[int]) -> int:
    """How many cars of these batches have a failed gate. One statement."""
    rows = read_named(
        "select count(distinct vehicle_id) from inspections_vehiclegate where batch_id = any(%(ids)s) and state = 2",
        ids=batch_ids,
    )
    return int(rows[0][0])


@dataclass(frozen=True, slots=True)
class OwnGate:
    """The batch's own gate of one domain, as it stands at a moment."""

    state: State
    expired: bool


def own_gates(*, batch_id: int, at: datetime) -> dict[str, OwnGate]:
    """The batch's own gates by domain; one never decided is absent. One statement."""
    rows = read_named(
        "select domain, state, coalesce(valid_until <= %(at)s, false) from inspections_batchgate"
        " where batch_id = %(batch)s",
        batch=batch_id,
        at=at,
    )
    return {domain: OwnGate(State(state), bool(expired and state == State.PASSED)) for domain, state, expired in rows}
