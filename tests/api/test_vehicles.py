"""Vehicles as the plant's systems see them."""

import pytest

from inspections.batches.models import Fitting, SoftwareChange
from inspections.gates.services import decide_batch
from inspections.records.models import LedgerEntry
from tests.factories import AT, make_vehicle

LATER = "2026-11-23T08:30:00+08:00"


def address(plant, rest):
    return f"/api/v1/vehicles/{plant.vehicle.vin}/{rest}/"


def pointers(response):
    return [(error["pointer"], error["code"]) for error in response.json()["errors"]]


class TestClearance:
    @pytest.mark.law(1)
    def test_vehicle_that_was_never_decided_is_not_clear(self, mes, plant):
        response = mes.get(address(plant, "clearance"))
        assert response.status_code == 200
        found = response.json()
        assert set(found) == {"vin", "batch", "clear", "may_leave", "decided_at", "valid_until", "reasons"}
        assert (found["vin"], found["batch"]) == (plant.vehicle.vin, plant.batch.number)
        assert (found["clear"], found["may_leave"], found["decided_at"]) == (False, False, None)
        assert [reason["code"] for reason in found["reasons"]] == ["evaluation_pending"]

    @pytest.mark.law(10)
    def test_every_reason_says_what_it_is_about_and_what_clears_it(self, mes, plant):
        decide_batch(batch_id=plant.batch.pk, at=AT)
        found = mes.get(address(plant, "clearance")).json()
        assert found["decided_at"] == "2026-11-23T00:00:00Z"
        missing = [reason for reason in found["reasons"] if reason["characteristic"] == "HVIL"]
        assert missing == [
            {
                "code": "missing_result",
                "gate": "battery",
                "characteristic": "HVIL",
                "position": None,
                "subject": plant.vehicle.vin,
                "found": None,
                "required": None,
                "clears_when": "Clears when one is recorded and passes.",
            }
        ]

    def test_what_clears_it_is_said_in_chinese_to_who_asks_so(self, mes, plant):
        decide_batch(batch_id=plant.batch.pk, at=AT)
        found = mes.get(address(plant, "clearance"), Accept_Language="zh-CN").json()
        assert {reason["clears_when"] for reason in found["reasons"] if reason["code"] == "missing_result"} == {
            "解除条件：补录且合格。"
        }

    @pytest.mark.parametrize("vin", ["LXM1A2B30TA999999", "lxm1a2b30ta999999", "short", "%00", "x" * 400, "总装"])
    def test_vehicle_that_is_not_registered_is_404(self, mes, plant, vin):
        response = mes.get(f"/api/v1/vehicles/{vin}/clearance/")
        assert (response.status_code, response.json()["code"]) == (404, "not_found")

    def test_clearance_takes_the_key_and_at_most_two_queries(self, mes, plant, django_assert_max_num_queries):
        decide_batch(batch_id=plant.batch.pk, at=AT)
        with django_assert_max_num_queries(3):
            mes.get(address(plant, "clearance"))

    def test_rig_may_not_ask(self, rig, plant):
        assert rig.get(address(plant, "clearance")).status_code == 403


