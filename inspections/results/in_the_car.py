"""What is, or was, in a vehicle and runs on it: parts with a serial number, and software by system."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .history import read


@dataclass(frozen=True, slots=True)
class FittedChange:
    """A component was fitted or removed. `elsewhere`: its last known place is another vehicle."""

    id: int
    component_id: int
    kind: str
    serial: str
    fitted: bool
    at: datetime
    recorded_at: datetime
    here_now: bool


def fittings_of_vehicle(*, vehicle_id: int) -> list[FittedChange]:
    """Every fitting and removal on a vehicle, newest first; whether the component is in it now. One statement."""
    rows = read(
        "select f.id, f.component_id, c.kind, c.serial, f.fitted, f.at, f.recorded_at,"
        " (select l.fitted and l.vehicle_id = f.vehicle_id from inspections_fitting l"
        "  where l.component_id = f.component_id order by l.at desc, l.id desc limit 1)"
        " from inspections_fitting f join inspections_component c on c.id = f.component_id"
        " where f.vehicle_id = %(vehicle)s order by f.at desc, f.id desc limit 2000",
        vehicle=vehicle_id,
    )
    return [FittedChange(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class SoftwareVersion:
    """The version of one system from a moment on."""

    id: int
    system: str
    version: str
    at: datetime
    recorded_at: datetime


def software_of_vehicle(*, vehicle_id: int) -> list[SoftwareVersion]:
    """Every change of software of a vehicle, newest first: the first of a system is what runs now. One statement."""
    rows = read(
        "select id, system, version, at, recorded_at from inspections_softwarechange where vehicle_id = %(vehicle)s"
        " order by at desc, id desc limit 2000",
        vehicle=vehicle_id,
    )
    return [SoftwareVersion(*row) for row in rows]
