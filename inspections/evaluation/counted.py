"""Which result counts for each line of a gate that passes, and whether it counts as a pass or by a concession."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .concessions import concession_for
from .counting import blocking_fails, counting_entry
from .entries import Entry, entries_of
from .evidence import Evidence
from .facts import Concession, GateInput, Level, Requirement
from .groups import asked_of, group_is_critical, positions_of
from .judging import critical
from .reasons import Outcome


class CountedAs(StrEnum):
    """Nothing else can be said of a line of a gate that passes."""

    PASSED = "passed"
    CONCEDED = "conceded"


@dataclass(frozen=True, slots=True)
class Counted:
    """One line at one position with the result that counts. `as_` None: neither a pass nor conceded, whatever the gate
    says. `fails`: how many other results of it failed, however they were answered. `concession`: the one it rests on.
    """

    requirement: Requirement
    position: str
    entry: Entry | None
    as_: CountedAs | None
    fails: int = 0
    concession: Concession | None = None


def counted_lines(gate: GateInput, *, at: datetime) -> list[Counted]:
    """Every line and position that a gate asks, in the order of the plan, with what counts for it at a moment.

    Meant for a gate that `decide` passes; of any other some lines are counted as nothing. Never raises.
    """
    lines = [
        line
        for line in gate.requirements
        if line.domain == gate.domain and line.level is Level.EVERY_VEHICLE and gate.plan_approved
    ]
    asked = asked_of(lines, built_at=gate.built_at)
    found = entries_of([Evidence(inspection, gate) for inspection in gate.inspections], asked)
    order = {line.id: place for place, line in enumerate(gate.requirements)}
    counted = [
        _count(line, position, found.single.get((number, position), ()), gate, at, strict=critical(line))
        for (number, position), line in asked.single.items()
    ]
    for group in asked.groups:
        for position in positions_of(group.requirement):
            entries = found.groups.get((group.requirement.id, position), ())
            counted.append(_count(group.requirement, position, entries, gate, at, strict=group_is_critical(group)))
    return sorted(counted, key=lambda row: (order[row.requirement.id], *_place(row)))


def _place(row: Counted) -> Iterator[int]:
    """Positions as the plan writes them."""
    yield list(positions_of(row.requirement)).index(row.position)


def _count(
    line: Requirement, position: str, entries: Sequence[Entry], gate: GateInput, at: datetime, *, strict: bool
) -> Counted:
    counting = counting_entry(entries)
    fails = blocking_fails(entries, 0 if strict else line.repeats)
    if counting is not None and counting.outcome is Outcome.FAIL:
        fails = [*fails, counting]
    if fails:
        failed = sum(entry.failing for entry in entries)
        return _conceded(line, position, fails, counting, gate, at, failed=failed, strict=strict)
    if counting is None or counting.outcome is not Outcome.PASS or counting.problems or not gate.for_delivery:
        return Counted(line, position, counting, None)
    return Counted(line, position, counting, CountedAs.PASSED, sum(entry.failing for entry in entries))


def _conceded(
    line: Requirement, position: str, fails: Sequence[Entry], counting: Entry | None, gate: GateInput, at: datetime,
    *, failed: int, strict: bool,
) -> Counted:  # fmt: skip
    found = None
    if not strict:
        found = concession_for(
            fails, gate.concessions, characteristic_id=line.characteristic_id, requirement_id=line.id,
            position=position, at=at,
        )  # fmt: skip
    if found is None or not found.in_force or counting is None:
        return Counted(line, position, counting, None)
    # What departs is shown, even where a later try passes: it is what the concession lets go.
    shown = max(fails, key=lambda entry: (entry.inspection.finished_at, entry.rank, entry.identity))
    return Counted(line, position, shown, CountedAs.CONCEDED, failed - shown.failing, found.concession)
