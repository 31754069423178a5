"""Reads of rig profiles: which revision reads a file of a rig."""

from __future__ import annotations

from datetime import datetime

from ..catalogue.choices import RevisionStatus
from .models import ProfileAssignment, ProfileRevision, Rig, RigProfile


def assigned_profiles(*, rig: Rig, at: datetime) -> dict[str, ProfileRevision | None]:
    """By adapter: the revision in force now of the profile by which the rig's files that arrived at a moment are read.

    None where a profile is assigned that has none in force. Two queries.
    """
    wanted = _assigned(rig, at)
    revisions = {
        revision.profile_id: revision
        for revision in ProfileRevision.objects.select_related("profile").filter(
            profile__in=wanted.values(), status=RevisionStatus.APPROVED
        )
    }
    return {adapter: revisions.get(profile.pk) for adapter, profile in wanted.items()}


def profiles_of(*, rig: Rig, at: datetime) -> list[tuple[str, RigProfile, int | None]]:
    """By which profiles the files of a rig are read: adapter, profile, and the number in force. Two queries."""
    wanted = _assigned(rig, at)
    numbers = dict(
        ProfileRevision.objects.filter(profile__in=wanted.values(), status=RevisionStatus.APPROVED).values_list(
            "profile_id", "number"
        )
    )
    return [(adapter, profile, numbers.get(profile.pk)) for adapter, profile in sorted(wanted.items())]


def _assigned(rig: Rig, at: datetime) -> dict[str, RigProfile]:
    rows = (
        ProfileAssignment.objects.filter(rig=rig, effective_at__lte=at)
        .select_related("profile")
        .order_by("effective_at", "pk")
    )
    last = {row.profile.adapter: row for row in rows}
    return {adapter: row.profile for adapter, row in last.items() if row.assigned}
