import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.catalogue.entries import digest
from inspections.catalogue.models import PlanRevision
from inspections.catalogue.queries import lines_of
from inspections.people.choices import Role
from tests import factories
from tests.signing import PASSWORD, carried


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def draft(plant):
    """A draft after the plant's revision: bonding tighter, squib taken out, insulation asked of samples too."""
    lines = [dict(line) for line in factories.LINES if line["characteristic"] != "SQUIB"]
    lines[0] |= {"upper": Decimal("0.05"), "upper_inclusive": True}
    sampled = {"lower": Decimal(600), "level": "sample", "basis": "per_batch", "sample_size": 3}
    lines.append({"characteristic": "ISO", "positions": [], **sampled})
    revision = factories.make_revision(plant.configuration, lines, approved=False)
    revision.digest = digest(lines_of(revision))
    revision.save(update_fields=["digest"])
    return revision


def approve(client, revision, seen=None):
    sent = {"shown": carried(revision, client.person) if seen is None else seen, "password": PASSWORD}
    return client.post(f"/plans/{revision.plan.code}/{revision.number}/approve/", sent)


def state(revision):
    found = PlanRevision.objects.get(pk=revision.pk)
    return found.status, found.first_approver, found.second_approver


def test_the_list_says_what_is_in_force_and_what_waits(plant, draft, inspector):
    response = inspector.get("/plans/")
    rows = [(row["plan"].code, row["in_force"].number, row["draft"].number) for row in response.context["rows"]]
    assert rows == [("CP-SU7-MAX-CN", 1, 2)]
    assert "1 control plan waits for approval" in words(response)


def test_each_line_is_said_in_words_with_strictness_class_and_who_says_so(plant, inspector):
    response = inspector.get("/plans/CP-SU7-MAX-CN/1/")
    battery = response.context["groups"][0]["procedures"][0]["lines"]
    assert [(line.code, line.positions, line.required, line.limit_itself) for line in battery] == [
        ("BOND", ("charge-port", "pack"), "less than 0.1 Ω", "The limit itself fails."),
        ("ISO", (), "at least 500 Ω/V", "The limit itself passes."),
        ("HVIL", (), "conforms", ""),
    ]
    assert [(line.classes, line.marks) for line in battery] == [
        (("CC, critical", "legal"), ("uncertainty 0 Ω",)),
        (("legal",), ("uncertainty 0 Ω/V",)),
        ((), ()),
    ]
    assert {(line.level, line.confidence) for line in battery} == {("every car", "plant default, not law")}
    assert "7 are plant defaults, not law" in words(response)


def test_a_revision_says_what_it_changed_of_the_one_before(plant, draft, inspector):
    response = inspector.get("/plans/CP-SU7-MAX-CN/")
    changes = [
        (
            change.line.code,
            change.before and change.before.required,
            change.after and change.after.required,
            change.parts,
        )
        for change in response.context["changes"]
    ]
    assert changes == [
        ("BOND", "less than 0.1 Ω", "at most 0.05 Ω", (("Required", "less than 0.1 Ω", "at most 0.05 Ω"),)),
        ("SQUIB", "between 1.5 Ω and 3.0 Ω", None, ()),
        ("ISO", None, "at least 600 Ω/V", ()),
    ]


def compared(response):
    return [
        (change.line.code, change.word, change.said_parts)
        for group in response.context["groups"]
        for change in group["changes"]
    ]


def test_two_revisions_stand_side_by_side_with_each_part_from_and_to(plant, draft, inspector):
    response = inspector.get("/plans/CP-SU7-MAX-CN/compare/?from=1&to=2")
    changes = compared(response)
    assert [(code, word) for code, word, _parts in changes] == [
        ("BOND", "Changed"), ("ISO", "Added"), ("SQUIB", "Taken out"),
    ]  # fmt: skip
    assert changes[0][2] == (("Required", "less than 0.1 Ω", "at most 0.05 Ω"),)
    assert changes[1][2][0] == ("Required", "", "at least 600 Ω/V")
    assert changes[2][2][0] == ("Required", "between 1.5 Ω and 3.0 Ω", "")
    said = words(response)
    assert "Revision 2 asks otherwise than revision 1 in 3 lines" in said
    assert "1 added , 1 taken out , 1 changed , 5 as before" in said


def test_what_stayed_is_shown_when_asked_for(plant, draft, inspector):
    every = compared(inspector.get("/plans/CP-SU7-MAX-CN/compare/?lines=all"))
    stayed = [code for code, word, _parts in every if word == "As before"]
    assert sorted(stayed) == ["ADAS-SW", "BRAKE", "DTC", "HVIL", "ISO"]


