"""Samples per batch: drawn at opening from a secret, revealed as cars register, and nobody can steer them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from inspections.batches.choices import VehicleStatus
from inspections.batches.models import Batch, DrawSeed
from inspections.evaluation.drawing import commitment_of
from inspections.evaluation.reasons import Outcome
from inspections.gates.queries import batch_draw
from inspections.gates.services import close_batch
from inspections.records.models import LedgerEntry
from inspections.results.models import Inspection
from inspections.results.services import FittedPart, NewVehicle, record_inspection, register_vehicles, void_inspection
from tests.factories import (
    AT,
    SYSTEM,
    make_batch,
    make_engineer,
    make_rig,
    posted,
    rig_actor,
    vin,
)
from tests.gates.drawn_line import CODE, Line

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(standing_line: Line) -> Line:
    return standing_line


SHORT_0, SHORT_1 = [("sample_short", "0", "2")], [("sample_short", "1", "2")]


def test_the_ledger_has_the_commitment_at_opening_and_the_seed_at_closing(line: Line) -> None:
    opened = LedgerEntry.objects.get(act="batch.opened", subject="B-1")
    assert opened.after["draw"] == {"algorithm": "interlock-draw/1", "commitment": commitment_of(line.seed)}
    assert not LedgerEntry.objects.filter(act="batch.draw_revealed").exists()
    close_batch(batch=line.batch, actor=SYSTEM, at=AT)
    revealed = LedgerEntry.objects.get(act="batch.draw_revealed")
    assert revealed.after == {
        "algorithm": "interlock-draw/1",
        "commitment": commitment_of(line.seed),
        "seed": line.seed.hex(),
        "planned_quantity": 10,
    }
    assert commitment_of(bytes.fromhex(revealed.after["seed"])) == opened.after["draw"]["commitment"]


def test_each_batch_has_a_seed_of_its_own(line: Line) -> None:
    other = make_batch("B-2", configuration=line.plant.configuration)
    assert DrawSeed.objects.get(batch=other).seed != line.seed.hex()
    assert len(line.seed) == 32


def test_a_batch_passes_once_its_drawn_cars_conform(line: Line) -> None:
    first, second = line.draw()
    line.register(*range(1, 11))
    assert line.gate() == SHORT_0
    line.test(first)
    assert line.gate() == SHORT_1
    line.test(second)
    assert line.gate() == []


def test_a_position_is_told_only_once_its_car_is_registered(line: Line) -> None:
    first, second = line.draw()
    assert batch_draw(line.batch).cars == ()
    line.register(first)
    told = batch_draw(line.batch)
    assert [(car.procedure, car.sequence, car.outcome) for car in told.cars] == [(CODE, first, None)]
    assert (told.asked, told.seed, told.commitment) == (((CODE, 2),), "", commitment_of(line.seed))
    line.register(second)
    line.test(second)
    told = batch_draw(line.batch)
    assert {car.sequence: car.outcome for car in told.cars} == {first: None, second: Outcome.PASS}
    assert [car.procedure for car in told.of_car(line.cars[first].pk)] == [CODE]
    close_batch(batch=line.batch, actor=SYSTEM, at=AT)
    line.batch.refresh_from_db()
    assert batch_draw(line.batch).seed == line.seed.hex()


@pytest.mark.law(1)
def test_law_1_a_good_result_on_a_car_that_was_not_drawn_stands_for_none(line: Line) -> None:
    first, _second = line.draw()
    line.register(*range(1, 11))
    others = [place for place in line.cars if place not in line.draw()]
    for place in others:
        line.test(place)
    assert line.gate() == SHORT_0
    line.test(first)
    line.test(first, minutes=2)
    assert line.gate() == SHORT_1


@pytest.mark.law(1)
def test_law_1_a_bad_result_on_whatever_car_rejects_the_batch(line: Line) -> None:
    line.register(*range(1, 11))
    for place in line.draw():
        line.test(place)
    other = next(place for place in line.cars if place not in line.draw())
    line.test(other, "9.9", minutes=3)
    assert [code for code, _, _ in line.gate()] == ["sample_rejected"]
    line.test(other, minutes=4)
    line.becomes(other, VehicleStatus.SCRAPPED)
    assert [code for code, _, _ in line.gate()] == ["sample_rejected"]


def test_registering_in_another_order_changes_nothing(line: Line) -> None:
    drawn = line.draw()
    line.register(*reversed(range(6, 11)))
    line.register(3, 1, 5, 2, 4)
    assert line.draw() == drawn
    assert [car.sequence for car in batch_draw(line.batch).cars] == list(drawn)


@pytest.mark.law(4)
@pytest.mark.parametrize("change", ["planned_quantity = 1", "planned_quantity = planned_quantity + 90", "line = 'L9'"])
def test_law_4_the_planned_quantity_and_the_line_are_written_once(line: Line, change: str) -> None:
    drawn = line.draw()
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"update inspections_batch set {change} where id = %s", [line.batch.pk])
    line.register(*range(1, 11))
    assert [car.sequence for car in batch_draw(line.batch).cars] == list(drawn)


@pytest.mark.law(4)
@pytest.mark.parametrize(
    "statement",
    [
        "update inspections_drawseed set seed = repeat('0', 64)",
        "update inspections_drawseed set planned_quantity = 1",
        "delete from inspections_drawseed",
        "truncate inspections_drawseed",
    ],
)
def test_law_4_nobody_draws_again(line: Line, statement: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.law(4)
def test_law_4_a_batch_cannot_be_given_a_second_seed(line: Line) -> None:
    with pytest.raises(DatabaseError, match="duplicate key"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "insert into inspections_drawseed (batch_id, seed, planned_quantity, at) values (%s, %s, 1, %s)",
            [line.batch.pk, "0" * 64, AT],
        )


def test_opening_a_batch_a_second_time_draws_nothing_new(line: Line) -> None:
    make_batch("B-1", configuration=line.plant.configuration, planned_quantity=10)
    assert DrawSeed.objects.get(batch=line.batch).seed == line.seed.hex()


@pytest.mark.law(1)
def test_law_1_a_batch_without_a_seed_stays_short_for_ever(line: Line) -> None:
    bare = Batch.objects.create(
        number="B-0", configuration=line.plant.configuration, revision=line.plant.revision, planned_quantity=1,
        line="L1", opened_at=AT,
    )  # fmt: skip
    line.batch, line.cars = bare, {}
    line.register(1)
    line.test(1)
    assert line.gate() == [("sample_short", "0", "2")]


@pytest.mark.parametrize("status", [VehicleStatus.SCRAPPED, VehicleStatus.DESTROYED, VehicleStatus.TRANSFERRED])
def test_a_drawn_car_that_is_lost_is_replaced_by_a_fresh_draw(line: Line, status: VehicleStatus) -> None:
    first, second = line.draw()
    line.register(*range(1, 11))
    line.test(second)
    line.becomes(first, status)
    assert line.gate() == SHORT_1
    (fresh,) = set(line.draw(lost=[first])) - {second}
    assert {car.sequence for car in batch_draw(line.batch).cars} == {second, fresh}
    line.test(fresh)
    assert line.gate() == []


def test_a_car_destroyed_by_the_test_itself_is_the_sample(line: Line) -> None:
    line.register(*range(1, 11))
    for place in line.draw():
        line.test(place)
        line.becomes(place, VehicleStatus.DESTROYED)
    assert line.gate() == []


def test_a_drawn_car_that_failed_and_was_scrapped_is_replaced_and_the_reject_stands(line: Line) -> None:
    first, second = line.draw()
    line.register(*range(1, 11))
    line.test(first, "9.9")
    line.test(second)
    line.becomes(first, VehicleStatus.SCRAPPED)
    (fresh,) = set(line.draw(lost=[first])) - {second}
    line.test(fresh, minutes=5)
    assert [code for code, _, _ in line.gate()] == ["sample_rejected"]


def test_extra_cars_get_extra_draws(line: Line) -> None:
    line.register(*range(1, 11))
    for place in line.draw():
        line.test(place)
    assert line.gate() == []
    line.register(11)
    assert line.gate() == [("sample_short", "2", "3")]
    close_batch(batch=line.batch, actor=SYSTEM, at=AT)
    line.batch.refresh_from_db()
    assert line.gate() == [("sample_short", "2", "3")]
    assert 11 in {car.sequence for car in batch_draw(line.batch).cars}
    line.test(11)
    assert line.gate() == []


def test_a_batch_closed_early_draws_among_what_was_built(line: Line) -> None:
    unbuilt = line.draw()[0]
    line.register(*(place for place in range(1, 11) if place != unbuilt))
    close_batch(batch=line.batch, actor=SYSTEM, at=AT)
    line.batch.refresh_from_db()
    drawn = {car.sequence for car in batch_draw(line.batch).cars}
    assert (len(drawn), unbuilt in drawn) == (2, False)
    for place in drawn:
        line.test(place)
    assert line.gate() == []


def test_a_batch_of_fewer_cars_than_samples_has_all_of_them_tested(line: Line) -> None:
    line.register(1)
    close_batch(batch=line.batch, actor=SYSTEM, at=AT)
    line.batch.refresh_from_db()
    assert line.gate() == [("sample_short", "0", "1")]
    line.test(1)
    assert line.gate() == []


@pytest.mark.law(1)
def test_law_1_a_sample_of_an_uncalibrated_rig_or_a_voided_one_is_none(line: Line) -> None:
    first, second = line.draw()
    line.register(*range(1, 11))
    loose = make_rig("EOL-9", procedures=[line.plant.procedures[CODE]], calibrated=False)
    line.test(first, rig=loose)
    recorded = line.test(second)
    assert line.gate() == SHORT_1
    inspection = Inspection.objects.get(pk=recorded.inspection_id)
    void_inspection(inspection=inspection, reason="a master part", actor=make_engineer(), at=AT)
    assert line.gate() == SHORT_0


@pytest.mark.law(1)
def test_law_1_an_older_pass_never_stands_in_for_a_later_doubt(line: Line) -> None:
    first, second = line.draw()
    line.register(*range(1, 11))
    line.test(first)
    line.test(second)
    line.test(second, "2.9", minutes=2, verdict="fail")
    assert line.gate() == SHORT_1


def everything_written() -> Iterator[str]:
    """Every text column of every table but the seeds' own."""
    with connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'public' and tablename <> %s",
                       ["inspections_drawseed"])  # fmt: skip
        for (table,) in cursor.fetchall():
            cursor.execute(f"select t::text from {table} t")
            yield from (f"{table}: {row[0]}" for row in cursor.fetchall())