class TestSoftware:
    BODY = {"at": LATER, "software": [{"system": "ADAS", "version": "4.11"}]}

    def test_change_is_recorded_once(self, mes, plant, monkeypatch):
        monkeypatch.setattr("django.utils.timezone.now", lambda: AT.replace(hour=1))
        response = mes.post(address(plant, "software"), self.BODY)
        answer = {"vin": plant.vehicle.vin, "batch": plant.batch.number, "recorded": True}
        assert (response.status_code, response.json()) == (201, answer)
        acts = LedgerEntry.objects.count()
        again = mes.post(address(plant, "software"), self.BODY)
        assert (again.status_code, again.json()) == (200, {**answer, "recorded": False})
        assert (SoftwareChange.objects.filter(version="4.11").count(), LedgerEntry.objects.count()) == (1, acts)

    def test_another_version_from_the_same_moment_on_is_409(self, mes, plant, monkeypatch):
        monkeypatch.setattr("django.utils.timezone.now", lambda: AT.replace(hour=1))
        mes.post(address(plant, "software"), self.BODY)
        response = mes.post(
            address(plant, "software"), {"at": LATER, "software": [{"system": "ADAS", "version": "5.0"}]}
        )
        assert (response.status_code, pointers(response)) == (409, [("/software/0", "software_conflict")])

    def test_change_in_the_future_is_422(self, mes, plant):
        response = mes.post(address(plant, "software"), {**self.BODY, "at": "2199-01-01T00:00:00Z"})
        assert (response.status_code, pointers(response)) == (422, [("/at", "in_future")])

    @pytest.mark.parametrize(
        "change, expected",
        [
            ({"at": "2026-11-23T08:30:00"}, [("/at", "form")]),
            ({"software": []}, [("/software", "empty")]),
            ({"software": [{"system": "ADAS", "version": ""}]}, [("/software/0/version", "blank")]),
            ({"software": [{"system": "x" * 65, "version": "1"}]}, [("/software/0/system", "too_long")]),
        ],
    )
    def test_change_that_cannot_be_read_is_400_with_a_pointer(self, mes, plant, change, expected):
        response = mes.post(address(plant, "software"), {**self.BODY, **change})
        assert (response.status_code, pointers(response)) == (400, expected)


class TestComponents:
    SWAP = {
        "at": LATER,
        "fitted": [{"kind": "pack", "serial": "P-2", "lot": "L-9"}],
        "removed": [{"kind": "pack", "serial": "P-1"}],
    }

    @pytest.fixture(autouse=True)
    def _nine_o_clock(self, monkeypatch):
        monkeypatch.setattr("django.utils.timezone.now", lambda: AT.replace(hour=1))

    def test_change_is_recorded_once(self, mes, plant):
        response = mes.post(address(plant, "components"), self.SWAP)
        answer = {"vin": plant.vehicle.vin, "batch": plant.batch.number, "recorded": True}
        assert (response.status_code, response.json()) == (201, answer)
        again = mes.post(address(plant, "components"), self.SWAP)
        assert (again.status_code, again.json()) == (200, {**answer, "recorded": False})
        assert list(Fitting.objects.order_by("pk").values_list("component__serial", "fitted")) == [
            ("P-1", True),
            ("P-1", False),
            ("P-2", True),
        ]

    def test_part_fitted_in_another_vehicle_is_409_and_says_in_which(self, mes, plant):
        other = make_vehicle(plant.batch, components=[("pack", "P-9")])
        response = mes.post(address(plant, "components"), {"at": LATER, "fitted": [{"kind": "pack", "serial": "P-9"}]})
        assert (response.status_code, pointers(response)) == (409, [("/fitted/0", "part_fitted_elsewhere")])
        assert response.json()["detail"] == f"pack P-9 is fitted in {other.vin}; report its removal there first."

    def test_part_that_is_not_in_the_vehicle_cannot_be_removed(self, mes, plant):
        response = mes.post(address(plant, "components"), {"at": LATER, "removed": [{"kind": "pack", "serial": "P-7"}]})
        assert (response.status_code, pointers(response)) == (409, [("/removed/0", "part_not_here")])

    @pytest.mark.parametrize(
        "change, expected",
        [
            ({"fitted": [], "removed": []}, [("", "empty")]),
            ({"fitted": [{"kind": "pack"}]}, [("/fitted/0/serial", "required")]),
            ({"removed": [{"kind": "pack", "serial": "P-1", "lot": "x"}]}, [("/removed/0/lot", "unknown")]),
            ({"removed": "P-1"}, [("/removed", "not_a_list")]),
        ],
    )
    def test_change_that_cannot_be_read_is_400_with_a_pointer(self, mes, plant, change, expected):
        response = mes.post(address(plant, "components"), {**self.SWAP, **change})
        assert (response.status_code, pointers(response)) == (400, expected)


@pytest.mark.parametrize("rest", ["software", "components"])
def test_change_of_a_vehicle_that_is_not_registered_is_404(mes, rest):
    response = mes.post(f"/api/v1/vehicles/LXM1A2B30TA999999/{rest}/", {"at": LATER})
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("rest", ["software", "components"])
def test_rig_may_not_change_a_vehicle(rig, plant, rest):
    assert rig.post(address(plant, rest), {}).status_code == 403
