"""A plant whose plan asks for a frontal crash as type evidence, with one car given up to it and tested."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from inspections.batches.models import Vehicle
from inspections.catalogue.models import Procedure
from inspections.gates.models import Coverage
from inspections.gates.services import cover_by_certificate, cover_by_inspection, destroy_vehicle
from inspections.people.choices import Role
from inspections.people.models import User
from inspections.results.decoding import decode_fields
from inspections.results.models import Inspection
from inspections.results.services import authorise_rig, change_software, record_inspection
from inspections.rigs.models import Rig
from tests.factories import (
    AT,
    LINES,
    LONG_AGO,
    SYSTEM,
    Plant,
    make_engineer,
    make_person,
    make_plant,
    make_procedure,
    make_rig,
    make_vehicle,
    rig_actor,
)

GOOD_FRONT = (
    {"characteristic": "FEMUR", "position": "driver", "value": Decimal("4.12"), "unit": "kN"},
    {"characteristic": "FEMUR", "position": "passenger", "value": Decimal("3.88"), "unit": "kN"},
    {"characteristic": "DOORS", "value": True},
)
TYPE_LINES = (
    {"characteristic": "FEMUR", "upper": Decimal(10), "level": "type", "legal": True},
    {"characteristic": "DOORS", "expression": "conforms", "level": "type"},
)
TESTED = AT - timedelta(hours=2)
PASSWORD = "a long password"
YEAR = timedelta(days=365)


@dataclass
class TypePlant:
    """`plant.vehicle` is for a customer; `car` was destroyed for CRS-FRONT with SRS 1.4 and BMS 2.0 in it."""

    plant: Plant
    front: Procedure
    bench: Rig
    car: Vehicle

    def test(self, *, car: Vehicle | None = None, rig: Rig | None = None, **changed: Any) -> Inspection:
        """Record a frontal crash of the car: complete and passing, with some of its fields changed."""
        rig = rig or self.bench
        fields: dict[str, Any] = {
            "id": f"CRASH-{next(self.plant.serial)}",
            "vin": (car or self.car).vin,
            "procedure": "CRS-FRONT",
            "started_at": changed.get("finished_at", TESTED) - timedelta(minutes=5),
            "finished_at": TESTED,
            "measurements": [dict(item) for item in GOOD_FRONT],
            "software": [{"system": "SRS", "version": "1.4"}, {"system": "LIGHT", "version": "9"}],
            **changed,
        }
        fate = record_inspection(posted=decode_fields(fields), rig=rig, actor=rig_actor(rig), at=AT)
        return Inspection.objects.get(pk=fate.inspection_id)


def make_type_plant() -> TypePlant:
    columns = {
        "FEMUR": {"unit": "kN", "special": "CC", "positions": ["driver", "passenger"]},
        "DOORS": {"kind": "attribute"},
    }
    lines = [line | {"uncertainty": Decimal(0)} if line["characteristic"] == "FEMUR" else line for line in TYPE_LINES]
    front = make_procedure("CRS-FRONT", "crash", columns, software_systems=["SRS"])
    plant = make_plant(lines=[*LINES, *lines])
    bench = make_rig("CRASH-1")
    authorise_rig(rig=bench, procedure=front, effective_at=LONG_AGO, actor=SYSTEM, at=LONG_AGO)
    change_software(
        vehicle=plant.vehicle, changes=[("SRS", "1.4")], changed_at=plant.vehicle.registered_at, actor=SYSTEM, at=AT
    )
    car = make_vehicle(plant.batch, software=[("SRS", "1.4"), ("BMS", "2.0"), ("ADAS", "4.10")])
    destroy_vehicle(vehicle=car, procedure=front, reason="frontal crash", actor=make_engineer(), at=AT)
    return TypePlant(plant, front, bench, car)


def an_engineer() -> User:
    return make_person(Role.ENGINEER)


def sign(inspection: Inspection, *, signer: User | None = None, at: datetime = AT, **changed: Any) -> Coverage:
    """Sign coverage by an inspection for a year, with some of the arguments changed."""
    dates = {"valid_from": AT - timedelta(days=1), "valid_until": AT + YEAR}
    given = {**dates, "password": PASSWORD, "signer": signer or an_engineer(), **changed}
    return cover_by_inspection(inspection=inspection, at=at, **given)


def enter(here: TypePlant, *, content: bytes = b"%PDF-1.7 report", at: datetime = AT, **changed: Any) -> Coverage:
    """Sign a laboratory's certificate for the frontal crash, with some of the arguments changed."""
    given: dict[str, Any] = {
        "procedure": here.front,
        "configuration": here.plant.configuration,
        "laboratory": "Proving ground North",
        "certificate": "N-2026-118",
        "name": "report.pdf",
        "stream": [content],
        "software": [{"system": "SRS", "version": "1.4"}],
        "valid_from": AT - timedelta(days=30),
        "valid_until": AT + YEAR,
        "password": PASSWORD,
        **changed,
    }
    return cover_by_certificate(signer=given.pop("signer", None) or an_engineer(), at=at, **given)
