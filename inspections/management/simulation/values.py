"""Values that a rig would send: made from the requirement itself, so that a changed plan does not break the line.

Pure: the same random numbers give the same values. Every value is tried with the judge before it is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from random import Random
from typing import Final, TypeAlias

from ...evaluation.facts import Expression, Kind, Reading, Requirement
from ...evaluation.judging import judge
from ...evaluation.quantities import parse_number, plain_text
from ...evaluation.reasons import Outcome

Value: TypeAlias = Decimal | str | bool

_MARGIN: Final = Decimal("0.15")
"""Good values keep away from each limit by this share of the range."""


class NoSuchValue(Exception):
    """No value could be made that the requirement passes (or fails)."""


def outcome_of(value: Value, requirement: Requirement) -> Outcome:
    """What the judge says of a value in the requirement's own unit."""
    return judge(reading_of(value, requirement), requirement).outcome


def reading_of(value: Value, requirement: Requirement) -> Reading:
    """The value as the judge gets it, at the first position."""
    text = plain_text(value) if isinstance(value, Decimal) else value
    return Reading(text, posted_unit(requirement), requirement.positions[0], is_number=isinstance(value, Decimal))


def posted_unit(requirement: Requirement) -> str:
    """The unit that a rig states: none for what has none."""
    return "" if requirement.unit == "-" or requirement.kind is not Kind.VARIABLE else requirement.unit


def good_value(requirement: Requirement, draw: Random, *, drift: float = 0.0) -> Value:
    """A value that passes, spread as a process in control spreads; `drift` from 0 to 1 moves it towards a limit.

    Raises NoSuchValue for a line that nothing passes, an any-of group among them: its members are measured.
    """
    return _first_with(Outcome.PASS, _good_values(requirement, draw, drift), requirement)


def bad_value(requirement: Requirement, draw: Random) -> Value:
    """A value that fails, by a little more than the uncertainty where it is a number. Raises NoSuchValue."""
    return _first_with(Outcome.FAIL, _bad_values(requirement, draw), requirement)


def step_of(requirement: Requirement) -> Decimal:
    """The last digit that a rig shows: fine enough for a hundredth of the range and for the uncertainty."""
    low, high = _range(requirement)
    finest = min(filter(None, ((high - low) / 100, requirement.uncertainty, *_last_digits(requirement))))
    return Decimal(1).scaleb(finest.adjusted())


def _first_with(outcome: Outcome, values: Iterable[Value], requirement: Requirement) -> Value:
    for value in values:
        if outcome_of(value, requirement) is outcome:
            return value
    raise NoSuchValue(f"{requirement.characteristic}: found no value whose verdict is {outcome.name.lower()}")


def _good_values(requirement: Requirement, draw: Random, drift: float) -> Iterable[Value]:
    match requirement.kind, requirement.expression:
        case Kind.ATTRIBUTE, Expression.CONFORMS:
            yield True
        case Kind.IDENTITY, Expression.NOT_EQUAL:
            yield f"{_texts(requirement)[0]}-B"
        case Kind.IDENTITY, _:
            yield from _texts(requirement)
        case Kind.VARIABLE | Kind.COUNT, Expression.INSIDE:
            yield from _inside(requirement, draw, drift)
        case Kind.VARIABLE | Kind.COUNT, Expression.OUTSIDE:
            low, high = _range(requirement)
            yield from _rounded(requirement, (high + (high - low) / 2, low - (high - low) / 2))
        case Kind.VARIABLE | Kind.COUNT, Expression.NOT_EQUAL:
            yield from _rounded(requirement, (max(_numbers(requirement)) + 1 + 2 * (requirement.uncertainty or 0),))
        case Kind.VARIABLE | Kind.COUNT, _:
            yield from _numbers(requirement)
        case _:
            return


