"""Cars that wait because of a rig: listed from the rig and from the finding, those that have left first."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.gates.services import decide_batch
from inspections.marks.models import Mark
from inspections.results.services import enter_calibration, record_inspection, report_out_of_tolerance
from inspections.rigs.models import OutOfTolerance
from tests.factories import AT, become, make_batch, make_engineer, make_rig, make_vehicle, posted, rig_actor

HOUR = timedelta(hours=1)
SOFTWARE = [("ADAS", "4.10"), ("BMS", "2.0")]
FOUND = {"back_to": "2026-11-23T05:00", "found_at": "2026-11-23T08:00", "reason": "Drift"}


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def cars(plant):
    """Four cars whose battery the plant's rig measured: in process, released, delivered, and in another batch."""
    other = make_batch("SU7-2026W47-04", configuration=plant.configuration)
    found = [plant.vehicle, *(make_vehicle(plant.batch, software=SOFTWARE) for _ in range(2))]
    found.append(make_vehicle(other, software=SOFTWARE))
    for car in found:
        measure(plant, car)
    become(found[1], "released")
    become(found[2], "delivered")
    decide(plant)
    return found


def measure(plant, car, rig=None, at=AT - HOUR):
    item = posted(vin=car.vin, finished_at=at, software=[{"system": "BMS", "version": "2.0"}])
    record_inspection(posted=item, rig=rig or plant.rig, actor=rig_actor(rig or plant.rig), at=AT)


def decide(plant):
    for batch_id in set(Mark.objects.values_list("batch_id", flat=True)):
        decide_batch(batch_id=batch_id, at=AT)


def found_out(plant, back_to=AT - 3 * HOUR, found_at=AT):
    finding = report_out_of_tolerance(
        rig=plant.rig, back_to=back_to, found_at=found_at, reason="Drift", actor=make_engineer(), at=AT
    )
    decide(plant)
    return finding


def listed(response):
    return [(row["row"].vin, row["words"].partition(":")[0]) for row in response.context["rows"]]


def test_the_finding_lists_the_cars_that_it_makes_wait_those_that_have_left_first(plant, cars, inspector):
    finding = found_out(plant)
    response = inspector.get(f"/rigs/EOL-3/findings/{finding.pk}/")
    assert listed(response) == [(cars[place].vin, "waits") for place in (2, 1, 0, 3)]
    assert response.context["heading"] == "4 cars wait for another result, 1 of them has left"
    assert "1 car that waits is released and has not left; it may not leave." in words(response)


def test_reporting_it_leads_to_the_list(plant, cars, engineer):
    address = "/rigs/EOL-3/out-of-tolerance/"
    count = engineer.post(address, FOUND).context["count"]
    response = engineer.post(address, {**FOUND, "seen": count})
    assert (count, response.headers["Location"]) == (4, f"/rigs/EOL-3/findings/{OutOfTolerance.objects.get().pk}/")
    page = engineer.get(response.headers["Location"])
    assert {state for _, state in listed(page)} == {"being decided"}
    rig = engineer.get("/rigs/EOL-3/").content.decode()
    assert response.headers["Location"] in rig


def test_testing_again_on_a_good_rig_clears_a_car_and_nothing_else_does(plant, cars, inspector):
    finding = found_out(plant)
    good = make_rig("EOL-7", procedures=list(plant.procedures.values()))
    measure(plant, cars[0], good, at=AT - 2 * HOUR)
    measure(plant, cars[3], good, at=AT)
    enter_calibration(
        rig=plant.rig, certificate="LATE", valid_from=AT - 3 * HOUR, valid_until=AT + HOUR, actor=make_engineer(),
        at=AT,
    )  # fmt: skip
    decide(plant)
    address = f"/rigs/EOL-3/findings/{finding.pk}/"
    # An older test stands in for nothing: the latest one counts, and it is the rig's.
    assert [vin for vin, _ in listed(inspector.get(address))] == [cars[place].vin for place in (2, 1, 0)]
    every = listed(inspector.get(address + "?cars=all"))
    assert every[-1] == (cars[3].vin, "needs nothing")
    assert len(every) == 4


def test_it_is_narrowed_by_batch_and_state(plant, cars, inspector):
    address = f"/rigs/EOL-3/findings/{found_out(plant).pk}/"

    def vins(query):
        return [vin for vin, _ in listed(inspector.get(address + query))]

    assert vins("?batch=SU7-2026W47-04") == [cars[3].vin]
    assert vins("?status=delivered") == [cars[2].vin]
    assert vins("?status=released&batch=SU7-2026W47-04") == []
    assert len(vins("?status=nonsense")) == 4


def test_what_was_measured_outside_the_time_is_not_listed(plant, cars, inspector):
    finding = found_out(plant, back_to=AT - timedelta(minutes=30))
    assert listed(inspector.get(f"/rigs/EOL-3/findings/{finding.pk}/?cars=all")) == []


def test_what_it_measures_after_the_finding_waits_until_a_certificate_begins(plant, cars, inspector):
    """Reported late: it was found yesterday, and the rig went on measuring."""
    finding = found_out(plant, back_to=AT - 5 * HOUR, found_at=AT - 4 * HOUR)
    assert len(listed(inspector.get(f"/rigs/EOL-3/findings/{finding.pk}/"))) == 4


def test_the_rig_lists_the_cars_that_wait_for_its_certificate(plant, engineer):
    late = make_rig("EOL-8", procedures=list(plant.procedures.values()), calibrated=False)
    measure(plant, plant.vehicle, late)
    decide(plant)
    assert "1 car" in words(engineer.get("/rigs/EOL-8/"))
    assert listed(engineer.get("/rigs/EOL-8/cars/")) == [(plant.vehicle.vin, "waits")]
    enter_calibration(
        rig=late, certificate="LATE", valid_from=AT - 2 * HOUR, valid_until=AT + HOUR, actor=make_engineer(), at=AT
    )
    decide(plant)
    page = engineer.get("/rigs/EOL-8/cars/")
    assert (listed(page), page.context["heading"]) == ([], "No car waits because of this rig")


def test_every_page_of_a_long_list_is_reached(plant, cars, inspector, monkeypatch):
    monkeypatch.setattr("inspections.web.views.rig_cars.PAGE", 1)
    seen, address = [], f"/rigs/EOL-3/findings/{found_out(plant).pk}/"
    while address:
        response = inspector.get(address)
        seen += [vin for vin, _ in listed(response)]
        address = response.context["pager"].next_url
    assert seen == [cars[place].vin for place in (2, 1, 0, 3)]


@pytest.mark.parametrize("after", ["x", "3-1", "1", "1-x", "1-9999999999999999999"])
def test_a_page_that_there_is_not_is_said_so(plant, inspector, after):
    assert inspector.get(f"/rigs/EOL-3/cars/?after={after}").status_code == 404


def test_it_asks_as_much_for_one_car_as_for_four(plant, cars, inspector):
    def asked(address):
        with CaptureQueriesContext(connection) as found:
            assert inspector.get(address).status_code == 200
        return len(found)

    finding = found_out(plant)
    addresses = [f"/rigs/EOL-3/findings/{finding.pk}/", "/rigs/EOL-3/cars/"]
    asked(addresses[0])
    four = [asked(address) for address in addresses]
    one = [asked(f"{address}?batch=SU7-2026W47-04") for address in addresses]
    assert four == one
