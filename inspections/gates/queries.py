"""Reads of how batches stand. `clearance` of one vehicle, and what stands against the cars of one batch, are in files
of their own and handed on here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..catalogue.choices import Domain
from ..evaluation.reasons import State
from ..results.operators import STRANGE_CARS
from .car_rows import (
    SHOWN,
    CarCounts,
    CarGate,
    CarRow,
    OwnGate,
    car_counts,
    cars_of_batch,
    failed_cars,
    own_gates,
)
from .clearance import Clearance, OpenCause, UnknownVehicle, clearance
from .drawn_cars import BatchDraw, DrawnCar, batch_draw
from .keeping import Keeping, Keeps, what_keeps
from .kept_facts import (
    DecisionRow,
    EndingCoverage,
    TypeEvidence,
    coverages_of,
    decisions_of_vehicle,
    ending_coverages,
    flagged_since,
)
from .reading import read_named
from .rejections import (
    ReachedBatch,
    ReachedCar,
    RecordedScreening,
    reached_batches,
    rejected_sample,
    screenings_of,
)
from .sampling_periods import OpenRejection, PeriodStanding, open_rejections, period_standings
from .standing import (
    StandingCause,
    StandingCauses,
    missing_results,
    nonconformance_causes,
    standing_causes,
)
from .tallied import STOPPED, UNEVEN
from .to_test import (
    CarStanding,
    CarToTest,
    Never,
    ToTest,
    ValueToTest,
    Why,
    car_standing,
    cars_to_test,
    to_test,
)

__all__ = [
    "SHOWN",
    "BatchDraw",
    "BatchSummary",
    "CarCounts",
    "CarGate",
    "CarRow",
    "CarStanding",
    "CarToTest",
    "Clearance",
    "DecisionRow",
    "DomainSummary",
    "DrawnCar",
    "EndingCoverage",
    "Keeping",
    "Keeps",
    "Never",
    "OpenCause",
    "OpenRejection",
    "OwnGate",
    "PeriodStanding",
    "ReachedBatch",
    "ReachedCar",
    "RecordedScreening",
    "StandingCause",
    "StandingCauses",
    "ToTest",
    "TypeEvidence",
    "UnknownVehicle",
    "ValueToTest",
    "Why",
    "batch_draw",
    "batch_summaries",
    "batch_summary",
    "car_counts",
    "car_standing",
    "cars_of_batch",
    "cars_to_test",
    "clearance",
    "coverages_of",
    "decisions_of_vehicle",
    "ending_coverages",
    "failed_cars",
    "flagged_since",
    "missing_results",
    "nonconformance_causes",
    "open_rejections",
    "own_gates",
    "period_standings",
    "reached_batches",
    "rejected_sample",
    "screenings_of",
    "standing_causes",
    "to_test",
    "what_keeps",
]


@dataclass(frozen=True, slots=True)
class DomainSummary:
    """One domain of a batch: `state` is the worst of the batch's own gate and its vehicles'.

    `codes` counts the vehicles by reason code; `subjects` names up to 100 VINs for each code; `conceded` counts those
    that passed on a concession.
    """

    domain: str
    state: str
    own_state: str
    decided_at: datetime | None
    valid_until: datetime | None
    passed: int
    failed: int
    pending: int
    codes: dict[str, int]
    own_reasons: tuple[dict[str, Any], ...]
    subjects: dict[str, list[str]]
    conceded: int = 0


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """How a batch stands. Counts are of vehicles: `unreleased` of those that are clear and in no signed release.

    `undecided` counts marks not consumed yet.
    """

    id: int
    number: str
    status: str
    configuration: str
    line: str
    plan: str
    revision: int | None
    current_revision: int | None
    planned: int
    registered: int
    clear: int
    held: int
    released: int
    delivered: int
    unreleased: int
    opened_at: datetime
    completed_at: datetime | None
    decided_at: datetime | None
    undecided: int
    gates: tuple[DomainSummary, ...]

    @property
    def state(self) -> str:
        """The worst of its gates: a batch is flagged while this is `failed`."""
        return State(max(State[gate.state.upper()] for gate in self.gates)).name.lower()


_SUMMARIES = """
with recursive {strange}, built as materialized (
    select batch_id, count(*) as registered,
        count(*) filter (where status in ('in_process', 'released', 'delivered')) as for_delivery,
        count(*) filter (where status = 'in_process') as in_process,
        count(*) filter (where status in ('released', 'delivered')) as released,
        count(*) filter (where status = 'delivered') as delivered
    from inspections_vehicle where batch_id = any(%(ids)s) group by 1
), {stopped}, {uneven}, unclear as materialized (
    select v.batch_id, v.id, v.status from stopped s join inspections_vehicle v on v.id = s.vehicle_id
    where v.batch_id = any(%(ids)s) and v.status in ('in_process', 'released', 'delivered')
    union
    select v.batch_id, v.id, v.status from inspections_vehicle v
    where v.batch_id = any(array(select batch_id from uneven)) and v.status in ('in_process', 'released', 'delivered')
        and (select count(*) from inspections_vehiclegate g where g.vehicle_id = v.id and g.state = 0) < 3
), shared as materialized (
    select b.id,
        exists(select from inspections_hold h where h.batch_id = b.id and h.vehicle_id is null
            and h.lifted_at is null) as held,
        (select count(*) from inspections_batchgate g where g.batch_id = b.id and g.state = 0
            and (g.valid_until is null or g.valid_until > %(at)s)) = 3
        and not exists(select from inspections_mark m where m.batch_id = b.id and m.vehicle_id is null)
        and not exists(select from inspections_nonconformance n where n.batch_id = b.id and n.vehicle_id is null
            and n.state = 'open') as passed
    from inspections_batch b where b.id = any(%(ids)s)
)
select b.id, b.number, b.status, c.code, b.line, coalesce(p.code, ''), r.number,
    (select n.number from inspections_planrevision n where n.plan_id = p.id and n.status = 'approved'),
    b.planned_quantity, coalesce(v.registered, 0),
    case when s.passed and not s.held then coalesce(v.for_delivery - u.cars, 0) else 0 end,
    case when s.held then coalesce(v.registered, 0) else coalesce(h.cars, 0) end,
    coalesce(v.released, 0), coalesce(v.delivered, 0),
    case when s.passed and not s.held then coalesce(v.in_process - u.in_process, 0) else 0 end,
    b.opened_at, b.completed_at, d.decided_at,
    (select count(*) from inspections_mark m where m.batch_id = b.id)
