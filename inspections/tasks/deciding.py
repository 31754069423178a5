import logging
import time
from typing import Any, Final

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from .. import dispatch
from ..gates import recounting, services
from ..marks.queries import undecided_batches

log = logging.getLogger(__name__)

GATHERING_SECONDS: Final = 0.1
"""One decision of many marks costs a fraction of many decisions of one."""

# A deadlock, a serialisation failure or a database that restarts: a few tries, spread; then the sweep finds it again.
RETRIES: Final[dict[str, Any]] = {
    "autoretry_for": (OperationalError,),
    "retry_backoff": 1,
    "retry_backoff_max": 30,
    "retry_jitter": True,
    "max_retries": 4,
}


@shared_task(name=dispatch.DECIDE_BATCH, **RETRIES)
def decide_batch(*, batch_id: int, **_from_newer_senders: object) -> int:
    """Decide what is marked in one batch, with what is marked meanwhile: rigs post several at a time."""
    time.sleep(GATHERING_SECONDS)
    dispatch.begun(dispatch.DECIDE_BATCH, {"batch_id": batch_id})
    return services.decide_batch(batch_id=batch_id, at=timezone.now())


@shared_task(name=dispatch.SWEEP_UNDECIDED, **RETRIES)
def sweep_undecided(**_from_newer_senders: object) -> int:
    """Decide every batch that has marks, whatever happened to the queue."""
    consumed = 0
    for batch_id in undecided_batches():
        consumed += services.decide_batch(batch_id=batch_id, at=timezone.now())
    return consumed


@shared_task(name=dispatch.REDECIDE_EXPIRED, **RETRIES)
def redecide_expired(**_from_newer_senders: object) -> int:
    """Decide again what rested on a fact that has ended."""
    marked = services.mark_expired(at=timezone.now())
    if marked:
        sweep_undecided()
    return marked


@shared_task(name=dispatch.RECOUNT_BATCHES, **RETRIES)
def recount_batches(**_from_newer_senders: object) -> int:
    """Recount every batch with a vehicle that has not left; a difference fails its gate until a recount agrees."""
    found = 0
    for batch_id in recounting.batches_to_recount():
        differences = recounting.recount_batch(batch_id=batch_id, at=timezone.now())
        found += len(differences)
        for difference in differences:
            log.error("Recount of batch %s: %s", batch_id, difference)
    return found
