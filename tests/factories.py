"""Makes what tests stand on, each in one call with sound defaults: a small catalogue, an approved plan, rigs, cars.

What only services may write is written by services. Times are arguments, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.contrib.auth.models import Group

from inspections.batches.choices import VehicleStatus
from inspections.batches.models import Batch, Repinning, Vehicle, VehicleMove
from inspections.batches.rules import check_digit
from inspections.batches.services import open_batch
from inspections.catalogue.choices import RevisionStatus
from inspections.catalogue.models import (
    Characteristic,
    ComponentKind,
    Configuration,
    ControlPlan,
    PlanRevision,
    Procedure,
    Requirement,
    VehicleModel,
)
from inspections.gates.services import destroy_vehicle, scrap_vehicle
from inspections.people.choices import Role
from inspections.people.models import User
from inspections.people.rules import Actor, ActorKind
from inspections.results.decoding import PostedInspection, decode_fields
from inspections.results.services import (
    FittedPart,
    NewVehicle,
    authorise_rig,
    enter_calibration,
    register_vehicles,
)
from inspections.rigs.models import Rig, SystemClient

AT = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
"""When the tests act, unless they say otherwise: 08:00 in Shanghai."""
LONG_AGO = AT - timedelta(days=300)
SYSTEM = Actor.system()

_numbers = count(1)


def rig_actor(rig: Rig) -> Actor:
    return Actor(ActorKind.RIG, rig.pk, rig.code)


def mes_actor() -> Actor:
    client, _ = SystemClient.objects.get_or_create(code="MES", defaults={"name": "Manufacturing execution"})
    return Actor(ActorKind.CLIENT, client.pk, client.code)


def make_person(*roles: Role, number: str | None = None) -> User:
    """A person with the roles, found by a personnel number."""
    number = number or f"{next(_numbers):04d}"
    user = User.objects.create_user(username=f"person-{number}", password="a long password", personnel_number=number)
    for role in roles:
        User.groups.through.objects.create(user=user, group=_group(role))
    return user


def _group(role: Role) -> Group:
    """Without the savepoints of `get_or_create`, since many tests make somebody; two threads may make one at once."""
    named = Group.objects.filter(name=role.value)
    for found in named:
        return found
    Group.objects.bulk_create([Group(name=role.value)], ignore_conflicts=True)
    return named.get()


def make_engineer() -> Actor:
    return Actor.person(make_person(Role.ENGINEER))


def make_configuration(code: str = "SU7-MAX-CN", *, market: str = "CN") -> Configuration:
    model, _ = VehicleModel.objects.get_or_create(code=code.split("-")[0], defaults={"name": code.split("-")[0]})
    defaults = {"model": model, "trim": "Max", "market": market, "pack_supplier": "CATL"}
    return Configuration.objects.get_or_create(code=code, defaults=defaults)[0]


def make_procedure(
    code: str,
    domain: str,
    characteristics: Mapping[str, Mapping[str, Any]],
    *,
    software_systems: Sequence[str] = (),
    component_kinds: Sequence[str] = (),
) -> Procedure:
    """A procedure with its characteristics, by code: any fields of Characteristic, `kind` variable unless given."""
    procedure = Procedure.objects.create(
        code=code,
        name=code,
        domain=domain,
        software_systems=list(software_systems),
        component_kinds=list(component_kinds),
    )
    for kind in component_kinds:
        ComponentKind.objects.get_or_create(code=kind, defaults={"name": kind})
    Characteristic.objects.bulk_create(
        Characteristic(procedure=procedure, code=name, name=name, **{"kind": "variable", **fields})
        for name, fields in characteristics.items()
    )
    return procedure


def make_revision(
    configuration: Configuration, lines: Sequence[Mapping[str, Any]], *, approved: bool = True
) -> PlanRevision:
    """The next revision of the configuration's plan. Each line names its `characteristic` by code, and whatever
    fields of Requirement: `expression` inside, `level` every_vehicle and not legal unless given.

    The same code in several lines is told apart by `positions`. Approved by two people, as services would.
    """
    plan, _ = ControlPlan.objects.get_or_create(
        configuration=configuration, defaults={"code": f"CP-{configuration.code}", "name": configuration.code}
    )
    number = plan.revisions.count() + 1
    revision = PlanRevision.objects.create(plan=plan, number=number, digest="0" * 64, created_at=LONG_AGO)
    named = {
        row.code: row for row in Characteristic.objects.filter(code__in={line["characteristic"] for line in lines})
    }
    rows = []
    for place, line in enumerate(lines, 1):
        characteristic = named[line["characteristic"]]
        fields = {
            "line": place,
            "expression": "inside",
            "level": "every_vehicle",
            "legal": False,
            "unit": characteristic.unit,
            "special": characteristic.special,
            "positions": characteristic.positions,
            "confidence": "plant-default",
            **{key: value for key, value in line.items() if key != "characteristic"},
        }
        rows.append(Requirement(revision=revision, characteristic=characteristic, **fields))
    Requirement.objects.bulk_create(rows)
    if approved:
        approve_revision(revision)
    return revision


def approve_revision(revision: PlanRevision, at: datetime = LONG_AGO) -> PlanRevision:
    """Put the revision in force, and the one before out of it."""
    PlanRevision.objects.filter(plan=revision.plan, status=RevisionStatus.APPROVED).update(
        status=RevisionStatus.SUPERSEDED, superseded_at=at
    )
    revision.first_approver, revision.first_approved_at = make_person(), at
    revision.save()
    revision.second_approver, revision.second_approved_at = make_person(), at
    revision.status = RevisionStatus.APPROVED
    revision.save()
    return revision


def make_rig(
    code: str = "EOL-3",
    *,
    procedures: Sequence[Procedure] = (),
    calibrated: bool = True,
    since: datetime = LONG_AGO,
    until: datetime = AT + timedelta(days=300),
    line: str = "L1",
    **fields: Any,
) -> Rig:
    """A rig, authorised for the procedures and in calibration from `since` until before `until`."""
    rig = Rig.objects.create(code=code, name=code, line=line, **fields)
    for procedure in procedures:
        authorise_rig(rig=rig, procedure=procedure, effective_at=since, actor=SYSTEM, at=since)
    if calibrated:
        enter_calibration(rig=rig, certificate=f"C-{code}", valid_from=since, valid_until=until, actor=SYSTEM, at=since)
    return rig


def vins(first: int = 1) -> Iterator[str]:
    """Well-formed VINs with their right check digit, from the given serial number on."""
    for number in count(first):
        draft = f"LXM1A2B30TA{number:06d}"
        yield draft[:8] + check_digit(draft) + draft[9:]


def vin(number: int) -> str:
    return next(vins(number))


def make_batch(
    number: str = "SU7-2026W47-03",
    *,
    configuration: Configuration | None = None,
    line: str = "L1",
    planned_quantity: int = 20,
    at: datetime = AT - timedelta(days=1),
) -> Batch:
    """An open batch, pinned to the revision in force at `at`."""
    return open_batch(
        number=number,
        configuration=configuration or make_configuration(),
        planned_quantity=planned_quantity,
        line=line,
        actor=SYSTEM,
        at=at,
    )[0]


def make_vehicle(
    batch: Batch,
    *,
    vin: str | None = None,
    sequence: int | None = None,
    software: Sequence[tuple[str, str]] = (),
    components: Sequence[tuple[str, str]] = (),
    at: datetime = AT - timedelta(hours=12),
) -> Vehicle:
    """A registered car with its software (system, version) and parts (kind, serial)."""
    sequence = sequence or batch.vehicles.count() + 1
    new = NewVehicle(
        vin or next(vins(batch.pk * 1000 % 900_000 + sequence)),
        sequence,
        tuple(software),
        tuple(FittedPart(kind, serial) for kind, serial in components),
    )
    return register_vehicles(batch=batch, vehicles=[new], actor=SYSTEM, at=at).created[0]


def make_vehicles(batch: Batch, number: int, *, at: datetime = AT - timedelta(hours=12)) -> list[Vehicle]:
    """Several registered cars, in one act."""
    first = batch.vehicles.count()
    serials = vins(batch.pk * 1000 % 900_000 + first + 1)
    news = [NewVehicle(next(serials), first + place) for place in range(1, number + 1)]
    return list(register_vehicles(batch=batch, vehicles=news, actor=SYSTEM, at=at).created)


def become(vehicle: Vehicle, status: VehicleStatus | str, *, at: datetime = AT) -> Vehicle:
    """Let a car become what it is to be: destroyed for its first procedure or scrapped by the act, else as a row."""
    wanted = VehicleStatus(status)
    if wanted is VehicleStatus.DESTROYED:
        procedure = Procedure.objects.order_by("pk")[0]
        destroy_vehicle(vehicle=vehicle, procedure=procedure, reason="for a test", actor=make_engineer(), at=at)
    elif wanted is VehicleStatus.SCRAPPED:
        scrap_vehicle(vehicle=vehicle, reason="beyond repair", actor=make_engineer(), at=at)
    else:
        Vehicle.objects.filter(pk=vehicle.pk).update(status=wanted)
    vehicle.refresh_from_db()
    return vehicle


def pin(batch: Batch, revision: PlanRevision, *, at: datetime = LONG_AGO) -> Batch:
    """Have the batch judged on a later approved revision, with the row without which the database refuses it. What is
    on the record is not judged again; `repin_batch` does."""
    Repinning.objects.create(
        batch=batch,
        from_revision_id=batch.revision_id,
        to_revision=revision,
        digest=revision.digest,
        reason="as the test has it",
        signed_by="a test",
        person_id=0,
        at=at,
    )
    batch.revision = revision
    batch.save(update_fields=["revision"])
    return batch


def put_into(batch: Batch, vehicle: Vehicle, sequence: int, *, at: datetime = LONG_AGO) -> None:
    """The car is in another batch, with the row without which the database refuses it; `move_vehicle` does more."""
    VehicleMove.objects.create(
        vehicle=vehicle,
        from_batch=vehicle.batch,
        from_sequence=vehicle.sequence,
        from_revision_id=vehicle.batch.revision_id,
        to_batch=batch,
        to_sequence=sequence,
        to_revision_id=batch.revision_id,
        reason="as the test has it",
        moved_by="a test",
        person_id=0,
        at=at,
    )
    Vehicle.objects.filter(pk=vehicle.pk).update(batch=batch, sequence=sequence)


BATTERY: Mapping[str, Mapping[str, Any]] = {
    "BOND": {"unit": "ohm", "special": "CC", "positions": ["charge-port", "pack"]},
    "ISO": {"unit": "ohm/V"},
    "HVIL": {"kind": "attribute"},
}
DRIVING: Mapping[str, Mapping[str, Any]] = {
    "BRAKE": {"unit": "kN", "positions": ["FL", "FR"]},
    "ADAS-SW": {"kind": "identity"},
}
CRASH: Mapping[str, Mapping[str, Any]] = {"SQUIB": {"unit": "ohm"}, "DTC": {"kind": "count"}}

LINES: Sequence[Mapping[str, Any]] = (
    # Bonding below 0.1 ohm, strict (R100); insulation at least 500 ohm/V, inclusive.
    {
        "characteristic": "BOND",
        "upper": Decimal("0.1"),
        "upper_inclusive": False,
        "uncertainty": Decimal(0),
        "legal": True,
    },
    {"characteristic": "ISO", "lower": Decimal(500), "legal": True, "uncertainty": Decimal(0)},
    {"characteristic": "HVIL", "expression": "conforms"},
    {"characteristic": "BRAKE", "lower": Decimal("2.5"), "repeats": 1},
    {"characteristic": "ADAS-SW", "expression": "equal", "values": ["4.10"]},
    {"characteristic": "SQUIB", "lower": Decimal("1.5"), "upper": Decimal("3.0")},
    {"characteristic": "DTC", "expression": "equal", "values": ["0"]},
)

GOOD: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "BAT-EOL": (
        {"characteristic": "BOND", "position": "charge-port", "value": Decimal("0.043"), "unit": "ohm"},
        {"characteristic": "BOND", "position": "pack", "value": Decimal("0.040"), "unit": "ohm"},
        {"characteristic": "ISO", "value": Decimal("812.0"), "unit": "ohm/V"},
        {"characteristic": "HVIL", "value": True},
    ),
    "DRV-EOL": (
        {"characteristic": "BRAKE", "position": "FL", "value": Decimal("3.1"), "unit": "kN"},
        {"characteristic": "BRAKE", "position": "FR", "value": Decimal("3.2"), "unit": "kN"},
        {"characteristic": "ADAS-SW", "value": "4.10"},
    ),
    "CRS-EOL": (
        {"characteristic": "SQUIB", "value": Decimal("2.2"), "unit": "ohm"},
        {"characteristic": "DTC", "value": Decimal(0)},
    ),
}
"""Measurements that pass, by procedure."""


@dataclass
class Plant:
    """A small plant: one configuration, a procedure for each domain, one approved plan, one rig for everything."""

    configuration: Configuration
    procedures: dict[str, Procedure]
    revision: PlanRevision
    rig: Rig
    batch: Batch
    vehicle: Vehicle
    serial: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def rig_actor(self) -> Actor:
        return rig_actor(self.rig)

    def posted(self, procedure: str = "BAT-EOL", **changed: Any) -> PostedInspection:
        """A passing inspection of the vehicle, with some of its fields changed. It ended a minute before AT."""
        return posted(
            procedure, vin=changed.pop("vin", self.vehicle.vin), **{"id": f"T-{next(self.serial)}", **changed}
        )

    def without_plan(self) -> None:
        """From now on its batch and car are others: the batch was opened before any revision was approved."""
        self.batch = make_batch("SU7-UNPLANNED", configuration=self.configuration, at=LONG_AGO - timedelta(days=1))
        self.vehicle = make_vehicle(self.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")])

    def passing(self, **changed: Any) -> list[PostedInspection]:
        """Everything that a car needs, passing, with the software that it carries."""
        software = {"BAT-EOL": [("BMS", "2.0")], "DRV-EOL": [("ADAS", "4.10")], "CRS-EOL": []}
        return [
            self.posted(code, software=[{"system": system, "version": version} for system, version in said], **changed)
            for code, said in software.items()
        ]


def posted(procedure: str = "BAT-EOL", **changed: Any) -> PostedInspection:
    """A passing inspection with some of its fields changed; `finished_at` alone moves the whole test."""
    finished = changed.get("finished_at", AT - timedelta(minutes=1))
    fields: dict[str, Any] = {
        "id": f"P-{next(_numbers)}",
        "procedure": procedure,
        "started_at": finished - timedelta(seconds=40),
        "finished_at": finished,
        "measurements": [dict(item) for item in GOOD[procedure]],
        **changed,
    }
    if fields.get("component") or fields.get("material"):
        fields.pop("vin", None)
    return decode_fields(fields)


def changed_value(
    procedure: str, characteristic: str, value: Any, *, position: str | None = None
) -> list[dict[str, Any]]:
    """The passing measurements of a procedure with one value replaced, at one position or at all."""
    return [
        {**item, "value": value}
        if item["characteristic"] == characteristic and position in (None, item.get("position"))
        else dict(item)
        for item in GOOD[procedure]
    ]


def make_plant(*, lines: Sequence[Mapping[str, Any]] = LINES) -> Plant:
    """See Plant. The vehicle has ADAS software 4.10 and is fitted with pack P-1."""
    configuration = make_configuration()
    procedures = {
        "BAT-EOL": make_procedure("BAT-EOL", "battery", BATTERY, software_systems=["BMS"], component_kinds=["pack"]),
        "DRV-EOL": make_procedure("DRV-EOL", "driving", DRIVING, software_systems=["ADAS"], component_kinds=["camera"]),
        "CRS-EOL": make_procedure("CRS-EOL", "crash", CRASH),
    }
    revision = make_revision(configuration, lines)
    rig = make_rig(procedures=list(procedures.values()))
    batch = make_batch(configuration=configuration)
    vehicle = make_vehicle(batch, software=[("ADAS", "4.10"), ("BMS", "2.0")], components=[("pack", "P-1")])
    return Plant(configuration, procedures, revision, rig, batch, vehicle)
