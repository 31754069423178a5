"""What the simulated line reads from the database: plans, rigs, and when batches were opened and cars registered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from ...batches.models import Batch, Vehicle
from ...catalogue.choices import RevisionStatus
from ...catalogue.models import Characteristic, PlanRevision, Procedure
from ...catalogue.models import Requirement as RequirementRow
from ...catalogue.queries import requirements_of
from ...evaluation.facts import Level
from ...rigs.models import Authorisation, Rig
from .plan import LinePlan, Station, lines_by_level, versions_of

MODELS = ("SU7", "YU7")


class NotLoaded(Exception):
    """What the line needs is not there yet."""


def revisions_in_force() -> list[PlanRevision]:
    """The revision in force of each demonstrated model, one configuration each. Raises NotLoaded."""
    found = {}
    rows = PlanRevision.objects.filter(
        status=RevisionStatus.APPROVED, plan__configuration__model__code__in=MODELS
    ).select_related("plan__configuration__model")
    for row in rows.order_by("-plan__configuration__code"):
        found[row.plan.configuration.model.code] = row
    missing = [model for model in MODELS if model not in found]
    if missing:
        raise NotLoaded(f"No control plan is in force for {' and '.join(missing)}: run `manage.py load_demo`.")
    return [found[model] for model in MODELS]


def read_plan(revision: PlanRevision, *, line: str, holders: Collection[str], operator: str) -> LinePlan:
    """One plan as the line needs it. `holders`: rigs that have a key here; others are not played.

    Raises NotLoaded where a procedure that is asked of cars or samples has no such rig.
    """
    lines = requirements_of(revision)
    procedures = {row.pk: row for row in Procedure.objects.filter(pk__in={asked.procedure_id for asked in lines})}
    rigs = _rigs(procedures, holders)
    sizes = _sample_sizes(revision)

    def stations(level: Level) -> Iterable[Station]:
        for number, asked in sorted(lines_by_level(lines, level).items()):
            row = procedures[number]
            codes, attended = rigs.get(number, ((), False))
            if not codes and level is not Level.TYPE:
                raise NotLoaded(f"No rig for {row.code} has a key here: run `manage.py load_demo`.")
            yield Station(
                procedure=row.code,
                name=row.name,
                domain=row.domain,
                rigs=codes,
                lines=asked,
                software_systems=tuple(row.software_systems),
                component_kinds=tuple(row.component_kinds),
                operator=operator if attended else "",
                size=sizes.get(number, 0) if level is Level.SAMPLE else 0,
            )

    every = tuple(stations(Level.EVERY_VEHICLE))
    systems = {system for row in procedures.values() for system in row.software_systems}
    software, newer = versions_of(every, systems)
    configuration = revision.plan.configuration
    return LinePlan(
        configuration=configuration.code,
        model=configuration.model.code,
        line=line,
        stations=every,
        samples=tuple(stations(Level.SAMPLE)),
        names=_names({asked.characteristic for asked in lines}),
        software=software,
        newer=newer,
    )


def _rigs(procedure_ids: Iterable[int], holders: Collection[str]) -> dict[int, tuple[tuple[str, ...], bool]]:
    """By procedure: the rigs authorised for it, by code, and whether a person stands at the first."""
    granted: dict[int, set[str]] = {}
    acts = Authorisation.objects.filter(procedure__in=list(procedure_ids)).order_by("effective_at", "pk")
    for number, code, is_grant in acts.values_list("procedure_id", "rig__code", "granted"):
        codes = granted.setdefault(number, set())
        (codes.add if is_grant else codes.discard)(code)
    attended = set(Rig.objects.filter(attended=True).values_list("code", flat=True))
    found = {}
    for number, codes in granted.items():
        usable = tuple(sorted(codes & set(holders)))
        if usable:
            found[number] = usable, usable[0] in attended
    return found


def _sample_sizes(revision: PlanRevision) -> Mapping[int, int]:
    sizes: dict[int, int] = {}
    rows = RequirementRow.objects.filter(revision=revision, level=Level.SAMPLE.value)
    for number, size in rows.values_list("characteristic__procedure_id", "sample_size"):
        sizes[number] = max(sizes.get(number, 1), size or 1)
    return sizes


def _names(codes: Collection[str]) -> dict[str, str]:
    return dict(Characteristic.objects.filter(code__in=codes).values_list("code", "name"))


class Moments:
    """When the batch of a number was opened or the car of a VIN registered: the clock of a run, the same each time."""

    def __init__(self) -> None:
        self._known: dict[str, datetime] = {}

    def __call__(self, anchor: str) -> datetime:
        if anchor not in self._known:
            opened = Batch.objects.filter(number=anchor).values_list("opened_at", flat=True).first()
            found = opened or Vehicle.objects.filter(vin=anchor).values_list("registered_at", flat=True).first()
            if found is None:
                raise NotLoaded(f"{anchor} is not in this database: does the API at --url work on another one?")
            self._known[anchor] = found
        return self._known[anchor]


def used_numbers(week: str) -> set[str]:
    """The numbers of batches of a week."""
    return set(Batch.objects.filter(number__contains=f"-{week}-").values_list("number", flat=True))
