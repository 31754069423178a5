"""A batch completes by itself once its cars have left and nothing stands against any of them, and no bad car gets out
of sight by it: whatever comes later reaches it, and takes it up again."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from inspections.batches.choices import VehicleStatus
from inspections.batches.models import Batch
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
from inspections.gates.choices import CoverageKind
from inspections.gates.keeping import Keeps, unsettled_batches, what_keeps
from inspections.gates.models import BatchGate, Decider
from inspections.gates.queries import batch_summary, clearance
from inspections.gates.services import (
    close_batch,
    decide_batch,
    destroy_vehicle,
    mark_expired,
    move_vehicle,
    repin_batch,
    revoke_coverage,
    scrap_vehicle,
    settle_batches,
)
from inspections.intake.models import Kept
from inspections.intake.services import set_aside
from inspections.people.choices import Role
from inspections.records.models import LedgerEntry
from inspections.results.admitting import report_out_of_tolerance, void_inspection
from inspections.results.models import Inspection
from inspections.results.services import change_software, record_inspection
from tests.concessions import measure_squib, propose
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
    rig_actor,
)
from tests.gates.covering import enter, make_type_plant, sign
from tests.intake.posting import body, send
from tests.papers import PASSWORD, deliver, release

LATER = AT + timedelta(hours=3)
WHY = "seen on the line"
CARRIES = [("ADAS", "4.10"), ("BMS", "2.0")]


@pytest.fixture
def left(plant, good_car):
    """The plant's only car has left, testing is closed: the batch is completed."""
    release(plant.batch)
    close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
    deliver(good_car)
    assert status(plant.batch) == "completed"
    return plant.batch


def status(batch):
    batch.refresh_from_db()
    return batch.status


def acts(batch, *names):
    rows = LedgerEntry.objects.filter(subject_kind="batch", subject=batch.number).order_by("pk")
    return [row.act for row in rows if row.act.startswith("batch.") and (not names or row.act in names)]


def keeps(batch, at=AT):
    return {found.what: found.count for found in what_keeps(batch_ids=[batch.pk], at=at)[batch.pk]}


def failing(plant, **changed):
    return plant.posted("CRS-EOL", measurements=changed_value("CRS-EOL", "SQUIB", "9.9"), **changed)


