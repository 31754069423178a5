"""What a requirement asks, in the neutral form that a reason carries: "< 0.1 ohm", "1.4 … 3.6 ohm"."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from .facts import Expression, Requirement
from .quantities import plain_text
from .units import stated_unit


def required_words(requirement: Requirement, members: Iterable[Requirement] = ()) -> str:
    """The limits as stated, with strictness and unit, in no language; "" where nothing is stated.

    `members` are the lines of an any-of group.
    """
    match requirement.expression:
        case Expression.CONFORMS:
            return "conforms"
        case Expression.ANY_OF:
            return " | ".join(f"{line.characteristic} {required_words(line)}" for line in members)
        case Expression.INSIDE:
            return _with_unit(_inside(requirement), requirement.unit)
        case Expression.OUTSIDE:
            return _with_unit(_outside(requirement), requirement.unit)
        case Expression.NOT_EQUAL:
            return _with_unit(f"≠ {' | '.join(requirement.values)}" if requirement.values else "", requirement.unit)
        case _:
            return _with_unit(f"= {' | '.join(requirement.values)}" if requirement.values else "", requirement.unit)


def _inside(line: Requirement) -> str:
    if line.lower is not None and line.upper is not None and line.lower_inclusive and line.upper_inclusive:
        return f"{plain_text(line.lower)} … {plain_text(line.upper)}"
    lower = _bound("≥" if line.lower_inclusive else ">", line.lower)
    upper = _bound("≤" if line.upper_inclusive else "<", line.upper)
    return ", ".join(filter(None, (lower, upper)))


def _outside(line: Requirement) -> str:
    lower = _bound("≤" if line.lower_inclusive else "<", line.lower)
    upper = _bound("≥" if line.upper_inclusive else ">", line.upper)
    return " | ".join(filter(None, (lower, upper)))


def _bound(sign: str, limit: Decimal | None) -> str:
    return "" if limit is None else f"{sign} {plain_text(limit)}"


def _with_unit(words: str, unit: str) -> str:
    return f"{words} {stated_unit(unit)}".strip() if words else ""
