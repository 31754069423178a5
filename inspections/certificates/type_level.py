"""What stands behind a car at the level of its type and of its batch: coverage of type tests, and samples."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ..batches.models import Batch, Vehicle
from ..catalogue.choices import Basis, Period
from ..catalogue.models import Procedure, Requirement
from ..catalogue.queries import Named
from ..evaluation.coverage import leans_on
from ..evaluation.facts import BatchInput, Level, SoftwareClaim
from ..gates.batch_evidence import coverage_facts
from ..gates.choices import CoverageKind
from ..gates.evidence import procedure_facts
from ..gates.fallen import collect_fallen
from ..gates.models import Coverage
from ..saying import say
from . import words
from .rules import CertificateRefused


def coverage_of(
    *, batch: Batch, vehicles: Iterable[Vehicle], software: Iterable[tuple[SoftwareClaim, ...]], at: datetime
) -> list[dict[str, Any]]:
    """The coverage on which each type test of the plan rested at a moment: of several that hold the first entered.

    What was entered later changes nothing here; what was revoked since, or whose own test fell, covers nothing. Raises
    CertificateRefused for a type test that nothing covers.
    """
    asked = Requirement.objects.filter(revision=batch.revision_id, level=Level.TYPE.value)
    procedures = list(
        Procedure.objects.filter(pk__in=asked.values("characteristic__procedure_id")).order_by("domain", "code")
    )
    built = [row.registered_at for row in vehicles]
    rows = list(
        Coverage.objects.filter(configuration=batch.configuration_id, procedure__in=procedures, at__lte=at)
        .filter(valid_from__lte=at, valid_until__gt=at, revocation__isnull=True)
        .order_by("pk")
    )
    fallen = collect_fallen(coverage_ids=[row.pk for row in rows if row.kind == CoverageKind.INSPECTION])
    standing = [row for row in rows if row.pk not in fallen]
    told = []
    carried = tuple(software)
    for procedure in procedures:
        asking = BatchInput(
            domain=procedure.domain, plan_approved=True, has_requirements=True, type_procedures=(), coverages=(),
            sample_rules=(), samples=(), testing_closed=True, built_from=min(built), built_until=max(built),
            software=carried,
        )  # fmt: skip
        facts = procedure_facts(procedure)
        covering = [
            row
            for row in standing
            if row.procedure_id == procedure.pk and leans_on(coverage_facts(row), facts, asking, at=at)
        ]
        if not covering:
            text = say("No coverage in force covers %(procedure)s: nothing says that.", procedure=procedure.code)
            raise CertificateRefused("not_covered", text)
        told.append(_told(procedure, covering[0]))
    return told


def _told(procedure: Procedure, row: Coverage) -> dict[str, Any]:
    return {
        "procedure": procedure.code,
        "name": words.named(Named(procedure.code, procedure.name, procedure.name_zh)),
        "gate": words.GATES[procedure.domain],
        "coverage": row.number,
        "kind": words.COVERAGE[row.kind],
        "demonstration": row.kind == CoverageKind.DEMONSTRATION,
        "laboratory": row.laboratory,
        "certificate": row.certificate,
        "document_sha256": row.document_sha256,
        "valid_from": row.valid_from.isoformat(),
        "valid_until": row.valid_until.isoformat(),
        "signed_by": row.signed_by,
    }


def samples_of(*, batch: Batch) -> list[dict[str, Any]]:
    """What the plan asks of samples, by procedure: its batch passes only while these stand. One statement."""
    rows = (
        Requirement.objects.filter(revision=batch.revision_id, level=Level.SAMPLE.value)
        .select_related("characteristic__procedure")
        .order_by("characteristic__procedure__domain", "characteristic__procedure__code", "line")
    )
    told: dict[str, dict[str, Any]] = {}
    for row in rows:
        procedure = row.characteristic.procedure
        told.setdefault(
            procedure.code,
            {
                "procedure": procedure.code,
                "name": words.named(Named(procedure.code, procedure.name, procedure.name_zh)),
                "gate": words.GATES[procedure.domain],
                "rule": _rule(row),
            },
        )
    return list(told.values())


def _rule(row: Requirement) -> words.Both:
    size = row.sample_size or 0
    if row.basis == Basis.PER_BATCH.value:
        return words.both(f"{size} a batch, accepting {row.acceptance}", f"每批{size}件，接收数{row.acceptance}")
    english, chinese = {
        Period.SHIFT.value: ("a shift", "每班"),
        Period.WEEK.value: ("a week", "每周"),
        Period.MONTH.value: ("a month", "每月"),
        Period.LOT.value: ("a material lot", "每物料批"),
    }.get(row.period, (row.period, row.period))
    return words.both(f"{size} {english}, accepting {row.acceptance}", f"{chinese}{size}件，接收数{row.acceptance}")
