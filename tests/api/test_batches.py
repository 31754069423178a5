"""Batches opened, filled, closed and read by the MES."""

import json

import pytest

from inspections.batches.models import Batch, Vehicle
from inspections.records.models import LedgerEntry
from tests.factories import make_batch, make_configuration, make_plant, make_revision, make_vehicles, vin

BATCHES = "/api/v1/batches/"
NEW = {"number": "SU7-2026W48-01", "configuration": "SU7-MAX-CN", "planned_quantity": 3, "line": "L1"}
NOTHING_COUNTED = {"planned": 3, "registered": 0, "clear": 0, "held": 0, "released": 0, "delivered": 0}


def undecided(domain):
    return {
        "domain": domain,
        "state": "pending",
        "decided_at": None,
        "vehicles": {"passed": 0, "failed": 0, "pending": 0},
        "reasons": [],
    }


def opened(plan, revision):
    return {
        "number": "SU7-2026W48-01",
        "status": "open",
        "plan": {"code": plan, "revision": revision},
        "vehicles": NOTHING_COUNTED,
        "gates": [undecided("battery"), undecided("crash"), undecided("driving")],
    }


def pointers(response):
    return [(error["pointer"], error["code"]) for error in response.json()["errors"]]


def test_batch_is_opened_on_the_revision_in_force(mes):
    make_revision(make_configuration(), [])
    response = mes.post(BATCHES, NEW)
    assert (response.status_code, response.json()) == (201, opened("CP-SU7-MAX-CN", 1))


def test_batch_without_an_approved_revision_is_opened_and_pins_none(mes):
    make_configuration()
    response = mes.post(BATCHES, NEW)
    assert (response.status_code, response.json()) == (201, opened("", None))


def test_batch_sent_again_is_answered_200_and_changes_nothing(mes):
    make_configuration()
    first = mes.post(BATCHES, NEW)
    acts = LedgerEntry.objects.count()
    again = mes.post(BATCHES, NEW)
    assert (again.status_code, again.json()) == (200, first.json())
    assert (Batch.objects.count(), LedgerEntry.objects.count()) == (1, acts)


def test_batch_opened_otherwise_before_is_409_and_says_how(mes):
    make_configuration()
    mes.post(BATCHES, NEW)
    response = mes.post(BATCHES, {**NEW, "planned_quantity": 4})
    assert (response.status_code, response.json()) == (
        409,
        {
            "type": "/api/docs/#batch_conflict",
            "title": "Conflict",
            "status": 409,
            "code": "batch_conflict",
            "detail": "Batch SU7-2026W48-01 was opened with planned_quantity 3, not 4. Use another number.",
        },
    )


def test_configuration_that_the_catalogue_does_not_know_is_422(mes):
    response = mes.post(BATCHES, NEW)
    assert (response.status_code, response.json()["code"]) == (422, "unknown_configuration")
    assert pointers(response) == [("/configuration", "unknown")]


@pytest.mark.parametrize(
    "change, expected",
    [
        ({"number": ""}, ("/number", "blank")),
        ({"number": "A/B"}, ("/number", "pattern")),
        ({"number": "x" * 65}, ("/number", "too_long")),
        ({"number": None}, ("/number", "null")),
        ({"configuration": 7}, ("/configuration", "type")),
        ({"planned_quantity": 0}, ("/planned_quantity", "range")),
        ({"planned_quantity": 2**31}, ("/planned_quantity", "range")),
        ({"planned_quantity": "3"}, ("/planned_quantity", "type")),
        ({"planned_quantity": 3.5}, ("/planned_quantity", "type")),
        ({"planned_quantity": 10**4_000}, ("/planned_quantity", "range")),
        ({"line": "L1\x00"}, ("/line", "pattern")),
        ({"colour": "red"}, ("/colour", "unknown")),
    ],
)
def test_batch_that_cannot_be_read_is_400_with_a_pointer(mes, change, expected):
    response = mes.post(BATCHES, {**NEW, **change})
    assert (response.status_code, pointers(response)) == (400, [expected])
    assert Batch.objects.count() == 0


@pytest.mark.law(1)
@pytest.mark.parametrize("again", ["", ', "x": {"number": "A", "number": "B"}'])
def test_law_1_a_key_given_twice_is_refused_since_either_could_be_meant(mes, again):
    make_configuration()
    sent = json.dumps(NEW)[:-1] + (again or ', "number": "SU7-2026W48-02"') + "}"
    response = mes.post(BATCHES, sent.encode())
    assert (response.status_code, pointers(response)) == (400, [("", "duplicate_key")])
    assert "has the key 'number' twice" in response.json()["detail"]
    assert Batch.objects.count() == 0


def test_request_id_is_in_the_ledger(mes):
    make_configuration()
    mes.post(BATCHES, NEW, X_Request_ID="mes-417")
    entry = LedgerEntry.objects.get(act="batch.opened")
    assert (entry.actor_kind, entry.actor, entry.request_id) == ("client", "MES", "mes-417")


