"""Setting a target: who may, what is refused, and that no past day is asked for anything else than it was."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from inspections.batches.models import DeliveryTarget
from inspections.batches.services import TargetChanged, TargetRefused, set_target
from inspections.batches.targets import newest_target, paces_of, targets_by_scope
from inspections.people.choices import Role
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from tests.factories import AT, SYSTEM, make_person, make_plant

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)
ASKED: dict[str, Any] = {
    "model": None, "cars_per_year": 350_000, "weekdays": range(1, 8), "hours": ["00:00-24:00"], "closed_days": [],
    "effective_on": date(2026, 1, 1), "reason": "asked for by the plant", "seen": None, "at": AT,
}  # fmt: skip


@pytest.fixture
def owner() -> Actor:
    return Actor.person(make_person(Role.CATALOGUE_OWNER))


def test_the_day_of_these_tests_is_the_plants() -> None:
    from django.utils import timezone

    assert timezone.localdate(AT) == TODAY


@pytest.mark.law(8)
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CATALOGUE_OWNER])
def test_nobody_who_tests_answers_or_signs_sets_what_is_asked_for(role: Role) -> None:
    with pytest.raises(NotAllowed):
        set_target(**ASKED, actor=Actor.person(make_person(role)))
    assert not DeliveryTarget.objects.exists()


def test_no_machine_sets_a_target() -> None:
    with pytest.raises(NotAllowed):
        set_target(**ASKED, actor=SYSTEM)


def test_a_target_is_kept_as_it_was_set_and_the_ledger_tells_it(owner: Actor) -> None:
    first = set_target(**ASKED, actor=owner)
    second = set_target(**{**ASKED, "cars_per_year": 400_000, "effective_on": TODAY, "seen": first.pk}, actor=owner)
    entry = LedgerEntry.objects.latest("pk")
    assert (entry.act, entry.subject_kind, entry.subject, entry.reason) == (
        "target.set", "target", "plant", "asked for by the plant",
    )  # fmt: skip
    assert (entry.before["cars_per_year"], entry.after["cars_per_year"]) == (350_000, 400_000)
    assert entry.after["effective_on"] == "2026-11-23"
    assert (second.set_by, second.person_id) == (owner.label, owner.id)


@pytest.mark.law(4)
def test_law_4_a_day_that_is_over_keeps_what_it_was_asked_for(owner: Actor) -> None:
    first = set_target(**ASKED, actor=owner)
    for day in (TODAY - timedelta(days=1), date(2026, 1, 1)):
        with pytest.raises(TargetRefused, match="change what was asked of days that are over"):
            set_target(**{**ASKED, "effective_on": day, "seen": first.pk}, actor=owner)
    assert [pace.cars_per_year for pace in paces_of(DeliveryTarget.objects.all())] == [350_000]


@pytest.mark.law(4)
@pytest.mark.parametrize("change", ["cars_per_year = 1", "effective_on = '2025-01-01'", "reason = ''"])
def test_law_4_a_target_is_not_edited(owner: Actor, change: str) -> None:
    target = set_target(**ASKED, actor=owner)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"update inspections_deliverytarget set {change}")
    with pytest.raises(DatabaseError), transaction.atomic():
        target.delete()


def test_the_first_target_begins_with_the_year_at_the_earliest(owner: Actor) -> None:
    with pytest.raises(TargetRefused, match="may begin with this year"):
        set_target(**{**ASKED, "effective_on": date(2025, 12, 31)}, actor=owner)


def test_whoever_saw_an_older_target_sets_nothing(owner: Actor) -> None:
    set_target(**ASKED, actor=owner)
    with pytest.raises(TargetChanged, match="meanwhile"):
        set_target(**{**ASKED, "effective_on": TODAY}, actor=owner)
    assert DeliveryTarget.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"reason": "  "}, "Say why"),
        ({"cars_per_year": -1}, "0 to 10000000 cars"),
        ({"cars_per_year": 10_000_001}, "0 to 10000000 cars"),
        ({"weekdays": []}, "at least one"),
        ({"weekdays": [0]}, "at least one"),
        ({"weekdays": [8]}, "at least one"),
        ({"hours": []}, "none are named"),
        ({"hours": ["22:00-06:00"]}, "22:00-06:00 are no working hours"),
        ({"hours": ["06:00-14:00", "13:00-20:00"]}, "overlap"),
        ({"hours": ["14:00-20:00", "06:00-14:00"]}, "overlap"),
        ({"closed_days": [TODAY + timedelta(days=day) for day in range(401)]}, "401 closed days"),
        ({"effective_on": date(2040, 1, 1)}, "more than ten years"),
        (
            {"weekdays": [1], "closed_days": [date(2026, 1, 5) + timedelta(weeks=week) for week in range(52)]},
            "no working time",
        ),
    ],
)
def test_what_cannot_be_a_target_is_refused_with_what_to_do(owner: Actor, change: dict[str, Any], why: str) -> None:
    with pytest.raises(TargetRefused, match=why):
        set_target(**{**ASKED, **change}, actor=owner)
    assert not DeliveryTarget.objects.exists()


def test_of_two_targets_of_one_day_the_later_one_holds(owner: Actor) -> None:
    first = set_target(**{**ASKED, "effective_on": TODAY}, actor=owner)
    set_target(**{**ASKED, "effective_on": TODAY, "cars_per_year": 1, "seen": first.pk}, actor=owner)
    assert [pace.cars_per_year for pace in paces_of(DeliveryTarget.objects.all())] == [1]


def test_a_model_has_targets_of_its_own(owner: Actor) -> None:
    model = make_plant().configuration.model
    set_target(**ASKED, actor=owner)
    own = set_target(**{**ASKED, "model": model, "cars_per_year": 9}, actor=owner)
    found = {code: [row.cars_per_year for row in rows] for code, rows in targets_by_scope().items()}
    assert found == {"": [350_000], model.code: [9]}
    assert newest_target(model) == own
    assert LedgerEntry.objects.latest("pk").subject == model.code
