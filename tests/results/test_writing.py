"""Many inspections are written with COPY: as one at a time, and all or none of them whoever else writes or dies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from inspections.marks.models import Mark
from inspections.records.models import LedgerEntry
from inspections.results import recording, writing
from inspections.results.decoding import PostedInspection, WrittenNumber
from inspections.results.models import Inspection, Measurement
from inspections.results.services import Recorded, RecordState, record_inspections
from tests.factories import AT, Plant, make_plant, make_vehicle, posted, vin
from tests.threads import Beside

pytestmark = pytest.mark.django_db(transaction=True)

VALUES = ["NaN", "", '"', "\\", "\\N", "null", "true", "Ω, ü", "0.10", True, None, WrittenNumber("1e-3")]
TEXTS = ["null", '"', "\\", "\\.", "a,b", "]", "{}", "Ω"]


@pytest.fixture
def plant(transactional_db: None) -> Plant:
    return make_plant()


def record(plant: Plant, items: Sequence[PostedInspection], **more: Any) -> list[Recorded]:
    return record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=AT, **more)


def strange(plant: Plant, prefix: str) -> list[PostedInspection]:
    """Whatever may be posted: every kind of subject, and texts that mean something to CSV, to JSON or to COPY."""
    measured = [
        {"characteristic": f"X{place}", "value": value, "unit": "\\t", "position": '"', "verdict": "fail"}
        for place, value in enumerate(VALUES)
    ]
    items = [plant.posted(id=f"{prefix}{text}", operator=text, nonconformance=text) for text in TEXTS]
    return [
        *items,
        plant.posted(id=f"{prefix}values", measurements=measured, verdict="fail", purpose="retest"),
        plant.posted(id=f"{prefix}none", measurements=[]),
        plant.posted(id=f"{prefix}software", software=[{"system": 'A"', "version": "\\n,]"}]),
        posted(id=f"{prefix}pack", component={"kind": "pack", "serial": "P-1"}),
        posted(id=f"{prefix}lot", material={"kind": "cell", "lot": "L-1"}),
    ]


def rows(prefix: str) -> list[tuple[Any, ...]]:
    """What the record says of these, but for their ids, digests and transactions."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select (to_jsonb(i) - '{id,digest,external_id,recorded_in}'::text[])::text, length(i.digest),"
            " substr(i.external_id, length(%s) + 1),"
            " (select jsonb_agg(to_jsonb(m) - 'inspection_id' order by m.ordinal)"
            "  from inspections_measurement m where m.inspection_id = i.id)::text"
            " from inspections_inspection i where starts_with(i.external_id, %s) order by i.external_id",
            [prefix, prefix],
        )
        return cursor.fetchall()


@pytest.mark.law(5)
def test_law_5_many_are_written_as_one_is(plant: Plant) -> None:
    source = {"name": 'a"\\,]\n.json'}
    for item in strange(plant, "one-"):
        record(plant, [item], source=source)
    many = record(plant, strange(plant, "many-"), source=source)
    assert Counter(fate.state for fate in many) == {RecordState.RECORDED: 13}
    assert rows("many-") == rows("one-")
    assert [fate.inspection_id for fate in many] == [Inspection.objects.get(external_id=f.external_id).pk for f in many]


def ten(plant: Plant, **changed: Any) -> list[PostedInspection]:
    return [plant.posted(id=f"A{place}", **changed) for place in range(10)]


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "inside another transaction"])
@pytest.mark.parametrize(("operator", "state"), [(None, RecordState.REPEATED), ("9", RecordState.CONFLICT)])
def test_one_id_of_many_that_another_delivery_took_meanwhile_stands_as_that_one(
    plant: Plant, operator: str | None, state: RecordState, alone: bool
) -> None:
    def post() -> list[Recorded]:
        # What somebody else's transaction holds cannot begin anew.
        with nullcontext() if alone else transaction.atomic():
            return record(plant, ten(plant, operator=operator))

    with transaction.atomic():
        (first,) = record(plant, [plant.posted(id="A5")])
        many = Beside(post)
        assert many.is_waiting()
    fates = many.result()
    assert [fate.state for fate in fates] == [RecordState.RECORDED] * 5 + [state] + [RecordState.RECORDED] * 4
    assert fates[5].inspection_id == first.inspection_id
    assert (Inspection.objects.count(), Measurement.objects.count()) == (10, 40)
    assert {fate.inspection_id for fate in fates} == set(Inspection.objects.values_list("pk", flat=True))


