"""Acts of conceding: a departure of stated cars from one line of their plan is proposed, and approved by two people.

A concession changes no verdict. It lets the fails that it names go, from its second signature until it ends.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final

from django.db import connection

from ..batches.models import Batch
from ..catalogue.models import Characteristic
from ..catalogue.wording import plan_named
from ..dispatch import DECIDE_BATCH, Queue, enqueue_after_commit
from ..evaluation.facts import Requirement
from ..evaluation.wording import required_words
from ..marks.acts import StartOver, one_act
from ..marks.locks import Lock, exclude
from ..marks.services import mark_vehicles
from ..people.choices import Role
from ..people.models import User
from ..people.rules import Actor
from ..records.services import Act, record_act, record_acts
from ..records.signing import NEEDED, TAKEN, Shown, check_signable, hand_of, sign_with
from ..saying import Name, Said, in_both, say, say_count
from .choices import Authority
from .concession_queries import batch_of, departing, lines_failed, members_of
from .concession_rules import (
    LAPSES_AFTER,
    MAY_CONCEDE,
    MAY_PROPOSE_CONCESSION,
    MEANING,
    NEVER,
    ConcessionChanged,
    ConcessionRefused,
    Departing,
    Terms,
    digest_of,
    never_conceded,
    write_statement,
)
from .models import ConcededVehicle, Concession, ConcessionSignature, Nonconformance


@one_act
def propose_concession(
    *,
    nonconformance: Nonconformance,
    requirement_id: int,
    vehicle_ids: Collection[int],
    terms: Terms,
    actor: Actor,
    at: datetime,
) -> Concession:
    """Propose to accept the departure of the named cars of one batch from one line of their plan.

    Raises NotAllowed and ConcessionRefused: what is never conceded (legal, critical, identity, of a sample or type), a
    car without an unanswered fail of the line, terms without a reason or an end.
    """
    actor.require("proposing a concession", *MAY_PROPOSE_CONCESSION)
    _check_terms(terms, len(set(vehicle_ids)), at)
    batch = _locked(nonconformance)
    line = _line(nonconformance, requirement_id)
    members = members_of(line=line, batch=batch)
    never = never_conceded(line, members)
    if never:
        raise ConcessionRefused(never, NEVER[never])
    named = _named(departing(batch=batch, line=line, vehicle_ids=set(vehicle_ids)), set(vehicle_ids))
    number = _next_number()
    statement = write_statement(
        number=number, batch=batch.number, line=line, name=_name(line), plan=plan_named(batch.revision),
        required=required_words(line, members), named=named, terms=terms,
    )  # fmt: skip
    concession = Concession.objects.create(
        number=number,
        batch=batch,
        nonconformance=nonconformance,
        requirement_id=line.id,
        characteristic_id=line.characteristic_id,
        **asdict(terms),
        statement=statement,
        digest=digest_of(statement, named),
        proposed_by=actor.label,
        proposer_id=actor.id or 0,
        proposed_at=at,
        lapses_at=at + LAPSES_AFTER,
    )
    _name_vehicles(concession, named)
    record_act(
        actor=actor,
        act="concession.proposed",
        subject_kind="concession",
        subject=number,
        batch=batch.number,
        reason=terms.reason,
        at=at,
        after={"vehicles": [row.vin for row in named], "digest": concession.digest},
    )
    return concession


def _name_vehicles(concession: Concession, named: Sequence[Departing]) -> None:
    """The cars that it is for, each with the fails that its approvers see."""
    ConcededVehicle.objects.bulk_create(
        ConcededVehicle(
            concession=concession,
            vehicle_id=row.vehicle_id,
            nonconformance_id=row.nonconformance_id,
            departures=row.stored,
        )
        for row in named
    )


def _locked(nonconformance: Nonconformance) -> Batch:
    """The batch of the nonconformance's car, its lock held alone: no fail of its cars arrives meanwhile."""
    batch = batch_of(nonconformance=nonconformance)
    if batch is None:
        text = say(
            "%(number)s is the batch's own: a sample or coverage is never conceded.", number=nonconformance.number
        )
        raise ConcessionRefused("of_the_batch", text)
    exclude(Lock.BATCH, [batch.pk])
    if batch_of(nonconformance=nonconformance) != batch:
        raise StartOver
    return batch


