"""Quotients and roots of whole numbers as decimals, exact where that is possible, else rounded in a stated direction.

Twelve significant digits are kept. Rounded up is towards greater numbers, rounded down towards smaller ones.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from math import isqrt

DIGITS = 12
_MOST_DIGITS = 28
_UP, _DOWN = Context(prec=DIGITS, rounding=ROUND_CEILING), Context(prec=DIGITS, rounding=ROUND_FLOOR)


def quotient(numerator: int, denominator: int, exponent: int, *, up: bool) -> Decimal:
    """numerator / denominator, times ten to the exponent."""
    context = _UP if up else _DOWN
    return context.scaleb(context.divide(Decimal(numerator), Decimal(denominator)), exponent)


def root_of_quotient(numerator: int, denominator: int, *, up: bool) -> Decimal:
    """The square root of numerator / denominator, neither of them negative."""
    # Enough places that the whole part of the scaled root has more digits than are kept.
    places = max(0, DIGITS + 2 - (len(str(numerator)) - len(str(denominator))) // 2)
    found, is_exact = _root(numerator * 100**places, denominator)
    context = _UP if up else _DOWN
    return context.scaleb(context.plus(Decimal(found + (up and not is_exact))), -places)


def _root(numerator: int, denominator: int) -> tuple[int, bool]:
    found = isqrt(numerator // denominator)
    return found, found * found * denominator == numerator


def root_of_sum(squares: int, *, up: bool) -> int:
    """The whole square root, rounded."""
    found = isqrt(squares)
    return found + 1 if up and found * found != squares else found


def recordable(number: Decimal, *, up: bool) -> Decimal:
    """The number itself, or where it has more than 28 digits the nearest one beside it that has no more: a measurement
    holds 30. Noughts at the end go first."""
    if len(number.as_tuple().digits) <= _MOST_DIGITS:
        return number
    context = Context(prec=_MOST_DIGITS, rounding=ROUND_CEILING if up else ROUND_FLOOR)
    return Decimal(f"{context.plus(number).normalize(context):f}")
