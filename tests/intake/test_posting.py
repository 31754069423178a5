"""One inspection posted: every answer of the contract, word for word."""

from typing import Any

import pytest

from inspections.intake.models import Kept
from inspections.results.models import Inspection, Measurement
from inspections.results.services import withdraw_authorisation
from tests.factories import AT, LINES, Plant, make_engineer, make_revision, pin, vin
from tests.intake.posting import MEASURED, body, send


def test_what_is_recorded_is_answered_201_with_its_judgement(plant: Plant) -> None:
    answer = send(plant, body(plant))
    number = Inspection.objects.get().pk
    assert (answer.status, answer.content) == (
        201,
        {
            "id": "EOL3-1",
            "subject": plant.vehicle.vin,
            "batch": "SU7-2026W47-03",
            "verdict": "pass",
            "measurements": [
                {"characteristic": "BOND", "position": "charge-port", "verdict": "pass", "reason": None},
                {"characteristic": "BOND", "position": "pack", "verdict": "pass", "reason": None},
                {"characteristic": "ISO", "position": None, "verdict": "pass", "reason": None},
                {"characteristic": "HVIL", "position": None, "verdict": "pass", "reason": None},
            ],
            "url": f"/api/v1/inspections/{number}/",
        },
    )
    assert not Kept.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {
            "measurements": [
                {"characteristic": "NEW", "value": "x"},
                {"characteristic": "BOND", "position": "?", "value": 1},
            ]
        },
        {"measurements": [{"characteristic": "ISO", "value": "400", "unit": "ohm/V"}, {"characteristic": "HVIL"}]},
        {"vin": None, "component": {"kind": "pack", "serial": "LOOSE"}},
        {"vin": None, "component": {"kind": "pack", "serial": "P-1"}},
        {"vin": None, "material": {"kind": "glue", "lot": "7"}},
        {"measurements": []},
    ],
)
def test_the_same_again_is_answered_200_with_the_same_body(plant: Plant, changed: dict[str, Any]) -> None:
    first, again = send(plant, body(plant, **changed)), send(plant, body(plant, **changed))
    assert (first.status, again.status) == (201, 200)
    assert again.content == first.content
    assert Inspection.objects.count() == 1


def test_the_repeat_is_answered_as_it_was_even_when_the_batch_has_another_plan_now(plant: Plant) -> None:
    first = send(plant, body(plant))
    pin(plant.batch, make_revision(plant.configuration, LINES[:1]))
    assert send(plant, body(plant)).content == first.content


def test_other_content_under_one_id_is_answered_409(plant: Plant) -> None:
    send(plant, body(plant))
    answer = send(plant, body(plant, operator="9"))
    detail = "EOL-3 has used the id EOL3-1 for other content, which stands."
    assert (answer.status, answer.content) == (
        409,
        {
            "type": "/api/docs/#id_conflict",
            "title": "Conflict",
            "status": 409,
            "code": "id_conflict",
            "detail": detail,
            "errors": [{"pointer": "/id", "code": "id_conflict", "detail": detail}],
        },
    )


def test_a_vehicle_not_registered_is_answered_202(plant: Plant) -> None:
    answer = send(plant, body(plant, vin=vin(999)))
    assert (answer.status, answer.content) == (202, {"id": "EOL3-1", "status": "waiting"})
    assert not Inspection.objects.exists()


def test_a_waiting_id_repeated_is_answered_the_same_202(plant: Plant) -> None:
    first, again = (send(plant, body(plant, vin=vin(999))) for _ in range(2))
    assert (again.status, again.content) == (first.status, first.content)
    assert Kept.objects.count() == 1


@pytest.mark.parametrize("changed", [{"vin": vin(999)}, {}])
def test_a_waiting_id_with_other_content_is_answered_409(plant: Plant, changed: dict[str, Any]) -> None:
    send(plant, body(plant, vin=vin(999)))
    answer = send(plant, body(plant, operator="9", **changed))
    assert (answer.status, answer.content["code"]) == (409, "id_conflict")
    assert not Inspection.objects.exists()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"procedure": "NO-SUCH"}, "unknown_procedure"),
        ({"finished_at": "2026-11-23T07:00:00+08:00"}, "finished_before_started"),
        ({"finished_at": "2026-11-23T09:00:00+08:00"}, "finished_in_future"),
    ],
)
def test_what_cannot_be_acted_upon_is_answered_422(plant: Plant, changed: dict[str, Any], code: str) -> None:
    answer = send(plant, body(plant, **changed))
    assert (answer.status, answer.content["code"], answer.content["title"]) == (422, code, "Unprocessable Entity")


def test_a_rig_without_authorisation_is_answered_422(plant: Plant) -> None:
    withdraw_authorisation(
        rig=plant.rig, procedure=plant.procedures["BAT-EOL"], effective_at=AT, reason="x", actor=make_engineer(), at=AT
    )
    assert send(plant, body(plant)).content["code"] == "rig_not_authorised_now"


@pytest.mark.parametrize(
    ("spoil", "code", "pointer", "inner"),
    [
        (lambda sent: sent[:-3], "malformed_body", "", "malformed_json"),
        (lambda sent: b"\xff" + sent, "malformed_body", "", "not_utf8"),
        (lambda sent: sent.replace(b'"ohm"', b"7", 1), "invalid", "/measurements/0/unit", "wrong_type"),
        (lambda sent: sent.replace(b"0.043", b"[]"), "invalid", "/measurements/0/value", "value_type"),
        (lambda sent: sent.replace(b"+08:00", b""), "invalid", "/started_at", "no_offset"),
    ],
)
def test_what_cannot_be_read_is_answered_400_with_a_pointer(
    plant: Plant, spoil: Any, code: str, pointer: str, inner: str
) -> None:
    answer = send(plant, spoil(body(plant)))
    error = answer.content["errors"][0]
    assert (answer.status, answer.content["status"], answer.content["code"]) == (400, 400, code)
    assert (error["pointer"], error["code"]) == (pointer, inner)


@pytest.mark.law(1)
@pytest.mark.parametrize("bare", ["NaN", "Infinity", "-Infinity"])
def test_a_bare_constant_is_recorded_and_no_pass(plant: Plant, bare: str) -> None:
    answer = send(plant, body(plant).replace(b"0.043", bare.encode()))
    assert (answer.status, answer.content["verdict"]) == (201, "indeterminate")
    assert answer.content["measurements"][0]["reason"] == "not_a_number"
    assert Measurement.objects.get(ordinal=0).raw == bare


@pytest.mark.law(5)
def test_a_text_that_holds_a_decimal_is_the_number(plant: Plant) -> None:
    as_text = [{**MEASURED[0], "value": "0.0430"}, *MEASURED[1:]]
    first = send(plant, body(plant))
    again = send(plant, body(plant, measurements=as_text))
    assert (first.status, again.status, again.content) == (201, 200, first.content)
