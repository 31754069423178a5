"""The next draft of a plan, procedure by procedure: the revision at hand as the document that would draft it."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..evaluation.facts import Expression, Kind
from .choices import RevisionStatus
from .documents import Document
from .entries import CharacteristicFacts, Line
from .models import ControlPlan, PlanRevision
from .queries import characteristic_facts, lines_of
from .schema import PLAN_FORMAT

_SOURCE: Final = ("standard", "edition", "clause", "confidence")
_NUMERIC: Final = (Kind.VARIABLE, Kind.COUNT)

Entry = dict[str, Any]
"""One requirement as a plan document states it: docs/catalogue-format.md."""


def newest_revision(plan: ControlPlan) -> PlanRevision | None:
    """The revision that the next draft begins from: a draft that is there, else the one that was drafted last."""
    return plan.revisions.order_by("-number").first()


def is_written_anew(revision: PlanRevision) -> bool:
    """Whether drafting writes this revision anew; else it makes the next one."""
    return revision.status == RevisionStatus.DRAFT and revision.first_approver_id is None


def entries_of(revision: PlanRevision) -> list[Entry]:
    """The lines of a revision as a document would state them: drafting these again changes nothing. Two queries."""
    lines = lines_of(revision)
    known = characteristic_facts(line.characteristic for line in lines)
    codes = {line.number: line.characteristic for line in lines}
    return [_entry(line, known[line.characteristic], codes) for line in lines]


def _entry(line: Line, facts: CharacteristicFacts, codes: dict[int, str]) -> Entry:
    entry: Entry = {
        "characteristic": line.characteristic,
        "level": line.level.value,
        "expression": line.expression.value,
        "legal": line.legal,
        "repeats": line.repeats,
        "note": line.note,
    }
    if line.positions:
        entry["positions"] = list(line.positions)
    for name, limit, inclusive in (
        ("lower", line.lower, line.lower_inclusive),
        ("upper", line.upper, line.upper_inclusive),
    ):
        if limit is not None:
            entry[name] = {"value": f"{limit:f}", "strict": not inclusive}
    if line.values:
        several = line.expression is Expression.ONE_OF
        entry |= {"values": list(line.values)} if several else {"value": line.values[0]}
    if line.members:
        entry["members"] = [codes[number] for number in line.members]
    if facts.kind is Kind.IDENTITY:
        entry["case_sensitive"] = line.case_sensitive
    if facts.kind in _NUMERIC and line.unit != facts.unit:
        entry["unit"] = line.unit
    if line.uncertainty is not None:
        entry["uncertainty"] = f"{line.uncertainty:f}"
    for name, day in (("effective_from", line.effective_from), ("effective_to", line.effective_to)):
        if day is not None:
            entry[name] = day.isoformat()
    # Where a line says what the catalogue says, it goes on following it.
    if any(getattr(line, key) != getattr(facts, key) for key in _SOURCE):
        entry |= {key: getattr(line, key) for key in _SOURCE}
    if line.basis:
        sampling = {"basis": line.basis, "size": line.sample_size, "acceptance": line.acceptance}
        entry["sampling"] = sampling | ({"period": line.period} if line.period else {})
    return entry


@dataclass(frozen=True, slots=True)
class LineChanges:
    """What becomes of the lines of one procedure, by the number that each was shown with. A line that is not named
    stays as it is: only `taken_out` takes one out."""

    changed: Mapping[int, Entry]
    taken_out: Collection[int]
    added: Sequence[Entry]

    def made_to(self, entries: Sequence[Entry], own: Container[str]) -> list[Entry]:
        """The entries with these changes to those of the characteristics `own`; new ones behind the last of them."""
        made: list[Entry] = []
        place = None
        for number, entry in enumerate(entries, start=1):
            if entry["characteristic"] not in own:
                made.append(entry)
                continue
            if number not in self.taken_out:
                made.append(self.changed.get(number, entry))
            place = len(made)
        at = len(made) if place is None else place
        return [*made[:at], *self.added, *made[at:]]


def plan_document(plan: ControlPlan, entries: Sequence[Entry], note: str) -> Document:
    """A plan document made here, not read from a file: its "lines" are the numbers of the plan's lines."""
    header = {"code": plan.code, "configuration": plan.configuration.code, "name": plan.name, "note": note}
    content = {"format": PLAN_FORMAT, "plan": header, "requirements": list(entries)}
    return Document(plan.code, content, {("requirements", index): index + 1 for index in range(len(entries))})
