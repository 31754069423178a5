"""The evidence of one vehicle as people read it: every inspection with all its measurements, whatever its worth."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from ..evaluation.reasons import JudgementReason, Outcome
from .fields import NUMBER, RAW

LATE: Final = timedelta(minutes=5)
"""What arrives later than this after it finished arrives late: a rig posts within seconds."""

Bound = tuple[datetime, int]
"""A moment and a row's number: what is read is older than it, or newer where the oldest are read first."""


@dataclass(frozen=True, slots=True)
class MeasuredValue:
    """One value as written. `value` is a number, `raw` what is none. `outcome` is what counts now: on the current pin.

    `requirement_id` is the line it was held against there.
    """

    ordinal: int
    characteristic_id: int | None
    position: str
    value: Decimal | None
    raw: str | None
    unit: str
    name: str
    outcome: Outcome
    reason: JudgementReason
    requirement_id: int | None
    claimed: Outcome | None


@dataclass(frozen=True, slots=True)
class Disposed:
    """An engineer's answer to a measurement; `ordinal` -1 is about the whole inspection."""

    ordinal: int
    kind: str
    reason: str
    disposed_by: str
    done_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class VehicleInspection:
    """One finished test, of the vehicle itself or of a component (`component`: "kind serial") that is or was in it."""

    id: int
    external_id: str
    rig: str
    procedure: str
    procedure_name: str
    procedure_name_zh: str
    domain: str
    component: str
    component_id: int | None
    started_at: datetime
    finished_at: datetime
    recorded_at: datetime
    purpose: int
    verdict: Outcome
    claimed: Outcome | None
    revision: int | None
    judged_later: bool
    operator: str
    entered_by: str
    nonconformance: str
    software: tuple[str, ...]
    void_reason: str
    voided_by: str
    voided_at: datetime | None
    measurements: tuple[MeasuredValue, ...] = ()
    dispositions: tuple[Disposed, ...] = field(default=())

    @property
    def voided(self) -> bool:
        return self.voided_at is not None

    @property
    def late(self) -> bool:
        return self.recorded_at - self.finished_at > LATE


_INSPECTIONS: Final = """
select i.id, i.external_id, r.code, p.code, p.name, p.name_zh, p.domain, coalesce(c.kind || ' ' || c.serial, ''),
    i.component_id, i.started_at, i.finished_at, i.recorded_at, i.purpose, i.verdict, i.claimed, i.revision_id,
    v.number, coalesce(i.operator, ''), coalesce(u.personnel_number, u.username, ''), coalesce(i.nonconformance, ''),
    i.software::text, coalesce(d.reason, ''), coalesce(d.voided_by, ''), d.at
from (
    select * from inspections_inspection where vehicle_id = %(vehicle)s
    union all
    select * from inspections_inspection where component_id = any(%(components)s)
) i
join inspections_rig r on r.id = i.rig_id
join inspections_procedure p on p.id = i.procedure_id
left join inspections_component c on c.id = i.component_id
left join inspections_planrevision v on v.id = i.revision_id
left join inspections_user u on u.id = i.person_id
left join inspections_void d on d.inspection_id = i.id
where (i.finished_at, i.id) {past} (%(at)s, %(id)s)
order by i.finished_at {way}, i.id {way} limit %(most)s
"""
_NEWEST_FIRST: Final = _INSPECTIONS.format(past="<", way="desc")
_OLDEST_FIRST: Final = _INSPECTIONS.format(past=">", way="asc")


def inspections_of_vehicle(
    *,
    vehicle_id: int,
    component_ids: Sequence[int],
    pinned: int | None,
    before: Bound,
    most: int,
    oldest_first: bool = False,
) -> list[VehicleInspection]:
    """Inspections of a vehicle and of components that are or were in it, newest first by finishing time; or
    `oldest_first`, and then newer than `before`.

    `pinned`: the revision on which the vehicle is judged now. Four statements however many there are.
    """
    order = _OLDEST_FIRST if oldest_first else _NEWEST_FIRST
    rows = read(order, vehicle=vehicle_id, components=list(component_ids), at=before[0], id=before[1], most=most)
    ids = [row[0] for row in rows]
    later = _judgements(ids, pinned)
    measured = _measurements({row[0]: row[15] for row in rows}, pinned, later)
    disposed = _dispositions(ids)
    return [_inspection(row, pinned, later, measured, disposed) for row in rows]


_COLUMNS: Final = (
    "id", "external_id", "rig", "procedure", "procedure_name", "procedure_name_zh", "domain", "component",
    "component_id", "started_at", "finished_at", "recorded_at", "purpose",
)  # fmt: skip

Judged = dict[tuple[int, int], tuple[int, int, int | None]]
_NOT_JUDGED: Final = (int(Outcome.NOT_JUDGED), int(JudgementReason.NO_PLAN), None)


