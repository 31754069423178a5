"""Where nonconformances stand on the board, and what caused them: exact, narrowed, page by page."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from inspections.dispositions.answering import confirm_retest, take_nonconformance
from inspections.dispositions.choices import CauseClass
from inspections.dispositions.models import Nonconformance
from inspections.dispositions.queries import Narrowed
from inspections.dispositions.rules import DispositionRefused
from inspections.gates.board import Column, board, board_column, causes_between, owners_of_open
from inspections.gates.services import decide_batch
from inspections.records.models import LedgerEntry
from inspections.results.services import record_inspections
from tests import concessions
from tests.factories import AT, changed_value, make_engineer, make_vehicle

ALL = Narrowed()
SINCE = AT - timedelta(days=30)


def read(asked=ALL, at=AT, most=10):
    found = board(asked=asked, at=at, since=at - timedelta(days=30), most=most)
    return {column.value: [row.sequence for row in rows] for column, rows in found.rows.items() if rows}


def fail(plant, car, at=AT, value="0.2"):
    values = changed_value("BAT-EOL", "BOND", value, position="pack")
    battery = plant.posted(vin=car.vin, measurements=values, software=[{"system": "BMS", "version": "2.0"}])
    record_inspections(items=[battery], rig=plant.rig, actor=plant.rig_actor, at=at)
    decide_batch(batch_id=plant.batch.pk, at=at)
    return Nonconformance.objects.get(vehicle=car, state="open")


@pytest.fixture
def failed(plant):
    return fail(plant, plant.vehicle)


def another(plant):
    return make_vehicle(plant.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")])


def test_it_goes_from_column_to_column_as_it_is_answered(plant, failed):
    engineer = make_engineer()
    seen = [read()]
    take_nonconformance(nonconformance=failed, actor=engineer, at=AT, cause_class="machine")
    seen.append(read())
    confirm_retest(nonconformance=failed, reason="the probe was loose", actor=engineer, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    seen.append(read())
    later = AT + timedelta(minutes=9)
    items = plant.passing(finished_at=later)
    record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=later)
    decide_batch(batch_id=plant.batch.pk, at=later)
    seen.append(read(at=later))
    seen.append(read(at=later + timedelta(days=31)))
    assert seen == [{"unowned": [1]}, {"owned": [1]}, {"answered": [1]}, {"closed": [1]}, {}]


def test_an_answer_does_not_move_it_while_another_fail_is_open(plant, failed):
    engineer = make_engineer()
    confirm_retest(nonconformance=failed, reason="the probe was loose", actor=engineer, at=AT)
    fail(plant, plant.vehicle, AT + timedelta(minutes=5), "0.3")
    assert read() == {"unowned": [1]}


def test_what_leaves_by_a_concession_stands_under_it_until_it_ends(plant):
    concessions.measure_squib(plant)
    concessions.approve(concessions.propose(plant.vehicle))
    assert read() == {"conceded": [1]}
    assert read(at=AT + timedelta(days=4)) == {"closed": [1]}


def test_critical_ones_come_first_then_the_oldest(plant, failed):
    concessions.measure_squib(plant, cars=[another(plant)])
    fail(plant, another(plant), AT + timedelta(minutes=1))
    assert read() == {"unowned": [1, 3, 2]}


def test_counts_are_of_all_while_rows_are_few_and_a_column_goes_on(plant, failed):
    for minute in range(4):
        fail(plant, another(plant), AT + timedelta(minutes=minute))
    found = board(asked=ALL, at=AT, since=SINCE, most=2)
    assert ([row.sequence for row in found.rows[Column.UNOWNED]], found.counts[Column.UNOWNED]) == ([1, 2], 5)
    assert {row.also for row in found.rows[Column.UNOWNED]} == {4}
    seen, after = [], None
    while rows := board_column(column=Column.UNOWNED, asked=ALL, at=AT, since=SINCE, after=after, most=2):
        seen += [row.sequence for row in rows]
        after = (rows[-1].opened_at, int(not rows[-1].critical), rows[-1].id)
    assert seen == [1, 2, 3, 4, 5]


def test_what_is_closed_goes_on_from_the_last_closed_back(plant):
    for minute in range(3):
        nc = fail(plant, another(plant), AT + timedelta(minutes=minute))
        Nonconformance.objects.filter(pk=nc.pk).update(state="closed", closed_at=AT + timedelta(hours=minute))
    seen, after = [], None
    while rows := board_column(column=Column.CLOSED, asked=ALL, at=AT, since=SINCE, after=after, most=2):
        seen += [row.sequence for row in rows]
        after = (rows[-1].closed_at, 1, rows[-1].id)
    assert seen == [4, 3, 2]


def test_it_is_narrowed(plant, failed):
    engineer = make_engineer()
    take_nonconformance(nonconformance=failed, actor=engineer, at=AT, cause_class="method")
    concessions.measure_squib(plant, cars=[another(plant)])
    asked = {
        "batch": replace(ALL, batch=plant.batch.number),
        "no batch": replace(ALL, batch="NONE"),
        "gate": replace(ALL, gate="crash"),
        "characteristic": replace(ALL, characteristic="BOND"),
        "owner": replace(ALL, owner=engineer.label),
        "mine": replace(ALL, owner_id=engineer.id),
        "cause": replace(ALL, cause="method"),
        "no cause": replace(ALL, cause=""),
    }
    found = {name: [number for column in read(only).values() for number in column] for name, only in asked.items()}
    assert {name: sorted(numbers) for name, numbers in found.items()} == {
        "batch": [1, 2], "no batch": [], "gate": [2], "characteristic": [1], "owner": [1], "mine": [1], "cause": [1],
        "no cause": [2],
    }  # fmt: skip
    assert owners_of_open() == [engineer.label]


def test_causes_are_counted_exactly_in_a_window_of_opening(plant, failed):
    engineer = make_engineer()
    for minute, cause in enumerate(("method", "method", "unknown")):
        nc = fail(plant, another(plant), AT + timedelta(minutes=minute))
        take_nonconformance(nonconformance=nc, actor=engineer, at=AT, cause_class=cause)
    late = AT + timedelta(hours=1)
    assert causes_between(asked=ALL, since=SINCE, at=late) == {"method": 2, "unknown": 1, "": 1}
    assert causes_between(asked=ALL, since=AT + timedelta(minutes=1), at=late) == {"method": 1, "unknown": 1}
    assert causes_between(asked=replace(ALL, gate="driving"), since=SINCE, at=late) == {}


def test_the_board_asks_as_often_for_many_as_for_one(plant, failed):
    def count():
        with CaptureQueriesContext(connection) as captured:
            board(asked=ALL, at=AT, since=SINCE, most=10)
        return len(captured)

    one = count()
    for minute in range(2):
        nc = fail(plant, another(plant), AT + timedelta(minutes=minute))
        confirm_retest(nonconformance=nc, reason="the probe was loose", actor=make_engineer(), at=AT)
    assert (one, count()) == (3, 3)


def test_the_class_of_a_cause_is_one_of_the_list_and_stands_in_the_ledger(failed):
    engineer = make_engineer()
    with pytest.raises(DispositionRefused, match="weather is no class of cause: choose one of man, machine"):
        take_nonconformance(nonconformance=failed, actor=engineer, at=AT, cause_class="weather")
    assert LedgerEntry.objects.filter(act="nonconformance.taken").count() == 0
    take_nonconformance(nonconformance=failed, actor=engineer, at=AT, cause_class=CauseClass.UNKNOWN)
    take_nonconformance(nonconformance=failed, actor=engineer, at=AT, cause="worn probe", cause_class="machine")
    take_nonconformance(nonconformance=failed, actor=engineer, at=AT, containment="probe changed")
    said = [
        (entry.before["cause_class"], entry.after["cause_class"])
        for entry in LedgerEntry.objects.filter(act="nonconformance.taken").order_by("id")
    ]
    assert said == [("", "unknown"), ("unknown", "machine"), ("machine", "machine")]


def test_the_database_knows_no_other_class_either(failed):
    with pytest.raises(IntegrityError), transaction.atomic():
        Nonconformance.objects.filter(pk=failed.pk).update(cause_class="weather")
