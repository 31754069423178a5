"""The order in which acts lock, so that no two wait for each other: rig, component or lot, batch, ascending ids.

Advisory locks of the transaction: released by its end, whichever it is. Recorders `share`; an act that marks many
takes the matching lock with `exclude` before it reads: calibration and authorisation the rig's, fitting the
component's, plan, coverage and batch opening the configuration's, close, re-pin, move and release the batch's.
What was read before a lock was granted may be old: read plan and status in a later statement.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from django.db import connection

from .trips import Statement


class Lock(IntEnum):
    """What is locked, in the order of locking. The numbers are part of the key: never reuse one.

    CATALOGUE has one key, 1: loading it excludes, drafting a plan on it shares.
    """

    CATALOGUE = 0
    CONFIGURATION = 1
    RIG = 2
    COMPONENT = 3
    LOT = 4
    BATCH = 5
    REGISTRATION = 6
    """One for the plant: a result that waits for its vehicle, against the vehicle's registration."""
    CONCESSION = 7
    """How many vehicles have left by it: two that leave at once, of two batches, must not both be the last."""
    NOTICES = 8
    """One for the plant: gathering notices and writing their mails, one at a time. Nothing is locked after it."""
    SEALING = 9
    """One for the plant: the sealer, which tries it and never waits. It locks nothing else."""
    WITNESS = 10
    """One for each second place of the checkpoints: it is told by one process at a time, which tries it."""


_SPACE: Final = 0x494C
"""Keeps our keys apart from those of other software in the same database ("IL")."""
_MOST: Final = 1 << 40

# unnest keeps the order of the array and the function is volatile: the keys are taken one after the other.
_SHARED: Final = "select pg_advisory_xact_lock_shared(key) from unnest(%s::bigint[]) as key"
_EXCLUSIVE: Final = "select pg_advisory_xact_lock(key) from unnest(%s::bigint[]) as key"


class LockOutsideTransaction(Exception):
    """A transaction's lock taken outside one would be gone at once."""


def share(kind: Lock, ids: Iterable[int]) -> None:
    """Take the locks with other recorders, ascending. Waits for an exclusive holder.

    Raises LockOutsideTransaction, and ValueError for an id that is not between 1 and 2**40.
    """
    _take(_SHARED, kind, ids)


def share_all(wanted: Iterable[tuple[Lock, int]]) -> None:
    """Take locks of several kinds with other recorders in one statement, in their order. Raises as `share` does."""
    _take_keys(_SHARED, (lock_key(kind, number) for kind, number in wanted))


def sharing(wanted: Iterable[tuple[Lock, int]]) -> Statement:
    """The statement of `share_all`, to be run before others in one trip. Raises ValueError as `share` does."""
    return _SHARED, [sorted({lock_key(kind, number) for kind, number in wanted})]


def exclude(kind: Lock, ids: Iterable[int]) -> None:
    """Take the locks alone, ascending. Waits for every holder. Raises as `share` does."""
    _take(_EXCLUSIVE, kind, ids)


def try_exclude(kind: Lock, number: int) -> bool:
    """Take the lock alone if nobody holds it now. Never waits. Raises as `share` does."""
    key = lock_key(kind, number)
    if not connection.in_atomic_block:
        raise LockOutsideTransaction("locks are taken inside a transaction: outside one they would be gone at once")
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [key])
        (taken,) = cursor.fetchone()
    return bool(taken)


def lock_key(kind: Lock, number: int) -> int:
    """The 64-bit key: 16 bits of ours, 8 of the kind, 40 of the id."""
    if not 0 < number < _MOST:
        raise ValueError(f"{kind.name.lower()} {number} has no lock: an id lies between 1 and 2**40")
    return (_SPACE << 48) | (int(kind) << 40) | number


def _take(statement: str, kind: Lock, ids: Iterable[int]) -> None:
    _take_keys(statement, (lock_key(kind, number) for number in ids))


def _take_keys(statement: str, wanted: Iterable[int]) -> None:
    # The kind stands above the id in a key, so that ascending keys are in the stated order.
    keys = sorted(set(wanted))
    if not keys:
        return
    if not connection.in_atomic_block:
        raise LockOutsideTransaction("locks are taken inside a transaction: outside one they would be gone at once")
    with connection.cursor() as cursor:
        cursor.execute(statement, [keys])
