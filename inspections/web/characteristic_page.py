"""One characteristic and its results in a window of time: what all parts of its page are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Final

from inspections.catalogue.models import Characteristic
from inspections.evaluation.facts import Expression, Kind, Requirement
from inspections.evaluation.limits import Limits, limits_of
from inspections.gates.sentence_catalogue import Language
from inspections.statistics.facts import Found, HeldLine, Measured
from inspections.statistics.lattice import COUNT, Lattice, lattice_for
from inspections.statistics.summing import (
    Drift,
    Placed,
    Tally,
    drifts,
    limit_numbers,
    place_values,
    tally,
    worst_first,
)

from .measured import position_text

MOST_VALUES: Final = 10_000
"""So many results are read at once, the newest of them; the page says so where there are more."""
NUMBERS: Final = frozenset({Kind.VARIABLE, Kind.COUNT})


@dataclass(frozen=True)
class Page:
    """What the page is made of. `lines` are all that its values were held to, and those in force; `span` None: all of
    a batch."""

    characteristic: Characteristic
    found: Found
    lines: dict[int, HeldLine]
    span: tuple[datetime, datetime] | None
    kind: Kind = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", Kind(self.characteristic.kind))

    @property
    def numeric(self) -> bool:
        return self.kind in NUMBERS

    @cached_property
    def held(self) -> dict[int, Requirement]:
        """The lines to which at least one of the values was held."""
        used = {value.requirement_id for value in self.found.values}
        return {number: line.requirement for number, line in self.lines.items() if number in used}

    @cached_property
    def unit(self) -> str:
        """The unit of the plan, where all lines agree on one; else the characteristic's own."""
        units = {line.requirement.unit for line in self.lines.values() if line.requirement.unit}
        stated = units.pop() if len(units) == 1 else self.characteristic.unit
        return COUNT if self.kind is Kind.COUNT else stated

    @cached_property
    def lattice(self) -> Lattice:
        numbers: list[tuple[Decimal, str]] = [
            (value.value, value.unit) for value in self.found.values if value.value is not None
        ]
        return lattice_for(self.unit, [*numbers, *limit_numbers(list(self.held.values()))])

    @cached_property
    def placed(self) -> tuple[Placed, ...]:
        """The values in the order of time; of a characteristic that is no number none has a place."""
        if not self.numeric:
            return tuple(Placed(value, None, None) for value in self.found.values)
        return place_values(self.found.values, self.held, self.lattice)

    @cached_property
    def ranked(self) -> list[Placed]:
        return worst_first(self.placed)

    @cached_property
    def tally(self) -> Tally:
        return tally(self.placed)

    @cached_property
    def drifts(self) -> list[Drift]:
        return drifts(self.placed) if self.numeric else []

    def place_name(self, position: str, language: Language) -> str:
        """The name of a position in a language, by its code where it has none; "" for none."""
        return position_text(self.characteristic, position, language) if position else ""

    @cached_property
    def several_positions(self) -> bool:
        return len({value.position for value in self.found.values}) > 1

    @cached_property
    def by_rig(self) -> dict[str, list[Placed]]:
        """By rig, in the order of their codes."""
        found: dict[str, list[Placed]] = {}
        for value in self.placed:
            found.setdefault(value.measured.rig, []).append(value)
        return dict(sorted(found.items()))


def distinct_limits(lines: Sequence[Requirement], lattice: Lattice) -> dict[tuple[object, ...], list[Requirement]]:
    """Lines that ask the same of a number, together; those without a limit that a number meets are left out."""
    same: dict[tuple[object, ...], list[Requirement]] = {}
    for line in lines:
        limits = limits_of(line)
        if not isinstance(limits, Limits):
            continue
        ends = tuple(
            None if number is None else lattice.steps(number, line.unit)
            for number in (limits.lower, limits.upper, *limits.values)
        )
        strict = (
            limits.lower is not None and limits.lower_inclusive,
            limits.upper is not None and limits.upper_inclusive,
        )
        same.setdefault((limits.expression, ends, strict), []).append(line)
    return same


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to what is no number, or one text: how often it was given and how it came out."""

    value: Measured
    results: int
    passed: int
    fails: int
    unclear: int
    not_judged: int


def answers(values: Sequence[Placed]) -> list[Answer]:
    """By what was answered, and where: most fails first, then the most frequent."""
    same: dict[tuple[object, ...], list[Placed]] = {}
    for value in values:
        measured = value.measured
        same.setdefault((measured.position, measured.value, measured.raw), []).append(value)
    found = []
    for own in same.values():
        said = tally(own)
        found.append(Answer(own[-1].measured, said.results, said.passed, said.fails, said.unclear, said.not_judged))
    return sorted(found, key=lambda each: (-each.fails, -each.unclear, -each.results))


def ranged(line: Requirement) -> bool:
    return line.expression in (Expression.INSIDE, Expression.OUTSIDE)
