"""Samples and batches that have left: one is taken up when its next sample is overdue, and what takes a good sample
away reaches the completed ones too."""

from datetime import timedelta
from decimal import Decimal

import pytest

from inspections.batches.models import Batch
from inspections.dispositions.models import Nonconformance
from inspections.evaluation.reasons import Outcome
from inspections.gates.keeping import Keeps, what_keeps
from inspections.gates.models import BatchGate
from inspections.gates.services import close_batch, decide_batch, mark_expired
from inspections.records.models import LedgerEntry
from inspections.results.admitting import report_out_of_tolerance, void_inspection
from inspections.results.models import Inspection, Sample
from inspections.results.services import record_inspection
from tests.factories import (
    AT,
    GOOD,
    LINES,
    SYSTEM,
    become,
    make_batch,
    make_engineer,
    make_plant,
    make_revision,
    make_rig,
    make_vehicle,
    posted,
    rig_actor,
)
from tests.papers import deliver, release

pytestmark = [pytest.mark.django_db, pytest.mark.law(1)]

WEEKLY = {
    "characteristic": "SQUIB", "lower": Decimal("1.5"), "upper": Decimal("3.0"), "level": "sample",
    "basis": "per_period", "period": "week", "sample_size": 1,
}  # fmt: skip
HOUR = timedelta(hours=1)
LATER = AT + 6 * HOUR
DUE = AT + timedelta(weeks=3)
CARRIES = [("ADAS", "4.10"), ("BMS", "2.0")]


class Left:
    """Two cars that left. The squib of the first was a good sample; of the second, built an hour later, none was
    measured: it rests on the first, and on the next that is due."""

    def __init__(self) -> None:
        self.plant = make_plant(lines=[*LINES[:5], WEEKLY, LINES[6]])
        self.bench = make_rig("LOT-1", procedures=[self.plant.procedures["CRS-EOL"]])
        become(self.plant.vehicle, "scrapped")
        self.batch = make_batch("B-1", configuration=self.plant.configuration, at=AT)
        cars = [make_vehicle(self.batch, software=CARRIES, at=AT + number * HOUR) for number in range(2)]
        for number, car in enumerate(cars):
            for item in self.plant.passing(vin=car.vin, finished_at=AT + (number + 1) * HOUR):
                if item.procedure == "CRS-EOL" and number:
                    item = self.posted(vin=car.vin, finished_at=AT + 2 * HOUR, measurements=[dict(GOOD["CRS-EOL"][1])])
                record_inspection(posted=item, rig=self.plant.rig, actor=self.plant.rig_actor, at=AT + 2 * HOUR)
        decide_batch(batch_id=self.batch.pk, at=AT + 2 * HOUR)
        close_batch(batch=self.batch, actor=SYSTEM, at=AT + 2 * HOUR)
        release(self.batch, at=AT + 2 * HOUR)
        for car in cars:
            deliver(car, at=AT + 2 * HOUR)

    def posted(self, **changed):
        return posted("CRS-EOL", **changed)

    def lot(self, name, finished_at, squib="2.2"):
        """The squibs of a lot, measured on the line."""
        measured = [{"characteristic": "SQUIB", "value": squib, "unit": "ohm"}, dict(GOOD["CRS-EOL"][1])]
        item = self.posted(material={"kind": "squib", "lot": name}, finished_at=finished_at, measurements=measured)
        fate = record_inspection(posted=item, rig=self.bench, actor=rig_actor(self.bench), at=finished_at)
        decide_batch(batch_id=self.batch.pk, at=finished_at)
        return Inspection.objects.get(pk=fate.inspection_id)

    def come_due(self):
        """The next sample is due, and beat decides what rested on the last one."""
        mark_expired(at=DUE)
        decide_batch(batch_id=self.batch.pk, at=DUE)

    @property
    def status(self):
        return Batch.objects.get(pk=self.batch.pk).status

    @property
    def keeps(self):
        return {found.what for found in what_keeps(batch_ids=[self.batch.pk], at=LATER)[self.batch.pk]}

    @property
    def codes(self):
        return [reason["code"] for reason in BatchGate.objects.get(batch=self.batch, domain="crash").reasons]


