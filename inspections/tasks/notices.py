from celery import shared_task
from django.utils import timezone

from .. import dispatch
from ..gates.services import note_ended_coverage
from ..notices import services
from ..releases.noting import note_lapsed_releases, note_suspended_releases
from ..rigs.services import note_ended_calibrations
from .deciding import RETRIES


@shared_task(name=dispatch.TELL_PEOPLE, **RETRIES)
def tell_people(**_from_newer_senders: object) -> int:
    """Note what time alone has ended, gather what is untold, write the mails that close, send them."""
    at = timezone.now()
    note_ended_calibrations(at=at)
    note_ended_coverage(at=at)
    note_suspended_releases(at=at)
    note_lapsed_releases(at=at)
    services.gather_notices(at=at)
    try:
        services.compose_mails(at=at)
    finally:
        # What is written goes out, whatever could not be written.
        sent = services.send_mails(at=at)
    return sent
