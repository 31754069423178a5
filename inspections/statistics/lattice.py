"""Numbers of several units and places on one ruler of whole steps: compared, sorted and binned without rounding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import Final

from ..evaluation.quantities import EXACT
from ..evaluation.units import ratio, stated_unit

COUNT: Final = "count"


@dataclass(frozen=True, slots=True)
class Lattice:
    """A ruler for `unit` with `per_unit` steps to one unit, so fine that every number it was made for is whole steps.

    `steps` places a number of any unit that can be compared; None for one of another dimension.
    """

    unit: str
    per_unit: int

    def steps(self, number: Decimal, unit: str) -> int | None:
        """Whole steps. Raises ValueError for a number that is not finite, or finer than the ruler was made for."""
        factors = _ratio(unit, self.unit)
        if factors is None:
            return None
        if not number.is_finite():
            raise ValueError(f"{number} has no place on a ruler")
        into, of = factors
        top, bottom = number.as_integer_ratio()
        place, left = divmod(top * into * self.per_unit, bottom * of)
        if left:
            raise ValueError(f"{number} {unit} lies between two steps of a ruler of {self.per_unit} a {self.unit}")
        return place

    def number(self, steps: int) -> Decimal | None:
        """What so many steps are in the unit; None where no decimal says it exactly."""
        share = Fraction(steps, self.per_unit)
        rest, twos, fives = share.denominator, 0, 0
        while rest % 2 == 0:
            rest, twos = rest // 2, twos + 1
        while rest % 5 == 0:
            rest, fives = rest // 5, fives + 1
        if rest != 1:
            return None
        places = max(twos, fives)
        with localcontext(EXACT):
            return Decimal(share.numerator * 10**places // share.denominator).scaleb(-places)


def lattice_for(unit: str, numbers: Iterable[tuple[Decimal, str]]) -> Lattice:
    """A ruler in `unit` on which all these numbers lie; those of another dimension or not finite are passed over."""
    finest, parts = 0, {1}
    for exponent, written in {(_exponent(number), written) for number, written in numbers if number.is_finite()}:
        factors = _ratio(written, unit)
        if factors is not None:
            finest = min(finest, exponent)
            parts.add(factors[1])
    return Lattice(unit, 10**-finest * lcm(*parts))


@lru_cache(maxsize=256)
def _ratio(unit: str, into: str) -> tuple[int, int] | None:
    """As the judge compares: what is counted may come without a unit. Kept: thousands of values have one unit."""
    if into == COUNT:
        return ratio(stated_unit(unit) or COUNT, COUNT)
    return ratio(unit, into)


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