@pytest.fixture
def left():
    return Left()


def test_it_is_completed_on_the_good_sample_and_taken_up_once_the_next_is_overdue(left):
    assert (left.status, left.codes) == ("completed", [])
    left.come_due()
    assert (left.status, left.keeps, left.codes) == ("testing_closed", {Keeps.OWN_GATE}, ["sample_short"])


def test_a_good_one_after_its_last_car_ends_it_and_further_ones_leave_it_alone(left):
    left.lot("L-1", AT + 3 * HOUR)
    left.come_due()
    gate = BatchGate.objects.get(batch=left.batch, domain="crash")
    assert (left.status, gate.valid_until) == ("completed", None)
    entries = LedgerEntry.objects.filter(act__in=["batch.completed", "batch.taken_up"]).count()
    left.lot("L-2", DUE + HOUR)
    assert left.status == "completed"
    assert LedgerEntry.objects.filter(act__in=["batch.completed", "batch.taken_up"]).count() == entries == 1


def test_a_good_one_that_comes_too_late_completes_it_again(left):
    left.come_due()
    left.lot("L-1", DUE + HOUR)
    assert (left.status, left.codes) == ("completed", [])


def test_a_later_result_of_the_same_item_that_nobody_can_judge_takes_the_good_one_away(left):
    """The good sample is a car of another batch of the line; measured again, it is no pass any more."""
    other = make_batch("B-2", configuration=left.plant.configuration, at=AT)
    car = make_vehicle(other, software=CARRIES, at=AT + 3 * HOUR)
    for squib, at, status in (("2.2", AT + 4 * HOUR, "completed"), ("NaN", DUE + HOUR, "testing_closed")):
        measured = [{"characteristic": "SQUIB", "value": squib, "unit": "ohm"}, dict(GOOD["CRS-EOL"][1])]
        item = left.posted(vin=car.vin, finished_at=at, measurements=measured)
        record_inspection(posted=item, rig=left.bench, actor=rig_actor(left.bench), at=at)
        left.come_due()
        assert left.status == status
    assert left.codes == ["sample_short"]


def test_voiding_the_good_one_takes_it_up(left):
    good = left.lot("L-1", AT + 3 * HOUR)
    left.come_due()
    assert left.status == "completed"
    void_inspection(inspection=good, reason="another lot", actor=make_engineer(), at=DUE)
    left.come_due()
    assert (left.status, left.codes) == ("testing_closed", ["sample_short"])


def test_the_rig_of_the_good_one_found_out_of_tolerance_takes_it_up(left):
    left.lot("L-1", AT + 3 * HOUR)
    left.come_due()
    report_out_of_tolerance(rig=left.bench, back_to=AT, found_at=LATER, reason="drifted", actor=make_engineer(), at=DUE)
    left.come_due()
    assert (left.status, left.codes) == ("testing_closed", ["sample_short"])


def test_a_reject_that_arrives_late_reaches_it_and_opens_its_nonconformance(left):
    left.lot("L-1", AT + 3 * HOUR)
    left.lot("L-2", AT + 2 * HOUR + HOUR / 2, "9.9")
    assert (left.status, left.codes) == ("testing_closed", ["sample_rejected"])
    assert Nonconformance.objects.get(batch=left.batch, state="open").code == "sample_rejected"


def test_a_sample_that_conforms_now_and_is_a_reject_on_its_own_stricter_revision_reaches_it(left):
    """The plan was relaxed since: what is a good sample for the line is none for the cars that left."""
    relaxed = {**WEEKLY, "upper": Decimal(20)}
    make_revision(left.plant.configuration, [*LINES[:5], relaxed, LINES[6]])
    left.lot("L-1", AT + 3 * HOUR)
    left.lot("L-2", AT + 2 * HOUR + HOUR / 2, "9.9")
    assert Sample.objects.latest("pk").outcome == Outcome.PASS
    assert (left.status, left.codes) == ("testing_closed", ["sample_rejected"])
