"""What a line of a plan asks and who says so, for people: names in both languages, limits, the source of the limit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ..saying import Said, say
from .choices import Confidence
from .models import Characteristic, PlanRevision, Procedure, Requirement


def plan_named(revision: PlanRevision | None) -> Said:
    """What a batch is judged on, inside a statement that people sign. `revision` comes with its plan."""
    if revision is None:
        return say("no plan")
    return say("plan %(plan)s revision %(number)d", plan=revision.plan.code, number=revision.number)


@dataclass(frozen=True, slots=True)
class Named:
    """A thing of the catalogue by its code and its names; `name_zh` may be empty."""

    code: str
    name: str
    name_zh: str


@dataclass(frozen=True, slots=True)
class CharacteristicWords:
    """A characteristic with the procedure that measures it."""

    named: Named
    procedure: Named
    special: str
    positions: Mapping[str, Named] = field(default_factory=dict)

    def place(self, position: str) -> Named:
        """A position by its names; by its code where it has none."""
        return self.positions.get(position) or Named(position, position, "")


@dataclass(frozen=True, slots=True)
class LineWords:
    """One requirement, with the names of an any-of group's members, and its source."""

    id: int
    characteristic: CharacteristicWords
    expression: str
    lower: Decimal | None
    upper: Decimal | None
    lower_inclusive: bool
    upper_inclusive: bool
    values: tuple[str, ...]
    members: tuple[Named, ...]
    unit: str
    uncertainty: Decimal | None
    special: str
    legal: bool
    standard: str
    edition: str
    clause: str
    confidence: str

    @property
    def plant_default(self) -> bool:
        """The limit is the plant's own and no law's."""
        return self.confidence == Confidence.PLANT_DEFAULT


def characteristic_words(ids: Collection[int]) -> dict[int, CharacteristicWords]:
    """Characteristics by id. One query."""
    rows = Characteristic.objects.filter(pk__in=ids).select_related("procedure")
    return {row.pk: _characteristic(row) for row in rows}


def line_words(ids: Collection[int]) -> dict[int, LineWords]:
    """Requirements by id. One query, and a second one where a line is a group of others."""
    rows = list(Requirement.objects.filter(pk__in=ids).select_related("characteristic__procedure"))
    members = _members([row for row in rows if row.members])
    return {
        row.pk: LineWords(
            id=row.pk,
            characteristic=_characteristic(row.characteristic),
            expression=row.expression,
            lower=row.lower,
            upper=row.upper,
            lower_inclusive=row.lower_inclusive,
            upper_inclusive=row.upper_inclusive,
            values=tuple(row.values),
            members=tuple(members[row.revision_id, line] for line in row.members if (row.revision_id, line) in members),
            unit=row.unit,
            uncertainty=row.uncertainty,
            special=row.special,
            legal=row.legal,
            standard=row.standard,
            edition=row.edition,
            clause=row.clause,
            confidence=row.confidence,
        )
        for row in rows
    }


def procedure_words(codes: Collection[str]) -> dict[str, Named]:
    """Procedures by code. One query."""
    rows = Procedure.objects.filter(code__in=codes)
    return {row.code: Named(row.code, row.name, row.name_zh) for row in rows}


def procedures_named(ids: Collection[int]) -> dict[int, Named]:
    """Procedures by id. One query."""
    return {row.pk: Named(row.code, row.name, row.name_zh) for row in Procedure.objects.filter(pk__in=ids)}


def _members(groups: list[Requirement]) -> dict[tuple[int, int], Named]:
    if not groups:
        return {}
    rows = Requirement.objects.filter(
        revision__in={group.revision_id for group in groups}, line__in={line for row in groups for line in row.members}
    ).select_related("characteristic")
    return {(row.revision_id, row.line): _named(row.characteristic) for row in rows}


def _characteristic(row: Characteristic) -> CharacteristicWords:
    procedure = row.procedure
    return CharacteristicWords(
        _named(row), Named(procedure.code, procedure.name, procedure.name_zh), row.special, places_of(procedure)
    )


def places_of(procedure: Procedure) -> dict[str, Named]:
    """The positions of a procedure that have names, by code."""
    return {code: Named(code, name, name_zh) for code, (name, name_zh) in procedure.position_names.items()}


def place_of(row: Characteristic, position: str) -> Named:
    """One position of a characteristic by its names; by its code where it has none. `row` comes with its procedure."""
    name, name_zh = row.procedure.position_names.get(position, (position, ""))
    return Named(position, name, name_zh)


def _named(row: Characteristic) -> Named:
    return Named(row.code, row.name, row.name_zh)
