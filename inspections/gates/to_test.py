"""What is to be tested, as the gates stored it: what is missing, and what a test now would have to say again.

Nothing is judged here: a row stands for a missing result or an open reason of the last decision, and for a fail only
once somebody answered it. What no test clears (a fail nobody answered, a disagreement, a file) is not asked for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from ..evaluation.entries import LIFTING
from ..evaluation.reasons import ReasonCode
from .reading import read_named

R = ReasonCode
NAMED_CARS: Final = 5


class Why(StrEnum):
    """Why something is to be tested, most pressing first."""

    REWORK = "rework"
    ANSWERED = "answered"
    STALE = "stale"
    UNCLEAR = "unclear"
    RIG = "rig"
    MISSING = "missing"


_OF_CODE: Final = {
    R.EVIDENCE_STALE.value: Why.STALE,
    R.MEASUREMENT_INDETERMINATE.value: Why.UNCLEAR,
    R.SOFTWARE_MISMATCH.value: Why.UNCLEAR,
    R.RIG_OUT_OF_CALIBRATION.value: Why.RIG,
    R.RIG_NOT_AUTHORISED.value: Why.RIG,
}
_ORDER: Final = {why: place for place, why in enumerate(Why)}

# A fail that was answered still counts until a later test passes: it is to be tested again. Which answer, tells why.
_AGAIN: Final = """
select o.vehicle_id, o.batch_id, v.sequence, v.vin, c.procedure_id, o.characteristic_id, o.position, g.decided_at,
    case when o.code = 'measurement_failed' then
            case when d.kind = 'rework' then 'rework' else 'answered' end
        when o.detail ->> 'change' = 'rework' then 'rework' else k.why end as why,
    case when o.code = 'evidence_stale' and o.detail ->> 'change' <> 'rework' then o.detail ->> 'change' else '' end
        as change,
    coalesce(o.detail ->> 'asks', '') as asks, coalesce(o.detail ->> 'has', '') as has,
    coalesce(o.detail ->> 'states', '') as states
from inspections_openreason o
join inspections_vehicle v on v.id = o.vehicle_id and v.batch_id = o.batch_id
join inspections_vehiclegate g on g.vehicle_id = o.vehicle_id and g.domain = o.domain
join inspections_characteristic c on c.id = o.characteristic_id
left join jsonb_to_recordset(%(codes)s::jsonb) as k(code text, why text) on k.code = o.code
left join lateral (select d.kind from inspections_disposition d where o.code = 'measurement_failed'
    and d.inspection_id = o.inspection_id and d.ordinal = o.ordinal and d.kind = any(%(lifting)s)
    order by (d.kind = 'rework') desc limit 1) d on true
where v.status in ('in_process', 'released') and (k.code is not null or d.kind is not null) and {which}
"""


@dataclass(frozen=True, slots=True)
class Never:
    """What the plan asks, and what the car runs instead: another test can only fail. Empty texts: nothing so."""

    asks: str = ""
    has: str = ""
    system: str = ""

    def __bool__(self) -> bool:
        return bool(self.asks and self.has)


@dataclass(frozen=True, slots=True)
class ToTest:
    """One procedure to carry out on the cars of one batch, for one reason. `sequences` names the first few.

    `change` is what made earlier results too old; `vin` is the first car's; `since` when the first was decided so.
    """

    batch_id: int
    procedure_id: int
    why: Why
    change: str
    cars: int
    sequences: tuple[int, ...]
    vin: str
    since: datetime
    never: Never = Never()


@dataclass(frozen=True, slots=True)
class ValueToTest:
    """One value of one car that is missing, or to be measured again."""

    procedure_id: int
    characteristic_id: int
    position: str
    why: Why
    change: str = ""
    never: Never = Never()


@dataclass(frozen=True, slots=True)
class CarToTest:
    """One car of a list of what is to be tested."""

    sequence: int
    vin: str
    why: Why
    change: str
    never: Never


_GROUPED = """
with again as ({again}), cars as (
    select batch_id, procedure_id, vehicle_id, min(sequence) as sequence, min(vin) as vin, min(decided_at) as since,
        (array_agg(why order by {rank}))[1] as why,
        coalesce((array_agg(change order by {rank}, change))[1], '') as change,
        max(asks) as asks, max(has) as has, max(states) as states
    from again group by 1, 2, 3
)
select batch_id, procedure_id, why, change, asks, has, states, count(*),
    (array_agg(sequence order by sequence))[1:%(named)s],
    (array_agg(vin order by sequence))[1], min(since)
