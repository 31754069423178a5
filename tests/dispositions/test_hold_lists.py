"""Holding many cars in one act: the list is frozen, counted before, whole or not at all; engineers let cars go on."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from inspections.batches.models import Component, Vehicle
from inspections.dispositions.concerning import by_batch, cars_of_unknown_lot, digest_of, vehicles_concerned
from inspections.dispositions.conditions import (
    BuildWindow,
    ComponentLot,
    NamedVehicles,
    RigWindow,
    SoftwareVersion,
    read_vins,
)
from inspections.dispositions.hold_lists import lift_hold_list, place_hold_list
from inspections.dispositions.listed import hold_list_of, hold_lists, listed_vehicles, lists_that_hold
from inspections.dispositions.models import Hold, HoldList, ListedVehicle
from inspections.dispositions.queries import holds_of_people
from inspections.dispositions.rules import HoldRefused, ListChanged
from inspections.dispositions.services import lift_hold, place_hold
from inspections.gates.queries import clearance
from inspections.marks.models import Mark
from inspections.people.choices import Role
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from inspections.results.services import FittedPart, change_software, fit_components
from tests.factories import (
    AT,
    SYSTEM,
    make_batch,
    make_engineer,
    make_person,
    make_rig,
    make_vehicle,
    make_vehicles,
    mes_actor,
    vin,
)

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=5)
WHY = "pack lot 7 leaks"


@pytest.fixture
def engineer(db):
    return make_engineer()


@pytest.fixture
def cars(plant):
    """Four cars in two batches; the last one has left already."""
    other = make_batch("SU7-2026W47-04", configuration=plant.configuration)
    found = [plant.vehicle, *make_vehicles(plant.batch, 1), *make_vehicles(other, 2)]
    deliver(found[3])
    return found


def deliver(car):
    """The car is gone, whatever its record."""
    Vehicle.objects.filter(pk=car.pk).update(status="delivered")


def named(*cars):
    return NamedVehicles(tuple(car.vin for car in cars))


def seen(condition):
    return digest_of(vehicles_concerned(condition=condition))


def place(condition, actor, *, digest=None, reason=WHY, at=AT):
    return place_hold_list(condition=condition, reason=reason, seen=digest or seen(condition), actor=actor, at=at)


def lift(hold_list, actor, *, vins=None, count=None, reason="looked at", at=LATER):
    if count is None:
        count = Hold.objects.filter(hold_list=hold_list, lifted_at=None).count() if vins is None else len(set(vins))
    return lift_hold_list(hold_list=hold_list, vins=vins, reason=reason, seen=count, actor=actor, at=at)


def vins_of(condition):
    return [row.vin for row in vehicles_concerned(condition=condition)]


class TestReadingVins:
    def test_vins_are_apart_by_whatever_lists_are_pasted_with(self):
        text = f'{vin(1)}\r\n{vin(2).lower()},{vin(3)};"{vin(4)}"\t{vin(5)}，{vin(6)}、{vin(7)}'
        assert read_vins(text).vins == tuple(vin(number) for number in range(1, 8))

    def test_what_is_named_twice_counts_once_and_is_told(self):
        read = read_vins(f"{vin(1)} {vin(2)} {vin(1)} {vin(1).lower()}")
        assert (read.vins, read.again) == ((vin(1), vin(2)), (vin(1),))

    def test_what_is_no_vin_is_named_with_what_is_wrong(self):
        read = read_vins(f"{vin(1)} LXM1A2B30TA00000 LXM1A2B30TA00O001 {vin(2)}")
        assert (read.vins, [word for word, _ in read.faults]) == (
            (vin(1), vin(2)),
            ["LXM1A2B30TA00000", "LXM1A2B30TA00O001"],
        )
        assert read.faults[0][1] == "16 characters, a VIN has 17"

    @pytest.mark.parametrize("text", ["", "  \n ", ",;"])
    def test_nothing_named_is_nothing(self, text):
        assert read_vins(text) == read_vins("")
        assert read_vins("").vins == ()


class TestWhomItConcerns:
    def test_named_vehicles_those_gone_first_then_by_batch_and_number(self, cars):
        found = vehicles_concerned(condition=named(cars[2], cars[1], cars[3], cars[0]))
        assert [(row.vin, row.gone) for row in found] == [
            (cars[3].vin, True),
            (cars[0].vin, False),
            (cars[1].vin, False),
            (cars[2].vin, False),
        ]
        assert [(row.number, row.count, dict(row.states)) for row in by_batch(found)] == [
            ("SU7-2026W47-03", 2, {"in_process": 2}),
            ("SU7-2026W47-04", 2, {"in_process": 1, "delivered": 1}),
        ]

    def test_one_unknown_vin_is_named_and_nothing_is_held(self, cars, engineer):
        condition = NamedVehicles((cars[0].vin, vin(777_777)))
        with pytest.raises(HoldRefused, match=f"Nothing is held: 1 of the VINs is not registered here: {vin(777_777)}"):
            place(condition, engineer, digest="0" * 64)
        assert (Hold.objects.count(), HoldList.objects.count()) == (0, 0)

    def test_a_lot_of_components_is_those_cars_that_have_one_now(self, plant, cars):
        first, second = cars[0], cars[1]
        fit_components(vehicle=first, fitted=[FittedPart("camera", "C-1", "L7")], changed_at=AT, actor=SYSTEM, at=AT)
        fit_components(vehicle=second, fitted=[FittedPart("camera", "C-2", "L7")], changed_at=AT, actor=SYSTEM, at=AT)
        fit_components(
            vehicle=second,
            fitted=[FittedPart("camera", "C-3", "L8")],
            removed=[("camera", "C-2")],
            changed_at=LATER,
            actor=SYSTEM,
            at=LATER,
        )
        assert vins_of(ComponentLot("camera", "L7")) == [first.vin]
        assert vins_of(ComponentLot("camera", "L7", removed=True)) == [first.vin, second.vin]
        assert vins_of(ComponentLot("pack", "L7")) == []
        # A part that went on into another car is in that one.
        fit_components(vehicle=cars[2], fitted=[FittedPart("camera", "C-2")], changed_at=LATER, actor=SYSTEM, at=LATER)
        assert vins_of(ComponentLot("camera", "L7")) == [first.vin, cars[2].vin]

    def test_cars_with_a_part_whose_lot_nobody_stated_are_counted(self, plant, cars):
        assert Component.objects.get(kind="pack").lot == ""
        assert (cars_of_unknown_lot(component="pack"), cars_of_unknown_lot(component="camera")) == (1, 0)

    def test_a_rig_in_a_time_is_those_cars_for_which_it_measured_then(self, plant, cars, record):
        record(plant.posted("CRS-EOL", finished_at=AT - timedelta(hours=2)))
        record(plant.posted("CRS-EOL", vin=cars[1].vin, finished_at=AT - timedelta(hours=1)))
        other = make_rig("EOL-9", procedures=list(plant.procedures.values()))
        record(plant.posted("CRS-EOL", vin=cars[2].vin, finished_at=AT - timedelta(hours=1)), rig=other)
        record(
            plant.posted("BAT-EOL", component={"kind": "pack", "serial": "P-1"}, finished_at=AT - timedelta(hours=1))
        )
        hour = timedelta(hours=1)
        assert vins_of(RigWindow("EOL-3", AT - hour, AT)) == [cars[0].vin, cars[1].vin]
        assert vins_of(RigWindow("EOL-3", AT - 2 * hour, AT - 2 * hour)) == [cars[0].vin]
        assert vins_of(RigWindow("EOL-9", AT - 3 * hour, AT)) == [cars[2].vin]
        with pytest.raises(HoldRefused, match="no rig EOL-4"):
            vins_of(RigWindow("EOL-4", AT - hour, AT))

    def test_a_build_window_ends_before_its_end_and_may_be_of_a_line_or_configuration(self, plant, cars):
        built = plant.vehicle.registered_at
        late = make_vehicle(plant.batch, at=built + timedelta(hours=1))
        assert vins_of(BuildWindow(built, late.registered_at)) == [
            cars[3].vin, cars[0].vin, cars[1].vin, cars[2].vin,
        ]  # fmt: skip
        assert vins_of(BuildWindow(late.registered_at, late.registered_at + timedelta(seconds=1))) == [late.vin]
        assert vins_of(BuildWindow(built, late.registered_at, line="L2")) == []
        assert vins_of(BuildWindow(late.registered_at, AT, configuration="SU7-MAX-CN")) == [late.vin]
        assert vins_of(BuildWindow(late.registered_at, AT, configuration="SU7")) == []

    def test_a_software_version_is_those_cars_that_run_it_now(self, plant, cars):
        assert vins_of(SoftwareVersion("ADAS", "4.10")) == [plant.vehicle.vin]
        change_software(vehicle=plant.vehicle, changes=[("ADAS", "4.11")], changed_at=AT, actor=SYSTEM, at=AT)
        assert vins_of(SoftwareVersion("ADAS", "4.10")) == []
        assert vins_of(SoftwareVersion("ADAS", "4.11")) == [plant.vehicle.vin]

    def test_more_than_one_act_may_hold_is_refused(self, cars, monkeypatch):
        monkeypatch.setattr("inspections.dispositions.concerning.MOST_LISTED", 3)
        with pytest.raises(HoldRefused, match="More than 3 cars are concerned: hold them in parts"):
            vehicles_concerned(condition=named(*cars))


class TestPlacing:
    def test_every_car_that_has_not_left_is_held_with_one_reason_and_one_moment(self, cars, engineer):
        hold_list = place(named(*cars), engineer)
        holds = Hold.objects.filter(hold_list=hold_list).order_by("vehicle__vin")
        assert {
            (hold.vehicle, hold.batch, hold.reason, hold.source, hold.placed_by, hold.placed_at) for hold in holds
        } == {(car, car.batch, WHY, "person", engineer.label, AT) for car in cars[:3]}
        for car in cars[:3]:
            reasons = [r for r in clearance(vin=car.vin, at=AT).reasons if r.code == "hold_active"]
            assert [(r.subject, r.detail["detail"]) for r in reasons] == [(car.vin, WHY)]

    def test_what_has_left_is_listed_as_gone_and_has_no_hold(self, cars, engineer):
        hold_list = place(named(*cars), engineer)
        listed = ListedVehicle.objects.filter(hold_list=hold_list)
        assert {(row.vehicle_id, row.batch_id, row.status) for row in listed} == {
            (car.pk, car.batch_id, "delivered" if car is cars[3] else "in_process") for car in cars
        }
        assert not Hold.objects.filter(vehicle=cars[3]).exists()
        rows = listed_vehicles(list_id=hold_list.pk, shown="gone")
        assert [(row.vin, row.hold_id) for row in rows] == [(cars[3].vin, None)]

    def test_a_list_of_which_all_have_left_holds_nothing_and_says_so(self, cars, engineer):
        with pytest.raises(HoldRefused, match="nothing to hold: 1 car is concerned, and it has left"):
            place(named(cars[3]), engineer)
        with pytest.raises(HoldRefused, match="nothing to hold: 0 cars"):
            place(ComponentLot("pack", "none"), engineer)
        assert HoldList.objects.count() == 0

    def test_the_list_is_frozen_what_comes_under_its_condition_later_is_not_on_it(self, plant, cars, engineer):
        condition = BuildWindow(AT - timedelta(days=1), AT + timedelta(days=1))
        hold_list = place(condition, engineer)
        late = make_vehicle(plant.batch)
        assert late.vin in vins_of(condition)
        assert late.vin not in {row.vin for row in listed_vehicles(list_id=hold_list.pk)}
        assert not Hold.objects.filter(vehicle=late).exists()

    @pytest.mark.parametrize("change", ["one more", "one left", "one flashed"])
    def test_a_list_that_changed_since_it_was_shown_is_not_placed(self, plant, cars, engineer, change):
        condition = BuildWindow(AT - timedelta(days=1), AT + timedelta(days=1))
        if change == "one flashed":
            condition = SoftwareVersion("ADAS", "4.10")
        shown = seen(condition)
        if change == "one more":
            make_vehicle(plant.batch)
        elif change == "one left":
            deliver(cars[2])
        else:
            make_vehicle(plant.batch, software=[("ADAS", "4.10")])
        with pytest.raises(ListChanged, match="changed since it was shown") as refused:
            place(condition, engineer, digest=shown)
        assert [row.vin for row in refused.value.found] == vins_of(condition)
        assert (Hold.objects.count(), HoldList.objects.count()) == (0, 0)

    def test_a_release_between_showing_and_placing_changes_nothing_about_who_is_held(self, cars, engineer):
        shown = seen(named(*cars))
        Vehicle.objects.filter(pk=cars[0].pk).update(status="released")
        assert place(named(*cars), engineer, digest=shown).holds.count() == 3

    def test_a_car_held_already_is_held_twice_and_both_have_to_be_answered(self, plant, cars, engineer):
        own = place_hold(batch=plant.batch, vehicle=plant.vehicle, reason="scratch", actor=engineer, at=AT)
        hold_list = place(named(*cars), engineer)
        lift(hold_list, engineer)
        assert [hold.pk for hold in Hold.objects.filter(vehicle=plant.vehicle, lifted_at=None)] == [own.pk]

    @pytest.mark.parametrize("reason", ["", " \n"])
    def test_it_needs_a_reason(self, cars, engineer, reason):
        with pytest.raises(HoldRefused, match="needs a reason"):
            place(named(*cars), engineer, reason=reason)

    @pytest.mark.parametrize("role", Role)
    def test_whoever_looks_at_cars_stops_many_too(self, cars, role):
        actor = Actor.person(make_person(role))
        if role in (Role.INSPECTOR, Role.ENGINEER, Role.RELEASE_OFFICER):
            assert place(named(*cars), actor).holds.count() == 3
            return
        with pytest.raises(NotAllowed):
            place(named(*cars), actor)
        assert not Hold.objects.exists()

    @pytest.mark.law(8)
    def test_law_8_no_machine_places_or_lifts_a_list(self, plant, cars, engineer):
        hold_list = place(named(*cars), engineer)
        for machine in (plant.rig_actor, mes_actor(), SYSTEM):
            with pytest.raises(NotAllowed):
                place(named(*cars), machine)
            with pytest.raises(NotAllowed):
                lift(hold_list, machine)

    def test_it_is_no_decision_and_marks_nothing(self, cars, engineer):
        Mark.objects.all().delete()
        place(named(*cars), engineer)
        assert not Mark.objects.exists()

    @pytest.mark.law(4)
    def test_law_4_a_list_and_what_is_on_it_never_change(self, cars, engineer):
        hold_list = place(named(*cars), engineer)
        for attempt in (
            lambda: HoldList.objects.update(reason="x"),
            lambda: ListedVehicle.objects.update(status="delivered"),
            lambda: ListedVehicle.objects.filter(vehicle=cars[0])._raw_delete("default"),
        ):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                attempt()
        with (
            pytest.raises(DatabaseError, match="hold_list_id of inspections_hold is written once"),
            transaction.atomic(),
        ):
            Hold.objects.filter(hold_list=hold_list).update(hold_list=None)

    def test_the_number_of_statements_does_not_depend_on_the_number_of_cars(self, plant, cars, engineer):
        def statements(condition):
            digest = seen(condition)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                place(condition, engineer, digest=digest)
            return len(queries)

        more = make_vehicles(plant.batch, 40)
        few = statements(named(*cars[:2]))
        assert (few, statements(named(*more))) == (11, 11)


class TestLifting:
    @pytest.fixture
    def hold_list(self, cars, engineer):
        return place(named(*cars), engineer)

    def test_it_is_lifted_as_one(self, cars, engineer, hold_list):
        assert lift(hold_list, engineer) == 3
        holds = Hold.objects.filter(hold_list=hold_list)
        assert {(hold.lifted_by, hold.lifted_at, hold.lifted_reason) for hold in holds} == {
            (engineer.label, LATER, "looked at")
        }

    def test_or_for_some_cars_by_vin(self, cars, engineer, hold_list):
        assert lift(hold_list, engineer, vins=[cars[0].vin, cars[2].vin]) == 2
        assert [hold.vehicle for hold in Hold.objects.filter(lifted_at=None)] == [cars[1]]
        assert lift(hold_list, engineer) == 1

    def test_or_one_by_one_as_every_hold(self, cars, engineer, hold_list):
        lift_hold(hold=Hold.objects.get(vehicle=cars[0]), reason="ok", actor=engineer, at=LATER)
        assert lift(hold_list, engineer) == 2

    @pytest.mark.parametrize("which", ["gone", "lifted", "strange"])
    def test_a_car_that_it_does_not_hold_is_named_and_nothing_is_lifted(self, cars, engineer, hold_list, which):
        if which == "lifted":
            lift(hold_list, engineer, vins=[cars[1].vin])
        wrong = {"gone": cars[3].vin, "lifted": cars[1].vin, "strange": vin(777_777)}[which]
        with pytest.raises(HoldRefused, match=f"Nothing is lifted: {hold_list.number} does not hold {wrong}"):
            lift(hold_list, engineer, vins=[cars[0].vin, wrong])
        assert Hold.objects.get(vehicle=cars[0]).lifted_at is None

    def test_what_changed_since_it_was_shown_is_not_lifted(self, cars, engineer, hold_list):
        lift(hold_list, engineer, vins=[cars[0].vin])
        with pytest.raises(ListChanged):
            lift(hold_list, engineer, count=3)
        assert Hold.objects.filter(lifted_at=None).count() == 2

    def test_a_list_is_lifted_once(self, engineer, hold_list):
        lift(hold_list, engineer)
        with pytest.raises(HoldRefused, match="holds no car any more"):
            lift(hold_list, engineer, count=3)

    def test_lifting_needs_a_reason(self, engineer, hold_list):
        with pytest.raises(HoldRefused, match="needs a reason"):
            lift(hold_list, engineer, reason=" ")

    @pytest.mark.law(8)
    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.ENGINEER])
    def test_law_8_an_engineer_alone_lets_cars_go_on(self, hold_list, role):
        with pytest.raises(NotAllowed):
            lift(hold_list, Actor.person(make_person(role)))

    def test_the_number_of_statements_does_not_depend_on_the_number_of_cars(self, plant, engineer, hold_list):
        def statements(found):
            with CaptureQueriesContext(connection) as queries:
                lift(found, engineer, count=found.holds.count())
            return len(queries)

        large = place(named(*make_vehicles(plant.batch, 40)), engineer)
        assert (statements(hold_list), statements(large)) == (7, 7)


class TestLedger:
    def test_the_list_is_told_once_for_each_batch_and_each_car_is_told_its_own(self, cars, engineer):
        hold_list = place(named(*cars), engineer)
        lift(hold_list, engineer, vins=[cars[0].vin])
        entries = LedgerEntry.objects.filter(act__startswith="hold").order_by("pk")
        told = [(entry.act, entry.subject, entry.batch, entry.reason) for entry in entries]
        one, two = cars[0].batch.number, cars[2].batch.number
        assert told[:2] == [
            ("hold_list.placed", hold_list.number, one, WHY),
            ("hold_list.placed", hold_list.number, two, WHY),
        ]
        assert sorted(told[2:6]) == sorted([
            ("hold.placed_by_list", cars[0].vin, one, WHY),
            ("hold.placed_by_list", cars[1].vin, one, WHY),
            ("hold.placed_by_list", cars[2].vin, two, WHY),
            ("hold.listed_gone", cars[3].vin, two, WHY),
        ])  # fmt: skip
        assert told[6:] == [
            ("hold_list.lifted", hold_list.number, one, "looked at"),
            ("hold.lifted_by_list", cars[0].vin, one, "looked at"),
        ]
        assert {(entry.actor, entry.actor_id) for entry in entries} == {(engineer.label, engineer.id)}
        assert entries[1].after == {
            "condition": {"kind": "vehicles", "count": 4},
            "listed": 4, "of_batch": 2, "held": 1, "gone": 1, "digest": hold_list.digest,
        }  # fmt: skip

    def test_the_condition_is_kept_as_it_was_asked(self, cars, engineer):
        hold_list = place(BuildWindow(AT - timedelta(days=1), AT, line="L1"), engineer)
        assert hold_list.condition == {
            "kind": "build_window",
            "since": "2026-11-22T00:00:00+00:00",
            "until": "2026-11-23T00:00:00+00:00",
            "line": "L1",
        }


class TestReads:
    def test_lists_are_read_newest_first_with_what_they_still_hold(self, cars, engineer):
        first, second = place(named(*cars), engineer), place(named(cars[0]), engineer, at=LATER)
        lift(first, engineer, vins=[cars[1].vin])
        assert [(row.number, row.listed, row.gone, row.holding) for row in hold_lists()] == [
            (second.number, 1, 0, 1),
            (first.number, 4, 1, 2),
        ]
        assert [row.number for row in hold_lists(before=second.pk)] == [first.number]
        assert hold_list_of(number=first.number).reason == WHY
        assert hold_list_of(number="H-0") is None
        lift(second, engineer)
        assert [row.number for row in lists_that_hold(most=9)] == [first.number]

    def test_what_is_on_a_list_is_narrowed_and_paged(self, cars, engineer):
        hold_list = place(named(*cars), engineer)
        lift(hold_list, engineer, vins=[cars[1].vin])
        read = {
            shown: [row.vin for row in listed_vehicles(list_id=hold_list.pk, shown=shown)]
            for shown in ("all", "held", "lifted", "gone")
        }
        assert read == {
            "all": [car.vin for car in cars],
            "held": [cars[0].vin, cars[2].vin],
            "lifted": [cars[1].vin],
            "gone": [cars[3].vin],
        }
        (row,) = listed_vehicles(list_id=hold_list.pk, after=cars[2].pk, most=1)
        assert row.vin == cars[3].vin

    def test_a_list_of_a_thousand_cars_is_no_thousand_tasks(self, plant, cars, engineer):
        place(named(*cars), engineer)
        own = place_hold(batch=plant.batch, vehicle=plant.vehicle, reason="x", actor=engineer, at=AT)
        assert [hold.pk for hold in holds_of_people(most=9)] == [own.pk]
