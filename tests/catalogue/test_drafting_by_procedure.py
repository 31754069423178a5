"""A plan is drafted from the revision at hand, one procedure at a time, by the very checks of a plan file."""

from decimal import Decimal
from pathlib import Path

import pytest

from inspections.catalogue.drafting import LineChanges, entries_of, plan_document
from inspections.catalogue.files import read_files
from inspections.catalogue.models import ControlPlan, PlanRevision, Procedure, Requirement
from inspections.catalogue.queries import lines_of
from inspections.catalogue.schema import CATALOGUE_FORMAT, PLAN_FORMAT
from inspections.catalogue.services import (
    ApprovalRefused,
    DraftMoved,
    FilesRefused,
    draft_procedure,
    draft_revision,
    load_catalogue_documents,
    load_plan_documents,
)
from inspections.people.choices import Role
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from tests.catalogue.documents import CATALOGUE, PLAN, document
from tests.factories import AT, SYSTEM, make_person
from tests.signing import approve

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parents[2] / "inspections/catalogue/data"
NOTHING = LineChanges({}, (), ())


@pytest.fixture
def first():
    load_catalogue_documents(documents=[document(CATALOGUE)], actor=SYSTEM, at=AT)
    return draft_revision(document=document(PLAN), actor=SYSTEM, at=AT).revision


@pytest.fixture
def owner():
    return make_person(Role.CATALOGUE_OWNER)


def approve_twice(revision):
    for _ in range(2):
        approve(revision, make_person(Role.CATALOGUE_OWNER), AT)


def change(revision, person, changes, **more):
    said = {"note": revision.note, "seen_digest": revision.digest} | more
    bond = Requirement.objects.select_related("characteristic__procedure").get(revision=revision, line=1)
    return draft_procedure(
        plan=revision.plan, procedure=bond.characteristic.procedure, changes=changes, actor=Actor.person(person),
        at=AT, **said,
    )  # fmt: skip


def tighter(revision):
    bond = entries_of(revision)[0]
    return LineChanges({1: {**bond, "upper": {"value": "0.050", "strict": False}}}, (), ())


def test_a_revision_as_a_document_drafts_the_very_same_lines(first):
    again = draft_revision(
        document=plan_document(first.plan, entries_of(first), first.note), actor=SYSTEM, at=AT
    )  # fmt: skip
    assert (again.outcome, again.revision.pk) == ("unchanged", first.pk)


def test_so_do_the_plans_that_are_shipped():
    for folder, form, load in (
        ("catalogue", CATALOGUE_FORMAT, load_catalogue_documents), ("plans", PLAN_FORMAT, load_plan_documents),
    ):  # fmt: skip
        documents, problems = read_files([str(DATA / folder)], form)
        assert problems == []
        load(documents=documents, actor=SYSTEM, at=AT)
    for plan in ControlPlan.objects.all():
        revision = plan.revisions.get()
        same = draft_revision(
            document=plan_document(plan, entries_of(revision), revision.note), actor=SYSTEM, at=AT
        )  # fmt: skip
        assert (plan.code, same.outcome) == (plan.code, "unchanged")


def test_a_draft_that_nobody_approved_is_written_anew_exactly_and_stands_in_the_ledger(first, owner):
    drafted = change(first, owner, tighter(first), note="Bonding tighter")
    assert (drafted.outcome, drafted.revision.number, drafted.revision.author) == ("redrafted", 1, owner)
    bond, *others = lines_of(drafted.revision)
    assert (str(bond.upper), bond.upper_inclusive, [line.characteristic for line in others]) == (
        "0.050", True, [line.characteristic for line in lines_of(drafted.revision)][1:],
    )  # fmt: skip
    entry = LedgerEntry.objects.get(act="plan.redrafted")
    assert (entry.actor_id, entry.reason, entry.after["digest"]) == (
        owner.pk, "Bonding tighter", drafted.revision.digest,
    )  # fmt: skip


