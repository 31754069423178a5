"""Gathers what belongs to a batch itself in one domain: its plan, coverage of type tests, periodic samples."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db.models import Max, Min, QuerySet
from django.utils import timezone

from ..batches.choices import FOR_DELIVERY, BatchStatus
from ..batches.models import Batch, Vehicle
from ..catalogue.choices import Basis, Period
from ..catalogue.models import Characteristic
from ..catalogue.models import Procedure as ProcedureRow
from ..catalogue.models import Requirement as RequirementRow
from ..evaluation import facts
from ..evaluation.reasons import Outcome
from ..results.models import Sample
from .calendar import periods_around
from .evidence import Plan, procedure_facts
from .models import Coverage
from .reading import read_rows


def collect_batch_input(batch: Batch, plan: Plan, domain: str, *, at: datetime) -> facts.BatchInput:
    """What the batch's own gate of `domain` rests on, at the moment `at` up to which its samples are due."""
    lines = [line for line in plan.requirements if line.domain == domain]
    types = {line.procedure_id for line in lines if line.level is facts.Level.TYPE}
    procedures = tuple(procedure_facts(row) for row in ProcedureRow.objects.filter(pk__in=types).order_by("pk"))
    built_from, built_until = _build_window(batch)
    rules = _sample_rules(batch, [line for line in lines if line.level is facts.Level.SAMPLE], built_from, at)
    return facts.BatchInput(
        domain=domain,
        plan_approved=plan.approved,
        has_requirements=bool(lines),
        type_procedures=procedures,
        coverages=_coverages(batch, types),
        sample_rules=rules,
        samples=_samples(batch, {rule.procedure_id for rule in rules}),
        testing_closed=batch.status != BatchStatus.OPEN,
        built_from=built_from,
        built_until=built_until,
        software=_software_sets(batch, {system for row in procedures for system in row.software_systems}),
    )


def _build_window(batch: Batch) -> tuple[datetime | None, datetime | None]:
    window = Vehicle.objects.filter(batch=batch, status__in=FOR_DELIVERY).aggregate(
        first=Min("registered_at"), last=Max("registered_at")
    )
    return window["first"], window["last"]


def _coverages(batch: Batch, procedure_ids: Iterable[int]) -> tuple[facts.Coverage, ...]:
    rows = (
        Coverage.objects.filter(configuration_id=batch.configuration_id, procedure_id__in=list(procedure_ids))
        .select_related("revocation")
        .order_by("pk")
    )
    return tuple(_coverage(row) for row in rows)


def _coverage(row: Coverage) -> facts.Coverage:
    revocation = getattr(row, "revocation", None)
    return facts.Coverage(
        id=row.pk,
        procedure_id=row.procedure_id,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        software=tuple(facts.SoftwareClaim(item["system"], item["version"]) for item in row.software),
        revoked_at=None if revocation is None else revocation.at,
        revoked_reason="" if revocation is None else revocation.reason,
    )


def _sample_rules(
    batch: Batch, lines: list[facts.Requirement], built_from: datetime | None, at: datetime
) -> tuple[facts.SampleRule, ...]:
    """One rule for each sampled procedure and basis: the strictest size that any of its lines asks."""
    asked: dict[tuple[int, str, str], list[facts.Requirement]] = defaultdict(list)
    sizes: dict[int, int] = {}
    for row in RequirementRow.objects.filter(pk__in=[line.id for line in lines]):
        line = next(line for line in lines if line.id == row.pk)
        asked[line.procedure_id, row.basis, row.period].append(line)
        sizes[row.pk] = row.sample_size or 0
    codes = dict(ProcedureRow.objects.filter(pk__in=[key[0] for key in asked]).values_list("pk", "code"))
    return tuple(
        facts.SampleRule(
            procedure_id=procedure_id,
            procedure=codes[procedure_id],
            basis=basis,
            size=max(sizes[line.id] for line in members),
            periods=_periods(batch, procedure_id, basis, period, built_from, at),
            requirement_ids=tuple(sorted(line.id for line in members)),
        )
        for (procedure_id, basis, period), members in sorted(asked.items())
    )


def _periods(
    batch: Batch, procedure_id: int, basis: str, period: str, built_from: datetime | None, at: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """From the period before the last good sample ahead of the first car (or of that car) to the one after the present.

    A basis without a calendar (per batch, or per material lot) has none: without periods nothing counts as sampled.
    """
    if basis != Basis.PER_PERIOD or period == Period.LOT:
        return ()
    first = built_from or at
    good = _of_line(batch).filter(procedure_id=procedure_id, outcome=int(Outcome.PASS), finished_at__lte=first)
    since = good.aggregate(last=Max("finished_at"))["last"] or first
    return periods_around(
        period,
        min(since, at),
        at,
        zone=timezone.get_default_timezone(),
        shift_starts=settings.SHIFT_STARTS,
    )


def _of_line(batch: Batch) -> QuerySet[Sample]:
    return Sample.objects.filter(
        configuration_id=batch.configuration_id, line=batch.line, inspection__void__isnull=True
    )


def _samples(batch: Batch, procedure_ids: Iterable[int]) -> tuple[facts.Sample, ...]:
    rows = (
        _of_line(batch)
        .filter(procedure_id__in=list(procedure_ids))
        .order_by("finished_at", "pk")
        .values_list("pk", "procedure_id", "finished_at", "outcome", "subject", "characteristic_id")
    )
    codes = dict(Characteristic.objects.filter(pk__in={row[5] for row in rows if row[5]}).values_list("pk", "code"))
    return tuple(
        facts.Sample(
            id=pk,
            procedure_id=procedure_id,
            finished_at=finished_at,
            outcome=Outcome(outcome),
            subject=subject,
            characteristic=codes.get(characteristic_id or 0, ""),
        )
        for pk, procedure_id, finished_at, outcome, subject, characteristic_id in rows
    )


def _software_sets(batch: Batch, systems: Iterable[str]) -> tuple[tuple[facts.SoftwareClaim, ...], ...]:
    """The distinct sets of versions that the batch's cars for delivery carry, of the systems that type tests name."""
    wanted = sorted(systems)
    if not wanted:
        return ()
    rows = read_rows(
        """
        select distinct coalesce(carried, '[]')::text from inspections_vehicle v left join lateral (
            select jsonb_agg(jsonb_build_array(system, version) order by system) as carried from (
                select distinct on (system) system, version from inspections_softwarechange s
                where s.vehicle_id = v.id and system = any(%s) order by system, at desc, id desc) latest
            ) sets on true
        where v.batch_id = %s and v.status = any(%s) order by 1
        """,
        wanted,
        batch.pk,
        [status.value for status in FOR_DELIVERY],
    )
    return tuple(tuple(facts.SoftwareClaim(*pair) for pair in json.loads(carried)) for (carried,) in rows)