class TestCompleting:
    def test_the_last_car_that_leaves_completes_it_in_the_same_act(self, plant, good_car, record):
        second = make_vehicle(plant.batch, software=CARRIES)
        record(*plant.passing(vin=second.vin))
        release(plant.batch)
        close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
        deliver(good_car)
        assert (status(plant.batch), keeps(plant.batch)) == ("testing_closed", {Keeps.IN_PLANT: 1})
        deliver(second, at=LATER)
        assert (status(plant.batch), plant.batch.completed_at) == ("completed", LATER)
        entry = LedgerEntry.objects.get(act="batch.completed")
        assert (entry.actor_kind, entry.actor, entry.at) == ("system", "Interlock", LATER)
        assert (entry.before, entry.after) == (
            {"status": "testing_closed"},
            {"status": "completed", "cars": {"delivered": 2}},
        )
        deliver(second, at=LATER)
        assert acts(plant.batch, "batch.completed") == ["batch.completed"]

    def test_a_batch_whose_testing_is_open_waits_for_its_closing(self, plant, good_car):
        release(plant.batch)
        deliver(good_car)
        settle_batches(at=AT)
        assert status(plant.batch) == "open"
        closed = close_batch(batch=plant.batch, actor=SYSTEM, at=LATER)
        assert (closed.status, closed.completed_at) == ("completed", LATER)
        assert acts(plant.batch)[-2:] == ["batch.draw_revealed", "batch.completed"]
        assert close_batch(batch=plant.batch, actor=SYSTEM, at=LATER).completed_at == LATER

    @pytest.mark.parametrize("away", ["scrapped", "destroyed_for_test"])
    def test_the_last_car_taken_out_of_delivery_completes_it(self, plant, good_car, away):
        other = make_vehicle(plant.batch)
        release(plant.batch)
        close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
        deliver(good_car)
        become(other, VehicleStatus(away))
        assert status(plant.batch) == "testing_closed"
        decide_batch(batch_id=plant.batch.pk, at=AT)
        assert (status(plant.batch), keeps(plant.batch)) == ("completed", {})
        entry = LedgerEntry.objects.get(act="batch.completed")
        assert entry.after["cars"] == {"delivered": 1, away: 1}

    def test_the_last_car_that_is_moved_away_completes_it(self, plant, good_car):
        other = make_batch("SU7-2026W47-04", configuration=plant.configuration)
        close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
        engineer = make_person(Role.ENGINEER)
        move_vehicle(
            vehicle=good_car, to=other, reason=WHY, seen_revision=other.revision_id, signer=engineer,
            password=PASSWORD, at=AT,
        )  # fmt: skip
        assert (status(plant.batch), status(other)) == ("completed", "open")
        assert LedgerEntry.objects.get(act="batch.completed").after["cars"] == {"moved": 1}

    def test_one_of_which_no_car_ever_left_asks_nothing_of_its_gates(self, plant):
        """Its one car is scrapped untested and its own gates are those of a batch without coverage."""
        scrap_vehicle(vehicle=plant.vehicle, reason="dropped", actor=make_engineer(), at=AT)
        close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
        assert status(plant.batch) == "completed"

    def test_an_empty_one_is_completed_as_it_is_closed(self, plant):
        unplanned = make_batch("B-0", configuration=plant.configuration, at=AT - timedelta(days=900))
        assert unplanned.revision is None
        assert close_batch(batch=unplanned, actor=SYSTEM, at=AT).status == "completed"
        assert batch_summary(batch_id=unplanned.pk, at=AT).registered == 0

    @pytest.mark.law(2)
    def test_law_2_nobody_completes_a_batch_there_is_no_such_act(self):
        from inspections.api import urls as api
        from inspections.web import urls as web

        assert [p for p in (*api.urlpatterns, *web.urlpatterns) if "complet" in str(p.pattern)] == []

    def test_it_costs_an_open_batch_no_statement_and_a_closed_one_one(self, plant, good_car, record):
        def statements():
            with CaptureQueriesContext(
                connection,
            ) as captured:
                decide_batch(batch_id=plant.batch.pk, at=AT)
            return [row["sql"] for row in captured if "proposed" in row["sql"] or "cars.here" in row["sql"]]

        record(plant.posted("CRS-EOL"), decide=False)
        assert statements() == []
        close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
        record(plant.posted("CRS-EOL"), decide=False)
        assert len(statements()) == 1


