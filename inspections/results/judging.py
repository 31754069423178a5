"""One posted inspection judged against the revision that binds its subject (law 3): done once, then frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..evaluation.facts import Verdict
from ..evaluation.inspecting import Judged, ProcedureJudge
from ..evaluation.reasons import JudgementReason, Outcome
from .plans import judge_for, sample_judge_for
from .posted import PostedInspection
from .readings import reading_of
from .subjects import Subject

CLAIMS: Final = {"pass": Outcome.PASS, "fail": Outcome.FAIL, None: None}


@dataclass(frozen=True, slots=True)
class KnownCharacteristic:
    """A characteristic of the inspection's own procedure. Another procedure's is as unknown as a misspelt one."""

    id: int
    kind: str


@dataclass(frozen=True, slots=True)
class KnownProcedure:
    id: int
    code: str
    domain: str
    characteristics: Mapping[str, KnownCharacteristic]


@dataclass(frozen=True, slots=True)
class JudgedInspection:
    """`rows` has one entry for each measurement, in the order posted; `revision_id` None: nothing bound the subject."""

    revision_id: int | None
    verdict: Verdict
    rows: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class JudgedSample:
    """`worst` is the worst characteristic where the sample does not conform; `failed` are all that failed, by id."""

    verdict: Verdict
    worst: int | None = None
    failed: tuple[int, ...] = ()


def judge_posted(posted: PostedInspection, procedure: KnownProcedure, subject: Subject) -> JudgedInspection:
    """Judge every value on the revision pinned by the subject's batch; without one, nothing is judged (`NO_PLAN`)."""
    revision_id = None if subject.batch is None else subject.batch.revision_id
    if revision_id is None:
        rows = tuple(_not_judged(item.characteristic, item.position, procedure) for item in posted.measurements)
        return JudgedInspection(None, Verdict(Outcome.NOT_JUDGED, JudgementReason.NO_PLAN), rows)
    judge = judge_for(revision_id, procedure.id, subject.built_at)
    rows = _judge_all(posted, procedure, judge)
    return JudgedInspection(revision_id, judge.verdict(rows).verdict, rows)


def judge_sample(
    posted: PostedInspection, procedure: KnownProcedure, revision_id: int, subject: Subject
) -> JudgedSample | None:
    """What the inspection says as a sample: its verdict against the sample requirements alone. None where the revision
    asks for no samples of this procedure."""
    judge = sample_judge_for(revision_id, procedure.id, subject.built_at)
    if judge is None:
        return None
    rows = _judge_all(posted, procedure, judge)
    verdict = judge.verdict(rows).verdict
    if verdict.outcome is Outcome.PASS:
        return JudgedSample(verdict)
    asked = [row for row in rows if row.requirement_id is not None]
    worst = max(asked, key=lambda row: row.verdict.outcome, default=None)
    failed = {row.characteristic_id for row in asked if row.verdict.outcome is Outcome.FAIL}
    return JudgedSample(
        verdict,
        None if worst is None else worst.characteristic_id,
        tuple(sorted(number for number in failed if number is not None)),
    )


def _judge_all(posted: PostedInspection, procedure: KnownProcedure, judge: ProcedureJudge) -> tuple[Judged, ...]:
    known = procedure.characteristics
    rows = []
    for item in posted.measurements:
        found, value = known.get(item.characteristic), item.value
        number = None if found is None else found.id
        # A number is equal to the text that spells it, and is judged otherwise: the type tells them apart.
        key = judge, number, item.position, item.unit, value, type(value)
        row = _said.get(key)
        if row is None:
            row = judge.judge(number, reading_of(item))
            _remember(key, row)
        rows.append(row)
    return tuple(rows)


_Said = tuple[ProcedureJudge, int | None, str | None, str | None, str | bool | None, type]
_said: Final[dict[_Said, Judged]] = {}
_MOST_SAID: Final = 50_000
_LONGEST_SAID: Final = 40


def _remember(key: _Said, row: Judged) -> None:
    """Keep what a judge said: it holds no state, and a rig measures the same few thousand values all day."""
    if isinstance(key[4], str) and len(key[4]) > _LONGEST_SAID:
        return
    if len(_said) >= _MOST_SAID:
        _said.clear()
    _said[key] = row


def _not_judged(code: str, position: str | None, procedure: KnownProcedure) -> Judged:
    found = procedure.characteristics.get(code)
    reason = JudgementReason.UNKNOWN_CHARACTERISTIC if found is None else JudgementReason.NO_PLAN
    return Judged(None if found is None else found.id, position or "", Verdict(Outcome.NOT_JUDGED, reason))
