"""Cars that leave no more: destroyed for a test, or scrapped. Nobody can take either back, the database included.

Their missing results stop nothing any more; their fails stay on the record, and what is measured on them counts as
samples and as type evidence.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ..batches.choices import VehicleStatus
from ..batches.models import Removal, Vehicle
from ..catalogue.models import Procedure
from ..dispatch import DECIDE_BATCH, Queue, enqueue_after_commit
from ..dispositions.answering import answer_by_scrap, open_fails_of
from ..dispositions.choices import NonconformanceState
from ..dispositions.models import Nonconformance
from ..marks.acts import StartOver, one_act
from ..marks.locks import Lock, exclude
from ..marks.services import mark_vehicles
from ..people.choices import Role
from ..people.rules import Actor
from ..records.services import record_act
from ..saying import Said, say
from .clearance import clearance
from .rules import RemovalRefused, became

MAY_REMOVE: Final = (Role.ENGINEER,)


@one_act
def destroy_vehicle(*, vehicle: Vehicle, procedure: Procedure, reason: str, actor: Actor, at: datetime) -> Removal:
    """An engineer gives a car up to a test of the procedure: it never leaves. Raises NotAllowed, RemovalRefused."""
    actor.require("destroying a car for a test", *MAY_REMOVE)
    row = _held(vehicle, reason)
    fault = why_not_destroyed(row)
    if fault is not None:
        raise RemovalRefused(fault)
    return _remove(row, VehicleStatus.DESTROYED, "vehicle.destroyed", reason, actor, at, procedure=procedure)


@one_act
def scrap_vehicle(*, vehicle: Vehicle, reason: str, actor: Actor, at: datetime, nonconformance: str = "") -> Removal:
    """An engineer scraps a car: it never leaves. A released one only when something stands against it.

    This answers every fail of its open nonconformances, so whoever recorded one of them may not; `nonconformance` is
    the number of the one that it was done for. Raises NotAllowed, RemovalRefused, DispositionRefused.
    """
    actor.require("scrapping a car", *MAY_REMOVE)
    row = _held(vehicle, reason)
    fault = why_not_scrapped(row, at)
    if fault is not None:
        raise RemovalRefused(fault)
    removal = _remove(row, VehicleStatus.SCRAPPED, "vehicle.scrapped", reason, actor, at, nonconformance=nonconformance)
    standing = Nonconformance.objects.filter(vehicle=row, state=NonconformanceState.OPEN).order_by("pk")
    fails = open_fails_of(ids=[own.pk for own in standing])
    for own in standing:
        if fails[own.pk]:
            answer_by_scrap(nonconformance=own, reason=reason, actor=actor, at=at)
    return removal


def why_not_destroyed(vehicle: Vehicle) -> Said | None:
    """Why this car cannot be destroyed for a test, in words; None where it can."""
    if vehicle.status == VehicleStatus.RELEASED:
        return say("%(vin)s is released: choose a car that nobody was promised.", vin=vehicle.vin)
    return _gone(vehicle)


def why_not_scrapped(vehicle: Vehicle, at: datetime) -> Said | None:
    """Why this car cannot be scrapped, in words; None where it can."""
    if vehicle.status == VehicleStatus.RELEASED and clearance(vin=vehicle.vin, at=at).clear:
        return say("%(vin)s is released and clear: hold it and say why, then scrap it.", vin=vehicle.vin)
    return _gone(vehicle)


def _gone(vehicle: Vehicle) -> Said | None:
    if vehicle.status in (VehicleStatus.IN_PROCESS, VehicleStatus.RELEASED):
        return None
    return say(
        "%(vin)s %(state)s: there is nothing to take out of delivery.", vin=vehicle.vin, state=became(vehicle.status)
    )


def _held(vehicle: Vehicle, reason: str) -> Vehicle:
    """The vehicle as it stands, with its batch's lock held alone: nothing is released or delivered meanwhile."""
    if not reason.strip():
        raise RemovalRefused(say("Say why: the reason is empty."))
    before = Vehicle.objects.values_list("batch_id", flat=True).get(pk=vehicle.pk)
    exclude(Lock.BATCH, [before])
    row = Vehicle.objects.select_for_update(no_key=True, of=("self",)).select_related("batch").get(pk=vehicle.pk)
    if row.batch_id != before:
        raise StartOver("the vehicle was moved")
    return row


def _remove(
    vehicle: Vehicle,
    status: VehicleStatus,
    act: str,
    reason: str,
    actor: Actor,
    at: datetime,
    *,
    procedure: Procedure | None = None,
    nonconformance: str = "",
) -> Removal:
    removal = Removal.objects.create(
        vehicle=vehicle,
        status=status,
        procedure=procedure,
        nonconformance=nonconformance,
        reason=reason.strip(),
        removed_by=actor.label,
        person_id=actor.id or 0,
        at=at,
    )
    before, vehicle.status = vehicle.status, status
    vehicle.save(update_fields=["status"])
    after = {"status": status.value, "procedure": procedure.code if procedure else "", "nonconformance": nonconformance}
    record_act(
        actor=actor,
        act=act,
        subject_kind="vehicle",
        subject=vehicle.vin,
        batch=vehicle.batch.number,
        reason=reason.strip(),
        at=at,
        before={"status": before},
        after={key: value for key, value in after.items() if value},
    )
    # Coverage is asked for the cars meant for customers, when they were built and what they carry: others now.
    mark_vehicles(rows=[(vehicle.batch_id, vehicle.pk, ""), (vehicle.batch_id, None, "")], at=at)
    enqueue_after_commit(DECIDE_BATCH, queue=Queue.URGENT, kwargs={"batch_id": vehicle.batch_id}, once=True)
    return removal
