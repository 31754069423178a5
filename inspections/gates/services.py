"""Acts on gates: deciding what is marked, closing a batch. Coverage and removals are in files of their own and handed
on here."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from ..batches.choices import BatchStatus
from ..batches.models import Batch
from ..marks.acts import one_act
from ..marks.locks import Lock, exclude
from ..people.choices import Role
from ..people.rules import Actor, ActorKind
from ..records.services import record_act
from .covering import cover_by_certificate, cover_by_inspection, enter_coverage, revoke_coverage
from .deciding import Undecided, decide_marked
from .draws import reveal_draw
from .models import Decider
from .noting import note_ended_coverage
from .removing import destroy_vehicle, scrap_vehicle
from .screening import record_screening

__all__ = [
    "close_batch",
    "cover_by_certificate",
    "cover_by_inspection",
    "decide_batch",
    "decide_marked_now",
    "destroy_vehicle",
    "enter_coverage",
    "mark_expired",
    "mark_whole_batch",
    "note_ended_coverage",
    "record_screening",
    "revoke_coverage",
    "scrap_vehicle",
]

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
    return len(marks)


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


@one_act
def close_batch(*, batch: Batch, actor: Actor, at: datetime) -> Batch:
    """Close testing: no more vehicles will come, and what is missing is failed. Repeating it changes nothing.

    The seed of its draws goes into the ledger now, so that anybody can do them again.

    Takes the batch's lock alone, so that every recorder of the batch has committed or not begun, and decides inside.
    Raises NotAllowed for a person who is no engineer.
    """
    if actor.kind is ActorKind.PERSON:
        actor.require("closing a batch", Role.ENGINEER)
    exclude(Lock.BATCH, [batch.pk])
    batch = Batch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    if batch.status != BatchStatus.OPEN:
        return batch
    batch.status, batch.testing_closed_at = BatchStatus.TESTING_CLOSED, at
    batch.save(update_fields=["status", "testing_closed_at"])
    record_act(
        actor=actor,
        act="batch.closed",
        subject_kind="batch",
        subject=batch.number,
        batch=batch.number,
        at=at,
        before={"status": BatchStatus.OPEN.value},
        after={"status": BatchStatus.TESTING_CLOSED.value},
    )
    reveal_draw(batch=batch, actor=actor, at=at)
    mark_whole_batch(batch=batch, at=at)
    decide_marked_now(batch_id=batch.pk, at=at)
    return batch


def mark_expired(*, at: datetime) -> int:
    """Mark what rested on a fact that has ended, so that it is decided again before anybody asks. Returns how many.

    Clearance does not wait for this: it compares `valid_until` with the moment of asking.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into inspections_mark (batch_id, vehicle_id, domain, at)"
            " select g.batch_id, g.vehicle_id, g.domain, %(at)s from inspections_vehiclegate g"
            " where g.valid_until <= %(at)s union all"
            " select b.batch_id, null, b.domain, %(at)s from inspections_batchgate b where b.valid_until <= %(at)s",
            {"at": at},
        )
        return int(cursor.rowcount)
