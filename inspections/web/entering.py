"""What an inspector fills in for one car and one procedure, and the ticket that each form drawn carries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import uuid4

from django.core import signing
from django.db.models import Q

from inspections.batches.models import Fitting, SoftwareChange, Vehicle
from inspections.catalogue.choices import Confidence
from inspections.catalogue.models import Characteristic, ComponentKind, Procedure
from inspections.catalogue.models import Requirement as PlanLine
from inspections.catalogue.queries import requirements_of
from inspections.evaluation.facts import Kind, Requirement
from inspections.evaluation.groups import asked_of, positions_of
from inspections.gates.limit_wording import unit_symbol
from inspections.gates.sentence_catalogue import Language
from inspections.gates.sentences import named_with_position

from .measured import position_text
from .verdict_words import limit_itself, limit_words

LONGEST_LIFE: Final = timedelta(hours=24)
"""How long a form that was drawn may be saved; after that the values are to be looked at anew."""

_SALT: Final = "interlock.entry"
_PLAIN: Final = re.compile(r"[A-Za-z0-9._-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Slot:
    """One value to enter: a characteristic at one position, with the line of the pinned plan that asks for it.

    `name` is its name in the form, stable whatever is added around it. `line` None: nothing asks for it.
    `heading` is the characteristic, `place` where it is measured. `key` is what a gate names it by: of the member of a
    group, the group.
    """

    name: str
    characteristic_id: int
    code: str
    label: str
    kind: Kind
    position: str
    unit: str
    line: Requirement | None
    required: str = ""
    limit_itself: str = ""
    plant_default: bool = False
    one_of_several: bool = False
    heading: str = ""
    place: str = ""
    key: tuple[int, str] = (0, "")

    @property
    def symbol(self) -> str:
        return unit_symbol(self.unit)

    @property
    def critical(self) -> bool:
        return self.line is not None and self.line.special == "CC"


def slots_of(vehicle: Vehicle, procedure: Procedure, language: Language) -> tuple[Slot, ...]:
    """What may be measured, in the order of the plan's lines; what no line asks comes last. At most 3 queries.

    The same lines bind here that bind when the values are judged: those of the pinned revision in effect for this car.
    """
    characteristics = {row.pk: row for row in procedure.characteristics.order_by("pk")}
    revision_id = vehicle.batch.revision_id
    lines = [] if revision_id is None else [
        line for line in requirements_of(revision_id) if line.procedure_id == procedure.pk
    ]  # fmt: skip
    asked = asked_of(lines, built_at=vehicle.registered_at)
    wanted = dict(asked.single)
    members: dict[int, int] = {}
    for group in asked.groups:
        for member in group.members.values():
            members[member.id] = group.requirement.characteristic_id
            wanted.update({(member.characteristic_id, position): member for position in positions_of(member)})
    rows = {row.pk: row for row in PlanLine.objects.filter(pk__in={line.id for line in wanted.values()})}
    order = sorted(wanted, key=lambda key: (rows[wanted[key].id].line, list(positions_of(wanted[key])).index(key[1])))
    slots = [
        replace(
            _slot(characteristics[number], position, wanted[number, position], language),
            plant_default=rows[wanted[number, position].id].confidence == Confidence.PLANT_DEFAULT,
            one_of_several=wanted[number, position].id in members,
            key=(members.get(wanted[number, position].id, number), position),
        )
        for number, position in order
    ]
    groups = {group.requirement.characteristic_id for group in asked.groups}
    unasked = [
        _slot(row, position, None, language)
        for row in characteristics.values()
        if row.pk not in groups
        for position in row.positions or [""]
        if (row.pk, position) not in wanted
    ]
    return (*slots, *unasked)


def _slot(row: Characteristic, position: str, line: Requirement | None, language: Language) -> Slot:
    name = row.name_zh if language == "zh-hans" and row.name_zh else row.name
    place = position_text(row, position, language)
    plain = position if _PLAIN.fullmatch(position) else "x" + position.encode().hex()
    return Slot(
        name=f"m{row.pk}-{plain}",
        characteristic_id=row.pk,
        code=row.code,
        label=named_with_position(name, place, language),
        heading=name,
        place=place,
        key=(row.pk, position),
        kind=Kind(row.kind),
        position=position,
        unit=line.unit if line is not None and line.unit else row.unit,
        line=line,
        required="" if line is None else limit_words(line, language),
        limit_itself="" if line is None else limit_itself(line),
    )


def layout_of(slots: Sequence[Slot]) -> str:
    """A digest of what the fields mean: what was typed in ohm must never be recorded in milliohm."""
    text = "\n".join(f"{slot.name}\t{slot.code}\t{slot.position}\t{slot.unit}" for slot in slots)
    return sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the server knows of a form that it drew. `id` is the id under which it is recorded, once."""

    id: str
    person_id: int
    vin: str
    procedure: str
    started_at: datetime
    layout: str

    def text(self) -> str:
        """The ticket as the form carries it, signed: a browser can neither make nor change one."""
        started = self.started_at.isoformat()
        return signing.dumps([self.id, self.person_id, self.vin, self.procedure, started, self.layout], salt=_SALT)


def draw_ticket(*, person_id: int, vin: str, procedure: str, layout: str, at: datetime) -> Ticket:
    return Ticket(f"FORM-{uuid4().hex}", person_id, vin, procedure, at, layout)


def read_ticket(text: str, *, person_id: int, vin: str, procedure: str) -> Ticket | None:
    """The ticket of a form; None unless we drew it for this person, car and procedure."""
    try:
        number, person, own_vin, own_procedure, started, layout = signing.loads(text, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if (person, own_vin, own_procedure) != (person_id, vin, procedure):
        return None
    return Ticket(number, person, own_vin, own_procedure, datetime.fromisoformat(started), layout)


def drawn_for_another(text: str, person_id: int) -> bool:
    """Whether it is a ticket of ours for another person: what came with it is theirs to save."""
    try:
        _number, person, *_rest = signing.loads(text, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return False
    return bool(person != person_id)


def changes_since(vehicle: Vehicle, procedure: Procedure, since: datetime, at: datetime) -> list[str]:
    """What of the car changed since a moment, where it makes results of the procedure stale: parts and software."""
    known = ComponentKind.objects.values("code")
    parts = Fitting.objects.filter(
        Q(component__kind__in=procedure.component_kinds) | ~Q(component__kind__in=known),
        vehicle=vehicle, at__gt=since, at__lte=at,
    ).select_related("component").order_by("at")  # fmt: skip
    flashed = SoftwareChange.objects.filter(
        vehicle=vehicle, system__in=procedure.software_systems, at__gt=since, at__lte=at
    ).order_by("at")
    return [str(row.component) for row in parts] + [f"{row.system} {row.version}" for row in flashed]


def software_in(vehicle: Vehicle, procedure: Procedure, at: datetime) -> list[SoftwareChange]:
    """What systems that the procedure names were given, oldest first. One query."""
    rows = SoftwareChange.objects.filter(vehicle=vehicle, system__in=procedure.software_systems, at__lte=at)
    return list(rows.order_by("at", "pk"))


def software_now(procedure: Procedure, changes: Sequence[SoftwareChange]) -> dict[str, str]:
    """The version on record of each system that the procedure names; "" where none is."""
    return dict.fromkeys(procedure.software_systems, "") | {row.system: row.version for row in changes}
