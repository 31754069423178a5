"""Acts on gates: closing a batch. Deciding what is marked, moving a car, re-pinning a batch, coverage and removals are
in files of their own and handed on here."""

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
from .consuming import decide_batch, decide_departed, decide_marked_now, mark_whole_batch, settle_departed
from .covering import cover_by_certificate, cover_by_inspection, enter_coverage, revoke_coverage
from .draws import reveal_draw
from .keeping import unsettled_batches
from .moving import move_vehicle
from .noting import note_ended_coverage
from .removing import destroy_vehicle, scrap_vehicle
from .repinning import repin_batch
from .screening import record_screening

__all__ = [
    "close_batch",
    "cover_by_certificate",
    "cover_by_inspection",
    "decide_batch",
    "decide_departed",
    "decide_marked_now",
    "destroy_vehicle",
    "enter_coverage",
    "mark_expired",
    "mark_whole_batch",
    "move_vehicle",
    "note_ended_coverage",
    "record_screening",
    "repin_batch",
    "revoke_coverage",
    "scrap_vehicle",
    "settle_batches",
]


@one_act
def close_batch(*, batch: Batch, actor: Actor, at: datetime) -> Batch:
    """Close testing: no more vehicles will come, and what is missing is failed. Repeating it changes nothing. A batch
    of which no car is in the plant, and that nothing else keeps, is completed with it.

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
    batch.refresh_from_db(fields=["status", "completed_at"])
    return batch


def settle_batches(*, at: datetime) -> int:
    """Complete what should be completed by now, take up what should not, each in a transaction of its own. Returns how
    many were looked at.

    Nearly all of it is done with the decision that ends a batch; this finds what no decision follows.
    """
    found = unsettled_batches(at=at)
    for batch_id in found:
        settle_departed(batch_id=batch_id, at=at)
    return len(found)


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
