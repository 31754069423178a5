"""Completing a batch, and taking it up again: `gates.completing` finds when that is due, a hold takes up by itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from ..people.rules import Actor
from ..records.services import Act, record_act, record_acts
from .choices import BatchStatus
from .models import Batch


def lock_batches(batch_ids: Collection[int]) -> dict[int, Batch]:
    """The batches as they stand, for whoever changes how they stand. Ascending, one statement."""
    rows = Batch.objects.select_for_update(no_key=True).filter(pk__in=list(batch_ids)).order_by("pk")
    return {row.pk: row for row in rows}


def complete_batch(*, batch: Batch, cars: Mapping[str, int], actor: Actor, at: datetime) -> None:
    """Its cars have left and nothing keeps it. `batch` comes from `lock_batches`; `cars`: how many became what."""
    Batch.objects.filter(pk=batch.pk).update(status=BatchStatus.COMPLETED, completed_at=at)
    record_act(
        actor=actor,
        act="batch.completed",
        subject_kind="batch",
        subject=batch.number,
        batch=batch.number,
        at=at,
        before={"status": batch.status},
        after={"status": BatchStatus.COMPLETED.value, "cars": dict(cars)},
    )


def take_up_batches(
    *, batch_ids: Collection[int], because: Sequence[Mapping[str, Any]], actor: Actor, at: datetime
) -> int:
    """Those of the batches that are completed are so no more: something stands against them. Returns how many.

    Whoever places something that keeps a batch calls this before it is written: none of them is completed until the
    caller's transaction ends, so it is seen by whoever completes, or the batch is found completed here. Two who place
    something do not wait for each other. `because`: what, each with `what` and `count`.
    """
    locked = lock_batches(_completed_of(batch_ids))
    found = [row for row in locked.values() if row.status == BatchStatus.COMPLETED]
    if not found:
        return 0
    Batch.objects.filter(pk__in=[row.pk for row in found]).update(status=BatchStatus.TESTING_CLOSED, completed_at=None)
    acts = [
        Act(
            "batch.taken_up",
            "batch",
            row.number,
            row.number,
            before={
                "status": row.status,
                "completed_at": None if row.completed_at is None else row.completed_at.isoformat(),
            },
            after={"status": BatchStatus.TESTING_CLOSED.value, "because": [dict(cause) for cause in because]},
        )
        for row in found
    ]
    record_acts(actor=actor, acts=acts, at=at)
    return len(found)


def _completed_of(batch_ids: Collection[int]) -> list[int]:
    """Those that are completed, with the rows of all of them shared, ascending. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, status from inspections_batch where id = any(%s) order by id for share", [sorted(batch_ids)]
        )
        return [batch_id for batch_id, status in cursor.fetchall() if status == BatchStatus.COMPLETED]
