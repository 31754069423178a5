"""What a requirement asks of a number, and how a reading with its uncertainty meets it (ISO 14253-1)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from .facts import Expression, Requirement
from .quantities import EXACT, in_range, parse_number
from .reasons import JudgementReason, Outcome

NUMERIC: Final = frozenset(
    {Expression.INSIDE, Expression.OUTSIDE, Expression.EQUAL, Expression.NOT_EQUAL, Expression.ONE_OF}
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The conforming numbers of one requirement, and the uncertainty U of a reading, all in one unit.

    `inside` conforms from `lower` to `upper`, `outside` up to `lower` or from `upper` on; a limit itself conforms where
    it is inclusive. `equal` and `one_of` conform at `values`, `not_equal` everywhere else.
    """

    expression: Expression
    lower: Decimal | None = None
    upper: Decimal | None = None
    lower_inclusive: bool = True
    upper_inclusive: bool = True
    values: tuple[Decimal, ...] = ()
    uncertainty: Decimal | None = None

    def scaled(self, factor: int) -> Limits:
        """The same limits in a unit of which `factor` make one of theirs; exact. `factor` is positive."""
        if factor == 1:
            return self
        by = Decimal(factor)
        return Limits(
            self.expression,
            None if self.lower is None else EXACT.multiply(self.lower, by),
            None if self.upper is None else EXACT.multiply(self.upper, by),
            self.lower_inclusive,
            self.upper_inclusive,
            tuple(EXACT.multiply(value, by) for value in self.values),
            None if self.uncertainty is None else EXACT.multiply(self.uncertainty, by),
        )

    def outcome(self, number: Decimal) -> Outcome:
        """Pass if all of [x - U, x + U] conforms, fail if no point of it does, else indeterminate (ISO 14253-1)."""
        if not self.uncertainty:
            return Outcome.PASS if self._all_conform(number, number) else Outcome.FAIL
        low, high = EXACT.subtract(number, self.uncertainty), EXACT.add(number, self.uncertainty)
        if self._all_conform(low, high):
            return Outcome.PASS
        return Outcome.INDETERMINATE if self._any_conforms(low, high) else Outcome.FAIL

    def _all_conform(self, low: Decimal, high: Decimal) -> bool:
        if self.expression is Expression.INSIDE:
            return self._above_lower(low) and self._below_upper(high)
        if self.expression is Expression.OUTSIDE:
            # Both ends may lie outside with the forbidden zone between them: one side must hold them all.
            return self._out_below(high) or self._out_above(low)
        if self.expression is Expression.NOT_EQUAL:
            return not self._holds_a_value(low, high)
        return low == high and low in self.values

    def _any_conforms(self, low: Decimal, high: Decimal) -> bool:
        """Of more than one point: with none of uncertainty, all conform or none does."""
        if self.expression is Expression.INSIDE:
            return self._above_lower(high) and self._below_upper(low)
        if self.expression is Expression.OUTSIDE:
            return self._out_below(low) or self._out_above(high)
        return self.expression is Expression.NOT_EQUAL or self._holds_a_value(low, high)

    def _above_lower(self, number: Decimal) -> bool:
        return self.lower is None or number > self.lower or (self.lower_inclusive and number == self.lower)

    def _below_upper(self, number: Decimal) -> bool:
        return self.upper is None or number < self.upper or (self.upper_inclusive and number == self.upper)

    def _out_below(self, number: Decimal) -> bool:
        return self.lower is not None and (number < self.lower or (self.lower_inclusive and number == self.lower))

    def _out_above(self, number: Decimal) -> bool:
        return self.upper is not None and (number > self.upper or (self.upper_inclusive and number == self.upper))

    def _holds_a_value(self, low: Decimal, high: Decimal) -> bool:
        return any(low <= value <= high for value in self.values)


def limits_of(requirement: Requirement) -> Limits | JudgementReason:
    """The limits of a requirement of numbers, or why there are none to judge by.

    `NO_LIMIT` where nothing is stated. `UNPARSED_LIMIT` where what is stated cannot be judged by: a limit or value that
    is no number in range, a negative uncertainty, `outside` with one limit, `equal` with several values, limits that
    let nothing pass (5 to 3) or overlap (outside 5 to 3), or an expression that is not about numbers.
    """
    if requirement.expression not in NUMERIC:
        return JudgementReason.UNPARSED_LIMIT
    stated = [number for number in (requirement.lower, requirement.upper) if number is not None]
    by_value = requirement.expression not in (Expression.INSIDE, Expression.OUTSIDE)
    if not (requirement.values if by_value else stated):
        return JudgementReason.NO_LIMIT
    parsed = [parse_number(text) for text in requirement.values]
    values = tuple(number for number in parsed if isinstance(number, Decimal))
    u = requirement.uncertainty
    readable = all(map(in_range, stated)) and (u is None or (in_range(u) and u >= 0)) and len(values) == len(parsed)
    if not readable or not _sensible(requirement):
        return JudgementReason.UNPARSED_LIMIT
    return Limits(
        requirement.expression,
        requirement.lower,
        requirement.upper,
        requirement.lower_inclusive,
        requirement.upper_inclusive,
        values,
        u,
    )


def _sensible(requirement: Requirement) -> bool:
    if requirement.expression is Expression.EQUAL:
        return len(requirement.values) == 1
    lower, upper = requirement.lower, requirement.upper
    if requirement.expression is Expression.INSIDE:
        closed = requirement.lower_inclusive and requirement.upper_inclusive
        return lower is None or upper is None or lower < upper or (closed and lower == upper)
    if requirement.expression is Expression.OUTSIDE:
        if lower is None or upper is None:
            return False
        # Two equal limits that conform let every number pass. A rig's report may state such a check; what it says is
        # plain, so it is judged. No plan may ask so of a critical or legal characteristic (catalogue.plan_rules).
        return lower <= upper
    return True
