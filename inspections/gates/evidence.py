"""Gathers, for the marked vehicles of one batch and the domains concerned, the facts that the evaluator is told.

Every statement reads for all of them at once: the number of statements does not depend on how many they are.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from ..batches.choices import FOR_DELIVERY, BatchStatus
from ..batches.models import Batch
from ..catalogue.choices import RevisionStatus
from ..catalogue.models import ComponentKind
from ..catalogue.models import Procedure as ProcedureRow
from ..catalogue.queries import requirements_of
from ..evaluation import facts
from ..evaluation.reasons import JudgementReason, Outcome

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class VehicleFacts:
    """A vehicle as the decider needs it."""

    id: int
    vin: str
    sequence: int
    for_delivery: bool
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """What a batch is judged on: its pinned revision, whether two people approved it, and its lines."""

    revision_id: int | None
    approved: bool
    requirements: tuple[facts.Requirement, ...]


def collect_plan(batch: Batch) -> Plan:
    revision = batch.revision
    if revision is None:
        return Plan(None, approved=False, requirements=())
    return Plan(revision.pk, revision.status != RevisionStatus.DRAFT, requirements_of(revision))


def collect_vehicles(batch_id: int, vehicle_ids: Collection[int]) -> dict[int, VehicleFacts]:
    """The vehicles that are (still) in the batch; a mark of one that was moved away is decided in its new batch."""
    rows = _rows(
        "select id, vin, sequence, status, registered_at from inspections_vehicle where batch_id = %s and id = any(%s)",
        batch_id,
        list(vehicle_ids),
    )
    return {
        row[0]: VehicleFacts(row[0], row[1], row[2], for_delivery=row[3] in FOR_DELIVERY, registered_at=row[4])
        for row in rows
    }


def collect_gate_inputs(
    batch: Batch, plan: Plan, vehicles: Mapping[int, VehicleFacts], wanted: Collection[tuple[int, str]]
) -> dict[tuple[int, str], facts.GateInput]:
    """Evaluator input for each wanted (vehicle id, domain)."""
    if not wanted:
        return {}
    domains = {domain for _, domain in wanted}
    ids = sorted({vehicle_id for vehicle_id, _ in wanted})
    procedures = _procedures(domains)
    fitted, changes = _components(ids)
    inspections = _inspections(ids, fitted, sorted(procedures), plan.revision_id)
    rigs = _rigs({row.rig for rows in inspections.values() for row in rows})
    software, concessions, kept = _software(ids), _concessions(ids), _kept(vehicles, fitted)
    by_domain = {
        domain: tuple(
            line for line in plan.requirements if line.domain == domain and line.level is facts.Level.EVERY_VEHICLE
        )
        for domain in domains
    }
    inputs = {}
    for vehicle_id, domain in wanted:
        vehicle = vehicles[vehicle_id]
        inputs[vehicle_id, domain] = facts.GateInput(
            domain=domain,
            plan_approved=plan.approved,
            requirements=by_domain[domain],
            inspections=tuple(
                row for row in inspections[vehicle_id] if procedures[row.procedure_id].domain == domain
            ),
            testing_closed=batch.status != BatchStatus.OPEN,
            for_delivery=vehicle.for_delivery,
            built_at=vehicle.registered_at,
            rigs=rigs,
            procedures=procedures,
            software=software[vehicle_id],
            components=changes[vehicle_id],
            concessions=concessions[vehicle_id],
            kept=tuple(item for item in kept[vehicle_id] if item.domain in (None, domain)),
        )
    return inputs


def _rows(sql: str, *parameters: object) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def _procedures(domains: Collection[str]) -> dict[int, facts.Procedure]:
    return {
        row.pk: procedure_facts(row) for row in ProcedureRow.objects.filter(domain__in=domains)
    }


def procedure_facts(row: ProcedureRow) -> facts.Procedure:
    return facts.Procedure(row.pk, row.code, row.domain, tuple(row.software_systems), tuple(row.component_kinds))


def _components(
    vehicle_ids: list[int],
) -> tuple[dict[int, dict[int, str]], dict[int, tuple[facts.ComponentChange, ...]]]:
    """By vehicle: the components now fitted in it (id to "kind serial"), and every change of its components."""
    known = set(ComponentKind.objects.values_list("code", flat=True))
    history = _rows(
        "select f.vehicle_id, f.component_id, c.kind, c.serial, f.fitted, f.at"
        " from inspections_fitting f join inspections_component c on c.id = f.component_id"
        " where f.vehicle_id = any(%s) order by f.at, f.id",
        vehicle_ids,
    )
    fitted: dict[int, dict[int, str]] = defaultdict(dict)
    changes: dict[int, list[facts.ComponentChange]] = defaultdict(list)
    where = _whereabouts(sorted({row[1] for row in history}))
    for vehicle_id, component_id, kind, serial, is_fitted, at in history:
        changes[vehicle_id].append(facts.ComponentChange(kind, at, serial, is_fitted, kind in known))
        if where.get(component_id) == vehicle_id:
            fitted[vehicle_id][component_id] = f"{kind} {serial}"
    return fitted, defaultdict(tuple, {key: tuple(rows) for key, rows in changes.items()})


def _whereabouts(component_ids: list[int]) -> dict[int, int]:
    """The vehicle in which each component is fitted now: its last change, in whatever vehicle, says so."""
    rows = _rows(
        "select distinct on (component_id) component_id, vehicle_id, fitted from inspections_fitting"
        " where component_id = any(%s) order by component_id, at desc, id desc",
        component_ids,
    )
    return {component_id: vehicle_id for component_id, vehicle_id, fitted in rows if fitted}


_INSPECTIONS = """
select i.id, i.vehicle_id, i.component_id, i.procedure_id, r.code, i.finished_at, i.recorded_at, i.revision_id,
       i.verdict, i.claimed, i.software, v.id is not null
