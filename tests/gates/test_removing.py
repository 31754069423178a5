"""Cars destroyed for a test or scrapped: they never leave, nobody takes it back, and no batch is emptied by it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from inspections.batches.choices import VehicleStatus
from inspections.batches.models import Removal, Vehicle
from inspections.gates.queries import batch_summary, clearance
from inspections.gates.rules import RemovalRefused
from inspections.gates.services import close_batch, decide_batch, destroy_vehicle, scrap_vehicle
from inspections.marks.models import Mark
from inspections.people.choices import Role
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from inspections.results.services import FittedPart, fit_components, record_inspections
from tests.factories import (
    AT,
    LINES,
    SYSTEM,
    Plant,
    become,
    make_batch,
    make_engineer,
    make_person,
    make_plant,
    make_vehicle,
    mes_actor,
    rig_actor,
)

pytestmark = pytest.mark.django_db
WHY = "chosen for the side impact"


def destroy(plant: Plant, vehicle: Vehicle | None = None, *, actor: Actor | None = None, reason: str = WHY) -> Removal:
    return destroy_vehicle(
        vehicle=vehicle or plant.vehicle, procedure=plant.procedures["CRS-EOL"], reason=reason,
        actor=actor or make_engineer(), at=AT,
    )  # fmt: skip


def scrap(vehicle: Vehicle, *, actor: Actor | None = None, reason: str = "frame bent") -> Removal:
    return scrap_vehicle(vehicle=vehicle, reason=reason, actor=actor or make_engineer(), at=AT)


def refused(statement: str, why: str) -> bool:
    with pytest.raises(DatabaseError, match=why), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    return True


def test_a_car_destroyed_for_a_test_never_leaves_and_says_so(plant: Plant) -> None:
    removal = destroy(plant)
    plant.vehicle.refresh_from_db()
    assert (plant.vehicle.status, removal.procedure) == ("destroyed_for_test", plant.procedures["CRS-EOL"])
    decide_batch(batch_id=plant.batch.pk, at=AT)
    found = clearance(vin=plant.vehicle.vin, at=AT)
    assert (found.clear, found.may_leave, found.reasons[0].code) == (False, False, "not_for_delivery")
    entry = LedgerEntry.objects.get(act="vehicle.destroyed")
    assert (entry.subject, entry.batch, entry.reason, entry.before, entry.after) == (
        plant.vehicle.vin,
        plant.batch.number,
        WHY,
        {"status": "in_process"},
        {"status": "destroyed_for_test", "procedure": "CRS-EOL"},
    )


def test_missing_results_of_a_destroyed_car_count_no_more_against_its_batch(plant: Plant) -> None:
    decide_batch(batch_id=plant.batch.pk, at=AT)
    before = [(gate.passed, gate.failed, gate.pending) for gate in batch_summary(batch_id=plant.batch.pk, at=AT).gates]
    destroy(plant)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    after = [(gate.passed, gate.failed, gate.pending) for gate in batch_summary(batch_id=plant.batch.pk, at=AT).gates]
    assert (before, after) == ([(0, 0, 1)] * 3, [(0, 0, 0)] * 3)


def test_until_it_is_decided_no_other_car_of_the_batch_is_clear(plant: Plant) -> None:
    decide_batch(batch_id=plant.batch.pk, at=AT)
    destroy(plant)
    assert set(Mark.objects.values_list("vehicle_id", "domain")) == {(plant.vehicle.pk, ""), (None, "")}


@pytest.mark.parametrize("way", ["destroy", "scrap"])
def test_it_needs_an_engineer_and_words(plant: Plant, way: str) -> None:
    act = (lambda **more: destroy(plant, **more)) if way == "destroy" else (lambda **more: scrap(plant.vehicle, **more))
    for actor in [
        *(Actor.person(make_person(role)) for role in Role if role is not Role.ENGINEER),
        rig_actor(plant.rig),
        mes_actor(),
        SYSTEM,
    ]:
        with pytest.raises(NotAllowed):
            act(actor=actor)
    with pytest.raises(RemovalRefused, match="the reason is empty"):
        act(reason=" \n")
    assert (Removal.objects.count(), plant.vehicle.status) == (0, VehicleStatus.IN_PROCESS)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("delivered", "has left the plant"),
        ("transferred", "was transferred"),
        ("destroyed_for_test", "was destroyed for a test already"),
        ("scrapped", "was scrapped already"),
    ],
)
def test_what_is_gone_is_neither_destroyed_nor_scrapped(plant: Plant, status: str, words: str) -> None:
    become(plant.vehicle, status)
    removals = Removal.objects.count()
    for act in (lambda: destroy(plant), lambda: scrap(plant.vehicle)):
        with pytest.raises(RemovalRefused, match=words):
            act()
    assert Removal.objects.count() == removals


def test_a_released_car_is_not_destroyed_for_a_test(plant: Plant) -> None:
    become(plant.vehicle, "released")
    with pytest.raises(RemovalRefused, match="is released: choose a car that nobody was promised"):
        destroy(plant)


def test_a_released_car_is_scrapped_only_when_something_stands_against_it(good_car: Vehicle) -> None:
    become(good_car, "released")
    with pytest.raises(RemovalRefused, match="is released and clear: hold it and say why"):
        scrap(good_car)
    from inspections.dispositions.services import place_hold

    place_hold(batch=good_car.batch, vehicle=good_car, reason="dropped", actor=make_engineer(), at=AT)
    scrap(good_car)
    good_car.refresh_from_db()
    assert good_car.status == "scrapped"


@pytest.mark.law(4)
@pytest.mark.parametrize("status", ["destroyed_for_test", "scrapped"])
def test_law_4_raw_sql_brings_no_car_back(plant: Plant, status: str) -> None:
    become(plant.vehicle, status)
    other = make_batch("SU7-2026W47-04", configuration=plant.configuration)
    for back in ("in_process", "released", "delivered", "transferred"):
        assert refused(f"update inspections_vehicle set status = '{back}'", f"is {status}, it stays so")
    assert refused(f"update inspections_vehicle set batch_id = {other.pk}", "it stays so")
    assert refused("update inspections_removal set status = 'scrapped'", "permission denied")
    assert refused("delete from inspections_removal", "permission denied")


@pytest.mark.law(4)
def test_law_4_raw_sql_takes_no_car_out_without_an_act(plant: Plant) -> None:
    for status in ("destroyed_for_test", "scrapped"):
        assert refused(f"update inspections_vehicle set status = '{status}'", f"becomes {status} by an act on record")
    columns = "(vehicle_id, status, nonconformance, reason, removed_by, person_id, at)"
    become(plant.vehicle, "delivered")
    for status in ("destroyed_for_test", "scrapped"):
        values = f"values ({plant.vehicle.pk}, '{status}', '', 'x', 'x', 1, now())"
        assert refused(f"insert into inspections_removal {columns} {values}", "that is delivered is not made")
    assert refused("update inspections_vehicle set status = 'in_process'", "is delivered, it stays so")


def test_a_destruction_names_its_test_in_the_database_too(plant: Plant) -> None:
    columns = "(vehicle_id, status, nonconformance, reason, removed_by, person_id, at)"
    values = f"values ({plant.vehicle.pk}, 'destroyed_for_test', '', 'x', 'x', 1, now())"
    assert refused(f"insert into inspections_removal {columns} {values}", "removal_names_the_test")


def test_two_destroyed_cars_empty_no_batch_of_what_it_owes() -> None:
    """The cars that stay still need their own results; the batch's own facts are asked as before."""
    plant = make_plant(
        lines=[line if line["characteristic"] != "SQUIB" else {**line, "level": "type"} for line in LINES]
    )
    second, third = make_vehicle(plant.batch), make_vehicle(plant.batch)
    for vehicle in (plant.vehicle, second):
        destroy(plant, vehicle)
    close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
    summary = batch_summary(batch_id=plant.batch.pk, at=AT)
    crash = next(gate for gate in summary.gates if gate.domain == "crash")
    assert [(gate.passed, gate.failed, gate.pending) for gate in summary.gates] == [(0, 1, 0)] * 3
    assert (crash.own_state, [reason["code"] for reason in crash.own_reasons]) == ("failed", ["coverage_missing"])
    assert (summary.clear, clearance(vin=third.vin, at=AT).clear) == (0, False)