def test_a_comparison_says_who_approved_each_and_what_batches_are_judged_on_it(plant, draft, inspector):
    sides = inspector.get("/plans/CP-SU7-MAX-CN/compare/").context["sides"]
    assert [
        (side["revision"].number, side["word"], side["batches"], side["named"], side["more"]) for side in sides
    ] == [(1, "in force", 1, [plant.batch.number], 0), (2, "draft", 0, [], 0)]
    said = words(inspector.get("/plans/CP-SU7-MAX-CN/compare/"))
    assert (str(plant.revision.first_approver) in said, str(plant.revision.second_approver) in said) == (True, True)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [("", (1, 2)), ("from=1", (1, 2)), ("to=1", (1, 2)), ("from=2&to=1", (1, 2)), ("from=2&to=2", (None, 2))],
)
def test_the_two_are_chosen_and_the_earlier_stands_first(plant, draft, inspector, query, numbers):
    context = inspector.get(f"/plans/CP-SU7-MAX-CN/compare/?{query}").context
    assert (context["before"] and context["before"].number, context["after"].number) == numbers


@pytest.mark.parametrize("query", ["from=9", "from=x&to=2", "to=1%00", "from=" + "9" * 40])
def test_a_revision_that_is_none_is_not_compared(plant, draft, inspector, query):
    assert inspector.get(f"/plans/CP-SU7-MAX-CN/compare/?{query}").status_code == 404


def test_a_comparison_is_a_file_too_with_one_row_for_each_part(plant, draft, inspector):
    answer = inspector.get("/plans/CP-SU7-MAX-CN/compare/?from=1&to=2&export=differences.csv")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    bond = [line for line in lines if ",BOND," in line]
    assert bond == [
        "1,battery,battery,BAT-EOL,BAT-EOL,BOND,BOND,Changed,changed,Required,less than 0.1 Ω,at most 0.05 Ω"
    ]


def test_two_people_approve_and_neither_the_first_twice(plant, draft, sign_in):
    first, second = sign_in(Role.CATALOGUE_OWNER), sign_in(Role.ENGINEER)
    assert approve(first, draft).status_code == 302
    assert state(draft) == ("draft", first.person, None)
    again = approve(first, draft)
    assert (again.status_code, state(draft)) == (403, ("draft", first.person, None))
    assert "somebody else gives the second" in words(again)
    assert approve(second, draft).status_code == 302
    assert state(draft) == ("approved", first.person, second.person)
    assert state(plant.revision)[0] == "superseded"


@pytest.mark.law(8)
def test_the_author_may_not_approve(plant, draft, sign_in):
    author = sign_in(Role.CATALOGUE_OWNER)
    PlanRevision.objects.filter(pk=draft.pk).update(author=author.person)
    assert (approve(author, draft).status_code, state(draft)) == (403, ("draft", None, None))
    assert "You drafted it; two others approve it." in words(author.get("/plans/CP-SU7-MAX-CN/2/"))


@pytest.mark.parametrize("seen", ["", "0" * 64, "x" * 1_000_000])
def test_only_what_was_shown_is_approved(plant, draft, sign_in, seen):
    owner = sign_in(Role.CATALOGUE_OWNER)
    assert approve(owner, draft, seen).status_code in (409, 422)
    assert state(draft) == ("draft", None, None)


def test_what_is_in_force_offers_no_approval(plant, sign_in):
    owner = sign_in(Role.CATALOGUE_OWNER)
    assert 'name="shown"' not in owner.get("/plans/CP-SU7-MAX-CN/1/").content.decode()
    assert approve(owner, plant.revision).status_code == 409


@pytest.mark.parametrize("path", ["NO/", "%00/", "CP-SU7-MAX-CN/9/", "CP-SU7-MAX-CN/99999999999999/"])
def test_unknown_plans_are_not_found(plant, inspector, path):
    assert inspector.get(f"/plans/{path}").status_code == 404


def test_a_revision_asks_as_much_with_one_revision_as_with_three(plant, inspector):
    def asked(path):
        with CaptureQueriesContext(connection) as found:
            inspector.get(path)
        return len(found)

    asked("/plans/")
    one = asked("/plans/")
    factories.make_revision(plant.configuration, factories.LINES[:2])
    first = asked("/plans/CP-SU7-MAX-CN/")
    factories.make_revision(plant.configuration, factories.LINES)
    compared_once = asked("/plans/CP-SU7-MAX-CN/compare/?from=1&to=2")
    for _ in range(2):
        factories.make_revision(plant.configuration, factories.LINES)
    assert (asked("/plans/"), asked("/plans/CP-SU7-MAX-CN/")) == (one, first)
    assert asked("/plans/CP-SU7-MAX-CN/compare/?from=1&to=3") == compared_once