def test_of_two_that_send_the_same_many_at_once_one_records_them(plant: Plant) -> None:
    with transaction.atomic():
        first = record(plant, ten(plant))
        second = Beside(lambda: record(plant, ten(plant)))
        assert second.is_waiting()
    assert {fate.state for fate in second.result()} == {RecordState.REPEATED}
    assert [fate.inspection_id for fate in second.result()] == [fate.inspection_id for fate in first]
    assert (Inspection.objects.count(), Measurement.objects.count()) == (10, 40)


def test_ids_that_come_twice_in_one_request_and_refusals_in_its_middle_leave_the_others_alone(plant: Plant) -> None:
    items = [
        *ten(plant),
        plant.posted(id="A3"),
        plant.posted(id="A4", operator="9"),
        plant.posted(id="B1", finished_at=AT + timedelta(days=1)),
        plant.posted(id="B2", vin=vin(999)),
        plant.posted(id="B3"),
    ]
    states = [fate.state.value for fate in record(plant, items)]
    assert states == ["recorded"] * 10 + ["repeated", "conflict", "refused", "waiting", "recorded"]
    assert (Inspection.objects.count(), Measurement.objects.count()) == (11, 44)


@pytest.mark.law(7)
@pytest.mark.parametrize("dies_at", [1, 2])
def test_law_7_a_connection_that_dies_in_the_middle_leaves_nothing(
    plant: Plant, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    Mark.objects.all().delete()
    told = LedgerEntry.objects.count()
    copying, copied = writing._copying, []

    @contextmanager
    def die(statement: str) -> Iterator[Any]:
        copied.append(statement)
        pid = connection.connection.info.backend_pid
        with copying(statement) as copy:
            yield copy
            if len(copied) == dies_at:
                Beside(lambda: connection.cursor().execute("select pg_terminate_backend(%s, 5000)", [pid])).result()

    monkeypatch.setattr(writing, "_copying", die)
    with pytest.raises(OperationalError):
        record(plant, ten(plant))
    connection.close()
    assert (Inspection.objects.count(), Measurement.objects.count(), Mark.objects.count()) == (0, 0, 0)
    assert LedgerEntry.objects.count() == told
    monkeypatch.undo()
    assert {fate.state for fate in record(plant, ten(plant))} == {RecordState.RECORDED}


@pytest.mark.law(1)
def test_law_1_a_fault_of_ours_while_many_are_judged_leaves_nothing(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    Mark.objects.all().delete()
    monkeypatch.setattr(writing, "_PIECE", 3)
    judge, judged = recording.judge_posted, count()

    def fail_at_the_eighth(*told: Any) -> Any:
        if next(judged) == 7:
            raise ZeroDivisionError
        return judge(*told)

    monkeypatch.setattr(recording, "judge_posted", fail_at_the_eighth)
    with pytest.raises(ZeroDivisionError):
        record(plant, ten(plant))
    assert (Inspection.objects.count(), Measurement.objects.count(), Mark.objects.count()) == (0, 0, 0)
    assert {fate.state for fate in record(plant, ten(plant))} == {RecordState.RECORDED}


def test_many_cars_of_some_batches_are_read_as_one_car_is(plant: Plant) -> None:
    from inspections.results.subjects import read_subjects
    from tests.factories import make_batch

    other = make_batch("B2", configuration=plant.configuration)
    cars = [make_vehicle(batch) for batch in (plant.batch, other) for _ in range(30)]
    keys = [("vehicle", car.vin, "") for car in cars]
    one_by_one = {key: subject for key in keys for key, subject in read_subjects([key]).items()}  # type: ignore[list-item]
    assert read_subjects(keys) == one_by_one  # type: ignore[arg-type]
    assert len(one_by_one) == 60


def test_few_are_written_in_one_statement(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_copy", None)
    assert {fate.state for fate in record(plant, ten(plant)[: writing.FEW])} == {RecordState.RECORDED}
