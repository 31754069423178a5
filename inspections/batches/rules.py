"""Vehicle identification numbers: ISO 3779 for the form, GB 16735 and 49 CFR 565 for the check digit. Pure."""

from __future__ import annotations

import re
from typing import Final

VIN: Final = re.compile(r"[A-HJ-NPR-Z0-9]{17}", re.ASCII)
"""ISO 3779: 17 capital letters and digits without I, O and Q, which look like 1 and 0."""

CHECK_DIGIT_MARKETS: Final = frozenset({"CN", "US", "CA", "MX"})
"""Markets whose law demands the check digit in place 9. ISO 3779 itself has none, and European makers ignore it."""

_VALUES: Final = {
    **{digit: int(digit) for digit in "0123456789"},
    **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
    **dict(zip("JKLMN", range(1, 6), strict=True)),
    "P": 7,
    "R": 9,
    **dict(zip("STUVWXYZ", range(2, 10), strict=True)),
}
_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def is_vin(text: str) -> bool:
    """Whether the text has the form of a VIN."""
    return VIN.fullmatch(text) is not None


def vin_form_fault(text: str) -> str | None:
    """What keeps the text from being a VIN by its form (ISO 3779), in words; None where nothing does."""
    if VIN.fullmatch(text):
        return None
    if len(text) != 17:
        return f"{len(text)} characters, a VIN has 17"
    strange = sorted({character for character in text if character not in _VALUES})
    return f"{' '.join(strange)!r} in it, a VIN holds only digits and capital letters without I, O and Q"


def check_digit(vin: str) -> str:
    """The check digit that place 9 of a well-formed VIN should hold: the weighted sum modulo 11, X for 10."""
    remainder = sum(_VALUES[character] * weight for character, weight in zip(vin, _WEIGHTS, strict=True)) % 11
    return "X" if remainder == 10 else str(remainder)


def manufacturer_codes(vin: str) -> tuple[str, ...]:
    """The world manufacturer identifiers (ISO 3780) under which the maker of a well-formed VIN may be known, the exact
    one first: its first three characters, with places 12 to 14 where a 9 says that the maker is a small one."""
    short = vin[:3]
    return (short + vin[11:14], short) if short.endswith("9") else (short,)


def vin_fault(text: str, market: str) -> str | None:
    """What is wrong with the VIN of a car for a market, in words; None where nothing is."""
    fault = vin_form_fault(text)
    if fault is None and market in CHECK_DIGIT_MARKETS and text[8] != check_digit(text):
        return f"{text[8]} as check digit (place 9), the others make it {check_digit(text)}"
    return fault
