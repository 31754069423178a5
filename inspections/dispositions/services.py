"""Acts of containment and of answering: holds, what a failed gate flags; what an engineer answers to a fail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from ..batches.choices import VehicleStatus
from ..batches.completing import take_up_batches
from ..batches.models import Batch, Vehicle
from ..marks.acts import one_act
from ..marks.locks import Lock, share
from ..people.rules import Actor
from ..records.services import Act, record_act, record_acts
from ..saying import say
from .answering import (
    answer_by_scrap,
    confirm_retest,
    declare_invalid,
    record_rework,
    review_disagreement,
    take_nonconformance,
)
from .choices import HoldSource, NonconformanceState
from .conceding import propose_concession, sign_concession
from .hold_lists import lift_hold_list, place_hold_list
from .models import Hold, Nonconformance
from .rules import MAY_LIFT_HOLD, MAY_PLACE_HOLD, OPENS_NONCONFORMANCE, Cause, HoldRefused

__all__ = [
    "answer_by_scrap",
    "confirm_retest",
    "declare_invalid",
    "lift_hold",
    "lift_hold_list",
    "place_hold",
    "place_hold_list",
    "propose_concession",
    "reconcile_flags",
    "record_rework",
    "review_disagreement",
    "sign_concession",
    "take_nonconformance",
]

Subject = tuple[int | None, str]
"""Vehicle id (None: the batch itself) and domain."""
Key = tuple[int | None, str, str, int | None]


@one_act
def place_hold(*, batch: Batch, vehicle: Vehicle | None, reason: str, actor: Actor, at: datetime) -> Hold:
    """A person stops a vehicle, or with no vehicle the whole batch, from leaving (IATF 16949 8.7.1.4).

    Raises NotAllowed, and HoldRefused without a reason, for a vehicle of another batch or one that has left.
    """
    actor.require("placing a hold", *MAY_PLACE_HOLD)
    if not reason.strip():
        raise HoldRefused(say("A hold needs a reason: say what you saw or what you are waiting for."))
    # A delivery or a move under way holds the batch alone: the hold comes before it, or finds the vehicle gone.
    share(Lock.BATCH, [batch.pk])
    if vehicle is not None:
        vehicle = Vehicle.objects.get(pk=vehicle.pk)
        if vehicle.batch_id != batch.pk:
            text = say(
                "%(vin)s is not in batch %(batch)s: place the hold on the batch it is in.",
                vin=vehicle.vin,
                batch=batch.number,
            )
            raise HoldRefused(text)
        if vehicle.status == VehicleStatus.DELIVERED:
            text = say("%(vin)s has left the plant: no hold stops it any more. Tell whoever has it.", vin=vehicle.vin)
            raise HoldRefused(text)
    take_up_batches(batch_ids=[batch.pk], because=[{"what": "hold", "count": 1}], actor=actor, at=at)
    hold = Hold.objects.create(
        batch=batch,
        vehicle=vehicle,
        source=HoldSource.PERSON,
        reason=reason.strip(),
        placed_by=actor.label,
        placed_at=at,
    )
    _record(actor, "hold.placed", batch, vehicle, reason.strip(), at)
    return hold


def lift_hold(*, hold: Hold, reason: str, actor: Actor, at: datetime) -> Hold:
    """Lift a person's hold. A gate's hold lifts by itself when its cause is gone.

    Raises NotAllowed, and HoldRefused for a gate's hold, one lifted already, or without a reason.
    """
    actor.require("lifting a hold", *MAY_LIFT_HOLD)
    if not reason.strip():
        raise HoldRefused(say("Lifting a hold needs a reason: say what you checked."))
    with transaction.atomic():
        # The batch is wanted for the ledger; of a join, only the hold itself is locked.
        hold = Hold.objects.select_for_update(of=("self",), no_key=True).select_related("batch").get(pk=hold.pk)
        if hold.source == HoldSource.GATE:
            raise HoldRefused(say("A gate placed this hold. It lifts by itself when the gate's reason is gone."))
        if hold.lifted_at is not None:
            raise HoldRefused(say("This hold was lifted by %(who)s already.", who=hold.lifted_by))
        hold.lifted_at, hold.lifted_by, hold.lifted_reason = at, actor.label, reason.strip()
        hold.save(update_fields=["lifted_at", "lifted_by", "lifted_reason"])
        _record(actor, "hold.lifted", hold.batch, hold.vehicle, reason.strip(), at)
    return hold


def reconcile_flags(
    *, batch: Batch, causes: Mapping[Subject, Iterable[Cause]], vins: Mapping[int, str], actor: Actor, at: datetime
) -> None:
    """Bring a gate's holds and nonconformances in step with what now fails it, in the decider's transaction.

    `causes` names every subject to look at, with nothing for one that no longer fails. What holds already is left
    alone, so that a cause never holds twice; what is gone is lifted and closed. Marks nothing undecided.
    """
    if not causes:
        return
    wanted = {
        (vehicle_id, domain, cause.code, cause.characteristic_id): cause
        for (vehicle_id, domain), found in causes.items()
        for cause in found
    }
    acts = _reconcile_holds(batch, causes, wanted, vins, actor, at)
    acts += _reconcile_nonconformances(batch, causes, wanted, vins, at)
    record_acts(actor=actor, acts=acts, at=at)


def _reconcile_holds(
    batch: Batch,
    subjects: Iterable[Subject],
    wanted: Mapping[Key, Cause],
    vins: Mapping[int, str],
    actor: Actor,
    at: datetime,
) -> list[Act]:
    looked_at = set(subjects)
    standing = {
        (hold.vehicle_id, hold.domain, hold.code, hold.characteristic_id): hold
        for hold in Hold.objects.filter(
            batch=batch, source=HoldSource.GATE, lifted_at__isnull=True, domain__in={domain for _, domain in looked_at}
        ).filter(_of_vehicles(looked_at))
        if (hold.vehicle_id, hold.domain) in looked_at
    }
    gone = [hold for key, hold in standing.items() if key not in wanted]
    Hold.objects.filter(pk__in=[hold.pk for hold in gone]).update(
        lifted_at=at, lifted_by=actor.label, lifted_reason="The gate no longer has this reason."
    )
    new = [(key, cause) for key, cause in wanted.items() if key not in standing]
    Hold.objects.bulk_create(
        [
            Hold(
                batch=batch,
                vehicle_id=vehicle_id,
                source=HoldSource.GATE,
                domain=domain,
                code=code,
                characteristic_id=characteristic_id,
                reason=cause.words,
                placed_by=actor.label,
                placed_at=at,
            )
            for (vehicle_id, domain, code, characteristic_id), cause in new
        ]
    )
    return [
        *(_act("hold.placed", batch, vins, key, cause=cause) for key, cause in new),
        *(_act("hold.lifted", batch, vins, key) for key in standing if key not in wanted),
    ]


def _reconcile_nonconformances(
    batch: Batch, subjects: Iterable[Subject], wanted: Mapping[Key, Cause], vins: Mapping[int, str], at: datetime
) -> list[Act]:
    looked_at = set(subjects)
    opening = {key: cause for key, cause in wanted.items() if key[2] in OPENS_NONCONFORMANCE}
    standing = {
        (row.vehicle_id, row.domain, row.code, row.characteristic_id): row
        for row in Nonconformance.objects.filter(
            batch=batch, state=NonconformanceState.OPEN, domain__in={domain for _, domain in looked_at}
        ).filter(_of_vehicles(looked_at))
        if (row.vehicle_id, row.domain) in looked_at
    }
    gone = [row for key, row in standing.items() if key not in opening]
    Nonconformance.objects.filter(pk__in=[row.pk for row in gone]).update(
        state=NonconformanceState.CLOSED, closed_at=at
    )
    new = [(key, cause) for key, cause in opening.items() if key not in standing]
    numbers = _next_numbers(len(new))
    Nonconformance.objects.bulk_create(
        [
            Nonconformance(
                number=number,
                batch=batch,
                vehicle_id=vehicle_id,
                domain=domain,
                code=code,
                characteristic_id=characteristic_id,
                opened_at=at,
            )
            for number, ((vehicle_id, domain, code, characteristic_id), _) in zip(numbers, new, strict=True)
        ]
    )
    return [
        *(
            _act("nonconformance.opened", batch, vins, key, cause=cause, number=number)
            for number, (key, cause) in zip(numbers, new, strict=True)
        ),
        *(
            _act("nonconformance.closed", batch, vins, key, number=row.number)
            for key, row in standing.items()
            if key not in opening
        ),
    ]


def _of_vehicles(subjects: Iterable[Subject]) -> Q:
    vehicles = {vehicle_id for vehicle_id, _ in subjects}
    own = Q(vehicle__isnull=True) if None in vehicles else Q(pk__in=[])
    return Q(vehicle__in=[vehicle_id for vehicle_id in vehicles if vehicle_id is not None]) | own


def _next_numbers(count: int) -> list[str]:
    """Numbers for people: NC-1, NC-2 …; a rolled back transaction leaves a gap, never a twin."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute("select nextval('interlock_nonconformance_number') from generate_series(1, %s)", [count])
        return [f"NC-{number}" for (number,) in cursor.fetchall()]


def _act(
    act: str, batch: Batch, vins: Mapping[int, str], key: Key, *, cause: Cause | None = None, number: str = ""
) -> Act:
    vehicle_id, domain, code, characteristic_id = key
    after: dict[str, Any] = {"domain": domain, "code": code, "characteristic_id": characteristic_id}
    if number:
        after["nonconformance"] = number
    if cause is not None and cause.facts:
        after["reason"] = dict(cause.facts)
    kind, subject = ("batch", batch.number) if vehicle_id is None else ("vehicle", vins[vehicle_id])
    return Act(act, kind, subject, batch=batch.number, reason=cause.words if cause else "", after=after)


def _record(actor: Actor, act: str, batch: Batch, vehicle: Vehicle | None, reason: str, at: datetime) -> None:
    record_act(
        actor=actor,
        act=act,
        subject_kind="batch" if vehicle is None else "vehicle",
        subject=batch.number if vehicle is None else vehicle.vin,
        batch=batch.number,
        reason=reason,
        at=at,
    )
