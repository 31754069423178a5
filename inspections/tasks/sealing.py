import logging
from functools import lru_cache

from celery import shared_task
from django.utils import timezone

from .. import dispatch
from ..sealing import services, witnesses
from ..sealing.keys import KeyRefusal
from ..sealing.services import HorizonWentBack
from .deciding import RETRIES

log = logging.getLogger(__name__)


@shared_task(name=dispatch.SEAL_LEDGER, **RETRIES)
def seal_ledger(**_from_newer_senders: object) -> int:
    """Seal what was committed since. Without a key nothing is sealed and nothing else suffers: it is sealed later."""
    try:
        return len(services.seal_ledger(at=timezone.now()))
    except (KeyRefusal, HorizonWentBack) as refused:
        _tell_once(refused.english)
        return 0


@lru_cache(maxsize=16)
def _tell_once(why: str) -> None:
    """Every few seconds the same would drown what else the log says."""
    log.error("The record is not sealed: %s", why)


@shared_task(name=dispatch.TELL_WITNESSES, **RETRIES)
def tell_witnesses(**_from_newer_senders: object) -> int:
    """Tell the second places what they have not been told."""
    return witnesses.tell_witnesses(at=timezone.now())
