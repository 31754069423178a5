from datetime import timedelta

import pytest

from inspections.dispositions.services import lift_hold, place_hold
from inspections.gates.choices import CoverageKind
from inspections.gates.models import BatchGate, VehicleGate
from inspections.gates.queries import UnknownVehicle, batch_summary, clearance
from inspections.gates.services import close_batch, decide_batch, enter_coverage, revoke_coverage
from inspections.marks.services import mark_vehicles
from inspections.people.choices import Role
from inspections.people.rules import Actor, NotAllowed
from tests.factories import (
    AT,
    LINES,
    SYSTEM,
    become,
    changed_value,
    make_batch,
    make_engineer,
    make_person,
    make_revision,
)


def codes(vin, at=AT):
    return [
        (reason.code, reason.gate, reason.characteristic, reason.position)
        for reason in clearance(vin=vin, at=at).reasons
    ]


def test_a_car_with_every_required_pass_is_clear_and_not_released(good_car):
    found = clearance(vin=good_car.vin, at=AT)
    assert (found.clear, found.may_leave, found.decided_at, found.valid_until) == (True, False, AT, None)
    assert [reason.code for reason in found.reasons] == ["not_released"]


@pytest.mark.law(1)
def test_a_car_without_results_is_not_clear_and_every_missing_result_is_named(plant):
    decide_batch(batch_id=plant.batch.pk, at=AT)
    assert codes(plant.vehicle.vin) == [
        ("missing_result", "battery", "BOND", "charge-port"),
        ("missing_result", "battery", "BOND", "pack"),
        ("missing_result", "battery", "HVIL", ""),
        ("missing_result", "battery", "ISO", ""),
        ("missing_result", "crash", "DTC", ""),
        ("missing_result", "crash", "SQUIB", ""),
        ("missing_result", "driving", "ADAS-SW", ""),
        ("missing_result", "driving", "BRAKE", "FL"),
        ("missing_result", "driving", "BRAKE", "FR"),
    ]


@pytest.mark.law(1)
def test_a_car_that_was_never_decided_is_not_clear(plant):
    found = clearance(vin=plant.vehicle.vin, at=AT)
    assert (found.clear, found.decided_at) == (False, None)
    assert [reason.code for reason in found.reasons] == ["evaluation_pending"]


@pytest.mark.law(1)
def test_a_car_whose_gate_row_is_absent_is_not_clear(good_car):
    VehicleGate.objects.filter(vehicle=good_car, domain="crash").delete()
    found = clearance(vin=good_car.vin, at=AT)
    assert (found.clear, [reason.code for reason in found.reasons]) == (False, ["evaluation_pending"])


@pytest.mark.law(7)
@pytest.mark.parametrize("whole_batch", [False, True])
def test_evidence_newer_than_the_decision_makes_a_clear_car_pending_at_once(good_car, whole_batch):
    mark_vehicles(rows=[(good_car.batch_id, None if whole_batch else good_car.pk, "battery")], at=AT)
    found = clearance(vin=good_car.vin, at=AT)
    assert found.clear is False
    assert [(reason.code, reason.detail) for reason in found.reasons] == [
        ("evaluation_pending", {"at": AT.isoformat()})
    ]


def test_the_mark_of_another_car_leaves_this_one_clear(good_car):
    mark_vehicles(rows=[(good_car.batch_id, good_car.pk + 1, "")], at=AT)
    assert clearance(vin=good_car.vin, at=AT).clear is True


@pytest.mark.law(9)
@pytest.mark.parametrize("model", [VehicleGate, BatchGate])
def test_a_decision_holds_until_the_first_fact_that_it_rests_on_ends_and_not_a_moment_longer(good_car, model):
    end = AT + timedelta(hours=1)
    model.objects.filter(domain="crash").update(valid_until=end)
    just_before = end - timedelta(microseconds=1)
    assert (clearance(vin=good_car.vin, at=just_before).clear, clearance(vin=good_car.vin, at=end).clear) == (
        True,
        False,
    )
    assert [reason.code for reason in clearance(vin=good_car.vin, at=end).reasons] == ["decision_expired"]


@pytest.mark.parametrize("of_batch", [False, True])
def test_a_persons_hold_stops_a_clear_car_until_a_person_lifts_it(good_car, of_batch):
    engineer = make_engineer()
    vehicle = None if of_batch else good_car
    hold = place_hold(batch=good_car.batch, vehicle=vehicle, reason="scratch on the pack", actor=engineer, at=AT)
    found = clearance(vin=good_car.vin, at=AT)
    assert (found.clear, [(reason.code, reason.detail["detail"]) for reason in found.reasons]) == (
        False,
        [("hold_active", "scratch on the pack")],
    )
    decide_batch(batch_id=good_car.batch_id, at=AT)
    assert clearance(vin=good_car.vin, at=AT).clear is False
    lift_hold(hold=hold, reason="polished", actor=engineer, at=AT)
    assert clearance(vin=good_car.vin, at=AT).clear is True


