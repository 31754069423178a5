"""Records what was read of files of one rig, in one act: some tests of a large one, or all of several small ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ..marks.acts import one_act
from ..marks.trips import Statement, run_together
from ..records.services import Act, appending
from ..results.services import Recorded, RecordState, record_inspections
from .choices import SubmissionState
from .faulting import Earlier, keep_faults, named_of, settle_earlier, settle_same_ids, stated_anew, wait_for
from .findings import note_findings
from .keeping import block_named
from .models import Submission
from .reading import Fault, ReadTest
from .turns import Turn, locked, note_alive
from .waiting import source_of

MOST_REASONS: Final = 100


@dataclass(frozen=True, slots=True)
class Ending:
    """How the reading of a file ended. `whole`: it was read to its end."""

    faults: Sequence[Fault] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Portion:
    """What was read of one file and is recorded in one act. `ending` None: more of it follows."""

    turn: Turn
    good: Sequence[ReadTest] = ()
    faults: Sequence[Fault] = ()
    ending: Ending | None = None


@dataclass(slots=True)
class _Entry:
    """A portion on its way into the tables, with the row of its file. What the turn knows is changed by an act that
    stands alone, so that one that is repeated begins with what was known before it."""

    portion: Portion
    row: Submission
    earlier: Earlier
    stood: set[str]
    pairs: Sequence[tuple[ReadTest, Recorded]] = ()
    kept: list[Fault] = field(default_factory=list)

    @property
    def ending(self) -> Ending | None:
        return self.portion.ending


def record_portions(portions: Sequence[Portion], meanwhile: Callable[[], None] | None = None) -> list[Submission]:
    """Record portions of different files of one rig in one act. Returns the rows of the files that were still these
    readers' own: of any other nothing is done. `meanwhile` is called while the database is busy."""
    entries = _enter(portions, meanwhile)
    for entry in entries:
        entry.portion.turn.earlier, entry.portion.turn.stood = entry.earlier, frozenset(entry.stood)
    return [entry.row for entry in entries]


@one_act
def _enter(portions: Sequence[Portion], meanwhile: Callable[[], None] | None) -> list[_Entry]:
    by_file = {portion.turn.submission.pk: portion for portion in portions}
    entries = [
        _Entry(portion, row, portion.turn.earlier.copy(), set(portion.turn.stood))
        for row in locked(by_file)
        if (portion := by_file[row.pk]).turn.is_ours(row)
    ]
    if not entries:
        return []
    at = entries[0].portion.turn.at
    for entry in entries:
        _note_reader(entry)
    _record(entries, at, meanwhile)
    for entry in entries:
        _answer(entry, at)
    settle_same_ids(
        entries[0].row.rig_id,
        [(entry.row.pk, fate) for entry in entries for _, fate in entry.pairs],
        entries[0].portion.turn.actor,
        at,
    )
    note_findings(stated=[(fate, one.stated) for entry in entries for one, fate in entry.pairs], at=at)
    keep_faults([(entry.row, fault) for entry in entries for fault in _faults(entry)], at)
    ended = [entry for entry in entries if entry.ending is not None]
    for entry in ended:
        _finish(entry, at)
    block_named([entry.row for entry in ended], at)
    acts = appending(actor=entries[0].portion.turn.actor, acts=[_act(entry) for entry in ended], at=at)
    run_together(_saving(entries), *([acts] if acts else []))
    note_alive([entry.row.pk for entry in entries if entry.ending is None])
    return entries


def _note_reader(entry: _Entry) -> None:
    turn, row = entry.portion.turn, entry.row
    row.adapter, row.adapter_version, row.profile_revision = turn.adapter, turn.version, turn.revision


