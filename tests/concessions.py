"""A departure, its proposal and its two approvals, each in one call with sound defaults."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from inspections.batches.models import Vehicle
from inspections.dispositions.conceding import propose_concession, sign_concession
from inspections.dispositions.concession_queries import lines_failed
from inspections.dispositions.concession_rules import Terms
from inspections.dispositions.models import Concession, Nonconformance
from inspections.gates.services import decide_batch
from inspections.people.choices import Role
from inspections.people.models import User
from inspections.people.rules import Actor
from inspections.results.services import record_inspections
from tests.factories import AT, Plant, changed_value, make_engineer, make_person, make_plant, make_vehicle
from tests.signing import shown

PASSWORD = "a long password"
TERMS = Terms("engineering", "", "The squib fires up to 3.4 ohm", AT + timedelta(days=3), None)


def more_cars(plant: Plant, number: int) -> list[Vehicle]:
    """Cars of the plant's batch that carry the software which passing tests name."""
    return [make_vehicle(plant.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")]) for _ in range(number)]


def measure_squib(plant: Plant, value: str = "3.1", *, cars: Iterable[Vehicle] = (), at: datetime = AT) -> None:
    """Everything of the cars passes but the resistance of the squib, where at most 3.0 ohm is required."""
    for car in cars or [plant.vehicle]:
        battery, driving, _ = plant.passing(vin=car.vin)
        crash = plant.posted("CRS-EOL", vin=car.vin, measurements=changed_value("CRS-EOL", "SQUIB", value))
        items = [battery, driving, crash]
        record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=at)
    decide_batch(batch_id=plant.batch.pk, at=at)


def make_squib_plant() -> Plant:
    """A small plant whose car passes everything but the resistance of the squib."""
    plant = make_plant()
    measure_squib(plant)
    return plant


def make_failed_plant() -> Plant:
    """A small plant whose car's bonding failed at 08:31 there, which was on the record a minute later."""
    plant, finished = make_plant(), AT + timedelta(minutes=31)
    bad = plant.posted(
        "BAT-EOL",
        finished_at=finished,
        software=[{"system": "BMS", "version": "2.0"}],
        measurements=changed_value("BAT-EOL", "BOND", "0.100", position="pack"),
    )
    known = finished + timedelta(minutes=1)
    record_inspections(items=[bad], rig=plant.rig, actor=plant.rig_actor, at=known)
    decide_batch(batch_id=plant.batch.pk, at=known)
    return plant


def propose(
    *cars: Vehicle, actor: Actor | None = None, at: datetime = AT, of: Nonconformance | None = None, **terms: object
) -> Concession:
    """A concession of what the first car's nonconformance is about, for all the cars."""
    found = of or Nonconformance.objects.filter(vehicle=cars[0]).latest("pk")
    lines = lines_failed(nonconformance=found)
    return propose_concession(
        nonconformance=found,
        requirement_id=lines[0].id if lines else 0,
        vehicle_ids=[car.pk for car in cars],
        terms=replace(TERMS, **terms),  # type: ignore[arg-type]
        actor=actor or make_engineer(),
        at=at,
    )


def sign(concession: Concession, signer: User, at: datetime = AT, password: str = PASSWORD) -> None:
    sign_concession(
        concession=concession, signer=signer, password=password, seen=shown(concession, at), at=at
    )  # fmt: skip


def approvers() -> list[User]:
    return [make_person(Role.ENGINEER), make_person(Role.RELEASE_OFFICER)]


def approve(concession: Concession, *, by: Sequence[User] = (), at: datetime = AT) -> Concession:
    """Both signatures; the batch is decided after them."""
    for signer in by or approvers():
        sign(concession, signer, at)
    decide_batch(batch_id=concession.batch_id, at=at)
    return concession
