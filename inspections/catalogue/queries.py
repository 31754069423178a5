from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q

from ..evaluation import facts
from ..evaluation.facts import Expression, Kind, Level
from .choices import RevisionStatus
from .entries import CharacteristicFacts, Line, Loaded
from .models import (
    Characteristic,
    ComponentKind,
    Configuration,
    PlanRevision,
    Procedure,
    Requirement,
    VehicleModel,
)
from .wording import (
    CharacteristicWords,
    LineWords,
    Named,
    characteristic_words,
    line_words,
    place_of,
    procedure_words,
    procedures_named,
)

__all__ = [
    "CharacteristicWords",
    "LineWords",
    "Named",
    "characteristic_facts",
    "characteristic_words",
    "drafts_to_approve",
    "forget_requirements",
    "line_words",
    "lines_by_id",
    "lines_of",
    "loaded_catalogue",
    "place_of",
    "procedure_words",
    "procedures_named",
    "requirement_facts",
    "requirements_of",
    "revision_in_force",
]

_MOST_KEPT: Final = 200
_MOST_LINES_KEPT: Final = 50_000
_frozen: dict[int, tuple[facts.Requirement, ...]] = {}
_frozen_lines: dict[int, facts.Requirement] = {}


def revision_in_force(configuration: Configuration | int, at: datetime) -> PlanRevision | None:
    """The revision that was or is in force for a configuration at a moment; None where none was approved yet."""
    return (
        PlanRevision.objects.filter(
            Q(superseded_at__isnull=True) | Q(superseded_at__gt=at),
            plan__configuration=configuration,
            second_approved_at__lte=at,
        )
        .exclude(status=RevisionStatus.DRAFT)
        .select_related("plan")
        .order_by("-number")
        .first()
    )


def requirements_of(revision: PlanRevision | int) -> tuple[facts.Requirement, ...]:
    """The lines of a revision as the judge needs them, in their order; any-of groups and members by id.

    An approved revision is frozen by the database, so its lines are kept in the process; a draft is read each time.
    At most 2 queries, 1 with the revision at hand, none once kept.
    """
    number = revision if isinstance(revision, int) else revision.pk
    kept = _frozen.get(number)
    if kept is not None:
        return kept
    found = PlanRevision.objects.get(pk=revision) if isinstance(revision, int) else revision
    rows = Requirement.objects.filter(revision_id=number).select_related("characteristic__procedure").order_by("line")
    requirements = _as_facts(list(rows))
    if found.status != RevisionStatus.DRAFT:
        if len(_frozen) >= _MOST_KEPT:
            _frozen.clear()
        _frozen[number] = requirements
    return requirements


def lines_by_id(ids: Collection[int]) -> dict[int, facts.Requirement]:
    """Lines of any revisions, without their groups. Those of approved revisions are kept in the process, as
    `requirements_of` keeps them. One query at most."""
    found = {number: _frozen_lines[number] for number in ids if number in _frozen_lines}
    missing = [number for number in ids if number not in found]
    if not missing:
        return found
    rows = Requirement.objects.select_related("characteristic__procedure", "revision").filter(pk__in=missing)
    for row in rows:
        found[row.pk] = line = requirement_facts(row)
        if row.revision.status != RevisionStatus.DRAFT:
            if len(_frozen_lines) >= _MOST_LINES_KEPT:
                _frozen_lines.clear()
            _frozen_lines[row.pk] = line
    return found


def forget_requirements() -> None:
    """Drop what is kept of frozen revisions: for tests that empty the tables and start numbering anew."""
    _frozen.clear()
    _frozen_lines.clear()


def _as_facts(rows: list[Requirement]) -> tuple[facts.Requirement, ...]:
    ids = {row.line: row.pk for row in rows}
    groups = {member: row.pk for row in rows for member in row.members}
    return tuple(
        requirement_facts(row, members=tuple(ids[member] for member in row.members), group=groups.get(row.line))
        for row in rows
    )


