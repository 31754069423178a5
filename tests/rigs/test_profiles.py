"""Rig profiles: checked with every fault by its place, approved by two who did not draft, frozen, assigned."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from inspections.people.choices import Role
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from inspections.rigs.models import ProfileRevision, RigProfile
from inspections.rigs.profile_patterns import find_in, pattern_fault
from inspections.rigs.profile_queries import assigned_profiles
from inspections.rigs.profile_yaml import profile_yaml
from inspections.rigs.services import (
    ProfileNotSo,
    ProfileRefused,
    ask_profile_approval,
    assign_profile,
    create_profile,
    draft_profile,
    withdraw_profile,
)
from tests import pack_csv
from tests.factories import AT, Plant, make_person
from tests.pack_csv import CODE, OPTIONS, approved, assigned, make_pack, owner, profile_of, read
from tests.signing import approve, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def pack(standing_plant: Plant) -> Any:
    rig, _ = make_pack(standing_plant)
    create_profile(code=CODE, adapter="table", name="Pack rigs", actor=owner(), at=AT)
    return rig


def draft(actor: Actor | None = None, content: dict[str, Any] | None = None, **more: Any) -> ProfileRevision:
    document = read(content or profile_of())
    said = {"code": CODE, "adapter": "table", "name": "Pack rigs", **more}
    return draft_profile(**said, document=document, actor=actor or owner(), at=AT).revision


def problems(content: dict[str, Any]) -> list[str]:
    with pytest.raises(ProfileRefused) as refused:
        draft(content=content)
    return [str(problem) for problem in refused.value.problems]


class TestDocument:
    def test_it_comes_back_as_it_was_written(self, pack: Any) -> None:
        revision = draft()
        assert revision.document == profile_of()
        from inspections.catalogue.documents import read_documents

        (again,), faults = read_documents("again", profile_yaml(revision.document).encode())
        assert (again.content, faults) == (profile_of(), [])

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"reading": {"time_zone": "Shanghai", "options": OPTIONS}}, "found the time zone 'Shanghai'"),
            ({"reading": {"encoding": "base64", "options": OPTIONS}}, "found the encoding 'base64'"),
            ({"reading": {"encoding": "utf-99", "options": OPTIONS}}, "found the encoding 'utf-99'"),
            ({"reading": {"options": {}}}, "/test/id: found"),
            ({"reading": {"options": {**OPTIONS, "delimiter": "ab"}}}, "/delimiter: found"),
            ({"reading": {"decimal_comma": "yes", "options": OPTIONS}}, "found 'yes' for decimal_comma"),
            ({"subject": {}}, "found neither, expected either vin or component"),
            ({"subject": {"vin": {"from": "header"}}}, "expected name: the header's path"),
            ({"subject": {"vin": {"from": "file_name"}}}, "found from: file_name without a pattern"),
            ({"subject": {"vin": {"from": "file_name", "pattern": "(a+)+b"}}}, "the pattern cannot be taken"),
            ({"subject": {"component": {"kind": "pock", "serial": {"from": "serial"}}}}, "the component kind pock"),
            ({"procedure": {"code": "NO-SUCH"}}, "found the procedure NO-SUCH"),
            ({"procedure": {"by": {"from": "process_code"}}}, "expected either a fixed code, or by"),
            ({"procedure": {"code": "PACK", "codes": {"a": "PACK"}}}, "expected one of the two"),
            ({"tests": {"from": "purpose"}}, "tests lacks count"),
            ({"purpose": {"from": "purpose", "words": {"x": "again"}}}, "found 'again' for x"),
            ({"extra": 1}, "found the key 'extra'"),
            ({"items": [{"item": "Iso", "characteristic": "NO-SUCH"}]}, "the characteristic NO-SUCH"),
            ({"items": [{"item": "Iso", "characteristic": "PK-ISO", "position": "9"}]}, "found the position 9"),
            ({"items": [{"item": "Iso", "characteristic": "PK-ISO", "unit": "V"}]}, "found the unit V"),
            ({"items": [{"item": "A", "characteristic": "PK-ISO"}, {"item": "A", "characteristic": "PK-BOND"}]},
             "found the item 'A' again"),
            ({"items": [{"item": "A", "characteristic": "PK-ISO"}, {"item": "B", "characteristic": "PK-ISO"}]},
             "found PK-ISO again"),
        ],
    )  # fmt: skip
    def test_a_fault_is_named_with_its_line(self, pack: Any, changed: dict[str, Any], words: str) -> None:
        found = problems(profile_of(**changed))
        assert [problem for problem in found if words in problem]
        assert all(problem.startswith("profile:") for problem in found)
        assert not ProfileRevision.objects.exists()

    def test_every_fault_is_named_at_once(self, pack: Any) -> None:
        items = [{"item": "A", "characteristic": "X"}, {"item": "B", "characteristic": "Y"}]
        assert len(problems(profile_of(items=items, procedure={"code": "Z"}))) == 3

    @pytest.mark.parametrize("document", ["just words", [1, 2], {"items": []}, {"format": "interlock-plan/1"}])
    def test_what_is_no_profile_is_refused(self, pack: Any, document: Any) -> None:
        with pytest.raises(ProfileRefused):
            draft(content=document)


class TestPatterns:
    @pytest.mark.parametrize(
        ("pattern", "text", "found"),
        [
            ("EOL_([A-Z0-9]{17})_.*", "EOL_LXM1A2B30TA000417_7.csv", "LXM1A2B30TA000417"),
            (r"SN:\s*(\w+)", "SN: 4711", "4711"),
            (r"(\d{3})\.csv", "123.csv", "123"),
            (r"(\d{3})\.csv", "a123.csv", None),
            (".*_(.*)_.*", "a" * 255, None),
        ],
    )
    def test_a_group_holds_what_is_looked_for(self, pattern: str, text: str, found: str | None) -> None:
        assert (pattern_fault(pattern), find_in(pattern, text)) == ("", found)

    @pytest.mark.parametrize(
        "pattern",
        ["", "abc", "(a)(b)", "(a+)+", "(a|b)", "(?=a)(b)", r"(a)\1", "(a", "a)", "a*a*a*(a*)", "(" + "a" * 200 + ")",
         "(a{5,2})", "(a{999999})", "[", "([z-a])", "(?P<x>a)", "(^a$)"],
    )  # fmt: skip
    def test_what_might_run_away_or_says_nothing_is_refused(self, pattern: str) -> None:
        assert pattern_fault(pattern)


@pytest.mark.law(8)
class TestApproving:
    def test_two_others_approve_and_the_one_before_is_superseded(self, pack: Any) -> None:
        first = approved()
        second = approved(profile_of(purpose={"from": "purpose", "words": {"Erst": "initial"}}))
        first.refresh_from_db()
        assert [(row.number, row.status) for row in (first, second)] == [(1, "superseded"), (2, "approved")]
        acts = LedgerEntry.objects.filter(subject=f"{CODE}/2").order_by("pk").values_list("act", flat=True)
        assert list(acts) == ["profile.drafted", "profile.approved_first", "profile.approved"]

    def test_nobody_approves_their_own_nor_twice_nor_what_they_drafted_before(self, pack: Any) -> None:
        author, other = make_person(Role.CATALOGUE_OWNER), make_person(Role.CATALOGUE_OWNER)
        revision = draft(Actor.person(author))
        with pytest.raises(ProfileNotSo, match="two others approve"):
            approve(revision, author, AT)
        draft(Actor.person(other), profile_of(tests=None))
        with pytest.raises(ProfileNotSo, match="two others approve"):
            approve(revision, author, AT)
        third = make_person(Role.CATALOGUE_OWNER)
        approve(revision, third, AT)
        with pytest.raises(ProfileNotSo, match="somebody else gives the second"):
            approve(revision, third, AT)

    def test_one_of_them_is_an_owner_of_the_catalogue(self, pack: Any) -> None:
        revision = draft()
        approve(revision, make_person(Role.ENGINEER), AT)
        with pytest.raises(ProfileNotSo, match="one catalogue owner at least"):
            approve(revision, make_person(Role.ENGINEER), AT)

    def test_what_changed_after_it_was_shown_is_not_approved(self, pack: Any) -> None:
        revision = draft()
        seen = shown(revision, AT)
        draft(content=profile_of(tests=None))
        with pytest.raises(ProfileNotSo, match="The page showed something else"):
            approve(revision, make_person(Role.ENGINEER), AT, seen=seen)

    def test_after_one_approval_a_change_is_another_revision(self, pack: Any) -> None:
        revision = draft()
        approve(revision, make_person(Role.CATALOGUE_OWNER), AT)
        assert draft(content=profile_of(tests=None)).number == 2
        revision.refresh_from_db()
        assert (revision.number, revision.document) == (1, profile_of())

    @pytest.mark.parametrize("role", [Role.INSPECTOR, Role.RELEASE_OFFICER, Role.AUDITOR, Role.ENGINEER])
    def test_roles_are_those_of_plans(self, pack: Any, role: Role) -> None:
        revision, actor = draft(), Actor.person(make_person(role))
        acts: list[Any] = [
            lambda: create_profile(code="X", adapter="table", name="X", actor=actor, at=AT),
            lambda: draft(actor),
            lambda: ask_profile_approval(revision=revision, actor=actor, at=AT),
            lambda: assign_profile(rig=pack, profile=revision.profile, effective_at=AT, actor=actor, at=AT),
            lambda: withdraw_profile(
                rig=pack, profile=revision.profile, effective_at=AT, reason="x", actor=actor, at=AT
            ),
        ]  # fmt: skip
        if role is not Role.ENGINEER:
            acts.append(lambda: approve(revision, make_person(role), AT))
        before = LedgerEntry.objects.count()
        for act in acts:
            with pytest.raises(NotAllowed), transaction.atomic():
                act()
        assert LedgerEntry.objects.count() == before

    def test_acts_tell_who_and_what(self, pack: Any) -> None:
        actor = owner()
        revision = draft(actor)
        ask_profile_approval(revision=revision, actor=actor, at=AT)
        ask_profile_approval(revision=revision, actor=actor, at=AT + timedelta(hours=1))
        entry = LedgerEntry.objects.get(act="profile.approval_asked")
        assert (entry.actor_id, entry.subject, entry.after) == (actor.id, f"{CODE}/1", {"digest": revision.digest})
        drafted = LedgerEntry.objects.get(act="profile.drafted")
        assert (drafted.actor_id, drafted.subject_kind, drafted.after["items"]) == (actor.id, "profile_revision", 2)
        assert LedgerEntry.objects.get(act="profile.created").subject == CODE

    def test_a_code_once_and_a_reader_that_is_there(self, pack: Any) -> None:
        with pytest.raises(ProfileNotSo, match="already"):
            create_profile(code=CODE, adapter="table", name="x", actor=owner(), at=AT)
        with pytest.raises(ProfileNotSo, match="no reader"):
            create_profile(code="X", adapter="no-such", name="x", actor=owner(), at=AT)
        with pytest.raises(ProfileNotSo, match="needs a name"):
            create_profile(code="a b", adapter="table", name="x", actor=owner(), at=AT)
        with pytest.raises(ProfileNotSo, match="another reader"):
            draft(adapter="wats_json", content={"format": "interlock-profile/1", "items": []})


@pytest.mark.law(4)
@pytest.mark.parametrize(
    "statement",
    [
        "update inspections_profilerevision set document = '{}'",
        "update inspections_profilerevision set digest = 'x'",
        "update inspections_profilerevision set status = 'draft', superseded_at = null",
        "update inspections_profilerevision set number = 9",
        "update inspections_profilerevision set author_id = null",
        "update inspections_profilerevision set first_approver_id = second_approver_id",
        "insert into inspections_profilerevision (profile_id, number, status, document, digest, created_at, note)"
        " select profile_id, 7, 'approved', '{}', 'x', created_at, '' from inspections_profilerevision",
        "insert into inspections_profilerevision (profile_id, number, status, document, digest, created_at, note,"
        " first_approver_id) select profile_id, 7, 'draft', '{}', 'x', created_at, '', first_approver_id"
        " from inspections_profilerevision",
        "update inspections_rigprofile set adapter = 'wats_json'",
        "delete from inspections_profilerevision",
        "update inspections_profileassignment set assigned = false",
        "delete from inspections_profileassignment",
    ],
)
def test_an_approved_revision_changes_by_no_sql_of_the_application(pack: Any, statement: str) -> None:
    assigned(pack)
    with (
        pytest.raises(DatabaseError, match=r"frozen|draft that nobody|permission denied|written once|append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.law(8)
def test_a_draft_becomes_none_by_sql_without_two_others(pack: Any) -> None:
    revision = draft()
    tries = [
        "update inspections_profilerevision set status = 'approved'",
        "update inspections_profilerevision set first_approver_id = author_id",
        "update inspections_profilerevision set second_approver_id = author_id",
        "update inspections_profilerevision set first_approver_id = author_id, second_approver_id = author_id,"
        " first_approved_at = now(), second_approved_at = now(), status = 'approved'",
    ]
    for statement in tries:
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    revision.refresh_from_db()
    assert (revision.status, revision.first_approver_id) == ("draft", None)


class TestAssigning:
    def test_the_last_word_with_effect_by_then_counts(self, pack: Any) -> None:
        revision = assigned(pack)
        profile = revision.profile
        withdraw_profile(rig=pack, profile=profile, effective_at=AT, reason="the rig was rebuilt", actor=owner(), at=AT)
        assert assigned_profiles(rig=pack, at=AT - timedelta(hours=2)) == {"table": revision}
        assert assigned_profiles(rig=pack, at=AT) == {}
        assert assigned_profiles(rig=pack, at=AT - timedelta(days=2)) == {}
        entry = LedgerEntry.objects.get(act="rig.profile_withdrawn")
        assert (entry.subject_kind, entry.subject, entry.reason) == ("rig", pack.code, "the rig was rebuilt")

    def test_another_profile_of_the_reader_takes_its_place(self, pack: Any) -> None:
        assigned(pack)
        create_profile(code="OTHER", adapter="table", name="x", actor=owner(), at=AT)
        other = draft(code="OTHER")
        with pytest.raises(ProfileNotSo, match="No revision"):
            assign_profile(rig=pack, profile=other.profile, effective_at=AT, actor=owner(), at=AT)
        for _ in range(2):
            other = approve(other, make_person(Role.CATALOGUE_OWNER), AT)
        assign_profile(rig=pack, profile=other.profile, effective_at=AT, actor=owner(), at=AT)
        assert assigned_profiles(rig=pack, at=AT) == {"table": other}

    def test_withdrawing_says_why(self, pack: Any) -> None:
        profile = assigned(pack).profile
        with pytest.raises(ProfileNotSo, match="reason is empty"):
            withdraw_profile(rig=pack, profile=profile, effective_at=AT, reason=" ", actor=owner(), at=AT)


def test_the_plants_own_document_is_sound(pack: Any) -> None:
    assert RigProfile.objects.get().adapter == "table"
    assert draft(content=pack_csv.profile_of()).digest == draft(content=pack_csv.profile_of()).digest
