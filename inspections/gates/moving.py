"""Moving a car to another batch of its configuration: judged anew there, with everything that stands against it.

The car keeps its history. No fail is let go: one under any revision that ever bound the car blocks until it is disposed
of, on the new plan too.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Max

from ..batches.choices import BatchStatus, VehicleStatus
from ..batches.models import Batch, Vehicle, VehicleMove
from ..dispositions.choices import NonconformanceState
from ..dispositions.following import follow_vehicle
from ..dispositions.models import Hold, Nonconformance
from ..marks.acts import StartOver, one_act
from ..marks.locks import Lock, exclude, share
from ..marks.services import mark_vehicles
from ..people.choices import Role
from ..people.models import User
from ..people.rules import Actor
from ..records.services import Act, record_acts
from ..records.signing import NotAuthenticated, authenticate_again
from ..results.rejudging import judge_on_current_pins
from ..saying import Said, say
from .consuming import decide_marked_now, lock_deciders
from .drawn_cars import batch_draw
from .reading import read_rows
from .rules import MoveRefused, became

MAY_MOVE: Final = (Role.ENGINEER,)


def move_vehicle(
    *,
    vehicle: Vehicle,
    to: Batch,
    reason: str,
    seen_revision: int | None,
    signer: User,
    password: str,
    at: datetime,
    request_id: str = "",
) -> VehicleMove:
    """An engineer moves a car to another open batch of its configuration, and signs it with the password again.

    `seen_revision` is the id of the revision on which the engineer was told that it is judged from then on. Decides
    both batches inside. Raises NotAllowed, and MoveRefused, which leaves everything as it was.
    """
    Actor.person(signer).require("moving a car", *MAY_MOVE)
    if not reason.strip():
        raise MoveRefused(say("Say why the car is moved: the reason is empty."))
    try:
        actor = authenticate_again(
            signer=signer,
            password=password,
            subject_kind="vehicle",
            subject=vehicle.vin,
            batch=to.number,
            at=at,
            request_id=request_id,
        )
    except NotAuthenticated as refusal:
        raise MoveRefused(refusal.said) from refusal
    return _move(vehicle, to, reason.strip(), seen_revision, actor, at)


@one_act
def _move(
    vehicle: Vehicle, to: Batch, reason: str, seen_revision: int | None, actor: Actor, at: datetime
) -> VehicleMove:
    row, target = _held(vehicle, to)
    origin = row.batch
    fault = why_not_moved(row, target)
    if fault is not None:
        raise MoveRefused(fault)
    if target.revision_id != seen_revision:
        text = say("%(batch)s is judged on another revision than the one shown. Look at it again.", batch=target.number)
        raise MoveRefused(text)
    move = VehicleMove.objects.create(
        vehicle=row,
        from_batch=origin,
        from_sequence=row.sequence,
        from_revision_id=origin.revision_id,
        to_batch=target,
        to_sequence=free_place(target),
        to_revision_id=target.revision_id,
        reason=reason,
        moved_by=actor.label,
        person_id=actor.id or 0,
        at=at,
    )
    Vehicle.objects.filter(pk=row.pk).update(batch=target, sequence=move.to_sequence)
    held, open_ = follow_vehicle(vehicle=row, to=target)
    judged = judge_on_current_pins(vehicle_ids=[row.pk], component_ids=_parts(row.pk), act="vehicle.moved", at=at)
    _tell(move, held, open_, judged, actor, at)
    places: list[tuple[int, int | None, str]] = [
        (batch.pk, who, "") for batch in (origin, target) for who in (row.pk, None)
    ]
    mark_vehicles(rows=places, at=at)
    # First out of the old counts, then into the new ones: its gates are counted in one batch at a time.
    decide_marked_now(batch_id=origin.pk, at=at)
    decide_marked_now(batch_id=target.pk, at=at)
    return move


def _held(vehicle: Vehicle, to: Batch) -> tuple[Vehicle, Batch]:
    """Car and batch as they stand, with everything held off that could say something of the car meanwhile: recorders,
    holds, releases and deliveries of both batches, acts on the rigs that measured it, bodies kept that name it."""
    before = Vehicle.objects.values_list("batch_id", flat=True).get(pk=vehicle.pk)
    rigs = _rigs(vehicle.pk)
    share(Lock.RIG, rigs)
    exclude(Lock.BATCH, {before, to.pk})
    exclude(Lock.REGISTRATION, [1])
    row = Vehicle.objects.select_related("batch__configuration", "batch__revision").get(pk=vehicle.pk)
    if row.batch_id != before or not _rigs(vehicle.pk) <= rigs:
        raise StartOver("the car was moved or measured while its batches were being locked")
    lock_deciders({before, to.pk})
    return row, Batch.objects.select_related("configuration", "revision").get(pk=to.pk)


def why_not_moved(vehicle: Vehicle, to: Batch) -> Said | None:
    """Why this car cannot go to that batch, in words; None where it can. `vehicle` comes with its batch."""
    origin = vehicle.batch
    if vehicle.status == VehicleStatus.RELEASED:
        return say(
            "%(vin)s is released: two people signed for it as a car of %(batch)s, on its plan. Hold it if it must not"
            " leave; it stays in this batch.",
            vin=vehicle.vin,
            batch=origin.number,
        )
    if vehicle.status != VehicleStatus.IN_PROCESS:
        return say("%(vin)s %(state)s: only a car in process is moved.", vin=vehicle.vin, state=became(vehicle.status))
    if to.pk == origin.pk:
        return say("%(vin)s is in %(batch)s already.", vin=vehicle.vin, batch=to.number)
    return _why_not_there(origin, to) or _why_the_batch_keeps_it(origin)


def _why_not_there(origin: Batch, to: Batch) -> Said | None:
    if to.configuration_id != origin.configuration_id:
        return say(
            "%(batch)s is of %(other)s, the car of %(own)s: a car goes to batches of its own configuration only.",
            batch=to.number,
            other=to.configuration.code,
            own=origin.configuration.code,
        )
    if to.line != origin.line:
        return say(
            "%(batch)s is built on %(other)s, the car was on %(own)s: a rejected sample reaches the cars of its line,"
            " wherever they are. Choose a batch of the same line.",
            batch=to.number,
            other=to.line,
            own=origin.line,
        )
    if to.status != BatchStatus.OPEN:
        return say("%(batch)s takes no more cars: its testing is closed. Choose an open batch.", batch=to.number)
    return None


def _why_the_batch_keeps_it(origin: Batch) -> Said | None:
    """Nobody escapes what stands against a whole batch, or its lot, by leaving it."""
    held = Hold.objects.filter(batch=origin, vehicle__isnull=True, lifted_at__isnull=True).order_by("pk").first()
    if held is not None:
        return say(
            "%(batch)s is held as a whole (%(reason)s): its cars stay until that hold is lifted.",
            batch=origin.number,
            reason=held.reason,
        )
    if Nonconformance.objects.filter(batch=origin, vehicle__isnull=True, state=NonconformanceState.OPEN).exists():
        return say(
            "A nonconformance of %(batch)s itself is open: its cars stay until it is closed.", batch=origin.number
        )
    if batch_draw(origin).asked:
        return say(
            "%(batch)s is sampled as one lot: its cars are judged together and stay together.", batch=origin.number
        )
    return None


def free_place(to: Batch) -> int:
    """The number that a car gets which is moved there: beyond all that are registered or planned, so that no number is
    taken which the plant's system gives."""
    highest = Vehicle.objects.filter(batch=to).aggregate(highest=Max("sequence"))["highest"] or 0
    return max(highest, to.planned_quantity, *_left_places(to.pk)) + 1


