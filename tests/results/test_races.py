"""Two at once: whoever comes second sees what the first committed, and nothing is lost, judged twice or stale."""

import random
import threading
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from inspections.evaluation.reasons import Outcome
from inspections.intake.models import Kept
from inspections.intake.services import post_inspection, record_waiting
from inspections.marks.locks import Lock, exclude
from inspections.marks.models import Mark
from inspections.results.decoding import PostedInspection
from inspections.results.models import Inspection, Judgement, Measurement
from inspections.results.services import (
    FittedPart,
    Recorded,
    RecordState,
    fit_components,
    record_inspection,
    record_inspections,
)
from tests.factories import (
    AT,
    LINES,
    Plant,
    make_batch,
    make_plant,
    make_revision,
    make_vehicle,
    pin,
    posted,
    put_into,
    vin,
)
from tests.intake.posting import body
from tests.threads import Beside

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def plant(transactional_db: None) -> Plant:
    return make_plant()


def record(plant: Plant, item: PostedInspection) -> Recorded:
    return record_inspection(posted=item, rig=plant.rig, actor=plant.rig_actor, at=AT)


@pytest.mark.parametrize(("operator", "state"), [(None, RecordState.REPEATED), ("9", RecordState.CONFLICT)])
def test_one_id_from_two_writers_is_recorded_once(plant: Plant, operator: str | None, state: RecordState) -> None:
    with transaction.atomic():
        first = record(plant, plant.posted(id="A"))
        second = Beside(lambda: record(plant, plant.posted(id="A", operator=operator)))
        assert second.is_waiting()
    found = second.result()
    assert (found.state, found.inspection_id) == (state, first.inspection_id)
    assert (Inspection.objects.count(), Measurement.objects.count()) == (1, 4)
    assert Mark.objects.filter(domain="battery").count() == 1


def test_a_writer_that_comes_first_and_fails_leaves_the_id_to_the_second(plant: Plant) -> None:
    def break_off() -> None:
        with transaction.atomic():
            record(plant, plant.posted(id="A"))
            waiting.append(Beside(lambda: record(plant, plant.posted(id="A"))))
            assert waiting[0].is_waiting()
            raise ZeroDivisionError

    waiting: list[Beside[Recorded]] = []
    with pytest.raises(ZeroDivisionError):
        break_off()
    assert waiting[0].result().state is RecordState.RECORDED
    assert Inspection.objects.count() == 1


@pytest.mark.law(3)
def test_a_recorder_that_waited_for_a_new_pin_judges_by_it(plant: Plant) -> None:
    strict = make_revision(plant.configuration, [{**LINES[0], "upper": Decimal("0.01")}, *LINES[1:]])
    with transaction.atomic():
        exclude(Lock.BATCH, [plant.batch.pk])
        recorder = Beside(lambda: record(plant, plant.posted()))
        assert recorder.is_waiting()
        pin(plant.batch, strict)
    assert recorder.result().verdict is Outcome.FAIL
    assert Inspection.objects.get().revision_id == strict.pk


def test_a_recorder_whose_vehicle_moved_meanwhile_begins_anew(plant: Plant) -> None:
    other = make_batch("B2", configuration=plant.configuration)
    with transaction.atomic():
        exclude(Lock.BATCH, [plant.batch.pk, other.pk])
        recorder = Beside(lambda: record(plant, plant.posted()))
        assert recorder.is_waiting()
        put_into(other, plant.vehicle, 50)
    assert recorder.result().batch == "B2"
    assert list(Mark.objects.filter(domain="battery").values_list("batch_id", flat=True)) == [other.pk]


def test_a_vehicle_that_moved_since_it_was_last_read_is_recorded_where_it_is(plant: Plant) -> None:
    record(plant, plant.posted(id="before"))
    other = make_batch("B2", configuration=plant.configuration)
    Mark.objects.all().delete()
    put_into(other, plant.vehicle, 50)
    assert [record(plant, plant.posted(id=name)).batch for name in ("after", "again")] == ["B2", "B2"]
    assert set(Mark.objects.filter(domain="battery").values_list("batch_id", flat=True)) == {other.pk}


def test_a_rig_that_loses_its_authorisation_first_is_refused(plant: Plant) -> None:
    from inspections.rigs.models import Authorisation

    with transaction.atomic():
        exclude(Lock.RIG, [plant.rig.pk])
        recorder = Beside(lambda: record(plant, plant.posted()))
        assert recorder.is_waiting()
        Authorisation.objects.create(
            rig=plant.rig, procedure=plant.procedures["BAT-EOL"], granted=False, effective_at=AT, recorded_at=AT
        )
    assert recorder.result().code == "rig_not_authorised_now"


