"""Demonstration coverage: what type tests would have shown. It is no evidence, and says so wherever it shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ...catalogue.models import PlanRevision, Procedure
from ...catalogue.queries import requirements_of
from ...evaluation.facts import Level
from ...gates.choices import CoverageKind
from ...gates.models import Coverage
from ...gates.services import enter_coverage
from ...people.rules import Actor
from ..simulation.plan import LinePlan

BEGINS = timedelta(days=-365)
ENDS = timedelta(days=5 * 365)
LEAST = timedelta(days=30)
"""Coverage that ends sooner is renewed."""

Software = list[dict[str, str]]


def cover(revisions: Sequence[PlanRevision], plans: Sequence[LinePlan], at: datetime) -> int:
    """Cover every type procedure of the plans, with the software that the line builds in. Returns how many were new."""
    return sum(_cover(revision, plan, at) for revision, plan in zip(revisions, plans, strict=True))


def _cover(revision: PlanRevision, plan: LinePlan, at: datetime) -> int:
    asked = {line.procedure_id for line in requirements_of(revision) if line.level is Level.TYPE}
    entered = 0
    for procedure in Procedure.objects.filter(pk__in=asked).order_by("code"):
        software = _software(procedure, plan)
        known = Coverage.objects.filter(procedure=procedure, configuration=revision.plan.configuration)
        if any(_holds(coverage, software, at) for coverage in known):
            continue
        enter_coverage(
            number=_number(plan, procedure, known.count() + 1),
            procedure=procedure,
            configuration=revision.plan.configuration,
            kind=CoverageKind.DEMONSTRATION,
            valid_from=at + BEGINS,
            valid_until=at + ENDS,
            software=software,
            actor=Actor.system(),
            at=at,
        )
        entered += 1
    return entered


def _software(procedure: Procedure, plan: LinePlan) -> Software:
    """The versions that cars leave the line with and those of a later flash, of the systems that the test names."""
    return [
        {"system": system, "version": version}
        for system in procedure.software_systems
        for version in dict.fromkeys((plan.software[system], plan.newer[system]))
    ]


def _holds(coverage: Coverage, software: Software, at: datetime) -> bool:
    """Whether it lasts and holds for these versions. A revoked one stands: somebody decided so."""
    named = [item for item in software if item not in coverage.software]
    return coverage.valid_until > at + LEAST and not named


def _number(plan: LinePlan, procedure: Procedure, turn: int) -> str:
    number = f"DEMO-{plan.model}-{procedure.code}" + (f"-{turn}" if turn > 1 else "")
    return number if len(number) <= 32 else f"DEMO-{plan.model}-{procedure.pk}-{turn}"