def _check_terms(terms: Terms, cars: int, at: datetime) -> None:
    if not terms.reason.strip():
        raise ConcessionRefused("reason_missing", say("Say why the departure is acceptable: the reason is empty."))
    if terms.authority not in Authority.values:
        raise ConcessionRefused("no_authority", say("Say who accepts the departure: the customer, or engineering."))
    if terms.authority == Authority.CUSTOMER and not terms.document.strip():
        raise ConcessionRefused("document_missing", say("Name the document in which the customer agreed."))
    if terms.expires_at is None and terms.quantity is None:
        raise ConcessionRefused("no_end", say("Say when it ends: at a date, after a number of cars, or both."))
    if terms.expires_at is not None and terms.expires_at <= at:
        raise ConcessionRefused("ended", say("It would have ended at %(at)s already.", at=terms.expires_at))
    if not cars:
        raise ConcessionRefused("no_car", say("Name the cars that it is for."))
    if terms.quantity is not None and not 0 < terms.quantity <= cars:
        text = say_count(
            "It names %(count)d car: one car can leave by it.",
            "It names %(count)d cars: from 1 to %(count)d of them can leave by it.",
            count=cars,
        )
        raise ConcessionRefused("quantity", text)


def _line(nonconformance: Nonconformance, requirement_id: int) -> Requirement:
    for line in lines_failed(nonconformance=nonconformance):
        if line.id == requirement_id:
            return line
    text = say(
        "%(number)s is not about a measured fail of this line on the plan that its batch is judged on.",
        number=nonconformance.number,
    )
    raise ConcessionRefused("not_of_this", text)


def _name(line: Requirement) -> Name:
    found = Characteristic.objects.get(pk=line.characteristic_id)
    return Name(found.name, found.name_zh)


def _named(found: Sequence[Departing], wanted: Collection[int]) -> list[Departing]:
    """The wanted cars. Refuses one that does not depart from the line, and one with a fail that nobody judged."""
    unseen = [row.sequence for row in found if row.unseen]
    if unseen:
        text = say(
            "Car %(car)d has a fail that is none on the plan in force: it is answered, not conceded.", car=unseen[0]
        )
        raise ConcessionRefused("not_judged", text)
    if {row.vehicle_id for row in found} != set(wanted):
        text = say("Not every car named has an unanswered fail of this line in this batch. Load the page again.")
        raise ConcessionRefused("no_departure", text)
    return list(found)


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select nextval('interlock_concession_number')")
        return f"C-{cursor.fetchone()[0]}"


FOUR_EYES: Final = {
    "themselves": say("You inspected or reworked one of these cars: somebody else has to approve."),
    "the concession that they proposed": say("You proposed it: two other people approve it."),
    **TAKEN,
}
"""What the database says of an approval that the law of four eyes forbids, and what people are told."""


def sign_concession(
    *, concession: Concession, signer: User, password: str, seen: Shown, at: datetime, request_id: str = ""
) -> ConcessionSignature:
    """Approve a concession: the second signature puts it in force and has its cars decided again.

    The signer authenticates again here and now. In one transaction the batch is locked and the fails are compared with
    those that were proposed; any change refuses. Raises NotAllowed, ConcessionRefused and ConcessionChanged; a wrong
    password is an act of its own in the ledger.
    """
    Actor.person(signer).require("approving a concession", *MAY_CONCEDE)
    return sign_with(
        signer=signer, password=password, subject_kind="concession", subject=concession.number,
        batch=concession.batch.number, at=at, request_id=request_id, refuse=ConcessionRefused, four_eyes=FOUR_EYES,
        sign=lambda actor: _sign(concession=concession, signer=signer, actor=actor, seen=seen, at=at),
    )  # fmt: skip


