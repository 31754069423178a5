"""What stands against the cars of a batch, gathered in the database: a reason that many have alike is one row."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field, replace

from ..evaluation.reasons import ReasonCode
from .reading import read_named

MOST_CAUSES = 600
"""Rows read of one batch; a page lists 100 and says how many more there are."""


@dataclass(frozen=True, slots=True)
class StandingCause:
    """One reason of one or several cars. `cars` are their numbers in build order, ascending; `vin` is the first one's.

    `detail` holds what its sentence needs; where the cars differ in the moment, `at` and `at_last` are its two ends.
    """

    code: str
    gate: str
    characteristic_id: int | None = None
    position: str = ""
    requirement_id: int | None = None
    found: str = ""
    required: str = ""
    detail: dict[str, str] = field(default_factory=dict)
    cars: tuple[int, ...] = ()
    vin: str = ""


@dataclass(frozen=True, slots=True)
class StandingCauses:
    """The reasons of a batch's cars. `left`: how many rows there are beyond those read."""

    causes: tuple[StandingCause, ...]
    left: int


# What a sentence does not say must not keep equal reasons apart: the value where only the rig matters, the rig where
# only the value does.
_STANDING = """
with stands as (
    select o.domain, o.code, o.characteristic_id, o.position, o.requirement_id, v.sequence, v.vin,
        case when o.code = any(%(by_value)s) then o.found else '' end as found,
        case when o.code = any(%(by_value)s) then o.required else '' end as required,
        o.detail - 'finished_at' - 'at' - case when o.code = any(%(by_value)s) and o.code <> 'verdict_disagreement'
            then 'rig' else '' end as detail,
        o.detail ->> 'at' as at,
        (select n.number from inspections_nonconformance n where n.vehicle_id = o.vehicle_id and n.state = 'open'
            and n.domain = o.domain and n.code = o.code
            and n.characteristic_id is not distinct from o.characteristic_id limit 1) as nonconformance
    from inspections_openreason o join inspections_vehicle v on v.id = o.vehicle_id
    where o.batch_id = %(batch)s and v.batch_id = %(batch)s and o.code <> 'not_for_delivery'
)
select domain, code, characteristic_id, position, min(requirement_id), found, required, detail::text, min(at), max(at),
    array_agg(sequence order by sequence), (array_agg(vin order by sequence))[1],
    array_remove(array_agg(distinct nonconformance), null), count(*) over ()
from stands group by domain, code, characteristic_id, position, found, required, detail
order by code = any(%(failing)s) desc, min(sequence), domain, code limit %(most)s
"""

_BY_VALUE = [
    ReasonCode.MEASUREMENT_FAILED.value,
    ReasonCode.MEASUREMENT_INDETERMINATE.value,
    ReasonCode.VERDICT_DISAGREEMENT.value,
    ReasonCode.SOFTWARE_MISMATCH.value,
    ReasonCode.RETEST_UNEXPLAINED.value,
    ReasonCode.OPERATOR_UNKNOWN.value,
]
_FAILING = [ReasonCode.MEASUREMENT_FAILED.value, ReasonCode.RETEST_UNEXPLAINED.value]
_MOST_NUMBERS = 3


def standing_causes(*, batch_id: int) -> StandingCauses:
    """Every reason that keeps cars of a batch from passing but missing results, worst first. One statement.

    That a car is not meant for a customer is no reason of its batch.
    """
    rows = read_named(_STANDING, batch=batch_id, by_value=_BY_VALUE, failing=_FAILING, most=MOST_CAUSES)
    causes = []
    for row in rows:
        domain, code, characteristic_id, position, requirement_id, found, required, detail, at, at_last, *rest = row
        cars, vin, numbers, _ = rest
        told = {key: str(value) for key, value in json.loads(detail).items()}
        if at is not None:
            told["at"] = at
        if at_last != at:
            told["at_last"] = at_last
        if 0 < len(numbers) <= _MOST_NUMBERS:
            told["nonconformance"] = ", ".join(sorted(numbers))
        causes.append(
            StandingCause(
                code, domain, characteristic_id, position, requirement_id, found, required, told, tuple(cars), vin
            )
        )
    return StandingCauses(tuple(causes), max(rows[0][-1] - len(rows), 0) if rows else 0)


_MISSING = """
select g.domain, g.missing, array_agg(v.sequence order by v.sequence), (array_agg(v.vin order by v.sequence))[1]
from inspections_vehiclegate g join inspections_vehicle v on v.id = g.vehicle_id
where g.batch_id = %(batch)s and v.batch_id = %(batch)s and g.state <> 0 and g.missing <> ''
group by 1, 2 order by 1, 4
"""


def missing_results(*, batch_id: int) -> list[StandingCause]:
    """Which results are missing on which cars: one row for each characteristic and position. One statement."""
    cars: dict[tuple[str, str], list[int]] = defaultdict(list)
    vins: dict[int, str] = {}
    for domain, missing, sequences, vin in read_named(_MISSING, batch=batch_id):
        vins[sequences[0]] = vin
        for key in missing.split("\n"):
            cars[domain, key] += sequences
    causes = []
    for (domain, key), sequences in cars.items():
        characteristic, _, position = key.partition("|")
        ordered = tuple(sorted(sequences))
        causes.append(
            StandingCause(
                ReasonCode.MISSING_RESULT.value,
                domain,
                int(characteristic),
                position,
                cars=ordered,
                vin=vins.get(ordered[0], ""),
            )
        )
    return causes


def nonconformance_causes(*, vehicle_ids: list[int]) -> dict[tuple[int, str, str, int | None], StandingCause]:
    """The failing reasons of cars, by car, gate, code and characteristic: what their nonconformances are about.

    Of several positions the first speaks. One statement.
    """
    rows = read_named(
        "select distinct on (o.vehicle_id, o.domain, o.code, o.characteristic_id) o.vehicle_id, o.domain, o.code,"
        " o.characteristic_id, o.position, o.requirement_id, o.found, o.required,"
        " (o.detail - 'finished_at' - 'at' - 'rig')::text, v.sequence, v.vin"
        " from inspections_openreason o join inspections_vehicle v on v.id = o.vehicle_id"
        " where o.vehicle_id = any(%(ids)s) and o.code = any(%(failing)s)"
        " order by o.vehicle_id, o.domain, o.code, o.characteristic_id, o.position",
        ids=vehicle_ids,
        failing=_FAILING,
    )
    causes = {}
    for vehicle_id, gate, code, characteristic_id, position, requirement_id, found, required, detail, *car in rows:
        cause = StandingCause(code, gate, characteristic_id, position, requirement_id, found, required)
        told = {key: str(value) for key, value in json.loads(detail).items()}
        causes[vehicle_id, gate, code, characteristic_id] = replace(cause, detail=told, cars=(car[0],), vin=car[1])
    return causes
