"""The matrix of a batch says of every car and characteristic what the decider stored, and never better."""

from datetime import timedelta
from decimal import Decimal

import pytest

from inspections.batches.choices import VehicleStatus
from inspections.catalogue.models import Characteristic
from inspections.gates.matrix import HELD, UNDECIDED, Mark, matrix_of_batch
from inspections.gates.models import VehicleGate
from inspections.gates.services import decide_batch
from inspections.marks.services import mark_vehicles
from inspections.results.services import change_software, record_inspections
from inspections.web.matrix_choice import mark_of
from tests import concessions
from tests.factories import (
    AT,
    LINES,
    SYSTEM,
    become,
    changed_value,
    make_batch,
    make_revision,
    make_vehicle,
    make_vehicles,
    pin,
    put_into,
)


def matrix(plant, at=AT):
    plant.batch.refresh_from_db()
    return matrix_of_batch(batch=plant.batch, mark_of=mark_of, at=at)


def cells(plant, at=AT):
    """By row name, the marks of the cars in build order, with how many positions; rows of passes alone left out."""
    found = matrix(plant, at)
    names = dict(Characteristic.objects.values_list("pk", "code"))
    return {
        names.get(row.characteristic_id, row.domain): [
            (Mark(mark).name.lower(), count) for mark, count in zip(row.marks, row.counts, strict=True)
        ]
        for row in found.rows
        if row.worst is not Mark.PASS
    }


def mark_batch(plant):
    """All its cars are to be decided again."""
    cars = plant.batch.vehicles.values_list("pk", flat=True)
    mark_vehicles(rows=[(plant.batch.pk, car, "") for car in cars], at=AT)


def decide(plant, at=AT):
    decide_batch(batch_id=plant.batch.pk, at=at)


def agrees(plant, at=AT):
    """Every car meant for delivery has something wrong in a gate's rows exactly when that gate is not passed."""
    found = matrix(plant, at)
    gates = {(gate.vehicle_id, gate.domain): gate for gate in VehicleGate.objects.filter(batch_id=plant.batch.pk)}
    for place, car in enumerate(found.cars):
        if not car.for_delivery:
            continue
        for domain in ("battery", "crash", "driving"):
            worst = max((row.marks[place] for row in found.rows if row.domain == domain), default=Mark.NOT_ASKED)
            gate = gates.get((car.id, domain))
            passed = gate is not None and gate.state == 0 and (gate.valid_until is None or gate.valid_until > at)
            assert (worst in (Mark.PASS, Mark.CONCEDED)) is passed, (car.sequence, domain, Mark(worst))
    return True


def test_a_car_of_which_everything_passed_has_a_pass_in_every_row(plant, good_car):
    found = matrix(plant)
    assert [(row.domain, set(row.marks), row.positions) for row in found.rows] == [
        ("battery", {Mark.PASS}, 2),
        ("battery", {Mark.PASS}, 1),
        ("battery", {Mark.PASS}, 1),
        ("crash", {Mark.PASS}, 1),
        ("crash", {Mark.PASS}, 1),
        ("driving", {Mark.PASS}, 2),
        ("driving", {Mark.PASS}, 1),
    ]
    assert agrees(plant)


@pytest.mark.law(1)
def test_what_was_never_decided_is_a_pass_nowhere(plant):
    make_vehicles(plant.batch, 1)
    found = matrix(plant)
    assert {mark for row in found.rows for mark in row.marks} == {Mark.PENDING}
    assert cells(plant)["battery"] == [("pending", 0), ("pending", 0)]
    assert agrees(plant)


def test_positions_fold_to_the_worst_and_say_how_many_are_like_it(plant, record):
    values = changed_value("BAT-EOL", "BOND", Decimal("0.100"), position="pack")
    record(plant.posted("BAT-EOL", measurements=values, software=[{"system": "BMS", "version": "2.0"}]))
    found = cells(plant)
    assert (found["BOND"], found[HELD]) == ([("fail", 1)], [("held", 1)])
    assert found["BRAKE"] == [("missing", 2)]
    assert agrees(plant)


def test_a_fail_at_one_position_outweighs_the_other_that_is_missing(plant, record):
    one = [
        item
        for item in changed_value("BAT-EOL", "BOND", Decimal("0.200"), position="pack")
        if item.get("position") != "charge-port"
    ]
    record(plant.posted("BAT-EOL", measurements=one))
    assert cells(plant)["BOND"] == [("fail", 1)]


