"""Holds: anybody who looks at cars stops one, an engineer lets it go on, and what a gate holds no person lifts."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from inspections.dispositions.models import Hold, Nonconformance
from inspections.dispositions.queries import holds_of_people, open_holds, open_nonconformances
from inspections.dispositions.rules import HoldRefused
from inspections.dispositions.services import lift_hold, place_hold
from inspections.gates.queries import clearance
from inspections.gates.services import decide_batch, mark_whole_batch
from inspections.marks.models import Mark
from inspections.people.choices import Role
from inspections.people.models import User
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from inspections.results.services import record_inspections
from inspections.rigs.models import SystemClient
from inspections.rigs.services import issue_key
from tests.factories import (
    AT,
    SYSTEM,
    Plant,
    changed_value,
    make_batch,
    make_person,
    make_vehicle,
    mes_actor,
)

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=5)
WHY = "scratch on the pack"


@pytest.fixture
def plant(standing_plant: Plant, standing_good_plant: bool) -> Plant:
    """A plant whose one car is clear."""
    return standing_plant


def person(*roles: Role) -> Actor:
    return Actor.person(make_person(*roles))


@pytest.fixture
def engineer(db: None) -> Actor:
    return person(Role.ENGINEER)


def hold_car(plant: Plant, actor: Actor, reason: str = WHY) -> Hold:
    return place_hold(batch=plant.batch, vehicle=plant.vehicle, reason=reason, actor=actor, at=AT)


def failing_car(plant: Plant) -> Hold:
    """Let the car fail, and return the hold that its gate placed."""
    measurements = changed_value("BAT-EOL", "BOND", "0.100", position="pack")
    bad = plant.posted("BAT-EOL", measurements=measurements, software=[{"system": "BMS", "version": "2.0"}])
    record_inspections(items=[bad], rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    return Hold.objects.get(source="gate")


class TestWho:
    @pytest.mark.parametrize("role", [Role.INSPECTOR, Role.ENGINEER, Role.RELEASE_OFFICER])
    def test_whoever_looks_at_cars_stops_one(self, plant: Plant, role: Role) -> None:
        hold = hold_car(plant, person(role))
        assert (hold.source, hold.lifted_at) == ("person", None)

    @pytest.mark.parametrize("role", [Role.CATALOGUE_OWNER, Role.AUDITOR, None])
    def test_nobody_else_does(self, plant: Plant, role: Role | None) -> None:
        with pytest.raises(NotAllowed):
            hold_car(plant, person(*([role] if role else [])))
        assert not Hold.objects.exists()

    @pytest.mark.law(8)
    @pytest.mark.parametrize("role", [*(role for role in Role if role is not Role.ENGINEER), None], ids=str)
    def test_law_8_an_engineer_alone_lets_it_go_on(self, plant: Plant, engineer: Actor, role: Role | None) -> None:
        hold = hold_car(plant, engineer)
        with pytest.raises(NotAllowed):
            lift_hold(hold=hold, reason="looks fine", actor=person(*([role] if role else [])), at=LATER)
        assert clearance(vin=plant.vehicle.vin, at=LATER).clear is False

    @pytest.mark.law(8)
    @pytest.mark.parametrize("who", ["rig", "mes", "system"])
    def test_law_8_no_machine_lifts_or_places_a_hold_of_people(self, plant: Plant, engineer: Actor, who: str) -> None:
        machine = {"rig": plant.rig_actor, "mes": mes_actor(), "system": SYSTEM}[who]
        with pytest.raises(NotAllowed):
            hold_car(plant, machine)
        hold = hold_car(plant, engineer)
        with pytest.raises(NotAllowed):
            lift_hold(hold=hold, reason="looks fine", actor=machine, at=LATER)

    def test_a_closed_account_does_neither(self, plant: Plant) -> None:
        user = make_person(Role.ENGINEER)
        user.is_active = False
        user.save()
        with pytest.raises(NotAllowed):
            hold_car(plant, Actor.person(user))


class TestPlacing:
    @pytest.mark.parametrize("reason", ["", "  ", "\n\t"])
    def test_a_hold_needs_a_reason(self, plant: Plant, engineer: Actor, reason: str) -> None:
        with pytest.raises(HoldRefused, match="needs a reason"):
            hold_car(plant, engineer, reason)

    def test_a_car_of_another_batch_is_not_held_in_this_one(self, plant: Plant, engineer: Actor) -> None:
        other = make_vehicle(make_batch("SU7-2026W47-04", configuration=plant.configuration))
        with pytest.raises(HoldRefused, match=f"{other.vin} is not in batch {plant.batch.number}"):
            place_hold(batch=plant.batch, vehicle=other, reason=WHY, actor=engineer, at=AT)

    def test_it_stops_the_car_at_once_and_says_why(self, plant: Plant, engineer: Actor) -> None:
        assert clearance(vin=plant.vehicle.vin, at=AT).clear is True
        hold_car(plant, engineer)
        found = clearance(vin=plant.vehicle.vin, at=AT)
        assert found.clear is False
        (reason,) = found.reasons
        assert (reason.code, reason.subject, reason.detail["detail"], reason.detail["who"]) == (
            "hold_active", plant.vehicle.vin, WHY, engineer.label,
        )  # fmt: skip

    def test_it_is_no_decision_and_marks_nothing(self, plant: Plant, engineer: Actor) -> None:
        hold_car(plant, engineer)
        assert not Mark.objects.exists()
        assert not Nonconformance.objects.exists()

    def test_two_people_hold_twice_and_both_have_to_be_answered(self, plant: Plant, engineer: Actor) -> None:
        first, second = hold_car(plant, engineer), hold_car(plant, person(Role.INSPECTOR), "rattles")
        lift_hold(hold=first, reason="polished", actor=engineer, at=LATER)
        assert clearance(vin=plant.vehicle.vin, at=LATER).clear is False
        lift_hold(hold=second, reason="tightened", actor=engineer, at=LATER)
        assert clearance(vin=plant.vehicle.vin, at=LATER).clear is True

    def test_a_hold_of_the_batch_stops_every_car_of_it_and_none_of_another(self, plant: Plant, engineer: Actor) -> None:
        late = make_vehicle(plant.batch)
        elsewhere = make_vehicle(make_batch("SU7-2026W47-04", configuration=plant.configuration))
        hold = place_hold(batch=plant.batch, vehicle=None, reason=WHY, actor=engineer, at=AT)
        for car in (plant.vehicle, late, make_vehicle(plant.batch)):
            reasons = clearance(vin=car.vin, at=AT).reasons
            assert [each.subject for each in reasons if each.code == "hold_active"] == [plant.batch.number]
        assert "hold_active" not in {each.code for each in clearance(vin=elsewhere.vin, at=AT).reasons}
        lift_hold(hold=hold, reason="done", actor=engineer, at=LATER)
        decide_batch(batch_id=plant.batch.pk, at=LATER)
        assert clearance(vin=plant.vehicle.vin, at=LATER).clear is True


class TestLifting:
    @pytest.mark.parametrize("reason", ["", " \n"])
    def test_lifting_needs_a_reason(self, plant: Plant, engineer: Actor, reason: str) -> None:
        hold = hold_car(plant, engineer)
        with pytest.raises(HoldRefused, match="needs a reason"):
            lift_hold(hold=hold, reason=reason, actor=engineer, at=LATER)

    def test_it_keeps_who_lifted_it_when_and_why(self, plant: Plant, engineer: Actor) -> None:
        hold = hold_car(plant, person(Role.INSPECTOR))
        lift_hold(hold=hold, reason=" polished ", actor=engineer, at=LATER)
        hold.refresh_from_db()
        assert (hold.lifted_by, hold.lifted_at, hold.lifted_reason) == (engineer.label, LATER, "polished")

    def test_a_hold_is_lifted_once(self, plant: Plant, engineer: Actor) -> None:
        """The second is told who was first, whatever of the hold it still has in hand."""
        hold, stale = hold_car(plant, engineer), Hold.objects.get()
        lift_hold(hold=hold, reason="polished", actor=engineer, at=LATER)
        entries = LedgerEntry.objects.count()
        with pytest.raises(HoldRefused, match=f"lifted by {engineer.label} already"):
            lift_hold(hold=stale, reason="again", actor=engineer, at=LATER + timedelta(minutes=1))
        hold.refresh_from_db()
        assert (hold.lifted_at, hold.lifted_reason, LedgerEntry.objects.count()) == (LATER, "polished", entries)

    @pytest.mark.law(4)
    def test_law_4_a_lifted_hold_never_changes_again(self, plant: Plant, engineer: Actor) -> None:
        hold = lift_hold(hold=hold_car(plant, engineer), reason="polished", actor=engineer, at=LATER)
        for change in ({"lifted_at": None}, {"lifted_reason": "x"}, {"reason": "x"}, {"vehicle": None}):
            with pytest.raises(IntegrityError, match="interlock"), transaction.atomic():
                Hold.objects.filter(pk=hold.pk).update(**change)

    @pytest.mark.law(8)
    def test_law_8_nobody_lifts_what_a_gate_holds(self, plant: Plant, engineer: Actor) -> None:
        hold = failing_car(plant)
        with pytest.raises(HoldRefused, match="A gate placed this hold"):
            lift_hold(hold=hold, reason="looks fine", actor=engineer, at=LATER)
        hold.refresh_from_db()
        assert hold.lifted_at is None

    @pytest.mark.law(8)
    def test_law_8_lifting_a_persons_hold_leaves_the_gates(self, plant: Plant, engineer: Actor) -> None:
        own = hold_car(plant, engineer)
        failing_car(plant)
        lift_hold(hold=own, reason="polished", actor=engineer, at=LATER)
        codes = [reason.code for reason in clearance(vin=plant.vehicle.vin, at=LATER).reasons]
        assert codes == ["measurement_failed", "hold_active", "nonconformance_open"]

    def test_a_decision_never_lifts_a_persons_hold(self, plant: Plant, engineer: Actor) -> None:
        hold_car(plant, engineer)
        mark_whole_batch(batch=plant.batch, at=LATER)
        decide_batch(batch_id=plant.batch.pk, at=LATER)
        assert clearance(vin=plant.vehicle.vin, at=LATER).clear is False


class TestLedger:
    def test_placing_and_lifting_are_acts(self, plant: Plant, engineer: Actor) -> None:
        inspector = person(Role.INSPECTOR)
        lift_hold(hold=hold_car(plant, inspector), reason="polished", actor=engineer, at=LATER)
        entries = LedgerEntry.objects.filter(act__startswith="hold.").order_by("pk")
        keys = ("act", "actor_id", "actor", "subject_kind", "subject", "batch", "reason", "at")
        assert [tuple(getattr(entry, key) for key in keys) for entry in entries] == [
            (
                "hold.placed", inspector.id, inspector.label, "vehicle", plant.vehicle.vin, plant.batch.number, WHY, AT,
            ),
            (
                "hold.lifted", engineer.id, engineer.label, "vehicle", plant.vehicle.vin, plant.batch.number,
                "polished", LATER,
            ),
        ]  # fmt: skip

    def test_a_hold_of_a_batch_names_the_batch(self, plant: Plant, engineer: Actor) -> None:
        place_hold(batch=plant.batch, vehicle=None, reason=WHY, actor=engineer, at=AT)
        entry = LedgerEntry.objects.latest("pk")
        assert (entry.act, entry.subject_kind, entry.subject) == ("hold.placed", "batch", plant.batch.number)

    def test_a_refusal_is_no_act(self, plant: Plant, engineer: Actor) -> None:
        entries = LedgerEntry.objects.count()
        with pytest.raises(NotAllowed):
            hold_car(plant, person(Role.AUDITOR))
        with pytest.raises(HoldRefused):
            hold_car(plant, engineer, " ")
        assert LedgerEntry.objects.count() == entries


class TestReads:
    def test_what_people_hold_is_listed_oldest_first_without_what_is_lifted(
        self, plant: Plant, engineer: Actor
    ) -> None:
        second = place_hold(batch=plant.batch, vehicle=None, reason="b", actor=engineer, at=LATER)
        first = hold_car(plant, engineer)
        lift_hold(hold=hold_car(plant, engineer, "c"), reason="done", actor=engineer, at=LATER)
        failing_car(plant)
        assert [hold.pk for hold in holds_of_people(most=9)] == [first.pk, second.pk]
        assert [hold.pk for hold in holds_of_people(most=1)] == [first.pk]

    def test_a_car_shows_its_own_holds_and_its_batchs(self, plant: Plant, engineer: Actor) -> None:
        own, shared = (
            hold_car(plant, engineer),
            place_hold(batch=plant.batch, vehicle=None, reason="b", actor=engineer, at=LATER),
        )
        found = open_holds(batch_id=plant.batch.pk, vehicle_id=plant.vehicle.pk)
        assert [hold.pk for hold in found] == [own.pk, shared.pk]
        assert [hold.pk for hold in open_holds(batch_id=plant.batch.pk, vehicle_id=None)] == [shared.pk]

    def test_an_open_nonconformance_says_what_it_is_about(self, plant: Plant) -> None:
        failing_car(plant)
        (found,) = open_nonconformances(most=9)
        assert (found.vin, found.gate, found.code, found.special, found.total) == (
            plant.vehicle.vin, "battery", "measurement_failed", "CC", 1,
        )  # fmt: skip


class TestPages:
    """The same acts by the pages: who may not is refused, and nothing happens."""

    def client(self, *roles: Role) -> Client:
        client = Client()
        client.force_login(make_person(*roles))
        return client

    def place(self, client: Client, plant: Plant, reason: str = WHY) -> int:
        return client.post(f"/holds/place/?vin={plant.vehicle.vin}", {"reason": reason}).status_code

    def test_an_inspector_stops_a_car_and_an_engineer_lets_it_go_on(self, plant: Plant) -> None:
        inspector, engineer = self.client(Role.INSPECTOR), self.client(Role.ENGINEER)
        assert self.place(inspector, plant) == 302
        hold = Hold.objects.get()
        url = f"/holds/{hold.pk}/lift/"
        assert inspector.post(url, {"reason": "fine"}).status_code == 403
        assert engineer.post(url, {"reason": ""}).status_code == 422
        assert engineer.post(url, {"reason": "polished"}).status_code == 302
        again = engineer.post(url, {"reason": "polished"})
        assert again.status_code == 409
        assert "already" in again.content.decode()
        hold.refresh_from_db()
        lifted_by = User.objects.get(pk=engineer.session["_auth_user_id"])
        assert hold.lifted_by == lifted_by.personnel_number

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.CATALOGUE_OWNER])
    def test_who_may_not_is_refused(self, plant: Plant, role: Role) -> None:
        assert self.place(self.client(role), plant) == 403
        assert not Hold.objects.exists()

    def test_a_gates_hold_is_refused_to_an_engineer_too(self, plant: Plant) -> None:
        hold = failing_car(plant)
        assert self.client(Role.ENGINEER).post(f"/holds/{hold.pk}/lift/", {"reason": "fine"}).status_code == 409
        hold.refresh_from_db()
        assert hold.lifted_at is None

    @pytest.mark.parametrize("reason", ["", " ", "x" * 5000, "a\x00b", "a\u202eb"])
    def test_a_reason_that_cannot_be_kept_is_refused_and_stays_in_the_form(self, plant: Plant, reason: str) -> None:
        assert self.place(self.client(Role.ENGINEER), plant, reason) == 422
        assert not Hold.objects.exists()


@pytest.mark.law(10)
def test_law_10_the_plants_system_is_told_why_a_car_is_held(plant: Plant, engineer: Actor) -> None:
    hold_car(plant, engineer)
    mes_actor()
    client = Client(headers={"authorization": f"Bearer {issue_key(client=SystemClient.objects.get(), at=AT)}"})
    (reason,) = client.get(f"/api/v1/vehicles/{plant.vehicle.vin}/clearance/").json()["reasons"]
    assert (reason["code"], reason["subject"], reason["found"]) == ("hold_active", plant.vehicle.vin, WHY)
    assert reason["clears_when"] == "Clears when an engineer lifts it."
