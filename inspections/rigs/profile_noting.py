"""How a revision of a rig profile is locked, named to people, and stands in the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ..people.rules import Actor
from ..records.services import record_act
from ..saying import Said, say
from .models import ProfileRevision, RigProfile

SUBJECT: Final = "profile_revision"


def locked_revision(revision: ProfileRevision) -> ProfileRevision:
    """The revision as it stands, its profile and it locked against any other act."""
    RigProfile.objects.select_for_update(no_key=True).get(pk=revision.profile_id)
    return (
        ProfileRevision.objects.select_for_update(no_key=True, of=("self",))
        .select_related("profile", "first_approver")
        .get(pk=revision.pk)
    )


def profile_name(revision: ProfileRevision) -> Said:
    return say("Revision %(number)d of profile %(profile)s", number=revision.number, profile=revision.profile.code)


def profile_subject(revision: ProfileRevision) -> str:
    return f"{revision.profile.code}/{revision.number}"


def record_profile(actor: Actor, act: str, revision: ProfileRevision, at: datetime, **more: Any) -> None:
    record_act(actor=actor, act=act, subject_kind=SUBJECT, subject=profile_subject(revision), at=at, **more)
