"""Approving a rig profile: two people, neither an author of the draft, each authenticated again at that moment."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ..catalogue.choices import RevisionStatus
from ..catalogue.documents import Document
from ..catalogue.two_approvals import MAY_APPROVE, check_approval, drafters_of, give_approval
from ..marks.acts import one_act
from ..people.models import User
from ..people.rules import Actor
from ..records.signing import Shown, sign_with
from ..saying import CodedRefusal, say
from .models import ProfileRevision
from .profile_noting import SUBJECT, locked_revision, profile_name, profile_subject, record_profile
from .profile_rules import document_digest
from .profiles import ProfileNotSo, ProfileRefused, document_problems

MEANING: Final = say("I have read this profile. I approve it for reading files of rigs, and I drafted none of it.")
"""What an approval means (21 CFR 11.50), stated beside it."""


class ProfileNotApproved(CodedRefusal, ProfileNotSo):
    """This person may not approve this revision, or not now; says why and what to do."""


def approve_profile(
    *, revision: ProfileRevision, approver: User, password: str, seen: Shown, at: datetime, request_id: str = ""
) -> ProfileRevision:
    """Approve a draft. The second of two approvals puts it in force and supersedes the revision before it.

    The approvers are two people, neither an author of the draft, each a catalogue owner or an engineer and one at
    least a catalogue owner, authenticated again here and now. Another digest than that shown is refused. Raises
    ProfileNotApproved, ProfileRefused where it no longer fits the catalogue, and NotAllowed; a wrong password is an
    act in the ledger.
    """
    Actor.person(approver).require("approve a rig profile", *MAY_APPROVE)
    return sign_with(
        signer=approver, password=password, subject_kind=SUBJECT, subject=profile_subject(revision), batch="", at=at,
        request_id=request_id, refuse=ProfileNotApproved, four_eyes={},
        sign=lambda actor: _approve(revision=revision, approver=approver, actor=actor, seen=seen, at=at),
    )  # fmt: skip


@one_act
def _approve(*, revision: ProfileRevision, approver: User, actor: Actor, seen: Shown, at: datetime) -> ProfileRevision:
    draft = locked_revision(revision)
    in_force = draft.profile.revisions.filter(status=RevisionStatus.APPROVED).first()
    drafters = drafters_of(
        acts=("profile.drafted", "profile.redrafted"), subject_kind=SUBJECT, subject=profile_subject(draft)
    )
    check_approval(
        draft=draft, name=profile_name(draft), in_force=in_force, drafters=drafters, approver=approver, actor=actor,
        seen=seen, at=at, refuse=ProfileNotApproved,
    )  # fmt: skip
    if document_digest(draft.document) != draft.digest:
        text = say("%(revision)s does not hold what was drafted; draft it again.", revision=profile_name(draft))
        raise ProfileNotApproved("not_as_drafted", text)
    if problems := document_problems(Document(draft.profile.code, draft.document, {}), draft.profile.adapter):
        raise ProfileRefused(problems)
    approved = give_approval(draft=draft, in_force=in_force, approver=approver, at=at)
    bound = {"digest": draft.digest, "meaning": MEANING.english}
    if not approved:
        record_profile(actor, "profile.approved_first", draft, at, after=bound)
        return draft
    before = {"in_force": None if in_force is None else in_force.number}
    record_profile(actor, "profile.approved", draft, at, before=before, after={"in_force": draft.number, **bound})
    return draft
