"""Decisions of the database as a whole: what is recorded, marked, decided, flagged and remembered."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.dispositions.models import Disposition, Hold, Nonconformance
from inspections.gates.models import BatchGate, Decider, Decision, OpenReason, VehicleGate
from inspections.gates.queries import batch_summary, clearance
from inspections.gates.recounting import recount_batch
from inspections.gates.services import decide_batch, mark_whole_batch
from inspections.marks.models import Mark
from inspections.records.models import LedgerEntry
from inspections.results.services import report_out_of_tolerance
from tests import factories
from tests.factories import AT, changed_value, make_rig


def bonding(plant, value, finished_at, **more):
    measurements = changed_value("BAT-EOL", "BOND", value, position="charge-port")
    software = [{"system": "BMS", "version": "2.0"}]
    return plant.posted("BAT-EOL", measurements=measurements, finished_at=finished_at, software=software, **more)


def battery_gate(plant):
    return next(gate for gate in batch_summary(batch_id=plant.batch.pk, at=AT).gates if gate.domain == "battery")


def open_codes(plant, domain="battery"):
    rows = OpenReason.objects.filter(vehicle=plant.vehicle, domain=domain).order_by("code", "position")
    return [(row.code, row.position, row.found) for row in rows]


@pytest.mark.law(6)
def test_law_6_a_fail_blocks_whatever_passes_later(plant, record, good_car):
    record(bonding(plant, "0.100", AT - timedelta(minutes=50)))
    assert open_codes(plant) == [("measurement_failed", "charge-port", "0.100 ohm")]
    record(bonding(plant, "0.038", AT))
    assert open_codes(plant) == [("measurement_failed", "charge-port", "0.100 ohm")]
    assert battery_gate(plant).state == "failed"


@pytest.mark.law(6)
def test_law_6_a_late_upload_of_an_earlier_pass_changes_nothing(plant, record, good_car):
    record(bonding(plant, "0.100", AT - timedelta(seconds=30)))
    before = list(Decision.objects.values())
    record(bonding(plant, "0.040", AT - timedelta(hours=2)))
    assert list(Decision.objects.values()) == before
    assert battery_gate(plant).state == "failed"


@pytest.mark.law(7)
def test_law_7_a_decision_is_taken_once_for_each_counter_however_often_it_is_asked(plant, record, good_car):
    record(bonding(plant, "0.100", AT), decide=False)
    assert Mark.objects.count() == 1
    assert [decide_batch(batch_id=plant.batch.pk, at=AT) for _ in range(3)] == [1, 0, 0]
    assert Decision.objects.filter(vehicle=plant.vehicle, domain="battery", state=2).count() == 1
    assert Decider.objects.get().counter == Decision.objects.latest("counter").counter


def test_a_flag_holds_the_car_and_opens_a_nonconformance_once(plant, record, good_car):
    record(bonding(plant, "0.100", AT - timedelta(minutes=3)))
    record(bonding(plant, "0.200", AT - timedelta(minutes=2)))
    mark_whole_batch(batch=plant.batch, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    hold = Hold.objects.get()
    assert (hold.vehicle, hold.source, hold.code, hold.lifted_at) == (plant.vehicle, "gate", "measurement_failed", None)
    nonconformance = Nonconformance.objects.get()
    assert (nonconformance.vehicle, nonconformance.code, nonconformance.state) == (
        plant.vehicle,
        "measurement_failed",
        "open",
    )
    assert Mark.objects.count() == 0


def test_a_flag_is_an_act_in_the_ledger(plant, record, good_car):
    record(bonding(plant, "0.100", AT))
    acts = LedgerEntry.objects.filter(subject=plant.vehicle.vin, at=AT).order_by("id").values_list("act", flat=True)
    assert list(acts)[-3:] == ["gate.failed", "hold.placed", "nonconformance.opened"]


def test_a_cars_fault_never_holds_its_batch(plant, record, good_car):
    other = factories.make_vehicle(plant.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")])
    record(bonding(plant, "0.100", AT, vin=other.vin))
    assert clearance(vin=good_car.vin, at=AT).clear is True
    assert [gate.own_state for gate in batch_summary(batch_id=plant.batch.pk, at=AT).gates] == ["passed"] * 3


def test_the_worked_example(plant, record, good_car):
    """Car 17 of the design, from the 08:14 pass to the rig found out of tolerance; the disposition as its row."""
    first, second = plant.rig, make_rig("EOL-4", procedures=list(plant.procedures.values()))
    day = AT.replace(hour=0) + timedelta(hours=1)

    def at(hour, minute):
        return day + timedelta(hours=hour - 8, minutes=minute)

    def measure(value, finished, rig, arrived=None):
        record(bonding(plant, value, finished), rig=rig, at=arrived or finished)

    measure("0.043", at(8, 14), first)
    assert battery_gate(plant).state == "passed"
    measure("0.100", at(8, 31), second)
    assert (battery_gate(plant).state, open_codes(plant)) == (
        "failed",
        [("measurement_failed", "charge-port", "0.100 ohm")],
    )
    fail = OpenReason.objects.get()
    measure("0.040", at(8, 12), first, arrived=at(8, 40))
    assert open_codes(plant) == [("measurement_failed", "charge-port", "0.100 ohm")]
    measure("0.038", at(9, 5), first)
    assert open_codes(plant) == [("measurement_failed", "charge-port", "0.100 ohm")]
    assert Hold.objects.filter(lifted_at__isnull=True).count() == 1

    Disposition.objects.create(
        nonconformance=Nonconformance.objects.get(),
        inspection_id=fail.inspection_id,
        ordinal=fail.ordinal,
        kind="rework",
        reason="joint cleaned",
        done_at=at(8, 55),
        disposed_by="0388",
        person_id=1,
        at=at(9, 20),
    )
    mark_whole_batch(batch=plant.batch, at=at(9, 20))
    decide_batch(batch_id=plant.batch.pk, at=at(9, 20))
    assert (battery_gate(plant).state, open_codes(plant)) == ("passed", [])
    assert (Hold.objects.get().lifted_at, Nonconformance.objects.get().state) == (at(9, 20), "closed")
    assert not Hold.objects.filter(vehicle__isnull=True).exists()
    assert clearance(vin=plant.vehicle.vin, at=at(9, 21)).clear is True

    report_out_of_tolerance(
        rig=first,
        back_to=at(8, 0) - timedelta(days=1),
        found_at=at(9, 0) + timedelta(days=7),
        reason="reference resistor off by 3 %",
        actor=factories.make_engineer(),
        at=at(9, 0) + timedelta(days=7),
    )
    assert clearance(vin=plant.vehicle.vin, at=at(9, 0) + timedelta(days=7)).clear is False
    decide_batch(batch_id=plant.batch.pk, at=at(9, 0) + timedelta(days=7))
    assert battery_gate(plant).state == "pending"
    assert ("rig_out_of_calibration", "charge-port", "0.038 ohm") in open_codes(plant)


def test_counts_of_the_batch_move_by_differences_and_agree_with_a_recount(plant, record, good_car):
    for car in factories.make_vehicles(plant.batch, 4):
        record(bonding(plant, "0.100", AT, vin=car.vin))
    record(bonding(plant, "0.043", AT, vin=car.vin))
    gate = BatchGate.objects.get(domain="battery")
    assert (gate.passed, gate.failed, gate.pending) == (1, 4, 0)
    assert gate.codes == {"measurement_failed": 4, "software_mismatch": 4}
    assert recount_batch(batch_id=plant.batch.pk, at=AT) == []


@pytest.mark.law(1)
def test_law_1_a_count_that_differs_from_the_recount_fails_the_batch_until_one_agrees(plant, record, good_car):
    BatchGate.objects.filter(domain="driving").update(passed=7)
    differences = recount_batch(batch_id=plant.batch.pk, at=AT)
    assert [(row.subject, row.domain, row.stored, row.recounted) for row in differences] == [
        (plant.batch.number, "driving", "passed 7", "passed 1")
    ]
    assert clearance(vin=good_car.vin, at=AT).clear is False
    decide_batch(batch_id=plant.batch.pk, at=AT)
    driving = next(g for g in batch_summary(batch_id=plant.batch.pk, at=AT).gates if g.domain == "driving")
    assert (driving.own_state, [row["code"] for row in driving.own_reasons]) == ("failed", ["tally_mismatch"])
    BatchGate.objects.filter(domain="driving").update(passed=1)
    assert recount_batch(batch_id=plant.batch.pk, at=AT) == []
    decide_batch(batch_id=plant.batch.pk, at=AT)
    assert clearance(vin=good_car.vin, at=AT).clear is True


@pytest.mark.law(1)
def test_law_1_a_gate_that_was_tampered_with_is_found_by_the_recount(plant, record, good_car):
    record(bonding(plant, "0.100", AT))
    VehicleGate.objects.filter(vehicle=plant.vehicle, domain="battery").update(state=0)
    OpenReason.objects.all().delete()
    subjects = {row.subject for row in recount_batch(batch_id=plant.batch.pk, at=AT)}
    assert subjects == {plant.vehicle.vin}


def test_one_more_result_takes_as_many_queries_whatever_the_size_of_the_batch(
    plant, record, good_car, django_assert_num_queries
):
    record(bonding(plant, "0.043", AT), decide=False)
    with CaptureQueriesContext(connection) as small:
        decide_batch(batch_id=plant.batch.pk, at=AT)
    factories.make_vehicles(plant.batch, 30)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    record(bonding(plant, "0.042", AT), decide=False)
    with django_assert_num_queries(len(small)):
        decide_batch(batch_id=plant.batch.pk, at=AT)
