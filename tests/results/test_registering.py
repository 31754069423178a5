"""Vehicles are registered all or none; their software changes; what contradicts the record is refused in words."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inspections.batches.choices import BatchStatus
from inspections.batches.models import Batch, Fitting, SoftwareChange, Vehicle
from inspections.marks.models import Mark
from inspections.people.rules import NotAllowed
from inspections.records.models import LedgerEntry
from inspections.results.services import (
    ChangeRefused,
    FittedPart,
    NewVehicle,
    Registered,
    RegistrationRefused,
    change_software,
    register_vehicles,
)
from tests.factories import AT, SYSTEM, Plant, make_batch, make_configuration, mes_actor, vin


def register(plant: Plant, *news: NewVehicle, batch: Batch | None = None) -> Registered:
    return register_vehicles(batch=batch or plant.batch, vehicles=news, actor=mes_actor(), at=AT)


def car(number: int, **more: Any) -> NewVehicle:
    return NewVehicle(vin(number), more.pop("sequence", number), **more)


class TestRegistering:
    def test_vehicles_come_with_their_software_and_parts(self, plant: Plant) -> None:
        news = [
            car(17, software=[("BMS", "2.0"), ("ADAS", "4.10")], components=[FittedPart("pack", "P-17", "L3")]),
            car(18),
        ]
        created = register(plant, *news).created
        assert [row.vin for row in created] == [vin(17), vin(18)]
        software = SoftwareChange.objects.filter(vehicle=created[0], at=AT, recorded_at=AT)
        assert set(software.values_list("system", "version")) == {("BMS", "2.0"), ("ADAS", "4.10")}
        fitting = Fitting.objects.get(vehicle=created[0])
        assert (fitting.component.kind, fitting.component.serial, fitting.component.lot) == ("pack", "P-17", "L3")

    def test_new_vehicles_and_their_batch_are_undecided(self, plant: Plant) -> None:
        (row,) = register(plant, car(17)).created
        assert set(Mark.objects.values_list("batch_id", "vehicle_id", "domain")) == {
            (plant.batch.pk, row.pk, ""), (plant.batch.pk, None, ""),
        }  # fmt: skip

    def test_each_vehicle_has_its_ledger_entry(self, plant: Plant) -> None:
        register(plant, car(17, software=[("BMS", "2.0")]))
        entry = LedgerEntry.objects.get(act="vehicle.registered", subject=vin(17))
        assert (entry.batch, entry.after) == (
            plant.batch.number,
            {"sequence": 17, "software": [{"system": "BMS", "version": "2.0"}], "components": []},
        )

    def test_repeating_it_changes_nothing(self, plant: Plant) -> None:
        new = car(17, software=[("BMS", "2.0")], components=[FittedPart("pack", "P-17")])
        register(plant, new)
        Mark.objects.all().delete()
        told = LedgerEntry.objects.count()
        again = register(plant, new)
        assert ([row.vin for row in again.repeated], again.created) == ([vin(17)], ())
        assert (Mark.objects.count(), LedgerEntry.objects.count()) == (0, told)

    def test_a_repeat_among_new_ones_is_told_apart(self, plant: Plant) -> None:
        register(plant, car(17))
        both = register(plant, car(17), car(18))
        assert ([row.vin for row in both.created], [row.vin for row in both.repeated]) == ([vin(18)], [vin(17)])

    def test_a_repeat_is_one_even_after_the_batch_closed(self, plant: Plant) -> None:
        register(plant, car(17))
        Batch.objects.filter(pk=plant.batch.pk).update(status=BatchStatus.TESTING_CLOSED, testing_closed_at=AT)
        assert len(register(plant, car(17)).repeated) == 1

    def test_a_hundred_vehicles_take_as_many_statements_as_three(
        self, plant: Plant, django_assert_num_queries: Any
    ) -> None:
        def news(first: int, number: int) -> list[NewVehicle]:
            return [
                car(first + place, software=[("BMS", "2")], components=[FittedPart("pack", f"Q{first + place}", "L9")])
                for place in range(number)
            ]

        mes_actor()
        with django_assert_num_queries(21):
            register(plant, *news(100, 3))
        with django_assert_num_queries(21):
            register(plant, *news(200, 100))


class TestRefused:
    @pytest.mark.parametrize(
        ("news", "pointer", "code"),
        [
            ([NewVehicle("1HGCM82633A004353", 2)], "/vehicles/0/vin", "vin_malformed"),
            ([car(17), NewVehicle("LSGPC52U6AF10255", 2)], "/vehicles/1/vin", "vin_malformed"),
            ([car(17), car(17, sequence=18)], "/vehicles/0/vin", "vin_twice"),
            ([car(17), car(18, sequence=17)], "/vehicles/0/sequence", "sequence_taken"),
            ([car(17, software=[("A", "1"), ("A", "2")])], "/vehicles/0/software", "duplicate_system"),
            (
                [car(17, components=[FittedPart("pack", "Q")]), car(18, components=[FittedPart("pack", "Q")])],
                "/vehicles/0/components/0",
                "part_twice",
            ),
        ],
    )
    def test_what_cannot_be_is_located_and_nothing_is_registered(
        self, plant: Plant, news: list[NewVehicle], pointer: str, code: str
    ) -> None:
        with pytest.raises(RegistrationRefused) as refused:
            register(plant, *news)
        first = refused.value.errors[0]
        assert (first.pointer, first.code, refused.value.conflict) == (pointer, code, False)
        assert plant.batch.vehicles.count() == 1

    def test_the_check_digit_is_asked_where_the_market_demands_it(self, plant: Plant) -> None:
        batch = make_batch("EU-1", configuration=make_configuration("SU7-MAX-EU", market="EU"))
        assert register(plant, NewVehicle("WP0ZZZ99ZTS392124", 1), batch=batch).created

    @pytest.mark.parametrize(
        ("new", "code", "words"),
        [
            (car(17, sequence=3), "vehicle_conflict", "is registered in batch SU7-2026W47-03 at place 17"),
            (car(17, software=[("BMS", "9")]), "vehicle_conflict", "Report a change instead"),
            (car(18, sequence=17), "sequence_taken", f"is taken by {vin(17)}"),
        ],
    )
    def test_what_contradicts_the_record_is_a_conflict(
        self, plant: Plant, new: NewVehicle, code: str, words: str
    ) -> None:
        register(plant, car(17))
        with pytest.raises(RegistrationRefused) as refused:
            register(plant, new)
        assert (refused.value.code, refused.value.conflict) == (code, True)
        assert words in str(refused.value)

    def test_a_vin_is_in_one_batch_at_a_time(self, plant: Plant) -> None:
        register(plant, car(17))
        with pytest.raises(RegistrationRefused) as refused:
            register(plant, car(17), batch=make_batch("B2", configuration=plant.configuration))
        assert (refused.value.code, refused.value.conflict) == ("vehicle_conflict", True)

    def test_a_closed_batch_takes_no_more(self, plant: Plant) -> None:
        Batch.objects.filter(pk=plant.batch.pk).update(status=BatchStatus.TESTING_CLOSED, testing_closed_at=AT)
        with pytest.raises(RegistrationRefused) as refused:
            register(plant, car(17))
        assert (refused.value.code, refused.value.conflict) == ("batch_closed", True)

    def test_an_inspector_does_not_register(self, plant: Plant) -> None:
        from inspections.people.choices import Role
        from inspections.people.rules import Actor
        from tests.factories import make_person

        with pytest.raises(NotAllowed):
            register_vehicles(
                batch=plant.batch, vehicles=[car(17)], actor=Actor.person(make_person(Role.INSPECTOR)), at=AT
            )


class TestSoftware:
    def change(self, plant: Plant, *changes: tuple[str, str], **more: Any) -> bool:
        moment = more.pop("changed_at", AT)
        return change_software(vehicle=plant.vehicle, changes=changes, changed_at=moment, actor=SYSTEM, at=AT)

    def test_a_change_is_dated_and_makes_the_vehicle_undecided(self, plant: Plant) -> None:
        earlier = AT - timedelta(hours=1)
        assert self.change(plant, ("ADAS", "5.0"), changed_at=earlier)
        row = SoftwareChange.objects.get(version="5.0")
        assert (row.at, row.recorded_at) == (earlier, AT)
        assert set(Mark.objects.values_list("vehicle_id", "domain")) == {(plant.vehicle.pk, ""), (None, "")}
        assert LedgerEntry.objects.get(act="software.changed").subject == plant.vehicle.vin

    def test_repeating_it_changes_nothing(self, plant: Plant) -> None:
        assert self.change(plant, ("ADAS", "5.0"), ("BMS", "3"))
        Mark.objects.all().delete()
        assert not self.change(plant, ("ADAS", "5.0"))
        assert (SoftwareChange.objects.filter(version="5.0").count(), Mark.objects.count()) == (1, 0)

    def test_two_versions_from_one_moment_are_a_conflict(self, plant: Plant) -> None:
        self.change(plant, ("ADAS", "5.0"))
        with pytest.raises(ChangeRefused) as refused:
            self.change(plant, ("BMS", "3"), ("ADAS", "6.0"))
        assert (refused.value.code, refused.value.conflict) == ("software_conflict", True)
        assert refused.value.errors[0].pointer == "/software/1"
        assert not SoftwareChange.objects.filter(version="3").exists()

    def test_one_system_twice_is_refused(self, plant: Plant) -> None:
        with pytest.raises(ChangeRefused) as refused:
            self.change(plant, ("ADAS", "5.0"), ("ADAS", "5.0"))
        assert (refused.value.code, refused.value.conflict) == ("duplicate_system", False)

    def test_a_moment_ahead_of_our_clock_is_refused(self, plant: Plant) -> None:
        with pytest.raises(ChangeRefused):
            self.change(plant, ("ADAS", "5.0"), changed_at=AT + timedelta(minutes=6))


@pytest.mark.law(9)
def test_no_act_looks_at_a_clock(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden() -> None:
        raise AssertionError("time is an argument")

    monkeypatch.setattr(timezone, "now", forbidden)
    register(plant, car(17, software=[("BMS", "2")], components=[FittedPart("pack", "P-17")]))
    change_software(
        vehicle=Vehicle.objects.get(vin=vin(17)), changes=[("ADAS", "3")], changed_at=AT, actor=SYSTEM, at=AT
    )