def _inspection(
    row: tuple[Any, ...],
    pinned: int | None,
    later: Judged,
    measured: dict[int, list[MeasuredValue]],
    disposed: dict[int, list[Disposed]],
) -> VehicleInspection:
    judged_later = row[15] != pinned
    verdict = later.get((row[0], -1), _NOT_JUDGED)[0] if judged_later else row[13]
    stated: dict[str, Any] = dict(zip(_COLUMNS, row, strict=False))
    return VehicleInspection(
        **stated,
        verdict=Outcome(verdict),
        claimed=None if row[14] is None else Outcome(row[14]),
        revision=row[16],
        judged_later=judged_later,
        operator=row[17],
        entered_by=row[18],
        nonconformance=row[19],
        software=tuple(f"{item['system']} {item['version']}" for item in json.loads(row[20] or "[]") or ()),
        void_reason=row[21],
        voided_by=row[22],
        voided_at=row[23],
        measurements=tuple(measured[row[0]]),
        dispositions=tuple(disposed[row[0]]),
    )


def _judgements(ids: list[int], pinned: int | None) -> Judged:
    rows = read(
        "select inspection_id, ordinal, outcome, reason, requirement_id from inspections_judgement"
        " where inspection_id = any(%(ids)s) and revision_id = %(pinned)s",
        ids=ids,
        pinned=pinned,
    )
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in rows}


def _measurements(
    revisions: dict[int, int | None], pinned: int | None, later: Judged
) -> dict[int, list[MeasuredValue]]:
    # RAW is a constant.
    rows = read(
        f"select inspection_id, ordinal, characteristic_id, position, {NUMBER}, {RAW}, unit,"  # noqa: S608
        " name, nullif(claimed, -1), outcome, reason, requirement_id from inspections_measurement m"
        " where inspection_id = any(%(ids)s) order by inspection_id, ordinal",
        ids=list(revisions),
    )
    measured: dict[int, list[MeasuredValue]] = defaultdict(list)
    for inspection_id, ordinal, characteristic_id, position, value, raw, unit, name, claimed, *judged in rows:
        if revisions[inspection_id] != pinned:
            judged = list(later.get((inspection_id, ordinal), _NOT_JUDGED))
        measured[inspection_id].append(
            MeasuredValue(
                ordinal=ordinal,
                characteristic_id=characteristic_id,
                position=position,
                value=value,
                raw=raw,
                unit=unit,
                name=name,
                outcome=Outcome(judged[0]),
                reason=JudgementReason(judged[1]),
                requirement_id=judged[2],
                claimed=None if claimed is None else Outcome(claimed),
            )
        )
    return measured


def _dispositions(ids: list[int]) -> dict[int, list[Disposed]]:
    rows = read(
        "select inspection_id, ordinal, kind, reason, disposed_by, done_at, at from inspections_disposition"
        " where inspection_id = any(%(ids)s) order by at, id",
        ids=ids,
    )
    disposed: dict[int, list[Disposed]] = defaultdict(list)
    for inspection_id, *rest in rows:
        disposed[inspection_id].append(Disposed(*rest))
    return disposed


@dataclass(frozen=True, slots=True)
class Arrival:
    """An inspection that arrived late: when, and when it had finished."""

    id: int
    external_id: str
    rig: str
    procedure: str
    procedure_name: str
    procedure_name_zh: str
    finished_at: datetime
    recorded_at: datetime
    verdict: Outcome


_LATE: Final = """
select i.id, i.external_id, r.code, p.code, p.name, p.name_zh, i.finished_at, i.recorded_at, i.verdict
from inspections_inspection i join inspections_rig r on r.id = i.rig_id
join inspections_procedure p on p.id = i.procedure_id
where i.vehicle_id = %(vehicle)s
and i.recorded_at - i.finished_at > %(late)s and (i.recorded_at, i.id) {past} (%(at)s, %(id)s)
order by i.recorded_at {way}, i.id {way} limit %(most)s
"""
_LATE_NEWEST_FIRST: Final = _LATE.format(past="<", way="desc")
_LATE_OLDEST_FIRST: Final = _LATE.format(past=">", way="asc")


def late_arrivals(*, vehicle_id: int, before: Bound, most: int, oldest_first: bool = False) -> list[Arrival]:
    """What arrived later than `LATE` after it finished, newest arrival first; or `oldest_first`, and then newer than
    `before`. One statement.

    A component's inspections are left out: they come before the car by their nature.
    """
    rows = read(
        _LATE_OLDEST_FIRST if oldest_first else _LATE_NEWEST_FIRST,
        vehicle=vehicle_id,
        late=LATE,
        at=before[0],
        id=before[1],
        most=most,
    )
    return [Arrival(*(*row[:8], Outcome(row[8]))) for row in rows]


def vehicles_of_inspection(*, external_id: str, most: int) -> list[tuple[int, str]]:
    """Inspections to which a rig gave that id, with the VIN of their vehicle, or of the one their part is in.

    One statement, by the key of each rig.
    """
    rows = read(
        "select i.id, v.vin from inspections_inspection i left join lateral ("
        " select f.vehicle_id, f.fitted from inspections_fitting f where f.component_id = i.component_id"
        " order by f.at desc, f.id desc limit 1) l on l.fitted"
        " join inspections_vehicle v on v.id = coalesce(i.vehicle_id, l.vehicle_id)"
        " where i.rig_id = any(array(select id from inspections_rig)) and i.external_id = %(id)s"
        " order by i.id limit %(most)s",
        id=external_id,
        most=most,
    )
    return [(row[0], row[1]) for row in rows]


def read(sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """All rows of one statement, written in this room."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()
