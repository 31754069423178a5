import logging
import time
from collections.abc import Callable, Iterable
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
    """Decide every batch that has marks, whatever happened to the queue; then complete what nothing keeps any more."""
    dispatch.begun(dispatch.SWEEP_UNDECIDED, {})
    decided = _each(undecided_batches(), lambda batch_id: services.decide_batch(batch_id=batch_id, at=timezone.now()))
    services.settle_batches(at=timezone.now())
    return decided


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
    return _each(recounting.batches_to_recount(), _recount_batch)


def _recount_batch(batch_id: int) -> int:
    differences = recounting.recount_batch(batch_id=batch_id, at=timezone.now())
    for difference in differences:
        log.error("Recount of batch %s: %s", batch_id, difference)
    return len(differences)


def _each(batches: Iterable[int], work: Callable[[int], int]) -> int:
    """Do the work for each batch: one over which it breaks keeps no other waiting. Returns the sum.

    Raises OperationalError at once, since a database out of reach is so for all, and at the end whatever else broke.
    """
    done, broken = 0, []
    for batch_id in batches:
        try:
            done += work(batch_id)
        except OperationalError:
            raise
        except Exception as error:
            log.exception("Batch %s is left as it is, the others go on.", batch_id)
            broken.append(error)
    if broken:
        raise ExceptionGroup(f"{len(broken)} batches are left as they are", broken)
    return done
