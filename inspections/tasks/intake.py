from celery import shared_task
from django.utils import timezone

from .. import dispatch
from ..intake import queries, services
from .deciding import RETRIES


@shared_task(name=dispatch.READ_SUBMISSION, **RETRIES)
def read_submission(*, submission_id: int, **_from_newer_senders: object) -> None:
    """Read one landed file, with others that its rig left meanwhile, and keep what they measured over time."""
    _read(submission_id)


@shared_task(name=dispatch.READ_AGAIN, **RETRIES)
def read_again(*, rereading_id: int, **_from_newer_senders: object) -> int:
    """Read the files again that a person asked for, one after the other."""
    return services.read_files_again(rereading_id=rereading_id, at=timezone.now())


@shared_task(name=dispatch.RECORD_WAITING, **RETRIES)
def record_waiting(**_from_newer_senders: object) -> int:
    """Record what was waiting for a vehicle that is registered now."""
    dispatch.begun(dispatch.RECORD_WAITING, {})
    return services.record_waiting(at=timezone.now())


@shared_task(name=dispatch.SWEEP_INTAKE, **RETRIES)
def sweep_intake(**_from_newer_senders: object) -> int:
    """Read the landed files that no task has read, whatever happened to the queue, and keep the traces of those whose
    reader was broken off before."""
    unread = queries.unread_submissions(at=timezone.now())
    for submission_id in unread:
        _read(submission_id)
    for submission_id in queries.untraced_submissions(at=timezone.now()):
        services.keep_traces(submission_id=submission_id, at=timezone.now())
    return len(unread)


def _read(submission_id: int) -> None:
    read = services.read_landed(submission_id=submission_id, at=timezone.now())
    services.keep_traces_of(submissions=read, at=timezone.now())