@pytest.mark.law(1)
class TestKept:
    """Law 1: whatever is open keeps it, and says so."""

    @pytest.fixture
    def nearly(self, plant, good_car):
        """One car is released and in the plant, another is scrapped."""
        self.plant = plant
        self.scrapped = make_vehicle(plant.batch)
        scrap_vehicle(vehicle=self.scrapped, reason="dropped", actor=make_engineer(), at=AT)
        release(plant.batch)
        close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
        return good_car

    def test_a_car_that_is_held_suspended_or_not_delivered_keeps_it(self, nearly):
        assert (status(self.plant.batch), keeps(self.plant.batch)) == ("testing_closed", {Keeps.IN_PLANT: 1})

    def test_a_persons_hold_on_a_scrapped_car_keeps_it_until_it_is_lifted(self, nearly):
        held = place_hold(batch=self.plant.batch, vehicle=self.scrapped, reason=WHY, actor=make_engineer(), at=AT)
        deliver(nearly)
        assert (status(self.plant.batch), keeps(self.plant.batch)) == ("testing_closed", {Keeps.HOLD: 1})
        assert settle_batches(at=AT) == 0
        lift_hold(hold=held, reason="checked", actor=make_engineer(), at=AT)
        assert unsettled_batches(at=AT) == [self.plant.batch.pk]
        assert settle_batches(at=LATER) == 1
        assert (status(self.plant.batch), self.plant.batch.completed_at) == ("completed", LATER)

    def test_a_nonconformance_of_a_destroyed_car_keeps_it_until_it_is_answered(self, plant, good_car, record):
        other = make_vehicle(plant.batch)
        destroy_vehicle(vehicle=other, procedure=plant.procedures["CRS-EOL"], reason=WHY, actor=make_engineer(), at=AT)
        record(failing(plant, vin=other.vin))
        release(plant.batch)
        close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
        deliver(good_car)
        assert (status(plant.batch), keeps(plant.batch)) == ("testing_closed", {Keeps.NONCONFORMANCE: 1})

    def test_what_is_undecided_keeps_it_until_it_is_decided(self, nearly, record):
        deliver(nearly)
        assert status(self.plant.batch) == "completed"
        Batch.objects.filter(pk=self.plant.batch.pk).update(status="testing_closed", completed_at=None)
        record(self.plant.posted("CRS-EOL"), decide=False)
        assert (settle_batches(at=AT), keeps(self.plant.batch)[Keeps.UNDECIDED]) == (0, 1)
        decide_batch(batch_id=self.plant.batch.pk, at=AT)
        assert status(self.plant.batch) == "completed"

    def test_a_submission_that_cannot_be_read_and_names_a_car_of_it_keeps_it(self, nearly):
        send(self.plant, body(self.plant, vin=self.scrapped.vin, id="X-1", verdict="maybe"))
        decide_batch(batch_id=self.plant.batch.pk, at=AT)
        deliver(nearly)
        assert (status(self.plant.batch), keeps(self.plant.batch)) == ("testing_closed", {Keeps.KEPT: 1})
        set_aside(kept=Kept.objects.get(vin=self.scrapped.vin), reason=WHY, actor=make_engineer(), at=AT)
        decide_batch(batch_id=self.plant.batch.pk, at=AT)
        assert status(self.plant.batch) == "completed"
        send(self.plant, body(self.plant, vin=nearly.vin, id="Y-1", verdict="maybe"))
        decide_batch(batch_id=self.plant.batch.pk, at=AT)
        assert (status(self.plant.batch), set(keeps(self.plant.batch))) == ("testing_closed", {Keeps.KEPT, Keeps.CAR})

    def test_a_proposed_concession_keeps_it_until_it_lapses(self, plant, good_car):
        other = make_vehicle(plant.batch, software=CARRIES)
        measure_squib(plant, cars=[other])
        proposed = propose(other)
        release(plant.batch)
        close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
        scrap_vehicle(vehicle=other, reason="beyond repair", actor=make_engineer(), at=AT)
        decide_batch(batch_id=plant.batch.pk, at=AT)
        deliver(good_car)
        assert (status(plant.batch), keeps(plant.batch)) == ("testing_closed", {Keeps.CONCESSION: 1})
        ended = min(proposed.lapses_at, proposed.expires_at)
        assert (settle_batches(at=ended - timedelta(seconds=1)), settle_batches(at=ended)) == (0, 1)
        assert status(plant.batch) == "completed"

    @pytest.mark.parametrize("state", [1, 2])
    def test_a_gate_of_its_own_that_does_not_pass_keeps_it(self, nearly, state):
        deliver(nearly)
        Batch.objects.filter(pk=self.plant.batch.pk).update(status="testing_closed", completed_at=None)
        BatchGate.objects.filter(batch=self.plant.batch, domain="crash").update(state=state)
        assert (settle_batches(at=AT), keeps(self.plant.batch)) == (0, {Keeps.OWN_GATE: 1})

    def test_a_car_that_left_without_a_row_of_its_delivery_is_not_believed(self, plant, good_car):
        """Whoever writes `delivered` past the act has no delivery: its gates are asked, and here they fail."""
        close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
        other = make_batch("SU7-2026W47-04", configuration=plant.configuration)
        untested = make_vehicle(other)
        become(untested, "delivered")
        assert close_batch(batch=other, actor=SYSTEM, at=AT).status == "testing_closed"
        assert set(keeps(other)) == {Keeps.CAR, Keeps.NONCONFORMANCE} or set(keeps(other)) == {Keeps.CAR}


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