@one_act
def _sign(*, concession: Concession, signer: User, actor: Actor, seen: Shown, at: datetime) -> ConcessionSignature:
    exclude(Lock.BATCH, [concession.batch_id])
    signed = list(ConcessionSignature.objects.filter(concession=concession).order_by("place"))
    check_signable(
        number=concession.number, signed=signed, signer=signer, seen=seen, digest=concession.digest,
        proposed_at=concession.proposed_at,
        lapses_at=min(concession.lapses_at, concession.expires_at or concession.lapses_at), at=at,
        refuse=ConcessionRefused,
    )  # fmt: skip
    if concession.proposer_id == signer.pk:
        raise ConcessionRefused("four_eyes", say("You proposed it: two other people approve it."))
    role = _role_of(signed, actor)
    changed, named = changes_since(concession=concession)
    if changed:
        raise ConcessionChanged(changed)
    place = len(signed) + 1
    signature = ConcessionSignature.objects.create(
        concession=concession,
        role=role.value,
        **hand_of(signer=signer, place=place, meaning=in_both([MEANING]), digest=concession.digest, at=at),
    )
    said = {"place": place, "meaning": MEANING.english}
    acts = [Act("concession.signed", "concession", concession.number, concession.batch.number, after=said)]
    if place == NEEDED:
        acts += _put_in_force(concession, named, [hand.personnel_number for hand in (*signed, signature)], at)
    record_acts(actor=actor, acts=acts, at=at)
    return signature


def _role_of(signed: Sequence[ConcessionSignature], actor: Actor) -> Role:
    """As what the approver signs. One of the two is an engineer at least."""
    if Role.ENGINEER in actor.roles:
        return Role.ENGINEER
    if any(signature.role != Role.ENGINEER.value for signature in signed):
        text = say("A release officer approved it: the other approver is an engineer.")
        raise ConcessionRefused("engineer_needed", text)
    return Role.RELEASE_OFFICER


def changes_since(*, concession: Concession) -> tuple[list[Said], list[Departing]]:
    """What of a proposal is no longer as it was proposed, in words, and the cars as they depart now."""
    batch = Batch.objects.select_related("revision").get(pk=concession.batch_id)
    stored = {row.vehicle_id: row for row in concession.vehicles.select_related("vehicle")}
    lines = lines_failed(nonconformance=concession.nonconformance)
    line = next((each for each in lines if each.id == concession.requirement_id), None)
    if line is None:
        return [say("The batch is judged on another revision of its plan now.")], []
    found = {row.vehicle_id: row for row in departing(batch=batch, line=line, vehicle_ids=stored)}
    changed: list[Said] = []
    for vehicle_id, row in sorted(stored.items(), key=lambda item: item[1].vehicle.sequence):
        now, car = found.get(vehicle_id), {"car": row.vehicle.sequence, "vin": row.vehicle.vin}
        if now is None:
            changed.append(say("Car %(car)d (%(vin)s) does not depart from it any more.", **car))
        elif now.unseen or now.stored != row.departures:
            changed.append(say("Car %(car)d (%(vin)s) has other fails than were proposed.", **car))
    named = list(found.values())
    if not changed and digest_of(concession.statement, named) != concession.digest:
        changed.append(say("The cars are no longer those of the proposal."))
    return changed, named


def _put_in_force(concession: Concession, named: Sequence[Departing], hands: Sequence[str], at: datetime) -> list[Act]:
    mark_vehicles(rows=[(concession.batch_id, row.vehicle_id, "") for row in named], at=at)
    enqueue_after_commit(DECIDE_BATCH, queue=Queue.URGENT, kwargs={"batch_id": concession.batch_id}, once=True)
    return [
        Act(
            "vehicle.conceded",
            "vehicle",
            row.vin,
            concession.batch.number,
            reason=concession.reason,
            after={
                "concession": concession.number,
                "nonconformance": row.nonconformance,
                "departures": row.stored,
                "signed_by": list(hands),
            },
        )
        for row in named
    ]
