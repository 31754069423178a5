"""The evidence of one vehicle by characteristic and position, one entry for each inspection that measured it there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from .evidence import Evidence, Problem
from .facts import Disposition, DispositionKind, Inspection, Kind, Measured, Requirement
from .groups import Asked, Key, fold_members
from .reasons import JudgementReason, Outcome

LIFTING: Final = frozenset(
    {DispositionKind.REWORK, DispositionKind.CONFIRMED_RETEST, DispositionKind.MEASUREMENT_INVALID}
)
"""Dispositions that dispose of a fail. The others review a disagreement, or answer for a car that never leaves."""


def lifting(*, for_delivery: bool) -> frozenset[DispositionKind]:
    """What disposes of a fail. That its car was scrapped answers it for that car, never for one that may leave: a part
    that failed in a scrapped car brings its fail into the car that it is fitted in next."""
    return LIFTING if for_delivery else LIFTING | {DispositionKind.SCRAP}


@dataclass(frozen=True, slots=True)
class Entry:
    """What one inspection says of one characteristic (or any-of group) at one position.

    `outcome`: pass only if it was judged a pass of the line now asked and nothing made it a fail. `failing`: a fail
    now, under any revision that ever bound the car, or by review. `old`: a fail under an earlier revision alone, which
    nothing in the present one excuses. `before`: an earlier revision failed the car for it, whatever the present says,
    and allowed so many repeats after it. `by_review`: a fail because an engineer treats it as one, which nobody judged
    so. `disposed`: that fail has a disposition. `reworked_at`: the latest rework that disposed of it.
    """

    evidence: Evidence
    ordinal: int
    outcome: Outcome
    reason: JudgementReason
    failing: bool
    old: bool
    before: int | None
    by_review: bool
    disposed: bool
    reworked_at: datetime | None
    kind: Kind
    found: str
    unit: str
    requirement_id: int | None

    @property
    def inspection(self) -> Inspection:
        return self.evidence.inspection

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self.evidence.problems(self.kind)

    @property
    def blocks(self) -> bool:
        """Whether it is a fail that nobody has disposed of, voided or not."""
        return self.failing and not self.disposed

    @property
    def rank(self) -> int:
        """How bad it is, for results that finished at the same moment: an inadmissible pass is worse than a pass."""
        if self.outcome is Outcome.PASS:
            return 1 if self.problems else 0
        return 1 + self.outcome

    @property
    def identity(self) -> tuple[str, str, int, int]:
        """An order among entries of one moment that does not depend on which arrived first, as far as can be."""
        return self.inspection.rig, self.found, self.inspection.id, self.ordinal


@dataclass(frozen=True, slots=True)
class Evidences:
    """All entries: of what the plan asks, and of what it does not ask (any more)."""

    single: Mapping[Key, Sequence[Entry]]
    groups: Mapping[tuple[int, str], Sequence[Entry]]
    """By the group line's id and position."""
    unasked: Mapping[tuple[int | None, str], Sequence[Entry]]


def entries_of(evidences: Iterable[Evidence], asked: Asked) -> Evidences:
    """Sort every measurement to the line that asks for it; members of one inspection fold into their group's entry."""
    single: dict[Key, list[Entry]] = defaultdict(list)
    grouped: dict[tuple[int, str], list[Entry]] = defaultdict(list)
    unasked: dict[tuple[int | None, str], list[Entry]] = defaultdict(list)
    group_of = {characteristic: group for group in asked.groups for characteristic in group.members}
    for evidence in evidences:
        members: dict[tuple[int, str], dict[int, list[Entry]]] = defaultdict(lambda: defaultdict(list))
        for row in evidence.inspection.measurements:
            number = row.characteristic_id
            line = None if number is None else asked.single.get((number, row.position))
            group = None if number is None else group_of.get(number)
            if number is not None and line is not None:
                single[number, row.position].append(entry_of(evidence, row, line))
            elif number is not None and group is not None:
                entry = entry_of(evidence, row, group.members[number])
                members[group.requirement.id, row.position][number].append(entry)
            else:
                unasked[number, row.position].append(entry_of(evidence, row, None))
        for key, by_member in members.items():
            grouped[key].append(_fold(list(by_member.values())))
    return Evidences(single, grouped, unasked)


