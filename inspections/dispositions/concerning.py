"""Which vehicles a condition concerns, as of now. One statement, however many they are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from django.db import connection

from ..batches.choices import VehicleStatus
from ..results.leaning import MEASURED_VEHICLES
from ..rigs.models import Rig
from ..saying import Said, say, say_count
from .conditions import (
    MOST_LISTED,
    BuildWindow,
    ComponentLot,
    Condition,
    NamedVehicles,
    RigWindow,
    SoftwareVersion,
)
from .rules import HoldRefused

MOST_SAID: Final = 20
"""VINs that a refusal names."""


@dataclass(frozen=True, slots=True)
class ConcernedVehicle:
    """A vehicle that a condition concerns, with where and how it is. `held`: a hold of whatever sort stops it now."""

    id: int
    vin: str
    batch_id: int
    batch: str
    sequence: int
    status: str
    held: bool

    @property
    def gone(self) -> bool:
        """It has left the plant: no hold stops it any more."""
        return self.status == VehicleStatus.DELIVERED


_CONCERNED: Final = """
{with_} select v.id, v.vin, v.batch_id, b.number, v.sequence, v.status,
    exists(select from inspections_hold h where h.vehicle_id = v.id and h.lifted_at is null)
        or exists(select from inspections_hold h where h.batch_id = v.batch_id and h.vehicle_id is null
            and h.lifted_at is null)
from inspections_vehicle v join inspections_batch b on b.id = v.batch_id
where {which} order by v.status <> 'delivered', b.number, v.sequence limit %(most)s
"""
# A part that was taken out of one car and fitted in another is in the other; what is in none is in none.
_IN_CARS: Final = """v.id in (
    select latest.vehicle_id from inspections_component c
    join lateral (select f.vehicle_id, f.fitted from inspections_fitting f where f.component_id = c.id
        order by f.at desc, f.id desc limit 1) latest on latest.fitted
    where c.kind = %(component)s and c.lot = %(lot)s)"""
_EVER_IN_CARS: Final = """v.id in (
    select f.vehicle_id from inspections_component c join inspections_fitting f on f.component_id = c.id
    where c.kind = %(component)s and c.lot = %(lot)s)"""
_RUNS: Final = """v.id in (select s.vehicle_id from inspections_softwarechange s
        where s.system = %(system)s and s.version = %(version)s)
    and (select s.version from inspections_softwarechange s where s.vehicle_id = v.id and s.system = %(system)s
        order by s.at desc, s.id desc limit 1) = %(version)s"""
_BUILT: Final = """v.registered_at >= %(since)s and v.registered_at < %(until)s
    and (%(line)s = '' or b.line = %(line)s)
    and (%(configuration)s = '' or b.configuration_id = (
        select c.id from inspections_configuration c where c.code = %(configuration)s))"""


def vehicles_concerned(*, condition: Condition) -> list[ConcernedVehicle]:
    """The vehicles that a condition concerns now: those that have left first, then by batch and number.

    Raises HoldRefused for VINs that nobody registered, each named, and for more vehicles than one act may hold.
    """
    statement, parameters = _asked(condition)
    with connection.cursor() as cursor:
        cursor.execute(statement, {**parameters, "most": MOST_LISTED + 1})
        found = [ConcernedVehicle(*row) for row in cursor.fetchall()]
    if len(found) > MOST_LISTED:
        text = say(
            "More than %(most)d cars are concerned: hold them in parts, by shorter times or by line.", most=MOST_LISTED
        )
        raise HoldRefused(text)
    if isinstance(condition, NamedVehicles):
        _refuse_unknown(condition, found)
    return found


def _asked(condition: Condition) -> tuple[str, dict[str, Any]]:
    match condition:
        case NamedVehicles():
            return _CONCERNED.format(with_="", which="v.vin = any(%(vins)s)"), {"vins": list(condition.vins)}
        case ComponentLot():
            which = _EVER_IN_CARS if condition.removed else _IN_CARS
            stated: dict[str, Any] = {"component": condition.component, "lot": condition.lot}
        case RigWindow():
            rig_id = Rig.objects.filter(code=condition.rig).values_list("pk", flat=True).first()
            if rig_id is None:
                text = say("There is no rig %(rig)s: look its code up on the page of rigs.", rig=condition.rig)
                raise HoldRefused(text)
            stated = {"rig": rig_id, "since": condition.since, "until": condition.until, "procedure": None}
            which = "v.id in (select vehicle_id from vehicles)"
            return _CONCERNED.format(with_=MEASURED_VEHICLES, which=which), stated
        case BuildWindow():
            which = _BUILT
            stated = {key: getattr(condition, key) for key in ("since", "until", "line", "configuration")}
        case SoftwareVersion():
            which, stated = _RUNS, {"system": condition.system, "version": condition.version}
    return _CONCERNED.format(with_="", which=which), stated


def _refuse_unknown(condition: NamedVehicles, found: Sequence[ConcernedVehicle]) -> None:
    known = {row.vin for row in found}
    unknown = [vin for vin in condition.vins if vin not in known]
    if unknown:
        text = say_count(
            "Nothing is held: %(count)d of the VINs is not registered here: %(vins)s. Correct it or take it out.",
            "Nothing is held: %(count)d of the VINs are not registered here: %(vins)s. Correct them or take them out.",
            count=len(unknown),
            vins=some_of(unknown),
        )
        raise HoldRefused(text)


def some_of(vins: Sequence[str]) -> Sequence[str] | Said:
    """VINs as a refusal names them: at most 20, and how many there are beside them."""
    if len(vins) <= MOST_SAID:
        return vins
    return say("%(vins)s and %(count)d more", vins=vins[:MOST_SAID], count=len(vins) - MOST_SAID)


def digest_of(found: Sequence[ConcernedVehicle]) -> str:
    """SHA-256 of a list: which vehicles, and which of them are gone. What was shown and what is placed have one."""
    listed = sorted((row.vin, row.gone) for row in found)
    return sha256(json.dumps(listed, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ConcernedBatch:
    """How many vehicles of one batch a list concerns, by their state."""

    number: str
    count: int
    states: Counter[str]


def by_batch(found: Sequence[ConcernedVehicle]) -> list[ConcernedBatch]:
    """The batches that a list concerns, those with most vehicles first."""
    states: dict[str, Counter[str]] = {}
    for row in found:
        states.setdefault(row.batch, Counter())[row.status] += 1
    rows = [ConcernedBatch(number, counted.total(), counted) for number, counted in states.items()]
    return sorted(rows, key=lambda row: (-row.count, row.number))


def cars_of_unknown_lot(*, component: str) -> int:
    """Vehicles with a component of a kind whose lot nobody stated: nobody can tell whether they are of a lot."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(distinct latest.vehicle_id) from inspections_component c join lateral ("
            " select f.vehicle_id, f.fitted from inspections_fitting f where f.component_id = c.id"
            " order by f.at desc, f.id desc limit 1) latest on latest.fitted"
            " join inspections_vehicle v on v.id = latest.vehicle_id and v.status <> 'delivered'"
            " where c.kind = %s and c.lot = ''",
            [component],
        )
        return int(cursor.fetchone()[0])
