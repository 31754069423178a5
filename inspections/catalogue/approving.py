"""Approving a draft: two people, neither of them an author of it, each authenticated again at that moment."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from ..marks.locks import Lock, exclude
from ..people.models import User
from ..people.rules import Actor
from ..records.signing import Shown, sign_with
from ..saying import CodedRefusal, Said, say
from .choices import RevisionStatus
from .entries import digest
from .models import ControlPlan, PlanRevision
from .noting import record_revision, revision_subject
from .queries import lines_of
from .two_approvals import MAY_APPROVE, check_approval, drafters_of, give_approval

MEANING: Final = say("I have read these lines. I approve them for judging cars, and I drafted none of them.")
"""What an approval means (21 CFR 11.50), stated beside it."""


class ApprovalRefused(CodedRefusal):
    """This person may not approve this revision, or not now; says why and what to do."""


def approve_revision(
    *, revision: PlanRevision, approver: User, password: str, seen: Shown, at: datetime, request_id: str = ""
) -> PlanRevision:
    """Approve a draft. The second of two approvals puts it in force and supersedes the revision before it.

    The approvers are two people, neither an author of the draft, each a catalogue owner or an engineer and one at
    least a catalogue owner, authenticated again here and now. Another digest than that shown is refused. Takes the
    configuration's lock alone. Raises ApprovalRefused and NotAllowed; a wrong password is an act in the ledger.
    """
    Actor.person(approver).require("approve a control plan", *MAY_APPROVE)
    return sign_with(
        signer=approver, password=password, subject_kind="plan_revision", subject=revision_subject(revision), batch="",
        at=at, request_id=request_id, refuse=ApprovalRefused, four_eyes={},
        sign=lambda actor: _approve(revision=revision, approver=approver, actor=actor, seen=seen, at=at),
    )  # fmt: skip


@transaction.atomic
def _approve(*, revision: PlanRevision, approver: User, actor: Actor, seen: Shown, at: datetime) -> PlanRevision:
    plan = ControlPlan.objects.get(pk=revision.plan_id)
    exclude(Lock.CONFIGURATION, [plan.configuration_id])
    draft = PlanRevision.objects.select_for_update(no_key=True).select_related("plan").get(pk=revision.pk)
    in_force = plan.revisions.filter(status=RevisionStatus.APPROVED).first()
    drafters = drafters_of(
        acts=("plan.drafted", "plan.redrafted"), subject_kind="plan_revision", subject=revision_subject(draft)
    )
    check_approval(
        draft=draft, name=_name(draft), in_force=in_force, drafters=drafters, approver=approver, actor=actor, seen=seen,
        at=at, refuse=ApprovalRefused,
    )  # fmt: skip
    lines = lines_of(draft)
    if not lines or digest(lines) != draft.digest:
        text = say(
            "%(revision)s does not hold the lines that were drafted; load its file again.", revision=_name(draft)
        )
        raise ApprovalRefused("not_as_drafted", text)
    approved = give_approval(draft=draft, in_force=in_force, approver=approver, at=at)
    bound = {"digest": draft.digest, "meaning": MEANING.english}
    if not approved:
        record_revision(actor=actor, act="plan.approved_first", revision=draft, at=at, after=bound)
        return draft
    record_revision(
        actor=actor,
        act="plan.approved",
        revision=draft,
        at=at,
        before={"in_force": None if in_force is None else in_force.number},
        after={"in_force": draft.number, **bound},
    )
    return draft


def _name(revision: PlanRevision) -> Said:
    return say("Revision %(number)d of plan %(plan)s", number=revision.number, plan=revision.plan.code)
