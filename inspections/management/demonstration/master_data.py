"""The demo's master data: the shipped catalogue and plans, approved by two of the demo's people."""

from __future__ import annotations

from datetime import datetime

from ...catalogue.choices import RevisionStatus
from ...catalogue.documents import Document
from ...catalogue.files import SHIPPED, read_files
from ...catalogue.models import PlanRevision
from ...catalogue.schema import CATALOGUE_FORMAT, PLAN_FORMAT
from ...catalogue.services import (
    FilesRefused,
    approve_revision,
    load_catalogue_documents,
    load_plan_documents,
)
from ...catalogue.two_approvals import approvals_of
from ...people.models import User
from ...people.rules import Actor
from ...records.signing import Shown
from .accounts import PASSWORD

APPROVERS = ("owner", "owner2")


def load_shipped(at: datetime) -> list[PlanRevision]:
    """Load the shipped files as they are now and approve what is new in them. Returns the shipped plans' revisions.

    A plan of which a person drafted a revision is theirs from then on: its file is left alone.

    Raises FilesRefused, and ApprovalRefused where one of the approvers has changed the plan.
    """
    load_catalogue_documents(documents=_documents(CATALOGUE_FORMAT), actor=Actor.system(), at=at)
    taken_over = set(PlanRevision.objects.filter(author__isnull=False).values_list("plan__code", flat=True))
    shipped = [document for document in _documents(PLAN_FORMAT) if document.content["plan"]["code"] not in taken_over]
    drafted = load_plan_documents(documents=shipped, actor=Actor.system(), at=at)
    revisions = []
    for plan in drafted:
        revision = plan.revision
        for username in APPROVERS:
            if revision.status != RevisionStatus.DRAFT:
                break
            approver = User.objects.get(username=username)
            if revision.first_approver_id != approver.pk:
                seen = Shown(revision.digest, approvals_of(revision), at)
                revision = approve_revision(revision=revision, approver=approver, password=PASSWORD, seen=seen, at=at)
        revisions.append(revision)
    return revisions


def _documents(wanted: str) -> list[Document]:
    documents, problems = read_files([str(SHIPPED)], wanted)
    if problems:
        raise FilesRefused(problems)
    return documents
