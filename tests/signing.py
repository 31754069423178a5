"""Signs as people do: what was shown a moment ago, as the page carries it, and the password once more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core import signing
from django.utils import timezone

from inspections.catalogue.models import ApprovedByTwo, PlanRevision
from inspections.catalogue.services import approve_revision
from inspections.catalogue.two_approvals import approvals_of
from inspections.dispositions.models import Concession
from inspections.people.models import User
from inspections.records.signing import Shown
from inspections.releases.models import Release
from inspections.rigs.models import ProfileRevision
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