def test_batch_is_read_by_its_number(mes):
    make_configuration()
    first = mes.post(BATCHES, NEW)
    response = mes.get(BATCHES + NEW["number"] + "/")
    assert (response.status_code, response.json()) == (200, first.json())


@pytest.mark.parametrize("number", ["none", "%00", "%F0%9F%9A%97", "x" * 300, "..%2f"])
@pytest.mark.parametrize("method, rest", [("get", ""), ("post", "vehicles/"), ("post", "close/")])
def test_batch_that_does_not_exist_is_404(mes, number, method, rest):
    response = getattr(mes, method)(f"{BATCHES}{number}/{rest}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_batch_counts_by_code_and_names_its_subjects(mes):
    plant = make_plant()
    from inspections.gates.services import decide_batch
    from tests.factories import AT

    decide_batch(batch_id=plant.batch.pk, at=AT)
    found = mes.get(f"{BATCHES}{plant.batch.number}/").json()
    assert found["vehicles"] == {"planned": 20, "registered": 1, "clear": 0, "held": 0, "released": 0, "delivered": 0}
    assert found["gates"][0] == {
        "domain": "battery",
        "state": "pending",
        "decided_at": "2026-11-23T00:00:00Z",
        "vehicles": {"passed": 0, "failed": 0, "pending": 1},
        "reasons": [{"code": "missing_result", "count": 1, "subjects": [plant.vehicle.vin]}],
    }


class TestRegistering:
    def cars(self, *sequences, **more):
        return {"vehicles": [{"vin": vin(number), "sequence": number, **more} for number in sequences]}

    @pytest.fixture
    def address(self, db):
        make_revision(make_configuration(), [])
        return f"{BATCHES}{make_batch().number}/vehicles/"

    def test_vehicles_are_registered(self, mes, address):
        response = mes.post(
            address,
            self.cars(
                1,
                software=[{"system": "BMS", "version": "4.2.1"}],
                components=[{"kind": "battery-pack", "serial": "PK-1", "lot": "L-46"}],
            ),
        )
        assert (response.status_code, response.json()) == (
            201,
            {"batch": "SU7-2026W47-03", "registered": 1, "repeated": 0},
        )
        car = Vehicle.objects.get()
        assert (car.vin, car.sequence) == (vin(1), 1)
        assert list(car.software_changes.values_list("system", "version")) == [("BMS", "4.2.1")]
        assert list(car.fittings.values_list("component__serial", "component__lot")) == [("PK-1", "L-46")]

    def test_vehicles_sent_again_are_200_and_new_ones_beside_them_201(self, mes, address):
        mes.post(address, self.cars(1, 2))
        again = mes.post(address, self.cars(1, 2))
        assert (again.status_code, again.json()["registered"], again.json()["repeated"]) == (200, 0, 2)
        more = mes.post(address, self.cars(2, 3))
        assert (more.status_code, more.json()["registered"], more.json()["repeated"]) == (201, 1, 1)

    def test_vehicle_of_another_batch_is_409_and_says_which(self, mes, address):
        mes.post(address, self.cars(1))
        other = make_batch("SU7-2026W47-04")
        response = mes.post(f"{BATCHES}{other.number}/vehicles/", self.cars(1))
        assert (response.status_code, pointers(response)) == (409, [("/vehicles/0/vin", "vehicle_conflict")])
        assert response.json()["detail"] == f"{vin(1)} is registered in batch SU7-2026W47-03 at place 1."

    def test_vin_with_a_wrong_check_digit_is_422_and_nothing_is_registered(self, mes, address):
        body = self.cars(1, 2)
        body["vehicles"][1]["vin"] = "LXM1A2B3XTA000002" if vin(2)[8] != "X" else "LXM1A2B30TA000002"
        response = mes.post(address, body)
        assert (response.status_code, pointers(response)) == (422, [("/vehicles/1/vin", "vin_malformed")])
        assert Vehicle.objects.count() == 0

    def test_batch_that_is_closed_takes_no_vehicle(self, mes, address):
        mes.post(f"{BATCHES}SU7-2026W47-03/close/")
        response = mes.post(address, self.cars(1))
        assert (response.status_code, pointers(response)) == (409, [("/vehicles", "batch_closed")])

    @pytest.mark.parametrize(
        "body, expected",
        [
            ({}, [("/vehicles", "required")]),
            ({"vehicles": []}, [("/vehicles", "empty")]),
            ({"vehicles": {}}, [("/vehicles", "not_a_list")]),
            ({"vehicles": [1]}, [("/vehicles/0", "invalid")]),
            ({"vehicles": [{"vin": "short", "sequence": 1}]}, [("/vehicles/0/vin", "pattern")]),
            ({"vehicles": [{"vin": "LXM1A2B30TA000001"}]}, [("/vehicles/0/sequence", "required")]),
            (
                {"vehicles": [{"vin": "LXM1A2B30TA000001", "sequence": 1, "software": [{"system": "BMS"}]}]},
                [("/vehicles/0/software/0/version", "required")],
            ),
            (
                {"vehicles": [{"vin": "LXM1A2B30TA000001", "sequence": 1, "components": [{"kind": "a", "serial": 5}]}]},
                [("/vehicles/0/components/0/serial", "type")],
            ),
        ],
    )
    def test_vehicles_that_cannot_be_read_are_400_with_pointers(self, mes, address, body, expected):
        response = mes.post(address, body)
        assert (response.status_code, pointers(response)) == (400, expected)

    def test_no_answer_lists_more_than_a_hundred_errors(self, mes, address):
        response = mes.post(address, {"vehicles": [{}] * 200})
        assert response.json()["detail"] == "400 things in the request cannot be used."
        assert len(response.json()["errors"]) == 100


class TestClosing:
    def test_closing_turns_missing_into_failed_at_once(self, mes):
        plant = make_plant()
        response = mes.post(f"{BATCHES}{plant.batch.number}/close/")
        assert response.status_code == 200
        found = response.json()
        assert (found["status"], [gate["state"] for gate in found["gates"]]) == ("testing_closed", ["failed"] * 3)

    def test_closing_again_changes_nothing(self, mes):
        plant = make_plant()
        first = mes.post(f"{BATCHES}{plant.batch.number}/close/")
        acts = LedgerEntry.objects.count()
        again = mes.post(f"{BATCHES}{plant.batch.number}/close/")
        assert (again.status_code, again.json()) == (200, first.json())
        assert LedgerEntry.objects.count() == acts


class TestList:
    @pytest.fixture
    def numbers(self, db):
        make_configuration()
        return [make_batch(f"B-{place}", line="L1" if place < 3 else "L2").number for place in range(1, 6)]

    def test_batches_are_listed_newest_first_page_by_page(self, mes, numbers):
        seen, address = [], f"{BATCHES}?limit=2"
        while address:
            page = mes.get(address).json()
            assert set(page) == {"next", "results"}
            seen.append([batch["number"] for batch in page["results"]])
            address = page["next"]
        assert seen == [["B-5", "B-4"], ["B-3", "B-2"], ["B-1"]]

    def test_list_holds_the_same_as_the_batch_itself(self, mes, numbers):
        listed = mes.get(f"{BATCHES}?limit=1").json()["results"]
        assert listed == [mes.get(f"{BATCHES}B-5/").json()]

    @pytest.mark.parametrize(
        "query, expected",
        [
            ("line=L2", ["B-5", "B-4", "B-3"]),
            ("status=open&line=L1", ["B-2", "B-1"]),
            ("status=completed", []),
            ("configuration=SU7-MAX-CN&limit=1", ["B-5"]),
            ("configuration=YU7", []),
        ],
    )
    def test_batches_are_filtered(self, mes, numbers, query, expected):
        assert [batch["number"] for batch in mes.get(f"{BATCHES}?{query}").json()["results"]] == expected

    @pytest.mark.parametrize(
        "query, expected",
        [
            ("lime=L1", [("?lime", "unknown")]),
            ("status=shut", [("?status", "invalid_choice")]),
            ("line=L1&line=L2", [("?line", "repeated")]),
            ("line=", [("?line", "blank")]),
            ("line=%00", [("?line", "pattern")]),
            ("limit=0", [("?limit", "range")]),
            ("limit=101", [("?limit", "range")]),
            ("limit=1e1", [("?limit", "range")]),
            ("limit=%D9%A3", [("?limit", "range")]),
            ("cursor=!", [("?cursor", "unknown")]),
            ("cursor=0", [("?cursor", "unknown")]),
            ("cursor=1%0A", [("?cursor", "unknown")]),
            ("cursor=9999999999999999999", [("?cursor", "unknown")]),
            ("format=api", [("?format", "unknown")]),
        ],
    )
    def test_parameter_that_cannot_be_used_is_400_and_named(self, mes, numbers, query, expected):
        response = mes.get(f"{BATCHES}?{query}")
        assert (response.status_code, pointers(response)) == (400, expected)

    def test_list_takes_as_many_queries_for_three_batches_as_for_one(self, mes, django_assert_num_queries):
        make_configuration()
        make_vehicles(make_batch("B-1"), 1)
        with django_assert_num_queries(5):
            assert len(mes.get(BATCHES).json()["results"]) == 1
        make_vehicles(make_batch("B-2"), 2)
        make_vehicles(make_batch("B-3"), 3)
        with django_assert_num_queries(5):
            assert len(mes.get(BATCHES).json()["results"]) == 3


def test_batch_is_read_in_five_queries(mes, django_assert_num_queries):
    plant = make_plant()
    with django_assert_num_queries(5):
        mes.get(f"{BATCHES}{plant.batch.number}/")


@pytest.mark.law(8)
@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", BATCHES),
        ("POST", BATCHES),
        ("GET", BATCHES + "B-1/"),
        ("POST", BATCHES + "B-1/vehicles/"),
        ("POST", BATCHES + "B-1/close/"),
    ],
)
def test_rig_reads_and_writes_no_batch(rig, method, path):
    assert rig.call(method, path).status_code == 403