@pytest.mark.parametrize("status", ["destroyed_for_test", "scrapped", "transferred"])
def test_a_car_not_meant_for_a_customer_is_never_clear(good_car, status):
    become(good_car, status)
    found = clearance(vin=good_car.vin, at=AT)
    assert (found.clear, found.reasons[0].code) == (False, "not_for_delivery")


def test_an_unknown_vin_is_said_to_be_unknown(db):
    with pytest.raises(UnknownVehicle, match="No vehicle LXM1A2B30TA000001 is registered"):
        clearance(vin="LXM1A2B30TA000001", at=AT)


def test_clearance_takes_one_query_for_a_clear_car_and_two_for_another(
    good_car, record, plant, django_assert_num_queries
):
    with django_assert_num_queries(1):
        clearance(vin=good_car.vin, at=AT)
    record(plant.posted("CRS-EOL", measurements=changed_value("CRS-EOL", "SQUIB", "9.9")))
    with django_assert_num_queries(2):
        clearance(vin=good_car.vin, at=AT)


def test_closing_turns_missing_into_failed_and_holds_the_car(plant):
    decide_batch(batch_id=plant.batch.pk, at=AT)
    assert batch_summary(batch_id=plant.batch.pk, at=AT).gates[0].state == "pending"
    close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
    summary = batch_summary(batch_id=plant.batch.pk, at=AT)
    assert (summary.status, summary.held, [gate.state for gate in summary.gates]) == (
        "testing_closed",
        1,
        ["failed"] * 3,
    )
    assert {code for code, *_ in codes(plant.vehicle.vin)} == {"missing_result", "hold_active"}


def test_a_late_pass_after_closing_is_taken_and_lifts_the_hold(plant, record):
    close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
    record(
        plant.posted("BAT-EOL", software=[{"system": "BMS", "version": "2.0"}]),
        plant.posted("DRV-EOL", software=[{"system": "ADAS", "version": "4.10"}]),
        plant.posted("CRS-EOL"),
    )
    assert clearance(vin=plant.vehicle.vin, at=AT).clear is True


@pytest.mark.law(1)
def test_a_plan_with_type_requirements_passes_only_under_coverage(plant):
    type_line = {"characteristic": "SQUIB", "level": "type", "upper": 3}
    revision = make_revision(plant.configuration, [*LINES, type_line])
    batch = make_batch("NEXT", configuration=plant.configuration, at=AT)
    assert batch.revision == revision
    decide_batch(batch_id=batch.pk, at=AT)
    crash = batch_summary(batch_id=batch.pk, at=AT).gates[1]
    assert (crash.own_state, [row["code"] for row in crash.own_reasons]) == ("failed", ["coverage_missing"])
    coverage = enter_coverage(
        number="C-1",
        procedure=plant.procedures["CRS-EOL"],
        configuration=plant.configuration,
        kind=CoverageKind.CERTIFICATE,
        document="report 17",
        document_sha256="0" * 64,
        valid_from=AT - timedelta(days=1),
        valid_until=AT + timedelta(days=1),
        actor=make_engineer(),
        at=AT,
    )
    decide_batch(batch_id=batch.pk, at=AT)
    crash = batch_summary(batch_id=batch.pk, at=AT).gates[1]
    assert (crash.own_state, crash.valid_until) == ("passed", AT + timedelta(days=1))
    assert batch_summary(batch_id=batch.pk, at=AT + timedelta(days=1)).gates[1].own_state == "pending"
    revoke_coverage(coverage=coverage, reason="the sled was wrong", actor=make_engineer(), at=AT)
    decide_batch(batch_id=batch.pk, at=AT)
    crash = batch_summary(batch_id=batch.pk, at=AT).gates[1]
    assert (crash.own_state, [row["code"] for row in crash.own_reasons]) == ("failed", ["coverage_revoked"])


def test_a_person_who_closes_a_batch_is_an_engineer(plant):
    with pytest.raises(NotAllowed):
        close_batch(batch=plant.batch, actor=Actor.person(make_person(Role.INSPECTOR)), at=AT)
    assert close_batch(batch=plant.batch, actor=make_engineer(), at=AT).status == "testing_closed"
