"""What is to be tested follows from what the gates stored, and costs the same for one car and for many."""

from datetime import timedelta
from decimal import Decimal

import pytest

from inspections.catalogue.models import Characteristic, Procedure
from inspections.catalogue.queries import forget_requirements
from inspections.dispositions.answering import confirm_retest, record_rework
from inspections.dispositions.models import Nonconformance
from inspections.gates.models import OpenReason, VehicleGate
from inspections.gates.queries import Never, Why, car_standing, cars_to_test, clearance, to_test
from inspections.gates.sentences import ReasonFacts, sentence
from inspections.gates.services import decide_batch, scrap_vehicle
from inspections.results.services import change_software, record_inspections
from tests.factories import AT, changed_value, make_engineer, make_plant, make_vehicles, mes_actor

LATER = AT + timedelta(minutes=10)


@pytest.fixture
def plant(db):
    found = make_plant()
    Characteristic.objects.filter(code="ADAS-SW").update(software_system="ADAS")
    forget_requirements()
    return found


def decide(plant, at=AT):
    decide_batch(batch_id=plant.batch.pk, at=at)


def passing(plant, vehicle=None, at=AT):
    items = plant.passing(vin=(vehicle or plant.vehicle).vin)
    record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=at)
    decide(plant, at)


def failing(plant):
    measured = changed_value("BAT-EOL", "BOND", Decimal("0.2"), position="pack")
    posted = plant.posted(measurements=measured, software=[{"system": "BMS", "version": "2.0"}])
    record_inspections(items=[posted], rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide(plant)
    return Nonconformance.objects.get()


def flash(plant, version, system="ADAS"):
    change_software(vehicle=plant.vehicle, changes=[(system, version)], changed_at=LATER, actor=mes_actor(), at=LATER)
    decide(plant, LATER)


def rows(plant):
    codes = dict(Procedure.objects.values_list("pk", "code"))
    return [
        (codes[row.procedure_id], row.why.value, row.cars, row.sequences, row.change)
        for row in to_test(batch_ids=[plant.batch.pk])
    ]


def cars(plant, procedure, why, **more):
    asked = {"after": 0, "most": 10, **more}
    found = cars_to_test(batch_id=plant.batch.pk, procedure_id=plant.procedures[procedure].pk, why=Why(why), **asked)
    return [row.sequence for row in found]


def test_cars_that_miss_the_same_procedure_are_one_row(plant):
    make_vehicles(plant.batch, 11)
    decide(plant)
    first = (1, 2, 3, 4, 5)
    assert sorted(rows(plant)) == [
        ("BAT-EOL", "missing", 12, first, ""),
        ("CRS-EOL", "missing", 12, first, ""),
        ("DRV-EOL", "missing", 12, first, ""),
    ]
    assert cars(plant, "BAT-EOL", "missing", after=9) == [10, 11, 12]
    assert cars(plant, "BAT-EOL", "missing", most=2) == [1, 2]


def test_cars_that_miss_other_values_of_a_procedure_are_still_one_row(plant):
    make_vehicles(plant.batch, 2)
    items = [plant.posted(measurements=[{"characteristic": "ISO", "value": Decimal(812), "unit": "ohm/V"}],
                          software=[{"system": "BMS", "version": "2.0"}])]  # fmt: skip
    record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide(plant)
    assert [row for row in rows(plant) if row[0] == "BAT-EOL"] == [("BAT-EOL", "missing", 3, (1, 2, 3), "")]


def test_a_car_of_which_nothing_is_missing_is_not_listed(plant):
    passing(plant)
    assert rows(plant) == []


@pytest.mark.law(6)
def test_a_fail_is_to_be_tested_again_only_once_somebody_answered_it(plant):
    passing(plant)
    nonconformance = failing(plant)
    assert rows(plant) == []
    record_rework(
        nonconformance=nonconformance, what="Joint cleaned", done_at=LATER, repeats=["ISO"],
        actor=make_engineer(), at=LATER,
    )  # fmt: skip
    decide(plant, LATER)
    assert rows(plant) == [("BAT-EOL", "rework", 1, (1,), "")]
    assert cars(plant, "BAT-EOL", "rework") == [1]
    standing = car_standing(vehicle_id=plant.vehicle.pk, batch_id=plant.batch.pk, at=LATER)
    names = dict(Characteristic.objects.values_list("pk", "code"))
    assert {(names[value.characteristic_id], value.position, value.why.value) for value in standing.values} == {
        ("BOND", "pack", "rework"),
        ("ISO", "", "rework"),
    }


def test_a_fail_that_was_confirmed_as_a_mistake_is_to_be_tested_again(plant):
    passing(plant)
    confirm_retest(nonconformance=failing(plant), reason="Clamp was loose", actor=make_engineer(), at=LATER)
    decide(plant, LATER)
    assert rows(plant) == [("BAT-EOL", "answered", 1, (1,), "")]


def test_what_is_older_than_a_change_is_to_be_tested_again_and_names_the_change(plant):
    passing(plant)
    flash(plant, "2.1", "BMS")
    assert rows(plant) == [("BAT-EOL", "stale", 1, (1,), "BMS 2.1")]


@pytest.mark.law(1)
def test_a_value_with_anything_open_or_undecided_is_never_taken_for_good(plant):
    passing(plant)
    bond = Characteristic.objects.get(code="BOND").pk
    before = car_standing(vehicle_id=plant.vehicle.pk, batch_id=plant.batch.pk, at=AT)
    assert (before.decided, before.open) == ({"battery", "crash", "driving"}, frozenset())
    failing(plant)
    stands = car_standing(vehicle_id=plant.vehicle.pk, batch_id=plant.batch.pk, at=AT)
    assert (stands.values, (bond, "pack") in stands.open) == ((), True)
    record_inspections(items=plant.passing(), rig=plant.rig, actor=plant.rig_actor, at=LATER)
    assert car_standing(vehicle_id=plant.vehicle.pk, batch_id=plant.batch.pk, at=LATER).decided == frozenset()


def test_a_gate_whose_facts_have_ended_is_undecided(plant):
    passing(plant)
    VehicleGate.objects.filter(vehicle=plant.vehicle, domain="battery").update(valid_until=LATER)
    asked = {"vehicle_id": plant.vehicle.pk, "batch_id": plant.batch.pk}
    assert car_standing(**asked, at=AT).decided == {"battery", "crash", "driving"}
    assert car_standing(**asked, at=LATER).decided == {"crash", "driving"}


def test_a_car_that_was_taken_out_is_not_asked_for(plant):
    decide(plant)
    scrap_vehicle(vehicle=plant.vehicle, reason="beyond repair", actor=make_engineer(), at=AT)
    assert rows(plant) == []


@pytest.mark.parametrize(("version", "never"), [("4.11", Never("4.10", "4.11", "ADAS")), ("4.10", Never())])
def test_software_that_the_plan_never_accepts_is_told_with_the_reason(plant, version, never):
    passing(plant)
    flash(plant, "4.9")
    change_software(
        vehicle=plant.vehicle, changes=[("ADAS", version)], changed_at=LATER + timedelta(minutes=1),
        actor=mes_actor(), at=LATER + timedelta(minutes=1),
    )  # fmt: skip
    decide(plant, LATER + timedelta(minutes=1))
    assert [(row.why, row.never) for row in to_test(batch_ids=[plant.batch.pk])] == [(Why.STALE, never)]


def test_the_sentence_of_such_a_reason_says_what_is_asked_what_is_there_and_what_to_do(plant):
    passing(plant)
    flash(plant, "4.11")
    cause = next(row for row in clearance(vin=plant.vehicle.vin, at=LATER).reasons if "has" in row.detail)
    assert (cause.code, cause.characteristic) == ("evidence_stale", "ADAS-SW")
    facts = ReasonFacts(cause.code, "Car 1", cause.characteristic, detail=cause.detail)
    said, zh = sentence(facts, "en"), sentence(facts, "zh-hans")
    assert said.text.endswith(" The plan asks 4.10; the car has ADAS 4.11.")
    assert said.clears_when == (
        "Clears when tested again."
        " First set the car's software back, or revise the plan: as it stands it can only fail."
    )
    assert zh.text.endswith("控制计划要求4.10，车上ADAS为4.11。")
    others = OpenReason.objects.filter(vehicle=plant.vehicle, code="evidence_stale").exclude(detail__has_key="has")
    assert others.count() == 2


def test_reading_costs_the_same_for_one_car_and_for_three(plant, django_assert_num_queries):
    decide(plant)
    for _ in range(2):
        with django_assert_num_queries(2):
            to_test(batch_ids=[plant.batch.pk])
        with django_assert_num_queries(1):
            cars(plant, "BAT-EOL", "missing")
        with django_assert_num_queries(1):
            cars_to_test(
                batch_id=plant.batch.pk, procedure_id=plant.procedures["BAT-EOL"].pk, why=Why.STALE, after=0, most=9
            )
        with django_assert_num_queries(2):
            car_standing(vehicle_id=plant.vehicle.pk, batch_id=plant.batch.pk, at=AT)
        make_vehicles(plant.batch, 2)
        decide(plant)
