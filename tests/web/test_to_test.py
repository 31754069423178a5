"""What is to be tested is told where inspectors look, and a retest that leaves out what is still good says so."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.catalogue.models import Characteristic
from inspections.catalogue.queries import forget_requirements
from inspections.dispositions.answering import record_rework
from inspections.dispositions.models import Nonconformance
from inspections.evaluation.reasons import Outcome
from inspections.gates.queries import clearance
from inspections.gates.services import decide_batch
from inspections.results.models import Inspection
from inspections.results.services import change_software, record_inspections
from tests import factories
from tests.factories import AT, changed_value, make_engineer, make_vehicles, mes_actor
from tests.web.entry_pages import address, draw, name_of

BMS = [{"system": "BMS", "version": "2.0"}]


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def rows(client, path="/entry/"):
    return [(row.where, row.said, row.never, row.url, row.act) for row in client.get(path).context["rows"]]


@pytest.fixture
def reworked(plant, good_car, record, clock):
    """A car whose bonding at the pack failed and was reworked; the rework asks for the insulation again, too."""
    failing = changed_value("BAT-EOL", "BOND", Decimal("0.2"), position="pack")
    record(plant.posted(measurements=failing, software=BMS, finished_at=AT - timedelta(seconds=30)))
    record_rework(
        nonconformance=Nonconformance.objects.get(), what="Joint cleaned", done_at=clock.go(minutes=1),
        repeats=["ISO"], actor=make_engineer(), at=clock.go(minutes=1),
    )  # fmt: skip
    decide_batch(batch_id=plant.batch.pk, at=clock.go(seconds=1))
    clock.go(minutes=5)
    return good_car


@pytest.fixture
def flashed(plant, good_car, clock):
    """A car that runs software which its plan never accepts."""
    Characteristic.objects.filter(code="ADAS-SW").update(software_system="ADAS")
    forget_requirements()
    at = clock.go(minutes=1)
    change_software(vehicle=plant.vehicle, changes=[("ADAS", "4.11")], changed_at=at, actor=mes_actor(), at=at)
    decide_batch(batch_id=plant.batch.pk, at=at)
    return good_car


def test_a_reworked_car_is_the_inspectors_first_task_and_stands_above_the_field(inspector, plant, reworked):
    form = f"/entry/{reworked.vin}/BAT-EOL/"
    told = (f"Car 1 of {plant.batch.number}", "BAT-EOL again after rework.", "", form, "Record it")
    assert rows(inspector) == [told]
    task, _age, word, _act = inspector.get("/").context["tasks"][0]
    said = "".join(part.text for part in task.parts)
    assert (word, said, task.url, task.act) == ("To test", f"{told[0]}: {told[1]}", form, "Record it")


def test_cars_that_miss_the_same_are_one_row_that_leads_to_their_list(inspector, plant):
    make_vehicles(plant.batch, 11)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    where, said, _never, url, act = rows(inspector)[0]
    assert (where, said, act) == (f"12 cars of {plant.batch.number}", "results of BAT-EOL are missing.", "See the cars")
    page = inspector.get(url)
    assert [car.sequence for car, _words, _never in page.context["cars"]] == list(range(1, 13))
    assert f'href="/entry/{plant.vehicle.vin}/BAT-EOL/"' in page.content.decode()
    assert len(rows(inspector, f"/entry/to-test/{plant.batch.number}/")) == 3


def test_a_list_of_more_than_a_page_goes_on(inspector, plant):
    make_vehicles(plant.batch, 101)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    url = rows(inspector)[0][3]
    first = inspector.get(url)
    assert (len(first.context["cars"]), first.context["pager"].next_url) == (100, f"{url}&after=100")
    assert [car.sequence for car, *_ in inspector.get(f"{url}&after=100").context["cars"]] == [101, 102]


@pytest.mark.parametrize(
    "query", ["?procedure=NO-SUCH&why=stale", "?procedure=BAT-EOL&why=x", "?procedure=%00&why=stale", "x/", "%00/"]
)
def test_a_list_of_nothing_known_is_not_found(inspector, plant, query):
    base = f"/entry/to-test/{plant.batch.number}/"
    assert inspector.get(base + query if query.startswith("?") else f"/entry/to-test/{query}").status_code == 404


def test_cars_with_missing_results_can_be_listed_on_the_batch(inspector, plant, good_car):
    other = factories.make_vehicle(plant.batch)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    page = inspector.get(f"/batches/{plant.batch.number}/?cars=missing")
    assert [line.row.vin for line in page.context["cars"]] == [other.vin]


def test_the_nonconformance_of_a_reworked_car_leads_to_its_form(engineer, reworked):
    page = engineer.get(f"/nonconformances/{Nonconformance.objects.get().number}/")
    assert page.context["record_url"] == f"/entry/{reworked.vin}/BAT-EOL/"
    assert "An inspector records the test again" in words(page)


def test_the_page_of_a_car_says_what_is_to_be_measured_again_and_why(inspector, reworked):
    page = inspector.get(f"/entry/{reworked.vin}/")
    assert "1 procedure has to be measured again" in words(page)
    assert [(offer.procedure.code, offer.again) for offer in page.context["planned"] if offer.again] == [
        ("BAT-EOL", ("to repeat after rework",))
    ]


# Leaving out what is still good


def test_the_form_sets_apart_what_is_still_good(inspector, plant, reworked):
    page = inspector.get(address(plant))
    asked = {item.row.slot.label for section in page.context["asked"] for item in section.items}
    good = {item.row.slot.label for section in page.context["good"] for item in section.items}
    assert (asked, good) == ({"BOND, pack", "ISO"}, {"BOND, charge-port", "HVIL"})
    assert "2 values are still good: left empty, their earlier results stay." in words(page)


def test_a_retest_of_what_was_asked_makes_the_car_clear_and_says_that_the_rest_stays(inspector, plant, reworked, clock):
    sent = {**draw(inspector, plant), name_of("BOND", "pack"): "0.040", name_of("ISO"): "812"}
    saved = inspector.post(address(plant), sent)
    assert saved.status_code == 302
    said = inspector.get(saved["Location"]).context["said"]
    assert (said.heading, said.status.value) == ("Recorded: 2 values pass, 2 were left out", "pending")
    assert "Whether earlier results stand for what was left out is being decided." in said.words
    decide_batch(batch_id=plant.batch.pk, at=clock.now)
    page = inspector.get(saved["Location"])
    assert page.context["said"].words == (
        "For what was left out, the earlier results stay.",
        "The car is clear now.",
    )
    assert clearance(vin=reworked.vin, at=clock.now).clear is True
    assert Outcome(Inspection.objects.latest("pk").verdict) is Outcome.INDETERMINATE
    life = words(inspector.get(f"/vehicles/{reworked.vin}/"))
    assert "Measured in part" in life


@pytest.mark.law(1)
def test_what_was_asked_again_cannot_be_left_out_unsaid_and_stays_open(inspector, plant, reworked, clock):
    sent = {**draw(inspector, plant), name_of("BOND", "pack"): "0.040"}
    refused = inspector.post(address(plant), sent)
    assert (refused.status_code, [slot.code for slot in refused.context["form"].empty]) == (422, ["ISO"])
    saved = inspector.post(address(plant), {**sent, "without_empty": "on"})
    decide_batch(batch_id=plant.batch.pk, at=clock.now)
    said = inspector.get(saved["Location"]).context["said"]
    assert (said.heading, said.status.value) == ("Recorded: 1 value passes, 3 were left out", "missing")
    assert said.words == ("1 value that was left out has no result that counts.", "The car is not clear yet.")
    assert clearance(vin=reworked.vin, at=clock.now).clear is False


@pytest.mark.law(1)
def test_what_fell_since_the_form_was_drawn_is_asked_for_when_it_is_saved(inspector, plant, reworked, clock):
    sent = {**draw(inspector, plant), name_of("BOND", "pack"): "0.040", name_of("ISO"): "812"}
    record_inspections(
        items=[plant.posted(measurements=changed_value("BAT-EOL", "HVIL", False), software=BMS,
                            finished_at=clock.now)],
        rig=plant.rig, actor=plant.rig_actor, at=clock.now,
    )  # fmt: skip
    refused = inspector.post(address(plant), sent)
    assert (refused.status_code, {slot.code for slot in refused.context["form"].empty}) == (422, {"BOND", "HVIL"})


def test_where_everything_is_good_the_form_says_so_and_sets_nothing_apart(inspector, plant, good_car):
    page = inspector.get(address(plant))
    assert (page.context["all_good"], page.context["good"]) == (True, [])


def test_positions_of_a_characteristic_stand_under_one_heading(inspector, plant):
    found = [(section.slot.heading, len(section.items)) for section in inspector.get(address(plant)).context["asked"]]
    assert found == [("BOND", 2), ("ISO", 1), ("HVIL", 1)]


def test_failed_values_come_first_on_the_page_of_what_was_recorded(inspector, plant, record):
    record(plant.posted(measurements=changed_value("BAT-EOL", "HVIL", False), software=BMS))
    page = inspector.get(f"/entry/recorded/{Inspection.objects.get().pk}/")
    assert [row.said.status.value for row in page.context["rows"]] == ["fail", "pass", "pass", "pass"]
    assert b"autofocus" not in page.content


# Software that the plan never accepts


def test_a_car_that_can_only_fail_is_told_on_its_form_its_pages_and_its_batch(inspector, engineer, plant, flashed):
    said = "The plan asks 4.10; this car has ADAS 4.11: set it back, or revise the plan."
    assert [(never, act) for _where, _said, never, _url, act in rows(inspector)] == [(said, "See the car")]
    assert any("DRV-EOL" in part.text for task, *_ in engineer.get("/").context["tasks"] for part in task.parts)
    marks = {
        item.row.slot.code: item.marked.never
        for section in inspector.get(address(plant, "DRV-EOL")).context["asked"]
        for item in section.items
    }
    assert marks == {"BRAKE": "", "ADAS-SW": said}
    for path in (f"/batches/{plant.batch.number}/", f"/vehicles/{flashed.vin}/"):
        assert "The plan asks 4.10; the car has ADAS 4.11." in words(inspector.get(path))


# What it costs


@pytest.mark.parametrize("path", ["/entry/", "/"])
def test_the_rows_cost_the_same_for_one_car_and_for_three(inspector, plant, path):
    counts = []
    for cars in (0, 2):
        if cars:
            make_vehicles(plant.batch, cars)
        decide_batch(batch_id=plant.batch.pk, at=AT)
        inspector.get(path)
        with CaptureQueriesContext(connection) as found:
            inspector.get(path)
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_the_list_of_cars_costs_the_same_for_one_and_for_three(inspector, plant):
    counts = []
    for cars in (0, 2):
        if cars:
            make_vehicles(plant.batch, cars)
        decide_batch(batch_id=plant.batch.pk, at=AT)
        url = f"/entry/to-test/{plant.batch.number}/?procedure=BAT-EOL&why=missing"
        inspector.get(url)
        with CaptureQueriesContext(connection) as found:
            inspector.get(url)
        counts.append(len(found))
    assert counts[0] == counts[1]
