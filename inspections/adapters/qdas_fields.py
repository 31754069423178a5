"""The description in Q-DAS files (AQDEF): parts and characteristics, each field by its K number as it is written.

Facts from real files: K0100 counts the characteristics and, at times, the nodes of groups among them, which have no
name of their own; a kind of limit of 0 says that there is no limit, whatever number stands beside it; allowances are
relative to the nominal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Context, Decimal
from typing import Final

from .canonical import AdapterError, Comparator
from .step_items import limit_of, read_number
from .strict_json import shown
from .wats_limits import LOGGED, Comparison

_FIELD = re.compile(r"K(\d{4})(?:/(\d{1,6})(?:/(\d{1,9}))?)?(?:[ \t](.*))?", re.ASCII | re.DOTALL)
_MOST_CHARACTERISTICS: Final = 10_000
_MOST_PARTS = 1000
_MOST_PART_FIELDS = 500
_LONGEST_FIELD = 200
_OF_CHARACTERISTIC = frozenset([2001, 2002, 2004, 2100, 2101, 2110, 2111, 2112, 2113, 2120, 2121, 2142])
_GROUP = 5002
ATTRIBUTIVE = "1"
COUNTED = (ATTRIBUTIVE, "5", "6")
"""K2004 of characteristics that are counted: by pass and fail, and in error log sheets."""
_EXACT = Context(prec=100)


@dataclass(frozen=True, slots=True)
class Field:
    """One line `Knnnn/index/row value`; `index` None where there is none."""

    key: int
    index: int | None
    row: int | None
    value: str


def read_field(line: str, place: str) -> Field | None:
    """The field that a line holds; None for a line that is none. Raises AdapterError for a value too long to keep."""
    match = _FIELD.fullmatch(line)
    if match is None:
        return None
    key, index, row, value = match.groups()
    value = (value or "").strip()
    if len(value) > _LONGEST_FIELD and not key.startswith(("3", "4", "8")):
        raise AdapterError(f"{place} K{key}", f"{len(value)} characters", f"at most {_LONGEST_FIELD}")
    return Field(int(key), None if index is None else int(index), None if row is None else int(row), value)


@dataclass(slots=True)
class Description:
    """What the file says of its parts and characteristics. Index 0 holds what applies to all."""

    parts: dict[int, dict[int, str]] = field(default_factory=lambda: {0: {}})
    characteristics: dict[int, dict[int, str]] = field(default_factory=lambda: {0: {}})
    part_of: dict[int, int] = field(default_factory=dict)
    groups: set[int] = field(default_factory=set)
    current_part: int = 1
    count: int | None = None

    def take_count(self, found: Field, place: str) -> None:
        """K0100, the number of characteristics."""
        if not re.fullmatch(r"[0-9]{1,9}", found.value) or not 0 < int(found.value) <= _MOST_CHARACTERISTICS:
            raise AdapterError(f"{place} K0100", shown(found.value), f"a number from 1 to {_MOST_CHARACTERISTICS}")
        if self.count not in (None, int(found.value)):
            raise AdapterError(f"{place} K0100", f"{found.value}, and {self.count} before", "one number")
        self.count = int(found.value)

    def take(self, found: Field, place: str) -> None:
        """A field of a part (K1nnn), a characteristic (K2nnn) or a group; others are passed over."""
        index = self.index_of(found)
        if found.key // 1000 == 1:
            fields = self.parts.setdefault(index, {})
            self.current_part = index or self.current_part
            if len(self.parts) > _MOST_PARTS or len(fields) > _MOST_PART_FIELDS:
                raise AdapterError(place, "more parts or fields of them than a file of measurements has", "fewer")
            _keep(fields, found, place)
        elif found.key // 1000 == 2:
            self._check_index(index, place)
            fields = self.characteristics.setdefault(index, {})
            if index:
                self.part_of.setdefault(index, self.current_part)
            if found.key in _OF_CHARACTERISTIC:
                _keep(fields, found, place)
        elif found.key == _GROUP:
            self.groups.add(index)

    def index_of(self, found: Field) -> int:
        """The part or characteristic that a field belongs to, 0 for all; without a number the only characteristic."""
        if found.index is None and self.count == 1 and found.key // 1000 != 1:
            return 1
        return found.index or 0

    def _check_index(self, index: int, place: str) -> None:
        if self.count is None:
            raise AdapterError(place, "a characteristic before K0100", "K0100, the number of characteristics, first")
        if index > self.count:
            raise AdapterError(place, f"characteristic {index}, where K0100 says {self.count}", "as many as it says")

    def check(self, place: str, *, all_described: bool) -> int:
        """The number of characteristics. Raises AdapterError where there is no description; with `all_described` also
        where characteristics are missing from it that are no nodes of groups."""
        if self.count is None:
            found = "values without a description (a dfx alone)"
            raise AdapterError(
                place, found, "dfq, or dfd and dfx of one name together in a zip: K0100 and what follows"
            )
        described = len(self.part_of)
        if all_described and described + len(self.groups) < self.count:
            found = f"{described} characteristics, where K0100 says {self.count}"
            raise AdapterError(place, found, "as many as it says")
        return self.count

    def of_part(self, part: int) -> dict[int, str]:
        return {**self.parts[0], **self.parts.get(part, {})}

    def of_characteristic(self, index: int) -> dict[int, str]:
        return {**self.characteristics[0], **self.characteristics.get(index, {})}


def _keep(fields: dict[int, str], found: Field, place: str) -> None:
    if fields.setdefault(found.key, found.value) != found.value:
        there = f"{shown(found.value)}, and {shown(fields[found.key])} before"
        raise AdapterError(f"{place} K{found.key}/{found.index or 0}", there, "each field once")


def read_limits(fields: dict[int, str], decimal_comma: bool) -> Comparison:
    """The limits of a characteristic. What is no number or contradicts itself is unparsed."""

    def number(key: int) -> Decimal | str | None:
        text = fields.get(key)
        return read_number(text, decimal_comma=decimal_comma) if text else None

    nominal = number(2101) if fields.get(2101) else number(2100)
    bounds: list[Decimal | None] = []
    for limit_key, allowance_key, kind_key in ((2110, 2112, 2120), (2111, 2113, 2121)):
        kind, limit, allowance = fields.get(kind_key) or "1", number(limit_key), number(allowance_key)
        if kind == "0" or (limit is None and allowance is None):
            bounds.append(None)
            continue
        if kind not in ("1", "2"):
            return _unparsed(f"K{kind_key} is {shown(kind)}, a kind of limit that this reader does not know")
        computed = (
            _EXACT.add(nominal, allowance) if isinstance(nominal, Decimal) and isinstance(allowance, Decimal) else None
        )
        bound = limit_of(computed if limit is None else limit)
        if bound is None:
            return _unparsed(f"K{limit_key} or K{allowance_key} is no limit: {shown(limit)}, {shown(allowance)}")
        if limit is not None and allowance not in (None, 0) and computed != limit:
            return _unparsed(f"K{limit_key} is {limit}, nominal and K{allowance_key} make {shown(computed)}")
        bounds.append(bound)
    lower, upper = bounds
    if lower is None and upper is None:
        return LOGGED
    if lower is not None and upper is not None and lower > upper:
        return _unparsed(f"the lower limit {lower} above the upper limit {upper}")
    return Comparison(Comparator.INSIDE, lower, upper)


def _unparsed(note: str) -> Comparison:
    return Comparison(Comparator.UNPARSED, note=note)