class TestCoverage:
    """Type evidence: asked as of when the cars left, and taken back it reaches them all."""

    @pytest.fixture
    def covered(self, db):
        """A car that left under coverage by a test, and its completed batch."""
        self.here = here = make_type_plant()
        plant, batch = here.plant, here.plant.batch
        for item in plant.passing():
            record_inspection(posted=item, rig=plant.rig, actor=rig_actor(plant.rig), at=AT)
        self.test = here.test()
        decide_batch(batch_id=batch.pk, at=AT)
        self.coverage = sign(self.test)
        self.coverage.refresh_from_db()
        release(batch)
        close_batch(batch=batch, actor=SYSTEM, at=AT)
        deliver(plant.vehicle)
        assert status(batch) == "completed"
        return batch

    @pytest.mark.law(9)
    def test_law_9_time_alone_changes_nothing_of_what_has_left(self, covered):
        ended = self.coverage.valid_until + timedelta(days=1)
        assert BatchGate.objects.filter(batch=covered, valid_until__isnull=False).count() == 0
        assert mark_expired(at=ended) == 0
        # Nor where it is decided again for something else.
        enter(self.here, certificate="N-2", valid_from=ended, valid_until=ended + timedelta(days=1), at=ended)
        decide_batch(batch_id=covered.pk, at=ended)
        assert (status(covered), batch_summary(batch_id=covered.pk, at=ended).state) == ("completed", "passed")

    def test_a_batch_of_which_a_car_is_in_the_plant_is_still_asked_now(self, covered):
        inside = make_batch("SU7-2026W47-04", configuration=self.here.plant.configuration)
        make_vehicle(inside, software=[("SRS", "1.4"), *CARRIES])
        close_batch(batch=inside, actor=SYSTEM, at=AT)
        ended = self.coverage.valid_until + timedelta(days=1)
        mark_expired(at=ended)
        decide_batch(batch_id=inside.pk, at=ended)
        gate = BatchGate.objects.get(batch=inside, domain="crash")
        assert [reason["code"] for reason in gate.reasons] == ["coverage_expired"]

    @pytest.mark.law(1)
    def test_law_1_revoking_reaches_completed_batches(self, covered):
        revoke_coverage(coverage=self.coverage, reason="the sled was not braced", actor=make_engineer(), at=LATER)
        decide_batch(batch_id=covered.pk, at=LATER)
        gate = BatchGate.objects.get(batch=covered, domain="crash")
        assert [reason["code"] for reason in gate.reasons] == ["coverage_revoked"]
        assert (status(covered), keeps(covered, LATER)) == ("testing_closed", {Keeps.OWN_GATE: 1})
        assert batches_on_line(20) == [covered.pk]

    @pytest.mark.law(1)
    @pytest.mark.parametrize("fall", ["void", "tolerance", "fail"])
    def test_law_1_a_test_that_falls_reaches_other_batches_that_lean_on_it_and_are_completed(self, covered, fall):
        plant = self.here.plant
        other = make_batch("SU7-2026W47-04", configuration=plant.configuration)
        car = make_vehicle(other, software=[("SRS", "1.4"), *CARRIES])
        for item in plant.passing(vin=car.vin):
            record_inspection(posted=item, rig=plant.rig, actor=rig_actor(plant.rig), at=AT)
        release(other)
        close_batch(batch=other, actor=SYSTEM, at=AT)
        deliver(car)
        assert status(other) == "completed"
        if fall == "void":
            void_inspection(inspection=self.test, reason="wrong dummy", actor=make_engineer(), at=LATER)
        elif fall == "tolerance":
            report_out_of_tolerance(
                rig=self.here.bench, back_to=AT - timedelta(days=2), found_at=AT, reason=WHY, actor=make_engineer(),
                at=LATER,
            )  # fmt: skip
        else:
            worse = [{"characteristic": "FEMUR", "position": "driver", "value": 11, "unit": "kN"}]
            self.here.test(measurements=worse, finished_at=AT)
        decide_batch(batch_id=other.pk, at=LATER)
        gate = BatchGate.objects.get(batch=other, domain="crash")
        assert [reason["code"] for reason in gate.reasons] == ["coverage_revoked"]
        assert (status(other), keeps(other, LATER)) == ("testing_closed", {Keeps.OWN_GATE: 1})

    def test_coverage_that_is_missing_keeps_one_whose_car_left_under_it(self, covered):
        assert self.coverage.kind == CoverageKind.INSPECTION
        revoke_coverage(coverage=self.coverage, reason=WHY, actor=make_engineer(), at=LATER)
        decide_batch(batch_id=covered.pk, at=LATER)
        # Another one that reaches over building and leaving answers it.
        enter(self.here, at=LATER)
        decide_batch(batch_id=covered.pk, at=LATER)
        assert (status(covered), covered.completed_at) == ("completed", LATER)


