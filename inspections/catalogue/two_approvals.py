"""What the approvals of control plans and rig profiles have in common: two people, neither an author of the draft."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from ..people.choices import Role
from ..people.models import User
from ..people.rules import Actor, ActorKind
from ..records.models import LedgerEntry
from ..records.signing import Refuse, Shown, check_shown
from ..saying import Said, say
from .choices import RevisionStatus
from .models import ApprovedByTwo

MAY_APPROVE = (Role.CATALOGUE_OWNER, Role.ENGINEER)


def check_approval(
    *, draft: ApprovedByTwo, name: Said, in_force: ApprovedByTwo | None, drafters: Collection[int], approver: User,
    actor: Actor, seen: Shown, at: datetime, refuse: Refuse,
) -> None:  # fmt: skip
    """Refuse an approval of what is no draft, is overtaken, was not what was shown, or by one who may not give it.

    `name` says which revision it is; `drafters` are the accounts that wrote it.
    """
    if draft.status != RevisionStatus.DRAFT:
        raise refuse("no_draft", no_draft(draft, name))
    if in_force is not None and in_force.number > draft.number:
        text = say(
            "%(revision)s is older than revision %(in_force)d, which is in force; draft it anew.",
            revision=name,
            in_force=in_force.number,
        )
        raise refuse("overtaken", text)
    if approver.pk in drafters or draft.author_id == approver.pk:
        text = say("%(revision)s was drafted by %(who)s; two others approve it.", revision=name, who=approver)
        raise refuse("four_eyes", text)
    first = draft.first_approver
    if first is not None and first.pk == approver.pk:
        text = say(
            "%(revision)s has the first approval of %(who)s; somebody else gives the second.",
            revision=name,
            who=approver,
        )
        raise refuse("four_eyes", text)
    check_shown(seen=seen, digest=draft.digest, signatures=approvals_of(draft), at=at, refuse=refuse)
    if first is not None and Role.CATALOGUE_OWNER not in actor.roles | Actor.person(first).roles:
        text = say(
            "%(revision)s needs the approval of one catalogue owner at least, and %(who)s is none.",
            revision=name,
            who=first,
        )
        raise refuse("owner_needed", text)


def approvals_of(revision: ApprovedByTwo) -> int:
    """How many people have approved it."""
    return sum(1 for number in (revision.first_approver_id, revision.second_approver_id) if number is not None)


def no_draft(revision: ApprovedByTwo, name: Said) -> Said:
    """What is told of a revision that is wanted as a draft and is none."""
    if revision.status == RevisionStatus.APPROVED:
        return say("%(revision)s is in force; draft a new revision to change it.", revision=name)
    return say("%(revision)s was superseded; draft a new revision to change it.", revision=name)


def drafters_of(*, acts: Collection[str], subject_kind: str, subject: str) -> set[int]:
    """The accounts of the people who wrote a draft, by the ledger: whoever wrote it anew is its author too."""
    rows = LedgerEntry.objects.filter(
        act__in=acts, subject_kind=subject_kind, subject=subject, actor_kind=ActorKind.PERSON.value
    )
    return {number for number in rows.values_list("actor_id", flat=True) if number is not None}


def give_approval(*, draft: ApprovedByTwo, in_force: ApprovedByTwo | None, approver: User, at: datetime) -> bool:
    """Write the approval down. The second puts the draft in force, and the revision before it out; True then."""
    if draft.first_approver_id is None:
        draft.first_approver, draft.first_approved_at = approver, at
        draft.save(update_fields=["first_approver", "first_approved_at"])
        return False
    if in_force is not None:
        in_force.status, in_force.superseded_at = RevisionStatus.SUPERSEDED, at
        in_force.save(update_fields=["status", "superseded_at"])
    draft.second_approver, draft.second_approved_at, draft.status = approver, at, RevisionStatus.APPROVED
    draft.save(update_fields=["second_approver", "second_approved_at", "status"])
    return True
