"""Gathers, for the marked vehicles of one batch and the domains concerned, the facts that the evaluator is told.

Every statement reads for all of them at once: the number of statements does not depend on how many they are.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ..batches.choices import FOR_DELIVERY, BatchStatus, VehicleStatus
from ..batches.models import Batch
from ..catalogue.choices import RevisionStatus
from ..catalogue.models import ComponentKind
from ..catalogue.models import Procedure as ProcedureRow
from ..catalogue.queries import requirements_of
from ..evaluation import facts
from .inspection_evidence import collect_inspections
from .reading import read_rows

FORMER_CAR: Final = "former_car"
"""What makes the results of a part stale that was in a car as that was destroyed or scrapped; sentences word it."""


@dataclass(frozen=True, slots=True)
class VehicleFacts:
    """A vehicle as the decider needs it."""

    id: int
    vin: str
    sequence: int
    for_delivery: bool
    delivered: bool
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
    """The vehicles that are (still) in the batch; a mark of one that was moved away goes after it."""
    rows = read_rows(
        "select id, vin, sequence, status, registered_at from inspections_vehicle where batch_id = %s and id = any(%s)",
        batch_id,
        list(vehicle_ids),
    )
    return {
        row[0]: VehicleFacts(
            row[0],
            row[1],
            row[2],
            for_delivery=row[3] in FOR_DELIVERY,
            delivered=row[3] == VehicleStatus.DELIVERED,
            registered_at=row[4],
        )
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
    inspections = collect_inspections(ids, fitted, sorted(procedures), plan.revision_id)
    rigs = collect_rigs({row.rig for rows in inspections.values() for row in rows})
    software, concessions, kept = _software(ids), _concessions(ids), _kept(vehicles, fitted)
    reworks = _reworks(ids, fitted)
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
            inspections=tuple(row for row in inspections[vehicle_id] if procedures[row.procedure_id].domain == domain),
            testing_closed=batch.status != BatchStatus.OPEN,
            for_delivery=vehicle.for_delivery,
            built_at=vehicle.registered_at,
            rigs=rigs,
            procedures=procedures,
            software=software[vehicle_id],
            components=changes[vehicle_id],
            concessions=concessions[vehicle_id],
            kept=tuple(item for item in kept[vehicle_id] if item.domain in (None, domain)),
            reworks=reworks[vehicle_id],
        )
    return inputs


def _procedures(domains: Collection[str]) -> dict[int, facts.Procedure]:
    return {row.pk: procedure_facts(row) for row in ProcedureRow.objects.filter(domain__in=domains)}


def procedure_facts(row: ProcedureRow) -> facts.Procedure:
    return facts.Procedure(row.pk, row.code, row.domain, tuple(row.software_systems), tuple(row.component_kinds))


def _components(
    vehicle_ids: list[int],
) -> tuple[dict[int, dict[int, tuple[str, str]]], dict[int, tuple[facts.ComponentChange, ...]]]:
    """By vehicle: the components now fitted in it (id to kind and serial), and every change of its components."""
    known = set(ComponentKind.objects.values_list("code", flat=True))
    history = read_rows(
        "select f.vehicle_id, f.component_id, c.kind, c.serial, f.fitted, f.at, f.id"
        " from inspections_fitting f join inspections_component c on c.id = f.component_id"
        " where f.vehicle_id = any(%s) order by f.at, f.id",
        vehicle_ids,
    )
    fitted: dict[int, dict[int, tuple[str, str]]] = defaultdict(dict)
    changes: dict[int, list[facts.ComponentChange]] = defaultdict(list)
    where = _whereabouts(sorted({row[1] for row in history}))
    for vehicle_id, component_id, kind, serial, is_fitted, at, row_id in history:
        changes[vehicle_id].append(facts.ComponentChange(kind, at, serial, is_fitted, kind in known, row_id))
        if where.get(component_id) == vehicle_id:
            fitted[vehicle_id][component_id] = (kind, serial)
    return fitted, defaultdict(tuple, {key: tuple(rows) for key, rows in changes.items()})


def _whereabouts(component_ids: list[int]) -> dict[int, int]:
    """The vehicle in which each component is fitted now: its last change, in whatever vehicle, says so."""
    rows = read_rows(
        "select distinct on (component_id) component_id, vehicle_id, fitted from inspections_fitting"
        " where component_id = any(%s) order by component_id, at desc, id desc",
        component_ids,
    )
    return {component_id: vehicle_id for component_id, vehicle_id, fitted in rows if fitted}


def collect_rigs(codes: set[str]) -> dict[str, facts.Rig]:
    """Rigs by code with their dated facts. Four statements."""
    rigs = {
        row[0]: row
        for row in read_rows(
            "select id, code, needs_calibration from inspections_rig where code = any(%s)", sorted(codes)
        )
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
    for first, *rest in read_rows(sql, ids):
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
        # What left by a concession is bound by its end no more. By number it ends as the last of them leaves.
        "select cv.vehicle_id, c.id, c.characteristic_id, r.positions, s.signed_at,"
        " case when not exists(select from interlock_left_by_concession l"
        "   where l.concession_id = c.id and l.vehicle_id = cv.vehicle_id)"
        "  then least(c.expires_at, case when c.quantity is not null then (select l.recorded_at"
        "   from interlock_left_by_concession l where l.concession_id = c.id"
        "   order by l.recorded_at, l.delivery_id offset c.quantity - 1 limit 1) end) end,"
        " c.requirement_id, c.number, (select array_agg((d ->> 'inspection')::bigint)"
        "   from jsonb_array_elements(cv.departures) d)"
        " from inspections_concededvehicle cv join inspections_concession c on c.id = cv.concession_id"
        " join inspections_requirement r on r.id = c.requirement_id"
        " join inspections_concessionsignature s on s.concession_id = c.id and s.place = 2"
        " where cv.vehicle_id = any(%s) and exists(select from inspections_concessionsignature f"
        "   where f.concession_id = c.id and f.place = 1)",
        vehicle_ids,
    )
    return defaultdict(
        tuple,
        {
            key: tuple(
                facts.Concession(
                    id_, characteristic, tuple(positions), approved, ends, requirement, frozenset(named or ()), number
                )
                for id_, characteristic, positions, approved, ends, requirement, number, named in concessions
            )
            for key, concessions in rows.items()
        },
    )


def _reworks(
    vehicle_ids: list[int], fitted: Mapping[int, dict[int, tuple[str, str]]]
) -> dict[int, tuple[facts.Rework, ...]]:
    """Reworks of a vehicle, or of a component fitted in it, that name tests to repeat, in whatever domain.

    A part that was in another car when that was destroyed for a test, or scrapped, is to be tested anew, too: what it
    went through there, nobody measured. What is told only afterwards of its removal does not take it out.
    """
    vehicle_of = {component: vehicle for vehicle, parts in fitted.items() for component in parts}
    rows = read_rows(
        """
        select d.id, i.vehicle_id, i.component_id, d.done_at, d.repeats, null from inspections_disposition d
        join inspections_inspection i on i.id = d.inspection_id
        where d.kind = 'rework' and d.repeats <> '[]' and (i.vehicle_id = any(%s) or i.component_id = any(%s))
        union all
        select r.id, null, f.component_id, r.at, (select coalesce(jsonb_agg(distinct m.characteristic_id), '[]')
            from inspections_inspection i join inspections_measurement m on m.inspection_id = i.id
            where i.component_id = f.component_id and m.characteristic_id is not null), r.vehicle_id
        from inspections_fitting f join inspections_removal r on r.vehicle_id = f.vehicle_id
        where f.component_id = any(%s) and f.fitted and f.recorded_at <= r.at
            and not exists(select from inspections_fitting o where o.component_id = f.component_id
                and o.vehicle_id = f.vehicle_id and not o.fitted and (o.at, o.id) > (f.at, f.id)
                and o.recorded_at < r.at)
        """,
        vehicle_ids,
        sorted(vehicle_of),
        sorted(vehicle_of),
    )
    reworks: dict[int, list[facts.Rework]] = defaultdict(list)
    for row_id, vehicle_id, component_id, done_at, repeats, removed in rows:
        owner = vehicle_id if vehicle_id is not None else vehicle_of[component_id]
        names = tuple(int(number) for number in json.loads(repeats))
        if removed is None:
            reworks[owner].append(facts.Rework(row_id, done_at, names))
        elif removed != owner:
            part = " ".join(fitted[owner][component_id])
            reworks[owner].append(facts.Rework(row_id, done_at, names, part, FORMER_CAR))
    return defaultdict(tuple, {key: tuple(found) for key, found in reworks.items()})


def _kept(
    vehicles: Mapping[int, VehicleFacts], fitted: Mapping[int, dict[int, tuple[str, str]]]
) -> dict[int, list[facts.Kept]]:
    """What is kept unread and names one of the vehicles, or a component fitted in one of them: also a file that was
    sent for it and that nobody has read yet."""
    by_vin = {vehicle.vin: vehicle.id for vehicle in vehicles.values()}
    by_part = {part: vehicle_id for vehicle_id, parts in fitted.items() for part in parts.values()}
    kept: dict[int, list[facts.Kept]] = defaultdict(list)
    kinds, serials = [kind for kind, _ in by_part], [serial for _, serial in by_part]
    rows = read_rows(
        """
        select id, vin, component_kind, component_serial, domain, code, received_at from inspections_kept
        where state = 'open' and vin = any(%s)
        union all
        select id, vin, component_kind, component_serial, domain, code, received_at from inspections_kept
        where state = 'open' and (component_kind, component_serial) in (select * from unnest(%s::text[], %s::text[]))
        union all
        select id, vin, component_kind, component_serial, '', 'not_read_yet', received_at from inspections_submission
        where state = 'landed' and (vin = any(%s)
            or (component_kind, component_serial) in (select * from unnest(%s::text[], %s::text[])))
        """,
        list(by_vin),
        kinds,
        serials,
        list(by_vin),
        kinds,
        serials,
    )
    for row_id, vin, kind, serial, domain, code, received_at in rows:
        vehicle_id = by_vin.get(vin, by_part.get((kind, serial)))
        if vehicle_id is not None:
            kept[vehicle_id].append(facts.Kept(row_id, code, received_at, domain or None))
    return kept
