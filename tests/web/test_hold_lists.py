"""Pages of holding many cars: counted and shown before anything is held, whole or not at all, a hundred a page."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.batches.models import Vehicle
from inspections.dispositions.models import Hold, HoldList
from inspections.people.choices import Role
from tests.factories import AT, make_batch, make_vehicles, vin

NEW = "/holds/lists/new/"


def words(response):
    text = response.content.decode().replace("&#x27;", "'").replace("&quot;", '"')
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


@pytest.fixture
def cars(plant):
    """Three cars in two batches, and one that has left."""
    other = make_batch("SU7-2026W47-04", configuration=plant.configuration)
    found = [plant.vehicle, *make_vehicles(plant.batch, 1), *make_vehicles(other, 2)]
    Vehicle.objects.filter(pk=found[3].pk).update(status="delivered")
    return found


def pasted(*cars, **more):
    return {"kind": "vehicles", "vins": "\n".join(car.vin for car in cars), **more}


def given_by(page):
    """What the page would send on: its hidden fields."""
    form = page.content.decode().split('<form class="form wide"')[1].split("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))


def place(client, page, reason="Leaks", **more):
    return client.post(NEW, {**given_by(page), "reason": reason, "place": "1", **more})


def test_they_are_counted_by_batch_and_state_before_anything_is_held(cars, inspector):
    page = inspector.post(NEW, pasted(*cars))
    said = words(page)
    assert page.status_code == 200
    assert "3 cars would be held, 1 has left already" in said
    assert "3 cars may not leave until an engineer lifts their holds" in said
    assert "1 car has left already. It is kept on the list as gone; no hold stops it." in said
    assert "SU7-2026W47-03 2 0 0 0 2" in said
    assert "SU7-2026W47-04 1 0 1 0 2" in said
    assert "All 3 0 1 0 4" in said
    assert "Cars 1 to 4 of 4, those that left first" in said
    assert (Hold.objects.count(), HoldList.objects.count()) == (0, 0)


def test_exactly_what_was_shown_is_held_with_its_one_reason(cars, inspector):
    response = place(inspector, inspector.post(NEW, pasted(*cars)), "Leaks at the lid")
    placed = HoldList.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/holds/lists/{placed.number}/")
    assert set(Hold.objects.values_list("vehicle", "reason", "hold_list")) == {
        (car.pk, "Leaks at the lid", placed.pk) for car in cars[:3]
    }
    page = inspector.get(response["Location"])
    assert f"{placed.number} holds 3 cars." in words(page)
    assert f"{placed.number} holds 3 of 3 cars" in words(page)
    assert "had left already: no hold" in words(page)


@pytest.mark.parametrize("seen", ["", "0" * 64])
def test_what_was_not_shown_is_not_held_and_shown_anew(cars, inspector, seen):
    page = place(inspector, inspector.post(NEW, pasted(*cars)), seen=seen)
    assert page.status_code == 409
    assert "The list has changed since it was shown, and nothing was held." in words(page)
    assert page.context["form"]["reason"].value() == "Leaks"
    assert not Hold.objects.exists()
    assert place(inspector, page).status_code == 302


def test_a_car_that_leaves_between_showing_and_placing_is_shown_as_gone(cars, inspector):
    page = inspector.post(NEW, pasted(*cars))
    Vehicle.objects.filter(pk=cars[0].pk).update(status="delivered")
    again = place(inspector, page)
    assert again.status_code == 409
    assert "2 cars would be held, 2 have left already" in words(again)
    assert place(inspector, again).status_code == 302
    assert set(Hold.objects.values_list("vehicle", flat=True)) == {cars[1].pk, cars[2].pk}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{vin} NOVIN", "NOVIN is no VIN: 5 characters, a VIN has 17."),
        ("{vin} {strange}", "Nothing is held: 1 of the VINs is not registered here: {strange}."),
        ("", "Paste the VINs: nothing is entered."),
        ("{vin} <script>alert(1)</script>", "is no VIN"),
        ("{vin}\x00", "control character U+0000"),
    ],
)
def test_one_wrong_vin_is_named_and_nothing_is_counted_or_held(cars, inspector, text, said):
    names = {"vin": cars[0].vin, "strange": vin(777_777)}
    page = inspector.post(NEW, {"kind": "vehicles", "vins": text.format(**names), "place": "1", "reason": "x"})
    assert page.status_code == 422
    assert said.format(**names) in words(page)
    assert text.format(**names) == page.context["ways"][0]["form"]["vins"].value()
    assert not Hold.objects.exists()


def test_a_vin_named_twice_counts_once_and_is_told(cars, inspector):
    page = inspector.post(NEW, pasted(cars[0], cars[1], cars[0]))
    assert "2 cars would be held" in words(page)
    assert f"1 VIN was named more than once and counts once: {cars[0].vin}" in words(page)


@pytest.mark.parametrize(
    ("asked", "said", "count"),
    [
        ({"kind": "component_lot", "component": "pack", "lot": "L7"}, "Cars with a part pack of lot L7", 0),
        (
            {"kind": "rig_window", "rig": "EOL-3", "since": "2026-11-22T08:00", "until": "2026-11-23T08:00"},
            "Cars for which rig EOL-3 finished a test from 2026-11-22 08:00 to 2026-11-23 08:00",
            0,
        ),
        (
            {"kind": "build_window", "since": "2026-11-22T08:00", "until": "2026-11-23T08:00", "line": "L1"},
            "Cars built from 2026-11-22 08:00 until before 2026-11-23 08:00, line L1",
            4,
        ),
        ({"kind": "software_version", "system": "ADAS", "version": "4.10"}, "Cars on which ADAS 4.10 runs", 1),
    ],
)  # fmt: skip
def test_each_condition_is_said_in_words_and_kept(cars, inspector, asked, said, count):
    page = inspector.post(NEW, asked)
    assert page.status_code == 200
    assert said in words(page)
    assert page.context["total"] == count
    if count:
        number = place(inspector, page)["Location"]
        assert said in words(inspector.get(number))
        assert said in words(inspector.get("/holds/lists/"))


def test_cars_whose_lot_nobody_knows_are_told_beside_the_list(cars, inspector):
    page = inspector.post(NEW, {"kind": "component_lot", "component": "pack", "lot": "L7"})
    assert "1 more car has a part of this kind whose lot nobody stated." in words(page)
    assert "Nothing is counted: check what you typed" in words(page)
    assert "No pack of lot “L7” is on record. Lots on record: none yet." in words(page)
    back = re.search(r'role="alert">.*? <a href="([^"]+)">Correct it</a>', page.content.decode())[1].replace(
        "&amp;", "&"
    )
    assert re.findall(r'name="(?:component|lot)" value="([^"]*)"', inspector.get(back).content.decode()) == [
        "pack",
        "L7",
    ]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"kind": "component_lot", "component": "batery", "lot": "L7"},
         "No part of kind “batery” is on record. Kinds on record: pack."),
        ({"kind": "software_version", "system": "BMX", "version": "1"}, "No system “BMX” is on record."),
        ({"kind": "build_window", "since": "2026-01-01T00:00", "until": "2027-01-01T00:00", "line": "L99"},
         "No batch was built on a line “L99”."),
        ({"kind": "build_window", "since": "2026-01-01T00:00", "until": "2027-01-01T00:00", "configuration": "SU8"},
         "The catalogue has no configuration “SU8”."),
    ],
)  # fmt: skip
def test_a_slip_of_the_pen_is_not_taken_for_no_car(cars, inspector, asked, said):
    page = words(inspector.post(NEW, asked))
    assert said in page
    assert "No car is concerned" not in page


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            {"kind": "rig_window", "rig": "EOL-9", "since": "2026-11-22T08:00", "until": "2026-11-23T08:00"},
            "no rig EOL-9",
        ),
        ({"kind": "build_window", "since": "2026-11-23T08:00", "until": "2026-11-22T08:00"}, "ends before it begins"),
        ({"kind": "component_lot", "component": " ", "lot": "L7"}, "Nothing is entered here."),
        ({"kind": "software_version", "system": "ADAS"}, "Nothing is entered here."),
        ({"kind": "everything"}, "Which cars are to be held?"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_so_is_refused_with_words(cars, inspector, asked, said):
    page = inspector.post(NEW, asked)
    assert page.status_code == 422
    assert said in words(page)


def test_the_page_is_filled_in_where_the_person_comes_from(plant, inspector):
    rig = words(inspector.get(f"/rigs/{plant.rig.code}/"))
    assert "Hold the cars for which it measured in a time" in rig
    page = inspector.get(f"{NEW}?kind=rig_window&rig=EOL-3")
    assert 'value="EOL-3"' in page.content.decode()
    for address in (f"/holds/place/?vin={plant.vehicle.vin}", f"/holds/place/?batch={plant.batch.number}"):
        assert f'href="{NEW}"' in inspector.get(address).content.decode()


def test_holding_a_whole_batch_tells_first_how_many_cars_it_has_in_which_state(cars, inspector):
    page = words(inspector.get(f"/holds/place/?batch={cars[3].batch.number}"))
    assert "in process 1" in page
    assert "delivered 1" in page


def test_a_hundred_cars_a_page_and_the_hold_is_of_all(plant, inspector):
    make_vehicles(plant.batch, 249)
    asked = {"kind": "build_window", "since": "2026-11-22T00:00", "until": "2026-11-24T00:00"}
    page = inspector.post(NEW, asked)
    assert [len(page.context["cars"]), page.context["total"]] == [100, 250]
    last = inspector.post(NEW, {**given_by(page), "after": "200", "reason": "Half written"})
    assert [len(last.context["cars"]), last.context["form"]["reason"].value()] == [50, "Half written"]
    assert "Cars 201 to 250 of 250" in words(last)
    number = place(inspector, last)["Location"]
    assert Hold.objects.count() == 250
    first = inspector.get(number)
    assert len(first.context["cars"]) == 100
    rest = inspector.get(first.context["pager"].next_url)
    assert rest.context["cars"][0].row.vin not in {line.row.vin for line in first.context["cars"]}
    assert inspector.get(f"{number}?after=x").status_code == 404


@pytest.mark.parametrize("page", ["count", "list", "lists"])
def test_the_number_of_statements_does_not_grow(plant, inspector, page):
    def statements():
        asked = {"kind": "build_window", "since": "2026-11-22T00:00", "until": "2026-11-24T00:00"}
        placed = place(inspector, inspector.post(NEW, asked))["Location"]
        inspector.get(placed)
        run = {
            "count": lambda: inspector.post(NEW, asked),
            "list": lambda: inspector.get(placed),
            "lists": lambda: inspector.get("/holds/lists/"),
        }[page]
        with CaptureQueriesContext(connection) as queries:
            assert run().status_code == 200
        return len(queries)

    one = statements()
    make_vehicles(plant.batch, 2)
    assert statements() == one
    assert one == {"count": 4, "list": 5, "lists": 4}[page]


class TestLettingGo:
    @pytest.fixture
    def placed(self, cars, inspector):
        place(inspector, inspector.post(NEW, pasted(*cars)))
        return HoldList.objects.get()

    def send(self, client, placed, **given):
        return client.post(f"/holds/lists/{placed.number}/lift/", {"which": "all", "reason": "Looked at", **given})

    def test_an_engineer_is_told_first_how_many_go_on_and_how_many_stay(self, cars, placed, engineer):
        page = self.send(engineer, placed, which="some", vins=cars[0].vin)
        said = words(page)
        assert page.status_code == 200
        assert "1 car would go on" in said
        assert f"2 cars stay held by {placed.number}." in said
        assert Hold.objects.filter(lifted_at=None).count() == 3
        done = self.send(engineer, placed, which="some", vins=cars[0].vin, seen="1")
        assert (done.status_code, done["Location"]) == (302, f"/holds/lists/{placed.number}/")
        assert set(Hold.objects.filter(lifted_at=None).values_list("vehicle", flat=True)) == {cars[1].pk, cars[2].pk}

    def test_a_car_is_named_by_its_end_and_told_with_the_reason_before_it_goes_on(self, cars, placed, engineer):
        told = words(self.send(engineer, placed, which="some", vins=cars[0].vin[-6:].lower(), reason="No leak"))
        assert "1 car would go on" in told
        assert cars[0].vin in told.replace(" ", "")
        assert "Why they may go on: No leak" in told
        short = self.send(engineer, placed, which="some", vins=cars[0].vin[-5:])
        assert (short.status_code, Hold.objects.filter(lifted_at=None).count()) == (422, 3)

    def test_all_go_on_together(self, placed, engineer):
        assert "3 cars would go on" in words(self.send(engineer, placed))
        assert self.send(engineer, placed, seen="3").status_code == 302
        assert not Hold.objects.filter(lifted_at=None).exists()
        assert "holds no car any more" in words(engineer.get(f"/holds/lists/{placed.number}/"))
        assert self.send(engineer, placed, seen="0").status_code == 409

    def test_a_number_that_is_no_longer_so_is_told_anew(self, placed, engineer):
        again = self.send(engineer, placed, seen="2")
        assert again.status_code == 200
        assert "3 cars would go on" in words(again)
        assert Hold.objects.filter(lifted_at=None).count() == 3

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"reason": " "}, "Say why: the reason is empty."),
            ({"which": ""}, "Choose which cars may go on."),
            ({"which": "some", "vins": ""}, "Paste the VINs: nothing is entered."),
            ({"which": "some", "vins": "X"}, "X is no VIN"),
        ],
    )
    def test_what_is_not_said_soundly_lifts_nothing(self, placed, engineer, given, said):
        page = self.send(engineer, placed, seen="3", **given)
        assert page.status_code == 422
        assert said in words(page)
        assert Hold.objects.filter(lifted_at=None).count() == 3

    def test_a_car_that_is_not_on_it_is_named(self, cars, placed, engineer):
        page = self.send(engineer, placed, which="some", vins=f"{cars[0].vin} {cars[3].vin}", seen="2")
        assert page.status_code == 409
        assert f"does not hold {cars[3].vin}" in words(page)
        assert Hold.objects.filter(lifted_at=None).count() == 3

    @pytest.mark.law(8)
    @pytest.mark.parametrize("role", [Role.INSPECTOR, Role.RELEASE_OFFICER, Role.AUDITOR, Role.CATALOGUE_OWNER])
    def test_law_8_nobody_else_lets_them_go_on(self, placed, sign_in, role):
        assert self.send(sign_in(role), placed, seen="3").status_code == 403
        assert Hold.objects.filter(lifted_at=None).count() == 3


@pytest.mark.parametrize("number", ["H-0", "x", "%00", "%F0%28%8C%BC"])
def test_a_list_that_is_none_is_not_found(plant, engineer, number):
    assert engineer.get(f"/holds/lists/{number}/").status_code == 404
    assert engineer.post(f"/holds/lists/{number}/lift/", {}).status_code == 404


def test_it_is_one_task_of_today_and_found_by_its_number(cars, inspector, engineer):
    place(inspector, inspector.post(NEW, pasted(*cars)))
    placed = HoldList.objects.get()
    today = words(engineer.get("/"))
    assert f"{placed.number} holds 3 cars: Leaks" in today
    assert engineer.get(f"/search/?q={placed.number.lower()}")["Location"] == f"/holds/lists/{placed.number}/"
    batch = words(engineer.get(f"/batches/{cars[3].batch.number}/"))
    assert f"{placed.number} placed, cars of this batch: 1 held, 1 had left. Leaks." in batch
    life = engineer.get(f"/vehicles/{cars[0].vin}/").content.decode()
    assert f'Held by <a href="/holds/lists/{placed.number}/">{placed.number}</a>: Leaks.' in life
    assert f"Had left already when {placed.number} was placed: Leaks." in words(
        engineer.get(f"/vehicles/{cars[3].vin}/")
    )


def test_a_page_an_hour_old_holds_what_is_still_so(cars, inspector, clock):
    page = inspector.post(NEW, pasted(*cars))
    clock.go(hours=1)
    assert place(inspector, page).status_code == 302
    assert HoldList.objects.get().placed_at == AT + timedelta(hours=1)
