"""Re-pinning a batch: signed, forward only, judging anew what is on the record and letting no fail go."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from inspections.batches.models import Batch, Repinning
from inspections.evaluation.reasons import Outcome
from inspections.gates.models import BatchGate
from inspections.gates.queries import clearance
from inspections.gates.recounting import recount_batch
from inspections.gates.rules import RepinRefused
from inspections.gates.services import decide_batch, repin_batch
from inspections.marks.models import Mark
from inspections.people.choices import Role
from inspections.people.rules import NotAllowed
from inspections.records.models import LedgerEntry
from inspections.results.models import Judgement
from inspections.results.rejudging import count_on_another
from inspections.results.services import FittedPart, fit_components, record_inspections
from tests.factories import (
    AT,
    LINES,
    LONG_AGO,
    SYSTEM,
    approve_revision,
    changed_value,
    make_batch,
    make_configuration,
    make_person,
    make_revision,
    make_vehicle,
    make_vehicles,
    posted,
)

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=5)
WHY = "the limit was wrong in the first revision"


def bonding_up_to(limit):
    return [{**line, "upper": Decimal(limit)} if line["characteristic"] == "BOND" else line for line in LINES]


@pytest.fixture
def engineer(db):
    return make_person(Role.ENGINEER)


PASSWORD = "a long password"


def repin(batch, revision, engineer, *, reason=WHY, password=PASSWORD, at=LATER, **seen):
    batch = Batch.objects.get(pk=batch.pk)
    return repin_batch(
        batch=batch, revision=revision, reason=reason, seen_from=seen.get("seen_from", batch.revision_id),
        seen_digest=seen.get("seen_digest", revision.digest), signer=engineer, password=password, at=at,
    )  # fmt: skip


def bonding(plant, value="0.15", **more):
    values = changed_value("BAT-EOL", "BOND", value, position="pack")
    return plant.posted("BAT-EOL", measurements=values, software=[{"system": "BMS", "version": "2.0"}], **more)


def codes(car, at=LATER):
    return {reason.code for reason in clearance(vin=car.vin, at=at).reasons}


def as_recounted(batch, at=LATER):
    assert not Mark.objects.filter(batch_id=batch.pk).exists()
    assert recount_batch(batch_id=batch.pk, at=at) == []


class TestWhatItDoes:
    def test_a_stricter_revision_judges_anew_and_fails_what_it_refuses(self, plant, good_car, engineer):
        strict = make_revision(plant.configuration, bonding_up_to("0.04"))
        assert count_on_another(vehicle_ids=[good_car.pk], revision_id=strict.pk) == 3
        found = repin(plant.batch, strict, engineer)
        assert (found.from_revision_id, found.to_revision, found.digest) == (plant.revision.pk, strict, strict.digest)
        assert Batch.objects.get(pk=plant.batch.pk).revision == strict
        assert codes(good_car) == {"measurement_failed", "hold_active", "nonconformance_open"}
        rows = Judgement.objects.filter(ordinal=-1)
        assert {(row.revision_id, row.act) for row in rows} == {(strict.pk, "batch.repinned")}
        assert count_on_another(vehicle_ids=[good_car.pk], revision_id=strict.pk) == 0
        as_recounted(plant.batch)

    def test_counts_are_right_at_once_for_every_car(self, plant, good_car, engineer):
        make_vehicles(plant.batch, 4)
        repin(plant.batch, make_revision(plant.configuration, bonding_up_to("0.2")), engineer)
        gate = BatchGate.objects.get(batch=plant.batch, domain="battery")
        assert (gate.passed, gate.failed, gate.pending) == (1, 0, 4)
        assert clearance(vin=good_car.vin, at=LATER).clear is True
        as_recounted(plant.batch)

    def test_a_requirement_that_is_new_is_missing_until_it_is_measured(self, plant, good_car, engineer):
        added = [
            *LINES[:3],
            {"characteristic": "BRAKE", "lower": Decimal("2.5"), "positions": ["FL", "FR", "RL"]},
            *LINES[4:],
        ]
        repin(plant.batch, make_revision(plant.configuration, added), engineer)
        assert codes(good_car) == {"missing_result"}
        as_recounted(plant.batch)

    def test_what_was_measured_on_a_part_is_judged_anew_too(self, plant, good_car, engineer):
        part = posted("BAT-EOL", component={"kind": "pack", "serial": "P-1"})
        record_inspections(items=[part], rig=plant.rig, actor=plant.rig_actor, at=AT)
        revision = make_revision(plant.configuration, bonding_up_to("0.2"))
        assert count_on_another(vehicle_ids=[good_car.pk], revision_id=revision.pk) == 4
        repin(plant.batch, revision, engineer)
        assert Judgement.objects.filter(ordinal=-1, revision_id=revision.pk).count() == 4

    def test_a_batch_opened_without_an_approved_revision_is_pinned(self, plant, engineer):
        plant.without_plan()
        record_inspections(items=plant.passing(), rig=plant.rig, actor=plant.rig_actor, at=AT)
        decide_batch(batch_id=plant.batch.pk, at=AT)
        assert "plan_not_approved" in codes(plant.vehicle)
        found = repin(plant.batch, plant.revision, engineer)
        assert found.from_revision_id is None
        assert clearance(vin=plant.vehicle.vin, at=LATER).clear is True
        as_recounted(plant.batch)

    def test_the_ledger_tells_from_what_to_what_and_why(self, plant, good_car, engineer):
        revision = make_revision(plant.configuration, bonding_up_to("0.2"))
        repin(plant.batch, revision, engineer)
        entry = LedgerEntry.objects.get(act="batch.repinned")
        assert (entry.subject, entry.batch, entry.reason, entry.actor_id, entry.at) == (
            plant.batch.number, plant.batch.number, WHY, engineer.pk, LATER,
        )  # fmt: skip
        assert entry.before == {"plan": "CP-SU7-MAX-CN", "revision": 1}
        assert entry.after == {
            "plan": "CP-SU7-MAX-CN", "revision": 2, "digest": revision.digest, "judged_anew": 3,
        }  # fmt: skip


class TestBadFaith:
    @pytest.mark.law(6)
    def test_law_6_a_revision_that_relaxes_a_limit_disposes_of_no_fail(self, plant, good_car, record, engineer):
        record(bonding(plant))
        repin(plant.batch, make_revision(plant.configuration, bonding_up_to("0.2")), engineer)
        assert codes(good_car) == {"measurement_failed", "hold_active", "nonconformance_open"}
        as_recounted(plant.batch)

    @pytest.mark.law(6)
    def test_law_6_nor_one_that_asks_it_no_more(self, plant, good_car, record, engineer):
        record(bonding(plant))
        fewer = [line for line in LINES if line["characteristic"] != "BOND"]
        repin(plant.batch, make_revision(plant.configuration, fewer), engineer)
        assert "measurement_failed" in codes(good_car)

    @pytest.mark.law(6)
    def test_law_6_nor_two_in_a_row(self, plant, good_car, record, engineer):
        record(bonding(plant))
        for step in (1, 2):
            repin(plant.batch, make_revision(plant.configuration, bonding_up_to("0.2")), engineer, at=LATER)
            assert Repinning.objects.count() == step
        assert "measurement_failed" in codes(good_car)

    @pytest.mark.law(6)
    def test_law_6_a_fail_that_arrives_afterwards_is_judged_as_it_would_have_been(self, plant, good_car, engineer):
        repin(plant.batch, make_revision(plant.configuration, bonding_up_to("0.2")), engineer)
        record_inspections(items=[bonding(plant, finished_at=AT)], rig=plant.rig, actor=plant.rig_actor, at=LATER)
        decide_batch(batch_id=plant.batch.pk, at=LATER)
        assert "measurement_failed" in codes(good_car)
        as_recounted(plant.batch)

    @pytest.mark.law(6)
    def test_law_6_of_a_part_too_as_long_as_it_was_in_the_car(self, plant, good_car, engineer):
        repin(plant.batch, make_revision(plant.configuration, bonding_up_to("0.2")), engineer)
        values = changed_value("BAT-EOL", "BOND", "0.15", position="pack")

        def told(serial, id):
            part = posted("BAT-EOL", id=id, component={"kind": "pack", "serial": serial}, measurements=values,
                          finished_at=AT)  # fmt: skip
            record_inspections(items=[part], rig=plant.rig, actor=plant.rig_actor, at=LATER)
            return set(
                Judgement.objects.filter(revision_id=plant.revision.pk, outcome=int(Outcome.FAIL)).values_list(
                    "ordinal", flat=True
                )
            )

        # Fitted after the re-pinning: the first revision never bound this part.
        other = make_vehicle(plant.batch)
        fit_components(
            vehicle=other, fitted=[FittedPart("pack", "P-2")], changed_at=LATER + timedelta(seconds=1), actor=SYSTEM,
            at=LATER + timedelta(seconds=1),
        )  # fmt: skip
        assert told("P-2", "X-2") == set()
        assert told("P-1", "X-1") == {-1, 1}

    def test_what_is_measured_afterwards_is_judged_on_the_new_revision_alone(self, plant, good_car, engineer):
        repin(plant.batch, make_revision(plant.configuration, bonding_up_to("0.2")), engineer)
        after = bonding(plant, finished_at=LATER + timedelta(seconds=1))
        record_inspections(items=[after], rig=plant.rig, actor=plant.rig_actor, at=LATER + timedelta(minutes=1))
        decide_batch(batch_id=plant.batch.pk, at=LATER + timedelta(minutes=1))
        assert clearance(vin=good_car.vin, at=LATER + timedelta(minutes=1)).clear is True

    @pytest.mark.parametrize("which", ["draft", "earlier", "other", "same", "superseded"])
    def test_what_may_not_bind_the_batch_is_refused_with_words(self, plant, good_car, engineer, which):
        second = make_revision(plant.configuration, bonding_up_to("0.2"))
        third = make_revision(plant.configuration, LINES)
        other = make_revision(make_configuration("SU7-PRO-CN"), LINES)
        draft = make_revision(plant.configuration, LINES, approved=False)
        batch = plant.batch
        if which == "earlier":
            batch = make_batch("SU7-2026W47-04", configuration=plant.configuration, at=AT)
        revision, said = {
            "draft": (draft, "is a draft: two people approve it first"),
            "earlier": (second, "is earlier than revision 3"),
            "other": (other, "is for SU7-PRO-CN, the batch of SU7-MAX-CN"),
            "same": (plant.revision, "is judged on revision 1 already"),
            "superseded": (second, "was superseded: choose the revision that is in force"),
        }[which]
        with pytest.raises(RepinRefused, match=said):
            repin(batch, revision, engineer)
        assert not Repinning.objects.exists()
        assert third.number == 3

    def test_what_was_not_shown_is_not_signed(self, plant, engineer):
        revision = make_revision(plant.configuration, LINES)
        for seen in ({"seen_from": None}, {"seen_digest": "another"}):
            with pytest.raises(RepinRefused, match="not what was shown any more"):
                repin(plant.batch, revision, engineer, **seen)

    def test_a_reason_is_asked_for(self, plant, engineer):
        with pytest.raises(RepinRefused, match="reason is empty"):
            repin(plant.batch, make_revision(plant.configuration, LINES), engineer, reason="\n")

    @pytest.mark.law(8)
    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.ENGINEER])
    def test_law_8_an_engineer_alone_signs_it(self, plant, role):
        with pytest.raises(NotAllowed):
            repin(plant.batch, make_revision(plant.configuration, LINES), make_person(role))

    @pytest.mark.law(8)
    def test_law_8_who_signs_authenticates_again(self, plant, engineer):
        with pytest.raises(RepinRefused, match="password is wrong"):
            repin(plant.batch, make_revision(plant.configuration, LINES), engineer, password="x")
        assert LedgerEntry.objects.filter(act="signature.refused", subject=plant.batch.number).count() == 1

    @pytest.mark.law(4)
    def test_law_4_no_row_says_otherwise_without_the_act(self, plant, good_car):
        later = make_revision(plant.configuration, LINES)
        draft = make_revision(plant.configuration, LINES, approved=False)
        for revision in (later, draft, None):
            with pytest.raises(DatabaseError, match="is pinned by an act on record"), transaction.atomic():
                Batch.objects.filter(pk=plant.batch.pk).update(revision=revision)

    def test_a_later_approval_reaches_no_batch_by_itself(self, plant, good_car):
        approve_revision(make_revision(plant.configuration, bonding_up_to("0.01"), approved=False), at=LONG_AGO)
        decide_batch(batch_id=plant.batch.pk, at=LATER)
        assert clearance(vin=good_car.vin, at=LATER).clear is True