from inspections_batch b
join inspections_configuration c on c.id = b.configuration_id
join shared s on s.id = b.id
left join inspections_controlplan p on p.configuration_id = c.id
left join inspections_planrevision r on r.id = b.revision_id
left join inspections_decider d on d.batch_id = b.id
left join built v on v.batch_id = b.id
cross join lateral (select count(*) as cars, count(*) filter (where status = 'in_process') as in_process
    from unclear where unclear.batch_id = b.id) u
left join (select v.batch_id, count(distinct v.id) as cars from inspections_hold h
    join inspections_vehicle v on v.id = h.vehicle_id
    where h.lifted_at is null and v.batch_id = any(%(ids)s) group by 1) h on h.batch_id = b.id
where b.id = any(%(ids)s)
order by b.opened_at desc, b.id desc
"""
_PARTS = {
    "strange": STRANGE_CARS,
    "stopped": STOPPED.format(batches="%(ids)s"),
    "uneven": UNEVEN.format(counted="built"),
}


def batch_summaries(*, ids: list[int], at: datetime, subjects: int = 0) -> list[BatchSummary]:
    """How batches stand, newest first, in a fixed number of statements. `subjects`: VINs to name for each code."""
    rows = read_named(_SUMMARIES.format(**_PARTS), ids=ids, at=at)
    gates = _gates(ids, subjects, at)
    return [BatchSummary(*(*row, gates[row[0]])) for row in rows]


def batch_summary(*, batch_id: int, at: datetime) -> BatchSummary:
    """One batch with up to 100 VINs named for each reason."""
    return batch_summaries(ids=[batch_id], at=at, subjects=100)[0]


_GATES = """
select g.batch_id, g.domain, g.state, g.reasons, g.valid_until, g.passed, g.failed, g.pending, g.codes, g.decided_at,
    (select count(distinct vg.vehicle_id) from inspections_concession c
        join inspections_concededvehicle cv on cv.concession_id = c.id
        join inspections_vehiclegate vg on vg.vehicle_id = cv.vehicle_id and vg.domain = g.domain
            and vg.batch_id = g.batch_id and vg.counted and vg.state = 0 and cardinality(vg.conceded) > 0
        where c.batch_id = g.batch_id)
from inspections_batchgate g where g.batch_id = any(%(ids)s)
"""


def _gates(ids: list[int], subjects: int, at: datetime) -> dict[int, tuple[DomainSummary, ...]]:
    stored = {(batch_id, domain): rest for batch_id, domain, *rest in read_named(_GATES, ids=ids)}
    named = _subjects(ids, subjects) if subjects else {}
    return {
        batch_id: tuple(
            _domain(domain, stored.get((batch_id, domain)), named.get((batch_id, domain), {}), at)
            for domain in Domain.values
        )
        for batch_id in ids
    }


def _domain(domain: str, row: list[Any] | None, subjects: dict[str, list[str]], at: datetime) -> DomainSummary:
    if row is None:
        return DomainSummary(domain, "pending", "pending", None, None, 0, 0, 0, {}, (), subjects)
    state, reasons, valid_until, passed, failed, pending, codes, decided_at, conceded = row
    if state == State.PASSED and valid_until is not None and valid_until <= at:
        state = State.PENDING
    worst = max(state, State.FAILED if failed else State.PENDING if pending else State.PASSED)
    return DomainSummary(
        domain=domain,
        state=State(worst).name.lower(),
        own_state=State(state).name.lower(),
        decided_at=decided_at,
        valid_until=valid_until,
        passed=passed,
        failed=failed,
        pending=pending,
        codes=json.loads(codes),
        own_reasons=tuple(json.loads(reasons)),
        subjects=subjects,
        conceded=conceded,
    )


_SUBJECTS = """
select batch_id, domain, code, vin from (
    select o.batch_id, o.domain, o.code, v.vin, row_number() over (
        partition by o.batch_id, o.domain, o.code order by v.sequence) as place
    from (select distinct batch_id, domain, code, vehicle_id from inspections_openreason
            where batch_id = any(%(ids)s)
        union all
        select batch_id, domain, 'missing_result', vehicle_id from inspections_vehiclegate
            where batch_id = any(%(ids)s) and state <> 0 and missing <> '') o
    join inspections_vehicle v on v.id = o.vehicle_id) placed
where place <= %(most)s order by 1, 2, 3, place
"""


def _subjects(ids: list[int], most: int) -> dict[tuple[int, str], dict[str, list[str]]]:
    named: dict[tuple[int, str], dict[str, list[str]]] = {}
    for batch_id, domain, code, vin in read_named(_SUBJECTS, ids=ids, most=most):
        named.setdefault((batch_id, domain), {}).setdefault(code, []).append(vin)
    return named
