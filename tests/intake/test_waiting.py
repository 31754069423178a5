"""What waits for its vehicle is recorded by itself when that is registered, once, and blocks it until then."""

from typing import Any

import pytest

from inspections.evaluation.reasons import Outcome
from inspections.intake.models import Kept
from inspections.intake.services import record_waiting
from inspections.marks.models import Mark
from inspections.results.models import Inspection
from inspections.results.services import withdraw_authorisation
from tests.factories import AT, Plant, make_engineer, make_vehicle, vin
from tests.intake.posting import body, send


def wait(plant: Plant, number: int = 900, **changed: Any) -> None:
    assert send(plant, body(plant, vin=vin(number), **changed)).status == 202


def test_it_is_recorded_when_the_vehicle_is_registered(plant: Plant) -> None:
    wait(plant)
    assert record_waiting(at=AT) == 0
    car = make_vehicle(plant.batch, vin=vin(900))
    Mark.objects.all().delete()
    assert record_waiting(at=AT) == 1
    row = Inspection.objects.get()
    assert (row.vehicle, row.external_id, row.verdict) == (car, "EOL3-1", Outcome.PASS)
    kept = Kept.objects.get()
    assert (kept.state, kept.inspection_id, kept.settled_at) == ("recorded", row.pk, AT)
    assert set(Mark.objects.values_list("vehicle_id", "domain")) == {(car.pk, "battery"), (car.pk, "")}


def test_it_is_recorded_once(plant: Plant) -> None:
    wait(plant)
    make_vehicle(plant.batch, vin=vin(900))
    assert [record_waiting(at=AT), record_waiting(at=AT)] == [1, 0]


def test_only_named_vehicles_are_looked_at_where_some_are_named(plant: Plant) -> None:
    wait(plant, 900, id="1")
    wait(plant, 901, id="2")
    make_vehicle(plant.batch, vin=vin(900))
    make_vehicle(plant.batch, vin=vin(901))
    assert record_waiting(at=AT, vins=[vin(901)]) == 1
    assert Inspection.objects.get().external_id == "2"


def test_posting_it_again_after_registration_records_it_and_settles_what_waited(plant: Plant) -> None:
    wait(plant)
    make_vehicle(plant.batch, vin=vin(900))
    assert send(plant, body(plant, vin=vin(900))).status == 201
    assert Kept.objects.get().state == "recorded"
    assert record_waiting(at=AT) == 0


def test_what_the_rig_might_do_when_it_posted_is_what_counts(plant: Plant) -> None:
    wait(plant)
    make_vehicle(plant.batch, vin=vin(900))
    withdraw_authorisation(
        rig=plant.rig, procedure=plant.procedures["BAT-EOL"], effective_at=AT, reason="x", actor=make_engineer(), at=AT
    )
    assert record_waiting(at=AT) == 1


@pytest.mark.law(1)
def test_an_id_used_for_other_content_meanwhile_stays_with_a_person(plant: Plant) -> None:
    from inspections.results.services import record_inspection

    wait(plant)
    car = make_vehicle(plant.batch, vin=vin(900))
    record_inspection(posted=plant.posted(id="EOL3-1"), rig=plant.rig, actor=plant.rig_actor, at=AT)
    assert record_waiting(at=AT) == 0
    kept = Kept.objects.get()
    assert (kept.state, kept.status, kept.code, kept.vin) == ("open", 409, "id_conflict", car.vin)
    assert record_waiting(at=AT) == 0


def test_more_than_one_chunk_is_recorded(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspections.intake.waiting.CHUNK", 2)
    for number in range(5):
        wait(plant, id=str(number))
    make_vehicle(plant.batch, vin=vin(900))
    assert record_waiting(at=AT) == 5
