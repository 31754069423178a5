"""Q-DAS files (AQDEF): dfq, or dfd and dfx together in one zip. A row of values is an inspection of one part.

A profile's options: `unterminated_last_line`, true where the rig never ends its last line (otherwise such a file was
cut off); `valid_attributes`, a list of numbers, the attributes (K0002) besides 0 with which a value counts.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final

from .canonical import AdapterError, CanonicalInspection, ParseContext
from .qdas_fields import Description, Field, read_field
from .qdas_rows import Fields, Row, Rows, add_field, split_row
from .step_items import read_number
from .strict_json import shown
from .text_lines import TextLines
from .zipped import MAGIC, open_folder

_BEGINNING = re.compile(rb"(?:\xef\xbb\xbf)?\s*K(?:0100|0101|1\d{3}|2\d{3})[/ \t]")
_NAMES = (".dfq", ".dfd", ".dfx")
_OPTIONS = ("unterminated_last_line", "valid_attributes")
_BEGINS_VALUE = (1, 20)
_MOST_FIELDS: Final = 500_000
_MOST_UNPACKED: Final = 16 * 1024 * 1024
"""Fields of values in the coding of one field a line, which can be sorted into rows at its end alone."""


class QdasAdapter:
    """Reads AQDEF. Stateless; one instance serves all."""

    name = "qdas"
    version = "1"
    max_bytes = 1024 * 1024 * 1024
    """Read a line at a time, in the same memory however long it is; what a zip unpacks to is bounded apart."""

    def sniff(self, head: bytes, name: str) -> float:
        """By K0100 or another field of a description at the beginning; a dfx, and a zip, by their names."""
        if head.startswith(MAGIC):
            return 0.9 if _first_member(head).lower().endswith(_NAMES) else 0.0
        if _BEGINNING.match(head):
            return 0.95 if name.lower().endswith(_NAMES) or b"K0100" in head else 0.7
        return 0.9 if name.lower().endswith(_NAMES) else 0.0

    def option_faults(self, options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for key in options:
            if key not in _OPTIONS:
                yield f"/{key}"[:200], f"found an unknown option, expected {' or '.join(_OPTIONS)}"
        if not isinstance(ended := options.get("unterminated_last_line", False), bool):
            yield "/unterminated_last_line", f"found {shown(str(ended))}, expected true or false"
        valid = options.get("valid_attributes", [])
        if not isinstance(valid, list) or not all(_is_attribute(entry) for entry in valid):
            yield "/valid_attributes", f"found {shown(str(valid))}, expected a list of numbers from 1 to 254"

    def parse(self, stream: BinaryIO, context: ParseContext) -> Iterator[CanonicalInspection]:
        """One inspection for each part in each row of values, as they come."""
        for place, found in self.option_faults(context.options):
            raise AdapterError(f"profile {place}", found, "options that this reader knows")
        reading = _Reading(context)
        for label, file in _files_of(stream, context):
            lines = TextLines(file, context)
            for line in lines:
                lines.begin_record()
                yield from reading.take(line.rstrip("\r\n"), f"{label}line {lines.number}")
            if not lines.is_ended and not context.options.get("unterminated_last_line"):
                found = "a last line that does not end: cut off, or of a rig that never ends it"
                raise AdapterError(f"{label}line {lines.number}", found, "a whole file, or unterminated_last_line")
        yield from reading.finish()


def _is_attribute(entry: object) -> bool:
    return isinstance(entry, int) and not isinstance(entry, bool) and 0 < entry < 255


def _first_member(head: bytes) -> str:
    """The name of the first file in a zip, by its header."""
    if len(head) < 30:
        return ""
    (length,) = struct.unpack_from("<H", head, 26)
    return head[30 : 30 + length].decode("latin-1")


def _files_of(stream: BinaryIO, context: ParseContext) -> Iterator[tuple[str, BinaryIO]]:
    """The file itself; of a zip the one dfq in it, or its dfd and then its dfx, which have one name."""
    head = stream.read(len(MAGIC))
    stream.seek(0)
    if head != MAGIC:
        yield "", stream
        return
    folder = open_folder(stream, min(context.max_bytes, _MOST_UNPACKED))
    names = sorted(folder.members)
    stems = {name.rpartition(".")[0].lower() for name in names}
    kinds = [name.rpartition(".")[2].lower() for name in names]
    if len(stems) != 1 or kinds not in (["dfd", "dfx"], ["dfq"]):
        found = ", ".join(shown(name) for name in names[:5]) or "nothing"
        raise AdapterError("zip", found, "one dfq, or one dfd and one dfx of the same name")
    for name in names:
        yield f"{shown(name)} ", io.BytesIO(folder.read(name))


class _Reading:
    """Where in the file the reading stands: at its description, among rows of columns, or among fields of values."""

    def __init__(self, context: ParseContext) -> None:
        self.description = Description()
        valid = frozenset(str(number) for number in context.options.get("valid_attributes", []))
        self.rows = Rows(self.description, context, valid)
        self.decimal_comma = context.decimal_comma
        self.row: Row | None = None
        self.values: dict[int, list[Fields]] = {}
        self.fields = 0
        self.place = "line 1"

    def take(self, line: str, place: str) -> Iterator[CanonicalInspection]:
        """One line. Yields the row before it where that is complete by now."""
        self.place = place
        if not line.strip():
            return
        found = read_field(line.strip(), place)
        if found is None:
            yield from self._begin_row(line, place)
        elif found.key == 100:
            self.description.take_count(found, place)
        elif found.key >= 1000:
            if self.row is not None and found.key < 3000:
                raise AdapterError(place, "a description after values", "the description before all rows of values")
            self.description.take(found, place)
        elif found.key != 101:
            self._take_field(found, place)

    def finish(self) -> Iterator[CanonicalInspection]:
        if self.row is not None:
            yield from self.rows.inspections_of(self.row)
        elif self.values:
            for row in self._sort_into_rows():
                yield from self.rows.inspections_of(row)
        else:
            found = (
                "a description without values (a dfd alone)"
                if self.description.count
                else "neither description nor values"
            )
            raise AdapterError(self.place, found, "dfq, or dfd and dfx of one name together in a zip")

    def _begin_row(self, line: str, place: str) -> Iterator[CanonicalInspection]:
        is_row = "\x14" in line or "\x0f" in line
        if not is_row and isinstance(read_number(line.strip(), decimal_comma=self.decimal_comma), str):
            raise AdapterError(place, shown(line.strip()), "a field Knnnn, or a row of values")
        if self.values:
            raise AdapterError(place, "a row of values after values in fields", "one coding of values in a file")
        before, self.row = self.row, split_row(line, self.description, place)
        if before is not None:
            yield from self.rows.inspections_of(before)

    def _take_field(self, found: Field, place: str) -> None:
        if self.row is not None:
            self._add_to_row(self.row, found, place)
            return
        count = self.description.check(place, all_described=False)
        stated = self.description.index_of(found)
        if stated > count:
            raise AdapterError(place, f"characteristic {stated}, where K0100 says {count}", "as many as it says")
        if found.key in _BEGINS_VALUE and not stated:
            raise AdapterError(place, f"a value (K{found.key:04}) of no characteristic", "its number after a /")
        self.fields += 1
        if self.fields > _MOST_FIELDS:
            raise AdapterError(place, f"more than {_MOST_FIELDS} fields of values", "rows of values in large files")
        indices = [stated] if stated else [index for index, values in self.values.items() if values]
        if not indices:
            raise AdapterError(place, f"K{found.key:04} before any value", "a value (K0001) first")
        for index in indices:
            add_field(self._value_of(index, found, place), found.key, found.value, place)

    def _value_of(self, index: int, found: Field, place: str) -> Fields:
        """The fields of the value that a field belongs to: a new one, that of the row it names, or the last."""
        values = self.values.setdefault(index, [])
        row = len(values) if found.row is None else found.row
        if found.key in _BEGINS_VALUE and (found.row is None or row == len(values) + 1):
            values.append({})
            return values[-1]
        if not 0 < row <= len(values):
            raise AdapterError(place, f"K{found.key:04}/{index} before its value", "a value (K0001 or K0020) first")
        return values[row - 1]

    def _add_to_row(self, row: Row, found: Field, place: str) -> None:
        if found.key in _BEGINS_VALUE or found.row is not None:
            raise AdapterError(place, "values in fields after a row of values", "one coding of values in a file")
        if (found.index or 0) > len(row.values):
            raise AdapterError(place, f"characteristic {found.index} of {len(row.values)}", "one of the row's")
        row.text += f"\nK{found.key:04}/{found.index or 0} {found.value}"
        for index in [found.index] if found.index else row.values:
            add_field(row.values[index], found.key, found.value, place)

    def _sort_into_rows(self) -> Iterator[Row]:
        """Values in fields come characteristic by characteristic or part by part: the n-th of each make the n-th row.

        Raises AdapterError where one characteristic of a part has fewer than another: which part it misses is unknown.
        """
        self.description.check(self.place, all_described=True)
        by_part: dict[int, list[int]] = {}
        for index, part in sorted(self.description.part_of.items()):
            by_part.setdefault(part, []).append(index)
        for part, indices in by_part.items():
            counts = {len(self.values[index]) for index in indices if index in self.values}
            if len(counts) > 1:
                found = f"{min(counts)} values of one characteristic and {max(counts)} of another"
                raise AdapterError(f"part {part}", found, "as many of each: one in a row")
            for number in range(max(counts, default=0)):
                values = {index: self.values[index][number] if index in self.values else {} for index in indices}
                text = "\x0f".join(_text_of(index, fields) for index, fields in values.items())
                yield Row(f"part {part} value {number + 1}", text, values)


def _text_of(index: int, fields: Fields) -> str:
    return "\x14".join((str(index), *(f"{key} {text}" for key, text in sorted(fields.items()))))
