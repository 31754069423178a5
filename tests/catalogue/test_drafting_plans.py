"""A plan document becomes a draft revision; a changed one the same draft or the next, never an approved one."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from inspections.catalogue.models import ControlPlan, PlanRevision, Requirement
from inspections.catalogue.services import (
    FilesRefused,
    draft_revision,
    load_catalogue_documents,
    load_plan_documents,
)
from inspections.people.choices import Role
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from tests.catalogue.documents import CATALOGUE, PLAN, document, line_of
from tests.factories import AT, SYSTEM, make_person
from tests.signing import approve

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def catalogue():
    load_catalogue_documents(documents=[document(CATALOGUE)], actor=SYSTEM, at=AT)


def draft(text=PLAN, **given):
    return draft_revision(document=document(text), actor=SYSTEM, at=AT, **given)


def approve_twice(revision):
    for _ in range(2):
        revision = approve(revision, make_person(Role.CATALOGUE_OWNER), AT)
    return revision


SECOND = """\
format: interlock-catalogue/1
configurations:
  - {code: B, model: SU7, trim: b, market: CN, pack_supplier: p}
"""
CHANGED = PLAN.replace("720.5", "721")


def test_lines_are_stored_as_written_with_every_default():
    drafted = draft()
    assert (drafted.outcome, drafted.revision.number, drafted.revision.status, drafted.revision.note) == (
        "drafted", 1, "draft", "First",
    )  # fmt: skip
    bond, ocv, software = Requirement.objects.order_by("line")
    assert (bond.line, bond.characteristic.code, bond.positions) == (1, "BOND", ["charge-port", "pack"])
    assert (str(bond.upper), bond.upper_inclusive, bond.uncertainty, bond.legal) == ("0.10", False, Decimal(0), True)
    assert (bond.special, bond.standard, bond.confidence, bond.market) == ("CC", "UN R100", "read", "CN")
    assert (ocv.lower, ocv.upper, ocv.upper_inclusive, ocv.repeats, ocv.unit) == (
        Decimal(690), Decimal("720.5"), True, 1, "V",
    )  # fmt: skip
    assert (software.expression, software.values) == ("one_of", ["4.2.1", "4.2.2"])


def test_the_same_file_again_changes_nothing():
    first = draft()
    again = draft()
    assert (again.outcome, again.revision.pk) == ("unchanged", first.revision.pk)
    assert LedgerEntry.objects.filter(act__startswith="plan.").count() == 1


def test_a_changed_file_rewrites_a_draft_that_nobody_approved():
    first = draft().revision
    again = draft(CHANGED)
    assert (again.outcome, again.revision.pk, again.revision.number) == ("redrafted", first.pk, 1)
    assert again.revision.digest != first.digest
    assert Requirement.objects.get(line=2).upper == Decimal(721)
    assert Requirement.objects.count() == 3


def test_a_changed_file_is_a_new_revision_once_somebody_approved():
    first = draft().revision
    approve(first, make_person(Role.ENGINEER), AT)
    again = draft(CHANGED)
    assert (again.outcome, again.revision.number) == ("drafted", 2)
    assert first.requirements.get(line=2).upper == Decimal("720.5")


def test_a_changed_file_never_touches_the_revision_in_force():
    first = approve_twice(draft().revision)
    again = draft(CHANGED)
    assert (again.outcome, again.revision.number, again.revision.status) == ("drafted", 2, "draft")
    first.refresh_from_db()
    assert (first.status, first.digest == again.revision.digest) == ("approved", False)
    assert draft().outcome == "redrafted"  # back to what is in force: still a revision of its own, to be approved


def test_only_the_note_of_an_approved_revision_changed_is_no_change():
    approve_twice(draft().revision)
    assert draft(PLAN.replace("note: First", "note: Other")).outcome == "unchanged"
    assert PlanRevision.objects.get().note == "First"


def test_a_later_edit_of_the_catalogue_reaches_no_line():
    revision = approve_twice(draft().revision)
    edited = CATALOGUE.replace("special: CC\n", "special: SC\n").replace("port, pack]", "port, pack, roof]")
    load_catalogue_documents(documents=[document(edited)], actor=SYSTEM, at=AT)
    bond = revision.requirements.get(line=1)
    assert (bond.special, bond.positions) == ("CC", ["charge-port", "pack"])


def test_every_error_is_listed_with_its_line_and_nothing_is_drafted():
    broken = PLAN.replace("    uncertainty: 0\n", "").replace("lower: 690", "lower: 990").replace("SW,", "XYZ,")
    with pytest.raises(FilesRefused) as refused:
        draft(broken)
    assert [problem.line for problem in refused.value.problems] == [
        line_of(broken, "BOND"), line_of(broken, "OCV"), line_of(broken, "XYZ"),
    ]  # fmt: skip
    assert not ControlPlan.objects.exists()


def test_an_unknown_configuration_is_refused():
    with pytest.raises(
        FilesRefused, match=r"plan\.yaml:2: found the configuration YU7, which the catalogue does not know"
    ):
        draft(PLAN.replace("configuration: SU7-MAX-CN", "configuration: YU7"))


def test_a_configuration_has_one_plan_and_a_plan_one_configuration():
    draft()
    with pytest.raises(FilesRefused, match="found the plan OTHER, but SU7-MAX-CN has the plan SU7-MAX-CN"):
        draft(PLAN.replace("code: SU7-MAX-CN", "code: OTHER"))
    load_catalogue_documents(documents=[document(SECOND)], actor=SYSTEM, at=AT)
    with pytest.raises(FilesRefused, match="found the plan SU7-MAX-CN, which is that of SU7-MAX-CN"):
        draft(PLAN.replace("configuration: SU7-MAX-CN", "configuration: B"))


def test_one_bad_plan_of_several_drafts_none():
    load_catalogue_documents(documents=[document(SECOND)], actor=SYSTEM, at=AT)
    bad = PLAN.replace("SU7-MAX-CN", "B").replace("lower: 690", "lower: 990")
    with pytest.raises(FilesRefused) as refused:
        load_plan_documents(documents=[document(PLAN, "a.yaml"), document(bad, "b.yaml")], actor=SYSTEM, at=AT)
    assert [problem.file for problem in refused.value.problems] == ["b.yaml"]
    assert not PlanRevision.objects.exists()


def test_only_a_catalogue_owner_or_the_system_drafts():
    with pytest.raises(NotAllowed):
        draft_revision(document=document(PLAN), actor=Actor.person(make_person(Role.ENGINEER)), at=AT)
    owner = make_person(Role.CATALOGUE_OWNER)
    drafted = draft_revision(document=document(PLAN), actor=Actor.person(owner), at=AT)
    assert drafted.revision.author == owner


def test_the_database_refuses_free_repeats_of_critical_lines():
    revision = draft().revision
    line = revision.requirements.get(line=1)
    with pytest.raises(IntegrityError, match="requirement_legal_has_no_free_repeats"), transaction.atomic():
        Requirement.objects.filter(pk=line.pk).update(legal=False, repeats=1)


@pytest.mark.law(3)
@pytest.mark.parametrize(
    "statement",
    [
        "update inspections_requirement set upper = 9 where revision_id = %s",
        "delete from inspections_requirement where revision_id = %s",
        "insert into inspections_requirement select * from inspections_requirement where revision_id = %s",
        "update inspections_planrevision set digest = '' where id = %s",
        "update inspections_planrevision set first_approved_at = now() where id = %s",
        "delete from inspections_planrevision where id = %s",
    ],
)
@pytest.mark.parametrize("approvals", [1, 2])
def test_raw_sql_of_the_application_cannot_change_what_was_approved(statement, approvals):
    revision = draft().revision
    for _ in range(approvals):
        revision = approve(revision, make_person(Role.CATALOGUE_OWNER), AT)
    refusal = pytest.raises(DatabaseError, match=r"interlock: |permission denied")
    with refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [revision.pk])
    assert Requirement.objects.filter(revision=revision).count() == 3