def _bad_values(requirement: Requirement, draw: Random) -> Iterable[Value]:
    match requirement.kind, requirement.expression:
        case Kind.ATTRIBUTE, Expression.CONFORMS:
            yield False
        case Kind.IDENTITY, Expression.NOT_EQUAL:
            yield from _texts(requirement)
        case Kind.IDENTITY, _:
            yield f"{_texts(requirement)[0]}-OLD"
        case Kind.VARIABLE | Kind.COUNT, Expression.INSIDE:
            yield from _beyond(requirement, draw)
        case Kind.VARIABLE | Kind.COUNT, Expression.OUTSIDE:
            low, high = _range(requirement)
            yield from _rounded(requirement, ((low + high) / 2,))
        case Kind.VARIABLE | Kind.COUNT, Expression.NOT_EQUAL:
            yield from _numbers(requirement)
        case Kind.VARIABLE | Kind.COUNT, _:
            yield max(_numbers(requirement)) + 1 + 2 * (requirement.uncertainty or 0)
        case _:
            return


def _inside(requirement: Requirement, draw: Random, drift: float) -> Iterable[Decimal]:
    if requirement.lower is None and requirement.upper == 0:
        yield Decimal(0)  # what may not be above nothing is nothing: no speed, no leak
    low, high = _range(requirement)
    keep = (requirement.uncertainty or Decimal(0)) + (high - low) * _MARGIN
    low, high = low + keep, high - keep
    middle, half = (low + high) / 2, max((high - low) / 2, Decimal(0))
    place = Decimal(str(round(min(1.0, max(-1.0, drift + draw.gauss(0, 0.25))), 4)))
    yield from _rounded(requirement, (middle + place * half, middle))
    yield from (limit for limit in (requirement.lower, requirement.upper) if limit is not None)


def _beyond(requirement: Requirement, draw: Random) -> Iterable[Decimal]:
    low, high = _range(requirement)
    further = (requirement.uncertainty or Decimal(0)) + (high - low) * Decimal(str(round(draw.uniform(0.05, 0.15), 4)))
    if requirement.upper is not None:
        yield from _rounded(requirement, (requirement.upper + further,), ROUND_CEILING)
    if requirement.lower is not None:
        yield from _rounded(requirement, (requirement.lower - further,), ROUND_FLOOR)


def _range(requirement: Requirement) -> tuple[Decimal, Decimal]:
    """Between which numbers values lie: the limits, and as far again from the only one where there is one."""
    low, high = requirement.lower, requirement.upper
    if low is None and high is None:
        found = _numbers(requirement)
        return min(found) - 1, max(found) + 1
    if low is None:
        assert high is not None  # noqa: S101 one of the two is there
        low = Decimal(0) if high > 0 else high - (abs(high) or 1)
    elif high is None:
        high = low + (abs(low) or 1)
    return low, high


def _rounded(
    requirement: Requirement, numbers: Iterable[Decimal], rounding: str = ROUND_HALF_EVEN
) -> Iterable[Decimal]:
    step = Decimal(1) if requirement.kind is Kind.COUNT else step_of(requirement)
    for number in numbers:
        yield (number / step).to_integral_value(rounding) * step


def _last_digits(requirement: Requirement) -> Iterable[Decimal]:
    """The last digit of each limit as written: 0.100 is shown to the thousandth."""
    for limit in (requirement.lower, requirement.upper):
        exponent = None if limit is None else limit.as_tuple().exponent
        if isinstance(exponent, int) and exponent < 0:
            yield Decimal(1).scaleb(exponent)


def _numbers(requirement: Requirement) -> Sequence[Decimal]:
    found = [number for number in map(parse_number, requirement.values) if isinstance(number, Decimal)]
    if not found:
        raise NoSuchValue(f"{requirement.characteristic}: states no number to compare with")
    return found


def _texts(requirement: Requirement) -> Sequence[str]:
    if not requirement.values:
        raise NoSuchValue(f"{requirement.characteristic}: states no text to compare with")
    return requirement.values
