"""Numbers as they were written: exact decimals, refused rather than rounded."""

from __future__ import annotations

import re
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from typing import Final

from .reasons import JudgementReason

MAX_DIGITS: Final = 30
MAX_EXPONENT: Final = 30
MAX_TEXT: Final = 200
"""Longest text that is read as a number; what is longer has more digits or zeros than any reading."""

EXACT: Final = Context(prec=200, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
"""Sums and products of readings, limits and integer unit ratios fit 200 digits; whatever would not is an error."""

# ASCII digits only: Decimal() itself takes underscores, full-width digits, "NaN" and blanks around a number.
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE]([+-]?[0-9]+))?")


def parse_number(text: str) -> Decimal | JudgementReason:
    """The decimal that `text` spells, with as many digits as written, or the reason why it is none.

    A decimal point, an optional sign and an optional power of ten ("-1.25e-3"). Grouping, a decimal comma, blanks
    around the number, a point without digits after it, NaN and infinities are `NOT_A_NUMBER`; blank text is `NO_VALUE`;
    more than 30 significant digits, or a leading digit beyond ten to the power of ±30, is `NUMBER_OUT_OF_RANGE`.
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        return JudgementReason.NOT_A_NUMBER if text and not text.isspace() else JudgementReason.NO_VALUE
    exponent = match.group(1)
    if len(text) > MAX_TEXT or (exponent is not None and len(exponent.lstrip("+-").lstrip("0")) > 2):
        return JudgementReason.NUMBER_OUT_OF_RANGE
    number = Decimal(text)
    if len(text) <= MAX_DIGITS and -MAX_EXPONENT <= number.adjusted() <= MAX_EXPONENT:
        return number
    return number if in_range(number) else JudgementReason.NUMBER_OUT_OF_RANGE


def in_range(number: Decimal) -> bool:
    """Whether a decimal is finite, of at most 30 significant digits, and its leading digit within ten to the ±30."""
    return (
        number.is_finite()
        and -MAX_EXPONENT <= number.adjusted() <= MAX_EXPONENT
        and len(number.as_tuple().digits) <= MAX_DIGITS
    )


def is_whole(number: Decimal) -> bool:
    """Whether a decimal in range is a whole number of at least zero, however it was written ("3", "3.0", "3e0")."""
    return number >= 0 and number == number.to_integral_value(context=Context(prec=MAX_EXPONENT + MAX_DIGITS))


def plain_text(number: Decimal) -> str:
    """A decimal as written, without an exponent where it is in range."""
    return f"{number:f}" if in_range(number) else str(number)
