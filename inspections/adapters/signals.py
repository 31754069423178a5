"""Samples over time, exact: whole numbers with one power of ten for all of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation

from .canonical import AdapterError
from .strict_json import shown

MOST_SAMPLES = 500_000
_LARGEST = 60
_EXACT = Context(prec=4 * _LARGEST)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers that are `values` times ten to the `exponent`; None where there is none."""

    values: Sequence[int | None]
    exponent: int

    def decimal(self, value: int) -> Decimal:
        return scaled(value, self.exponent)


@dataclass(frozen=True, slots=True)
class Signal:
    """What one channel recorded. Times are in seconds, strictly increasing, as many as values.

    `code` names the channel. `cfc` is the filter class that it says to have, None where it says none. `direction` is
    "X", "Y", "Z", "R" or "", `location` what the channel shares with those of the same place in other directions.
    `unusable` says why nothing may be concluded from it; "" where all is well.
    """

    code: str
    unit: str | None
    samples: Numbers
    times: Sequence[int]
    time_exponent: int
    cfc: int | None = None
    direction: str = ""
    location: str = ""
    unusable: str = ""

    def time(self, place: int) -> Decimal:
        """Seconds at a sample, without noughts at the end."""
        return Decimal(f"{scaled(self.times[place], self.time_exponent).normalize(_EXACT):f}")

    def between(self, begin: Decimal | None, end: Decimal | None) -> tuple[int, int]:
        """The samples from begin to end, both inclusive, as a half open range of places."""
        first = 0 if begin is None else bisect_left(self.times, in_units(begin, self.time_exponent, up=True))
        last = len(self.times)
        if end is not None:
            last = bisect_right(self.times, in_units(end, self.time_exponent, up=False))
        return first, max(first, last)


def scaled(value: int, exponent: int) -> Decimal:
    return _EXACT.scaleb(Decimal(value), exponent)


def in_units(number: Decimal, exponent: int, *, up: bool) -> int:
    """The number in whole units of ten to the exponent, rounded up or down where it is none."""
    sign, digits, own = number.as_tuple()
    value = int("".join(map(str, digits))) * (-1 if sign else 1)
    shift = int(own) - exponent
    factor: int = 10 ** abs(shift)
    if shift >= 0:
        return value * factor
    return -(-value // factor) if up else value // factor


def read_numbers(texts: Iterable[Decimal | None], place: str) -> Numbers:
    """Decimals on one power of ten, the smallest that any of them needs. Raises AdapterError for numbers that no
    measuring has: beyond 60 places before or after the point."""
    decimals = list(texts)
    exponent = 0
    for number in decimals:
        if number is None or (not number and number.is_zero() and number.adjusted() == 0):
            continue
        own = number.as_tuple().exponent
        if not isinstance(own, int) or not -_LARGEST <= own <= _LARGEST or number.adjusted() > _LARGEST:
            raise AdapterError(place, shown(number), f"numbers of at most {_LARGEST} places")
        exponent = min(exponent, own)
    shift = -exponent
    return Numbers([None if number is None else int(_EXACT.scaleb(number, shift)) for number in decimals], exponent)


def to_decimal(text: str) -> Decimal:
    """The number in `text`. Raises ValueError for what is none."""
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(text) from error


def rescaled(values: Sequence[int], exponent: int, wanted: int) -> Sequence[int]:
    """The same numbers on a smaller power of ten."""
    if exponent == wanted:
        return values
    factor = 10 ** (exponent - wanted)
    if isinstance(values, range):
        return range(values.start * factor, values.stop * factor, values.step * factor)
    return [value * factor for value in values]
