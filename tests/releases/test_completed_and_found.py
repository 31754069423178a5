"""What comes after a batch is completed: no bad car gets out of sight by it, whatever comes later takes it up again."""

from datetime import timedelta

import pytest

from inspections.batches.queries import batches_on_line
from inspections.dispositions.concerning import digest_of, vehicles_concerned
from inspections.dispositions.conditions import NamedVehicles
from inspections.dispositions.models import Hold, Nonconformance
from inspections.dispositions.services import (
    confirm_retest,
    declare_invalid,
    lift_hold,
    place_hold,
    place_hold_list,
)
from inspections.gates.keeping import Keeps, unsettled_batches
from inspections.gates.models import Decider
from inspections.gates.queries import batch_summary, clearance
from inspections.gates.services import (
    close_batch,
    decide_batch,
    repin_batch,
    settle_batches,
)
from inspections.people.choices import Role
from inspections.records.models import LedgerEntry
from inspections.results.admitting import report_out_of_tolerance, void_inspection
from inspections.results.models import Inspection
from inspections.results.services import change_software
from tests.factories import (
    AT,
    LINES,
    SYSTEM,
    become,
    changed_value,
    make_batch,
    make_engineer,
    make_person,
    make_revision,
    make_vehicle,
)
from tests.papers import PASSWORD, deliver, release
from tests.releases.completed import LATER, WHY, acts, failing, keeps, status


