"""Reads the leaves of what a stretch of transactions recorded. Their texts stay in the database: digests come alone."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection

from .canonical import SESSION, TABLES, form_of, key_of, leaf_of

BEGINNING: Final = -(2**63)
"""The lower end of the first stretch: below every number, whatever somebody wrote there."""
_PACKED: Final = struct.Struct(">qq32s")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A row of the record: the transaction that recorded it, its id in its table, its leaf digest."""

    recorded_in: int
    id: int
    digest: bytes


def begin_reading() -> None:
    """Have this transaction write rows in the one way whose digests are compared. Call it inside the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("; ".join(SESSION))


_OLDEST: Final = """
with now as materialized (select pg_current_snapshot() as snapshot)
select coalesce(
    (select min(running::text::bigint) from pg_snapshot_xip(now.snapshot) running where not exists (
        select from pg_locks held join pg_stat_activity whose on whose.pid = held.pid
        where held.locktype = 'transactionid' and held.mode = 'ExclusiveLock' and held.granted
        and held.transactionid = running::xid
        and whose.datid <> (select oid from pg_database where datname = current_database()))),
    pg_snapshot_xmax(now.snapshot)::text::bigint)
from now
"""
"""Transactions are numbered for all databases of a server; one that is known to be of another never writes here. One
of which nothing is known, prepared or just ended, counts as ours."""


def oldest_running() -> int:
    """The lowest transaction that may still commit here: whatever lower ones recorded can be seen by every later
    statement. It waits for nobody, and nobody for it."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST)
        (found,) = cursor.fetchone()
    return int(found)


def counts_by_transaction(first: int, before: int) -> list[tuple[int, int, set[int]]]:
    """For each transaction of [first, before) that recorded something, in their order: its number, how many rows, of
    which kinds. One query."""
    each = " union all ".join(
        f"select recorded_in, {kind}, count(*) from inspections_{table}"  # noqa: S608 tables of the sealed
        " where recorded_in >= %s and recorded_in < %s group by recorded_in"
        for kind, table in TABLES.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "select xid, sum(n)::bigint, array_agg(kind)"  # noqa: S608
            f" from ({each}) counted(xid, kind, n) group by xid order by xid",
            [first, before] * len(TABLES),
        )
        return [(int(xid), int(count), set(kinds)) for xid, count, kinds in cursor.fetchall()]


def leaves_of(kind: int, form: int, first: int, before: int) -> list[Leaf]:
    """The leaves of one kind that transactions of [first, before) recorded, by id."""
    table = TABLES[kind]
    with connection.cursor() as cursor:
        cursor.execute(
            "select string_agg(int8send(recorded_in) || int8send(id) || leaf, ''::bytea order by id)"  # noqa: S608
            f" from (select r.recorded_in, r.{key_of(table)}::bigint, {leaf_of(table, form)}"
            f" from inspections_{table} r where r.recorded_in >= %s and r.recorded_in < %s)"
            " as read(recorded_in, id, leaf)",
            [first, before],
        )
        (packed,) = cursor.fetchone()
    return [Leaf(*each) for each in _PACKED.iter_unpack(bytes(packed or b""))]


def forms_of(kind: int, form: int, ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    """For each row by id: the transaction that recorded it, and the text that is hashed."""
    table = TABLES[kind]
    key = key_of(table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"select r.{key}, r.recorded_in, {form_of(table, form)} from inspections_{table} r"  # noqa: S608
            f" where r.{key} = any(%s) order by 1",
            [list(ids)],
        )
        return {int(number): (int(recorded_in), text) for number, recorded_in, text in cursor.fetchall()}
