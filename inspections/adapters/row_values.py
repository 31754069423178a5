"""Cells of rows as values: decimals as written, words as a profile explains them, comparisons as far as they are told.

A number is read only where it can mean one thing. "1,5" in a file of decimal points, "1.234" in one of decimal commas
and "1 234" without a word on groups are refused, since the profile or the file is wrong about all its numbers then.
What is no number at all ("NaN", "-", "OVL") stays the text that it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from .canonical import AdapterError
from .strict_json import shown
from .wats_limits import Comparison, read_numeric_comparison, read_text_comparison

Cell = Decimal | str | bool | None

_UNIT = re.compile(r"\s*[\[(]\s*([^\[\]()]{1,32}?)\s*[\])]\s*\Z")
_EXPONENT = r"(?:[eE][+-]?\d+)?"
_GROUPS = " '\u00a0\u202f\u2019"
_MOST_CACHED = 4096
_LONGEST_KEPT = 200
LONGEST_TEXT = 2_000
"""Characters of one text value: more is no reading, and fifty thousand of them would fill the memory."""

OPERATORS = {
    ">": "GT", ">=": "GE", "≥": "GE", "<": "LT", "<=": "LE", "≤": "LE", "=": "EQ", "==": "EQ", "!=": "NE", "<>": "NE",
    "≠": "NE",
    **{name.casefold(): name for name in (
        "GT", "GE", "LT", "LE", "EQ", "NE", "GTLT", "GTLE", "GELT", "GELE", "LTGT", "LTGE", "LEGT", "LEGE", "LOG",
        "CASESENSIT", "IGNORECASE",
    )},
}  # fmt: skip
"""The words for a comparison that every profile knows, by the name that WATS reports give it: GTLT and its kin pass
inside two limits, LTGT and its kin outside of both, LOG compares nothing."""


def fold(word: str) -> str:
    """`word` as it is compared: blanks around it, double ones and case say nothing."""
    return _fold_short(word) if len(word) <= _LONGEST_KEPT else " ".join(word.split()).casefold()


@lru_cache(maxsize=4096)
def _fold_short(word: str) -> str:
    """The same few words come with every row; long texts are not kept."""
    return " ".join(word.split()).casefold()


def unit_in(name: str) -> str:
    """The unit in brackets at the end of a column's name, "" for none."""
    match = _UNIT.search(name)
    return match[1] if match else ""


def without_unit(name: str) -> str:
    """A column's name without the unit in brackets at its end."""
    return _UNIT.sub("", name) or name


def text_of(cell: Cell) -> str:
    """A cell as text without blanks around it, "" for none."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return str(cell)


@dataclass(frozen=True, slots=True)
class Notation:
    """How a file writes numbers: which decimal mark, and which character groups thousands where one does."""

    decimal_comma: bool = False
    thousands: str | None = None
    patterns: tuple[re.Pattern[str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        mark, other = (",", r"\.") if self.decimal_comma else (r"\.", ",")
        group = {None: None, " ": "[ \u00a0\u202f]"}.get(self.thousands, re.escape(self.thousands or ""))
        grouped = rf"[+-]?\d{{1,3}}(?:{group}\d{{3}})+(?:{mark}\d*)?" if group else r"(?!)"
        patterns = (
            rf"[+-]?(?:\d+(?:{mark}\d*)?|{mark}\d+){_EXPONENT}",
            grouped,
            rf"[+-]?\d{{1,3}}(?:(?:{other}\d{{3}})+{mark}\d+|(?:{other}\d{{3}}){{2,}})",
            rf"[+-]?\d*{other}\d+{_EXPONENT}|[+-]?\d+{other}|[+-]?\d{{1,3}}(?:[{_GROUPS}]\d{{3}})+(?:[.,]\d*)?",
        )
        object.__setattr__(self, "patterns", tuple(re.compile(pattern, re.ASCII) for pattern in patterns))

    def read(self, text: str, place: str) -> Decimal | str:
        """The decimal that `text` writes, or `text` where it is no number. Raises AdapterError where it may be one."""
        plain, grouped, certain, doubtful = self.patterns
        if not plain.fullmatch(text):
            if not (grouped.fullmatch(text) or certain.fullmatch(text)):
                if doubtful.fullmatch(text):
                    mark = "comma" if self.decimal_comma else "point"
                    raise AdapterError(place, shown(text), f"a number with a decimal {mark} and no other mark in it")
                return text
            text = "".join(c for c in text if c in "+-0123456789" or c == (",."[not self.decimal_comma]))
        try:
            return Decimal(text.replace(",", ".") if self.decimal_comma else text)
        except InvalidOperation:
            return text


@dataclass(slots=True)
class Comparing:
    """Restates what the cells of a row say of a comparison. The same limits come again and again: they are kept."""

    notation: Notation
    operators: Mapping[str, str]
    no_limit: frozenset[str]
    lower_inclusive: bool
    upper_inclusive: bool
    is_text: bool
    known: dict[tuple[str | None, str, str, str], Comparison] = field(default_factory=dict)

    def read(self, operator: str | None, lower: str, upper: str, expected: str, place: str) -> Comparison:
        """The comparison by `operator` (None: by which limits there are) with limits as written, "" for none."""
        key = (operator, lower, upper, expected)
        found = self.known.get(key)
        if found is None:
            found = self._restate(operator, lower, upper, expected, place)
            if len(self.known) >= _MOST_CACHED:
                self.known.clear()
            if sum(len(text or "") for text in key) <= _LONGEST_KEPT:
                self.known[key] = found
        return found

    def _restate(self, operator: str | None, lower: str, upper: str, expected: str, place: str) -> Comparison:
        longest = max(map(len, (operator or "", lower, upper, expected)))
        if longest > LONGEST_TEXT:
            raise AdapterError(place, f"{longest} characters of a limit", f"at most {LONGEST_TEXT} characters")
        low, high, equal = (self._limit(text, place) for text in (lower, upper, expected))
        if operator is None:
            name = self._by_limits(low, high, equal)
        else:
            name = self.operators.get(fold(operator), OPERATORS.get(fold(operator), operator))
        if self.is_text:
            return read_text_comparison({"compOp": name, "limit": equal})
        if equal is not None:
            if low is not None or high is not None:
                return read_numeric_comparison({"compOp": f"{name} with limits and a value to equal"})
            low = equal
        return read_numeric_comparison({"compOp": name, "lowLimit": low, "highLimit": high})

    def _limit(self, text: str, place: str) -> Decimal | str | None:
        if not text or fold(text) in self.no_limit:
            return None
        return text if self.is_text else self.notation.read(text, place)

    def _by_limits(self, low: object, high: object, equal: object) -> str:
        if equal is not None:
            return "EQ"
        above = ("GE" if self.lower_inclusive else "GT") if low is not None else ""
        below = ("LE" if self.upper_inclusive else "LT") if high is not None else ""
        return above + below or "LOG"