def test_a_part_fitted_meanwhile_is_judged_on_its_cars_plan(plant: Plant) -> None:
    part = {"kind": "pack", "serial": "P-9"}
    record(plant, posted(component=part))
    with transaction.atomic():
        fit_components(
            vehicle=plant.vehicle, fitted=[FittedPart("pack", "P-9")], changed_at=AT, actor=plant.rig_actor, at=AT
        )
        recorder = Beside(lambda: record(plant, posted(component=part)))
        assert recorder.is_waiting()
    assert recorder.result().verdict is Outcome.PASS
    assert Judgement.objects.filter(ordinal=-1).count() == 1


def test_a_part_recorded_before_it_is_fitted_is_judged_by_the_fitting(plant: Plant) -> None:
    part = {"kind": "pack", "serial": "P-9"}
    with transaction.atomic():
        recorded = record(plant, posted(component=part))
        fitter = Beside(
            lambda: fit_components(
                vehicle=plant.vehicle, fitted=[FittedPart("pack", "P-9")], changed_at=AT, actor=plant.rig_actor, at=AT
            )
        )
        assert fitter.is_waiting()
    assert fitter.result()
    assert Judgement.objects.get(ordinal=-1).inspection_id == recorded.inspection_id


class TestRegistration:
    def post(self, plant: Plant, **changed: Any) -> int:
        sent = body(plant, vin=vin(900), **changed)
        return post_inspection(rig=plant.rig, body=sent, media_type="", actor=plant.rig_actor, at=AT).status

    @pytest.mark.law(1)
    def test_a_result_that_meets_the_registration_of_its_vehicle_is_recorded(self, plant: Plant) -> None:
        with transaction.atomic():
            make_vehicle(plant.batch, vin=vin(900))
            post = Beside(lambda: self.post(plant))
            assert post.is_waiting()
        assert post.result() == 201
        assert not Kept.objects.exists()

    @pytest.mark.law(1)
    def test_a_registration_that_meets_a_waiting_result_comes_after_it(self, plant: Plant) -> None:
        with transaction.atomic():
            assert self.post(plant) == 202
            register = Beside(lambda: make_vehicle(plant.batch, vin=vin(900)))
            assert register.is_waiting()
        register.result()
        assert record_waiting(at=AT) == 1

    @pytest.mark.law(1)
    def test_a_refusal_that_meets_the_registration_of_its_vehicle_marks_it(self, plant: Plant) -> None:
        with transaction.atomic():
            car = make_vehicle(plant.batch, vin=vin(900))
            Mark.objects.all().delete()
            post = Beside(lambda: self.post(plant, verdict="maybe"))
            assert post.is_waiting()
        assert post.result() == 400
        assert set(Mark.objects.values_list("vehicle_id", "domain")) == {(car.pk, "battery")}

    def test_two_workers_record_what_waits_once(self, plant: Plant) -> None:
        for number in range(20):
            assert self.post(plant, id=str(number)) == 202
        make_vehicle(plant.batch, vin=vin(900))
        workers = [Beside(lambda: record_waiting(at=AT)) for _ in range(3)]
        assert sum(worker.result() for worker in workers) == 20
        assert (Inspection.objects.count(), Kept.objects.filter(state="open").count()) == (20, 0)


def test_four_writers_with_shuffled_repeats_and_conflicts_agree_in_the_end(plant: Plant) -> None:
    cars = [plant.vehicle, *(make_vehicle(plant.batch) for _ in range(9))]
    Mark.objects.all().delete()
    contents = [
        plant.posted(id=str(number), vin=cars[number % 10].vin, operator=operator)
        for number in range(60)
        for operator in (None, "9")
    ]
    gate = threading.Barrier(4)

    def write(seed: int) -> Counter[RecordState]:
        order = list(contents)
        random.Random(seed).shuffle(order)
        counted: Counter[RecordState] = Counter()
        gate.wait(10)
        for start in range(0, len(order), 15):
            items = order[start : start + 15]
            fates = record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=AT)
            counted.update(fate.state for fate in fates)
        return counted

    writers = [Beside(lambda seed=seed: write(seed)) for seed in range(4)]  # type: ignore[misc]
    total = sum((writer.result(60) for writer in writers), Counter())
    assert total[RecordState.RECORDED] == 60
    assert total[RecordState.REPEATED] == 60 * 3
    assert total[RecordState.CONFLICT] == 60 * 4
    assert (Inspection.objects.count(), Measurement.objects.count()) == (60, 240)
    assert set(Mark.objects.values_list("vehicle_id", flat=True)) == {car.pk for car in cars}
