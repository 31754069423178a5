"""The values in Q-DAS files (AQDEF): what was measured of one part, read into an inspection.

The files claim no verdict of their own, except where a characteristic is counted: one part without errors is a pass of
that characteristic. An attribute of 255 or 256 means that nothing was measured, whatever number stands beside it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import sha256

from .canonical import (
    AdapterError,
    CanonicalInspection,
    CanonicalItem,
    Comparator,
    ItemClaim,
    ItemKind,
    Measured,
    ParseContext,
    ReportClaim,
)
from .qdas_fields import ATTRIBUTIVE, COUNTED, Description, read_limits
from .rig_times import read_time
from .step_items import ItemList, limit_of, pass_fail_item, read_number
from .strict_json import shown
from .wats_limits import LOGGED, Comparison

_VARIABLE = (1, 2, 4, 5, 6, 7, 8, 10, 11, 12)
_ATTRIBUTIVE = (20, 21, 0, 2, 4, 5, 6, 7, 8, 10, 11, 12)
"""What stands in the fields of a value row, by K number; 0 for one that says nothing."""
_OF_VALUE = frozenset([1, 2, 4, 20, 21])
_NOT_MEASURED = ("255", "256")
_DATES = tuple(
    re.compile(date + r"[/ .]+(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2}))?", re.ASCII)
    for date in (
        r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4}|\d{2})",
        r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4}|\d{2})",
        r"(?P<year>\d{4}|\d{2})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
    )
)
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*", re.ASCII)
_MOST_HEADERS = 200
_MOST_ROWS = 500_000

Fields = dict[int, str]


@dataclass(slots=True)
class Row:
    """What was measured of one part: of each characteristic its fields by K number. `text` is the row as written."""

    place: str
    text: str
    values: dict[int, Fields]


def split_row(line: str, description: Description, place: str) -> Row:
    """A line of values: a column for each characteristic, 0x0F between them and 0x14 between the fields of one.

    Raises AdapterError for another number of columns than K0100 says, or more fields than a value has.
    """
    count = description.check(place, all_described=False)
    columns = line.split("\x0f")
    if len(columns) == count + 1 and not columns[-1]:
        columns.pop()
    if len(columns) != count:
        raise AdapterError(place, f"{len(columns)} columns of values, where K0100 says {count}", "as many as it says")
    values: dict[int, Fields] = {}
    for index, column in enumerate(columns, start=1):
        kind = description.of_characteristic(index).get(2004, "0")
        keys = _ATTRIBUTIVE if kind in COUNTED else _VARIABLE
        fields = column.split("\x14")
        if len(fields) > len(keys):
            found = f"{len(fields)} fields of characteristic {index}"
            raise AdapterError(place, found, f"at most {len(keys)}")
        values[index] = {key: text.strip() for key, text in zip(keys, fields, strict=False) if key and text.strip()}
    return Row(place, line, values)


def add_field(fields: Fields, key: int, value: str, place: str) -> None:
    """A field of a value. Raises AdapterError where it is there already and says otherwise."""
    if fields.setdefault(key, value) != value:
        found = f"{shown(value)}, and {shown(fields[key])} before"
        raise AdapterError(f"{place} K{key:04}", found, "each field once in a value")


@dataclass(slots=True)
class Rows:
    """Makes inspections of rows. `valid` are the attributes (K0002) with which a value counts, besides 0."""

    description: Description
    context: ParseContext
    valid: Collection[str] = ()
    seen: Counter[str] = field(default_factory=Counter)
    limits: dict[int, Comparison] = field(default_factory=dict)

    def inspections_of(self, row: Row) -> list[CanonicalInspection]:
        """One inspection for each part that the row holds values of."""
        by_part: dict[int, dict[int, Fields]] = {}
        part = 1
        for index, fields in row.values.items():
            part = self.description.part_of.get(index, part)
            by_part.setdefault(part, {})[index] = fields
        return [self._inspection(row, part, values) for part, values in by_part.items()]

    def _inspection(self, row: Row, part: int, values: dict[int, Fields]) -> CanonicalInspection:
        items = ItemList()
        for index, fields in values.items():
            item = self._item(index, fields, row.place)
            if item is not None:
                items.add(item, row.place)
        about = self.description.of_part(part)
        started, finished = self._times(values, row.place)
        return CanonicalInspection(
            external_id=self._id(row, part, about),
            serial=_one_of(values, 14, row.place) or about.get(1014) or None,
            part_number=about.get(1001) or None,
            process_code=about.get(1086) or None,
            process_name=about.get(1087) or None,
            station=about.get(1081) or about.get(1082) or None,
            operator=about.get(1222) or None,
            started_at=started,
            finished_at=finished,
            claimed=ReportClaim.NONE,
            items=tuple(items.items),
            notes=("the file claims no verdict of the part",),
            headers=tuple(_headers(about, values)),
        )

    def _id(self, row: Row, part: int, about: Mapping[int, str]) -> str:
        """The same row has the same id however often its file is sent, longer each time; twice in a file it has two."""
        whole = "\n".join((about.get(1001, ""), about.get(1014, ""), str(part), row.text))
        digest = sha256(whole.encode()).hexdigest()[:40]
        self.seen[digest] += 1
        if len(self.seen) > _MOST_ROWS:
            raise AdapterError(row.place, f"more than {_MOST_ROWS} rows of values", "fewer in one file")
        return f"qdas-{digest}" + (f"-{self.seen[digest]}" if self.seen[digest] > 1 else "")

    def _times(self, values: Mapping[int, Fields], place: str) -> tuple[datetime, datetime]:
        measured = [fields for fields in values.values() if self._is_measured(fields)] or list(values.values())
        written = {fields[4] for fields in measured if fields.get(4)}
        if not written:
            raise AdapterError(f"{place} K0004", "no time", "the time at which the part was measured")
        times = [_read_date(text, f"{place} K0004", self.context.time_zone) for text in written]
        return min(times), max(times)

    def _is_measured(self, fields: Fields) -> bool:
        return fields.get(2, "0") == "0" or fields[2] in self.valid

    def _item(self, index: int, fields: Fields, place: str) -> CanonicalItem | None:
        about = self.description.of_characteristic(index)
        names = [name for key in (2001, 2002) if (name := " ".join(about.get(key, "").split()))]
        value = fields.get(1, fields.get(20))
        if not names and (value is None or fields.get(2) in _NOT_MEASURED):
            return None  # a node of a group
        path = " / ".join(names) or f"(position {index})"
        if about.get(2004) in COUNTED:
            return _counted(path, about[2004], fields, self._is_measured(fields), f"{place} characteristic {index}")
        comparison = self._comparison(index, about)
        unit = about.get(2142) or None
        if value is None or not self._is_measured(fields):
            return _not_measured(path, unit, comparison, _why_not(fields, value))
        number = read_number(value, decimal_comma=self.context.decimal_comma)
        note = f"the file has {shown(number)} in place of a number" if isinstance(number, str) else comparison.note
        return _item(path, number, unit, comparison, note)

    def _comparison(self, index: int, about: Fields) -> Comparison:
        if index not in self.limits:
            kind = about.get(2004) or "0"
            note = f"a characteristic of kind K2004 = {shown(kind)}, which this reader does not know"
            unknown = Comparison(Comparator.UNPARSED, note=note)
            self.limits[index] = read_limits(about, self.context.decimal_comma) if kind == "0" else unknown
        return self.limits[index]


def _item(path: str, value: Decimal | str | None, unit: str | None, comparison: Comparison, note: str) -> CanonicalItem:
    return CanonicalItem(
        path, 1, ItemKind.NUMBER, value, unit, comparison.comparator, comparison.lower, comparison.upper, note=note
    )


def _not_measured(path: str, unit: str | None, comparison: Comparison, why: str) -> CanonicalItem:
    return CanonicalItem(
        path, 1, ItemKind.NUMBER, None, unit, comparison.comparator, comparison.lower, comparison.upper,
        claimed=ItemClaim.NOT_MEASURED, measured=Measured.NOT_MEASURED, note=why,
    )  # fmt: skip


def _why_not(fields: Fields, value: str | None) -> str:
    if value is None:
        return "no value"
    return f"attribute {shown(fields.get(2, '0'))}, the file has {shown(value)} beside that"


def _counted(path: str, kind: str, fields: Fields, is_measured: bool, place: str) -> CanonicalItem:
    """One part with its errors is a pass or a fail; a sample of several says nothing of one part."""
    size, errors = (limit_of(read_number(fields[key])) if key in fields else None for key in (20, 21))
    if not is_measured or size is None or errors is None or size == 0:
        why = "a count without its sample" if is_measured else _why_not(fields, fields.get(21))
        return _not_measured(path, None, LOGGED, why)
    if errors < 0 or (kind == ATTRIBUTIVE and errors > size):
        raise AdapterError(place, f"{errors} errors in {size}", "no more errors than were looked at")
    if kind == ATTRIBUTIVE and size == 1:
        return pass_fail_item(path, ItemKind.BOOLEAN, ItemClaim.FAIL if errors else ItemClaim.PASS)
    return _item(path, errors, None, LOGGED, f"errors in a sample of {size}")


def _read_date(text: str, place: str, time_zone: str | None) -> datetime:
    if _ISO.fullmatch(text):
        return read_time(text, place, time_zone)
    match = next((found for pattern in _DATES if (found := pattern.fullmatch(text))), None)
    if match is None:
        raise AdapterError(place, shown(text), "a time such as 22.11.2026/08:14:03")
    part = {name: int(value or 0) for name, value in match.groupdict().items()}
    year = part["year"] + (2000 if part["year"] < 100 else 0)
    iso = f"{year:04}-{part['month']:02}-{part['day']:02}T{part['hour']:02}:{part['minute']:02}:{part['second']:02}"
    return read_time(iso, place, time_zone)


def _one_of(values: Mapping[int, Fields], key: int, place: str) -> str | None:
    found = sorted({fields[key] for fields in values.values() if fields.get(key)})
    if len(found) > 1:
        there = " and ".join(shown(text) for text in found[:2])
        raise AdapterError(f"{place} K{key:04}", there, "one part in a row")
    return found[0] if found else None


def _headers(about: Mapping[int, str], values: Mapping[int, Fields]) -> list[tuple[str, str]]:
    """The row's fields and the part's, by K number; with the characteristic's where they differ among them."""
    found: list[tuple[str, str]] = []
    keys = sorted({key for fields in values.values() for key in fields} - _OF_VALUE)
    for key in keys:
        texts = {index: fields[key].lstrip("#") for index, fields in values.items() if fields.get(key, "#") != "#"}
        if len(set(texts.values())) == 1:
            found.append((f"K{key:04}", next(iter(texts.values()))))
        else:
            found += [(f"K{key:04}/{index}", text) for index, text in texts.items()]
    found += [(f"K{key}", text) for key, text in sorted(about.items()) if text]
    return found[:_MOST_HEADERS]