def test_from_the_one_in_force_the_next_revision_is_drafted_and_that_one_stays(first, owner):
    approve_twice(first)
    before = list(first.requirements.order_by("pk").values())
    drafted = change(first, owner, tighter(first))
    assert (drafted.outcome, drafted.revision.number, drafted.revision.status) == ("drafted", 2, "draft")
    assert list(first.requirements.order_by("pk").values()) == before
    assert PlanRevision.objects.get(pk=first.pk).status == "approved"
    assert [line.number for line in lines_of(drafted.revision)] == [1, 2, 3]


def test_with_nothing_changed_nothing_is_drafted(first, owner):
    approve_twice(first)
    assert change(first, owner, NOTHING).outcome == "unchanged"
    assert PlanRevision.objects.count() == 1


@pytest.mark.law(1)
def test_law_1_a_line_that_is_not_named_stays_and_only_a_word_takes_one_out(first, owner):
    count = first.requirements.count()
    assert change(first, owner, NOTHING).outcome == "unchanged"
    drafted = change(first, owner, LineChanges({}, {1}, ()))
    assert "BOND" not in [line.characteristic for line in lines_of(drafted.revision)]
    assert drafted.revision.requirements.count() == count - 1


@pytest.mark.law(1)
@pytest.mark.parametrize(
    "more",
    [
        {"upper": None}, {"upper": {"value": "NaN"}}, {"upper": {"value": "1e99"}}, {"upper": {"value": "0,1"}},
        {"upper": {"value": ""}}, {"expression": "conforms"}, {"uncertainty": None}, {"repeats": 1},
        {"positions": ["nowhere"]}, {"confidence": "read"}, {"level": "sometimes"}, {"market": "EU"},
    ],
)  # fmt: skip
def test_law_1_what_a_plan_file_may_not_say_may_not_be_said_here(first, owner, more):
    entry = {key: value for key, value in (entries_of(first)[0] | more).items() if value is not None}
    before = list(first.requirements.order_by("pk").values())
    with pytest.raises(FilesRefused) as refused:
        change(first, owner, LineChanges({1: entry}, (), ()))
    assert {problem.line for problem in refused.value.problems} == {1}
    assert list(first.requirements.order_by("pk").values()) == before
    assert LedgerEntry.objects.filter(act="plan.redrafted").count() == 0


def test_a_change_to_what_was_not_shown_is_refused(first, owner):
    seen = first.digest
    change(first, owner, tighter(first))
    with pytest.raises(DraftMoved, match=r"its newest revision is 1\. Look at it again"):
        change(first, owner, NOTHING, seen_digest=seen)


@pytest.mark.law(8)
def test_law_8_whoever_changed_a_line_approves_nothing_of_it(first, owner):
    second = make_person(Role.CATALOGUE_OWNER)
    drafted = change(first, owner, tighter(first)).revision
    drafted = change(drafted, second, LineChanges({}, (), ()), note="said better").revision
    for person in (owner, second):
        with pytest.raises(ApprovalRefused):
            approve(drafted, person, AT)


@pytest.mark.law(8)
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CATALOGUE_OWNER])
def test_law_8_a_catalogue_owner_alone_drafts(first, role):
    with pytest.raises(NotAllowed):
        change(first, make_person(role), tighter(first))


def test_a_new_line_stands_behind_those_of_its_procedure(first, owner):
    procedure = Procedure.objects.get(characteristics__code="BOND")
    entries = entries_of(first)
    own = set(procedure.characteristics.values_list("code", flat=True))
    made = LineChanges({}, {1}, [{"characteristic": "NEW"}]).made_to(entries, own)
    last = max(at for at, entry in enumerate(entries) if entry["characteristic"] in own)
    assert [entry["characteristic"] for entry in made] == [
        *[entry["characteristic"] for entry in entries[1 : last + 1]], "NEW",
        *[entry["characteristic"] for entry in entries[last + 1 :]],
    ]  # fmt: skip
    assert entries_of(first)[0]["uncertainty"] == f"{Decimal(0):f}"