from cars group by 1, 2, 3, 4, 5, 6, 7
"""
_RANK: Final = "array_position(%(order)s, why)"

# Cars that miss the same results are one row before anything is looked into: two thousand cost as much as one.
_MISSING = """
with alike as (
    select g.batch_id, g.missing, count(*) as cars, (array_agg(v.sequence order by v.sequence))[1:%(named)s] as first,
        (array_agg(v.vin order by v.sequence))[1] as vin, min(v.registered_at) as since
    from inspections_vehiclegate g join inspections_vehicle v on v.id = g.vehicle_id and v.batch_id = g.batch_id
    where g.batch_id = any(%(batches)s) and g.state <> 0 and g.missing <> ''
        and v.status in ('in_process', 'released')
    group by g.batch_id, g.missing
)
select a.batch_id, p.procedure_id, a.cars, a.first, a.vin, a.since
from alike a cross join lateral (
    select distinct c.procedure_id from string_to_table(a.missing, chr(10)) m
    join inspections_characteristic c on c.id = split_part(m, '|', 1)::bigint) p
"""


def to_test(*, batch_ids: list[int]) -> list[ToTest]:
    """What is to be tested in these batches, one row for each procedure and reason, most pressing first, then oldest.

    Two statements, however many cars there are.
    """
    rows = [*_again(batch_ids), *_missing(batch_ids)]
    return sorted(rows, key=lambda row: (_ORDER[row.why], row.since, row.batch_id, row.procedure_id))


def _again(batch_ids: list[int]) -> list[ToTest]:
    sql = _GROUPED.format(again=_AGAIN.format(which="o.batch_id = any(%(batches)s)"), rank=_RANK)
    return [
        ToTest(batch_id, procedure_id, Why(why), change, cars, tuple(first), vin, since, Never(asks, has, states))
        for batch_id, procedure_id, why, change, asks, has, states, cars, first, vin, since in read_named(
            sql, batches=batch_ids, named=NAMED_CARS, order=[why.value for why in Why], **_codes()
        )
    ]


def _missing(batch_ids: list[int]) -> list[ToTest]:
    merged: dict[tuple[int, int], ToTest] = {}
    for batch_id, procedure_id, cars, first, vin, since in read_named(_MISSING, batches=batch_ids, named=NAMED_CARS):
        row = ToTest(batch_id, procedure_id, Why.MISSING, "", cars, tuple(first), vin, since)
        was = merged.get((batch_id, procedure_id))
        merged[batch_id, procedure_id] = row if was is None else _joined(was, row)
    return list(merged.values())


def _joined(one: ToTest, other: ToTest) -> ToTest:
    first = min((one, other), key=lambda row: row.sequences)
    return ToTest(
        one.batch_id, one.procedure_id, one.why, one.change, one.cars + other.cars,
        tuple(sorted({*one.sequences, *other.sequences})[:NAMED_CARS]), first.vin, min(one.since, other.since),
    )  # fmt: skip


def _codes() -> dict[str, object]:
    codes = [{"code": code, "why": why.value} for code, why in _OF_CODE.items()]
    return {"codes": json.dumps(codes), "lifting": [kind.value for kind in LIFTING]}


_CARS = """
with again as ({again}), cars as (
    select sequence, vin, (array_agg(why order by {rank}))[1] as why,
        coalesce((array_agg(change order by {rank}, change))[1], '') as change,
        max(asks) as asks, max(has) as has, max(states) as states
    from again where procedure_id = %(procedure)s group by 1, 2
)
select * from cars where why = %(why)s and sequence > %(after)s order by sequence limit %(most)s
"""
_CARS_MISSING = """
select v.sequence, v.vin from inspections_vehiclegate g
join inspections_vehicle v on v.id = g.vehicle_id and v.batch_id = g.batch_id
where g.batch_id = %(batch)s and g.state <> 0 and v.status in ('in_process', 'released') and v.sequence > %(after)s
    and exists(select from string_to_table(g.missing, chr(10)) m join inspections_characteristic c
        on c.id = split_part(m, '|', 1)::bigint where c.procedure_id = %(procedure)s)
