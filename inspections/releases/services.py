"""Acts of letting go: proposing a release, signing it, delivering a vehicle."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import connection

from ..batches.choices import VehicleStatus
from ..batches.models import Batch, Vehicle
from ..dispatch import DECIDE_BATCH, Queue, enqueue_after_commit
from ..gates.models import Decider
from ..gates.queries import Clearance, clearance
from ..gates.recounting import recount_batch
from ..gates.services import decide_departed, decide_marked_now
from ..marks.acts import one_act
from ..marks.locks import Lock, exclude
from ..marks.services import mark_vehicles
from ..people.models import User
from ..people.rules import Actor, ActorKind
from ..records.services import Act, record_act, record_acts
from ..records.signing import NEEDED, TAKEN, Shown, check_signable, hand_of, sign_with
from ..saying import Cars, in_both, say
from .conceded import conceded_now, concession_numbers, vehicles_past_quantity
from .models import Delivery, Release, ReleasedVehicle, Signature
from .queries import collect_bases, differences_since, rests_on_demonstration, standing_vehicles
from .rules import (
    AHEAD,
    LAPSES_AFTER,
    MAY_RELEASE,
    MEANING,
    Basis,
    DeliveryRefused,
    ReleaseChanged,
    ReleaseRefused,
    digest_of,
    may_propose,
)
from .statements import write_statement


class MayNotLeave(Exception):
    """The vehicle may not leave, and it has not. `clearance` says why."""

    def __init__(self, found: Clearance) -> None:
        self.clearance = found
        super().__init__(f"{found.vin} may not leave.")


@one_act
def propose_release(*, batch: Batch, vehicle_ids: Collection[int] | None, actor: Actor, at: datetime) -> Release:
    """Propose to release the named vehicles, or all that are clear and not released. Decides first, inside the lock.

    Raises NotAllowed, and ReleaseRefused: nothing is clear, or a named vehicle is not.
    """
    actor.require("proposing a release", *MAY_RELEASE)
    batch = _locked(batch, at)
    found = collect_bases(batch_id=batch.pk, at=at)
    standing = standing_vehicles([decision.vehicle_id for decision in found])
    free, _ = may_propose(found, standing)
    chosen = free if vehicle_ids is None else [row for row in found if row.vehicle_id in set(vehicle_ids)]
    refused = [decision for decision in chosen if decision not in free]
    if refused:
        text = say(
            "Cars %(cars)s are not clear, or are released already; leave them out.",
            cars=Cars.of(row.sequence for row in refused),
        )
        raise ReleaseRefused("not_clear", text)
    if not chosen or batch.revision_id is None:
        text = say("No car of %(batch)s is clear and waits for its release.", batch=batch.number)
        raise ReleaseRefused("nothing_clear", text)
    number = _next_number()
    statement = write_statement(number=number, batch=batch, chosen=chosen, found=found, standing=standing)
    release = Release.objects.create(
        number=number,
        batch=batch,
        revision_id=batch.revision_id,
        statement=statement,
        digest=digest_of(statement, chosen),
        proposed_by=actor.label,
        proposer_id=actor.id or 0,
        proposed_at=at,
        lapses_at=at + LAPSES_AFTER,
    )
    ReleasedVehicle.objects.bulk_create(
        ReleasedVehicle(release=release, vehicle_id=row.vehicle_id, digest=row.digest, conceded=list(row.conceded))
        for row in chosen
    )
    record_act(
        actor=actor,
        act="release.proposed",
        subject_kind="release",
        subject=number,
        batch=batch.number,
        at=at,
        after={"vehicles": [row.vin for row in chosen], "digest": release.digest},
    )
    return release


def _locked(batch: Batch, at: datetime) -> Batch:
    """The batch with its lock held alone and everything decided: every recorder has committed or not begun."""
    exclude(Lock.BATCH, [batch.pk])
    decide_marked_now(batch_id=batch.pk, at=at)
    return Batch.objects.select_related("revision__plan", "configuration").get(pk=batch.pk)


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select nextval('interlock_release_number')")
        return f"R-{cursor.fetchone()[0]}"


FOUR_EYES: Final = {
    "inspected themselves": say("You inspected one of these cars: somebody else has to sign."),
    **TAKEN,
}
"""What the database says of a signature that the law of four eyes forbids, and what people are told."""


def sign_release(
    *, release: Release, signer: User, password: str, seen: Shown, at: datetime, request_id: str = ""
) -> Signature:
    """Sign a release: the second signature lets its vehicles go.

    The signer authenticates again here and now. In one transaction the batch is locked, decided and recounted, and
    what the vehicles rest on is compared with what was proposed; any change refuses. Raises NotAllowed, ReleaseRefused
    and ReleaseChanged; a wrong password is an act of its own in the ledger.
    """
    Actor.person(signer).require("signing a release", *MAY_RELEASE)
    signature: Signature = sign_with(
        signer=signer, password=password, subject_kind="release", subject=release.number, batch=release.batch.number,
        at=at, request_id=request_id, refuse=ReleaseRefused, four_eyes=FOUR_EYES,
        sign=lambda actor: _sign(release=release, signer=signer, actor=actor, seen=seen, at=at),
    )  # fmt: skip
    return signature


@one_act
def _sign(*, release: Release, signer: User, actor: Actor, seen: Shown, at: datetime) -> Signature:
    batch = _locked(release.batch, at)
    signed = list(Signature.objects.filter(release=release).order_by("place"))
    check_signable(
        number=release.number, signed=signed, signer=signer, seen=seen, digest=release.digest,
        proposed_at=release.proposed_at, lapses_at=release.lapses_at, at=at, refuse=ReleaseRefused,
    )  # fmt: skip
    differences = [row.said for row in recount_batch(batch_id=batch.pk, at=at)]
    changed, found = differences_since(release=release, at=at)
    if differences or changed:
        raise ReleaseChanged([*differences, *changed])
    _refuse_demonstration(batch)
    place = len(signed) + 1
    signature = Signature.objects.create(
        release=release,
        **hand_of(signer=signer, place=place, meaning=in_both([MEANING]), digest=release.digest, at=at),
        counter=Decider.objects.get(pk=batch.pk).counter,
    )
    acts = [
        Act(
            "release.signed",
            "release",
            release.number,
            batch.number,
            after={"place": place, "meaning": MEANING.english},
        )
    ]
    if place == NEEDED:
        acts += _release(release, batch, found, [hand.personnel_number for hand in (*signed, signature)])
    record_acts(actor=actor, acts=acts, at=at)
    return signature


def _refuse_demonstration(batch: Batch) -> None:
    """A car whose coverage is a demonstration can be signed only in the demo."""
    if rests_on_demonstration(configuration_id=batch.configuration_id) and not settings.DEMO:
        text = say("The type tests rest on demonstration coverage: enter real coverage.")
        raise ReleaseRefused("demonstration", text)


def _release(release: Release, batch: Batch, found: Sequence[Basis], hands: Sequence[str]) -> list[Act]:
    """The second signature: the vehicles are released, and what each rests on is kept as a decision of its own."""
    Vehicle.objects.filter(pk__in=[row.vehicle_id for row in found], status=VehicleStatus.IN_PROCESS).update(
        status=VehicleStatus.RELEASED
    )
    return [
        Act(
            "vehicle.released",
            "vehicle",
            row.vin,
            batch.number,
            after={"release": release.number, "digest": row.digest, "signed_by": list(hands)},
        )
        for row in found
    ]


def deliver_vehicle(*, vehicle: Vehicle, delivered_at: datetime, actor: Actor, at: datetime) -> tuple[Delivery, bool]:
    """The vehicle leaves the plant. Returns the delivery, and whether it is new; told again, the first one stands.

    Decided under the batch's lock, so that no result, hold or decision slips in between asking and leaving. Raises
    MayNotLeave, NotAllowed, and DeliveryRefused for a moment more than five minutes ahead or before the release.
    """
    if actor.kind is ActorKind.PERSON:
        actor.require("delivering a vehicle", *MAY_RELEASE)
    return _deliver(vehicle=vehicle, delivered_at=delivered_at, actor=actor, at=at)


@one_act
def _deliver(*, vehicle: Vehicle, delivered_at: datetime, actor: Actor, at: datetime) -> tuple[Delivery, bool]:
    batch = _locked(vehicle.batch, at)
    vehicle = Vehicle.objects.select_for_update(no_key=True, of=("self",)).select_related("batch").get(pk=vehicle.pk)
    known = Delivery.objects.select_related("vehicle__batch", "release").filter(vehicle=vehicle).first()
    if known is not None:
        return known, False
    if delivered_at > at + AHEAD:
        raise DeliveryRefused("in_future", say("It left, says the report, at a moment that has not come yet."))
    conceded = conceded_now(vehicle_id=vehicle.pk)
    exclude(Lock.CONCESSION, conceded)
    # Asked only now: whoever left by the same concession a moment ago has marked this vehicle.
    found = clearance(vin=vehicle.vin, at=at)
    if not found.may_leave or vehicle.batch_id != batch.pk:
        raise MayNotLeave(found)
    release_id, released_at = _release_of(vehicle.pk)
    if delivered_at < released_at:
        text = say("It was released at %(at)s; nothing leaves before its release.", at=released_at)
        raise DeliveryRefused("before_release", text)
    delivery = Delivery.objects.create(
        vehicle=vehicle,
        release_id=release_id,
        delivered_at=delivered_at,
        recorded_at=at,
        recorded_by=actor.label,
        conceded=conceded,
    )
    vehicle.status = VehicleStatus.DELIVERED
    vehicle.save(update_fields=["status"])
    record_act(
        actor=actor,
        act="vehicle.delivered",
        subject_kind="vehicle",
        subject=vehicle.vin,
        batch=batch.number,
        at=at,
        after={
            "delivered_at": delivered_at.isoformat(),
            "release": delivery.release.number,
            **({"concessions": concession_numbers(delivery.conceded)} if conceded else {}),
        },
    )
    _end_by_number(conceded, at)
    decide_departed(batch=batch, at=at)
    return delivery, True


def _end_by_number(conceded: Collection[int], at: datetime) -> None:
    """Where this was the last vehicle that a concession is for, what else it names is undecided from now on."""
    ended = vehicles_past_quantity(conceded)
    mark_vehicles(rows=[(batch_id, vehicle_id, "") for batch_id, vehicle_id in ended], at=at)
    for batch_id in {batch_id for batch_id, _ in ended}:
        enqueue_after_commit(DECIDE_BATCH, queue=Queue.URGENT, kwargs={"batch_id": batch_id}, once=True)


def _release_of(vehicle_id: int) -> tuple[int, datetime]:
    """The release that the vehicle stands under, and when its second signature was given."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select release_id, signed_at from interlock_standing_release where vehicle_id = %s", [vehicle_id]
        )
        release_id, signed_at = cursor.fetchone()
        return release_id, signed_at
