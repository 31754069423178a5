"""Reads the landed files of rigs and records what is in them by the one path, or says why that cannot be.

Some hundreds of tests are one act, of one large file or of several small ones. What was recorded stays, whatever
follows it. What becomes of a file does not depend on what was read together with it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Final

from django.db import OperationalError

from ..adapters import registry
from ..adapters.canonical import AdapterError, CanonicalInspection
from .choices import SubmissionState
from .chunks import Chunks
from .mapping import Unmapped
from .models import Submission
from .portions import Ending, Portion, record_portions
from .reading import Fault, FileReader, Known, ReadTest, reader_of
from .storage import FileAltered, StoreUnavailable, open_file
from .turns import Turn, begin_alone, begin_together, let_go

log = logging.getLogger(__name__)

MOST_ATTEMPTS: Final = 5
TESTS_AN_ACT: Final = 500
VALUES_AN_ACT: Final = 20_000


def read_submission(*, submission_id: int, at: datetime) -> Submission:
    """Read one landed file and record what is in it. What was read before stays as it is.

    Whatever cannot be read or recorded puts the submission in quarantine with its reasons, and blocks the vehicle
    that it names. A file over which workers broke off five times is left to a person. Raises StoreUnavailable, which
    counts as no attempt.
    """
    turn = begin_alone(submission_id, at)
    if turn is not None:
        _read_all([turn])
    return Submission.objects.select_related("rig").get(pk=submission_id)


def read_landed(*, submission_id: int, at: datetime) -> list[Submission]:
    """`read_submission`, and with it other small files of its rig that landed and nobody has tried, as a rig leaves
    them that writes a file for each test: many cost little more than one. Returns those that it had in hand.

    Where something breaks that is no fault of a file, what was read before is recorded, what was not is given back.
    """
    row = Submission.objects.only("state", "adapter").get(pk=submission_id)
    if row.state != SubmissionState.LANDED:
        return [row]
    turns = begin_together(submission_id, at)
    _read_all(turns)
    return [turn.submission for turn in turns]


def _read_all(turns: Sequence[Turn]) -> None:
    if not turns:
        return
    gathered = _Gathered()
    known = Known(turns[0].submission.rig)
    for place, turn in enumerate(turns):
        try:
            _read(turn, known, gathered)
        except StoreUnavailable:
            # The store was not there: that says nothing of the file, and is tried again for as long as it takes.
            gathered.record()
            let_go(turns[place:])
            raise
        except Exception:
            gathered.record()
            let_go(turns[place + 1 :])
            raise
    gathered.record()


@dataclass(slots=True)
class _Gathered:
    """Whole small files that are recorded in one act."""

    portions: list[Portion] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    weight: int = 0

    def add(self, portion: Portion) -> None:
        """Where one has an id that another has, what that one said of it has to stand first."""
        ids = {one.posted.id for one in portion.good} | {fault.named.external_id for fault in portion.faults} - {""}
        weight = sum(len(one.canonical.items) for one in portion.good)
        tests = len(self.ids) + len(ids)
        if self.ids & ids or tests > TESTS_AN_ACT or self.weight + weight > VALUES_AN_ACT:
            self.record()
        self.portions.append(portion)
        self.ids |= ids
        self.weight += weight

    def record(self) -> None:
        """Record them. Where that breaks, each is recorded by itself, so that none takes another with it."""
        portions, self.portions, self.ids, self.weight = self.portions, [], set(), 0
        if not portions:
            return
        try:
            record_portions(portions)
        except OperationalError:
            raise
        except Exception:
            if len(portions) == 1:
                raise
            log.exception("%s files could not be recorded together; each is recorded by itself.", len(portions))
        else:
            return
        _record_each(portions)


def _record_each(portions: Sequence[Portion]) -> None:
    broken = []
    for portion in portions:
        try:
            record_portions([portion])
        except OperationalError:
            raise
        except Exception as error:
            log.exception("Submission %s is left as it is, the others go on.", portion.turn.submission.pk)
            broken.append(error)
    if broken:
        raise ExceptionGroup(f"{len(broken)} files are left as they are", broken)


def _read(turn: Turn, known: Known, gathered: _Gathered) -> None:
    if turn.number > MOST_ATTEMPTS:
        detail = f"Reading broke off {MOST_ATTEMPTS} times; see the log."
        gathered.add(_ended(turn, "reading_broke_off", detail))
        return
    try:
        file = open_file(turn.submission.sha256)
    except FileAltered as altered:
        log.error("The file of submission %s was altered: %s", turn.submission.pk, turn.submission.sha256)
        gathered.add(_ended(turn, "file_altered", str(altered)))
        return
    except FileNotFoundError:
        log.error("The file of submission %s is gone: %s", turn.submission.pk, turn.submission.sha256)
        gathered.add(_ended(turn, "file_missing", "The file is not on disk any more; send it again."))
        return
    with closing(file):
        _read_file(turn, file, known, gathered)


def _ended(turn: Turn, code: str, detail: str) -> Portion:
    """A file of which nothing can be recorded, and why."""
    return Portion(turn, ending=Ending([Fault(code, detail, turn.said.stated)]))


def _read_file(turn: Turn, file: BinaryIO, known: Known, gathered: _Gathered) -> None:
    try:
        reader, turn.revision = reader_of(turn.submission, turn.said, file, known)
    except registry.UnknownFormat as refusal:
        gathered.add(_ended(turn, "unknown_format", str(refusal)))
        return
    except Unmapped as refusal:
        gathered.add(_ended(turn, refusal.code, str(refusal)))
        return
    turn.adapter, turn.version = reader.adapter.name, reader.adapter.version
    file.seek(0)
    chunks = Chunks(reader.tests(file), TESTS_AN_ACT, _weight, VALUES_AN_ACT)
    portion = _portion(turn, reader, chunks, is_first=True)
    if portion.ending is not None:
        gathered.add(portion)
        return
    gathered.record()
    while record_portions([portion], chunks.read) and portion.ending is None:
        portion = _portion(turn, reader, chunks, is_first=False)


def _weight(one: CanonicalInspection | AdapterError) -> int:
    return len(one.items) if isinstance(one, CanonicalInspection) else 0


def _portion(
    turn: Turn, reader: FileReader, chunks: Chunks[CanonicalInspection | AdapterError], *, is_first: bool
) -> Portion:
    found = chunks.next()
    tests = [one for one in found if isinstance(one, CanonicalInspection)]
    ending = None
    if found and isinstance(broken := found[-1], AdapterError):
        ending = Ending([Fault("unreadable", str(broken), turn.said.stated, place=broken.place)], whole=False)
    elif is_first and not tests:
        ending = Ending([Fault("empty", "There is no test in the file.", turn.said.stated)])
    elif chunks.is_over:
        ending = Ending()
    read = [reader.read(test) for test in tests]
    good = [one for one in read if isinstance(one, ReadTest)]
    faults = [fault for one in read if not isinstance(one, ReadTest) for fault in one]
    return Portion(turn, good, faults, ending)
