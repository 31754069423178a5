"""That a batch is completed: the words on its page and in lists, where it is listed, and where no more."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.dispositions.services import place_hold
from inspections.gates.services import close_batch, decide_batch
from inspections.results.services import record_inspection
from tests.factories import AT, SYSTEM, become, changed_value, make_batch, make_engineer, make_vehicle
from tests.papers import deliver, release

LATE = "A late result is still taken and judged; if it finds something, the batch is taken up again."


@pytest.fixture
def left(plant, good_car):
    """The plant's only car has left and its batch is completed."""
    release(plant.batch)
    close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
    deliver(good_car)
    return plant.batch


@pytest.fixture
def failed(plant, left):
    """A late fail has taken it up again."""
    item = plant.posted("CRS-EOL", measurements=changed_value("CRS-EOL", "SQUIB", "9.9"))
    record_inspection(posted=item, rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=left.pk, at=AT)
    return left


def page(client, batch):
    return client.get(f"/batches/{batch.number}/").context


def row(client, batch, **narrowed):
    rows = client.get("/batches/", narrowed).context["rows"]
    return next((found for found in rows if found.batch.number == batch.number), None)


def test_its_page_says_since_when_and_what_that_means(engineer, left):
    context = page(engineer, left)
    assert context["heading"] == f"Batch {left.number} is completed: its one car has left"
    assert context["completion"].text == (
        f"Completed since 2026-11-23 08:00: every car has left, and nothing stands against any of them. {LATE}"
    )
    assert context["completion"].keeping == ()
    assert "Completed: 1 delivered; nothing is open." in str(context["history"])


def test_in_chinese(engineer, left):
    engineer.cookies["django_language"] = "zh-hans"
    assert page(engineer, left)["heading"] == f"批次{left.number}已完成：1台车全部已出厂"
    assert row(engineer, left).word == "已完成"


def test_lists_say_it_and_today_lists_it_no_more(engineer, plant, left):
    found = row(engineer, left)
    assert (found.status, found.word, found.under) == (
        "quiet", "Completed", "every car has left; since 2026-11-23 08:00",
    )  # fmt: skip
    assert "testing closed" not in found.drawn
    other = make_batch("SU7-2026W47-04", configuration=plant.configuration)
    assert [each.batch.number for each in engineer.get("/").context["rows"]] == [other.number]


def test_the_list_is_narrowed_to_completed_ones_and_handed_out(engineer, plant, left):
    other = make_batch("SU7-2026W47-04", configuration=plant.configuration)
    assert (row(engineer, left, status="completed") is not None, row(engineer, other, status="completed")) == (
        True,
        None,
    )
    handed = engineer.get("/batches/", {"status": "completed", "export": "batches.csv"})
    text = b"".join(handed.streaming_content).decode() if handed.streaming else handed.content.decode()
    assert ("2026-11-23T08:00:00+08:00" in text, other.number in text) == (True, False)


def test_taken_up_it_says_what_keeps_it_and_is_listed_again(engineer, failed):
    context = page(engineer, failed)
    assert context["heading"] == f"Batch {failed.number}: 1 of 1 cars is not clear"
    assert context["completion"].text == (
        "Testing is closed. The batch completes by itself once nothing of this keeps it:"
    )
    assert context["completion"].keeping == (
        "1 nonconformance is open",
        "1 car that has left has a gate that has not passed",
    )
    assert "Taken up again, no longer completed" in str(context["history"])
    assert [each.word for each in engineer.get("/").context["rows"]] == ["Flagged"]
    assert row(engineer, failed, status="completed") is None


def test_an_open_batch_says_nothing_of_its_end_and_a_closed_one_counts_its_cars(engineer, plant, good_car):
    make_vehicle(plant.batch)
    assert page(engineer, plant.batch)["completion"] is None
    close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
    assert page(engineer, plant.batch)["completion"].keeping == ("2 cars are in the plant",)


@pytest.mark.parametrize(
    ("cars", "heading", "under"),
    [
        ([], "no car is in it", "no car is in it"),
        (["scrapped"], "no car of it is meant for a customer", "no car of it is meant for a customer"),
    ],
)
def test_one_that_no_car_left_says_so(engineer, plant, cars, heading, under):
    batch = make_batch("B-2", configuration=plant.configuration)
    for what in cars:
        become(make_vehicle(batch), what)
    assert close_batch(batch=batch, actor=SYSTEM, at=AT).status == "completed"
    assert page(engineer, batch)["heading"] == f"Batch B-2 is completed: {heading}"
    assert row(engineer, batch).under == f"{under}; since 2026-11-23 08:00"


def test_one_of_which_some_were_scrapped_counts_who_left(engineer, plant, good_car):
    become(make_vehicle(plant.batch), "scrapped")
    release(plant.batch)
    close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
    deliver(good_car)
    assert row(engineer, plant.batch).under == "1 of 2 cars has left, the others never will; since 2026-11-23 08:00"
    assert page(engineer, plant.batch)["completion"].text.startswith(
        "Completed since 2026-11-23 08:00: 1 of 2 cars has left, the others never will; nothing is open. "
    )


@pytest.mark.law(1)
def test_law_1_while_something_about_it_is_undecided_it_is_not_said_to_be_in_order(engineer, plant, left):
    record_inspection(posted=plant.posted("CRS-EOL"), rig=plant.rig, actor=plant.rig_actor, at=AT)
    assert (row(engineer, left).word, page(engineer, left)["heading"]) == (
        "Pending",
        f"Batch {left.number}: 1 of 1 cars is not clear",
    )


def test_who_holds_it_is_told_beforehand_that_it_is_taken_up(engineer, plant, left):
    told = "The batch is completed: it is taken up again while the hold stands."
    assert told in engineer.get("/holds/place/", {"batch": left.number}).content.decode()
    place_hold(batch=left, vehicle=None, reason="leaks", actor=make_engineer(), at=AT)
    assert told not in engineer.get("/holds/place/", {"batch": left.number}).content.decode()
    assert page(engineer, left)["completion"].keeping == ("1 hold of a person stands",)


def test_its_page_costs_no_statement_more_and_that_of_a_closed_one_a_single_one(engineer, plant, left):
    def count(batch):
        page(engineer, batch)
        with CaptureQueriesContext(connection) as captured:
            page(engineer, batch)
        return len([query for query in captured if "cars.here" in query["sql"]])

    closed = make_batch("B-2", configuration=plant.configuration)
    make_vehicle(closed)
    close_batch(batch=closed, actor=SYSTEM, at=AT)
    assert (count(left), count(closed)) == (0, 1)


def test_the_admin_shows_it_and_changes_nothing(sign_in, left):
    from inspections.people.models import User

    admin = User.objects.create_superuser("root", password="a long password")
    from django.test import Client

    client = Client()
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    listed = client.get("/admin/inspections/batch/", {"status__exact": "completed"})
    assert (listed.status_code, left.number in listed.content.decode()) == (200, True)
    address = f"/admin/inspections/batch/{left.pk}/change/"
    shown = client.get(address).content.decode()
    assert ("Completed at" in shown or "completed at" in shown.lower(), 'name="status"' in shown) == (True, False)
    client.post(address, {"status": "open"})
    left.refresh_from_db()
    assert left.status == "completed"