class TestLate:
    """What comes after it is completed: taken, judged, shown, and the batch is taken up again."""

    def test_a_late_pass_is_taken_and_judged_and_changes_nothing(self, plant, left, record):
        (fate,) = record(plant.posted("CRS-EOL"), at=LATER)
        assert Inspection.objects.get(pk=fate.inspection_id).batch_id == left.pk
        assert (status(left), acts(left).count("batch.completed")) == ("completed", 1)
        assert Decider.objects.get(batch=left).decided_at == LATER

    @pytest.mark.law(6)
    def test_law_6_a_late_fail_opens_its_nonconformance_tells_people_and_takes_it_up(self, plant, left, record):
        assert batches_on_line(20) == []
        record(failing(plant), at=LATER)
        own = Nonconformance.objects.get(state="open")
        assert (own.batch, own.vehicle) == (left, plant.vehicle)
        told = LedgerEntry.objects.filter(act__in=["delivery.doubted", "nonconformance.opened"])
        assert {entry.act for entry in told} == {"delivery.doubted", "nonconformance.opened"}
        entry = LedgerEntry.objects.get(act="batch.taken_up")
        assert (entry.before, entry.after) == (
            {"status": "completed", "completed_at": AT.isoformat()},
            {
                "status": "testing_closed",
                "because": [{"what": "nonconformance", "count": 1}, {"what": "car", "count": 1}],
            },
        )
        assert (status(left), left.completed_at, batches_on_line(20)) == ("testing_closed", None, [left.pk])
        assert batch_summary(batch_id=left.pk, at=LATER).state == "failed"

    def test_answered_it_is_completed_again(self, plant, left, record):
        record(failing(plant), at=LATER)
        own = Nonconformance.objects.get(state="open")
        confirm_retest(nonconformance=own, reason="the probe was loose", actor=make_engineer(), at=LATER)
        decide_batch(batch_id=left.pk, at=LATER)
        assert status(left) == "testing_closed"
        record(plant.posted("CRS-EOL", finished_at=LATER), at=LATER)
        own.refresh_from_db()
        assert (own.state, status(left), left.completed_at) == ("closed", "completed", LATER)
        wanted = ["batch.completed", "batch.taken_up", "batch.completed"]
        assert acts(left, "batch.completed", "batch.taken_up") == wanted

    def test_a_fail_declared_invalid_still_needs_a_later_pass(self, plant, left, record):
        record(failing(plant), at=LATER)
        declare_invalid(
            nonconformance=Nonconformance.objects.get(state="open"), reason=WHY, actor=make_engineer(), at=LATER
        )
        decide_batch(batch_id=left.pk, at=LATER)
        settle_batches(at=LATER)
        assert status(left) == "testing_closed"

    def test_a_result_that_nobody_can_judge_takes_it_up(self, plant, left, record):
        record(plant.posted("CRS-EOL", measurements=changed_value("CRS-EOL", "SQUIB", "NaN")), at=LATER)
        assert (status(left), keeps(left, LATER)) == ("testing_closed", {Keeps.CAR: 1})

    def test_voiding_what_the_car_left_on_takes_it_up(self, plant, left):
        first = Inspection.objects.filter(vehicle=plant.vehicle).earliest("pk")
        void_inspection(inspection=first, reason="wrong VIN", actor=make_engineer(), at=LATER)
        decide_batch(batch_id=left.pk, at=LATER)
        assert (status(left), set(keeps(left, LATER))) == ("testing_closed", {Keeps.CAR})

    def test_a_rig_found_out_of_tolerance_takes_up_the_batches_of_cars_that_left(self, plant, left):
        report_out_of_tolerance(
            rig=plant.rig,
            back_to=AT - timedelta(days=2),
            found_at=AT,
            reason="drifted",
            actor=make_engineer(),
            at=LATER,
        )
        decide_batch(batch_id=left.pk, at=LATER)
        assert (status(left), batches_on_line(20)) == ("testing_closed", [left.pk])
        codes = {reason.code for reason in clearance(vin=plant.vehicle.vin, at=LATER).reasons}
        assert "rig_out_of_calibration" in codes

    def test_new_software_in_a_car_that_left_takes_it_up(self, plant, left):
        change_software(vehicle=plant.vehicle, changes=[("ADAS", "4.11")], changed_at=LATER, actor=SYSTEM, at=LATER)
        decide_batch(batch_id=left.pk, at=LATER)
        assert status(left) == "testing_closed"

    @pytest.mark.law(3)
    def test_law_3_judging_it_on_a_stricter_revision_finds_the_car_that_left(self, plant, left):
        strict = [{**LINES[0]}, {**LINES[1], "lower": 900}, *LINES[2:]]
        revision = make_revision(plant.configuration, strict)
        repin_batch(
            batch=left, revision=revision, reason="field findings", seen_from=left.revision_id,
            seen_digest=revision.digest, signer=make_person(Role.ENGINEER), password=PASSWORD, at=LATER,
        )  # fmt: skip
        assert Nonconformance.objects.filter(state="open", vehicle=plant.vehicle).count() == 1
        assert status(left) == "testing_closed"

    def test_a_hold_of_the_whole_batch_takes_it_up_and_its_lifting_completes_it(self, plant, left):
        engineer = make_engineer()
        held = place_hold(batch=left, vehicle=None, reason="field findings", actor=engineer, at=LATER)
        assert (status(left), keeps(left)) == ("testing_closed", {Keeps.HOLD: 1})
        entry = LedgerEntry.objects.get(act="batch.taken_up")
        assert (entry.actor, entry.after["because"]) == (engineer.label, [{"what": "hold", "count": 1}])
        lift_hold(hold=held, reason="no finding", actor=engineer, at=LATER)
        settle_batches(at=LATER)
        assert status(left) == "completed"

    def test_a_hold_list_takes_up_the_batch_of_a_scrapped_car_and_not_of_one_that_is_gone(self, plant, good_car):
        other = make_batch("SU7-2026W47-04", configuration=plant.configuration)
        scrapped = make_vehicle(other)
        become(scrapped, "scrapped")
        close_batch(batch=other, actor=SYSTEM, at=AT)
        release(plant.batch)
        close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
        deliver(good_car)
        assert (status(plant.batch), status(other)) == ("completed", "completed")
        both = NamedVehicles((good_car.vin, scrapped.vin))
        seen = digest_of(vehicles_concerned(condition=both))
        place_hold_list(condition=both, reason="leaks", seen=seen, actor=make_engineer(), at=LATER)
        assert (status(plant.batch), status(other)) == ("completed", "testing_closed")

    def test_what_got_past_the_act_is_found_by_the_sweep(self, plant, left):
        """A hold written as a row alone, as the application's role could."""
        Hold.objects.create(batch=left, vehicle=None, source="person", reason=WHY, placed_by="nobody", placed_at=LATER)
        assert unsettled_batches(at=LATER) == [left.pk]
        settle_batches(at=LATER)
        assert status(left) == "testing_closed"
