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
    """`said` has one entry for each measurement, in the order posted; `revision_id` None: nothing bound the subject.

    `is_known`: the catalogue knows every characteristic that was measured.
    """

    revision_id: int | None
    verdict: Verdict
    is_known: bool
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


def judge_of(procedure: KnownProcedure, subject: Subject, judges: Judges) -> ReadyJudge:
    """Who judges a subject's inspections: the revision pinned by its batch; without one, nothing is judged
    (`NO_PLAN`)."""
    if subject.batch is None or subject.batch.revision_id is None:
        return NO_PLAN
    key = subject.batch.revision_id, procedure.id, subject.built_at
    return judges.get(key) or judges.setdefault(key, ready_judge_for(*key))


def judge_posted(
    posted: PostedInspection, procedure: KnownProcedure, subject: Subject, judge: ReadyJudge
) -> JudgedInspection:
    """Judge every value, by the judge of that procedure and subject. Reads nothing."""
    said = judge.say_all(posted, procedure)
    revision_id = None if subject.batch is None else subject.batch.revision_id
    return JudgedInspection(revision_id, *judge.conclude(said), said)


def judge_sample(
    posted: PostedInspection, procedure: KnownProcedure, revision_id: int, subject: Subject
) -> JudgedSample | None:
    """What the inspection says as a sample: its verdict against the sample requirements alone. None where the revision
    asks for no samples of this procedure."""
    judge = ready_sample_judge_for(revision_id, procedure.id, subject.built_at)
    if judge is None:
        return None
    said = judge.say_all(posted, procedure)
    verdict = judge.conclude(said).verdict
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
