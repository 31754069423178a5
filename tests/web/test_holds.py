import re

import pytest

from inspections.dispositions.models import Hold
from inspections.gates.queries import clearance
from inspections.gates.services import decide_batch
from inspections.people.choices import Role
from inspections.records.models import LedgerEntry
from inspections.results.services import record_inspection
from tests.factories import AT, changed_value


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.ENGINEER, Role.RELEASE_OFFICER])
def test_a_car_is_held_with_a_reason_and_may_not_leave(plant, sign_in, role):
    client = sign_in(role)
    response = client.post(f"/holds/place/?vin={plant.vehicle.vin}", {"reason": " Scratch on the sill \r\n left "})
    assert (response.status_code, response["Location"]) == (302, f"/vehicles/{plant.vehicle.vin}/")
    hold = Hold.objects.get()
    assert (hold.vehicle, hold.batch, hold.reason, hold.source, hold.placed_at) == (
        plant.vehicle,
        plant.batch,
        "Scratch on the sill \n left",
        "person",
        AT,
    )
    assert "hold_active" in {reason.code for reason in clearance(vin=plant.vehicle.vin, at=AT).reasons}


def test_a_whole_batch_is_held_and_the_page_says_that_no_car_may_leave(plant, inspector):
    page = inspector.get(f"/holds/place/?batch={plant.batch.number}")
    assert "No car of the batch may leave until an engineer lifts the hold." in words(page)
    response = inspector.post(f"/holds/place/?batch={plant.batch.number}", {"reason": "Wrong bolts"})
    assert (response.status_code, response["Location"]) == (302, f"/batches/{plant.batch.number}/")
    assert list(Hold.objects.values_list("vehicle", "reason")) == [(None, "Wrong bolts")]


@pytest.mark.parametrize("reason", ["", "   ", "a\x00b", "a\x1bb", "a\u202eb", "y" * 1_000_000])
def test_a_hold_without_a_sound_reason_is_refused_and_keeps_what_was_typed(plant, inspector, reason):
    response = inspector.post(f"/holds/place/?vin={plant.vehicle.vin}", {"reason": reason})
    assert (response.status_code, Hold.objects.count()) == (422, 0)
    assert response.context["form"]["reason"].value() == reason


def test_an_engineer_lifts_a_hold_once_with_a_reason(plant, inspector, engineer):
    inspector.post(f"/holds/place/?vin={plant.vehicle.vin}", {"reason": "Scratch"})
    hold = Hold.objects.get()
    address = f"/holds/{hold.pk}/lift/"
    assert "Held by" in words(engineer.get(address))
    assert engineer.post(address, {"reason": ""}).status_code == 422
    assert engineer.post(address, {"reason": "Polished and looked at"}).status_code == 302
    hold.refresh_from_db()
    assert (hold.lifted_at, hold.lifted_reason) == (AT, "Polished and looked at")
    again = engineer.post(address, {"reason": "Once more"})
    assert again.status_code == 409
    assert "was lifted by" in words(again)
    assert [entry.reason for entry in LedgerEntry.objects.filter(act="hold.lifted")] == ["Polished and looked at"]


def test_the_hold_of_a_gate_cannot_be_lifted_by_hand(plant, engineer):
    posted = plant.posted("BAT-EOL", measurements=changed_value("BAT-EOL", "ISO", "1"))
    record_inspection(posted=posted, rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    hold = Hold.objects.get(code="measurement_failed")
    page = engineer.get(f"/holds/{hold.pk}/lift/")
    assert "A gate holds it; the hold lifts when its reason is gone" in words(page)
    assert b"<textarea" not in page.content
    assert engineer.post(f"/holds/{hold.pk}/lift/", {"reason": "I say so"}).status_code == 409
    hold.refresh_from_db()
    assert hold.lifted_at is None


@pytest.mark.parametrize("query", ["", "?vin=NONE", "?batch=NONE", "?vin=%00", "?batch=%00", "?vin=LXM%F0%28%8C%BC"])
def test_a_hold_of_nothing_is_not_found(plant, inspector, query):
    assert inspector.get(f"/holds/place/{query}").status_code == 404
    assert inspector.post(f"/holds/place/{query}", {"reason": "x"}).status_code == 404


@pytest.mark.parametrize("number", [1, 99999999999999999999])
def test_lifting_what_is_no_hold_is_not_found(plant, engineer, number):
    assert engineer.post(f"/holds/{number}/lift/", {"reason": "x"}).status_code == 404
