"""Judges stored inspections on a revision that binds their subject only now: by fitting, moving, re-pinning (law 3).

Rows are added beside what was said at recording, never in its place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from ..evaluation.facts import Reading, Verdict
from .fields import NUMBER, RAW
from .models import Judgement
from .plans import judge_for
from .readings import stored_reading

WHOLE = -1
"""The ordinal that stands for the verdict of a whole inspection."""


@dataclass(frozen=True, slots=True)
class _Stored:
    id: int
    procedure_id: int
    revision_id: int
    built_at: datetime


_OF_COMPONENTS = """
select i.id, i.procedure_id, b.revision_id, v.registered_at from inspections_inspection i
join lateral (
    select vehicle_id, fitted from inspections_fitting f where f.component_id = i.component_id
    order by at desc, id desc limit 1
) latest on latest.fitted
join inspections_vehicle v on v.id = latest.vehicle_id
join inspections_batch b on b.id = v.batch_id
where i.component_id = any(%s) and b.revision_id is not null and i.revision_id is distinct from b.revision_id
"""
_OF_VEHICLES = """
select i.id, i.procedure_id, b.revision_id, v.registered_at from inspections_inspection i
join inspections_vehicle v on v.id = i.vehicle_id
join inspections_batch b on b.id = v.batch_id
where i.vehicle_id = any(%s) and b.revision_id is not null and i.revision_id is distinct from b.revision_id
"""


_ON_ANOTHER = """
select count(*) from inspections_inspection i
where (i.vehicle_id = any(%(vehicles)s) or i.component_id in (
        select latest.component_id from (select distinct on (l.component_id) l.component_id, l.vehicle_id, l.fitted
            from inspections_fitting l where l.component_id in (
                select o.component_id from inspections_fitting o where o.vehicle_id = any(%(vehicles)s))
            order by l.component_id, l.at desc, l.id desc) latest
        where latest.fitted and latest.vehicle_id = any(%(vehicles)s)))
    and i.revision_id is distinct from %(revision)s
    and not exists(select from inspections_judgement j where j.inspection_id = i.id and j.ordinal = -1
        and j.revision_id = %(revision)s)
"""
# What bound the car (for a part: the car in which it is, and only since it is there) when the test finished or later.
_ON_PAST_PINS = """
with told as (
    select i.id, i.procedure_id, i.revision_id, i.finished_at, v.id as vehicle_id, v.batch_id, v.registered_at,
        greatest(i.finished_at, latest.at) as since
    from inspections_inspection i
    left join lateral (
        select f.vehicle_id, f.fitted, f.at from inspections_fitting f where f.component_id = i.component_id
        order by f.at desc, f.id desc limit 1
    ) latest on i.component_id is not null
    join inspections_vehicle v on v.id = coalesce(i.vehicle_id, case when latest.fitted then latest.vehicle_id end)
    where i.id = any(%s)
), pins as (
    select t.id, m.from_revision_id as revision_id from told t
    join inspections_vehiclemove m on m.vehicle_id = t.vehicle_id and m.at >= t.since
    union
    select t.id, r.from_revision_id from told t
    join inspections_repinning r on r.at >= t.since and r.at >= t.registered_at
        and r.batch_id = coalesce((select m.from_batch_id from inspections_vehiclemove m
            where m.vehicle_id = t.vehicle_id and m.at > r.at order by m.at, m.id limit 1), t.batch_id)
)
select t.id, t.procedure_id, p.revision_id, t.registered_at from told t join pins p on p.id = t.id
where p.revision_id is not null and t.revision_id is distinct from p.revision_id
"""


def count_on_another(*, vehicle_ids: Collection[int], revision_id: int) -> int:
    """How many inspections of these vehicles, and of what is fitted in them, `judge_on_current_pins` would judge if
    this revision bound them. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_ON_ANOTHER, {"vehicles": list(vehicle_ids), "revision": revision_id})
        return int(cursor.fetchone()[0])


def judge_on_past_pins(*, inspection_ids: Collection[int], act: str, at: datetime) -> int:
    """Judge what arrived late also on the revisions that bound its subject when it finished, or since: had it come in
    time, its fail would stand. Returns how many judgements of whole inspections were added.
    """
    stored = [_Stored(*row) for row in _rows(_ON_PAST_PINS, sorted(inspection_ids))]
    return _judge(stored, act, at)


def judge_on_current_pins(
    *, component_ids: Collection[int] = (), vehicle_ids: Collection[int] = (), act: str, at: datetime
) -> int:
    """Judge what is stored of these components and vehicles on the revision now pinned for them, where that is not
    the one under which it was recorded and it was not done before. Returns how many inspections were judged.

    Call it under the locks of the act that changed the binding.
    """
    stored: list[_Stored] = []
    for statement, ids in ((_OF_COMPONENTS, component_ids), (_OF_VEHICLES, vehicle_ids)):
        if ids:
            stored += [_Stored(*row) for row in _rows(statement, sorted(set(ids)))]
    return _judge(stored, act, at)


def _judge(stored: Sequence[_Stored], act: str, at: datetime) -> int:
    pairs = _judged_already([row.id for row in stored]) if stored else set()
    stored = [row for row in stored if (row.id, row.revision_id) not in pairs]
    if not stored:
        return 0
    measured = stored_measurements([row.id for row in stored])
    rows = [judgement for row in stored for judgement in _judgements(row, measured[row.id], act, at)]
    Judgement.objects.bulk_create(rows, ignore_conflicts=True, batch_size=5_000)
    return len(stored)


def _judged_already(inspection_ids: Sequence[int]) -> set[tuple[int, int]]:
    return set(
        Judgement.objects.filter(inspection_id__in=inspection_ids, ordinal=WHOLE).values_list(
            "inspection_id", "revision_id"
        )
    )


def stored_measurements(inspection_ids: Sequence[int]) -> dict[int, list[tuple[int, int | None, Reading]]]:
    """The values of inspections as the judge is told them: ordinal, characteristic, reading. One statement."""
    measured: dict[int, list[tuple[int, int | None, Reading]]] = defaultdict(list)
    for inspection_id, ordinal, characteristic_id, value, raw, unit, position in _rows(
        f"select inspection_id, ordinal, characteristic_id, {NUMBER}, {RAW}, unit, position"  # noqa: S608 a constant
        " from inspections_measurement m"
        " where inspection_id = any(%s) order by inspection_id, ordinal",
        list(inspection_ids),
    ):
        reading = stored_reading(value, raw, unit, position)
        measured[inspection_id].append((ordinal, characteristic_id, reading))
    return measured


def _judgements(
    row: _Stored, measured: Sequence[tuple[int, int | None, Reading]], act: str, at: datetime
) -> Iterator[Judgement]:
    judge = judge_for(row.revision_id, row.procedure_id, row.built_at)
    judged = [judge.judge(characteristic_id, reading) for _, characteristic_id, reading in measured]
    for (ordinal, _, _), result in zip(measured, judged, strict=True):
        yield _judgement(row, ordinal, result.verdict, result.requirement_id, act, at)
    yield _judgement(row, WHOLE, judge.verdict(judged).verdict, None, act, at)


def _judgement(
    row: _Stored, ordinal: int, verdict: Verdict, requirement_id: int | None, act: str, at: datetime
) -> Judgement:
    return Judgement(
        inspection_id=row.id,
        ordinal=ordinal,
        revision_id=row.revision_id,
        requirement_id=requirement_id,
        outcome=int(verdict.outcome),
        reason=int(verdict.reason),
        act=act,
        at=at,
    )


def _rows(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
