"""A part is tested before it meets its car: its results wait unjudged, are judged when it is fitted, count there."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from inspections.batches.models import Component, Fitting
from inspections.evaluation.reasons import JudgementReason, Outcome
from inspections.gates.queries import clearance
from inspections.gates.services import decide_batch
from inspections.marks.models import Mark
from inspections.records.models import LedgerEntry
from inspections.results.models import Inspection, Judgement
from inspections.results.services import (
    ChangeRefused,
    FittedPart,
    NewVehicle,
    Recorded,
    RegistrationRefused,
    fit_components,
    record_inspection,
    record_inspections,
    register_vehicles,
)
from tests.factories import AT, LINES, Plant, changed_value, make_batch, make_revision, make_vehicle, posted, vin


def record_part(plant: Plant, serial: str, **changed: Any) -> Recorded:
    item = posted(component={"kind": "pack", "serial": serial}, **changed)
    return record_inspection(posted=item, rig=plant.rig, actor=plant.rig_actor, at=AT)


def fit(plant: Plant, *serials: str, **more: Any) -> bool:
    fitted = [FittedPart("pack", serial) for serial in serials]
    moment = more.pop("changed_at", AT)
    vehicle = more.pop("vehicle", plant.vehicle)
    return fit_components(vehicle=vehicle, fitted=fitted, changed_at=moment, actor=plant.rig_actor, at=AT, **more)


def judgements(inspection_id: int | None) -> dict[int, tuple[int, int]]:
    rows = Judgement.objects.filter(inspection_id=inspection_id)
    return {row.ordinal: (row.outcome, row.reason) for row in rows}


def marked() -> set[tuple[int | None, str]]:
    return set(Mark.objects.values_list("vehicle_id", "domain"))


class TestRecorded:
    def test_results_of_a_part_in_no_car_are_kept_unjudged(self, plant: Plant) -> None:
        recorded = record_part(plant, "P-9")
        row = Inspection.objects.get(pk=recorded.inspection_id)
        assert (recorded.verdict, recorded.batch, recorded.subject) == (Outcome.NOT_JUDGED, None, "pack P-9")
        assert (row.verdict_reason, row.revision_id, row.batch_id) == (JudgementReason.NO_PLAN, None, None)
        assert row.component_id == Component.objects.get(serial="P-9").pk
        assert marked() == set()

    def test_results_of_a_fitted_part_are_judged_on_its_cars_plan_and_mark_the_car(self, plant: Plant) -> None:
        recorded = record_part(plant, "P-1", measurements=changed_value("BAT-EOL", "ISO", "499"))
        assert (recorded.verdict, recorded.batch) == (Outcome.FAIL, plant.batch.number)
        assert marked() == {(plant.vehicle.pk, "battery")}

    def test_results_of_a_lot_are_kept_unjudged(self, plant: Plant) -> None:
        item = posted(material={"kind": "adhesive", "lot": "L77"})
        recorded = record_inspection(posted=item, rig=plant.rig, actor=plant.rig_actor, at=AT)
        assert (recorded.verdict, recorded.subject) == (Outcome.NOT_JUDGED, "adhesive L77")
        assert Inspection.objects.get().lot_id is not None


class TestFitted:
    @pytest.mark.law(3)
    def test_fitting_judges_what_was_measured_before_on_the_cars_plan(self, plant: Plant) -> None:
        measured = changed_value("BAT-EOL", "BOND", "0.1", position="pack")
        recorded = record_part(plant, "P-9", measurements=measured)
        assert fit(plant, "P-9")
        assert judgements(recorded.inspection_id) == {
            -1: (Outcome.FAIL, JudgementReason.OUTSIDE_LIMITS),
            0: (Outcome.PASS, JudgementReason.NONE),
            1: (Outcome.FAIL, JudgementReason.OUTSIDE_LIMITS),
            2: (Outcome.PASS, JudgementReason.NONE),
            3: (Outcome.PASS, JudgementReason.NONE),
        }
        assert Inspection.objects.get(pk=recorded.inspection_id).verdict == Outcome.NOT_JUDGED
        assert marked() == {(plant.vehicle.pk, ""), (None, "")}

    @pytest.mark.law(1)
    @pytest.mark.parametrize(
        ("characteristic", "value", "reason"),
        [
            ("HVIL", "true", JudgementReason.WRONG_TYPE),
            ("HVIL", '"true"', JudgementReason.WRONG_TYPE),
            ("HVIL", None, JudgementReason.NO_VALUE),
            ("ISO", "NaN", JudgementReason.NOT_A_NUMBER),
            ("ISO", True, JudgementReason.WRONG_TYPE),
            ("ISO", "1e31", JudgementReason.NUMBER_OUT_OF_RANGE),
        ],
    )
    def test_judging_later_says_what_judging_at_once_would_have_said(
        self, plant: Plant, characteristic: str, value: Any, reason: JudgementReason
    ) -> None:
        measured = changed_value("BAT-EOL", characteristic, value)
        at_once = record_part(plant, "P-1", measurements=measured)
        later = record_part(plant, "P-9", measurements=measured)
        fit(plant, "P-9")
        ordinal = 2 if characteristic == "ISO" else 3
        assert judgements(later.inspection_id)[ordinal] == (Outcome.INDETERMINATE, reason)
        assert at_once.values[ordinal].reason is reason

    @pytest.mark.law(5)
    def test_a_number_that_the_database_writes_out_is_judged_the_same(self, plant: Plant) -> None:
        recorded = record_part(plant, "P-9", measurements=changed_value("BAT-EOL", "ISO", "1e30"))
        fit(plant, "P-9")
        assert judgements(recorded.inspection_id)[2] == (Outcome.PASS, JudgementReason.NONE)

    def test_registering_a_car_with_its_parts_judges_them_too(self, plant: Plant) -> None:
        recorded = record_part(plant, "P-9")
        make_vehicle(plant.batch, components=[("pack", "P-9")])
        assert judgements(recorded.inspection_id)[-1] == (Outcome.PASS, JudgementReason.NONE)
        assert set(Judgement.objects.values_list("act", flat=True)) == {"vehicle.registered"}

    def test_a_part_moved_to_a_car_of_another_plan_is_judged_there_anew(self, plant: Plant) -> None:
        recorded = record_part(plant, "P-1", measurements=changed_value("BAT-EOL", "ISO", "600"))
        assert recorded.verdict is Outcome.PASS
        strict = make_revision(plant.configuration, [LINES[0], {**LINES[1], "lower": Decimal(700)}, LINES[2]])
        other = make_vehicle(make_batch("B2", configuration=plant.configuration, at=AT))
        moment = AT + timedelta(minutes=1)
        fit(plant, removed=[("pack", "P-1")])
        fit(plant, "P-1", vehicle=other, changed_at=moment)
        rows = Judgement.objects.filter(inspection_id=recorded.inspection_id, revision_id=strict.pk, ordinal=-1)
        assert [row.outcome for row in rows] == [Outcome.FAIL]

    def test_the_act_is_in_the_ledger(self, plant: Plant) -> None:
        fit(plant, "P-9")
        entry = LedgerEntry.objects.get(act="component.fitted")
        assert (entry.subject, entry.after) == (
            plant.vehicle.vin, {"at": AT.isoformat(), "fitted": ["pack P-9"], "removed": []},
        )  # fmt: skip


class TestHistory:
    def test_repeating_a_fitting_changes_nothing(self, plant: Plant) -> None:
        assert fit(plant, "P-9")
        Mark.objects.all().delete()
        assert not fit(plant, "P-9")
        assert (Fitting.objects.filter(component__serial="P-9").count(), marked()) == (1, set())

    @pytest.mark.parametrize(
        ("arguments", "code", "words"),
        [
            ({"fitted": ["P-2"]}, "part_fitted_elsewhere", "report its removal there first"),
            ({"fitted": ["P-1"]}, "part_fitted_already", "is in this vehicle since"),
            ({"removed": [("pack", "P-2")]}, "part_not_here", "is fitted in"),
            ({"removed": [("pack", "P-7")]}, "part_not_here", "is in no vehicle"),
            ({"fitted": ["P-2"], "changed_at": AT - timedelta(days=2)}, "part_history", "was fitted to"),
            ({"removed": [("pack", "P-1")], "changed_at": AT - timedelta(days=2)}, "part_history", "was fitted to"),
        ],
    )
    def test_what_contradicts_the_record_is_refused_in_words(
        self, plant: Plant, arguments: dict[str, Any], code: str, words: str
    ) -> None:
        make_vehicle(plant.batch, components=[("pack", "P-2")])
        with pytest.raises(ChangeRefused) as refused:
            fit(plant, *arguments.pop("fitted", ()), **arguments)
        assert (refused.value.code, refused.value.conflict) == (code, True)
        assert words in str(refused.value)

    def test_a_part_is_removed_and_fitted_elsewhere(self, plant: Plant) -> None:
        other = make_vehicle(plant.batch)
        assert fit(plant, removed=[("pack", "P-1")], changed_at=AT - timedelta(hours=1))
        assert fit(plant, "P-1", vehicle=other)
        recorded = record_part(plant, "P-1")
        assert (None, "") in marked()
        assert Mark.objects.filter(vehicle_id=other.pk, domain="battery").count() == 1
        assert recorded.verdict is Outcome.PASS

    def test_one_part_taken_out_and_another_put_in_at_once(self, plant: Plant) -> None:
        assert fit(plant, "P-9", removed=[("pack", "P-1")])
        assert set(Fitting.objects.filter(at=AT).values_list("component__serial", "fitted")) == {
            ("P-1", False), ("P-9", True),
        }  # fmt: skip

    def test_a_moment_ahead_of_our_clock_is_refused(self, plant: Plant) -> None:
        with pytest.raises(ChangeRefused) as refused:
            fit(plant, "P-9", changed_at=AT + timedelta(minutes=6))
        assert (refused.value.code, refused.value.conflict) == ("in_future", False)

    def test_a_car_cannot_be_registered_with_a_part_of_another(self, plant: Plant) -> None:
        news = [NewVehicle(vin(900), 5, components=[FittedPart("pack", "P-1")])]
        with pytest.raises(RegistrationRefused) as refused:
            register_vehicles(batch=plant.batch, vehicles=news, actor=plant.rig_actor, at=AT)
        assert refused.value.errors[0].pointer == "/vehicles/0/components/0"
        assert plant.batch.vehicles.count() == 1


@pytest.mark.law(1)
class TestTwoOfOneKind:
    """A removal that nobody reported leaves two packs in the car: what the first showed says nothing of the second."""

    def stands(self, plant: Plant) -> tuple[bool, list[tuple[str, str]]]:
        decide_batch(batch_id=plant.batch.pk, at=AT)
        found = clearance(vin=plant.vehicle.vin, at=AT)
        causes = {(cause.code, cause.detail.get("part", "")) for cause in found.reasons}
        return found.clear, sorted(causes - {("not_released", "")})

    def test_law_1_an_untested_pack_beside_a_tested_one_keeps_the_car(self, plant: Plant) -> None:
        software = [{"system": "BMS", "version": "2.0"}]
        early = AT - timedelta(hours=13)
        others = [item for item in plant.passing() if item.procedure != "BAT-EOL"]
        record_inspections(items=others, rig=plant.rig, actor=plant.rig_actor, at=AT)
        record_part(plant, "P-1", software=software, finished_at=early)
        assert self.stands(plant) == (True, [])
        assert fit(plant, "P-2")
        assert self.stands(plant) == (False, [("measurement_indeterminate", "pack P-2")])
        record_part(plant, "P-2", software=software, finished_at=early)
        assert self.stands(plant) == (True, [])
        assert fit(plant, removed=[("pack", "P-2")])
        assert self.stands(plant) == (True, [])
