"""Recording over HTTP: one finished test, or thousands, answered as the contract says."""

import gzip
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.intake.models import Kept
from inspections.results.models import Inspection
from inspections.rigs.services import issue_key
from tests.factories import AT, GOOD, make_vehicle

from .conftest import Machine

POST = "/api/v1/inspections/"
BULK = "/api/v1/inspections/bulk/"
NOW = AT


@pytest.fixture
def plant(standing_plant, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    return standing_plant


@pytest.fixture
def rig(plant, client):
    """The plant's own rig, which may carry out everything."""
    client.raise_request_exception = False
    return Machine(issue_key(rig=plant.rig, at=AT), plant.rig, client)


def body(plant, **changed):
    """A passing test of the plant's car, as a rig would write it."""
    sent = {
        "id": "EOL3-000417",
        "vin": plant.vehicle.vin,
        "procedure": "BAT-EOL",
        "started_at": "2026-11-23T07:58:20.120+08:00",
        "finished_at": "2026-11-23T07:59:00.877+08:00",
        "measurements": [
            {"characteristic": "BOND", "position": "charge-port", "value": "0.043", "unit": "ohm"},
            {"characteristic": "BOND", "position": "pack", "value": 0.040, "unit": "ohm"},
            {"characteristic": "ISO", "value": 812.0, "unit": "ohm/V"},
            {"characteristic": "HVIL", "value": True, "verdict": "pass"},
        ],
        **changed,
    }
    return {key: value for key, value in sent.items() if value is not ...}


def judged(characteristic, position=None, verdict="pass", reason=None):
    return {"characteristic": characteristic, "position": position, "verdict": verdict, "reason": reason}


def answered(plant, **changed):
    return {
        "id": "EOL3-000417",
        "subject": plant.vehicle.vin,
        "batch": plant.batch.number,
        "verdict": "pass",
        "measurements": [judged("BOND", "charge-port"), judged("BOND", "pack"), judged("HVIL"), judged("ISO")],
        "url": f"/api/v1/inspections/{Inspection.objects.latest('pk').pk}/",
        **changed,
    }


def by_name(answer):
    found = answer.json()
    found["measurements"].sort(key=lambda item: (item["characteristic"], item["position"] or ""))
    return found


def pointers(response):
    return [(error["pointer"], error["code"]) for error in response.json()["errors"]]


class TestOne:
    def test_finished_test_is_judged_and_recorded(self, rig, plant):
        response = rig.post(POST, body(plant))
        assert (response.status_code, by_name(response)) == (201, answered(plant))

    def test_same_content_again_is_200_with_the_same_body_and_records_nothing(self, rig, plant):
        first = rig.post(POST, body(plant))
        again = rig.post(POST, body(plant, started_at="2026-11-22T23:58:20.120Z"))
        assert (again.status_code, again.json()) == (200, first.json())
        assert Inspection.objects.count() == 1

    def test_other_content_under_the_id_is_409_and_kept(self, rig, plant):
        rig.post(POST, body(plant))
        response = rig.post(POST, body(plant, operator="0417"))
        assert (response.status_code, response.json()["code"]) == (409, "id_conflict")
        assert response.headers["Content-Type"] == "application/problem+json"
        assert Kept.objects.get().status == 409
        assert Inspection.objects.count() == 1

    def test_value_outside_of_its_limit_fails_and_says_so(self, rig, plant):
        measurements = [*body(plant)["measurements"][1:], {**body(plant)["measurements"][0], "value": 0.1}]
        response = rig.post(POST, body(plant, measurements=measurements))
        assert response.status_code == 201
        assert by_name(response)["verdict"] == "fail"
        assert by_name(response)["measurements"][0] == judged("BOND", "charge-port", "fail", "outside_limits")

    def test_bare_nan_is_recorded_as_indeterminate(self, rig, plant):
        sent = json.dumps(body(plant)).replace("812.0", "NaN").encode()
        response = rig.post(POST, sent)
        assert response.status_code == 201
        assert by_name(response)["verdict"] == "indeterminate"
        assert by_name(response)["measurements"][3]["verdict"] == "indeterminate"

    def test_characteristic_that_the_catalogue_does_not_know_is_kept_as_not_judged(self, rig, plant):
        extra = [*body(plant)["measurements"], {"characteristic": "X-RAY", "value": 1}]
        response = rig.post(POST, body(plant, measurements=extra))
        assert response.status_code == 201
        assert by_name(response)["measurements"][4] == judged(
            "X-RAY", verdict="not_judged", reason="unknown_characteristic"
        )

    def test_component_that_is_not_fitted_is_recorded_and_not_judged(self, rig, plant):
        response = rig.post(POST, body(plant, vin=..., component={"kind": "pack", "serial": "P-77"}))
        assert response.status_code == 201
        assert (response.json()["subject"], response.json()["batch"], response.json()["verdict"]) == (
            "pack P-77",
            None,
            "not_judged",
        )

    def test_vehicle_that_is_not_registered_is_202_and_again_202(self, rig, plant):
        waiting = body(plant, vin="LXM1A2B35TA999999")
        for _ in range(2):
            response = rig.post(POST, waiting)
            assert (response.status_code, response.json()) == (202, {"id": "EOL3-000417", "status": "waiting"})
        assert (Inspection.objects.count(), Kept.objects.count()) == (0, 1)

    @pytest.mark.parametrize(
        "changed, code",
        [
            ({"procedure": "NONE"}, "unknown_procedure"),
            ({"finished_at": "2026-11-23T08:05:01+08:00"}, "finished_in_future"),
            ({"started_at": "2026-11-23T07:59:30+08:00"}, "finished_before_started"),
        ],
    )
    def test_test_that_cannot_be_so_is_422_and_kept(self, rig, plant, changed, code):
        response = rig.post(POST, body(plant, **changed))
        assert (response.status_code, response.json()["code"]) == (422, code)
        assert list(Kept.objects.values_list("status", "code", "vin")) == [(422, code, plant.vehicle.vin)]

    def test_rig_without_authorisation_is_422(self, machine, plant):
        response = machine(rig="OTHER").post(POST, body(plant))
        assert (response.status_code, response.json()["code"]) == (422, "rig_not_authorised_now")

    @pytest.mark.parametrize(
        "changed, expected",
        [
            ({"id": ...}, ("/id", "missing")),
            ({"id": ""}, ("/id", "blank")),
            ({"id": "x" * 129}, ("/id", "too_long")),
            ({"id": "a\x00b"}, ("/id", "control_character")),
            ({"vin": "short"}, ("/vin", "vin_malformed")),
            ({"vin": ...}, ("", "subject")),
            ({"component": {"kind": "pack", "serial": "P-1"}}, ("", "subject")),
            ({"started_at": "2026-11-23T07:58:20"}, ("/started_at", "no_offset")),
            ({"finished_at": "noon"}, ("/finished_at", "bad_time")),
            ({"purpose": "again"}, ("/purpose", "not_a_choice")),
            ({"measurements": {}}, ("/measurements", "wrong_type")),
            ({"measurements": [{"characteristic": "ISO", "value": [1]}]}, ("/measurements/0/value", "value_type")),
            ({"measurements": [{"characteristic": "ISO", "unit": 5}]}, ("/measurements/0/unit", "wrong_type")),
            ({"extra": 1}, ("/extra", "unknown_field")),
        ],
    )
    def test_field_that_cannot_be_read_is_400_with_a_pointer_and_kept(self, rig, plant, changed, expected):
        response = rig.post(POST, body(plant, **changed))
        assert (response.status_code, pointers(response)) == (400, [expected])
        assert Kept.objects.get().status == 400
        assert Inspection.objects.count() == 0

    @pytest.mark.parametrize(
        "sent, code",
        [
            (b"", "malformed_body"),
            (b"{", "malformed_body"),
            (b"\xff\xfe", "malformed_body"),
            (b"[" * 200_000, "invalid"),
            (b'{"a":' * 100_000, "invalid"),
            (b'{"measurements":[{"value":' + b"[" * 200_000, "malformed_body"),
            (b"null", "invalid"),
            (b"[]", "invalid"),
        ],
    )
    def test_body_that_is_no_inspection_is_400_and_kept(self, rig, plant, sent, code):
        response = rig.client.generic(
            "POST",
            POST,
            sent,
            content_type="application/json",
            headers={"authorization": f"Bearer {rig.secret}"},
            CONTENT_TYPE="application/json",
        )
        assert (response.status_code, response.json()["code"]) == (400, code)
        assert Kept.objects.count() == 1

    def test_million_measurements_are_refused_and_kept(self, rig, plant):
        sent = body(plant, measurements=[])
        packed = json.dumps(sent).encode().replace(b"[]", b"[" + b"{}," * 400_000 + b"{}]")
        response = rig.post(POST, packed)
        assert response.status_code == 413
        assert Kept.objects.get().vin == plant.vehicle.vin

    def test_body_in_another_charset_is_400_and_blocks_the_car_that_it_names(self, rig, plant):
        response = rig.post(POST, json.dumps(body(plant)).encode("utf-16-le"), "application/json; charset=utf-16")
        assert (response.status_code, pointers(response)) == (400, [("", "wrong_charset")])
        assert list(Kept.objects.values_list("status", "vin")) == [(400, plant.vehicle.vin)]

    def test_correction_after_400_is_recorded_and_settles_what_was_kept(self, rig, plant):
        rig.post(POST, body(plant, purpose="again"))
        assert rig.post(POST, body(plant)).status_code == 201
        assert Kept.objects.get().state == "recorded"

    def test_body_of_another_type_is_415_and_not_kept(self, rig, plant):
        assert rig.post(POST, b"<xml/>", "application/xml").status_code == 415
        assert Kept.objects.count() == 0

    def test_gzip_is_taken(self, rig, plant):
        response = rig.post(POST, gzip.compress(json.dumps(body(plant)).encode()), Content_Encoding="gzip")
        assert response.status_code == 201

    def test_mes_records_nothing(self, mes, plant):
        assert mes.post(POST, body(plant)).status_code == 403
        assert mes.post(BULK, [body(plant)]).status_code == 403
        assert (Inspection.objects.count(), Kept.objects.count()) == (0, 0)


class TestBulk:
    def counts(self, **changed):
        return {
            "received": 1,
            "recorded": 0,
            "repeated": 0,
            "waiting": 0,
            "refused": 0,
            "problems": [],
            **changed,
        }

    def test_each_item_is_answered_for_itself(self, rig, plant):
        good, repeat = body(plant), body(plant)
        conflict = body(plant, operator="0417")
        unknown = body(plant, id="2", procedure="NONE")
        waiting = body(plant, id="3", vin="LXM1A2B35TA999999")
        broken = body(plant, id="4", purpose="again")
        response = rig.post(BULK, [good, repeat, conflict, unknown, waiting, broken, 5])
        assert response.status_code == 200
        found = response.json()
        problems = [(item["index"], item["id"], item["status"], item["code"]) for item in found.pop("problems")]
        assert found == {"received": 7, "recorded": 1, "repeated": 1, "waiting": 1, "refused": 4}
        assert problems == [
            (2, "EOL3-000417", 409, "id_conflict"),
            (3, "2", 422, "unknown_procedure"),
            (5, "4", 400, "invalid"),
            (6, None, 400, "invalid"),
        ]

    def test_lines_are_taken_and_a_broken_one_stands_alone(self, rig, plant):
        lines = b"\n".join(
            [json.dumps(body(plant, id=f"N-{place}")).encode() for place in range(3)] + [b'{"id": "N-4",', b""]
        )
        response = rig.post(BULK, lines, "application/x-ndjson")
        found = response.json()
        assert [(item["index"], item["status"]) for item in found.pop("problems")] == [(3, 400)]
        assert found == {"received": 4, "recorded": 3, "repeated": 0, "waiting": 0, "refused": 1}

    def test_gzip_is_taken(self, rig, plant):
        packed = gzip.compress(json.dumps([body(plant)]).encode())
        assert rig.post(BULK, packed, Content_Encoding="gzip").json() == self.counts(recorded=1)

    def test_bare_nan_in_one_item_harms_no_other(self, rig, plant):
        sent = json.dumps([body(plant), body(plant, id="2")]).replace("812.0", "NaN", 1).encode()
        assert rig.post(BULK, sent).json() == self.counts(received=2, recorded=2)

    def test_empty_array_is_answered_with_zeros(self, rig, plant):
        assert rig.post(BULK, []).json() == self.counts(received=0)

    @pytest.mark.parametrize("sent", [b"[{", b'{"id": 1}', b"null", b"[" * 100_000])
    def test_body_that_is_no_array_is_400_and_kept(self, rig, plant, sent):
        assert rig.post(BULK, sent).status_code == 400
        assert Kept.objects.count() == 1

    def test_more_than_5000_items_are_refused_whole_and_kept(self, rig, plant):
        response = rig.post(BULK, b"[" + b",".join([b"{}"] * 5001) + b"]")
        assert (response.status_code, Inspection.objects.count()) == (400, 0)
        assert pointers(response) == [("", "too_many")]
        assert Kept.objects.count() == 1

    def test_gzip_bomb_is_413_kept_within_bounds_and_blocks_the_car_that_it_names(self, rig, plant):
        bomb = gzip.compress(json.dumps([body(plant)]).encode() + b" " * (17 * 1024 * 1024))
        response = rig.post(BULK, bomb, Content_Encoding="gzip")
        assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
        kept = Kept.objects.get()
        assert (kept.status, kept.vin, bytes(kept.body)) == (413, plant.vehicle.vin, bomb)

    def test_damaged_gzip_is_400_and_kept(self, rig, plant):
        response = rig.post(BULK, b"no gzip", Content_Encoding="gzip")
        assert (response.status_code, response.json()["code"]) == (400, "malformed_body")
        assert bytes(Kept.objects.get().body) == b"no gzip"

    def test_recording_three_takes_as_many_queries_as_recording_one(self, rig, plant):
        cars = [plant.vehicle, make_vehicle(plant.batch), make_vehicle(plant.batch)]
        rig.post(BULK, [body(plant, id="what is looked up once a process is looked up now")])
        with CaptureQueriesContext(connection) as one:
            assert rig.post(BULK, [body(plant, id="A")]).json() == self.counts(recorded=1)
        with CaptureQueriesContext(connection) as three:
            sent = [body(plant, id=f"B-{car.pk}", vin=car.vin) for car in cars]
            assert rig.post(BULK, sent).json() == self.counts(received=3, recorded=3)
        assert len(one) == len(three)


class TestReading:
    LISTED = {
        "id", "rig", "subject", "vin", "component", "material", "batch", "procedure", "started_at", "finished_at",
        "recorded_at", "purpose", "operator", "nonconformance", "software", "verdict", "claimed", "voided", "url",
    }  # fmt: skip

    def test_recorded_test_is_read_at_its_url(self, rig, plant):
        url = rig.post(POST, body(plant, operator="0417", software=[{"system": "BMS", "version": "2.0"}])).json()["url"]
        found = by_name(rig.get(url))
        values = {(item["characteristic"], item["position"]): item for item in found.pop("measurements")}
        assert found == {
            "id": "EOL3-000417",
            "rig": plant.rig.code,
            "subject": plant.vehicle.vin,
            "vin": plant.vehicle.vin,
            "component": None,
            "material": None,
            "batch": plant.batch.number,
            "procedure": "BAT-EOL",
            "started_at": "2026-11-22T23:58:20.120000Z",
            "finished_at": "2026-11-22T23:59:00.877000Z",
            "recorded_at": "2026-11-23T00:00:00Z",
            "purpose": "initial",
            "operator": "0417",
            "nonconformance": None,
            "software": [{"system": "BMS", "version": "2.0"}],
            "verdict": "pass",
            "claimed": None,
            "voided": False,
            "url": url,
        }
        assert values["BOND", "charge-port"] == {
            "characteristic": "BOND",
            "position": "charge-port",
            "value": "0.043",
            "unit": "ohm",
            "verdict": "pass",
            "reason": None,
            "claimed": None,
        }
        assert values["ISO", None]["value"] == "812.0"
        assert (values["HVIL", None]["value"], values["HVIL", None]["claimed"]) == ("true", "pass")

    def test_component_and_lot_are_named_by_kind_and_number(self, rig, plant):
        rig.post(POST, body(plant, id="1", vin=..., component={"kind": "pack", "serial": "P-77"}))
        rig.post(POST, body(plant, id="2", vin=..., material={"kind": "adhesive", "lot": "L-5"}))
        found = rig.get(POST).json()["results"]
        assert [(item["subject"], item["vin"], item["component"], item["material"]) for item in found] == [
            ("adhesive L-5", None, None, {"kind": "adhesive", "lot": "L-5"}),
            ("pack P-77", None, {"kind": "pack", "serial": "P-77"}, None),
        ]

    def test_list_is_paged_by_cursor_with_the_last_recorded_first(self, rig, plant):
        for place in range(5):
            rig.post(POST, body(plant, id=f"T-{place}"))
        seen, address = [], POST + "?limit=2"
        while address:
            page = rig.get(address).json()
            assert all(set(item) == self.LISTED for item in page["results"])
            seen.append([item["id"] for item in page["results"]])
            address = page["next"]
        assert seen == [["T-4", "T-3"], ["T-2", "T-1"], ["T-0"]]

    @pytest.mark.parametrize(
        "query, expected",
        [
            ("vin={vin}", ["fail", "pass"]),
            ("vin=LXM1A2B35TA999999", []),
            ("batch={batch}", ["fail", "pass"]),
            ("batch=NONE", []),
            ("procedure=BAT-EOL", ["pack", "fail", "pass"]),
            ("procedure=DRV-EOL", []),
            ("verdict=fail", ["fail"]),
            ("verdict=not_judged", ["pack"]),
            ("finished_after=2026-11-23T07:59:00.877%2B08:00", ["fail"]),
            ("finished_after=2026-11-22T23:00:00Z&verdict=pass", ["pass"]),
        ],
    )
    def test_list_is_filtered(self, rig, plant, query, expected):
        rig.post(POST, body(plant, id="pass"))
        wrong = [{**body(plant)["measurements"][2], "value": 1}, *body(plant)["measurements"][:2]]
        rig.post(POST, body(plant, id="fail", measurements=wrong, finished_at="2026-11-23T07:59:30+08:00"))
        rig.post(POST, body(plant, id="pack", vin=..., component={"kind": "pack", "serial": "P-77"}))
        address = POST + "?" + query.format(vin=plant.vehicle.vin, batch=plant.batch.number)
        assert [item["id"] for item in rig.get(address).json()["results"]] == expected

    @pytest.mark.parametrize(
        "query, expected",
        [
            ("vim=x", [("?vim", "unknown")]),
            ("vin=short", [("?vin", "pattern")]),
            ("verdict=good", [("?verdict", "invalid_choice")]),
            ("finished_after=2026-11-23", [("?finished_after", "form")]),
            ("finished_after=2026-11-23T07:59:00+08:00", [("?finished_after", "form")]),
            ("limit=501", [("?limit", "range")]),
        ],
    )
    def test_parameter_that_cannot_be_used_is_400_and_named(self, rig, plant, query, expected):
        response = rig.get(f"{POST}?{query}")
        assert (response.status_code, pointers(response)) == (400, expected)

    def test_rig_reads_its_own_alone_and_the_mes_all(self, rig, machine, mes, plant):
        url = rig.post(POST, body(plant)).json()["url"]
        other = machine(rig="OTHER")
        assert other.get(POST).json() == {"next": None, "results": []}
        response = other.get(url)
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
        assert mes.get(url).json() == rig.get(url).json()
        assert mes.get(POST).json() == rig.get(POST).json()

    @pytest.mark.parametrize("number", ["0", "999999999", "9" * 18, "9" * 19, "x", "-1", "%00"])
    def test_inspection_that_does_not_exist_is_404(self, rig, plant, number):
        response = rig.get(f"{POST}{number}/")
        assert (response.status_code, response.json()["code"]) == (404, "not_found")

    def test_list_takes_as_many_queries_for_three_as_for_one(self, rig, plant, django_assert_num_queries):
        rig.post(POST, body(plant, id="T-1"))
        with django_assert_num_queries(5):
            assert len(rig.get(POST).json()["results"]) == 1
        rig.post(POST, body(plant, id="T-2"))
        rig.post(POST, body(plant, id="T-3"))
        with django_assert_num_queries(5):
            assert len(rig.get(POST).json()["results"]) == 3

    def test_detail_takes_seven_queries(self, rig, plant, django_assert_num_queries):
        url = rig.post(POST, body(plant)).json()["url"]
        with django_assert_num_queries(7):
            rig.get(url)


def test_all_good_measurements_of_the_factories_can_be_posted(rig, plant):
    for procedure, measurements in GOOD.items():
        sent = [
            {**item, "value": str(item["value"]) if not isinstance(item["value"], bool) else item["value"]}
            for item in measurements
        ]
        assert rig.post(POST, body(plant, id=procedure, procedure=procedure, measurements=sent)).status_code == 201
