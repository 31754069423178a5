"""Decides one vehicle's gate of one domain: it passes only with a counted pass of all that is asked of the car."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .concessions import concession_for
from .counting import blocking_fails, counting_entry, reworked_at, unexplained_repeats
from .decisions import detail_of, in_order, state_of
from .disagreements import Disagreement, open_disagreements
from .entries import Entry, entries_of, lifting, treated_as_fail
from .evidence import Evidence, stale
from .facts import GateDecision, GateInput, Inspection, Kept, Level, Reason, Requirement
from .groups import Asked, asked_of, group_is_critical, positions_of
from .judging import critical
from .parts import Parts
from .reasons import Outcome, ReasonCode
from .units import stated_unit
from .unmeetable import unmeetable
from .wording import required_words


def decide(gate: GateInput, *, at: datetime) -> GateDecision:
    """The state of one vehicle's gate at the moment `at`, with every reason that keeps it from passing.

    The reasons stand in an order of their own (characteristic, position, code), whatever the order of the facts, and
    there is one at most for each code, characteristic and position. `valid_until` is the end of the concession that
    ends first among those relied on. Never raises for facts whose times are aware.
    """
    draft = _Draft(gate, at, Parts(gate))
    draft.decide()
    reasons = in_order(draft.reasons)
    return GateDecision(
        state=state_of(reasons, testing_closed=gate.testing_closed),
        reasons=reasons,
        valid_until=min(draft.ends, default=None),
        conceded=tuple(sorted(draft.conceded)),
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the plan, or a group, at one position: what its entries are held against."""

    requirement: Requirement
    position: str
    critical: bool
    members: tuple[Requirement, ...] = ()

    @property
    def required(self) -> str:
        return required_words(self.requirement, self.members)

    @property
    def repeats(self) -> int:
        return 0 if self.critical else self.requirement.repeats

    @property
    def characteristic_ids(self) -> set[int]:
        """What may be measured for it."""
        return {line.characteristic_id for line in (self.requirement, *self.members)}


