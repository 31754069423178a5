"""What decides the worth of evidence marks, in one statement, every car that leans on it, and changes no verdict."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from inspections.batches.choices import VehicleStatus
from inspections.marks.models import Mark
from inspections.people.choices import Role
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from inspections.results.models import Inspection, Void
from inspections.results.services import (
    FactRefused,
    authorise_rig,
    enter_calibration,
    record_inspection,
    report_out_of_tolerance,
    void_inspection,
    withdraw_authorisation,
)
from inspections.rigs.models import Calibration
from tests.factories import AT, Plant, become, make_engineer, make_person, make_rig, make_vehicle, posted

HOUR = timedelta(hours=1)


def record(plant: Plant, **changed: Any) -> int:
    recorded = record_inspection(posted=plant.posted(**changed), rig=plant.rig, actor=plant.rig_actor, at=AT)
    assert recorded.inspection_id is not None
    return recorded.inspection_id


def marked_by(act: Callable[[], object]) -> set[tuple[int | None, str]]:
    Mark.objects.all().delete()
    act()
    return set(Mark.objects.values_list("vehicle_id", "domain"))


def out_of_tolerance(plant: Plant, **more: Any) -> object:
    dates = {"back_to": AT - 2 * HOUR, "found_at": AT, **more}
    return report_out_of_tolerance(rig=plant.rig, reason="drifted", actor=make_engineer(), at=AT, **dates)


class TestMarks:
    def test_all_cars_measured_in_the_time_concerned_are_marked_and_no_other(self, plant: Plant) -> None:
        others = [make_vehicle(plant.batch) for _ in range(3)]
        record(plant, finished_at=AT - HOUR)
        record(plant, vin=others[0].vin, finished_at=AT - 3 * HOUR)
        record(plant, procedure="DRV-EOL", vin=others[1].vin, finished_at=AT - HOUR)
        found = marked_by(lambda: out_of_tolerance(plant))
        assert found == {(plant.vehicle.pk, "battery"), (others[1].pk, "driving")}

    def test_cars_that_carry_a_part_measured_then_are_marked(self, plant: Plant) -> None:
        item = posted(component={"kind": "pack", "serial": "P-1"}, finished_at=AT - HOUR)
        record_inspection(posted=item, rig=plant.rig, actor=plant.rig_actor, at=AT)
        assert marked_by(lambda: out_of_tolerance(plant)) == {(plant.vehicle.pk, "battery")}

    @pytest.mark.parametrize(
        ("status", "is_marked"), [(VehicleStatus.DELIVERED, True), (VehicleStatus.SCRAPPED, False)]
    )
    def test_delivered_cars_are_marked_and_cars_for_nobody_are_not(
        self, plant: Plant, status: VehicleStatus, is_marked: bool
    ) -> None:
        record(plant, finished_at=AT - HOUR)
        become(plant.vehicle, status)
        assert bool(marked_by(lambda: out_of_tolerance(plant))) is is_marked

    def test_a_certificate_entered_late_marks_what_it_covers(self, plant: Plant) -> None:
        record(plant, finished_at=AT - HOUR)
        dates = {"valid_from": AT - 2 * HOUR, "valid_until": AT + HOUR}
        enter = lambda: enter_calibration(rig=plant.rig, certificate="N2", actor=make_engineer(), at=AT, **dates)  # noqa: E731
        assert marked_by(enter) == {(plant.vehicle.pk, "battery")}

    @pytest.mark.parametrize("act", [authorise_rig, withdraw_authorisation])
    def test_an_authorisation_marks_what_was_measured_by_it_since(
        self, plant: Plant, act: Callable[..., object]
    ) -> None:
        record(plant, finished_at=AT - HOUR)
        record(plant, procedure="DRV-EOL", finished_at=AT - HOUR)
        drive = plant.procedures["DRV-EOL"]
        arguments = {"rig": plant.rig, "procedure": drive, "reason": "x", "actor": make_engineer(), "at": AT}
        assert marked_by(lambda: act(effective_at=AT - 2 * HOUR, **arguments)) == {(plant.vehicle.pk, "driving")}
        assert marked_by(lambda: act(effective_at=AT, **arguments)) == set()

    def test_another_rigs_cars_are_left_alone(self, plant: Plant) -> None:
        record(plant, finished_at=AT - HOUR)
        other = make_rig("EOL-9")
        act = lambda: report_out_of_tolerance(  # noqa: E731
            rig=other, back_to=AT - 2 * HOUR, found_at=AT, reason="x", actor=make_engineer(), at=AT
        )
        assert marked_by(act) == set()

    def test_it_takes_as_many_statements_for_one_car_as_for_many(
        self, plant: Plant, django_assert_num_queries: Any
    ) -> None:
        for place in range(3):
            record(plant, vin=make_vehicle(plant.batch).vin, finished_at=AT - place * timedelta(seconds=1))
        actor = make_engineer()
        with django_assert_num_queries(6):
            report_out_of_tolerance(rig=plant.rig, back_to=AT - HOUR, found_at=AT, reason="x", actor=actor, at=AT)
        assert Mark.objects.filter(domain="battery").count() >= 6


class TestFacts:
    def test_a_certificate_twice_is_one(self, plant: Plant) -> None:
        dates = {"valid_from": AT, "valid_until": AT + HOUR}
        first = enter_calibration(rig=plant.rig, certificate="N2", actor=make_engineer(), at=AT, **dates)
        again = enter_calibration(rig=plant.rig, certificate=" N2 ", actor=make_engineer(), at=AT, **dates)
        assert (first[1], again[1], again[0].pk) == (True, False, first[0].pk)

    @pytest.mark.parametrize(
        "changed",
        [{"certificate": " "}, {"valid_until": AT}, {"certificate": "C-EOL-3"}],
    )
    def test_a_certificate_that_cannot_be_is_refused(self, plant: Plant, changed: dict[str, Any]) -> None:
        arguments = {"certificate": "N2", "valid_from": AT, "valid_until": AT + HOUR, **changed}
        with pytest.raises(FactRefused):
            enter_calibration(rig=plant.rig, actor=make_engineer(), at=AT, **arguments)
        assert Calibration.objects.filter(rig=plant.rig).count() == 1

    def test_every_act_is_in_the_ledger_with_its_reason(self, plant: Plant) -> None:
        out_of_tolerance(plant)
        entry = LedgerEntry.objects.get(act="rig.out_of_tolerance")
        assert (entry.subject, entry.reason) == ("EOL-3", "drifted")

    @pytest.mark.parametrize("changed", [{"reason": " "}, {"found_at": AT - 3 * HOUR}])
    def test_a_finding_that_cannot_be_is_refused(self, plant: Plant, changed: dict[str, Any]) -> None:
        arguments = {"back_to": AT - 2 * HOUR, "found_at": AT, "reason": "drifted", **changed}
        with pytest.raises(FactRefused):
            report_out_of_tolerance(rig=plant.rig, actor=make_engineer(), at=AT, **arguments)

    @pytest.mark.law(8)
    @pytest.mark.parametrize("role", [Role.INSPECTOR, Role.RELEASE_OFFICER, Role.CATALOGUE_OWNER, Role.AUDITOR])
    def test_only_an_engineer_says_what_evidence_is_worth(self, plant: Plant, role: Role) -> None:
        actor = Actor.person(make_person(role))
        inspection = Inspection.objects.get(pk=record(plant))
        with pytest.raises(NotAllowed):
            report_out_of_tolerance(rig=plant.rig, back_to=AT, found_at=AT, reason="x", actor=actor, at=AT)
        with pytest.raises(NotAllowed):
            authorise_rig(rig=plant.rig, procedure=plant.procedures["BAT-EOL"], effective_at=AT, actor=actor, at=AT)
        with pytest.raises(NotAllowed):
            void_inspection(inspection=inspection, reason="x", actor=actor, at=AT)
        with pytest.raises(NotAllowed):
            void_inspection(inspection=inspection, reason="x", actor=plant.rig_actor, at=AT)


class TestVoid:
    @pytest.mark.law(4)
    def test_a_void_inspection_stays_and_its_car_is_undecided(self, plant: Plant) -> None:
        inspection = Inspection.objects.get(pk=record(plant))
        engineer = make_engineer()
        found = marked_by(lambda: void_inspection(inspection=inspection, reason="wrong VIN", actor=engineer, at=AT))
        assert found == {(plant.vehicle.pk, "battery")}
        void = Void.objects.get(inspection=inspection)
        assert (void.reason, void.voided_by, void.person_id) == ("wrong VIN", engineer.label, engineer.id)
        assert Inspection.objects.filter(pk=inspection.pk).exists()

    def test_voiding_needs_a_reason_and_happens_once(self, plant: Plant) -> None:
        inspection = Inspection.objects.get(pk=record(plant))
        with pytest.raises(FactRefused):
            void_inspection(inspection=inspection, reason="  ", actor=make_engineer(), at=AT)
        void_inspection(inspection=inspection, reason="wrong VIN", actor=make_engineer(), at=AT)
        with pytest.raises(FactRefused):
            void_inspection(inspection=inspection, reason="again", actor=make_engineer(), at=AT)
