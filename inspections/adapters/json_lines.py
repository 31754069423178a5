"""JSON lines (NDJSON): an object a line. A profile says what its members mean.

The options are those of `table`, but for what is of a table alone (delimiter, quote, comment, header, units_row, rest,
unterminated_last_line, and FROM with preamble or header). A COLUMN is a JSON pointer (RFC 6901) into the object, such
as "/unit/serial"; a member that is absent or null is as an empty cell. Numbers are those that JSON writes; a text in
the place of one is read as in a table.

- `layout`: "wide", one object a test, items by their pointers; "long", one object a value, where those of one test
  follow one another; or "list", one object a test that holds a list of its values, which `list` points to. The pointers
  of the one item are relative to the entries of that list then: {"list": "/measurements", "items": [{"item": "/name",
  "value": "/value", "unit": "/unit"}]}.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO

from .canonical import AdapterError, CanonicalInspection, ParseContext
from .row_items import Getter, Row
from .row_options import RowOptions, refused_options
from .row_recipe import Recipe, Ref
from .row_reports import Reports
from .row_values import Cell
from .strict_json import Json, check_storable, decode_text, shown
from .text_lines import TextLines, digest_of

_LONGEST_POINTER = 500


class JsonLinesAdapter:
    """Reads JSON lines by profile. Stateless; one instance serves all."""

    name = "json_lines"
    version = "1"
    max_bytes = 1024 * 1024 * 1024
    """Read a line at a time, in the same memory however long it is."""

    def sniff(self, head: bytes, name: str) -> float:
        """Never sure by itself: what the members mean stands in a profile, which names this reader."""
        is_object = head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
        return 0.3 if is_object and name.lower().endswith((".jsonl", ".ndjson", ".json")) else 0.0

    def option_faults(self, options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """What is wrong with the options of a profile, each with its pointer."""
        return iter(_read_options(options)[1])

    def parse(self, stream: BinaryIO, context: ParseContext) -> Iterator[CanonicalInspection]:
        """The tests in the file, one at a time."""
        recipe, faults = _read_options(context.options)
        if faults:
            raise refused_options(faults)
        return _read(stream, context, recipe)


def _read_options(options: Mapping[str, Any]) -> tuple[Recipe, list[tuple[str, str]]]:
    refs = "a JSON pointer such as /unit/serial"
    reading = RowOptions(_is_pointer, refs, ("wide", "long", "list"), has_header=False)
    return reading.read(options, ()), reading.faults


def _is_pointer(ref: object) -> bool:
    if not isinstance(ref, str) or not ref.startswith("/") or len(ref) > _LONGEST_POINTER:
        return False
    return "~" not in ref.replace("~0", "").replace("~1", "")


def _read(stream: BinaryIO, context: ParseContext, recipe: Recipe) -> Iterator[CanonicalInspection]:
    digest = digest_of(stream, context) if recipe.test.derived_id == "file" else None
    objects = _Objects(TextLines(stream, context), digest)
    yield from Reports(recipe, objects, context).read(objects)


@dataclass(slots=True)
class _Objects:
    """The objects of one file, and how members of the one read last are found."""

    lines: TextLines
    digest: str | None
    raw: str = ""
    escapes: bool = False

    def __iter__(self) -> Iterator[tuple[int, Json]]:
        for line in self.lines:
            self.lines.begin_record()
            self.raw = line.strip()
            if not self.raw:
                continue
            self.escapes = "\\u" in line
            document = self._decode()
            if not isinstance(document, dict):
                raise AdapterError(f"line {self.lines.number}", shown(document), "an object")
            yield self.lines.number, document

    def _decode(self) -> object:
        try:
            return decode_text(self.raw, self.lines.number)
        except AdapterError as error:
            at = f"line {self.lines.number}"
            place = error.place if error.place.startswith(at) else f"{at} {error.place.removeprefix('file')}".rstrip()
            raise AdapterError(place, error.found, error.expected) from error

    def cell(self, ref: Ref) -> Getter:
        keys = [key.replace("~1", "/").replace("~0", "~") for key in str(ref).split("/")[1:]]

        def get(row: Row) -> Cell:
            value: object = row
            for key in keys:
                value = value.get(key) if type(value) is dict else _member(value, key)
            if type(value) is str:
                if self.escapes:
                    check_storable(value, self._at(ref))
                return value
            if value is None or isinstance(value, bool | Decimal):
                return value
            raise AdapterError(self._at(ref), shown(value), "one number, text or boolean")

        return get

    def _at(self, ref: Ref) -> str:
        return f"line {self.lines.number} {ref}"

    def place(self, ref: Ref) -> str:
        return f" {ref}"

    def beside(self, label: str) -> str:
        raise AdapterError("profile", f"the label {shown(label)}", "a JSON pointer: there is no header")

    def unit(self, ref: Ref) -> str:
        raise AdapterError("profile", "a unit in the header", "a JSON pointer: there is no header")

    def fingerprint(self, row: Row) -> bytes:
        return self.raw.encode("utf-8", "surrogatepass") + b"\n"

    def entries(self, row: Row, at: str, line: str) -> list[Row]:
        found = row
        for key in at.split("/")[1:]:
            found = _member(found, key.replace("~1", "/").replace("~0", "~"))
        if not isinstance(found, list):
            raise AdapterError(f"{line} {at}", shown(found), "a list of the test's values")
        for index, entry in enumerate(found):
            if not isinstance(entry, Mapping):
                raise AdapterError(f"{line} {at}/{index}", shown(entry), "an object")
        return found


def _member(value: object, key: str) -> Any:
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and key.isascii() and key.isdecimal() and len(key) < 7 and int(key) < len(value):
        return value[int(key)]
    return None
