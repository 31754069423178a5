"""Signs as people do: what was shown a moment ago, as the page carries it, and the password once more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core import signing
from django.utils import timezone

from inspections.catalogue.entries import digest
from inspections.catalogue.models import ApprovedByTwo, PlanRevision
from inspections.catalogue.noting import revision_subject
from inspections.catalogue.queries import lines_of
from inspections.catalogue.services import approve_revision
from inspections.catalogue.two_approvals import approvals_of
from inspections.dispositions.models import Concession
from inspections.people.models import User
from inspections.people.rules import Actor
from inspections.records.services import record_act
from inspections.records.signing import Shown
from inspections.releases.models import Release
from inspections.rigs.models import ProfileRevision
from inspections.rigs.profile_noting import profile_subject
from inspections.rigs.profile_rules import document_digest
from inspections.rigs.services import approve_profile

PASSWORD = "a long password"

Signed = Release | Concession | ApprovedByTwo


def shown(document: Signed, at: datetime, **other: Any) -> Shown:
    """What a page shows at that moment of what is to be signed, as it stands then."""
    document.refresh_from_db(fields=["digest"] if not isinstance(document, ApprovedByTwo) else None)
    given = approvals_of(document) if isinstance(document, ApprovedByTwo) else document.signatures.count()
    return Shown(**{"digest": document.digest, "signatures": given, "at": at, **other})


def carried(document: Signed, person: User, **other: Any) -> str:
    """What the form of that person's page carries of it."""
    at = other.pop("at", None) or timezone.now()
    found = shown(document, at, **other)
    what = [person.pk, _subject(document), found.digest, found.signatures, found.at.isoformat()]
    return signing.dumps(what, salt="interlock.shown")


def _subject(document: Signed) -> str:
    if isinstance(document, Release):
        return f"release {document.number}"
    if isinstance(document, Concession):
        return f"concession {document.number}"
    return f"{'plan' if isinstance(document, PlanRevision) else 'profile'} {document.pk}"


def approve(revision: Any, approver: User, at: datetime, password: str = PASSWORD, **other: Any) -> Any:
    """One approval of a control plan or a rig profile, through its service."""
    service: Any = approve_profile if isinstance(revision, ProfileRevision) else approve_revision
    seen = other.pop("seen", None) or shown(revision, at, **other)
    return service(revision=revision, approver=approver, password=password, seen=seen, at=at)


def note_approvals(at: datetime) -> None:
    """The acts of those who approved what tests put in force as rows, as the services would have noted them."""
    for revision in PlanRevision.objects.exclude(status="draft").select_related("plan"):
        _note(revision, "plan_revision", revision_subject(revision), "plan", digest(lines_of(revision)), at)
    for profile in ProfileRevision.objects.exclude(status="draft").select_related("profile"):
        now = document_digest(profile.document)
        _note(profile, "profile_revision", profile_subject(profile), "profile", now, at)


def _note(revision: ApprovedByTwo, kind: str, subject: str, what: str, now: str, at: datetime) -> None:
    for act, person in (("approved_first", revision.first_approver), ("approved", revision.second_approver)):
        assert person
        record_act(
            actor=Actor.person(person), act=f"{what}.{act}", subject_kind=kind, subject=subject, at=at,
            after={"digest": now},
        )  # fmt: skip