def requirement_facts(
    row: Requirement, *, members: tuple[int, ...] = (), group: int | None = None
) -> facts.Requirement:
    """One line as the evaluator is told of it. `members` and `group` are known of a whole revision alone; the
    characteristic of the row and its procedure are read with it."""
    return facts.Requirement(
        id=row.pk,
        characteristic_id=row.characteristic_id,
        characteristic=row.characteristic.code,
        kind=Kind(row.characteristic.kind),
        expression=Expression(row.expression),
        procedure_id=row.characteristic.procedure_id,
        domain=row.characteristic.procedure.domain,
        level=Level(row.level),
        positions=tuple(row.positions) or ("",),
        lower=row.lower,
        upper=row.upper,
        lower_inclusive=row.lower_inclusive,
        upper_inclusive=row.upper_inclusive,
        values=tuple(row.values),
        case_sensitive=row.case_sensitive,
        unit=row.unit,
        uncertainty=row.uncertainty,
        special=row.special,
        legal=row.legal,
        repeats=row.repeats,
        states_software=row.characteristic.software_system,
        members=members,
        group=group,
        effective_from=_midnight(row.effective_from),
        effective_to=_midnight(row.effective_to),
    )


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, tzinfo=ZoneInfo(settings.TIME_ZONE))


def lines_of(revision: PlanRevision) -> list[Line]:
    """The lines of a revision as they are stored: what its digest is taken over."""
    rows = revision.requirements.select_related("characteristic").order_by("line")
    return [
        Line(
            number=row.line,
            characteristic=row.characteristic.code,
            level=Level(row.level),
            expression=Expression(row.expression),
            positions=tuple(row.positions),
            lower=row.lower,
            upper=row.upper,
            lower_inclusive=row.lower_inclusive,
            upper_inclusive=row.upper_inclusive,
            values=tuple(row.values),
            case_sensitive=row.case_sensitive,
            members=tuple(row.members),
            unit=row.unit,
            uncertainty=row.uncertainty,
            special=row.special,
            legal=row.legal,
            repeats=row.repeats,
            market=row.market,
            effective_from=row.effective_from,
            effective_to=row.effective_to,
            standard=row.standard,
            edition=row.edition,
            clause=row.clause,
            confidence=row.confidence,
            note=row.note,
            basis=row.basis,
            period=row.period,
            sample_size=row.sample_size,
            acceptance=row.acceptance,
        )
        for row in rows
    ]


def characteristic_facts(codes: Iterable[str] | None = None) -> dict[str, CharacteristicFacts]:
    """Characteristics by code, all of them or those named; unknown codes are left out."""
    rows = Characteristic.objects.select_related("procedure")
    if codes is not None:
        rows = rows.filter(code__in=set(codes))
    return {
        row.code: CharacteristicFacts(
            code=row.code,
            procedure=row.procedure.code,
            kind=Kind(row.kind),
            unit=row.unit,
            special=row.special,
            positions=tuple(row.positions),
            condition=row.condition,
            standard=row.standard,
            edition=row.edition,
            clause=row.clause,
            confidence=row.confidence,
            id=row.pk,
        )
        for row in rows
    }


def loaded_catalogue() -> Loaded:
    """What the catalogue holds, for checking what is to be loaded into it. 6 queries."""
    configurations = Configuration.objects.values_list("code", "model__code", "market")
    return Loaded(
        models=frozenset(VehicleModel.objects.values_list("code", flat=True)),
        configurations={code: (model, market) for code, model, market in configurations},
        component_kinds=frozenset(ComponentKind.objects.values_list("code", flat=True)),
        procedures=dict(Procedure.objects.values_list("code", "domain")),
        characteristics=characteristic_facts(),
        asked=_asked_positions(),
    )


def _asked_positions() -> dict[str, dict[str, str]]:
    asked: dict[str, dict[str, str]] = defaultdict(dict)
    rows = (
        Requirement.objects.filter(
            Q(revision__first_approver__isnull=False) | ~Q(revision__status=RevisionStatus.DRAFT)
        )
        .order_by("revision__number")
        .values_list("characteristic__code", "positions", "revision__plan__code", "revision__number")
    )
    for code, positions, plan, number in rows:
        for position in positions:
            asked[code][position] = f"revision {number} of plan {plan}"
    return asked


def drafts_to_approve(most: int) -> list[PlanRevision]:
    """Revisions that wait for approval, oldest first, with plan and first approver. One query."""
    rows = PlanRevision.objects.filter(status=RevisionStatus.DRAFT).select_related("plan", "first_approver")
    return list(rows.order_by("created_at", "pk")[:most])
