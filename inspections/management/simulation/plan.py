"""What the simulated line knows of a control plan, and which of its stations play which part. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from ...evaluation.facts import Expression, Kind, Level, Requirement
from ...evaluation.units import ratio

BONDING_LIMIT: Final = Decimal("0.1")
"""Ohm; the limit itself fails (UN R100). The worked example of the gates is played on it."""

PACK: Final = "pack"

ON_CARS: Final = frozenset({"driving"})
"""Domains whose samples are whole cars, driven; those of the others are parts."""


class PlanTooSmall(Exception):
    """The plan asks for nothing that one of the line's events needs; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Station:
    """One procedure on the line, with the rigs that carry it out and the lines of the plan that it answers.

    `size`: how many samples a period wants, 0 for a test of every vehicle. `operator`: who stands there, "" for nobody.
    """

    procedure: str
    name: str
    domain: str
    rigs: tuple[str, ...]
    lines: tuple[Requirement, ...]
    software_systems: tuple[str, ...] = ()
    component_kinds: tuple[str, ...] = ()
    operator: str = ""
    size: int = 0

    @property
    def measured(self) -> tuple[Requirement, ...]:
        """The lines with a value of their own: all but any-of groups, whose members are measured."""
        return tuple(line for line in self.lines if line.expression is not Expression.ANY_OF)


@dataclass(frozen=True, slots=True)
class LinePlan:
    """One configuration as it is built on the line. `names`: characteristic codes to names; `software`: by system."""

    configuration: str
    model: str
    line: str
    stations: tuple[Station, ...]
    samples: tuple[Station, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    software: Mapping[str, str] = field(default_factory=dict)
    newer: Mapping[str, str] = field(default_factory=dict)

    def of(self, domain: str) -> list[Station]:
        return [station for station in self.stations if station.domain == domain]


def versions_of(stations: Iterable[Station], systems: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The version that each system leaves the line with, and the one that a later flash brings.

    Where a station reads the version of a system and compares it with the plan's, they are the plan's.
    """
    asked: dict[str, tuple[str, ...]] = {}
    for station in stations:
        for line in station.measured:
            if station.software_systems and _is_version(line):
                asked.setdefault(_system_of(line, station), line.values)
    software, newer = {}, {}
    for system in sorted({*systems, *asked}):
        values = asked.get(system, ())
        software[system] = values[0] if values else "4.2.1"
        newer[system] = values[1] if len(values) > 1 else _raised(software[system])
    return software, newer


def _is_version(line: Requirement) -> bool:
    compared = line.expression in (Expression.EQUAL, Expression.ONE_OF)
    return line.kind is Kind.IDENTITY and compared and line.characteristic.upper().endswith("-SW")


def _system_of(line: Requirement, station: Station) -> str:
    """The system that the characteristic's code names, else the first that the procedure depends on."""
    parts = line.characteristic.upper().split("-")
    return next((system for system in station.software_systems if system.upper() in parts), station.software_systems[0])


def _raised(version: str) -> str:
    head, dot, last = version.rpartition(".")
    return f"{head}{dot}{int(last) + 1}" if last.isdigit() else f"{version}.1"


def numeric_lines(station: Station) -> list[Requirement]:
    """The lines of variables between limits, outside any group: a value beyond them is a plain fail."""
    return [
        line
        for line in station.lines
        if line.kind is Kind.VARIABLE and line.expression is Expression.INSIDE and line.group is None
    ]


def pack_stations(plan: LinePlan) -> tuple[Station, ...]:
    """The tests of the battery pack before it meets its car: what depends on the pack alone. Raises PlanTooSmall."""
    found = tuple(
        station
        for station in plan.of("battery")
        if station.component_kinds and all(PACK in kind for kind in station.component_kinds)
        if not station.software_systems and station is not bonding_station(plan)
    )
    if not found:
        raise PlanTooSmall(f"{plan.configuration}: no battery procedure depends on the battery pack alone")
    return found


def pack_kind(plan: LinePlan) -> str:
    """The kind of component that a battery pack is."""
    return pack_stations(plan)[0].component_kinds[0]


def bonding_station(plan: LinePlan) -> Station:
    """The station of the worked example: bonding in ohm, or any battery measurement with an upper limit alone."""
    return next(station for station in plan.of("battery") if bonding_line(plan) in station.lines)


def bonding_line(plan: LinePlan) -> Requirement:
    """The line that the worked example is played on. Raises PlanTooSmall."""
    lines = [line for station in plan.of("battery") for line in numeric_lines(station)]
    above = [line for line in lines if line.upper is not None and line.upper > 0]
    if not above:
        raise PlanTooSmall(f"{plan.configuration}: no battery measurement has an upper limit")
    return min(above, key=lambda line: (not _is_bonding(line), line.lower is not None, line.id))


def _is_bonding(line: Requirement) -> bool:
    scale = ratio(line.unit, "ohm")
    return (
        scale is not None
        and line.upper is not None
        and line.upper * scale[0] == BONDING_LIMIT * scale[1]
        and not line.upper_inclusive
    )


def certificate_station(plan: LinePlan) -> Station:
    """Whose second rig runs out of calibration: the first driving station that measures. Raises PlanTooSmall."""
    for station in plan.of("driving"):
        if numeric_lines(station):
            return station
    raise PlanTooSmall(f"{plan.configuration}: no driving procedure measures anything")


def flashed_station(plan: LinePlan) -> Station:
    """The driving-system test that a new software makes stale. Raises PlanTooSmall."""
    for station in reversed(plan.of("driving")):
        if station.software_systems:
            return station
    raise PlanTooSmall(f"{plan.configuration}: no driving procedure names a software system")


def early_station(plan: LinePlan) -> Station:
    """A test that does not grow stale when the car's parts are registered after it. Raises PlanTooSmall."""
    kind = pack_kind(plan)
    for station in reversed(plan.stations):
        if kind not in station.component_kinds:
            return station
    raise PlanTooSmall(f"{plan.configuration}: every procedure depends on the {kind}")


def drifting_line(plan: LinePlan) -> Requirement:
    """The measurement that drifts along the batch: between two limits, where there is one. Raises PlanTooSmall."""
    lines = [line for station in plan.of("driving") for line in numeric_lines(station)]
    if not lines:
        raise PlanTooSmall(f"{plan.configuration}: no driving procedure measures anything")
    return min(lines, key=lambda line: (line.lower is None or line.upper is None, line.id))


def lines_by_level(lines: Iterable[Requirement], level: Level) -> dict[int, tuple[Requirement, ...]]:
    """The lines of one level by the id of their procedure."""
    found: dict[int, list[Requirement]] = {}
    for line in lines:
        if line.level is level:
            found.setdefault(line.procedure_id, []).append(line)
    return {number: tuple(members) for number, members in found.items()}
