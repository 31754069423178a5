"""A vehicle leaves the plant by the word of the MES, or it stays and the answer says why."""

from datetime import timedelta

import pytest

from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.records.models import LedgerEntry
from inspections.releases.models import Delivery
from inspections.releases.services import propose_release, sign_release
from tests.factories import AT, changed_value, make_person
from tests.signing import shown

NOW = AT + timedelta(hours=1)
LEFT = "2026-11-23T08:30:00+08:00"
LEFT_IN_UTC = "2026-11-23T00:30:00Z"


@pytest.fixture(autouse=True)
def _nine_o_clock(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def plant(standing_plant):
    return standing_plant


@pytest.fixture
def record(plant):
    from inspections.gates.services import decide_batch
    from inspections.results.services import record_inspections

    def run(*items):
        record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=AT)
        decide_batch(batch_id=plant.batch.pk, at=AT)

    return run


@pytest.fixture
def good_car(plant, record):
    record(
        plant.posted("BAT-EOL", software=[{"system": "BMS", "version": "2.0"}]),
        plant.posted("DRV-EOL", software=[{"system": "ADAS", "version": "4.10"}]),
        plant.posted("CRS-EOL"),
    )
    return plant.vehicle


@pytest.fixture
def release(good_car):
    officers = [make_person(Role.RELEASE_OFFICER) for _ in range(2)]
    found = propose_release(batch=good_car.batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=AT)
    for officer in officers:
        sign_release(release=found, signer=officer, password="a long password", seen=shown(found, AT), at=AT)
    return found


def deliver(machine, vehicle, body=None):
    return machine.post(f"/api/v1/vehicles/{vehicle.vin}/delivery/", {"at": LEFT} if body is None else body)


def status_of(vehicle):
    vehicle.refresh_from_db()
    return vehicle.status, Delivery.objects.count()


def test_a_released_car_leaves_once_and_told_again_the_first_delivery_stands(mes, good_car, release):
    answer = {
        "vin": good_car.vin,
        "batch": good_car.batch.number,
        "release": release.number,
        "delivered_at": LEFT_IN_UTC,
        "concessions": [],
    }
    first = deliver(mes, good_car)
    assert (first.status_code, first.json()) == (201, answer)
    again = deliver(mes, good_car, {"at": "2026-11-23T08:45:00+08:00"})
    assert (again.status_code, again.json()) == (200, answer)
    assert status_of(good_car) == ("delivered", 1)
    acts = LedgerEntry.objects.filter(act="vehicle.delivered").values_list("actor", "subject", "after")
    assert list(acts) == [
        ("MES", good_car.vin, {"delivered_at": "2026-11-23T00:30:00+00:00", "release": release.number})
    ]


def test_a_clear_car_that_nobody_released_stays_and_the_answer_says_so(mes, good_car):
    response = deliver(mes, good_car)
    assert (response.status_code, response.headers["Content-Type"]) == (409, "application/problem+json")
    assert response.json() == {
        "type": "/api/docs/#may_not_leave",
        "title": "Conflict",
        "status": 409,
        "code": "may_not_leave",
        "detail": f"{good_car.vin} may not leave.",
        "reasons": [
            {
                "code": "not_released",
                "gate": None,
                "characteristic": None,
                "position": None,
                "subject": good_car.vin,
                "found": None,
                "required": None,
                "clears_when": "Clears when signed.",
            }
        ],
    }
    assert status_of(good_car) == ("in_process", 0)


def test_the_reasons_are_those_of_the_clearance(mes, plant, record, good_car, release):
    record(plant.posted("CRS-EOL", id="later", measurements=changed_value("CRS-EOL", "SQUIB", "9.9")))
    response = deliver(mes, good_car)
    clearance = mes.get(f"/api/v1/vehicles/{good_car.vin}/clearance/").json()
    assert (response.status_code, response.json()["reasons"]) == (409, clearance["reasons"])
    assert {reason["code"] for reason in clearance["reasons"]} >= {"measurement_failed", "release_suspended"}
    assert status_of(good_car) == ("released", 0)


@pytest.mark.parametrize(
    "at, code",
    [
        ("2026-11-23T01:05:00.001Z", "in_future"),
        ("2026-11-22T23:59:59.999Z", "before_release"),
    ],
)
def test_a_moment_at_which_it_cannot_have_left_is_422(mes, good_car, release, at, code):
    response = deliver(mes, good_car, {"at": at})
    assert response.status_code == 422
    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == [("/at", code)]
    assert status_of(good_car) == ("released", 0)


@pytest.mark.parametrize("at", ["2026-11-23T01:05:00Z", "2026-11-23T00:00:00Z"])
def test_five_minutes_ahead_and_the_moment_of_the_release_are_taken(mes, good_car, release, at):
    response = deliver(mes, good_car, {"at": at})
    assert (response.status_code, response.json()["delivered_at"]) == (201, at)


@pytest.mark.parametrize(
    "body, expected",
    [
        ({"at": "2026-11-23T08:30:00"}, [("/at", "form")]),
        ({"at": None}, [("/at", "null")]),
        ({"at": 5}, [("/at", "type")]),
        ({}, [("/at", "required")]),
        ({"at": LEFT, "force": True}, [("/force", "unknown")]),
    ],
)
def test_a_body_that_cannot_be_read_is_400_with_a_pointer(mes, good_car, release, body, expected):
    response = deliver(mes, good_car, body)
    assert response.status_code == 400
    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == expected
    assert status_of(good_car) == ("released", 0)


def test_a_rig_may_not_deliver(rig, good_car, release):
    assert (deliver(rig, good_car).status_code, status_of(good_car)) == (403, ("released", 0))


def test_a_vehicle_that_is_not_registered_is_404(mes):
    response = mes.post("/api/v1/vehicles/LXM1A2B30TA999999/delivery/", {"at": LEFT})
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
