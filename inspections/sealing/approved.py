"""Checks what cars are judged against: the lines of each plan, and how files are read, are what two people approved.

Their rows move on (draft, in force, superseded) and are no leaves; what was approved is: each approval is an act of the
ledger that names the digest, and that act is sealed. Reads alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..catalogue.choices import RevisionStatus
from ..catalogue.entries import digest
from ..catalogue.models import ApprovedByTwo, PlanRevision
from ..catalogue.noting import revision_subject
from ..catalogue.queries import lines_of
from ..records.models import LedgerEntry
from ..rigs.models import ProfileRevision
from ..rigs.profile_noting import SUBJECT, profile_subject
from ..rigs.profile_rules import document_digest
from .verifying import Finding


def unlike_what_was_approved(checkpoint: int) -> Iterator[Finding]:
    """A finding for each revision in force, or once in force, that is not what both its approvals name."""
    plans = PlanRevision.objects.exclude(status=RevisionStatus.DRAFT).select_related("plan").order_by("pk")
    for plan in plans.iterator(100):
        yield from _faults("planrevision", plan, "plan", revision_subject(plan), digest(lines_of(plan)), checkpoint)
    profiles = ProfileRevision.objects.exclude(status=RevisionStatus.DRAFT).select_related("profile").order_by("pk")
    for profile in profiles.iterator(100):
        now = document_digest(profile.document)
        yield from _faults("profilerevision", profile, "profile", profile_subject(profile), now, checkpoint)


def _faults(
    table: str, revision: ApprovedByTwo, what: str, subject: str, now: str, checkpoint: int
) -> Iterator[Finding]:
    kind = SUBJECT if what == "profile" else "plan_revision"
    acts = LedgerEntry.objects.filter(subject_kind=kind, subject=subject).order_by("id")
    given = {act: acts.filter(act=f"{what}.{act}").last() for act in ("approved_first", "approved")}
    people = {"approved_first": revision.first_approver_id, "approved": revision.second_approver_id}
    for act, entry in given.items():
        if entry is None or entry.actor_id != people[act]:
            text = f"{what} {subject} is said to be approved by account {people[act]}, and no act of theirs says so"
            yield Finding(text, checkpoint, table, revision.pk)
        elif (entry.after or {}).get("digest") != now:
            text = (
                f"{what} {subject} is not what was approved with act {entry.pk} ({entry.actor}, {entry.at}): it was"
                " changed since"
            )
            yield Finding(text, checkpoint, table, revision.pk)
