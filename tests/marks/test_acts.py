"""One act is one transaction; what the database broke off is repeated whole."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from inspections.marks.acts import StartOver, one_act
from inspections.marks.locks import Lock, lock_key
from inspections.marks.models import Mark
from tests.factories import AT
from tests.threads import Beside

pytestmark = pytest.mark.django_db(transaction=True)


def insert(batch: int) -> None:
    Mark.objects.create(batch_id=batch, at=AT)


def test_an_act_commits_whole_or_not_at_all() -> None:
    @one_act
    def act(fails: bool) -> None:
        insert(1)
        if fails:
            raise ValueError

    with pytest.raises(ValueError):
        act(True)
    assert Mark.objects.count() == 0
    act(False)
    assert Mark.objects.count() == 1


@pytest.mark.parametrize(("failures", "works"), [(0, True), (3, True), (4, False)])
def test_beginning_anew_is_tried_three_times(failures: int, works: bool) -> None:
    turns: list[int] = []

    @one_act
    def act() -> int:
        insert(1)
        turns.append(1)
        if len(turns) <= failures:
            raise StartOver
        return len(turns)

    if works:
        assert act() == failures + 1
        assert Mark.objects.count() == 1
    else:
        with pytest.raises(StartOver):
            act()
        assert (len(turns), Mark.objects.count()) == (4, 0)


def test_two_that_deadlock_both_come_through() -> None:
    both = threading.Barrier(2, timeout=5)

    def lock(number: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [lock_key(Lock.LOT, number)])

    @one_act
    def act(first: int, second: int) -> None:
        lock(first)
        if not both.broken and both.n_waiting < 2 and first not in met:
            met.add(first)
            both.wait()
        lock(second)
        insert(first)

    met: set[int] = set()
    beside = Beside(lambda: act(1, 2))
    act(2, 1)
    beside.result()
    assert set(Mark.objects.values_list("batch_id", flat=True)) == {1, 2}


def test_another_fault_of_the_database_is_not_repeated() -> None:
    turns: list[int] = []

    @one_act
    def act() -> None:
        turns.append(1)
        Mark.objects.create(batch_id=None, at=AT)

    with pytest.raises(IntegrityError):
        act()
    assert len(turns) == 1


def test_an_act_within_an_act_is_part_of_it() -> None:
    turns: list[int] = []

    @one_act
    def inner() -> None:
        insert(2)
        turns.append(1)
        if len(turns) == 1:
            raise StartOver

    @one_act
    def outer() -> None:
        insert(1)
        inner()

    outer()
    assert (len(turns), sorted(Mark.objects.values_list("batch_id", flat=True))) == (2, [1, 2])


def test_in_a_transaction_of_somebody_else_nothing_is_repeated() -> None:
    turns: list[int] = []

    @one_act
    def act() -> None:
        turns.append(1)
        raise StartOver

    with transaction.atomic(), pytest.raises(StartOver):
        act()
    assert len(turns) == 1
