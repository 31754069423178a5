"""Gathers what belongs to a batch itself in one domain: its plan, coverage of type tests, periodic samples."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db.models import Max, Min, Q
from django.utils import timezone

from ..batches.choices import FOR_DELIVERY, BatchStatus
from ..batches.models import Batch, Vehicle
from ..catalogue.choices import Basis, Period
from ..catalogue.models import Characteristic
from ..catalogue.models import Procedure as ProcedureRow
from ..catalogue.models import Requirement as RequirementRow
from ..evaluation import facts
from ..evaluation.reasons import Outcome
from ..evaluation.sampling import stands_for
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
    sampled = [line for line in lines if line.level is facts.Level.SAMPLE]
    samples = _samples(batch, {line.procedure_id for line in sampled})
    rules = _sample_rules(sampled, samples, built_from or at, at)
    return facts.BatchInput(
        domain=domain,
        plan_approved=plan.approved,
        has_requirements=bool(lines),
        type_procedures=procedures,
        coverages=_coverages(batch, types),
        sample_rules=rules,
        samples=samples,
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
    lines: list[facts.Requirement], samples: tuple[facts.Sample, ...], built_from: datetime, at: datetime
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
            periods=_periods(basis, period, _last_good(samples, procedure_id, built_from), at),
            requirement_ids=tuple(sorted(line.id for line in members)),
        )
        for (procedure_id, basis, period), members in sorted(asked.items())
    )


def _last_good(samples: Iterable[facts.Sample], procedure_id: int, built_from: datetime) -> datetime:
    """The moment for which the last conforming sample ahead of the first car stands, or that car's own."""
    moments = (stands_for(sample) for sample in samples if sample.procedure_id == procedure_id and not sample.outcome)
    return max((moment for moment in moments if moment <= built_from), default=built_from)


def _periods(basis: str, period: str, since: datetime, at: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """The periods that bear on the batch, from the one before `since` to the one after the present.

    A basis without a calendar (per batch, or per material lot) has none: without periods nothing counts as sampled.
    """
    if basis != Basis.PER_PERIOD or period == Period.LOT:
        return ()
    return periods_around(
        period, min(since, at), at, zone=timezone.get_default_timezone(), shift_starts=settings.SHIFT_STARTS
    )


def _samples(batch: Batch, procedure_ids: Iterable[int]) -> tuple[facts.Sample, ...]:
    """The samples of the batch's configuration and line; one of a car stands for when it was built.

    A voided sample is left out unless it failed: voiding answers no fail.
    """
    rows = list(
        Sample.objects.filter(
            configuration_id=batch.configuration_id,
            line=batch.line,
            procedure_id__in=list(procedure_ids),
        )
        .filter(Q(inspection__void__isnull=True) | Q(outcome=int(Outcome.FAIL)))
        .select_related("inspection__vehicle")
        .order_by("finished_at", "pk")
    )
    codes = dict(
        Characteristic.objects.filter(
            pk__in={row.characteristic_id for row in rows if row.characteristic_id}
        ).values_list("pk", "code")
    )
    return tuple(
        facts.Sample(
            id=row.pk,
            procedure_id=row.procedure_id,
            finished_at=row.finished_at,
            outcome=Outcome(row.outcome),
            subject=row.subject,
            characteristic=codes.get(row.characteristic_id or 0, ""),
            made_at=None if row.inspection.vehicle is None else row.inspection.vehicle.registered_at,
        )
        for row in rows
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
