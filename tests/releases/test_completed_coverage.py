"""Type evidence of batches that have left: asked as of when they left, and taken back it reaches them all."""

from datetime import timedelta

import pytest

from inspections.batches.queries import batches_on_line
from inspections.gates.choices import CoverageKind
from inspections.gates.keeping import Keeps
from inspections.gates.models import BatchGate
from inspections.gates.queries import batch_summary
from inspections.gates.services import (
    close_batch,
    decide_batch,
    mark_expired,
    revoke_coverage,
)
from inspections.results.admitting import report_out_of_tolerance, void_inspection
from inspections.results.services import record_inspection
from tests.factories import (
    AT,
    SYSTEM,
    make_batch,
    make_engineer,
    make_vehicle,
    rig_actor,
)
from tests.gates.covering import enter, make_type_plant, sign
from tests.papers import deliver, release
from tests.releases.completed import CARRIES, LATER, WHY, keeps, status


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
