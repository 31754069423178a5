"""Targets on their page and on that of today: set in two steps by their keeper, compared in words, never pressing."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.batches.models import DeliveryTarget
from inspections.batches.services import set_target
from inspections.dispositions.services import place_hold
from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.releases.progress import Done
from inspections.web.target_drawing import draw_track
from tests.factories import AT, make_person, make_vehicle

TODAY = date(2026, 11, 23)
FORM = {
    "model": "", "cars_per_year": "400000", "effective_on": "2026-11-23", "weekdays": [str(day) for day in range(1, 8)],
    "hours": "00:00-24:00", "closed_days": "", "reason": "the plant's plan",
}  # fmt: skip


@pytest.fixture
def owner(sign_in):
    return sign_in(Role.CATALOGUE_OWNER)


def put(cars=400_000, **more):
    asked = {
        "model": None, "cars_per_year": cars, "weekdays": range(1, 8), "hours": ["00:00-24:00"], "closed_days": [],
        "effective_on": date(2026, 1, 1), "reason": "<b>asked</b>", "seen": None, "at": AT, **more,
    }  # fmt: skip
    return set_target(**asked, actor=Actor.person(make_person(Role.CATALOGUE_OWNER)))


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_without_a_target_today_counts_and_says_that_nothing_is_compared(engineer, plant):
    html = text_of(engineer.get("/"))
    assert "0 released today by 08:00; no target is set" in html
    assert "Nothing is compared, because nobody set a target." in html
    assert "asked by now" not in html
    assert engineer.get("/").context["delivery"].target is None


def test_today_compares_what_was_released_with_what_is_asked_by_now(engineer, plant):
    put()
    html = text_of(engineer.get("/"))
    # A third of the day is over, at 400,000 a year round the clock.
    assert "0 of 1,096 released by 08:00; 365 are asked by now" in html
    assert "one every 79 seconds of working time" in html
    assert "365 behind" in html
    assert "It weighs in no decision." in html


def test_what_is_ahead_or_as_asked_is_said_as_plainly(engineer, plant):
    put(cars=1, effective_on=TODAY)
    found = {row.name: row.against for row in engineer.get("/").context["delivery"].periods}
    assert found == {"day": "as asked", "week": "as asked", "year": "as asked"}


def test_an_ended_target_is_no_target(engineer, plant):
    first = put()
    put(cars=0, effective_on=TODAY, seen=first.pk)
    assert engineer.get("/").context["delivery"].target is None
    assert "no target any more" in text_of(engineer.get("/targets/"))


def test_what_keeps_the_cars_leads_to_the_list_of_them(engineer, plant):
    actor = Actor.person(make_person(Role.ENGINEER))
    place_hold(batch=plant.batch, vehicle=plant.vehicle, reason="a scratch", actor=actor, at=AT)
    free = make_vehicle(plant.batch)
    rows = {row.name: (row.count, row.url) for row in engineer.get("/").context["delivery"].standings}
    assert {name: count for name, (count, _) in rows.items() if count} == {"held": 1, "to_test": 1}
    held = engineer.get(rows["held"][1]).content.decode()
    assert (f"/vehicles/{plant.vehicle.vin}/" in held, f"/vehicles/{free.vin}/" in held) == (True, False)
    assert "<h1>Held: 1</h1>" in held
    assert engineer.get("/vehicles/?standing=nonsense&model=%00").status_code == 200


@pytest.mark.law(8)
def test_law_8_nothing_beside_the_target_asks_anybody_to_sign(sign_in, plant):
    put()
    html = sign_in(Role.RELEASE_OFFICER).get("/").content.decode()
    section = html[html.index('<section class="section delivery">') :]
    section = section[: section.index("</section>")]
    assert "button" not in section
    assert "/sign/" not in section
    assert "%" not in re.sub(r'x[12]?="[\d.]+%"|width="100%"', "", section)
    assert "st-pass" not in section


def test_a_scope_is_chosen_where_several_are_asked(engineer, plant):
    put()
    put(model=plant.configuration.model, cars=100_000)
    found = engineer.get("/").context["delivery"]
    assert [(name, here) for name, _, here in found.choices] == [
        ("the whole plant", True), (plant.configuration.model.code, False),
    ]  # fmt: skip
    own = engineer.get("/", {"target": plant.configuration.model.code}).context["delivery"]
    assert (own.scope, own.periods[0].asked) == (plant.configuration.model.code, 274)
    assert engineer.get("/", {"target": "nonsense"}).context["delivery"].scope == ""


def test_a_target_is_told_before_it_is_set(owner, plant):
    told = owner.post("/targets/", FORM)
    assert told.status_code == 200
    html = text_of(told)
    assert "From 2026-11-23 on the whole plant would be asked for 400,000 cars a year" in html
    assert "Asked of the first day, 2026-11-23 1,095 cars" in html
    assert not DeliveryTarget.objects.exists()
    given = dict(told.context["given"]) | {"weekdays": FORM["weekdays"]}
    done = owner.post("/targets/", {**given, "seen": told.context["seen"], "confirm": "yes"})
    assert (done.status_code, done["Location"]) == (302, "/targets/")
    (target,) = DeliveryTarget.objects.all()
    assert (target.cars_per_year, target.hours, target.weekdays, target.demonstration) == (
        400_000, ["00:00-24:00"], [1, 2, 3, 4, 5, 6, 7], False,
    )  # fmt: skip


def test_sent_twice_it_is_set_once(owner, plant):
    answers = [owner.post("/targets/", {**FORM, "seen": "", "confirm": "yes"}).status_code for _ in range(2)]
    assert (answers, DeliveryTarget.objects.count()) == ([302, 409], 1)


def test_a_raise_shows_what_the_year_is_asked_for_in_all(owner, plant):
    put(350_000)
    facts = owner.post("/targets/", FORM).context["facts"]
    assert facts[-1] == (
        "Asked of its year, 2026-01-01 … 2026-12-31, with what was asked before", "355,342 cars",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("cars_per_year", "", "Enter how many cars a year."),
        ("cars_per_year", "4e5", "This is no whole number."),
        ("cars_per_year", "NaN", "This is no whole number."),
        ("cars_per_year", "-1", "Enter a number from 0 on."),
        ("cars_per_year", "99999999", "At most 10000000 cars a year."),
        ("effective_on", "", "Enter the day."),
        ("effective_on", "2026-13-01", "This is no day."),
        ("effective_on", "2025-12-31", "not before it"),
        ("weekdays", [], "Choose the weekdays"),
        ("hours", "22:00-06:00", "no working hours"),
        ("hours", " , ", "in which hours"),
        ("closed_days", "2026-10-01, tomorrow", "tomorrow is no day."),
        ("reason", " ", "Say why"),
        ("model", "NOPE", "no such model"),
    ],
)
@pytest.mark.parametrize("confirm", [{}, {"confirm": "yes", "seen": ""}])
def test_what_is_no_target_is_said_at_its_field_and_nothing_is_set(owner, plant, field, value, said, confirm):
    answer = owner.post("/targets/", {**FORM, field: value, **confirm})
    assert (answer.status_code, said in text_of(answer)) == (422, True)
    assert not DeliveryTarget.objects.exists()


def test_the_history_stands_newest_first_with_who_and_why(engineer, plant):
    first = put(350_000)
    put(400_000, effective_on=TODAY + timedelta(days=7), seen=first.pk)
    answer = engineer.get("/targets/")
    assert [(row["cars"], row["state"]) for row in answer.context["rows"]] == [
        ("400,000", "from 2026-11-30 on"), ("350,000", "in force"),
    ]  # fmt: skip
    assert "The whole plant: 350,000 cars a year" in text_of(answer)
    assert "<b>asked</b>" not in answer.content.decode()
    assert "This is for: Catalogue owner." in text_of(answer)


def test_a_demonstration_says_so(engineer, plant):
    put(demonstration=True)
    assert "Demonstration" in text_of(engineer.get("/targets/"))
    assert "Demonstration : Since 2026-01-01" in text_of(engineer.get("/"))


@pytest.mark.parametrize("path", ["/targets/", "/vehicles/"])
def test_their_statements_do_not_grow(engineer, plant, path):
    counts, seen = [], None
    for _ in range(2):
        seen = put(seen=seen, effective_on=TODAY).pk
        make_vehicle(plant.batch)
        engineer.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert engineer.get(path).status_code == 200
        counts.append(len(captured))
    assert counts == {"/targets/": [4, 4], "/vehicles/": [4, 4]}[path]


def test_the_track_is_drawn_in_shares_of_what_is_asked():
    track = draw_track("words", Done(built=400, released=312, delivered=300), 1_096, 600)
    assert [(stop.x, stop.anchor) for stop in (track.released, track.delivered, track.now, track.asked)] == [
        ("28.46%", "middle"), ("27.37%", "middle"), ("54.74%", "middle"), ("100.00%", "end"),
    ]  # fmt: skip


def test_more_than_was_asked_lengthens_the_track_and_nothing_at_all_does_not_break_it():
    track = draw_track("words", Done(released=20), 10, 5)
    assert (track.released.x, track.asked.x, track.now.x) == ("100.00%", "50.00%", "25.00%")
    empty = draw_track("words", Done(), 0, 0)
    assert {stop.x for stop in (empty.released, empty.delivered, empty.built, empty.now, empty.asked)} == {"0.00%"}


def test_a_row_that_did_not_change_keeps_its_digest(engineer, plant, clock):
    put()
    digests = [re.findall(r'id="stand-(\w+)"[^>]*data-digest="(\w+)"', engineer.get("/").content.decode())]
    clock.go(seconds=10)
    digests.append(re.findall(r'id="stand-(\w+)"[^>]*data-digest="(\w+)"', engineer.get("/").content.decode()))
    assert len(digests[0]) == 6
    assert digests[0] == digests[1]


def test_it_speaks_chinese(engineer, plant):
    put()
    html = text_of(engineer.get("/", headers={"accept-language": "zh-CN"}))
    assert "截至08:00已放行0台，今日目标1,096台；此刻应为365台" in html
    assert "落后365台" in html
