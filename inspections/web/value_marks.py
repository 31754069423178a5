"""What the gates say of each value of a form before it is filled in: to be measured, still good, or not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from inspections.batches.models import SoftwareChange
from inspections.catalogue.models import Procedure
from inspections.evaluation import facts
from inspections.evaluation.facts import Level
from inspections.evaluation.unmeetable import unmeetable
from inspections.gates.queries import CarStanding, Never, ValueToTest, Why

from .entering import Slot
from .to_test_words import again_words, never_words


class Mark(StrEnum):
    """What the gates say of one value of a form before it is filled in."""

    AGAIN = "again"
    MISSING = "missing"
    GOOD = "good"
    """Nothing is open against it and nothing waits to be decided: left out, what is on record stays."""
    BLOCKED = "blocked"
    """Something is open that no test clears: an engineer answers it."""
    UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class Marked:
    """The mark of one value, and why in words."""

    mark: Mark
    words: str = ""
    never: str = ""


def marks_of(
    slots: Sequence[Slot], procedure: Procedure, standing: CarStanding, software: Sequence[SoftwareChange]
) -> dict[str, Marked]:
    """By the name of a value, what the gates say of it. Whatever is not known for sure is never good (law 1)."""
    to_do = standing.of_procedure(procedure.pk)
    return {slot.name: _mark(slot, procedure, standing, to_do, software) for slot in slots}


def _mark(
    slot: Slot,
    procedure: Procedure,
    standing: CarStanding,
    to_do: Mapping[tuple[int, str], ValueToTest],
    software: Sequence[SoftwareChange],
) -> Marked:
    if slot.line is None or slot.line.level is not Level.EVERY_VEHICLE:
        return Marked(Mark.UNKNOWN)
    found = unmeetable(slot.line, [facts.SoftwareChange(row.system, row.version, row.at, row.pk) for row in software])
    never = "" if found is None else never_words(Never(found.asks, found.has, found.system))
    value = to_do.get(slot.key)
    if value is not None:
        mark = Mark.MISSING if value.why is Why.MISSING else Mark.AGAIN
        return Marked(mark, again_words(value.why, value.change), never)
    if slot.key in standing.open:
        return Marked(Mark.BLOCKED, "", never)
    good = procedure.domain in standing.decided
    return Marked(Mark.GOOD if good else Mark.UNKNOWN, "", never)