def _left_places(batch_id: int) -> list[int]:
    """Numbers that cars had here which were moved away: nobody gets them again."""
    return [0, *VehicleMove.objects.filter(from_batch=batch_id).values_list("from_sequence", flat=True)]


def _rigs(vehicle_id: int) -> set[int]:
    """The rigs that measured the vehicle, or a part that is or was in it."""
    rows = read_rows(
        "select rig_id from inspections_inspection where vehicle_id = %s union"
        " select i.rig_id from inspections_fitting f join inspections_inspection i on i.component_id = f.component_id"
        " where f.vehicle_id = %s",
        vehicle_id,
        vehicle_id,
    )
    return {row[0] for row in rows}


def _parts(vehicle_id: int) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute("select distinct component_id from inspections_fitting where vehicle_id = %s", [vehicle_id])
        return {row[0] for row in cursor.fetchall()}


def _tell(move: VehicleMove, held: int, open_: int, judged: int, actor: Actor, at: datetime) -> None:
    """One entry for the car, which is in its new batch, and one for the batch that it left."""
    origin, target, vin = move.from_batch, move.to_batch, move.vehicle.vin
    before = {"batch": origin.number, "sequence": move.from_sequence, "revision_id": move.from_revision_id}
    after = {
        "batch": target.number,
        "sequence": move.to_sequence,
        "revision_id": move.to_revision_id,
        "holds": held,
        "nonconformances": open_,
        "judged_anew": judged,
    }
    acts = [
        Act("vehicle.moved", "vehicle", vin, target.number, move.reason, before=before, after=after),
        Act("batch.vehicle_left", "batch", origin.number, origin.number, move.reason, after={"vin": vin, **after}),
    ]
    record_acts(actor=actor, acts=acts, at=at)
