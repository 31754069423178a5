"""Reads of rig profiles: which revision reads a file of a rig."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from django.db.models import QuerySet

from ..catalogue.choices import RevisionStatus
from .models import ProfileAssignment, ProfileRevision, Rig, RigProfile


def assigned_profiles(*, rig: Rig, at: datetime) -> dict[str, ProfileRevision | None]:
    """By adapter: the revision in force now of the profile by which the rig's files that arrived at a moment are read.

    None where a profile is assigned that has none in force. Two queries.
    """
    return profiles_over_time(rig=rig)(at)


def profiles_over_time(*, rig: Rig) -> Callable[[datetime], dict[str, ProfileRevision | None]]:
    """`assigned_profiles` of a rig for files that arrived at whatever moment. Two queries in all."""
    rows = list(_assignments(rig))
    revisions = _in_force({row.profile_id for row in rows})

    def at(moment: datetime) -> dict[str, ProfileRevision | None]:
        wanted = _last([row for row in rows if row.effective_at <= moment])
        return {adapter: revisions.get(profile.pk) for adapter, profile in wanted.items()}

    return at


def profiles_of(*, rig: Rig, at: datetime) -> list[tuple[str, RigProfile, int | None]]:
    """By which profiles the files of a rig are read: adapter, profile, and the number in force. Two queries."""
    wanted = _assigned(rig, at)
    numbers = dict(
        ProfileRevision.objects.filter(profile__in=wanted.values(), status=RevisionStatus.APPROVED).values_list(
            "profile_id", "number"
        )
    )
    return [(adapter, profile, numbers.get(profile.pk)) for adapter, profile in sorted(wanted.items())]


def _in_force(profiles: Collection[int]) -> dict[int, ProfileRevision]:
    rows = ProfileRevision.objects.select_related("profile").filter(
        profile__in=profiles, status=RevisionStatus.APPROVED
    )
    return {revision.profile_id: revision for revision in rows}


def _assignments(rig: Rig) -> QuerySet[ProfileAssignment]:
    return ProfileAssignment.objects.filter(rig=rig).select_related("profile").order_by("effective_at", "pk")


def _assigned(rig: Rig, at: datetime) -> dict[str, RigProfile]:
    return _last(_assignments(rig).filter(effective_at__lte=at))


def _last(rows: Iterable[ProfileAssignment]) -> dict[str, RigProfile]:
    last = {row.profile.adapter: row for row in rows}
    return {adapter: row.profile for adapter, row in last.items() if row.assigned}
