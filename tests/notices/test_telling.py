"""From an act in the ledger to a mail: who is told what, in which words, how often."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from inspections.dispositions.services import lift_hold, place_hold
from inspections.notices.models import NoticeLine, NoticeMail, Untold
from inspections.notices.services import gather_notices
from inspections.people.choices import Role
from inspections.people.models import User
from inspections.people.rules import Actor
from inspections.records.models import LedgerEntry
from tests.depth import LONG
from tests.factories import AT, Plant, make_vehicles
from tests.notices.telling import choose, fail_cars, run

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
LATER = AT + MINUTE


def test_a_failed_car_is_told_with_value_limit_rig_and_what_clears_it(plant: Plant, engineer: User) -> None:
    fail_cars(plant, [plant.vehicle])
    assert run(AT) == []
    (sent,) = run(LATER)
    assert sent.to == [engineer.email]
    assert sent.subject == "Car 1 of SU7-2026W47-03: BOND, pack is 0.100 Ω; less than 0.1 Ω is required."
    number = LedgerEntry.objects.get(act="nonconformance.opened").after["nonconformance"]
    assert sent.body.splitlines() == [
        "* Car 1 of SU7-2026W47-03: BOND, pack is 0.100 Ω; less than 0.1 Ω is required.",
        "  Measured on EOL-3.",
        "  Critical characteristic.",
        f"  Clears when {number} has a disposition and a later test passes.",
        f"  https://interlock.plant.example/vehicles/{plant.vehicle.vin}/",
        "",
        "-- ",
        "Interlock, written 2026-11-23 08:01 (Asia/Shanghai).",
        "You are told because of what you are here: QA engineer.",
        "Choose what you are told: https://interlock.plant.example/notices/",
    ]
    ((html, kind),) = sent.alternatives
    assert kind == "text/html"
    assert f'<a href="https://interlock.plant.example/vehicles/{plant.vehicle.vin}/">' in html


def test_a_thousand_cars_failing_one_characteristic_on_one_rig_are_one_line_of_one_mail(
    plant: Plant, engineer: User
) -> None:
    many = 1000 if LONG else 200
    cars = make_vehicles(plant.batch, many)
    fail_cars(plant, cars, ("0.100", "0.13"))
    (sent,) = run(LATER) or run(LATER + MINUTE)
    title = f"{many} cars, 2 to {many + 1} of SU7-2026W47-03: BOND fails; less than 0.1 Ω is required."
    assert sent.subject == title
    lines = sent.body.splitlines()
    assert lines[0] == f"* {title}"
    assert lines[1] == "  First: Car 2 0.100 Ω; Car 3 0.13 Ω; Car 4 0.100 Ω; Car 5 0.13 Ω; Car 6 0.100 Ω."
    assert lines[2] == "  Measured on EOL-3."
    assert re.fullmatch(rf"  (NC-\d+, ){{4}}NC-\d+ and {many - 5} more\.", lines[4])
    assert lines[6] == "  https://interlock.plant.example/batches/SU7-2026W47-03/"
    assert len(sent.message().as_bytes()) < 8_000
    assert NoticeMail.objects.get().entries == many
    assert not NoticeLine.objects.exists()
    assert not Untold.objects.exists()


def test_a_rig_that_fails_every_car_of_a_night_costs_a_person_a_dozen_mails_and_one_digest(
    plant: Plant, engineer: User, reader: Callable[..., User]
) -> None:
    officer = reader(Role.RELEASE_OFFICER)
    many, apart, mails = (160, 3 * MINUTE, 12) if LONG else (40, 12 * MINUTE, 10)
    cars = make_vehicles(plant.batch, many)
    at = AT + timedelta(hours=14)  # 22:00
    for place, car in enumerate(cars):
        fail_cars(plant, [car], at=at + place * apart)
        run(at + place * apart)
    told = {person: [sent for sent in mail.outbox if sent.to == [person.email]] for person in (engineer, officer)}
    assert len(told[engineer]) == mails
    assert told[officer] == []
    (digest,) = [sent for sent in run(at + 9 * 60 * MINUTE) if sent.to == [officer.email]]
    what = "BOND, pack is 0.100 Ω; less than 0.1 Ω is required."
    assert digest.subject == f"{many} cars, 2 to {many + 1} of SU7-2026W47-03: {what}"


def test_nobody_is_told_of_what_they_did_themselves(plant: Plant, engineer: User, reader: Callable[..., User]) -> None:
    other = reader(Role.ENGINEER)
    place_hold(batch=plant.batch, vehicle=plant.vehicle, reason="scratch", actor=Actor.person(engineer), at=AT)
    run(AT)
    (sent,) = run(LATER)
    assert sent.to == [other.email]
    assert sent.subject == f"Car 1 of SU7-2026W47-03: held by {engineer.personnel_number}: scratch"


def test_a_hold_is_told_at_once_to_who_lifts_it_and_in_the_digest_to_who_releases(
    plant: Plant, engineer: User, reader: Callable[..., User]
) -> None:
    officer, inspector = reader(Role.RELEASE_OFFICER), reader(Role.INSPECTOR)
    hold = place_hold(batch=plant.batch, vehicle=None, reason="bolts", actor=Actor.person(inspector), at=AT)
    run(AT)
    assert [sent.to for sent in run(LATER)] == [[engineer.email]]
    lift_hold(hold=hold, reason="right ones", actor=Actor.person(engineer), at=LATER)
    run(LATER)
    told = run(AT + timedelta(hours=23))
    assert [(sent.to, sent.body.count("\n* ") + 1) for sent in told] == [([officer.email], 2)]
    assert told[0].subject == f"Batch SU7-2026W47-03: held by {inspector.personnel_number}: bolts (and 1 more)"


def test_an_inspector_is_told_nothing_unless_they_choose_it(plant: Plant, reader: Callable[..., User]) -> None:
    first, second = reader(Role.INSPECTOR), reader(Role.INSPECTOR)
    choose(second, paces={"flag": "at_once"})
    fail_cars(plant, [plant.vehicle])
    run(AT)
    assert [sent.to for sent in run(LATER)] == [[second.email]]
    assert first.notice_mails.count() == 0


def test_what_a_person_answers_for_is_told_however_it_is_switched_off(plant: Plant, engineer: User) -> None:
    """Past the service, which refuses it: a choice made before the role, or by a hand in the database."""
    from inspections.notices.models import NoticeChoice

    choose(engineer)
    NoticeChoice.objects.update(paces=dict.fromkeys(("flag", "hold", "ended"), "none") | {"recount": "nonsense"})
    fail_cars(plant, [plant.vehicle])
    run(AT)
    assert run(LATER) == []
    assert [sent.to for sent in run(AT + timedelta(hours=24))] == [[engineer.email]]


def test_a_mail_is_in_the_language_and_on_the_clock_of_its_reader(plant: Plant, engineer: User) -> None:
    choose(engineer, language="zh-hans", time_zone="Europe/Berlin")
    fail_cars(plant, [plant.vehicle])
    run(AT)
    (sent,) = run(LATER)
    assert sent.subject == "SU7-2026W47-03第1台：BOND（pack）为0.100 Ω，要求小于0.1 Ω。"
    assert "2026-11-23 01:01（Europe/Berlin）" in sent.body
    assert "质量工程师" in sent.body
    assert '<html lang="zh-hans">' in sent.alternatives[0][0]
    assert sent.extra_headers["Content-Language"] == "zh-hans"


def test_a_digest_comes_at_the_hour_of_the_readers_own_clock(plant: Plant, reader: Callable[..., User]) -> None:
    officer = reader(Role.RELEASE_OFFICER)
    choose(officer, time_zone="Europe/Berlin", digest_hour=18)
    fail_cars(plant, [plant.vehicle])
    run(AT)
    assert NoticeMail.objects.get().closes_at.isoformat() == "2026-11-23T17:00:00+00:00"


def test_without_an_address_of_the_site_no_link_is_invented(plant: Plant, engineer: User, settings: Any) -> None:
    settings.SITE_ADDRESS = ""
    fail_cars(plant, [plant.vehicle])
    run(AT)
    (sent,) = run(LATER)
    whole = sent.body + sent.alternatives[0][0]
    assert "http" not in whole.replace("http-equiv", "")
    assert f"Look for {plant.vehicle.vin} in Interlock." in sent.body


def test_where_mail_is_not_set_up_nothing_is_gathered_and_nothing_piles_up(
    plant: Plant, engineer: User, settings: Any
) -> None:
    settings.NOTICES_BY_MAIL = False
    fail_cars(plant, [plant.vehicle])
    assert gather_notices(at=AT) > 0
    assert (NoticeMail.objects.count(), Untold.objects.count(), mail.outbox) == (0, 0, [])


def test_a_finding_that_nobody_is_told_of_is_an_error_in_the_log(
    plant: Plant, reader: Callable[..., User], caplog: pytest.LogCaptureFixture
) -> None:
    reader(Role.ENGINEER, email="")
    fail_cars(plant, [plant.vehicle])
    run(AT)
    assert "Nobody with an address is told of nonconformance.opened" in caplog.text


def test_deciding_sends_nothing_and_knows_no_mail(plant: Plant, engineer: User) -> None:
    fail_cars(plant, [plant.vehicle])
    assert (mail.outbox, NoticeMail.objects.count()) == ([], 0)
    assert Untold.objects.count() >= 1


def test_cars_held_by_one_list_are_one_line_and_those_that_left_are_told_first(
    plant: Plant, engineer: User, reader: Callable[..., User]
) -> None:
    from inspections.records.services import Act, record_acts

    cars = make_vehicles(plant.batch, 12)
    acts = [
        Act(
            "hold.listed_gone" if place < 2 else "hold.placed_by_list",
            "vehicle",
            car.vin,
            plant.batch.number,
            "weld",
            after={"list": "H-1"},
        )
        for place, car in enumerate(cars)
    ]
    record_acts(actor=Actor.person(reader(Role.INSPECTOR)), acts=acts, at=AT)
    run(AT)
    (sent,) = run(LATER)
    who = User.objects.latest("pk").personnel_number
    assert [line for line in sent.body.splitlines() if line.startswith("*")] == [
        f"* Cars 2 and 3 of SU7-2026W47-03: left already, and on hold list H-1 of {who}: weld",
        f"* 10 cars, 4 to 13 of SU7-2026W47-03: held by {who}, list H-1: weld",
    ]
