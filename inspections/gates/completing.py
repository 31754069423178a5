"""Completing a batch by itself: all of its cars have left, and nothing stands against any of them.

Nobody has to remember it and nobody can do it. It is settled at the end of every decision of a batch whose testing is
closed, under the row lock of its decider: a batch that nothing keeps is completed, and a completed one against which
something was found is taken up again, in the transaction of the decision that finds it. So a completed batch is always
one of which there is nothing to do, and every list that leaves completed ones out leaves nothing out.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from ..batches.choices import BatchStatus
from ..batches.completing import complete_batch, lock_batches, take_up_batches
from ..batches.models import Batch, Vehicle, VehicleMove
from .keeping import Keeping, Keeps, what_keeps
from .writing import DECIDER


def settle_batch(batch: Batch, at: datetime) -> None:
    """Complete the batch, or take it up again, where that is due. The caller holds its decider's row lock.

    No statement for a batch whose testing is open, one for any other that stays as it is.
    """
    if batch.status == BatchStatus.OPEN:
        return
    if batch.status == _due(batch.status, what_keeps(batch_ids=[batch.pk], at=at)[batch.pk]):
        return
    # Read once more with its row held: a hold that was being placed has committed, or comes after this and takes it up.
    row = lock_batches([batch.pk])[batch.pk]
    keeping = what_keeps(batch_ids=[batch.pk], at=at)[batch.pk]
    due = _due(row.status, keeping)
    if due == row.status:
        return
    if due == BatchStatus.COMPLETED:
        complete_batch(batch=row, cars=_cars(row), actor=DECIDER, at=at)
    else:
        because = [{"what": found.what.value, "count": found.count} for found in keeping]
        take_up_batches(batch_ids=[row.pk], because=because, actor=DECIDER, at=at)


def _due(status: str, keeping: tuple[Keeping, ...]) -> str:
    """How a batch should stand. What is undecided keeps one from being completed, and takes none up before it is
    decided."""
    if not keeping:
        return BatchStatus.COMPLETED
    if all(found.what is Keeps.UNDECIDED for found in keeping):
        return status
    return BatchStatus.TESTING_CLOSED


def _cars(batch: Batch) -> dict[str, int]:
    """How many of its cars became what."""
    found = Counter(Vehicle.objects.filter(batch=batch).values_list("status", flat=True))
    moved = (
        VehicleMove.objects.filter(from_batch=batch).exclude(vehicle__batch=batch).values("vehicle").distinct().count()
    )
    return {**dict(sorted(found.items())), **({"moved": moved} if moved else {})}
