"""The limits of a characteristic as its charts draw them, each with its words, its strictness and who asks it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from inspections.evaluation.facts import Expression, Requirement
from inspections.evaluation.limits import Limits, limits_of
from inspections.gates.limit_wording import quantity_text, required_text, within_text
from inspections.gates.sentence_catalogue import Language
from inspections.statistics.facts import HeldLine

from .characteristic_page import Page, distinct_limits
from .charts.composing import DrawnLimit

MOST_SETS: Final = 3
"""So many different sets of limits are drawn at once; of more none is, and the page asks to choose."""


@dataclass(frozen=True, slots=True)
class DrawnLimits:
    """`zones` is what lies beyond the one set of limits, hatched. `too_many`: different sets, so none is drawn."""

    lines: tuple[DrawnLimit, ...] = ()
    zones: tuple[tuple[int | None, int | None], ...] = ()
    too_many: int = 0


def drawn_limits(page: Page, language: Language) -> DrawnLimits:
    """The limits that the values were held to, in the unit of the page."""
    sets = list(distinct_limits(list(page.held.values()), page.lattice).values())
    if len(sets) > MOST_SETS:
        return DrawnLimits(too_many=len(sets))
    lines: list[DrawnLimit] = []
    zones: list[tuple[int | None, int | None]] = []
    for same in sets:
        whose = "" if len(sets) == 1 else _whose([page.lines[line.id] for line in same])
        found = list(_lines(same[0], page, language, whose))
        lines += found
        if len(sets) == 1:
            zones += _zones(same[0], [line.place for line in found])
    return DrawnLimits(tuple(lines), tuple(zones))


def _lines(line: Requirement, page: Page, language: Language, whose: str) -> Iterator[DrawnLimit]:
    limits = limits_of(line)
    if not isinstance(limits, Limits):
        return
    inside = line.expression is Expression.INSIDE
    if line.expression in (Expression.INSIDE, Expression.OUTSIDE):
        for number, passes, lower in (
            (limits.lower, limits.lower_inclusive, True),
            (limits.upper, limits.upper_inclusive, False),
        ):
            place = None if number is None else page.lattice.steps(number, line.unit)
            if place is not None and number is not None:
                words = _limit_words(line, number, passes, lower, language)
                yield DrawnLimit(place, words + whose, passes, "above" if lower is inside else "below")
        return
    for number in limits.values:
        place = page.lattice.steps(number, line.unit)
        if place is not None:
            said = required_text(str(line.expression), language, values=[_plain(number)], unit=line.unit)
            yield DrawnLimit(place, said + whose, None, "")


def _plain(number: Decimal) -> str:
    return quantity_text(number, "", "en")


def _limit_words(line: Requirement, number: Decimal, passes: bool, lower: bool, language: Language) -> str:
    """One limit by itself; that a value on a strict limit fails is said, since it is what people trip over."""
    words = required_text(
        str(line.expression),
        language,
        lower=number if lower else None,
        upper=None if lower else number,
        lower_inclusive=passes,
        upper_inclusive=passes,
        unit=line.unit,
    )
    if passes:
        return words
    return _("%(required)s (%(limit)s itself fails)") % {"required": words, "limit": _plain(number)}


def _zones(line: Requirement, places: Sequence[int]) -> list[tuple[int | None, int | None]]:
    if line.expression is Expression.OUTSIDE and len(places) == 2:
        return [(places[0], places[1])]
    if line.expression is not Expression.INSIDE:
        return []
    ends: list[tuple[int | None, int | None]] = []
    rest = list(places)
    if line.lower is not None and rest:
        ends.append((None, rest.pop(0)))
    if line.upper is not None and rest:
        ends.append((rest.pop(0), None))
    return ends


def _whose(lines: Sequence[HeldLine]) -> str:
    names = sorted({f"{line.configuration} {line.revision}" for line in lines})
    more = len(names) - 2
    said = _(", ").join(names[:2]) + (_(" and %(count)d more") % {"count": more} if more > 0 else "")
    return _(" (%(whose)s)") % {"whose": said}


def required_of(line: HeldLine, language: Language) -> str:
    """What a line asks, with its uncertainty, in words."""
    own = line.requirement
    if own.expression is Expression.ANY_OF:
        return _("any one of several characteristics")
    words = required_text(
        str(own.expression),
        language,
        lower=own.lower,
        upper=own.upper,
        lower_inclusive=own.lower_inclusive,
        upper_inclusive=own.upper_inclusive,
        values=own.values,
        unit=own.unit,
    )
    if own.uncertainty:
        words += f" {within_text(own.uncertainty, own.unit, language)}"
    return words