def test_a_batch_whose_cars_are_all_destroyed_has_nothing_that_leaves(plant: Plant) -> None:
    other = make_vehicle(plant.batch)
    items = [plant.posted(procedure, vin=car.vin) for procedure in plant.procedures for car in (plant.vehicle, other)]
    record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=AT)
    for vehicle in (plant.vehicle, other):
        destroy(plant, vehicle)
    decide_batch(batch_id=plant.batch.pk, at=AT + timedelta(seconds=1))
    summary = batch_summary(batch_id=plant.batch.pk, at=AT)
    assert (summary.registered, summary.clear, summary.released) == (2, 0, 0)
    assert {clearance(vin=car.vin, at=AT).clear for car in (plant.vehicle, other)} == {False}


@pytest.mark.law(1)
class TestAPartOfARemovedCar:
    """It went through what its car went through. What it showed before says nothing of it in the next car."""

    @pytest.fixture
    def donor(self, plant: Plant) -> Vehicle:
        """Another car, with a pack that was tested and passed."""
        donor = make_vehicle(plant.batch, components=[("pack", "P-9")], at=AT - timedelta(hours=12))
        self.measure(plant, AT - timedelta(hours=11))
        return donor

    @pytest.fixture
    def next_car(self, plant: Plant) -> Vehicle:
        """A car that awaits its pack, and lacks nothing else."""
        car = make_vehicle(plant.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")])
        rest = [item for item in plant.passing(vin=car.vin) if item.procedure != "BAT-EOL"]
        record_inspections(items=rest, rig=plant.rig, actor=plant.rig_actor, at=AT)
        return car

    def measure(self, plant: Plant, finished_at: datetime, at: datetime = AT) -> None:
        software = [{"system": "BMS", "version": "2.0"}]
        tested = plant.posted(component={"kind": "pack", "serial": "P-9"}, software=software, finished_at=finished_at)
        record_inspections(items=[tested], rig=plant.rig, actor=plant.rig_actor, at=at)

    def take(self, donor: Vehicle, *, changed_at: datetime, told_at: datetime) -> None:
        parts = [("pack", "P-9")]
        fit_components(vehicle=donor, removed=parts, changed_at=changed_at, actor=SYSTEM, at=told_at)

    def stands(self, plant: Plant, car: Vehicle, at: datetime) -> list[tuple[str, str]]:
        fit_components(
            vehicle=car, fitted=[FittedPart("pack", "P-9")],
            changed_at=at - timedelta(minutes=5), actor=SYSTEM, at=at,
        )  # fmt: skip
        decide_batch(batch_id=plant.batch.pk, at=at)
        causes = clearance(vin=car.vin, at=at).reasons
        return sorted({(cause.code, cause.detail.get("change", "")) for cause in causes} - {("not_released", "")})

    @pytest.mark.parametrize("how", ["destroyed", "scrapped"])
    def test_law_1_its_pack_is_tested_anew_in_the_next_car(
        self, plant: Plant, next_car: Vehicle, donor: Vehicle, how: str
    ) -> None:
        destroy(plant, donor) if how == "destroyed" else scrap(donor)
        later = AT + timedelta(hours=1)
        self.take(donor, changed_at=AT + timedelta(minutes=30), told_at=later)
        assert self.stands(plant, next_car, later) == [("evidence_stale", "former_car")]
        self.measure(plant, later + timedelta(minutes=1), at=later + timedelta(minutes=2))
        decide_batch(batch_id=plant.batch.pk, at=later + timedelta(minutes=2))
        assert clearance(vin=next_car.vin, at=later + timedelta(minutes=2)).clear is True

    def test_law_1_to_say_afterwards_that_it_was_taken_out_before_helps_nobody(
        self, plant: Plant, next_car: Vehicle, donor: Vehicle
    ) -> None:
        destroy(plant, donor)
        later = AT + timedelta(hours=1)
        self.take(donor, changed_at=AT - timedelta(hours=1), told_at=later)
        assert self.stands(plant, next_car, later) == [("evidence_stale", "former_car")]

    def test_a_pack_that_was_taken_out_before_brings_its_results_along(
        self, plant: Plant, next_car: Vehicle, donor: Vehicle
    ) -> None:
        self.take(donor, changed_at=AT - timedelta(hours=1), told_at=AT - timedelta(minutes=59))
        destroy(plant, donor)
        assert self.stands(plant, next_car, AT + timedelta(hours=1)) == []

    def test_a_test_of_the_destroyed_car_itself_is_none_of_it(self, plant: Plant, donor: Vehicle) -> None:
        destroy(plant, donor)
        decide_batch(batch_id=plant.batch.pk, at=AT)
        assert "evidence_stale" not in {cause.code for cause in clearance(vin=donor.vin, at=AT).reasons}
