"""Lands the files of rigs: on disk by their hash, then in the table, then queued to be read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ..dispatch import READ_SUBMISSION, Queue, enqueue_after_commit
from ..marks.acts import one_act
from ..people.rules import Actor
from ..records.services import record_act
from ..rigs.models import Rig
from .choices import SubmissionState
from .keeping import block_named
from .models import Submission
from .storage import Landed, land_file


@one_act
def _enter(landed: Landed, rig: Rig, stated: dict[str, str], actor: Actor, at: datetime) -> tuple[Submission, bool]:
    submission, created = Submission.objects.select_for_update(no_key=True).get_or_create(
        rig=rig, sha256=landed.sha256, defaults={"size": landed.size, "received_at": at, **stated}
    )
    again = not created and _states_more(submission, stated)
    if again:
        for key, value in stated.items():
            setattr(submission, key, value or getattr(submission, key))
        submission.state, submission.attempts = SubmissionState.LANDED, 0
        submission.save()
    if created or again:
        block_named([submission], at)
        record_act(
            actor=actor,
            act="submission.landed" if created else "submission.stated_anew",
            subject_kind="submission",
            subject=submission.sha256,
            at=at,
            after={"rig": rig.code, "size": landed.size, **stated},
        )
        enqueue_after_commit(READ_SUBMISSION, queue=Queue.DEFAULT, kwargs={"submission_id": submission.pk})
    return submission, created


def land_submission(
    *,
    rig: Rig,
    stream: Iterable[bytes],
    name: str,
    actor: Actor,
    at: datetime,
    format: str = "",
    vin: str = "",
    component: tuple[str, str] | None = None,
    procedure: str = "",
) -> tuple[Submission, bool]:
    """Land a rig's file by its SHA-256 and have it read. Returns it, and whether it is new.

    `stream` yields the bytes in chunks. `format` names the adapter, `vin` or `component` (kind, serial) the subject,
    `procedure` the test, where the file does not say so itself. The same bytes from the same rig are the same
    submission; one that was quarantined is read again where more is stated now. What is named cannot pass before the
    file is read. Raises FileTooLarge.
    """
    kind, serial = component or ("", "")
    stated = {
        "name": name[:255],
        "format": format,
        "vin": vin,
        "component_kind": kind,
        "component_serial": serial,
        "procedure": procedure,
    }
    # On disk before it is in the table: a crash between leaves a file that nobody names, never a name without a file.
    return _enter(land_file(stream), rig, stated, actor, at)


def _states_more(submission: Submission, stated: dict[str, str]) -> bool:
    keys = ("format", "vin", "component_kind", "component_serial", "procedure")
    changed = any(stated[key] and stated[key] != getattr(submission, key) for key in keys)
    return submission.state == SubmissionState.QUARANTINED and changed