def test_what_is_older_than_the_cars_software_is_stale(plant, good_car):
    change_software(
        vehicle=good_car, changes=[("ADAS", "4.11")], changed_at=AT, actor=SYSTEM, at=AT + timedelta(minutes=1)
    )
    decide(plant, AT + timedelta(minutes=1))
    assert cells(plant) == {"BRAKE": [("stale", 2)], "ADAS-SW": [("stale", 1)]}
    assert agrees(plant)


def test_what_waits_to_be_decided_is_told_of_its_car(plant, good_car, record):
    record(plant.posted("CRS-EOL"), decide=False)
    assert cells(plant) == {UNDECIDED: [("pending", 1)]}


def test_what_a_gate_relies_on_a_concession_for_is_conceded(plant):
    concessions.measure_squib(plant)
    concession = concessions.propose(plant.vehicle)
    assert cells(plant)["SQUIB"] == [("fail", 1)]
    concessions.approve(concession)
    assert cells(plant) == {"SQUIB": [("conceded", 1)]}
    assert agrees(plant)


@pytest.mark.law(1)
def test_a_concession_that_ended_is_a_pass_no_more_though_nobody_decided_again(plant):
    concessions.measure_squib(plant)
    concessions.approve(concessions.propose(plant.vehicle))
    later = AT + timedelta(days=4)
    assert cells(plant, later)["crash"] == [("stale", 1)]
    assert agrees(plant, later)
    mark_batch(plant)
    decide(plant, later)
    assert cells(plant, later)["SQUIB"] == [("fail", 1)]


def test_of_a_car_not_meant_for_a_customer_nothing_is_asked(plant, good_car):
    other = make_vehicle(plant.batch)
    become(other, VehicleStatus.SCRAPPED)
    decide(plant)
    assert {row.marks[1] for row in matrix(plant).rows} == {Mark.NOT_ASKED}
    assert cells(plant) == {}


def test_a_line_binds_cars_built_while_it_is_in_effect(plant, good_car):
    """The other lines are asked of both cars; SQUIB of none of them, for it comes into effect later."""
    day = (AT + timedelta(days=5)).date()
    lines = [dict(line, effective_from=day) if line["characteristic"] == "SQUIB" else line for line in LINES]
    revision = make_revision(plant.configuration, lines)
    pin(plant.batch, revision)
    mark_batch(plant)
    decide(plant)
    names = dict(Characteristic.objects.values_list("pk", "code"))
    assert "SQUIB" not in {names[row.characteristic_id] for row in matrix(plant).rows if row.characteristic_id}
    assert agrees(plant)


def test_a_fail_of_what_the_plan_asks_no_more_keeps_its_row(plant, record):
    record(plant.posted("CRS-EOL", measurements=changed_value("CRS-EOL", "SQUIB", Decimal(9))))
    lines = [line for line in LINES if line["characteristic"] != "SQUIB"]
    make_vehicles(plant.batch, 1)
    pin(plant.batch, make_revision(plant.configuration, lines))
    mark_batch(plant)
    decide(plant)
    assert cells(plant)["SQUIB"] == [("fail", 1), ("not_asked", 0)]
    assert agrees(plant)


@pytest.mark.law(1)
def test_without_an_approved_plan_no_cell_is_a_pass(plant):
    plant.without_plan()
    decide(plant)
    found = matrix(plant)
    assert {(row.domain, row.characteristic_id, *row.marks) for row in found.rows} == {
        (HELD, None, Mark.HELD),
        *((domain, None, Mark.FAIL) for domain in ("battery", "crash", "driving")),
    }
    assert agrees(plant)


@pytest.mark.law(1)
@pytest.mark.parametrize(("state", "mark"), [(1, "pending"), (2, "fail")])
def test_a_gate_that_is_not_passed_shows_it_though_no_reason_is_kept(plant, good_car, state, mark):
    VehicleGate.objects.filter(vehicle=good_car, domain="crash").update(state=state)
    assert cells(plant) == {"crash": [(mark, 1)]}
    assert agrees(plant)


def test_a_car_that_came_from_another_batch_is_undecided_until_this_one_decides_it(plant, good_car):
    other = make_batch("SU7-OTHER", configuration=plant.configuration)
    put_into(other, good_car, 1)
    plant.batch = other
    assert {mark for row in matrix(plant).rows for mark in row.marks} == {Mark.PENDING}


def test_a_part_of_an_any_of_group_that_disagrees_with_its_rig_has_a_row_of_its_own(plant, good_car):
    values = [dict(item) for item in changed_value("CRS-EOL", "DTC", Decimal(0))]
    values[1]["verdict"] = "fail"
    items = [plant.posted("CRS-EOL", measurements=values)]
    record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide(plant)
    assert cells(plant)["DTC"] == [("unclear", 1)]
    assert agrees(plant)