def _record(entries: Sequence[_Entry], at: datetime, meanwhile: Callable[[], None] | None) -> None:
    sources = [source_of(entry.row) for entry in entries]
    good = [one.posted for entry in entries for one in entry.portion.good]
    if not good:
        return
    fates = iter(
        record_inspections(
            items=good,
            rig=entries[0].row.rig,
            actor=entries[0].portion.turn.actor,
            at=at,
            sources=[
                source for entry, source in zip(entries, sources, strict=True) for _ in range(len(entry.portion.good))
            ],
            meanwhile=meanwhile,
        )
    )
    for entry in entries:
        entry.pairs = [(one, next(fates)) for one in entry.portion.good]


def _answer(entry: _Entry, at: datetime) -> None:
    """What became of each test of a file: counted, waiting, or a fault."""
    row, pairs = entry.row, entry.pairs
    standing, conflicts = stated_anew(row, pairs, entry.stood)
    waiting = [pair for pair in pairs if pair[1].state is RecordState.WAITING]
    waits_otherwise = wait_for(row, waiting, at)
    answered = standing | {fault.named.external_id for fault in conflicts}
    entry.kept = [*entry.portion.faults, *conflicts, *_refusals(pairs, answered), *waits_otherwise]
    entry.earlier.note_done([fate for _, fate in pairs], standing)
    done = sum(fate.state in (RecordState.RECORDED, RecordState.REPEATED) for _, fate in pairs) + len(standing)
    row.recorded += done
    row.waiting += len(waiting) - len(waits_otherwise)
    row.refused += len(entry.kept)
    row.reasons = [*row.reasons, *(fault.reason() for fault in entry.kept)][:MOST_REASONS]


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


def _faults(entry: _Entry) -> Iterator[Fault]:
    """All that is kept of this portion; this reading says anew what is of the same test and subject."""
    for fault in (*entry.kept, *(entry.ending.faults if entry.ending else ())):
        entry.earlier.note_kept(fault.named)
        yield fault


def _finish(entry: _Entry, at: datetime) -> None:
    """Say what became of the whole file."""
    row, ending = entry.row, entry.ending
    if ending is None:
        return
    row.refused += len(ending.faults)
    row.reasons = [*row.reasons[: MOST_REASONS - len(ending.faults)], *(fault.reason() for fault in ending.faults)]
    settle_earlier(row, entry.earlier, at, whole=ending.whole, clean=row.refused == 0)
    row.read_at, row.reading_at, row.attempts = at, None, max(row.attempts, 1)
    row.state = SubmissionState.QUARANTINED if row.refused else SubmissionState.RECORDED


def _act(entry: _Entry) -> Act:
    row, turn = entry.row, entry.portion.turn
    return Act(
        f"submission.{row.state}",
        "submission",
        row.sha256,
        after={
            "adapter": turn.adapter,
            "version": turn.version,
            "profile": None if turn.revision is None else turn.revision.profile.code,
            "revision": None if turn.revision is None else turn.revision.number,
            "recorded": row.recorded,
            "refused": row.refused,
            "waiting": row.waiting,
        },
    )


_COLUMNS: Final = (
    ("adapter", "text"),
    ("adapter_version", "text"),
    ("profile_revision_id", "bigint"),
    ("recorded", "integer"),
    ("waiting", "integer"),
    ("refused", "integer"),
    ("reasons", "jsonb"),
    ("state", "text"),
    ("read_at", "timestamptz"),
    ("attempts", "smallint"),
)
_SAVE: Final = (
    "update inspections_submission s set "  # noqa: S608 made of the names above
    + ", ".join(f"{name} = read.{name}" for name, _ in _COLUMNS)
    + ", reading_at = case read.state when 'landed' then s.reading_at end"
    + f" from jsonb_to_recordset(%s::jsonb) as read(id bigint, {', '.join(map(' '.join, _COLUMNS))})"
    + " where s.id = read.id"
)


def _saving(entries: Iterable[_Entry]) -> Statement:
    return _SAVE, [json.dumps([_saved(entry.row) for entry in entries])]


def _saved(row: Submission) -> dict[str, Any]:
    read_at = None if row.read_at is None else row.read_at.isoformat()
    return {name: getattr(row, name) for name, _ in _COLUMNS} | {"id": row.pk, "read_at": read_at}
