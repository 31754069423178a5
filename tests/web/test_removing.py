"""The pages that take a car out of delivery: said beforehand, done once, answered for a nonconformance too."""

import re

import pytest

from inspections.batches.models import Removal
from inspections.dispositions.models import Disposition, Hold, Nonconformance
from inspections.gates.queries import clearance
from inspections.gates.services import decide_batch
from inspections.people.choices import Role
from inspections.results.services import FittedPart, fit_components, record_inspection
from tests.factories import AT, SYSTEM, become, changed_value, make_vehicle, posted

BAD = {"reason": "frame bent", "sure": "on"}


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def failed(plant):
    """The plant's car with one fail of its bonding, its nonconformance and its hold."""
    bad = plant.posted("BAT-EOL", measurements=changed_value("BAT-EOL", "BOND", "0.100", position="pack"))
    record_inspection(posted=bad, rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    return Nonconformance.objects.get()


def test_a_car_is_destroyed_for_a_named_test_after_its_effects_were_told(plant, engineer):
    address = f"/vehicles/{plant.vehicle.vin}/destroy/"
    assert f'href="{address}"' in engineer.get(f"/vehicles/{plant.vehicle.vin}/").content.decode()
    page = words(engineer.get(address))
    assert "It never leaves the plant. Nobody can take this back" in page
    assert f"Batch {plant.batch.number} then has no car for a customer: nothing of it leaves." in page
    sent = {"procedure": plant.procedures["CRS-EOL"].pk, **BAD}
    assert engineer.post(address, {**sent, "sure": ""}).status_code == 422
    assert engineer.post(address, {**sent, "procedure": ""}).status_code == 422
    assert engineer.post(address, {**sent, "procedure": "99999"}).status_code == 422
    assert not Removal.objects.exists()
    assert engineer.post(address, sent).status_code == 302
    assert Removal.objects.get().procedure == plant.procedures["CRS-EOL"]
    again = engineer.post(address, sent)
    assert (again.status_code, Removal.objects.count()) == (409, 1)
    page = engineer.get(address)
    assert "This car is destroyed for a test" in words(page)
    assert 'name="reason"' not in page.content.decode()
    car = engineer.get(f"/vehicles/{plant.vehicle.vin}/").content.decode()
    assert (f'href="{address}"' in car, "Destroyed for the test CRS-EOL: frame bent. It never leaves." in car) == (
        False,
        True,
    )


@pytest.mark.parametrize(
    ("status", "way", "said"),
    [
        ("released", "destroy", "is released: choose a car that nobody was promised."),
        ("delivered", "destroy", "has left the plant: there is nothing to take out of delivery."),
        ("delivered", "scrap", "has left the plant: there is nothing to take out of delivery."),
    ],
)
def test_what_cannot_be_taken_out_says_why_and_shows_no_form(plant, engineer, status, way, said):
    become(plant.vehicle, status)
    address = f"/vehicles/{plant.vehicle.vin}/{way}/"
    page = engineer.get(address)
    assert said in words(page)
    assert 'name="reason"' not in page.content.decode()
    sent = {"procedure": plant.procedures["CRS-EOL"].pk, **BAD}
    assert (engineer.post(address, sent).status_code, Removal.objects.count()) == (409, 0)


def test_scrapping_from_a_nonconformance_answers_its_fails_and_it_closes(plant, failed, engineer):
    address = f"/vehicles/{plant.vehicle.vin}/scrap/?nonconformance={failed.number}"
    assert f'href="{address}"' in engineer.get(f"/nonconformances/{failed.number}/").content.decode()
    assert "It answers the fails of its 1 open nonconformance" in words(engineer.get(address))
    assert engineer.post(address, BAD).status_code == 302
    assert (Removal.objects.get().nonconformance, Disposition.objects.get().kind) == (failed.number, "scrap")
    decide_batch(batch_id=plant.batch.pk, at=AT)
    failed.refresh_from_db()
    assert (failed.state, Hold.objects.filter(lifted_at__isnull=True).count()) == ("closed", 0)
    assert clearance(vin=plant.vehicle.vin, at=AT).clear is False
    assert "Answered by scrap" in words(engineer.get(f"/nonconformances/{failed.number}/"))


def test_a_fail_that_arrives_after_the_car_was_scrapped_is_answered_where_it_stands(plant, engineer):
    become(plant.vehicle, "scrapped")
    bad = plant.posted("BAT-EOL", measurements=changed_value("BAT-EOL", "BOND", "0.100"))
    record_inspection(posted=bad, rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    (number,) = Nonconformance.objects.values_list("number", flat=True)
    address = f"/nonconformances/{number}/scrap/"
    assert f'action="{address}"' in engineer.get(f"/nonconformances/{number}/").content.decode()
    assert engineer.post(address, {"reason": "it lies in the press"}).status_code == 302
    decide_batch(batch_id=plant.batch.pk, at=AT)
    assert Nonconformance.objects.get().state == "closed"


@pytest.mark.law(6)
def test_law_6_a_car_that_may_leave_yet_is_not_answered_by_scrap(plant, failed, engineer):
    response = engineer.post(f"/nonconformances/{failed.number}/scrap/", {"reason": "it lies in the press"})
    assert (response.status_code, Disposition.objects.count()) == (422, 0)
    assert "The car may leave yet" in words(response)


@pytest.mark.law(8)
def test_law_8_who_recorded_the_fail_does_not_scrap_it_away(plant, sign_in):
    client = sign_in(Role.ENGINEER)
    bad = plant.posted(
        "BAT-EOL", measurements=changed_value("BAT-EOL", "BOND", "0.100"), operator=client.person.personnel_number
    )
    record_inspection(posted=bad, rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    response = client.post(f"/vehicles/{plant.vehicle.vin}/scrap/", BAD)
    assert (response.status_code, Removal.objects.count()) == (409, 0)
    assert "You recorded this result yourself" in words(response)


@pytest.mark.law(6)
def test_law_6_a_part_that_failed_in_a_scrapped_car_fails_in_the_car_that_it_goes_to(plant, engineer):
    part = {"component": {"kind": "pack", "serial": "P-1"}}
    bad = posted("BAT-EOL", measurements=changed_value("BAT-EOL", "BOND", "0.100"), **part)
    record_inspection(posted=bad, rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    assert engineer.post(f"/vehicles/{plant.vehicle.vin}/scrap/", BAD).status_code == 302
    decide_batch(batch_id=plant.batch.pk, at=AT)
    assert set(Nonconformance.objects.values_list("state", flat=True)) == {"closed"}
    other = make_vehicle(plant.batch)
    fit_components(vehicle=plant.vehicle, removed=[("pack", "P-1")], changed_at=AT, actor=SYSTEM, at=AT)
    fit_components(vehicle=other, fitted=[FittedPart("pack", "P-1")], changed_at=AT, actor=SYSTEM, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    codes = {reason.code for reason in clearance(vin=other.vin, at=AT).reasons}
    assert "measurement_failed" in codes
    assert Nonconformance.objects.get(vehicle=other, state="open")


def test_a_car_for_nobody_is_said_once_and_its_batch_does_not_count_it_as_wrong(plant, engineer):
    become(plant.vehicle, "destroyed_for_test")
    other = make_vehicle(plant.batch)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    reasons = engineer.get(f"/vehicles/{plant.vehicle.vin}/").context["reasons"]
    assert [group.said.text for group in (*reasons.shown, *reasons.more)] == [
        "Car 1 is not meant for a customer: destroyed for a test."
    ]
    page = engineer.get(f"/batches/{plant.batch.number}/")
    assert [car.row.vin for car in page.context["cars"]] == [other.vin]
    assert "no reason given" not in words(page)
    listed = engineer.get(f"/batches/{plant.batch.number}/?cars=all").context["cars"]
    assert [(car.row.vin, car.also) for car in listed] == [(plant.vehicle.vin, "destroyed for a test"), (other.vin, "")]
