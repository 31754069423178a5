"""Approving a draft: two people, neither of them an author of it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ..marks.locks import Lock, exclude
from ..people.choices import Role
from ..people.models import User
from ..people.rules import Actor, ActorKind
from ..records.models import LedgerEntry
from ..saying import Refusal, Said, say
from .choices import RevisionStatus
from .entries import digest
from .models import ControlPlan, PlanRevision
from .noting import record_revision, revision_subject
from .queries import lines_of


class ApprovalRefused(Refusal):
    """This person may not approve this revision, or not now; says why and what to do."""


@transaction.atomic
def approve_revision(
    *, revision: PlanRevision, approver: User, at: datetime, seen_digest: str = "", request_id: str = ""
) -> PlanRevision:
    """Approve a draft. The second of two approvals puts it in force and supersedes the revision before it.

    The approvers are two people, neither an author of the draft, each a catalogue owner or an engineer and one at
    least a catalogue owner. `seen_digest`: the digest of what the approver was shown; another one is refused.
    Takes the configuration's lock alone. Raises ApprovalRefused and NotAllowed.
    """
    actor = Actor.person(approver, request_id=request_id)
    actor.require("approve a control plan", Role.CATALOGUE_OWNER, Role.ENGINEER)
    plan = ControlPlan.objects.get(pk=revision.plan_id)
    exclude(Lock.CONFIGURATION, [plan.configuration_id])
    draft = PlanRevision.objects.select_for_update(no_key=True).select_related("plan").get(pk=revision.pk)
    in_force = plan.revisions.filter(status=RevisionStatus.APPROVED).first()
    _refuse_unsound_approval(draft=draft, in_force=in_force, approver=approver, actor=actor, seen_digest=seen_digest)
    if draft.first_approver_id is None:
        draft.first_approver, draft.first_approved_at = approver, at
        draft.save(update_fields=["first_approver", "first_approved_at"])
        record_revision(actor=actor, act="plan.approved_first", revision=draft, at=at, after={"digest": draft.digest})
        return draft
    if in_force is not None:
        in_force.status, in_force.superseded_at = RevisionStatus.SUPERSEDED, at
        in_force.save(update_fields=["status", "superseded_at"])
    draft.second_approver, draft.second_approved_at, draft.status = approver, at, RevisionStatus.APPROVED
    draft.save(update_fields=["second_approver", "second_approved_at", "status"])
    record_revision(
        actor=actor,
        act="plan.approved",
        revision=draft,
        at=at,
        before={"in_force": None if in_force is None else in_force.number},
        after={"in_force": draft.number, "digest": draft.digest},
    )
    return draft


def _refuse_unsound_approval(
    *, draft: PlanRevision, in_force: PlanRevision | None, approver: User, actor: Actor, seen_digest: str
) -> None:
    what = {"number": draft.number, "plan": draft.plan.code}
    if draft.status != RevisionStatus.DRAFT:
        raise ApprovalRefused(_no_draft(draft))
    if in_force is not None and in_force.number > draft.number:
        text = say(
            "Revision %(number)d of plan %(plan)s is older than revision %(in_force)d, which is in force; draft it"
            " anew.",
            **what,
            in_force=in_force.number,
        )
        raise ApprovalRefused(text)
    if seen_digest and seen_digest != draft.digest:
        raise ApprovalRefused(
            say("Revision %(number)d of plan %(plan)s was changed after it was shown; look at it again.", **what)
        )
    if draft.author_id == approver.pk or _drafted_by(draft, approver):
        text = say(
            "Revision %(number)d of plan %(plan)s was drafted by %(who)s; two others approve it.", **what, who=approver
        )
        raise ApprovalRefused(text)
    if draft.first_approver_id == approver.pk:
        text = say(
            "Revision %(number)d of plan %(plan)s has the first approval of %(who)s; somebody else gives the second.",
            **what,
            who=approver,
        )
        raise ApprovalRefused(text)
    lines = lines_of(draft)
    if not lines or digest(lines) != draft.digest:
        text = say(
            "Revision %(number)d of plan %(plan)s does not hold the lines that were drafted; load its file again.",
            **what,
        )
        raise ApprovalRefused(text)
    first = draft.first_approver
    if first is not None and Role.CATALOGUE_OWNER not in actor.roles | Actor.person(first).roles:
        text = say(
            "Revision %(number)d of plan %(plan)s needs the approval of one catalogue owner at least, and %(who)s is"
            " none.",
            **what,
            who=first,
        )
        raise ApprovalRefused(text)


def _no_draft(revision: PlanRevision) -> Said:
    what = {"number": revision.number, "plan": revision.plan.code}
    if revision.status == RevisionStatus.APPROVED:
        return say("Revision %(number)d of plan %(plan)s is in force; draft a new revision to change it.", **what)
    return say("Revision %(number)d of plan %(plan)s was superseded; draft a new revision to change it.", **what)


def _drafted_by(draft: PlanRevision, person: User) -> bool:
    return LedgerEntry.objects.filter(
        act__in=("plan.drafted", "plan.redrafted"),
        subject_kind="plan_revision",
        subject=revision_subject(draft),
        actor_kind=ActorKind.PERSON.value,
        actor_id=person.pk,
    ).exists()
