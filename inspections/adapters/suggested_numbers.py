"""What columns of numbers say of the decimal mark and of their units; what may mean two things says nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from unicodedata import normalize

from .row_values import fold, unit_in, without_unit

_NUMBER = re.compile(r"[+-]?(?:\d[\d.,'\u00a0\u202f]*|[.,]\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_MARKED = re.compile(r"[+-]?(\d*)([.,])(\d+)([eE][+-]?\d+)?", re.ASCII)
_BOTH = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(,)\d+|[+-]?\d{1,3}(?:,\d{3})+(\.)\d+", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([.,])\d{3})(?:\1\d{3})+", re.ASCII)
_BEHIND = re.compile(r"(.*\S)\s+(?:/|in)\s+(\S{1,16})", re.DOTALL)
NO_VALUE = frozenset(["-", "--", "---", "n/a", "na", "n.a.", "k.a.", "null"])

_SPELT: dict[str, str] = {
    "Ω": "ohm", "Ohm": "ohm", "OHM": "ohm", "mΩ": "mohm", "mOhm": "mohm", "µΩ": "uohm", "µOhm": "uohm", "kΩ": "kohm",
    "kOhm": "kohm", "MΩ": "Mohm", "MOhm": "Mohm", "GΩ": "Gohm", "GOhm": "Gohm", "Ω/V": "ohm/V", "Ohm/V": "ohm/V",
    "kOhm/V": "kohm/V", "°C": "degC", "℃": "degC", "°": "deg", "µA": "uA", "µV": "uV", "µF": "uF", "µm": "um",
    "µs": "us", "N·m": "Nm", "N*m": "Nm", "N.m": "Nm", "Volt": "V", "Ampere": "A", "sec": "s", "Sek": "s",
    "mm²": "mm2", "cm²": "cm2", "m²": "m2", "m³": "m3", "m/s²": "m/s2", "m/s^2": "m/s2", "m/s³": "m/s3",
    "kph": "km/h", "l": "L", "ml": "mL",
}  # fmt: skip
_UNCLEAR = frozenset(["C", "F", "g", "G", "MOHM", "KOHM", "MV", "MA", "MS", "NM", "K", "M", "H", "S", "N/m"])
"""What may be Celsius or coulomb, gravity or gram, mega or milli: a person says which."""


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit found in a column's name. `is_as_written`: the reader finds the same by itself in the brackets."""

    name: str
    symbol: str
    is_as_written: bool
    is_unclear: bool = False


def unit_of(name: str, units: frozenset[str]) -> Unit | None:
    """The unit that a column's name states; None where it states none that is known."""
    written, bare = unit_in(name), without_unit(name)
    if not written and (match := _BEHIND.fullmatch(name)):
        bare, written = match[1], match[2]
    if not written:
        return None
    if written in _UNCLEAR:
        return Unit(bare, written, is_as_written=False, is_unclear=True)
    # The signs for ohm and micro have two places each in Unicode.
    plain = normalize("NFC", written).replace("\u03bc", "\u00b5")
    symbol = _SPELT.get(plain, plain)
    if symbol not in units:
        return None
    return Unit(bare, symbol, is_as_written=symbol == unit_in(name))


def is_number(text: str) -> bool:
    """Whether the cell is written in digits, whatever its marks mean."""
    return _NUMBER.fullmatch(text) is not None


def are_numbers(cells: Iterable[str]) -> bool:
    """Whether most of the cells are numbers, but for words that stand for no value."""
    said = [cell for cell in cells if fold(cell) not in NO_VALUE]
    return bool(said) and 2 * sum(map(is_number, said)) > len(said)


@dataclass(frozen=True, slots=True)
class Marks:
    """Which decimal marks the numbers prove, and which they may only have."""

    proven: frozenset[str]
    doubtful: frozenset[str]


def marks_of(cells: Iterable[str]) -> Marks:
    """1,5 proves a comma and 1.234,5 too; 1,234 may be either, since a comma can group thousands."""
    proven: set[str] = set()
    doubtful: set[str] = set()
    for cell in cells:
        if both := _BOTH.fullmatch(cell):
            proven.add(both[1] or both[2])
        elif grouped := _GROUPED.fullmatch(cell):
            proven.add("." if grouped[1] == "," else ",")
        elif marked := _MARKED.fullmatch(cell):
            whole, mark, part, exponent = marked.groups()
            may_group = len(part) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0") and not exponent
            (doubtful if may_group else proven).add(mark)
    return Marks(frozenset(proven), frozenset(doubtful))
