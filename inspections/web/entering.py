"""What an inspector fills in for one car and one procedure, and the ticket that each form drawn carries."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
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
from inspections.evaluation.groups import Asked, asked_of, positions_of
from inspections.evaluation.reasons import Outcome
from inspections.gates.limit_wording import unit_symbol
from inspections.gates.models import OpenReason, VehicleGate
from inspections.gates.sentence_catalogue import Language
from inspections.gates.sentences import named_with_position
from inspections.results.models import Inspection

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
    members: set[int] = set()
    for group in asked.groups:
        for member in group.members.values():
            members.add(member.id)
            wanted.update({(member.characteristic_id, position): member for position in positions_of(member)})
    rows = {row.pk: row for row in PlanLine.objects.filter(pk__in={line.id for line in wanted.values()})}
    order = sorted(wanted, key=lambda key: (rows[wanted[key].id].line, list(positions_of(wanted[key])).index(key[1])))
    slots = [
        replace(
            _slot(characteristics[number], position, wanted[number, position], language),
            plant_default=rows[wanted[number, position].id].confidence == Confidence.PLANT_DEFAULT,
            one_of_several=wanted[number, position].id in members,
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
    plain = position if _PLAIN.fullmatch(position) else "x" + position.encode().hex()
    return Slot(
        name=f"m{row.pk}-{plain}",
        characteristic_id=row.pk,
        code=row.code,
        label=named_with_position(name, position_text(row, position, language), language),
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


def software_now(vehicle: Vehicle, procedure: Procedure, at: datetime) -> dict[str, str]:
    """The version on record of each system that the procedure names; "" where none is. One query."""
    versions = dict.fromkeys(procedure.software_systems, "")
    rows = SoftwareChange.objects.filter(vehicle=vehicle, system__in=procedure.software_systems, at__lte=at)
    versions.update(rows.order_by("at", "pk").values_list("system", "version"))
    return versions


@dataclass(frozen=True, slots=True)
class Offer:
    """One procedure as the page of a car offers it. `missing` of `asked` results are missing."""

    procedure: Procedure
    name: str
    asked: int
    missing: int
    wrong: int
    last_at: datetime | None
    last_verdict: Outcome | None


def offers_of(vehicle: Vehicle, language: Language) -> tuple[list[Offer], list[Offer]]:
    """The procedures of the pinned plan for this car, the missing ones first, then what is wrong; and all others.

    What is missing is what the gates say; a gate never decided misses all that is asked and was not recorded since.
    Five queries.
    """
    procedures = {row.pk: row for row in Procedure.objects.order_by("code")}
    revision_id = vehicle.batch.revision_id
    lines = [] if revision_id is None else requirements_of(revision_id)
    asked: dict[int, set[str]] = defaultdict(set)
    for number in {line.procedure_id for line in lines}:
        own = asked_of(
            (line for line in lines if line.procedure_id == number and line.level == "every_vehicle"),
            built_at=vehicle.registered_at,
        )
        asked[number] = set(_keys(own))
    last = _last_recorded(vehicle)
    missing = _missing(vehicle, asked, procedures, last)
    wrong: dict[int, int] = defaultdict(int)
    owner = {line.characteristic_id: line.procedure_id for line in lines}
    for found in OpenReason.objects.filter(vehicle=vehicle).values_list("characteristic_id", flat=True):
        if found in owner:
            wrong[owner[found]] += 1
    offers = [
        Offer(
            row,
            row.name_zh if language == "zh-hans" and row.name_zh else row.name,
            len(asked.get(row.pk, ())),
            missing.get(row.pk, 0),
            wrong.get(row.pk, 0),
            *last.get(row.pk, (None, None)),
        )
        for row in procedures.values()
    ]
    planned = [offer for offer in offers if offer.asked]
    planned.sort(key=lambda offer: (not offer.missing, not offer.wrong, offer.procedure.code))
    return planned, [offer for offer in offers if not offer.asked]


def _keys(own: Asked) -> Iterator[str]:
    for number, position in own.single:
        yield f"{number}|{position}"
    for group in own.groups:
        for position in positions_of(group.requirement):
            yield f"{group.requirement.characteristic_id}|{position}"


def _last_recorded(vehicle: Vehicle) -> dict[int, tuple[datetime, Outcome]]:
    rows = Inspection.objects.filter(vehicle=vehicle).order_by("procedure_id", "-finished_at", "-pk")
    found = rows.distinct("procedure_id").values_list("procedure_id", "finished_at", "verdict")
    return {number: (finished_at, Outcome(verdict)) for number, finished_at, verdict in found}


def _missing(
    vehicle: Vehicle,
    asked: dict[int, set[str]],
    procedures: dict[int, Procedure],
    last: dict[int, tuple[datetime, Outcome]],
) -> dict[int, int]:
    gates = {gate.domain: gate for gate in VehicleGate.objects.filter(vehicle=vehicle)}
    missing: dict[int, int] = {}
    for number, keys in asked.items():
        gate = gates.get(procedures[number].domain)
        recorded_at = last[number][0] if number in last else None
        if recorded_at is not None and (gate is None or recorded_at > gate.decided_at):
            missing[number] = 0
        elif gate is None:
            missing[number] = len(keys)
        else:
            named = {key if "|" in key else f"{key}|" for key in gate.missing}
            missing[number] = len(keys & named)
    return missing
