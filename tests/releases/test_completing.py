"""A batch completes by itself once its cars have left and nothing stands against any of them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.batches.choices import VehicleStatus
from inspections.batches.models import Batch
from inspections.dispositions.services import (
    lift_hold,
    place_hold,
)
from inspections.gates.keeping import Keeps, unsettled_batches
from inspections.gates.models import BatchGate
from inspections.gates.queries import batch_summary
from inspections.gates.services import (
    close_batch,
    decide_batch,
    destroy_vehicle,
    move_vehicle,
    scrap_vehicle,
    settle_batches,
)
from inspections.intake.models import Kept
from inspections.intake.services import set_aside
from inspections.people.choices import Role
from inspections.records.models import LedgerEntry
from tests.concessions import measure_squib, propose
from tests.factories import (
    AT,
    SYSTEM,
    become,
    make_batch,
    make_engineer,
    make_person,
    make_vehicle,
)
from tests.intake.posting import body, send
from tests.papers import PASSWORD, deliver, release
from tests.releases.completed import CARRIES, LATER, WHY, acts, failing, keeps, status


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