@pytest.mark.law(4)
class TestRawStatements:
    """Law 4: as the application's role, past every act."""

    def refused(self, statement, why, *facts):
        with pytest.raises(DatabaseError, match=why), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, facts)

    def test_a_batch_goes_one_step_at_a_time_and_back_from_completed_alone(self, plant, good_car, left):
        fresh = make_batch("SU7-2026W47-04", configuration=plant.configuration)
        change = "update inspections_batch set status = %s, testing_closed_at = {}, completed_at = {} where id = %s"
        for old, new, dates in (
            (fresh, "completed", ("now()", "now()")),
            (left, "open", ("null", "null")),
        ):
            self.refused(change.format(*dates), f"it does not become {new}", new, old.pk)
        closed = make_batch("SU7-2026W47-05", configuration=plant.configuration)
        make_vehicle(closed)
        close_batch(batch=closed, actor=SYSTEM, at=AT)
        self.refused(change.format("null", "null"), "it does not become open", "open", closed.pk)

    def test_none_is_completed_with_a_car_in_the_plant_or_with_something_open(self, plant, left, record):
        complete = "update inspections_batch set status = 'completed', completed_at = now() where id = %s"
        other = make_batch("SU7-2026W47-04", configuration=plant.configuration)
        car = make_vehicle(other)
        close_batch(batch=other, actor=SYSTEM, at=AT)
        self.refused(complete, "a car of it is in the plant", other.pk)
        become(car, "released")
        self.refused(complete, "a car of it is in the plant", other.pk)
        place_hold(batch=left, vehicle=None, reason=WHY, actor=make_engineer(), at=AT)
        self.refused(complete, "something is open", left.pk)
        Hold.objects.filter(batch=left).update(lifted_at=AT)
        record(failing(plant), at=LATER)
        self.refused(complete, "something is open", left.pk)

    def test_no_car_comes_into_a_completed_one_or_back_into_its_plant(self, plant, good_car, left):
        self.refused(
            "insert into inspections_vehicle (vin, batch_id, sequence, status, registered_at)"
            " values ('LXM1A2B30TA999999', %s, 99, 'in_process', now())",
            "its batch is completed",
            left.pk,
        )
        for stands in ("in_process", "released"):
            self.refused("update inspections_vehicle set status = %s where id = %s", "interlock", stands, good_car.pk)
        other = make_batch("SU7-2026W47-04", configuration=plant.configuration)
        car = make_vehicle(other)
        self.refused("update inspections_vehicle set batch_id = %s where id = %s", "interlock", left.pk, car.pk)

    def test_none_begins_otherwise_than_open_and_dates_are_written_once(self, plant, left):
        self.refused(
            "insert into inspections_batch (number, configuration_id, planned_quantity, line, status, opened_at,"
            " testing_closed_at, completed_at) values ('X', %s, 1, 'L1', 'completed', now(), now(), now())",
            "begins open",
            plant.configuration.pk,
        )
        for column, why in (("testing_closed_at", "was closed once"), ("completed_at", "is written as it is")):
            self.refused(f"update inspections_batch set {column} = now() where id = %s", why, left.pk)
        self.refused("update inspections_batch set completed_at = null where id = %s", "interlock", left.pk)