def entry_of(evidence: Evidence, row: Measured, line: Requirement | None) -> Entry:
    """One measurement as evidence for `line`, or for none."""
    reviews = (*row.dispositions, *_of_the_whole(evidence.inspection, row))
    treated = any(review.kind is DispositionKind.TREAT_AS_FAIL for review in reviews)
    failing = row.outcome is Outcome.FAIL or row.failed_ever or treated
    outcome, reason = row.outcome, row.reason
    if failing:
        outcome = Outcome.FAIL
    elif outcome is Outcome.PASS and line is not None and row.requirement_id != line.id:
        # A pass of another line (another revision's, perhaps looser) is no pass of the one that is asked.
        outcome, reason = Outcome.INDETERMINATE, JudgementReason.NO_REQUIREMENT
    reworks = [review.done_at for review in reviews if review.kind is DispositionKind.REWORK]
    disposing = lifting(for_delivery=evidence.for_delivery)
    return Entry(
        evidence=evidence,
        ordinal=row.ordinal,
        outcome=outcome,
        reason=reason,
        failing=failing,
        old=row.failed_ever and row.outcome is not Outcome.FAIL,
        before=row.failed_before,
        by_review=treated and not row.failed_ever and row.outcome is not Outcome.FAIL,
        disposed=any(review.kind in disposing for review in reviews),
        reworked_at=max(reworks, default=None),
        kind=row.kind,
        found=row.found,
        unit=row.unit,
        requirement_id=row.requirement_id,
    )


def _of_the_whole(inspection: Inspection, row: Measured) -> tuple[Disposition, ...]:
    """Reviews of the whole inspection bear on its measurements once it is treated as a fail, save what only logged."""
    if row.outcome is Outcome.NOT_JUDGED or not treated_as_fail(inspection):
        return ()
    return inspection.reviewed


def treated_as_fail(inspection: Inspection) -> bool:
    """Whether an engineer decided that the rig was right to call the whole inspection a fail."""
    return any(review.kind is DispositionKind.TREAT_AS_FAIL for review in inspection.reviewed)


def _fold(members: Sequence[Sequence[Entry]]) -> Entry:
    """One entry for a group at a position of one inspection: its members, each the worst of its readings there."""
    worst = [max(readings, key=lambda entry: (entry.rank, entry.blocks, entry.identity)) for readings in members]
    outcome = folded = fold_members(entry.outcome for entry in worst)
    before = [entry for readings in members for entry in readings if entry.before is not None]
    if before:
        outcome = Outcome.FAIL
    same = [entry for entry in worst if entry.outcome is outcome]
    speaker = min(same, key=lambda entry: (entry.rank, entry.identity))
    failing = outcome is Outcome.FAIL
    fails = [entry for readings in members for entry in readings if entry.failing]
    reworks = [entry.reworked_at for entry in fails if entry.reworked_at is not None]
    # Where a member passes, the others' fails are none of the group's: only an earlier revision's are to be answered.
    blocking = fails if folded is Outcome.FAIL else before
    return Entry(
        evidence=speaker.evidence,
        ordinal=speaker.ordinal,
        outcome=speaker.outcome,
        reason=speaker.reason,
        failing=failing,
        old=any(entry.old for entry in fails),
        before=min((entry.before for entry in before if entry.before is not None), default=None),
        by_review=any(entry.by_review for entry in fails),
        disposed=failing and all(entry.disposed for entry in blocking),
        reworked_at=max(reworks, default=None),
        kind=speaker.kind,
        found=", ".join(sorted(entry.found for entry in same)),
        unit=speaker.unit,
        requirement_id=speaker.requirement_id,
    )
