"""Whoever answers for a batch is told of cars that come into it or leave for ever, and of another revision for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail

from inspections.batches.models import Batch
from inspections.gates.services import destroy_vehicle, move_vehicle, repin_batch, scrap_vehicle
from inspections.notices.models import Untold
from inspections.people.choices import Role
from inspections.people.models import User
from inspections.people.rules import Actor
from tests.factories import AT, LINES, Plant, make_batch, make_engineer, make_person, make_revision, make_vehicle
from tests.notices.telling import choose, run

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=1)
PASSWORD = "a long password"


@pytest.fixture
def doer() -> User:
    return make_person(Role.ENGINEER)


@pytest.fixture
def told(engineer: User, plant: Plant) -> Callable[..., list[str]]:
    """The first lines of the one mail that an engineer gets who wants to be told at once."""

    def lines(language: str = "en") -> list[str]:
        choose(engineer, language=language, paces={"moved": "at_once"})
        run(AT)
        (sent,) = run(LATER)
        return [line.strip(" *") for line in sent.body.splitlines()[:3]]

    Untold.objects.all().delete()
    return lines


def move(car: object, to: Batch, doer: User) -> None:
    move_vehicle(
        vehicle=car, to=to, reason="its pack is repaired", seen_revision=to.revision_id, signer=doer,  # type: ignore[arg-type]
        password=PASSWORD, at=AT,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("language", "title", "under"),
    [
        (
            "en",
            "Cars 21 and 22 of SU7-2026W47-04: moved here by {who}: its pack is repaired",
            "Came from SU7-2026W47-03. What failed before fails on, and holds went with it.",
        ),
        (
            "zh-hans",
            "SU7-2026W47-04第21、22台：由{who}转入本批：its pack is repaired",
            "来自SU7-2026W47-03。此前的不合格继续有效，扣留随车转移。",
        ),
    ],
)
def test_cars_that_came_into_a_batch_are_one_line(
    plant: Plant, doer: User, told: Callable[..., list[str]], language: str, title: str, under: str
) -> None:
    target = make_batch("SU7-2026W47-04", configuration=plant.configuration, at=AT)
    for car in (plant.vehicle, make_vehicle(plant.batch)):
        move(car, target, doer)
    assert told(language)[:2] == [title.format(who=Actor.person(doer).label), under]


def test_a_car_that_was_scrapped_and_one_that_was_destroyed(plant: Plant, told: Callable[..., list[str]]) -> None:
    other = make_vehicle(plant.batch)
    actor = make_engineer()
    scrap_vehicle(vehicle=plant.vehicle, reason="the body is bent", actor=actor, at=AT)
    destroy_vehicle(
        vehicle=other, procedure=plant.procedures["CRS-EOL"], reason="drawn by lot", actor=actor, at=AT
    )  # fmt: skip
    lines = told()
    (body,) = [sent.body for sent in mail.outbox]
    assert "It never leaves; what is asked of the batch stays." in lines
    assert f"Car 1 of SU7-2026W47-03: scrapped by {actor.label}: the body is bent" in body
    assert f"Car 2 of SU7-2026W47-03: destroyed for a test by {actor.label}: drawn by lot" in body


def test_a_batch_that_is_judged_on_another_revision(plant: Plant, doer: User, told: Callable[..., list[str]]) -> None:
    revision = make_revision(plant.configuration, LINES)
    repin_batch(
        batch=plant.batch, revision=revision, reason="the first one was wrong", seen_from=plant.revision.pk,
        seen_digest=revision.digest, signer=doer, password=PASSWORD, at=AT,
    )  # fmt: skip
    who = Actor.person(doer).label
    assert told()[:2] == [
        f"Batch SU7-2026W47-03: judged on revision 2 of plan CP-SU7-MAX-CN now, said {who}: the first one was wrong",
        "It was judged on revision 1 before. A fail that was found stays one.",
    ]
