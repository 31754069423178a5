"""One finished test as its rig would post it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from random import Random
from typing import Any, Final

from ...evaluation.facts import Requirement
from ...evaluation.reasons import Outcome
from .plan import LinePlan, Station
from .steps import At
from .values import NoSuchValue, Value, good_value, outcome_of, posted_unit

Key = tuple[str, str]
"""A characteristic's code and a position."""

MOST_SECONDS: Final = 0.9
"""All tests of a car finish within this time after its registration: a simulated day is short."""


def good_measurements(station: Station, draw: Random, drifts: Mapping[str, float]) -> dict[Key, dict[str, Any]]:
    """A passing measurement for every line and position of a station; `drifts` by characteristic."""
    return {
        (line.characteristic, position): measurement(
            line, position, good_value(line, draw, drift=drifts.get(line.characteristic, 0.0))
        )
        for line in station.measured
        for position in line.positions
    }


def agreed_measurements(stations: Sequence[Station], draw: Random) -> dict[Key, dict[str, Any]]:
    """Measurements that pass on every one of several plans that ask for the same procedure. Raises NoSuchValue."""
    asked: dict[str, list[Requirement]] = {}
    for station in stations:
        for line in station.measured:
            asked.setdefault(line.characteristic, []).append(line)
    return {
        (code, position): measurement(lines[0], position, _agreed(lines, draw))
        for code, lines in asked.items()
        for position in dict.fromkeys(position for line in lines for position in line.positions)
    }


def _agreed(lines: Sequence[Requirement], draw: Random) -> Value:
    for line in lines:
        value = good_value(line, draw)
        if line.unit == lines[0].unit and all(outcome_of(value, other) is Outcome.PASS for other in lines):
            return value
    raise NoSuchValue(f"{lines[0].characteristic}: found no value that passes on all {len(lines)} plans")


def measurement(line: Requirement, position: str, value: Value, unit: str | None = None) -> dict[str, Any]:
    """One value as a rig writes it; `unit` where it states another one than the plan's."""
    written: dict[str, Any] = {"characteristic": line.characteristic, "value": value}
    if position:
        written["position"] = position
    stated = posted_unit(line) if unit is None else unit
    if stated:
        written["unit"] = stated
    return written


def wrong_unit(line: Requirement) -> str:
    """A unit that no value of the line can be in: volts for what are none."""
    return "A" if line.unit in ("V", "mV", "kV", "uV") else "V"


NOT_A_NUMBER: Final = Decimal("NaN")
"""Written as a bare NaN, as careless rigs do."""


def inspection(
    *,
    plan: LinePlan,
    station: Station,
    number: str,
    subject: Mapping[str, Any],
    finished: At,
    measurements: Mapping[Key, Mapping[str, Any]],
    duration: float = 38.0,
    rig: int = 0,
    verdict: str | None = "pass",
    **more: Any,
) -> dict[str, Any]:
    """The body of one finished test. `rig`: which of the station's rigs carried it out."""
    content: dict[str, Any] = {
        "id": number,
        **subject,
        "procedure": station.procedure,
        "started_at": At(finished.anchor, finished.seconds - duration),
        "finished_at": finished,
        "measurements": list(measurements.values()),
    }
    if station.operator:
        content["operator"] = station.operator
    if station.software_systems:
        content["software"] = [
            {"system": system, "version": plan.software[system]} for system in station.software_systems
        ]
    if verdict:
        content["verdict"] = verdict
    return {**content, **more}
