"""The values of a form as the page sets them: one heading a characteristic, its positions in rows beneath it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from inspections.evaluation.facts import Kind

from .entering import Slot
from .forms.entry import Row
from .value_marks import Mark, Marked
from .verdict_words import SaidVerdict


@dataclass(frozen=True, slots=True)
class Reading:
    """One value: its fields, the verdict on what was typed (`judged`), and what the gates say of it beforehand."""

    row: Row
    said: SaidVerdict | None
    judged: str
    marked: Marked

    @property
    def filled(self) -> bool:
        return bool(self.row.value.value() or self.row.cannot.value())


@dataclass(slots=True)
class Section:
    """One characteristic. `narrow`: its values are short and alike, so two of them stand side by side."""

    slot: Slot
    items: list[Reading] = field(default_factory=list)

    @property
    def several(self) -> bool:
        return len(self.items) > 1

    @property
    def narrow(self) -> bool:
        return self.several and self.slot.kind in (Kind.VARIABLE, Kind.COUNT)


def sections_of(readings: Sequence[Reading]) -> tuple[list[Section], list[Section]]:
    """What is to be filled in, and what is still good. Where everything is good there is nothing to set apart."""
    good = [item for item in readings if item.marked.mark is Mark.GOOD]
    asked = [item for item in readings if item.marked.mark is not Mark.GOOD]
    if not any(item.row.slot.line is not None for item in asked):
        return _sections(readings), []
    return _sections(asked), _sections(good)


def _sections(readings: Sequence[Reading]) -> list[Section]:
    sections: list[Section] = []
    for item in readings:
        slot = item.row.slot
        alike = sections and (sections[-1].slot.characteristic_id, sections[-1].slot.required, sections[-1].slot.unit)
        if not alike or alike != (slot.characteristic_id, slot.required, slot.unit):
            sections.append(Section(slot))
        sections[-1].items.append(item)
    return sections
