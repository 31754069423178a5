"""Consuming the marks of a batch: what is undecided is decided, under the row lock of the batch's decider (law 7)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from ..batches.choices import IN_PLANT, BatchStatus
from ..batches.models import Batch, Vehicle
from ..marks.acts import one_act
from ..marks.services import mark_vehicles
from .completing import settle_batch
from .deciding import Undecided, decide_marked
from .models import Decider

MOST_MARKS = 2000
"""Marks decided in one transaction: enough to decide a backlog fast, few enough to commit often."""


def decide_batch(*, batch_id: int, at: datetime) -> int:
    """Decide everything that is marked in a batch, some at a time. Returns how many marks it consumed.

    Safe to call any number of times and by several workers: a mark can be deleted once (law 7).
    """
    consumed = 0
    while True:
        some = _decide_some(batch_id, at)
        consumed += some
        if some < MOST_MARKS:
            return consumed


def decide_marked_now(*, batch_id: int, at: datetime) -> None:
    """Decide everything that is marked, inside the caller's transaction, which holds the batch's lock alone."""
    while _decide_some(batch_id, at) == MOST_MARKS:
        pass


@one_act
def _decide_some(batch_id: int, at: datetime) -> int:
    counter = _lock_decider(batch_id)
    marks = _take_marks(batch_id)
    if not marks:
        return 0
    counter += len(marks)
    # Read after the marks were taken: what they speak of committed with them, so a later statement sees it.
    batch = Batch.objects.select_related("revision__plan", "configuration").get(pk=batch_id)
    decide_marked(batch, Undecided.of(marks), counter=counter, at=at)
    Decider.objects.filter(pk=batch_id).update(counter=counter, decided_at=at)
    settle_batch(batch, at)
    return len(marks)


def decide_departed(*, batch: Batch, at: datetime) -> None:
    """A car of the batch has left. Where it was the last one and testing is closed, decide what belongs to the batch
    itself, inside the caller's transaction, which holds the batch's lock alone: nothing more falls due for it."""
    if batch.status == BatchStatus.OPEN or Vehicle.objects.filter(batch=batch, status__in=IN_PLANT).exists():
        return
    mark_vehicles(rows=[(batch.pk, None, "")], at=at)
    decide_marked_now(batch_id=batch.pk, at=at)


@one_act
def settle_departed(*, batch_id: int, at: datetime) -> None:
    """Complete a batch, or take it up, where something changed that no decision follows: a hold was lifted, a proposal
    lapsed."""
    lock_deciders([batch_id])
    settle_batch(Batch.objects.get(pk=batch_id), at)


def lock_deciders(batch_ids: Iterable[int]) -> None:
    """Keep every worker from deciding these batches until the caller's transaction ends. Ascending, so that no two
    wait for each other; before any row of a car is touched, since a decider touches them too."""
    for batch_id in sorted(batch_ids):
        _lock_decider(batch_id)


def _lock_decider(batch_id: int) -> int:
    """The row lock under which one batch is decided by one worker at a time; how far it came."""
    with connection.cursor() as cursor:
        for _ in range(2):
            cursor.execute("select counter from inspections_decider where batch_id = %s for update", [batch_id])
            row = cursor.fetchone()
            if row is not None:
                return int(row[0])
            cursor.execute(
                "insert into inspections_decider (batch_id, counter) values (%s, 0) on conflict do nothing", [batch_id]
            )
    raise Batch.DoesNotExist(f"batch {batch_id} has no decider and none could be made")


def _take_marks(batch_id: int) -> list[tuple[int | None, str]]:
    """Some marks, car by car: a car that was marked a dozen times is decided once. The batch's own come last."""
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from inspections_mark where ctid = any(array("
            "select ctid from inspections_mark where batch_id = %s order by vehicle_id limit %s))"
            " returning vehicle_id, domain",
            [batch_id, MOST_MARKS],
        )
        return [(vehicle_id, domain) for vehicle_id, domain in cursor.fetchall()]


def mark_whole_batch(*, batch: Batch, at: datetime) -> None:
    """Mark every vehicle of a batch, and the batch's own facts, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into inspections_mark (batch_id, vehicle_id, domain, at)"
            " select %s, id, '', %s from inspections_vehicle where batch_id = %s union all select %s, null, '', %s",
            [batch.pk, at, batch.pk, batch.pk, at],
        )
