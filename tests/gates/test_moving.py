"""Moving a car to another batch: judged anew, nothing let go, counted once, and only by an engineer who signs."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from inspections.batches.models import Vehicle, VehicleMove
from inspections.catalogue.models import Characteristic
from inspections.dispositions.models import Hold, Nonconformance
from inspections.dispositions.services import declare_invalid, place_hold
from inspections.gates.models import BatchGate, Decision, OpenReason, VehicleGate
from inspections.gates.queries import clearance
from inspections.gates.recounting import recount_batch
from inspections.gates.rules import MoveRefused
from inspections.gates.services import close_batch, decide_batch, move_vehicle
from inspections.marks.models import Mark
from inspections.people.choices import Role
from inspections.people.rules import NotAllowed
from inspections.records.models import LedgerEntry
from inspections.results.models import Judgement
from inspections.results.services import record_inspections
from tests.factories import (
    AT,
    LINES,
    SYSTEM,
    changed_value,
    make_batch,
    make_configuration,
    make_engineer,
    make_person,
    make_revision,
    make_vehicle,
)

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=5)
WHY = "the pack is repaired with the next batch"
PASSWORD = "a long password"
LAXER = [
    {**line, "upper": Decimal("0.2")} if line["characteristic"] == "BOND" else line for line in LINES
]  # bonding up to 0.2 ohm


@pytest.fixture
def laxer(plant):
    """An open batch of the same configuration whose plan is laxer: bonding of 0.1 ohm passes there."""
    make_revision(plant.configuration, LAXER)
    return make_batch("SU7-2026W47-04", configuration=plant.configuration, at=AT)


@pytest.fixture
def engineer(db):
    return make_person(Role.ENGINEER)


def move(car, to, engineer, *, reason=WHY, password=PASSWORD, at=LATER, seen=0):
    return move_vehicle(
        vehicle=car, to=to, reason=reason, seen_revision=to.revision_id if seen == 0 else seen, signer=engineer,
        password=password, at=at,
    )  # fmt: skip


def bonding(plant, value="0.15", **more):
    values = changed_value("BAT-EOL", "BOND", value, position="pack")
    return plant.posted("BAT-EOL", measurements=values, software=[{"system": "BMS", "version": "2.0"}], **more)


def codes(car, at=LATER):
    return {reason.code for reason in clearance(vin=car.vin, at=at).reasons}


def counted(batch):
    return {gate.domain: (gate.passed, gate.failed, gate.pending, gate.codes) for gate in batch.gates.all()}


def as_recounted(*batches, at=LATER):
    """Nothing is undecided, the counts are those of the cars that are there, and a recount finds the same."""
    assert not Mark.objects.exists()
    for batch in batches:
        assert recount_batch(batch_id=batch.pk, at=at) == []
        for gate in BatchGate.objects.filter(batch=batch):
            states = Counter(
                VehicleGate.objects.filter(vehicle__batch=batch, domain=gate.domain).values_list("state", flat=True)
            )
            assert (gate.passed, gate.pending, gate.failed) == (states[0], states[1], states[2])
            assert set(VehicleGate.objects.filter(vehicle__batch=batch).values_list("batch_id", "counted")) <= {
                (batch.pk, True)
            }
            assert not OpenReason.objects.filter(vehicle__batch=batch).exclude(batch_id=batch.pk).exists()


class TestWhatAMoveDoes:
    def test_a_good_car_is_good_there_and_counted_there_alone(self, plant, good_car, laxer, engineer):
        assert counted(plant.batch)["battery"][0] == 1
        found = move(good_car, laxer, engineer)
        good_car.refresh_from_db()
        assert (good_car.batch, good_car.sequence) == (laxer, laxer.planned_quantity + 1)
        assert (found.from_batch, found.from_sequence, found.to_sequence) == (plant.batch, 1, 21)
        assert (found.from_revision_id, found.to_revision_id) == (plant.revision.pk, laxer.revision_id)
        assert clearance(vin=good_car.vin, at=LATER).clear is True
        assert [row[:3] for row in counted(plant.batch).values()] == [(0, 0, 0)] * 3
        assert [row[:3] for row in counted(laxer).values()] == [(1, 0, 0)] * 3
        as_recounted(plant.batch, laxer)

    def test_its_results_are_judged_on_the_new_plan_in_rows_of_their_own(self, plant, good_car, laxer, engineer):
        move(good_car, laxer, engineer)
        rows = Judgement.objects.all()
        assert {(row.revision_id, row.act) for row in rows} == {(laxer.revision_id, "vehicle.moved")}
        assert rows.filter(ordinal=-1).count() == 3
        assert set(rows.filter(ordinal=-1).values_list("outcome", flat=True)) == {0}

    def test_a_stricter_plan_fails_it_there(self, plant, good_car, engineer):
        strict = [{**line, "upper": Decimal("0.04")} if line["characteristic"] == "BOND" else line for line in LINES]
        make_revision(plant.configuration, strict)
        there = make_batch("SU7-2026W47-04", configuration=plant.configuration, at=AT)
        move(good_car, there, engineer)
        assert codes(good_car) == {"measurement_failed", "hold_active", "nonconformance_open"}
        assert counted(there)["battery"][:3] == (0, 1, 0)
        as_recounted(plant.batch, there)

    def test_holds_and_open_nonconformances_go_with_it_under_their_numbers(
        self, plant, good_car, record, laxer, engineer
    ):
        place_hold(batch=plant.batch, vehicle=good_car, reason="scratch", actor=make_engineer(), at=AT)
        record(bonding(plant))
        before = Nonconformance.objects.get()
        move(good_car, laxer, engineer)
        after = Nonconformance.objects.get()
        assert (after.number, after.state, after.batch) == (before.number, "open", laxer)
        holds = Hold.objects.filter(lifted_at=None)
        assert sorted((hold.source, hold.batch) for hold in holds) == [("gate", laxer), ("person", laxer)]
        as_recounted(plant.batch, laxer)

    def test_what_has_ended_stays_where_it_was(self, plant, good_car, record, laxer, engineer):
        record(bonding(plant))
        nc = Nonconformance.objects.get()
        declare_invalid(nonconformance=nc, reason="loose probe", actor=make_engineer(), at=AT)
        record(bonding(plant, "0.04", finished_at=AT + timedelta(seconds=1)))
        nc.refresh_from_db()
        assert nc.state == "closed"
        move(good_car, laxer, engineer)
        nc.refresh_from_db()
        assert nc.batch == plant.batch
        assert clearance(vin=good_car.vin, at=LATER).clear is True

    def test_it_comes_back_and_is_counted_once(self, plant, good_car, laxer, engineer):
        move(good_car, laxer, engineer)
        good_car.refresh_from_db()
        move(good_car, plant.batch, engineer, at=LATER + timedelta(minutes=1))
        good_car.refresh_from_db()
        assert (good_car.batch, good_car.sequence) == (plant.batch, 21)
        assert clearance(vin=good_car.vin, at=LATER).clear is True
        as_recounted(plant.batch, laxer)

    def test_the_ledger_of_both_batches_and_of_the_car_tells_it(self, plant, good_car, laxer, engineer):
        move(good_car, laxer, engineer)
        entry = LedgerEntry.objects.get(act="vehicle.moved")
        assert (entry.subject, entry.batch, entry.reason, entry.actor_id, entry.at) == (
            good_car.vin, laxer.number, WHY, engineer.pk, LATER,
        )  # fmt: skip
        assert entry.before == {"batch": plant.batch.number, "sequence": 1, "revision_id": plant.revision.pk}
        assert entry.after == {
            "batch": laxer.number, "sequence": 21, "revision_id": laxer.revision_id, "holds": 0, "nonconformances": 0,
            "judged_anew": 3,
        }  # fmt: skip
        left = LedgerEntry.objects.get(act="batch.vehicle_left")
        assert (left.subject, left.batch, left.after["vin"]) == (plant.batch.number, plant.batch.number, good_car.vin)

    def test_a_number_in_build_order_is_never_given_twice(self, plant, good_car, laxer, engineer):
        other = make_vehicle(plant.batch)
        first = move(good_car, laxer, engineer)
        assert move(other, laxer, engineer).to_sequence == first.to_sequence + 1
        good_car.refresh_from_db()
        move(good_car, plant.batch, engineer, at=LATER + timedelta(minutes=1))
        third = make_vehicle(plant.batch, sequence=19)
        assert move(third, laxer, engineer, at=LATER + timedelta(minutes=2)).to_sequence == first.to_sequence + 2

    def test_a_decision_there_may_have_the_number_of_one_here(self, plant, good_car, record, laxer, engineer):
        """Each batch counts by itself; what was decided of the car stays on the record."""
        record(bonding(plant))
        before = set(Decision.objects.filter(vehicle=good_car).values_list("pk", flat=True))
        for _ in range(12):
            make_vehicle(laxer)
            decide_batch(batch_id=laxer.pk, at=AT)
        move(good_car, laxer, engineer)
        assert before <= set(Decision.objects.filter(vehicle=good_car).values_list("pk", flat=True))


class TestBadFaith:
    """Each way to get a bad car out through a batch with a laxer plan ends with the car inside."""

    @pytest.mark.law(6)
    def test_law_6_a_fail_under_the_old_plan_blocks_on_the_laxer_one(self, plant, good_car, record, laxer, engineer):
        record(bonding(plant))
        move(good_car, laxer, engineer)
        assert codes(good_car) == {"measurement_failed", "hold_active", "nonconformance_open"}
        # A later good result there does not erase it either.
        good = bonding(plant, "0.05", finished_at=LATER)
        record_inspections(items=[good], rig=plant.rig, actor=plant.rig_actor, at=LATER)
        decide_batch(batch_id=laxer.pk, at=LATER)
        assert codes(good_car) >= {"measurement_failed", "nonconformance_open"}
        as_recounted(plant.batch, laxer)

    @pytest.mark.law(6)
    def test_law_6_disposed_of_there_it_still_needs_a_later_pass(self, plant, good_car, record, laxer, engineer):
        record(bonding(plant))
        move(good_car, laxer, engineer)
        declare_invalid(nonconformance=Nonconformance.objects.get(), reason="probe", actor=make_engineer(), at=LATER)
        decide_batch(batch_id=laxer.pk, at=LATER)
        assert clearance(vin=good_car.vin, at=LATER).clear is False
        later = bonding(plant, "0.05", finished_at=LATER + timedelta(minutes=1))
        record_inspections(items=[later], rig=plant.rig, actor=plant.rig_actor, at=LATER + timedelta(minutes=2))
        decide_batch(batch_id=laxer.pk, at=LATER + timedelta(minutes=2))
        assert clearance(vin=good_car.vin, at=LATER + timedelta(minutes=2)).clear is True
        assert Nonconformance.objects.get().state == "closed"

    @pytest.mark.law(6)
    def test_law_6_a_fail_that_arrives_after_the_move_is_judged_as_it_would_have_been(
        self, plant, good_car, laxer, engineer
    ):
        move(good_car, laxer, engineer)
        late = bonding(plant, "0.15", finished_at=AT)
        record_inspections(items=[late], rig=plant.rig, actor=plant.rig_actor, at=LATER)
        decide_batch(batch_id=laxer.pk, at=LATER)
        assert codes(good_car) == {"measurement_failed", "hold_active", "nonconformance_open"}
        as_recounted(plant.batch, laxer)

    def test_what_is_measured_after_the_move_is_judged_on_the_new_plan_alone(self, plant, good_car, laxer, engineer):
        move(good_car, laxer, engineer)
        after = bonding(plant, "0.15", finished_at=LATER + timedelta(seconds=1))
        record_inspections(items=[after], rig=plant.rig, actor=plant.rig_actor, at=LATER + timedelta(minutes=1))
        decide_batch(batch_id=laxer.pk, at=LATER + timedelta(minutes=1))
        assert clearance(vin=good_car.vin, at=LATER + timedelta(minutes=1)).clear is True

    @pytest.mark.law(6)
    def test_law_6_a_detour_over_a_strict_batch_keeps_the_fail_that_it_showed(self, plant, good_car, engineer):
        strict = [{**line, "upper": Decimal("0.04")} if line["characteristic"] == "BOND" else line for line in LINES]
        make_revision(plant.configuration, strict)
        there = make_batch("SU7-2026W47-04", configuration=plant.configuration, at=AT)
        move(good_car, there, engineer)
        good_car.refresh_from_db()
        move(good_car, plant.batch, engineer, at=LATER + timedelta(minutes=1))
        assert "measurement_failed" in codes(good_car)
        as_recounted(plant.batch, there)

    @pytest.mark.law(6)
    def test_law_6_a_plan_that_asks_it_no_more_lets_no_fail_go(self, plant, good_car, record, engineer):
        make_revision(plant.configuration, [line for line in LINES if line["characteristic"] != "BOND"])
        there = make_batch("SU7-2026W47-04", configuration=plant.configuration, at=AT)
        record(bonding(plant))
        move(good_car, there, engineer)
        assert "measurement_failed" in codes(good_car)

    @pytest.mark.law(6)
    def test_law_6_a_plan_that_allows_repeats_lets_no_fail_go(self, plant, good_car, record, engineer):
        free = [{**line, "repeats": 2} if line["characteristic"] == "HVIL" else line for line in LINES]
        make_revision(plant.configuration, free)
        there = make_batch("SU7-2026W47-04", configuration=plant.configuration, at=AT)
        software = [{"system": "BMS", "version": "2.0"}]
        bad = changed_value("BAT-EOL", "HVIL", False)
        record(plant.posted("BAT-EOL", measurements=bad, software=software, finished_at=AT - timedelta(seconds=30)))
        record(plant.posted("BAT-EOL", software=software, finished_at=AT))
        move(good_car, there, engineer)
        assert "measurement_failed" in codes(good_car)

    @pytest.mark.law(6)
    def test_law_6_a_plan_in_which_another_member_excuses_it_lets_no_fail_go(self, plant, good_car, record, engineer):
        group = [
            *(line for line in LINES if line["characteristic"] not in ("ISO", "HVIL")),
            {"characteristic": "ISO", "lower": Decimal(500), "uncertainty": Decimal(0)},
            {"characteristic": "HVIL", "expression": "conforms"},
        ]
        places = {line["characteristic"]: place for place, line in enumerate(group, 1)}
        battery = plant.procedures["BAT-EOL"]
        Characteristic.objects.create(procedure=battery, code="ELEC", name="ELEC", kind="attribute")
        make_revision(
            plant.configuration,
            [*group, {"characteristic": "ELEC", "expression": "any_of", "members": [places["ISO"], places["HVIL"]]}],
        )
        there = make_batch("SU7-2026W47-04", configuration=plant.configuration, at=AT)
        bad = changed_value("BAT-EOL", "ISO", "1")
        software = [{"system": "BMS", "version": "2.0"}]
        record(plant.posted("BAT-EOL", measurements=bad, software=software))
        move(good_car, there, engineer)
        assert "measurement_failed" in codes(good_car)

    @pytest.mark.parametrize("status", ["released", "delivered"])
    def test_what_two_people_signed_for_stays_in_its_batch(self, plant, good_car, laxer, engineer, status):
        Vehicle.objects.filter(pk=good_car.pk).update(status=status)
        with pytest.raises(MoveRefused, match=good_car.vin):
            move(good_car, laxer, engineer)

    def test_a_batch_of_another_configuration_is_refused(self, plant, good_car, engineer):
        other = make_configuration("SU7-PRO-CN")
        make_revision(other, LAXER)
        there = make_batch("SU7-2026W47-09", configuration=other)
        with pytest.raises(MoveRefused, match="of its own configuration only"):
            move(good_car, there, engineer)

    def test_closed_and_completed_batches_take_none(self, plant, good_car, laxer, engineer):
        make_vehicle(laxer)
        close_batch(batch=laxer, actor=SYSTEM, at=AT)
        with pytest.raises(MoveRefused, match="testing is closed"):
            move(good_car, laxer, engineer)
        empty = make_batch("SU7-2026W47-05", configuration=plant.configuration, at=AT)
        assert close_batch(batch=empty, actor=SYSTEM, at=AT).status == "completed"
        with pytest.raises(MoveRefused, match="takes no more cars"):
            move(good_car, empty, engineer)

    def test_nobody_escapes_a_hold_of_the_whole_batch(self, plant, good_car, laxer, engineer):
        place_hold(batch=plant.batch, vehicle=None, reason="wrong bolts", actor=make_engineer(), at=AT)
        with pytest.raises(MoveRefused, match=r"held as a whole \(wrong bolts\): its cars stay"):
            move(good_car, laxer, engineer)

    def test_nobody_escapes_the_samples_of_its_line(self, plant, good_car, engineer):
        there = make_batch("SU7-2026W47-09", configuration=plant.configuration, line="L2")
        with pytest.raises(MoveRefused, match="is built on L2, the car was on L1"):
            move(good_car, there, engineer)

    def test_a_batch_that_is_sampled_as_one_lot_stays_together(self, plant, laxer, engineer):
        drawn = {"characteristic": "DTC", "expression": "equal", "values": ["0"], "level": "sample",
                 "basis": "per_batch", "sample_size": 2}  # fmt: skip
        make_revision(plant.configuration, [*LINES[:-1], drawn])
        lot = make_batch("SU7-2026W47-05", configuration=plant.configuration, at=AT)
        car = make_vehicle(lot, software=[("ADAS", "4.10"), ("BMS", "2.0")])
        Hold.objects.update(lifted_at=AT)
        with pytest.raises(MoveRefused, match="sampled as one lot"):
            move(car, laxer, engineer)

    def test_out_of_a_closed_batch_what_was_missing_is_still_to_come(self, plant, laxer, engineer):
        close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
        assert "missing_result" in codes(plant.vehicle)
        move(plant.vehicle, laxer, engineer)
        assert counted(laxer)["battery"][:3] == (0, 0, 1)
        assert not Hold.objects.filter(lifted_at=None).exists()
        as_recounted(plant.batch, laxer)

    def test_where_it_is_it_cannot_be_moved_to(self, plant, good_car, engineer):
        with pytest.raises(MoveRefused, match="already"):
            move(good_car, plant.batch, engineer)

    @pytest.mark.law(8)
    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.ENGINEER])
    def test_law_8_an_engineer_alone_moves_it(self, good_car, laxer, role):
        with pytest.raises(NotAllowed):
            move(good_car, laxer, make_person(role))

    @pytest.mark.law(8)
    def test_law_8_who_signs_authenticates_again(self, plant, good_car, laxer, engineer):
        with pytest.raises(MoveRefused, match="password is wrong"):
            move(good_car, laxer, engineer, password="guessed")
        assert LedgerEntry.objects.filter(act="signature.refused", subject=good_car.vin).count() == 1
        assert not VehicleMove.objects.exists()

    def test_a_reason_is_asked_for_and_what_was_shown_must_be_so(self, good_car, laxer, engineer):
        with pytest.raises(MoveRefused, match="reason is empty"):
            move(good_car, laxer, engineer, reason=" ")
        with pytest.raises(MoveRefused, match="another revision than the one shown"):
            move(good_car, laxer, engineer, seen=None)

    @pytest.mark.law(4)
    @pytest.mark.parametrize("attempt", ["another batch", "another number", "hold", "nonconformance", "without status"])
    def test_law_4_no_row_says_that_a_car_is_elsewhere_without_the_act(
        self, plant, good_car, record, laxer, engineer, attempt
    ):
        place_hold(batch=plant.batch, vehicle=good_car, reason="scratch", actor=make_engineer(), at=AT)
        record(bonding(plant))
        attempts = {
            "another batch": lambda: Vehicle.objects.filter(pk=good_car.pk).update(batch=laxer),
            "another number": lambda: Vehicle.objects.filter(pk=good_car.pk).update(sequence=7),
            "hold": lambda: Hold.objects.update(batch=laxer),
            "nonconformance": lambda: Nonconformance.objects.update(batch=laxer),
            "without status": lambda: Vehicle.objects.filter(pk=good_car.pk).update(batch=laxer, sequence=1),
        }
        with pytest.raises(DatabaseError, match="interlock"), transaction.atomic():
            attempts[attempt]()
