"""One way in, one transaction: what is stored, judged, marked and told of one inspection."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from inspections.batches.choices import BatchStatus, VehicleStatus
from inspections.batches.models import Batch
from inspections.evaluation.reasons import JudgementReason, Outcome
from inspections.marks.models import Mark
from inspections.people.choices import Role
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from inspections.results.decoding import PostedInspection
from inspections.results.models import Inspection, Measurement
from inspections.results.readings import reading_of, stored_value
from inspections.results.rejudging import stored_measurements
from inspections.results.services import Recorded, RecordState, record_inspection, record_inspections
from tests.factories import AT, GOOD, Plant, become, changed_value, make_person, make_rig, posted, vin


def record(plant: Plant, item: PostedInspection, **more: Any) -> Recorded:
    return record_inspection(posted=item, rig=plant.rig, actor=plant.rig_actor, at=AT, **more)


def stored(recorded: Recorded) -> list[tuple[Any, ...]]:
    rows = Measurement.objects.filter(inspection_id=recorded.inspection_id).order_by("ordinal")
    return list(rows.values_list("value", "raw", "outcome", "reason"))


def marks() -> list[tuple[int, int | None, str]]:
    return list(Mark.objects.order_by("pk").values_list("batch_id", "vehicle_id", "domain"))


class TestStored:
    def test_an_inspection_is_stored_as_it_was_posted(self, plant: Plant) -> None:
        item = plant.posted(
            operator="0417", verdict="pass", purpose="retest", software=[{"system": "BMS", "version": "2.0"}]
        )
        recorded = record(plant, item, person_id=7, source={"sha256": "ab"})
        row = Inspection.objects.get(pk=recorded.inspection_id)
        assert recorded.state is RecordState.RECORDED
        assert (row.rig_id, row.external_id, bytes(row.digest)) == (plant.rig.pk, item.id, recorded.digest)
        assert (row.vehicle, row.batch_id, row.revision_id) == (plant.vehicle, plant.batch.pk, plant.revision.pk)
        assert (row.started_at, row.finished_at, row.recorded_at) == (item.started_at, item.finished_at, AT)
        assert (row.verdict, row.claimed, row.purpose, row.operator) == (Outcome.PASS, Outcome.PASS, 1, "0417")
        assert (row.software, row.source, row.person_id) == ([{"system": "BMS", "version": "2.0"}], {"sha256": "ab"}, 7)

    @pytest.mark.law(3)
    def test_a_verdict_is_frozen_with_its_requirement(self, plant: Plant) -> None:
        recorded = record(plant, plant.posted())
        line = plant.revision.requirements.get(characteristic__code="BOND")
        first = Measurement.objects.get(inspection_id=recorded.inspection_id, ordinal=0)
        assert (first.requirement_id, first.characteristic_id) == (line.pk, line.characteristic_id)
        assert (first.outcome, first.position, first.unit) == (Outcome.PASS, "charge-port", "ohm")

    @pytest.mark.law(5)
    @pytest.mark.parametrize("written", ["0.0430", "4.3E-2", "0.09999999999999999999999999999", "1e-30", "00.04"])
    def test_a_number_is_stored_exactly(self, plant: Plant, written: str) -> None:
        item = plant.posted(measurements=changed_value("BAT-EOL", "BOND", written, position="charge-port"))
        value, raw, outcome, _ = stored(record(plant, item))[0]
        assert (value, raw, outcome) == (Decimal(written), None, Outcome.PASS)

    @pytest.mark.law(1)
    @pytest.mark.parametrize(
        ("value", "kept", "reason"),
        [
            (None, None, JudgementReason.NO_VALUE),
            ("", "", JudgementReason.NO_VALUE),
            ("  ", "  ", JudgementReason.NO_VALUE),
            ("NaN", "NaN", JudgementReason.NOT_A_NUMBER),
            ("-Infinity", "-Infinity", JudgementReason.NOT_A_NUMBER),
            ("about 0.04", "about 0.04", JudgementReason.NOT_A_NUMBER),
            ("0,04", "0,04", JudgementReason.NOT_A_NUMBER),
            ("back\\slash", "back\\slash", JudgementReason.NOT_A_NUMBER),
            (True, "true", JudgementReason.WRONG_TYPE),
            ("true", '"true"', JudgementReason.NOT_A_NUMBER),
            ('"quoted"', '"\\"quoted\\""', JudgementReason.NOT_A_NUMBER),
            ("1e31", "1e31", JudgementReason.NUMBER_OUT_OF_RANGE),
            ("1e-31", "1e-31", JudgementReason.NUMBER_OUT_OF_RANGE),
            ("1" * 31, "1" * 31, JudgementReason.NUMBER_OUT_OF_RANGE),
        ],
    )
    def test_what_is_no_number_is_kept_and_never_passes(
        self, plant: Plant, value: Any, kept: str | None, reason: JudgementReason
    ) -> None:
        item = plant.posted(measurements=changed_value("BAT-EOL", "BOND", value, position="charge-port"))
        recorded = record(plant, item)
        assert stored(recorded)[0] == (None, kept, Outcome.INDETERMINATE, reason)
        assert recorded.verdict is Outcome.INDETERMINATE

    def test_an_identity_is_kept_as_stated(self, plant: Plant) -> None:
        recorded = record(plant, plant.posted("DRV-EOL"))
        assert stored(recorded)[2] == (None, "4.10", Outcome.PASS, JudgementReason.NONE)

    def test_an_inspection_without_measurements_is_recorded_and_no_pass(self, plant: Plant) -> None:
        recorded = record(plant, plant.posted(measurements=[]))
        assert (recorded.state, recorded.verdict) == (RecordState.RECORDED, Outcome.INDETERMINATE)


class TestJudged:
    @pytest.mark.parametrize(
        ("characteristic", "value", "verdict"),
        [
            ("BOND", "0.1", Outcome.FAIL),
            ("BOND", "0.0999999999999999", Outcome.PASS),
            ("ISO", "500", Outcome.PASS),
            ("ISO", "499.9999999999999", Outcome.FAIL),
            ("HVIL", False, Outcome.FAIL),
            ("HVIL", "ok", Outcome.INDETERMINATE),
        ],
    )
    def test_the_verdict_follows_the_pinned_plan(
        self, plant: Plant, characteristic: str, value: Any, verdict: Outcome
    ) -> None:
        item = plant.posted(measurements=changed_value("BAT-EOL", characteristic, value))
        assert record(plant, item).verdict is verdict

    @pytest.mark.law(1)
    def test_what_the_plan_requires_and_nobody_measured_makes_it_indeterminate(self, plant: Plant) -> None:
        recorded = record(plant, plant.posted(measurements=[dict(item) for item in GOOD["BAT-EOL"][1:]]))
        row = Inspection.objects.get(pk=recorded.inspection_id)
        assert (row.verdict, row.verdict_reason) == (Outcome.INDETERMINATE, JudgementReason.ABSENT)

    @pytest.mark.parametrize("name", ["BONDING", "BRAKE"])
    def test_an_unknown_characteristic_or_another_procedures_is_kept_and_judges_nothing(
        self, plant: Plant, name: str
    ) -> None:
        extra = {"characteristic": name, "value": "7", "unit": "kN"}
        recorded = record(plant, plant.posted(measurements=[*map(dict, GOOD["BAT-EOL"]), extra]))
        row = Measurement.objects.get(inspection_id=recorded.inspection_id, ordinal=4)
        assert (row.outcome, row.reason) == (Outcome.NOT_JUDGED, JudgementReason.UNKNOWN_CHARACTERISTIC)
        assert (row.name, row.characteristic_id, row.raw, row.unit) == (name, None, "7", "kN")
        assert recorded.verdict is Outcome.PASS
        told = LedgerEntry.objects.get(act="characteristic.unknown")
        assert (told.subject, told.after) == ("EOL-3", {"characteristics": [name], "count": 1})

    @pytest.mark.law(1)
    def test_an_unknown_position_satisfies_nothing(self, plant: Plant) -> None:
        measured = [dict(item) for item in GOOD["BAT-EOL"]]
        measured[0]["position"] = "charge_port"
        recorded = record(plant, plant.posted(measurements=measured))
        assert stored(recorded)[0][2:] == (Outcome.NOT_JUDGED, JudgementReason.UNKNOWN_POSITION)
        assert recorded.verdict is Outcome.INDETERMINATE

    def test_without_a_pinned_revision_nothing_is_judged(self, plant: Plant) -> None:
        plant.without_plan()
        recorded = record(plant, plant.posted())
        row = Inspection.objects.get(pk=recorded.inspection_id)
        assert (row.verdict, row.verdict_reason, row.revision_id) == (Outcome.NOT_JUDGED, JudgementReason.NO_PLAN, None)
        assert {values[2:] for values in stored(recorded)} == {(Outcome.NOT_JUDGED, JudgementReason.NO_PLAN)}

    @pytest.mark.law(3)
    def test_a_later_revision_does_not_reach_a_batch_that_pinned_an_earlier(self, plant: Plant) -> None:
        from tests.factories import LINES, make_revision

        make_revision(plant.configuration, [{**LINES[0], "upper": Decimal("0.01")}, *LINES[1:]])
        assert record(plant, plant.posted()).verdict is Outcome.PASS


class TestMarkedAndTold:
    @pytest.mark.law(7)
    def test_the_vehicle_is_marked_in_the_domain_of_the_procedure(self, plant: Plant) -> None:
        record(plant, plant.posted())
        record(plant, plant.posted("DRV-EOL"))
        assert marks() == [
            (plant.batch.pk, plant.vehicle.pk, "battery"),
            (plant.batch.pk, plant.vehicle.pk, "driving"),
        ]

    def test_one_ledger_entry_tells_of_the_request(self, plant: Plant) -> None:
        before = LedgerEntry.objects.count()
        recorded = record(plant, plant.posted())
        entry = LedgerEntry.objects.latest("pk")
        assert LedgerEntry.objects.count() == before + 1
        assert (entry.act, entry.subject, entry.actor, entry.batch) == (
            "inspection.recorded", recorded.external_id, "EOL-3", plant.batch.number,
        )  # fmt: skip
        assert entry.after is not None
        assert (entry.after["count"], entry.after["first"]) == (1, recorded.inspection_id)

    @pytest.mark.parametrize("status", [VehicleStatus.DESTROYED, VehicleStatus.DELIVERED, VehicleStatus.SCRAPPED])
    def test_results_of_cars_that_went_another_way_are_taken(self, plant: Plant, status: VehicleStatus) -> None:
        become(plant.vehicle, status)
        assert record(plant, plant.posted()).state is RecordState.RECORDED

    def test_late_results_of_a_closed_batch_are_taken(self, plant: Plant) -> None:
        Batch.objects.filter(pk=plant.batch.pk).update(status=BatchStatus.TESTING_CLOSED, testing_closed_at=AT)
        assert record(plant, plant.posted()).state is RecordState.RECORDED
        assert marks() == [(plant.batch.pk, plant.vehicle.pk, "battery")]


class TestRefused:
    def refusal(self, plant: Plant, item: PostedInspection, **more: Any) -> str:
        recorded = record(plant, item, **more)
        assert recorded.state is RecordState.REFUSED
        assert not Inspection.objects.exists()
        assert not Mark.objects.exists()
        return recorded.code

    def test_an_unknown_procedure(self, plant: Plant) -> None:
        item = plant.posted()
        item.procedure = "NO-SUCH"
        assert self.refusal(plant, item) == "unknown_procedure"

    def test_a_rig_without_authorisation_when_posted(self, plant: Plant) -> None:
        rig = make_rig("OTHER", procedures=[plant.procedures["DRV-EOL"]])
        recorded = record_inspection(posted=plant.posted(), rig=rig, actor=plant.rig_actor, at=AT)
        assert (recorded.state, recorded.code) == (RecordState.REFUSED, "rig_not_authorised_now")

    def test_what_was_accepted_before_is_not_asked_again(self, plant: Plant) -> None:
        rig = make_rig("OTHER")
        item = plant.posted()
        recorded = record_inspection(posted=item, rig=rig, actor=plant.rig_actor, at=AT, accepted=True)
        assert recorded.state is RecordState.RECORDED

    def test_an_end_before_the_start(self, plant: Plant) -> None:
        item = plant.posted(started_at=AT, finished_at=AT - timedelta(seconds=1))
        assert self.refusal(plant, item) == "finished_before_started"

    @pytest.mark.parametrize(("ahead", "taken"), [(300, True), (301, False)])
    def test_an_end_more_than_five_minutes_ahead(self, plant: Plant, ahead: int, taken: bool) -> None:
        item = plant.posted(finished_at=AT + timedelta(seconds=ahead))
        if taken:
            assert record(plant, item).state is RecordState.RECORDED
        else:
            assert self.refusal(plant, item) == "finished_in_future"

    def test_a_person_without_the_role(self, plant: Plant) -> None:
        actor = Actor.person(make_person(Role.AUDITOR))
        with pytest.raises(NotAllowed):
            record_inspection(posted=plant.posted(), rig=plant.rig, actor=actor, at=AT)

    def test_a_vehicle_that_is_not_registered_waits(self, plant: Plant) -> None:
        recorded = record(plant, plant.posted(vin=vin(999)))
        assert (recorded.state, recorded.subject) == (RecordState.WAITING, vin(999))
        assert not Inspection.objects.exists()


class TestIdempotent:
    def test_the_same_content_again_is_a_repeat_and_changes_nothing(self, plant: Plant) -> None:
        first = record(plant, plant.posted(id="A"))
        told = LedgerEntry.objects.count()
        second = record(plant, plant.posted(id="A"))
        assert (second.state, second.inspection_id) == (RecordState.REPEATED, first.inspection_id)
        assert (Inspection.objects.count(), LedgerEntry.objects.count(), Mark.objects.count()) == (1, told, 1)

    def test_a_repeat_is_a_repeat_whatever_the_rig_may_do_now(self, plant: Plant) -> None:
        from inspections.results.services import withdraw_authorisation
        from tests.factories import make_engineer

        record(plant, plant.posted(id="A"))
        withdraw_authorisation(
            rig=plant.rig,
            procedure=plant.procedures["BAT-EOL"],
            effective_at=AT,
            reason="worn",
            actor=make_engineer(),
            at=AT,
        )
        assert record(plant, plant.posted(id="A")).state is RecordState.REPEATED
        assert record(plant, plant.posted(id="B")).code == "rig_not_authorised_now"

    def test_other_content_under_one_id_is_a_conflict_and_the_first_stands(self, plant: Plant) -> None:
        first = record(plant, plant.posted(id="A"))
        second = record(plant, plant.posted(id="A", operator="9"))
        assert (second.state, second.code) == (RecordState.CONFLICT, "id_conflict")
        assert second.inspection_id == first.inspection_id
        assert Inspection.objects.get().operator is None

    @pytest.mark.law(1)
    @pytest.mark.parametrize(("again", "state"), [("4.10", RecordState.REPEATED), ("4.1", RecordState.CONFLICT)])
    def test_an_identity_in_other_letters_is_other_content(self, plant: Plant, again: str, state: RecordState) -> None:
        record(plant, plant.posted("DRV-EOL", id="A"))
        item = plant.posted("DRV-EOL", id="A", measurements=changed_value("DRV-EOL", "ADAS-SW", again))
        assert record(plant, item).state is state

    def test_a_number_as_text_in_other_letters_is_the_same(self, plant: Plant) -> None:
        record(plant, plant.posted(id="A", measurements=changed_value("BAT-EOL", "ISO", "812.0")))
        item = plant.posted(id="A", measurements=changed_value("BAT-EOL", "ISO", "812"))
        assert record(plant, item).state is RecordState.REPEATED

    def test_an_id_belongs_to_one_rig(self, plant: Plant) -> None:
        other = make_rig("EOL-4", procedures=list(plant.procedures.values()))
        record(plant, plant.posted(id="A"))
        recorded = record_inspection(posted=plant.posted(id="A"), rig=other, actor=plant.rig_actor, at=AT)
        assert recorded.state is RecordState.RECORDED

    def test_of_one_id_in_one_request_the_first_stands(self, plant: Plant) -> None:
        items = [plant.posted(id="A"), plant.posted(id="B"), plant.posted(id="A"), plant.posted(id="A", operator="9")]
        fates = record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=AT)
        assert [fate.state.value for fate in fates] == ["recorded", "recorded", "repeated", "conflict"]
        assert fates[2].inspection_id == fates[0].inspection_id
        assert Inspection.objects.count() == 2

    def test_a_refused_first_does_not_use_the_id_up(self, plant: Plant) -> None:
        items = [plant.posted(id="A", finished_at=AT + timedelta(hours=1)), plant.posted(id="A")]
        fates = record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=AT)
        assert [fate.state.value for fate in fates] == ["refused", "recorded"]


class TestAbsence:
    """What is absent is kept as a value, and read back as absent."""

    @pytest.mark.law(5)
    @pytest.mark.parametrize("value", [None, "", "x", '"', "true", True])
    def test_what_was_sent_and_what_was_not_are_told_apart(self, plant: Plant, value: object) -> None:
        item = plant.posted(id=f"{value!r}")
        item.measurements[0].value, item.measurements[0].unit = value, None
        kept = stored_measurements([record(plant, item).inspection_id or 0])
        ((_, _, reading), *_) = next(iter(kept.values()))
        assert reading == reading_of(item.measurements[0])
        row = Measurement.objects.order_by("-inspection_id", "ordinal")[0]
        assert (row.unit, row.name, row.claimed) == (None, None, None)
        assert (row.raw, row.value) == (
            (None, Decimal("0.10")) if value == "0.10" else (stored_value(value, "variable")[1], None)
        )


class TestSets:
    def test_a_thousand_inspections_take_as_many_statements_as_ten_and_a_few_fewer(
        self, plant: Plant, django_assert_num_queries: Any
    ) -> None:
        def send(first: int, number: int) -> None:
            items = [plant.posted(id=f"S-{first + place}") for place in range(number)]
            record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=AT)

        send(0, 1)
        with django_assert_num_queries(7):
            send(2, 3)
        with django_assert_num_queries(11):
            send(10, 10)
        with django_assert_num_queries(11):
            send(1000, 1000)
        assert Inspection.objects.count() == 1014
        assert Measurement.objects.count() == 1014 * 4

    def test_items_stand_alone(self, plant: Plant) -> None:
        items = [
            plant.posted(id="1"),
            plant.posted(id="2", vin=vin(999)),
            plant.posted(id="3", finished_at=AT + timedelta(days=1)),
            posted(id="4", component={"kind": "pack", "serial": "LOOSE"}),
            plant.posted("DRV-EOL", id="5"),
        ]
        fates = record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=AT)
        assert [fate.state.value for fate in fates] == ["recorded", "waiting", "refused", "recorded", "recorded"]
        assert Inspection.objects.count() == 3
