"""Re-pinning a batch: from now on it is judged on a later approved revision of its plan (law 3).

What is on the record is judged again, in rows of its own; what was said stands. A revision that relaxes a limit
disposes of no fail: one under any revision that ever bound a car blocks until it is answered.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db import connection

from ..batches.models import Batch, Repinning
from ..catalogue.choices import RevisionStatus
from ..catalogue.models import PlanRevision
from ..marks.acts import one_act
from ..marks.locks import Lock, exclude, share
from ..marks.services import mark_vehicles
from ..people.choices import Role
from ..people.models import User
from ..people.rules import Actor
from ..records.services import record_act
from ..records.signing import NotAuthenticated, authenticate_again
from ..results.covered import batches_covered_by
from ..results.rejudging import judge_on_current_pins
from ..saying import Said, say
from .consuming import decide_marked_now, lock_deciders, mark_whole_batch
from .rules import RepinRefused

MAY_REPIN: Final = (Role.ENGINEER,)


def repin_batch(
    *,
    batch: Batch,
    revision: PlanRevision,
    reason: str,
    seen_from: int | None,
    seen_digest: str,
    signer: User,
    password: str,
    at: datetime,
    request_id: str = "",
) -> Repinning:
    """An engineer has a batch judged on the revision now in force, and signs it with the password again.

    `seen_from` is the id of the revision that bound the batch when the differences were shown (None: none), and
    `seen_digest` the digest of the one to be pinned. Decides the whole batch inside. Raises NotAllowed, and
    RepinRefused, which leaves everything as it was.
    """
    Actor.person(signer).require("re-pinning a batch", *MAY_REPIN)
    if not reason.strip():
        raise RepinRefused(say("Say why the batch is judged on another revision: the reason is empty."))
    try:
        actor = authenticate_again(
            signer=signer,
            password=password,
            subject_kind="batch",
            subject=batch.number,
            batch=batch.number,
            at=at,
            request_id=request_id,
        )
    except NotAuthenticated as refusal:
        raise RepinRefused(refusal.said) from refusal
    return _repin(batch, revision, reason.strip(), (seen_from, seen_digest), actor, at)


@one_act
def _repin(
    batch: Batch, revision: PlanRevision, reason: str, seen: tuple[int | None, str], actor: Actor, at: datetime
) -> Repinning:
    # An approval under way either has put another revision in force, and is seen, or comes after this.
    share(Lock.CONFIGURATION, [batch.configuration_id])
    exclude(Lock.BATCH, [batch.pk])
    lock_deciders([batch.pk])
    row = Batch.objects.select_related("configuration", "revision").get(pk=batch.pk)
    target = PlanRevision.objects.select_related("plan__configuration").get(pk=revision.pk)
    fault = why_not_pinned(row, target)
    if fault is not None:
        raise RepinRefused(fault)
    if (row.revision_id, target.digest) != seen:
        raise RepinRefused(say("It is not what was shown any more. Look at what would change, then sign."))
    before = row.revision
    repinning = Repinning.objects.create(
        batch=row,
        from_revision_id=row.revision_id,
        to_revision=target,
        digest=target.digest,
        reason=reason,
        signed_by=actor.label,
        person_id=actor.id or 0,
        at=at,
    )
    Batch.objects.filter(pk=row.pk).update(revision=target)
    vehicles, parts = _in_batch(row.pk)
    judged = judge_on_current_pins(vehicle_ids=vehicles, component_ids=parts, act="batch.repinned", at=at)
    record_act(
        actor=actor,
        act="batch.repinned",
        subject_kind="batch",
        subject=row.number,
        batch=row.number,
        reason=reason,
        at=at,
        before={"plan": target.plan.code, "revision": None if before is None else before.number},
        after={
            "plan": target.plan.code,
            "revision": target.number,
            "digest": target.digest,
            "judged_anew": judged,
        },
    )
    mark_whole_batch(batch=row, at=at)
    mark_vehicles(rows=batches_covered_by(vehicle_ids=vehicles), at=at)
    decide_marked_now(batch_id=row.pk, at=at)
    return repinning


def why_not_pinned(batch: Batch, revision: PlanRevision) -> Said | None:
    """Why this batch cannot be judged on that revision, in words; None where it can. Both come with what they name."""
    plan, pinned = revision.plan, batch.revision
    name = {"number": revision.number, "plan": plan.code}
    if plan.configuration_id != batch.configuration_id:
        return say(
            "Revision %(number)d of %(plan)s is for %(other)s, the batch of %(own)s: a batch is judged on the plan of"
            " its own configuration only.",
            **name,
            other=plan.configuration.code,
            own=batch.configuration.code,
        )
    if revision.status == RevisionStatus.DRAFT:
        return say("Revision %(number)d of %(plan)s is a draft: two people approve it first.", **name)
    if pinned is not None and revision.pk == pinned.pk:
        return say("%(batch)s is judged on revision %(number)d already.", batch=batch.number, number=revision.number)
    if pinned is not None and revision.number < pinned.number:
        return say(
            "Revision %(number)d of %(plan)s is earlier than revision %(pinned)d, which binds the batch: a batch goes"
            " forward only.",
            **name,
            pinned=pinned.number,
        )
    if revision.status != RevisionStatus.APPROVED:
        return say("Revision %(number)d of %(plan)s was superseded: choose the revision that is in force.", **name)
    return None


def _in_batch(batch_id: int) -> tuple[list[int], Collection[int]]:
    """The vehicles of a batch, and the components that are or were in them."""
    with connection.cursor() as cursor:
        cursor.execute("select id from inspections_vehicle where batch_id = %s order by id", [batch_id])
        vehicles = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "select distinct f.component_id from inspections_fitting f join inspections_vehicle v"
            " on v.id = f.vehicle_id where v.batch_id = %s",
            [batch_id],
        )
        return vehicles, [row[0] for row in cursor.fetchall()]