@dataclass(slots=True)
class _Draft:
    """A decision in the making."""

    gate: GateInput
    at: datetime
    parts: Parts
    reasons: list[Reason] = field(default_factory=list)
    conceded: set[int] = field(default_factory=set)
    ends: list[datetime] = field(default_factory=list)

    def decide(self) -> None:
        gate = self.gate
        asked = self._asked()
        if not gate.plan_approved:
            self.reasons.append(Reason(ReasonCode.PLAN_NOT_APPROVED))
        elif asked.nothing:
            self.reasons.append(Reason(ReasonCode.NO_REQUIREMENTS))
        if not gate.for_delivery:
            self.reasons.append(Reason(ReasonCode.NOT_FOR_DELIVERY))
        evidences = entries_of([Evidence(inspection, gate) for inspection in gate.inspections], asked)
        for (number, position), line in asked.single.items():
            self._hold(_Line(line, position, critical(line)), evidences.single.get((number, position), ()))
        for group in asked.groups:
            members = tuple(group.members.values())
            seen = {position for group_id, position in evidences.groups if group_id == group.requirement.id}
            wanted = set(positions_of(group.requirement))
            for position in seen | wanted:
                line_at = _Line(group.requirement, position, group_is_critical(group), members)
                entries = evidences.groups.get((group.requirement.id, position), ())
                self._hold(line_at, entries, asked_here=position in wanted)
        for (characteristic_id, position), entries in evidences.unasked.items():
            self._block(characteristic_id, position, entries)
        for inspection in gate.inspections:
            self._review(inspection)
        self._quarantine(gate.kept)

    def _asked(self) -> Asked:
        gate = self.gate
        lines = [
            line
            for line in gate.requirements
            if line.domain == gate.domain and line.level is Level.EVERY_VEHICLE and gate.plan_approved
        ]
        return asked_of(lines, built_at=gate.built_at)

    def _hold(self, line: _Line, entries: Sequence[Entry], *, asked_here: bool = True) -> None:
        """Hold the entries of one line and position against it, those of each part by themselves."""
        for own in self.parts.each(entries):
            self._hold_each(line, own, asked_here=asked_here)
        if asked_here and self.gate.for_delivery:
            for part in self.parts.unmeasured(entries, line.characteristic_ids):
                detail = (("detail", "part_not_measured"), ("part", part))
                self._say(line, ReasonCode.MEASUREMENT_INDETERMINATE, detail=detail)

    def _hold_each(self, line: _Line, entries: Sequence[Entry], *, asked_here: bool) -> None:
        fails = blocking_fails(entries, line.repeats)
        counting = counting_entry(entries) if asked_here and self.gate.for_delivery else None
        if counting is not None and counting.outcome is Outcome.FAIL:
            fails = [*fails, counting]
        relied = counting is not None and counting.outcome is Outcome.PASS
        if fails and self._fail(line, fails):
            relied = relied or (counting is not None and counting.outcome is Outcome.FAIL)
        repeated = unexplained_repeats(entries, line.repeats)
        if repeated:
            self._say(line, ReasonCode.RETEST_UNEXPLAINED, found=str(repeated), required=str(line.repeats))
        if not asked_here or not self.gate.for_delivery:
            return
        if counting is None:
            self._say(line, ReasonCode.MISSING_RESULT)
        elif relied:
            self._admit(line, counting, entries)
        elif counting.outcome is not Outcome.FAIL:
            self._unclear(line, counting)

    def _fail(self, line: _Line, fails: Sequence[Entry]) -> bool:
        """Say that these fails fail the gate, unless a concession in force covers them all: then True."""
        latest = max(fails, key=lambda entry: (entry.inspection.finished_at, entry.rank, entry.identity))
        found = None
        if not line.critical:
            found = concession_for(
                fails,
                self.gate.concessions,
                characteristic_id=line.requirement.characteristic_id,
                requirement_id=line.requirement.id,
                position=line.position,
                at=self.at,
            )
        if found is None:
            detail = (*_where(latest.inspection), *self._never(line))
            self._say(line, ReasonCode.MEASUREMENT_FAILED, latest, detail=detail)
            return False
        if found.in_force:
            self.conceded.add(found.concession.id)
            if found.concession.expires_at is not None:
                self.ends.append(found.concession.expires_at)
            return True
        number, ends = found.concession.number or str(found.concession.id), found.concession.expires_at
        ended = (("concession", number), ("at", "" if ends is None else ends.isoformat()))
        self._say(line, ReasonCode.CONCESSION_EXPIRED, latest, detail=ended)
        return False

    def _admit(self, line: _Line, counting: Entry, entries: Sequence[Entry]) -> None:
        """Say what keeps the result that would count from counting: its rig, its software, or a change since."""
        problems = list(counting.problems)
        reworked = self._reworked(line, entries)
        if reworked is not None and counting.inspection.finished_at <= reworked[0]:
            problems.append(stale(reworked[1], reworked[0]))
        for problem in problems:
            detail = {**dict(_where(counting.inspection)), **dict(problem.detail), **dict(self._never(line))}
            found, required = problem.found, problem.required
            if problem.code is not ReasonCode.SOFTWARE_MISMATCH:
                found, required = counting.found, line.required
            self._say(line, problem.code, counting, found=found, required=required, detail=tuple(detail.items()))

    def _never(self, line: _Line) -> tuple[tuple[str, str], ...]:
        """That another test can only fail, where the software in the car is not what the line asks it to state."""
        found = unmeetable(line.requirement, self.gate.software)
        return () if found is None else found.detail

    def _reworked(self, line: _Line, entries: Sequence[Entry]) -> tuple[datetime, str] | None:
        """When work was last done after which the line is to be measured again, and what it was."""
        parts = {entry.inspection.component for entry in entries}
        done = [
            (rework.done_at, rework.what)
            for rework in self.gate.reworks
            if not line.characteristic_ids.isdisjoint(rework.characteristic_ids)
            and (not rework.component or rework.component in parts)
        ]
        disposed = reworked_at(entries)
        return max(done if disposed is None else [*done, (disposed, "rework")], default=None)

    def _unclear(self, line: _Line, counting: Entry) -> None:
        detail = (
            *_where(counting.inspection),
            ("detail", counting.reason.name.lower()),
            ("found_unit", stated_unit(counting.unit)),
            ("required_unit", stated_unit(line.requirement.unit)),
        )
        self._say(line, ReasonCode.MEASUREMENT_INDETERMINATE, counting, detail=detail)

    def _block(self, characteristic_id: int | None, position: str, entries: Sequence[Entry]) -> None:
        """What the plan does not ask (any more) blocks by its undisposed fails alone."""
        fails = blocking_fails(entries, 0)
        if fails:
            latest = max(fails, key=lambda entry: (entry.inspection.finished_at, entry.rank, entry.identity))
            self.reasons.append(
                Reason(
                    ReasonCode.MEASUREMENT_FAILED,
                    characteristic_id,
                    position,
                    latest.requirement_id,
                    latest.inspection.id,
                    latest.ordinal,
                    latest.found,
                    detail=detail_of(_where(latest.inspection)),
                )
            )

    def _review(self, inspection: Inspection) -> None:
        """Say where the rig's verdict and ours contradict each other, and what an engineer made of the whole."""
        self.reasons += [_disagreeing(disagreement) for disagreement in open_disagreements(inspection)]
        judged = [row for row in inspection.measurements if row.outcome is not Outcome.NOT_JUDGED]
        disposing = lifting(for_delivery=self.gate.for_delivery)
        if treated_as_fail(inspection) and not judged and not {r.kind for r in inspection.reviewed} & disposing:
            detail = detail_of(_where(inspection))
            self.reasons.append(Reason(ReasonCode.MEASUREMENT_FAILED, inspection_id=inspection.id, detail=detail))

    def _quarantine(self, kept: Iterable[Kept]) -> None:
        blocking = sorted(
            (item for item in kept if item.domain in (None, self.gate.domain)),
            key=lambda item: (item.received_at, item.id),
        )
        if blocking:
            detail = (("count", str(len(blocking))), ("detail", blocking[0].detail), ("kept", str(blocking[0].id)))
            self.reasons.append(Reason(ReasonCode.SUBMISSION_QUARANTINED, detail=detail_of(detail)))

    def _say(
        self,
        line: _Line,
        code: ReasonCode,
        entry: Entry | None = None,
        *,
        found: str | None = None,
        required: str | None = None,
        detail: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.reasons.append(
            Reason(
                code,
                line.requirement.characteristic_id,
                line.position,
                line.requirement.id,
                None if entry is None else entry.inspection.id,
                None if entry is None else entry.ordinal,
                (entry.found if entry is not None else "") if found is None else found,
                line.required if required is None else required,
                detail_of(detail),
            )
        )


def _disagreeing(found: Disagreement) -> Reason:
    row = found.row
    said = (("claimed", found.claimed.name.lower()), ("judged", found.judged.name.lower()))
    detail = detail_of((*_where(found.inspection), *said))
    if row is None:
        return Reason(ReasonCode.VERDICT_DISAGREEMENT, inspection_id=found.inspection.id, detail=detail)
    return Reason(
        ReasonCode.VERDICT_DISAGREEMENT,
        row.characteristic_id,
        row.position,
        row.requirement_id,
        found.inspection.id,
        row.ordinal,
        row.found,
        detail=detail,
    )


def _where(inspection: Inspection) -> tuple[tuple[str, str], ...]:
    """On which rig it was measured, and when."""
    finished = inspection.finished_at.isoformat()
    return ("rig", inspection.rig), ("finished_at", finished), ("at", finished)