from inspections_inspection i
join inspections_rig r on r.id = i.rig_id
left join inspections_void v on v.inspection_id = i.id
where i.{subject} = any(%s) and i.procedure_id = any(%s)
"""


def _inspections(
    vehicle_ids: list[int], fitted: Mapping[int, dict[int, str]], procedure_ids: list[int], pinned: int | None
) -> dict[int, list[facts.Inspection]]:
    vehicle_of = {component: vehicle for vehicle, parts in fitted.items() for component in parts}
    rows = _rows(_INSPECTIONS.format(subject="vehicle_id"), vehicle_ids, procedure_ids)
    if vehicle_of:
        rows += _rows(_INSPECTIONS.format(subject="component_id"), sorted(vehicle_of), procedure_ids)
    judged = _judgements([row[0] for row in rows])
    disposed = _dispositions([row[0] for row in rows])
    measured = _measurements({row[0]: row[7] for row in rows}, pinned, judged, disposed)
    found: dict[int, list[facts.Inspection]] = defaultdict(list)
    for row in rows:
        inspection_id, vehicle_id, component_id, procedure_id, rig, finished_at, recorded_at, revision_id = row[:8]
        verdict, claimed, software, voided = row[8:]
        owner = vehicle_id if vehicle_id is not None else vehicle_of[component_id]
        if revision_id != pinned:
            verdict = _judged_now(judged, inspection_id, -1, pinned)[0]
        found[owner].append(
            facts.Inspection(
                id=inspection_id,
                procedure_id=procedure_id,
                rig=rig,
                finished_at=finished_at,
                recorded_at=recorded_at,
                measurements=tuple(measured[inspection_id]),
                software=tuple(facts.SoftwareClaim(item["system"], item["version"]) for item in _json(software)),
                voided=voided,
                claimed=None if claimed is None else Outcome(claimed),
                verdict=Outcome(verdict),
                reviewed=tuple(disposed.get((inspection_id, -1), ())),
                component="" if component_id is None else fitted[owner][component_id],
            )
        )
    return found


def _json(value: Any) -> Iterable[dict[str, str]]:
    # Under Django a raw statement hands jsonb over as text.
    return (json.loads(value) if isinstance(value, str) else value) or ()


Judged = dict[tuple[int, int], dict[int, tuple[int, int, int | None]]]


def _judgements(inspection_ids: list[int]) -> Judged:
    """Judgements made after recording: (inspection, ordinal) to revision to (outcome, reason, requirement)."""
    judged: Judged = defaultdict(dict)
    for inspection_id, ordinal, revision_id, outcome, reason, requirement_id in _rows(
        "select inspection_id, ordinal, revision_id, outcome, reason, requirement_id from inspections_judgement"
        " where inspection_id = any(%s)",
        inspection_ids,
    ):
        judged[inspection_id, ordinal][revision_id] = (outcome, reason, requirement_id)
    return judged


def _judged_now(judged: Judged, inspection_id: int, ordinal: int, pinned: int | None) -> tuple[int, int, int | None]:
    """What stands on the pinned revision. Nothing judged on it is no plan, never the verdict of another revision."""
    nothing = (int(Outcome.NOT_JUDGED), int(JudgementReason.NO_PLAN), None)
    rows = judged.get((inspection_id, ordinal))
    return nothing if rows is None or pinned is None else rows.get(pinned, nothing)


def _measurements(
    revisions: Mapping[int, int | None],
    pinned: int | None,
    judged: Judged,
    disposed: Mapping[tuple[int, int], list[facts.Disposition]],
) -> dict[int, list[facts.Measured]]:
    rows = _rows(
        "select m.inspection_id, m.ordinal, m.characteristic_id, m.position, m.outcome, m.reason, m.requirement_id,"
        " m.claimed, m.value, m.raw, m.unit, c.kind from inspections_measurement m"
        " left join inspections_characteristic c on c.id = m.characteristic_id where m.inspection_id = any(%s)",
        list(revisions),
    )
    measured: dict[int, list[facts.Measured]] = defaultdict(list)
    for inspection_id, ordinal, characteristic_id, position, outcome, reason, requirement_id, claimed, *shown in rows:
        value, raw, unit, kind = shown
        later = judged.get((inspection_id, ordinal), {})
        failed_ever = outcome == Outcome.FAIL or any(row[0] == Outcome.FAIL for row in later.values())
        if revisions[inspection_id] != pinned:
            outcome, reason, requirement_id = _judged_now(judged, inspection_id, ordinal, pinned)
        measured[inspection_id].append(
            facts.Measured(
                ordinal=ordinal,
                characteristic_id=characteristic_id,
                position=position,
                outcome=Outcome(outcome),
                reason=JudgementReason(reason),
                requirement_id=requirement_id,
                failed_ever=failed_ever,
                claimed=None if claimed is None else Outcome(claimed),
                dispositions=tuple(disposed.get((inspection_id, ordinal), ())),
                found=value_text(value, raw, unit),
                kind=facts.Kind(kind or facts.Kind.VARIABLE),
            )
        )
    return measured


def value_text(value: Decimal | None, raw: str | None, unit: str | None) -> str:
    """A value as it was written, with its unit."""
    written = format(value, "f") if value is not None else (raw or "")
    return f"{written} {unit}" if unit and written else written


def _dispositions(inspection_ids: list[int]) -> dict[tuple[int, int], list[facts.Disposition]]:
    disposed: dict[tuple[int, int], list[facts.Disposition]] = defaultdict(list)
    for row_id, inspection_id, ordinal, kind, done_at in _rows(
        "select id, inspection_id, ordinal, kind, done_at from inspections_disposition where inspection_id = any(%s)",
        inspection_ids,
    ):
        disposed[inspection_id, ordinal].append(facts.Disposition(row_id, facts.DispositionKind(kind), done_at))
    return disposed


def _rigs(codes: set[str]) -> dict[str, facts.Rig]:
    rigs = {
        row[0]: row
        for row in _rows("select id, code, needs_calibration from inspections_rig where code = any(%s)", sorted(codes))
    }
    ids = sorted(rigs)
    certificates = _grouped(
        "select rig_id, valid_from, valid_until from inspections_calibration where rig_id = any(%s)", ids
    )
    findings = _grouped("select rig_id, back_to, found_at from inspections_outoftolerance where rig_id = any(%s)", ids)
    grants = _grouped(
        "select rig_id, procedure_id, granted, effective_at, id from inspections_authorisation where rig_id = any(%s)",
        ids,
    )
    return {
        code: facts.Rig(
            code=code,
            calibrations=tuple(facts.Calibration(*row) for row in certificates[rig_id]),
            out_of_tolerance=tuple(facts.OutOfTolerance(*row) for row in findings[rig_id]),
            authorisations=tuple(facts.Authorisation(*row) for row in grants[rig_id]),
            needs_calibration=needs_calibration,
        )
        for rig_id, code, needs_calibration in rigs.values()
    }


def _grouped(sql: str, ids: list[int]) -> dict[int, list[tuple[Any, ...]]]:
    """Rows by their first column."""
    groups: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for first, *rest in _rows(sql, ids):
        groups[first].append(tuple(rest))
    return groups


def _software(vehicle_ids: list[int]) -> dict[int, tuple[facts.SoftwareChange, ...]]:
    rows = _grouped(
        "select vehicle_id, system, version, at, id from inspections_softwarechange where vehicle_id = any(%s)",
        vehicle_ids,
    )
    return defaultdict(
        tuple, {key: tuple(facts.SoftwareChange(*row) for row in changes) for key, changes in rows.items()}
    )


def _concessions(vehicle_ids: list[int]) -> dict[int, tuple[facts.Concession, ...]]:
    rows = _grouped(
        "select c.vehicle_id, c.id, c.characteristic_id, r.positions, c.approved_at, c.expires_at, c.requirement_id"
        " from inspections_concession c join inspections_requirement r on r.id = c.requirement_id"
        " where c.vehicle_id = any(%s)",
        vehicle_ids,
    )
    return defaultdict(
        tuple,
        {
            key: tuple(
                facts.Concession(number, characteristic, tuple(positions), approved, expires, requirement)
                for number, characteristic, positions, approved, expires, requirement in concessions
            )
            for key, concessions in rows.items()
        },
    )


def _kept(
    vehicles: Mapping[int, VehicleFacts], fitted: Mapping[int, dict[int, str]]
) -> dict[int, list[facts.Kept]]:
    """What is kept unread and names one of the vehicles, or a component fitted in one of them."""
    by_vin = {vehicle.vin: vehicle.id for vehicle in vehicles.values()}
    by_part = {part: vehicle_id for vehicle_id, parts in fitted.items() for part in parts.values()}
    kept: dict[int, list[facts.Kept]] = defaultdict(list)
    columns = "select id, vin, component_kind, component_serial, domain, code, received_at from inspections_kept"
    rows = _rows(f"{columns} where state = 'open' and vin = any(%s)", list(by_vin))
    if by_part:
        parts = [part.split(" ", 1) for part in by_part]
        rows += _rows(
            f"{columns} where state = 'open' and (component_kind, component_serial)"
            " in (select * from unnest(%s::text[], %s::text[]))",
            [kind for kind, _ in parts],
            [serial for _, serial in parts],
        )
    for row_id, vin, kind, serial, domain, code, received_at in rows:
        vehicle_id = by_vin.get(vin, by_part.get(f"{kind} {serial}"))
        if vehicle_id is not None:
            kept[vehicle_id].append(facts.Kept(row_id, code, received_at, domain or None))
    return kept
