"""The judges of pinned revisions, kept ready: a revision is frozen, so what it asks of a procedure never changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from threading import Lock
from typing import Final

from ..catalogue.queries import requirements_of
from ..evaluation.facts import Level, Requirement
from ..evaluation.inspecting import ProcedureJudge

_MOST_KEPT: Final = 2_000
_Key = tuple[int, int, datetime | None, bool]
_kept: OrderedDict[_Key, tuple[tuple[Requirement, ...], ProcedureJudge]] = OrderedDict()
_guard: Final = Lock()


def judge_for(revision_id: int, procedure_id: int, built_at: datetime | None) -> ProcedureJudge:
    """What judges inspections of a procedure on a revision, for a car built at that moment."""
    return _judge(revision_id, procedure_id, built_at, samples_only=False)


def sample_judge_for(revision_id: int, procedure_id: int, built_at: datetime | None) -> ProcedureJudge | None:
    """As `judge_for`, of the revision's sample requirements alone; None where it asks for no samples of it."""
    lines = requirements_of(revision_id)
    if not any(line.level is Level.SAMPLE and line.procedure_id == procedure_id for line in lines):
        return None
    return _judge(revision_id, procedure_id, built_at, samples_only=True)


def _judge(revision_id: int, procedure_id: int, built_at: datetime | None, *, samples_only: bool) -> ProcedureJudge:
    lines = requirements_of(revision_id)
    moment = built_at if _dated(lines, procedure_id) else None
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
    judge = ProcedureJudge(asked, built_at=moment)
    with _guard:
        _kept[key] = (lines, judge)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return judge


def _dated(lines: Sequence[Requirement], procedure_id: int) -> bool:
    return any(
        line.procedure_id == procedure_id and (line.effective_from is not None or line.effective_to is not None)
        for line in lines
    )
