"""The plant of the bench: 12 procedures of 5 measurements, 60 for each car, and what its rigs post."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

PREFIXES = {"battery": "BAT", "crash": "CRS", "driving": "DRV"}
PROCEDURES = tuple(f"{prefix}-{number}" for number in range(1, 5) for prefix in PREFIXES.values())
MEASUREMENTS = 5
SOFTWARE = {"DRV-1": ("ADAS", "4.10")}
"""The procedures that state the software of their car, and which."""
CLIENTS = 4


@dataclass(frozen=True)
class Plant:
    """What the bench's databases begin with: rigs' codes and keys, and the moment of the whole."""

    at: datetime
    keys: tuple[str, ...]


def make_plant(at: datetime) -> Plant:
    """Catalogue, an approved plan, four rigs with keys, in the present database."""
    from inspections.rigs.services import issue_key
    from tests import factories

    configuration = factories.make_configuration()
    procedures, lines = [], []
    for code in PROCEDURES:
        domain = next(name for name, prefix in PREFIXES.items() if code.startswith(prefix))
        systems = [SOFTWARE[code][0]] if code in SOFTWARE else []
        kinds = ["pack"] if domain == "battery" else []
        procedures.append(
            factories.make_procedure(
                code, domain, _characteristics(code), software_systems=systems, component_kinds=kinds
            )
        )
        lines += _lines(code)
    factories.make_revision(configuration, lines)
    keys = []
    for number in range(1, CLIENTS + 1):
        rig = factories.make_rig(f"EOL-{number}", procedures=procedures, until=at + timedelta(days=300))
        keys.append(issue_key(rig=rig, at=factories.LONG_AGO))
    return Plant(at, tuple(keys))


def _characteristics(code: str) -> dict[str, dict[str, Any]]:
    return {
        f"{code}-VOLT": {"unit": "V"},
        f"{code}-FORCE": {"unit": "kN", "positions": ["FL", "FR"]},
        f"{code}-OK": {"kind": "attribute"},
        f"{code}-DTC": {"kind": "count"},
    }


def _lines(code: str) -> list[dict[str, Any]]:
    from decimal import Decimal

    exact = {"legal": True, "uncertainty": Decimal("0.01")} if code.endswith("-1") else {}
    return [
        {"characteristic": f"{code}-VOLT", "lower": Decimal("2.5"), "upper": Decimal("4.5"), **exact},
        {"characteristic": f"{code}-FORCE", "lower": Decimal(1), "lower_inclusive": False},
        {"characteristic": f"{code}-OK", "expression": "conforms"},
        {"characteristic": f"{code}-DTC", "expression": "equal", "values": ["0"]},
    ]


def make_cars(plant: Plant, number: str, count: int, *, first: int = 1) -> list[str]:
    """A batch of so many cars, each with its software and its pack, numbered from `first` on. Returns their VINs."""
    from inspections.results.services import FittedPart, NewVehicle, register_vehicles
    from tests import factories

    batch = factories.make_batch(number, planned_quantity=count, at=plant.at - timedelta(days=1))
    serials = factories.vins(first)
    cars = [
        NewVehicle(next(serials), place, tuple(SOFTWARE.values()), (FittedPart("pack", f"{number}-{place:06d}"),))
        for place in range(1, count + 1)
    ]
    for start in range(0, count, 500):
        register_vehicles(
            batch=batch,
            vehicles=cars[start : start + 500],
            actor=factories.SYSTEM,
            at=plant.at - timedelta(hours=12) + timedelta(seconds=start // 500),
        )
    return [car.vin for car in cars]


def inspection(plant: Plant, chance: random.Random, external_id: str, vin: str, procedure: str) -> bytes:
    """One passing inspection as a rig writes it."""
    finished = plant.at - timedelta(seconds=chance.uniform(10, 3600))
    started = finished - timedelta(seconds=chance.uniform(5, 60))
    left, right = chance.randint(110, 900), chance.randint(110, 900)
    software = ""
    if procedure in SOFTWARE:
        system, version = SOFTWARE[procedure]
        software = f'"software":[{{"system":"{system}","version":"{version}"}}],'
    return (
        f'{{"id":"{external_id}","vin":"{vin}","procedure":"{procedure}","started_at":"{started.isoformat()}",'
        f'"finished_at":"{finished.isoformat()}",{software}"verdict":"pass","measurements":['
        f'{{"characteristic":"{procedure}-VOLT","value":{chance.randint(2600, 4400) / 1000:.3f},"unit":"V"}},'
        f'{{"characteristic":"{procedure}-FORCE","position":"FL","value":{left / 100:.2f},"unit":"kN"}},'
        f'{{"characteristic":"{procedure}-FORCE","position":"FR","value":{right / 100:.2f},"unit":"kN"}},'
        f'{{"characteristic":"{procedure}-OK","value":true}},'
        f'{{"characteristic":"{procedure}-DTC","value":0}}]}}'
    ).encode()


def bulk_bodies(plant: Plant, vins: Sequence[str], at_once: int) -> Iterator[bytes]:
    """Every procedure for every car: a rig at a time, `at_once` cars of one procedure in a body."""
    chance = random.Random(7)
    for procedure in PROCEDURES:
        for start in range(0, len(vins), at_once):
            items = (
                inspection(plant, chance, f"{procedure}-{vin}", vin, procedure) for vin in vins[start : start + at_once]
            )
            yield b"[" + b",".join(items) + b"]"


def single_bodies(plant: Plant, vins: Sequence[str]) -> Iterator[bytes]:
    """Car by car, in an order that no two rigs share."""
    chance = random.Random(11)
    for vin in vins:
        for procedure in chance.sample(PROCEDURES, len(PROCEDURES)):
            yield inspection(plant, chance, f"{procedure}-{vin}", vin, procedure)


def naive_bodies(plant: Plant, vins: Sequence[str]) -> Iterator[bytes]:
    """The same measurements for the baseline, one a body."""
    chance = random.Random(11)
    for vin in vins:
        for procedure in PROCEDURES:
            for name, position, unit in (("VOLT", "", "V"), ("FORCE", "FL", "kN"), ("FORCE", "FR", "kN")):
                yield (
                    f'{{"vehicle":"{vin}","characteristic":"{procedure}-{name}","position":"{position}",'
                    f'"value":"{chance.randint(2600, 4400) / 1000:.3f}","unit":"{unit}",'
                    f'"measured_at":"{plant.at.isoformat()}"}}'
                ).encode()