def test_law_1_no_other_table_holds_the_seed_or_a_position_before_testing_is_closed(line: Line) -> None:
    first, _second = line.draw()
    line.register(*(place for place in range(1, 11) if place != first))
    line.gate()
    seed = line.seed.hex()
    assert [row for row in everything_written() if seed in row or seed[:16] in row] == []


def test_how_many_statements_the_draw_takes_does_not_depend_on_how_many_cars_there_are(
    line: Line, django_assert_num_queries: Any
) -> None:
    line.register(1)
    batch_draw(line.batch)
    with django_assert_num_queries(10):
        batch_draw(line.batch)
    line.register(2, 3, 4)
    for place in (2, 3, 4):
        line.test(place)
    with django_assert_num_queries(10):
        batch_draw(line.batch)


@pytest.mark.law(1)
def test_law_1_a_drawn_cars_part_tested_on_another_line_falls_with_its_result(line: Line) -> None:
    """A part that was in no car yet, tested on a rig of line L9: its sample is of that line, its car of this one."""
    first, second = line.draw()
    rig = make_rig("LAB-9", procedures=[line.plant.procedures[CODE]], line="L9")
    item = posted(CODE, component={"kind": "seat", "serial": "S-1"}, finished_at=AT - timedelta(days=1))
    recorded = record_inspection(posted=item, rig=rig, actor=rig_actor(rig), at=AT)
    line.register(*(place for place in range(1, 11) if place != first))
    new = NewVehicle(vin(next(line.serials)), first, (), (FittedPart("seat", "S-1"),))
    register_vehicles(batch=line.batch, vehicles=[new], actor=SYSTEM, at=AT)
    line.test(second)
    assert line.gate() == []
    inspection = Inspection.objects.get(pk=recorded.inspection_id)
    void_inspection(inspection=inspection, reason="a master part", actor=make_engineer(), at=AT)
    assert line.gate() == SHORT_1
