"""Reads the landed files of rigs and records what is in them by the one path, or says why that cannot be.

Some hundreds of tests are one act. What was recorded stays, whatever follows it in the file. A reader that began later
takes the file over: the one before it stops at its next act, so that however many read, each test is recorded once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Final

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from ..adapters import registry
from ..adapters.canonical import AdapterError, CanonicalInspection
from ..marks.acts import one_act
from ..people.rules import Actor, ActorKind
from ..records.services import record_act
from ..results.services import Recorded, RecordState, record_inspections
from ..rigs.models import ProfileRevision
from .choices import SubmissionState
from .chunks import Chunks
from .faulting import Earlier, keep_faults, named_of, settle_earlier, settle_same_ids, stated_anew, wait_for
from .findings import note_findings
from .keeping import block_named
from .mapping import Unmapped
from .models import Submission
from .reading import Fault, FileReader, ReadTest, reader_of, stated_with
from .storage import FileAltered, StoreUnavailable, open_file
from .waiting import source_of

log = logging.getLogger(__name__)

MOST_ATTEMPTS: Final = 5
TESTS_AN_ACT: Final = 500
VALUES_AN_ACT: Final = 20_000
MOST_REASONS: Final = 100


@dataclass(slots=True)
class _Turn:
    """One reading of a file. `number` tells it from those before and after; `stood` are ids that stand otherwise read
    before, met in it."""

    submission: Submission
    number: int
    at: datetime
    earlier: Earlier
    adapter: str = ""
    version: str = ""
    revision: ProfileRevision | None = None
    stood: set[str] = field(default_factory=set)

    @property
    def actor(self) -> Actor:
        rig = self.submission.rig
        return Actor(ActorKind.RIG, rig.pk, rig.code)


def read_submission(*, submission_id: int, at: datetime) -> Submission:
    """Read one landed file and record what is in it. What was read before stays as it is.

    Whatever cannot be read or recorded puts the submission in quarantine with its reasons, and blocks the vehicle
    that it names. A file over which workers broke off five times is left to a person. Raises StoreUnavailable, which
    counts as no attempt.
    """
    submission = _begin(submission_id)
    if submission.state != SubmissionState.LANDED:
        return submission
    turn = _Turn(submission, submission.attempts, at, Earlier.of(submission))
    if submission.attempts > MOST_ATTEMPTS:
        detail = f"Reading broke off {MOST_ATTEMPTS} times; see the log."
        return _finish(turn, [Fault("reading_broke_off", detail, stated_with(submission))])
    try:
        file = open_file(submission.sha256)
    except StoreUnavailable:
        # The store was not there: that says nothing of the file, and is tried again for as long as it takes.
        Submission.objects.filter(pk=submission.pk, attempts=turn.number).update(
            attempts=F("attempts") - 1, reading_at=None
        )
        raise
    except FileAltered as altered:
        log.error("The file of submission %s was altered: %s", submission.pk, submission.sha256)
        return _finish(turn, [Fault("file_altered", str(altered), stated_with(submission))])
    except FileNotFoundError:
        log.error("The file of submission %s is gone: %s", submission.pk, submission.sha256)
        detail = "The file is not on disk any more; send it again."
        return _finish(turn, [Fault("file_missing", detail, stated_with(submission))])
    with closing(file):
        return _read(turn, file)


@transaction.atomic
def _begin(submission_id: int) -> Submission:
    """Count the attempt before it is made: one that kills its worker counts too."""
    submission = _locked(submission_id)
    if submission.state == SubmissionState.LANDED:
        submission.attempts += 1
        submission.recorded = submission.waiting = submission.refused = 0
        submission.reasons = []
        submission.save(update_fields=["attempts", "recorded", "waiting", "refused", "reasons"])
        # When a reader was heard of is a sign of life, no moment of the act: the clock of the database tells it.
        Submission.objects.filter(pk=submission.pk).update(reading_at=Now())
    return submission


def _locked(submission_id: int) -> Submission:
    rows = Submission.objects.select_for_update(no_key=True, of=("self",)).select_related("rig")
    return rows.get(pk=submission_id)


def _read(turn: _Turn, file: BinaryIO) -> Submission:
    named = stated_with(turn.submission)
    try:
        reader, turn.revision = reader_of(turn.submission, file)
    except registry.UnknownFormat as refusal:
        return _finish(turn, [Fault("unknown_format", str(refusal), named)])
    except Unmapped as refusal:
        return _finish(turn, [Fault(refusal.code, str(refusal), named)])
    turn.adapter, turn.version = reader.adapter.name, reader.adapter.version
    file.seek(0)
    chunks = Chunks(reader.tests(file), TESTS_AN_ACT, _weight, VALUES_AN_ACT)
    count = 0
    while portion := chunks.next():
        tests = [one for one in portion if isinstance(one, CanonicalInspection)]
        count += len(tests)
        if tests and not _record(turn, reader, tests, chunks):
            return _locked_now(turn)
        if isinstance(portion[-1], AdapterError):
            broken = portion[-1]
            return _finish(turn, [Fault("unreadable", str(broken), named, place=broken.place)], whole=False)
    return _finish(turn, [] if count else [Fault("empty", "There is no test in the file.", named)])


def _weight(one: CanonicalInspection | AdapterError) -> int:
    return len(one.items) if isinstance(one, CanonicalInspection) else 0


def _locked_now(turn: _Turn) -> Submission:
    return Submission.objects.select_related("rig").get(pk=turn.submission.pk)


def _record(turn: _Turn, reader: FileReader, tests: Sequence[CanonicalInspection], chunks: Chunks[Any]) -> bool:
    read = [reader.read(test) for test in tests]
    good = [one for one in read if isinstance(one, ReadTest)]
    faults = [fault for one in read if not isinstance(one, ReadTest) for fault in one]
    return _record_portion(turn, good, faults, chunks)


@one_act
def _record_portion(turn: _Turn, good: Sequence[ReadTest], faults: Sequence[Fault], chunks: Chunks[Any]) -> bool:
    """Record some tests of the file in one act. False where another reader took the file over."""
    submission = _locked(turn.submission.pk)
    if not _is_ours(turn, submission):
        return False
    _note_reader(turn, submission)
    fates = record_inspections(
        items=[one.posted for one in good],
        rig=submission.rig,
        actor=turn.actor,
        at=turn.at,
        source=source_of(submission),
        meanwhile=chunks.read,
    )
    pairs = list(zip(good, fates, strict=True))
    standing, conflicts = stated_anew(submission, pairs, turn.stood)
    waiting = [pair for pair in pairs if pair[1].state is RecordState.WAITING]
    waits_otherwise = wait_for(submission, waiting, turn.at)
    answered = standing | {fault.named.external_id for fault in conflicts}
    kept = [*faults, *conflicts, *_refusals(pairs, answered), *waits_otherwise]
    settle_same_ids(submission, fates, turn.actor, turn.at)
    note_findings(stated=_stated(pairs), at=turn.at)
    turn.earlier.note_done(fates, standing)
    keep_faults(submission, kept, turn.earlier, turn.at)
    done = sum(fate.state in (RecordState.RECORDED, RecordState.REPEATED) for fate in fates) + len(standing)
    _count(submission, done, len(waiting) - len(waits_otherwise), kept)
    return True


def _is_ours(turn: _Turn, submission: Submission) -> bool:
    return submission.state == SubmissionState.LANDED and submission.attempts == turn.number


def _note_reader(turn: _Turn, submission: Submission) -> None:
    submission.adapter, submission.adapter_version = turn.adapter, turn.version
    submission.profile_revision = turn.revision
    submission.save(update_fields=["adapter", "adapter_version", "profile_revision"])


def _refusals(pairs: Sequence[tuple[ReadTest, Recorded]], answered: set[str]) -> list[Fault]:
    """What recording refused. `answered`: the ids of which it was said already, each once: a second one of an id in
    one file is a conflict by itself."""
    left = set(answered)
    faults = []
    for one, fate in pairs:
        if fate.state not in (RecordState.CONFLICT, RecordState.REFUSED):
            continue
        if fate.external_id in left:
            left.discard(fate.external_id)
            continue
        status = 409 if fate.state is RecordState.CONFLICT else 422
        faults.append(Fault(fate.code, fate.detail, named_of(one.posted), status, fate.pointer))
    return faults


def _stated(pairs: Sequence[tuple[ReadTest, Recorded]]) -> dict[int, Sequence[Any]]:
    return {
        fate.inspection_id: one.stated
        for one, fate in pairs
        if fate.state is RecordState.RECORDED and fate.inspection_id is not None
    }


def _count(submission: Submission, done: int, waiting: int, kept: Sequence[Fault]) -> None:
    submission.recorded = F("recorded") + done
    submission.waiting = F("waiting") + waiting
    submission.refused = F("refused") + len(kept)
    submission.reasons = [*submission.reasons, *(fault.reason() for fault in kept)][:MOST_REASONS]
    submission.reading_at = Now()
    submission.save(update_fields=["recorded", "waiting", "refused", "reasons", "reading_at"])


@one_act
def _finish(turn: _Turn, faults: Sequence[Fault], *, whole: bool = True) -> Submission:
    """Say what became of the file, in one act; only once, whoever comes first. `whole`: it was read to its end."""
    submission = _locked(turn.submission.pk)
    if not _is_ours(turn, submission):
        return submission
    _note_reader(turn, submission)
    keep_faults(submission, faults, turn.earlier, turn.at)
    submission.refused += len(faults)
    submission.reasons = [*submission.reasons[: MOST_REASONS - len(faults)], *(fault.reason() for fault in faults)]
    settle_earlier(submission, turn.earlier, turn.at, whole=whole, clean=submission.refused == 0)
    submission.read_at, submission.reading_at = turn.at, None
    submission.state = SubmissionState.QUARANTINED if submission.refused else SubmissionState.RECORDED
    submission.save()
    block_named(submission, turn.at)
    record_act(
        actor=turn.actor,
        act=f"submission.{submission.state}",
        subject_kind="submission",
        subject=submission.sha256,
        at=turn.at,
        after={
            "adapter": turn.adapter,
            "version": turn.version,
            "profile": None if turn.revision is None else turn.revision.profile.code,
            "revision": None if turn.revision is None else turn.revision.number,
            "recorded": submission.recorded,
            "refused": submission.refused,
            "waiting": submission.waiting,
        },
    )
    return submission
