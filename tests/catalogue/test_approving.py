"""Two people put a revision in force: neither its author, one a catalogue owner; the database holds them to it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from inspections.catalogue.models import PlanRevision, Requirement
from inspections.catalogue.queries import revision_in_force
from inspections.catalogue.services import (
    ApprovalRefused,
    draft_revision,
    load_catalogue_documents,
)
from inspections.people.choices import Role
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from tests import signing
from tests.catalogue.documents import CATALOGUE, PLAN, document
from tests.factories import AT, SYSTEM, make_person

pytestmark = pytest.mark.django_db

CHANGED = PLAN.replace("720.5", "721")


@pytest.fixture(autouse=True)
def catalogue():
    load_catalogue_documents(documents=[document(CATALOGUE)], actor=SYSTEM, at=AT)


@pytest.fixture
def owner():
    return make_person(Role.CATALOGUE_OWNER)


@pytest.fixture
def engineer():
    return make_person(Role.ENGINEER)


def draft(text=PLAN, author=None):
    actor = SYSTEM if author is None else Actor.person(author)
    return draft_revision(document=document(text), actor=actor, at=AT, author=author).revision


def approve(revision, person, at=AT, **other):
    return signing.approve(revision, person, at, **other)


def test_the_second_approval_puts_it_in_force(owner, engineer):
    revision = draft()
    first = approve(revision, engineer)
    assert (first.status, first.first_approver, revision_in_force(revision.plan.configuration, AT)) == (
        "draft",
        engineer,
        None,
    )
    second = approve(revision, owner, AT + timedelta(hours=1))
    assert (second.status, second.second_approver, second.second_approved_at) == (
        "approved",
        owner,
        AT + timedelta(hours=1),
    )


def test_a_new_revision_supersedes_the_one_before_and_both_are_found_by_date(owner, engineer):
    old = approve(approve(draft(), engineer), owner)
    new = draft(CHANGED)
    later = AT + timedelta(days=1)
    approve(approve(new, engineer, later), owner, later)
    old.refresh_from_db()
    assert (old.status, old.superseded_at) == ("superseded", later)
    configuration = old.plan.configuration
    moments = [AT - timedelta(seconds=1), AT, later - timedelta(seconds=1), later]
    found = [revision_in_force(configuration.pk, moment) for moment in moments]
    assert [revision and revision.number for revision in found] == [None, 1, 1, 2]


@pytest.mark.law(8)
def test_the_author_does_not_approve(owner, engineer):
    revision = draft(author=owner)
    with pytest.raises(ApprovalRefused, match=f"was drafted by {owner}; two others approve it"):
        approve(revision, owner)
    with pytest.raises(IntegrityError, match="revision_author_does_not_approve"), transaction.atomic():
        PlanRevision.objects.filter(pk=revision.pk).update(first_approver=owner, first_approved_at=AT)


def test_whoever_drafted_an_earlier_state_of_the_draft_does_not_approve_either(owner, engineer):
    other = make_person(Role.CATALOGUE_OWNER)
    draft(author=owner)
    revision = draft(CHANGED, author=other)
    for author in (owner, other):
        with pytest.raises(ApprovalRefused, match="was drafted by"):
            approve(revision, author)


@pytest.mark.law(8)
def test_one_person_does_not_approve_twice(owner):
    revision = approve(draft(), owner)
    with pytest.raises(ApprovalRefused, match=r"has the first approval of .*; somebody else gives the second"):
        approve(revision, owner)
    with pytest.raises(IntegrityError, match="revision_four_eyes"), transaction.atomic():
        PlanRevision.objects.filter(pk=revision.pk).update(
            second_approver=owner, second_approved_at=AT, status="approved"
        )


def test_the_database_approves_nothing_by_one_alone(owner):
    revision = approve(draft(), owner)
    with pytest.raises(IntegrityError, match="revision_approved_by_two"), transaction.atomic():
        PlanRevision.objects.filter(pk=revision.pk).update(status="approved")


def test_one_of_the_two_is_a_catalogue_owner(engineer, owner):
    revision = approve(draft(), engineer)
    with pytest.raises(ApprovalRefused, match="needs the approval of one catalogue owner at least"):
        approve(revision, make_person(Role.ENGINEER))
    assert approve(revision, owner).status == "approved"


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.RELEASE_OFFICER, Role.AUDITOR])
def test_nobody_else_approves(role):
    with pytest.raises(NotAllowed):
        approve(draft(), make_person(role))


def test_who_left_does_not_approve(owner):
    owner.is_active = False
    owner.save()
    with pytest.raises(NotAllowed):
        approve(draft(), owner)


def test_what_was_changed_after_it_was_shown_is_not_approved(owner):
    seen = draft().digest
    revision = draft(CHANGED)
    with pytest.raises(ApprovalRefused, match="The page showed something else"):
        approve(revision, owner, digest=seen)
    assert approve(revision, owner, digest=revision.digest).first_approver == owner


def test_lines_changed_behind_the_service_are_not_approved(owner):
    revision = draft()
    Requirement.objects.filter(revision=revision, line=2).update(upper=9999)
    with pytest.raises(ApprovalRefused, match="does not hold the lines that were drafted; load its file again"):
        approve(revision, owner)


def test_an_older_draft_does_not_follow_a_newer_revision(owner, engineer):
    old = approve(draft(), engineer)
    new = draft(CHANGED)
    approve(approve(new, engineer), owner)
    with pytest.raises(ApprovalRefused, match="is older than revision 2, which is in force"):
        approve(old, owner)


def test_what_is_in_force_is_not_approved_again(owner, engineer):
    revision = approve(approve(draft(), engineer), owner)
    with pytest.raises(ApprovalRefused, match="is in force; draft a new revision"):
        approve(revision, make_person(Role.CATALOGUE_OWNER))


def test_each_approval_is_on_the_ledger(owner, engineer):
    approve(approve(draft(), engineer), owner)
    entries = LedgerEntry.objects.filter(subject="SU7-MAX-CN/1").order_by("id")
    assert [(entry.act, entry.actor_id) for entry in entries] == [
        ("plan.drafted", None), ("plan.approved_first", engineer.pk), ("plan.approved", owner.pk),
    ]  # fmt: skip
