"""The judges of pinned revisions, kept ready: a revision is frozen, so what it asks of a procedure never changes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final

from ..catalogue.queries import requirements_of
from ..evaluation.facts import Level, Requirement
from ..evaluation.inspecting import ProcedureJudge
from .ready import ReadyJudge

_MOST_KEPT: Final = 2_000
_Key = tuple[int, int, datetime | None, bool]
_kept: OrderedDict[_Key, tuple[tuple[Requirement, ...], ReadyJudge]] = OrderedDict()
_guard: Final = Lock()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A revision's lines; the procedures of which it asks samples; those with a line that binds by date alone."""

    lines: tuple[Requirement, ...]
    sampled: frozenset[int]
    dated: frozenset[int]


_asked: Final[dict[int, _Asked]] = {}


def judge_for(revision_id: int, procedure_id: int, built_at: datetime | None) -> ProcedureJudge:
    """What judges inspections of a procedure on a revision, for a car built at that moment."""
    judge = ready_judge_for(revision_id, procedure_id, built_at).judge
    if judge is None:
        raise RuntimeError("a revision has a judge, whatever it asks")
    return judge


def ready_judge_for(revision_id: int, procedure_id: int, built_at: datetime | None) -> ReadyJudge:
    """`judge_for` with what it said before."""
    return _judge(revision_id, procedure_id, built_at, samples_only=False)


def sample_judge_for(revision_id: int, procedure_id: int, built_at: datetime | None) -> ProcedureJudge | None:
    """As `judge_for`, of the revision's sample requirements alone; None where it asks for no samples of it."""
    ready = ready_sample_judge_for(revision_id, procedure_id, built_at)
    return None if ready is None else ready.judge


def asks_samples(revision_id: int, procedure_id: int) -> bool:
    """Whether a revision asks for samples of a procedure."""
    return procedure_id in _asked_of(revision_id).sampled


def ready_sample_judge_for(revision_id: int, procedure_id: int, built_at: datetime | None) -> ReadyJudge | None:
    """`sample_judge_for` with what it said before."""
    if not asks_samples(revision_id, procedure_id):
        return None
    return _judge(revision_id, procedure_id, built_at, samples_only=True)


def _judge(revision_id: int, procedure_id: int, built_at: datetime | None, *, samples_only: bool) -> ReadyJudge:
    asked_of = _asked_of(revision_id)
    lines = asked_of.lines
    moment = built_at if procedure_id in asked_of.dated else None
    key = revision_id, procedure_id, moment, samples_only
    with _guard:
        kept = _kept.get(key)
        # A revision that is still a draft is read anew each time: then these are other lines.
        if kept is not None and kept[0] is lines:
            _kept.move_to_end(key)
            return kept[1]
    asked = [line for line in lines if line.procedure_id == procedure_id]
    if samples_only:
        asked = [line for line in asked if line.level is Level.SAMPLE]
    judge = ReadyJudge(ProcedureJudge(asked, built_at=moment))
    with _guard:
        _kept[key] = (lines, judge)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return judge


def _asked_of(revision_id: int) -> _Asked:
    lines = requirements_of(revision_id)
    kept = _asked.get(revision_id)
    if kept is not None and kept.lines is lines:
        return kept
    asked = _Asked(
        lines,
        frozenset(line.procedure_id for line in lines if line.level is Level.SAMPLE),
        frozenset(line.procedure_id for line in lines if line.effective_from or line.effective_to),
    )
    if len(_asked) >= _MOST_KEPT:
        _asked.clear()
    _asked[revision_id] = asked
    return asked