order by v.sequence limit %(most)s
"""


def cars_to_test(*, batch_id: int, procedure_id: int, why: Why, after: int, most: int) -> list[CarToTest]:
    """Up to `most` cars of a batch on which a procedure is to be carried out for this reason, in build order, beginning
    after the number `after`. One statement."""
    if why is Why.MISSING:
        rows = read_named(_CARS_MISSING, batch=batch_id, procedure=procedure_id, after=after, most=most)
        return [CarToTest(sequence, vin, why, "", Never()) for sequence, vin in rows]
    sql = _CARS.format(again=_AGAIN.format(which="o.batch_id = %(batch)s"), rank=_RANK)
    return [
        CarToTest(sequence, vin, Why(found), change, Never(asks, has, states))
        for sequence, vin, found, change, asks, has, states in read_named(
            sql,
            batch=batch_id,
            procedure=procedure_id,
            why=why.value,
            after=after,
            most=most,
            order=[each.value for each in Why],
            **_codes(),
        )
    ]


@dataclass(frozen=True, slots=True)
class CarStanding:
    """What the gates of one car say of its values. `decided`: the domains of which nothing waits to be decided and
    nothing but single values is open, for a car that is meant for a customer.

    `open`: characteristic and position of every open reason and missing result, those that no test clears too.
    """

    values: tuple[ValueToTest, ...]
    decided: frozenset[str]
    open: frozenset[tuple[int, str]]

    def of_procedure(self, procedure_id: int) -> dict[tuple[int, str], ValueToTest]:
        return {
            (value.characteristic_id, value.position): value
            for value in self.values
            if value.procedure_id == procedure_id
        }


_VALUES = """
select procedure_id, characteristic_id, position, why, change, asks, has, states from ({again}) again
union all
select c.procedure_id, c.id, split_part(m, '|', 2), 'missing', '', '', '', '' from inspections_vehiclegate g
cross join lateral string_to_table(g.missing, chr(10)) m
join inspections_characteristic c on c.id = split_part(m, '|', 1)::bigint
where g.vehicle_id = %(vehicle)s
"""
_STANDING = """
select 'decided', g.domain, 0, '' from inspections_vehiclegate g join inspections_vehicle v on v.id = g.vehicle_id
where g.vehicle_id = %(vehicle)s and g.batch_id = %(batch)s and v.status in ('in_process', 'released', 'delivered')
    and (g.valid_until is null or g.valid_until > %(at)s)
    and not exists(select from inspections_openreason o where o.vehicle_id = g.vehicle_id and o.domain = g.domain
        and o.characteristic_id is null)
    and not exists(select from inspections_mark m where m.batch_id = %(batch)s
        and m.vehicle_id = %(vehicle)s and m.domain in ('', g.domain))
union all
select 'open', '', o.characteristic_id, o.position from inspections_openreason o
where o.vehicle_id = %(vehicle)s and o.characteristic_id is not null
"""


def car_standing(*, vehicle_id: int, batch_id: int, at: datetime) -> CarStanding:
    """What of one car is to be tested, value by value, and what its gates say nothing against. Two statements."""
    sql = _VALUES.format(again=_AGAIN.format(which="o.vehicle_id = %(vehicle)s"))
    values: dict[tuple[int, str], ValueToTest] = {}
    for procedure_id, number, position, why, change, asks, has, states in read_named(
        sql, vehicle=vehicle_id, **_codes()
    ):
        row = ValueToTest(procedure_id, number, position, Why(why), change, Never(asks, has, states))
        was = values.get((number, position))
        if was is None or _ORDER[row.why] < _ORDER[was.why]:
            values[number, position] = row
    decided, standing = set(), set(values)
    for kind, domain, number, position in read_named(_STANDING, vehicle=vehicle_id, batch=batch_id, at=at):
        if kind == "decided":
            decided.add(domain)
        else:
            standing.add((number, position))
    return CarStanding(tuple(values.values()), frozenset(decided), frozenset(standing))
