"""Reads of how cars stand, for pages: gathered in the database, in a number of statements that never grows."""

from datetime import timedelta
from decimal import Decimal

import pytest

from inspections.evaluation.reasons import State
from inspections.gates.queries import (
    car_counts,
    cars_of_batch,
    decisions_of_vehicle,
    failed_cars,
    flagged_since,
    missing_results,
    nonconformance_causes,
    own_gates,
    standing_causes,
)
from inspections.gates.services import decide_batch
from inspections.results.services import record_inspection
from tests.factories import AT, changed_value, make_vehicles

SOFTWARE = [{"system": "BMS", "version": "2.0"}]
LATER = (AT + timedelta(days=1), 2**63 - 1)


def fail(plant, vehicle, value="0.100"):
    measured = changed_value("BAT-EOL", "BOND", Decimal(value), position="pack")
    posted = plant.posted(vin=vehicle.vin, measurements=measured, software=SOFTWARE)
    record_inspection(posted=posted, rig=plant.rig, actor=plant.rig_actor, at=AT)


def decide(plant):
    decide_batch(batch_id=plant.batch.pk, at=AT)


READS = {
    "standing": lambda plant: standing_causes(batch_id=plant.batch.pk),
    "missing": lambda plant: missing_results(batch_id=plant.batch.pk),
    "cars": lambda plant: cars_of_batch(batch_id=plant.batch.pk, shown="wrong", after=0, at=AT, most=100),
    "counts": lambda plant: car_counts(batch_id=plant.batch.pk),
    "own": lambda plant: own_gates(batch_id=plant.batch.pk, at=AT),
    "failed": lambda plant: failed_cars(batch_ids=[plant.batch.pk]),
    "decisions": lambda plant: decisions_of_vehicle(vehicle_id=plant.vehicle.pk, before=LATER, most=100),
    "flagged": lambda plant: flagged_since(batch_ids=[plant.batch.pk]),
    "causes": lambda plant: nonconformance_causes(vehicle_ids=[plant.vehicle.pk]),
}


@pytest.mark.parametrize("read", READS)
def test_each_read_is_one_statement_for_one_car_and_for_three(plant, django_assert_num_queries, read):
    fail(plant, plant.vehicle)
    decide(plant)
    with django_assert_num_queries(1):
        READS[read](plant)
    for vehicle in make_vehicles(plant.batch, 2):
        fail(plant, vehicle, "0.200")
    decide(plant)
    with django_assert_num_queries(1):
        READS[read](plant)


def test_cars_with_the_same_value_are_one_cause_and_keep_their_nonconformances(plant):
    others = make_vehicles(plant.batch, 4)
    for vehicle in (plant.vehicle, others[0]):
        fail(plant, vehicle)
    fail(plant, others[1], "0.300")
    decide(plant)
    found = [
        (cause.found, cause.cars, cause.detail["nonconformance"])
        for cause in standing_causes(batch_id=plant.batch.pk).causes
        if cause.code == "measurement_failed"
    ]
    numbers = {row.sequence: row.nonconformances.get().number for row in plant.batch.vehicles.filter(sequence__lte=3)}
    assert found == [
        ("0.100 ohm", (1, 2), ", ".join(sorted([numbers[1], numbers[2]]))),
        ("0.300 ohm", (3,), numbers[3]),
    ]


def test_missing_results_name_their_cars_once_for_each_characteristic_and_position(plant):
    others = make_vehicles(plant.batch, 2)
    fail(plant, others[0])
    decide(plant)
    battery = {
        (cause.position, cause.cars) for cause in missing_results(batch_id=plant.batch.pk) if cause.gate == "battery"
    }
    assert battery == {("charge-port", (1, 3)), ("pack", (1, 3)), ("", (1, 3))}


def test_a_car_that_was_never_decided_is_among_the_wrong_ones(plant):
    rows = cars_of_batch(batch_id=plant.batch.pk, shown="wrong", after=0, at=AT, most=10)
    assert [(row.sequence, row.gates, row.undecided) for row in rows] == [(1, {}, True)]


def test_a_passed_gate_past_its_time_is_told_as_expired(plant):
    decide(plant)
    plant.vehicle.gates.filter(domain="crash").update(state=State.PASSED, missing=[], valid_until=AT)
    row = cars_of_batch(batch_id=plant.batch.pk, shown="all", after=0, at=AT, most=10)[0]
    assert row.gates["crash"].expired is True


def test_a_filter_that_does_not_exist_is_an_error(plant):
    with pytest.raises(KeyError):
        cars_of_batch(batch_id=plant.batch.pk, shown="true or true", after=0, at=AT, most=10)


PASSED, PENDING, FAILED = State.PASSED, State.PENDING, State.FAILED


@pytest.mark.parametrize(
    ("told", "since"),
    [
        ([], None),
        ([(1, "battery", FAILED)], 1),
        # Decided again and again while it is flagged: it is flagged since the first.
        ([(1, "battery", FAILED), (2, "battery", FAILED), (3, "battery", FAILED)], 1),
        # Another gate took over before the first one passed.
        ([(1, "battery", FAILED), (2, "crash", FAILED), (3, "battery", PASSED)], 1),
        # In one act one passes and another fails: there was no moment between.
        ([(1, "battery", FAILED), (2, "battery", PASSED), (2, "crash", FAILED)], 1),
        ([(1, "battery", FAILED), (2, "battery", PENDING)], None),
        ([(1, "battery", FAILED), (2, "battery", PENDING), (3, "crash", FAILED), (4, "driving", FAILED)], 3),
    ],
)
def test_a_batch_is_flagged_since_the_run_began_in_which_a_gate_always_failed(plant, told, since):
    for minute, domain, worst in told:
        at = AT + timedelta(minutes=minute)
        counts = {"worst": int(worst)}
        plant.batch.decisions.create(domain=domain, counter=minute, decided_at=at, state=0, counts=counts)
    expected = {} if since is None else {plant.batch.pk: AT + timedelta(minutes=since)}
    assert flagged_since(batch_ids=[plant.batch.pk]) == expected


def test_deciding_more_cars_does_not_begin_the_flag_anew(plant):
    fail(plant, plant.vehicle)
    decide(plant)
    others = make_vehicles(plant.batch, 2)
    for minute, vehicle in enumerate(others, start=5):
        fail(plant, vehicle, "0.200")
        decide_batch(batch_id=plant.batch.pk, at=AT + timedelta(minutes=minute))
    assert flagged_since(batch_ids=[plant.batch.pk]) == {plant.batch.pk: AT}
