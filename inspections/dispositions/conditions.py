"""By what a hold list is asked for; the record keeps the condition as it was asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from ..batches.rules import vin_form_fault

MOST_LISTED: Final = 50_000
"""Vehicles that one act may hold: half a year of one line. More is asked for in parts."""
MOST_NAMED: Final = 20_000
"""VINs that are read from one pasted text."""

_BETWEEN_VINS: Final = re.compile(r"[\s,;，；、|\"']+")


@dataclass(frozen=True, slots=True)
class NamedVehicles:
    """Vehicles named by VIN, each once."""

    vins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComponentLot:
    """Vehicles with a component of a lot in them; with `removed` also those from which one was removed again."""

    component: str
    lot: str
    removed: bool = False


@dataclass(frozen=True, slots=True)
class RigWindow:
    """Vehicles for which a rig finished a test from `since` to `until`, both included; a component's test speaks for
    the vehicle in which it is now."""

    rig: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class BuildWindow:
    """Vehicles built (registered) from `since` on and before `until`; on one line or of one configuration, or all."""

    since: datetime
    until: datetime
    line: str = ""
    configuration: str = ""


@dataclass(frozen=True, slots=True)
class SoftwareVersion:
    """Vehicles on which a system runs a version now (UN R156)."""

    system: str
    version: str


Condition: TypeAlias = NamedVehicles | ComponentLot | RigWindow | BuildWindow | SoftwareVersion

KINDS: Final[dict[type[Any], str]] = {
    NamedVehicles: "vehicles",
    ComponentLot: "component_lot",
    RigWindow: "rig_window",
    BuildWindow: "build_window",
    SoftwareVersion: "software_version",
}


def record_of(condition: Condition) -> dict[str, Any]:
    """The condition as the record keeps it. Vehicles named by VIN are counted: the list itself names them."""
    said = {"kind": KINDS[type(condition)]}
    if isinstance(condition, NamedVehicles):
        return {**said, "count": len(condition.vins)}
    stated = asdict(condition)
    return said | {
        key: value.isoformat() if isinstance(value, datetime) else value for key, value in stated.items() if value
    }


@dataclass(frozen=True, slots=True)
class ReadVins:
    """What a pasted text names: well-formed VINs in their order, each once; those named again; and what is no VIN with
    what keeps it from being one."""

    vins: tuple[str, ...]
    again: tuple[str, ...]
    faults: tuple[tuple[str, str], ...]


def read_vins(text: str) -> ReadVins:
    """VINs apart by blanks, line breaks, commas, semicolons or quotes, as lists and sheets are pasted. Small letters
    are taken for capital ones."""
    seen: dict[str, None] = {}
    again: dict[str, None] = {}
    faults: dict[str, str] = {}
    for word in _words(text):
        fault = vin_form_fault(word)
        if fault is not None:
            faults[word[:64]] = fault
        elif word in seen:
            again[word] = None
        else:
            seen[word] = None
    return ReadVins(tuple(seen), tuple(again), tuple(faults.items()))


def _words(text: str) -> Iterable[str]:
    return (word.upper() for word in _BETWEEN_VINS.split(text) if word)
