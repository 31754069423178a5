"""Locks are shared by recorders, exclusive for acts that mark many, and taken in one order."""

import threading

import pytest
from django.db import connection, connections, transaction

from inspections.marks.locks import Lock, LockOutsideTransaction, exclude, lock_key, share, share_all

pytestmark = pytest.mark.django_db(transaction=True)


def held():
    with connection.cursor() as cursor:
        cursor.execute(
            "select (classid::bigint << 32) | objid::bigint, mode from pg_locks where locktype = 'advisory' and granted"
            " and database = (select oid from pg_database where datname = current_database()) order by 1"
        )
        return cursor.fetchall()


def test_keys_keep_kinds_and_numbers_apart():
    assert lock_key(Lock.RIG, 7) != lock_key(Lock.BATCH, 7)
    assert lock_key(Lock.RIG, 2**40 - 1) < lock_key(Lock.COMPONENT, 1) < lock_key(Lock.LOT, 1) < lock_key(Lock.BATCH, 1)
    assert lock_key(Lock.BATCH, 2**40 - 1) < 2**63


@pytest.mark.parametrize("number", [0, -1, 2**40])
def test_an_id_out_of_range_has_no_lock(number):
    with pytest.raises(ValueError, match="an id lies between 1 and"):
        lock_key(Lock.RIG, number)


def test_outside_a_transaction_nothing_is_locked():
    with pytest.raises(LockOutsideTransaction):
        exclude(Lock.BATCH, [1])


def test_the_end_of_the_transaction_releases_each_lock_once_taken():
    with transaction.atomic():
        share(Lock.RIG, [3, 1, 3])
        exclude(Lock.BATCH, [2])
        share(Lock.LOT, [])
        assert held() == [
            (lock_key(Lock.RIG, 1), "ShareLock"),
            (lock_key(Lock.RIG, 3), "ShareLock"),
            (lock_key(Lock.BATCH, 2), "ExclusiveLock"),
        ]
    assert held() == []


def _tried(act):
    """Whether `act` gets its locks within a moment on a connection of its own."""
    found = []

    def run():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("set local lock_timeout = '200ms'")
                act()
            found.append(True)
        except Exception as error:  # noqa: BLE001 the test looks at it
            found.append("lock timeout" not in str(error) and error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def test_sharers_go_together_and_an_excluder_waits_for_them():
    with transaction.atomic():
        share_all([(Lock.BATCH, 5), (Lock.RIG, 5)])
        assert _tried(lambda: share(Lock.BATCH, [5])) is True
        assert _tried(lambda: exclude(Lock.BATCH, [5])) is False
        assert _tried(lambda: exclude(Lock.BATCH, [6])) is True
        assert _tried(lambda: exclude(Lock.COMPONENT, [5])) is True


def test_an_excluder_keeps_everybody_out():
    with transaction.atomic():
        exclude(Lock.CONFIGURATION, [5])
        assert _tried(lambda: share(Lock.CONFIGURATION, [5])) is False
        assert _tried(lambda: exclude(Lock.CONFIGURATION, [5])) is False


def test_sets_taken_in_opposite_orders_never_deadlock():
    problems = []
    ready = threading.Barrier(2)

    def work(ids):
        try:
            for _ in range(30):
                with transaction.atomic():
                    ready.wait(10)
                    exclude(Lock.BATCH, ids)
        except Exception as error:  # noqa: BLE001 the test looks at it
            problems.append(error)
            ready.abort()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(ids,)) for ids in ([1, 2, 3, 4], [4, 3, 2, 1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
