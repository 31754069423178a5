"""One posted inspection judged against the revision that binds its subject (law 3): done once, then frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from ..evaluation.facts import Verdict
from ..evaluation.inspecting import Judged
from ..evaluation.reasons import Outcome
from .plans import ready_judge_for, ready_sample_judge_for
from .posted import PostedInspection
from .ready import NO_PLAN, KnownProcedure, ReadyJudge, Said
from .subjects import Subject


class JudgedInspection(Struct, frozen=True, gc=False):
    """`said` has one entry for each measurement, in the order posted; `revision_id` None: nothing bound the subject."""

    revision_id: int | None
    verdict: Verdict
    said: Sequence[Said]

    @property
    def rows(self) -> list[Judged]:
        return [one.row for one in self.said]


@dataclass(frozen=True, slots=True)
class JudgedSample:
    """`worst` is the worst characteristic where the sample does not conform; `failed` are all that failed, by id."""

    verdict: Verdict
    worst: int | None = None
    failed: tuple[int, ...] = ()


Judges: TypeAlias = dict[tuple[int, int, datetime | None], ReadyJudge]
"""The judges that one act has looked up: by revision, procedure and when the car was built."""


def judge_posted(
    posted: PostedInspection, procedure: KnownProcedure, subject: Subject, judges: Judges
) -> JudgedInspection:
    """Judge every value on the revision pinned by the subject's batch; without one, nothing is judged (`NO_PLAN`)."""
    revision_id = None if subject.batch is None else subject.batch.revision_id
    judge = NO_PLAN
    if revision_id is not None:
        key = revision_id, procedure.id, subject.built_at
        judge = judges.get(key) or judges.setdefault(key, ready_judge_for(*key))
    said = judge.say_all(posted, procedure)
    return JudgedInspection(revision_id, judge.verdict(said), said)


def judge_sample(
    posted: PostedInspection, procedure: KnownProcedure, revision_id: int, subject: Subject
) -> JudgedSample | None:
    """What the inspection says as a sample: its verdict against the sample requirements alone. None where the revision
    asks for no samples of this procedure."""
    judge = ready_sample_judge_for(revision_id, procedure.id, subject.built_at)
    if judge is None:
        return None
    said = judge.say_all(posted, procedure)
    verdict = judge.verdict(said)
    if verdict.outcome is Outcome.PASS:
        return JudgedSample(verdict)
    asked = [one.row for one in said if one.row.requirement_id is not None]
    worst = max(asked, key=lambda row: row.verdict.outcome, default=None)
    failed = {row.characteristic_id for row in asked if row.verdict.outcome is Outcome.FAIL}
    return JudgedSample(
        verdict,
        None if worst is None else worst.characteristic_id,
        tuple(sorted(number for number in failed if number is not None)),
    )
