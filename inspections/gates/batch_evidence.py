"""Gathers what belongs to a batch itself in one domain: its plan, coverage of type tests, periodic samples."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Max, Min

from ..batches.choices import FOR_DELIVERY, BatchStatus
from ..batches.models import Batch, Vehicle
from ..catalogue.models import Procedure as ProcedureRow
from ..evaluation import facts
from .choices import CoverageKind
from .evidence import Plan, procedure_facts
from .fallen import Fallen, collect_fallen
from .models import Coverage
from .reading import read_rows
from .sample_evidence import collect_sampling, with_forsaken


def collect_batch_input(batch: Batch, plan: Plan, domain: str, *, at: datetime) -> facts.BatchInput:
    """What the batch's own gate of `domain` rests on, at the moment `at` up to which its samples are due."""
    lines = [line for line in plan.requirements if line.domain == domain]
    types = {line.procedure_id for line in lines if line.level is facts.Level.TYPE}
    procedures = tuple(procedure_facts(row) for row in ProcedureRow.objects.filter(pk__in=types).order_by("pk"))
    built_from, built_until = build_window(batch)
    sampled = [line for line in lines if line.level is facts.Level.SAMPLE]
    sampling = collect_sampling(batch, sampled, built_from=built_from, at=at)
    sampling = with_forsaken(batch, sampled, sampling, domain=domain, at=at)
    return facts.BatchInput(
        domain=domain,
        plan_approved=plan.approved,
        has_requirements=bool(lines),
        type_procedures=procedures,
        coverages=_coverages(batch, types),
        sample_rules=sampling.rules,
        samples=sampling.samples,
        testing_closed=batch.status != BatchStatus.OPEN,
        built_from=built_from,
        built_until=built_until,
        software=_software_sets(batch, {system for row in procedures for system in row.software_systems}),
        cars=sampling.cars,
        left_at=_left_at(batch),
    )


def build_window(batch: Batch) -> tuple[datetime | None, datetime | None]:
    """When the first and the last of its cars meant for delivery were registered. One query."""
    window = Vehicle.objects.filter(batch=batch, status__in=FOR_DELIVERY).aggregate(
        first=Min("registered_at"), last=Max("registered_at")
    )
    return window["first"], window["last"]


def _left_at(batch: Batch) -> datetime | None:
    """When the last of its cars left for a customer, where testing is closed and none is in the plant any more. One
    statement, none while testing is open."""
    if batch.status == BatchStatus.OPEN:
        return None
    rows = read_rows(
        "select max(d.recorded_at) from inspections_vehicle v left join inspections_delivery d on d.vehicle_id = v.id"
        " where v.batch_id = %s having count(*) filter (where v.status in ('in_process', 'released')"
        " or (v.status = 'delivered' and d.id is null)) = 0",
        batch.pk,
    )
    return rows[0][0] if rows else None


def _coverages(batch: Batch, procedure_ids: Iterable[int]) -> tuple[facts.Coverage, ...]:
    rows = (
        Coverage.objects.filter(configuration_id=batch.configuration_id, procedure_id__in=list(procedure_ids))
        .select_related("revocation")
        .order_by("pk")
    )
    by_test = [row.pk for row in rows if row.kind == CoverageKind.INSPECTION and not hasattr(row, "revocation")]
    fallen = collect_fallen(coverage_ids=by_test)
    return tuple(coverage_facts(row, fallen.get(row.pk)) for row in rows)


def coverage_facts(row: Coverage, fallen: Fallen | None = None) -> facts.Coverage:
    """A coverage as the evaluator is told of it; one whose own test fell is as good as revoked."""
    revocation = getattr(row, "revocation", None)
    revoked = fallen if revocation is None else Fallen(revocation.at, revocation.reason)
    return facts.Coverage(
        id=row.pk,
        procedure_id=row.procedure_id,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        software=tuple(facts.SoftwareClaim(item["system"], item["version"]) for item in row.software),
        revoked_at=None if revoked is None else revoked.at,
        revoked_reason="" if revoked is None else revoked.reason,
    )


def _software_sets(batch: Batch, systems: Iterable[str]) -> tuple[tuple[facts.SoftwareClaim, ...], ...]:
    """The distinct sets of versions that the batch's cars for delivery carry, of the systems that type tests name."""
    return carried_software([batch.pk], systems).get(batch.pk, ())


def carried_software(
    batch_ids: Collection[int], systems: Iterable[str]
) -> dict[int, tuple[tuple[facts.SoftwareClaim, ...], ...]]:
    """By batch, the distinct sets of versions that its cars for delivery carry. One statement, none without systems."""
    wanted = sorted(systems)
    if not wanted:
        return {}
    rows = read_rows(
        """
        select distinct v.batch_id, coalesce(carried, '[]')::text from inspections_vehicle v left join lateral (
            select jsonb_agg(jsonb_build_array(system, version) order by system) as carried from (
                select distinct on (system) system, version from inspections_softwarechange s
                where s.vehicle_id = v.id and system = any(%s) order by system, at desc, id desc) latest
            ) sets on true
        where v.batch_id = any(%s) and v.status = any(%s) order by 1, 2
        """,
        wanted,
        list(batch_ids),
        [status.value for status in FOR_DELIVERY],
    )
    sets: dict[int, list[tuple[facts.SoftwareClaim, ...]]] = defaultdict(list)
    for batch_id, carried in rows:
        sets[batch_id].append(tuple(facts.SoftwareClaim(*pair) for pair in json.loads(carried)))
    return {batch_id: tuple(found) for batch_id, found in sets.items()}
