"""The verdict of a whole inspection: what was measured against all that the plan asks of its procedure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from .facts import Reading, Requirement, Verdict
from .groups import Key, asked_of, fold_members, positions_of
from .judging import Judge, in_effect
from .reasons import JudgementReason, Outcome


class Judged(NamedTuple):
    """One reading of an inspection with its verdict and the line it was judged against (None: against none)."""

    characteristic_id: int | None
    position: str
    verdict: Verdict
    requirement_id: int | None = None


@dataclass(frozen=True, slots=True)
class InspectionVerdict:
    """`absent` names what the plan asks of the procedure and the inspection does not hold."""

    verdict: Verdict
    absent: tuple[Key, ...]


def inspection_verdict(verdicts: Iterable[Verdict], *, absent: Collection[Key] = (), has_requirements: bool) -> Verdict:
    """The verdict of an inspection from its measurements'; what is logged without a requirement says nothing.

    Fail if any measurement fails; indeterminate if the plan asks nothing of the procedure (`NO_REQUIREMENTS`), if any
    measurement is indeterminate, or if anything asked is absent (`ABSENT`), or nothing passed at all; else pass.
    """
    found = list(verdicts)
    fails = [verdict for verdict in found if verdict.outcome is Outcome.FAIL]
    if fails:
        return max(fails, key=lambda verdict: verdict.reason)
    if not has_requirements:
        return Verdict(Outcome.INDETERMINATE, JudgementReason.NO_REQUIREMENTS)
    unclear = [verdict.reason for verdict in found if verdict.outcome is Outcome.INDETERMINATE]
    if unclear:
        return Verdict(Outcome.INDETERMINATE, min(unclear))
    if absent or not any(verdict.outcome is Outcome.PASS for verdict in found):
        return Verdict(Outcome.INDETERMINATE, JudgementReason.ABSENT)
    return Verdict(Outcome.PASS)


class ProcedureJudge:
    """All that one plan revision asks of one procedure, made ready to judge many inspections.

    `requirements` are the revision's lines of this procedure, of whatever level; `built_at` as for `judge`.
    """

    def __init__(self, requirements: Iterable[Requirement], *, built_at: datetime | None = None) -> None:
        lines = sorted(requirements, key=lambda line: line.id)
        self._asked = asked_of(lines, built_at=built_at)
        members = [(member, positions_of(member)) for group in self._asked.groups for member in group.members.values()]
        self._lines: dict[Key, Requirement] = dict(self._asked.single)
        for member, positions in members:
            self._lines.update({(member.characteristic_id, position): member for position in positions})
        self._judges: dict[int, Judge] = {line.id: Judge(line) for line in self._lines.values()}
        self._characteristics = {line.characteristic_id for line in self._lines.values()}
        self._not_in_effect = {
            line.characteristic_id for line in lines if built_at is not None and not in_effect(line, built_at)
        }

    def judge(self, characteristic_id: int | None, reading: Reading) -> Judged:
        """One reading against the line that asks for its characteristic at its position, or not judged with the reason.

        `characteristic_id` None stands for one that the catalogue does not know in this procedure.
        """
        if characteristic_id is None:
            return _logged(None, reading, JudgementReason.UNKNOWN_CHARACTERISTIC)
        line = self._lines.get((characteristic_id, reading.position))
        if line is not None:
            return Judged(characteristic_id, reading.position, self._judges[line.id](reading), line.id)
        if characteristic_id in self._characteristics:
            return _logged(characteristic_id, reading, JudgementReason.UNKNOWN_POSITION)
        if characteristic_id in self._not_in_effect:
            return _logged(characteristic_id, reading, JudgementReason.NOT_IN_EFFECT)
        return _logged(characteristic_id, reading, JudgementReason.NO_REQUIREMENT)

    def judging(self, characteristic_id: int | None, like: Reading) -> Callable[[str], Judged]:
        """What says of the text of a number, never blank, what `judge` says of `like` with that value: many numbers are
        judged so without looking for their line again."""
        line = None if characteristic_id is None else self._lines.get((characteristic_id, like.position))
        if line is None:
            logged = self.judge(characteristic_id, like)
            return lambda value: logged
        judge, line_id, position = self._judges[line.id].judging(like), line.id, like.position
        return lambda value: Judged(characteristic_id, position, judge(value), line_id)

    def verdict(self, judged: Sequence[Judged]) -> InspectionVerdict:
        """The verdict of the inspection that holds exactly these readings."""
        worst = _worst_by_key(judged)
        verdicts, absent = [], []
        for asked in self._asked.single:
            if asked in worst:
                verdicts.append(_required(worst.pop(asked)))
            else:
                absent.append(asked)
        for group in self._asked.groups:
            measured: dict[str, list[Verdict]] = defaultdict(list)
            for key in [key for key in worst if key[0] in group.members]:
                measured[key[1]].append(worst.pop(key))
            for position in set(positions_of(group.requirement)) - set(measured):
                absent.append((group.requirement.characteristic_id, position))
            verdicts += [_folded(members) for members in measured.values()]
        verdicts += worst.values()
        missing = tuple(sorted(absent))
        return InspectionVerdict(
            inspection_verdict(verdicts, absent=missing, has_requirements=not self._asked.nothing), missing
        )


def _logged(characteristic_id: int | None, reading: Reading, reason: JudgementReason) -> Judged:
    return Judged(characteristic_id, reading.position, Verdict(Outcome.NOT_JUDGED, reason))


def _worst_by_key(judged: Iterable[Judged]) -> dict[tuple[int | None, str], Verdict]:
    worst: dict[tuple[int | None, str], Verdict] = {}
    for row in judged:
        key = row.characteristic_id, row.position
        if key not in worst or _severity(row.verdict) > _severity(worst[key]):
            worst[key] = row.verdict
    return worst


def _severity(verdict: Verdict) -> tuple[Outcome, JudgementReason]:
    return verdict.outcome, verdict.reason


def _required(verdict: Verdict) -> Verdict:
    """What was asked and not judged is unclear, not merely logged."""
    if verdict.outcome is Outcome.NOT_JUDGED:
        return Verdict(Outcome.INDETERMINATE, verdict.reason)
    return verdict


def _folded(members: Sequence[Verdict]) -> Verdict:
    outcome = fold_members(verdict.outcome for verdict in members)
    return _required(max((verdict for verdict in members if verdict.outcome is outcome), key=_severity))
