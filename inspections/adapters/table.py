r"""Tables as rigs write them: CSV, TSV, semicolons, whatever stands between the cells. A profile says what they mean.

A profile's options, as JSON. COLUMN is a column's name in the header (blanks and line breaks in it count as one blank)
or its number from 1. FROM says where a text comes from: a COLUMN; a list of them, joined by a blank; {"text": "…"}, the
same in every test; {"preamble": "…"}, the text that stands beside this label above the header.

- `layout`: "wide" (the default), one row a test and one column an item; "long", one row a value, where the rows of one
  test follow one another.
- `delimiter`: one character; without it the header decides among comma, semicolon, tab and | by which of them the
  columns named here are found. `quote`: the character around cells that hold a delimiter or a line break, by default
  the double quotation mark, null for none. `comment`: lines that begin with it are passed over. `thousands`: the
  character that groups thousands. The decimal mark, encoding and time zone are the profile's own, not among these.
- `header`: the number of the line with the columns' names, by default 1; null for none, then columns go by number.
  Lines above it are the preamble. `units_row`: true where the row after the header holds units.
- `unterminated_last_line`: true where the rig never ends its last line. Otherwise such a file was cut off.
- `test`: how a test is told and headed.
  - `id`: FROM (several columns are joined by "/"), or {"derived": "file"}, the file's SHA-256 and the row's line, or
    {"derived": "row"}, the SHA-256 of the row itself, which stays the same where the rig appends to its file.
  - `key`, for "long" alone: the list of COLUMNs that the rows of one test share; [] where a file is one test.
  - `serial` (or VIN), `part_number`, `process_code`, `process_name`, `station`, `operator`, `purpose`: FROM.
  - `started`, `finished`: FROM or {"from": FROM, "format": …}; the format is "iso" (the default), "unix", "unix_ms" or
    a pattern of strptime. One of the two is needed. `duration`: {"from": FROM, "unit": "s", "ms", "min" or "h"}.
  - `result`: {"from": FROM, "pass": [words], "fail": [words]}, and if need be "error", "terminated", "skipped", "done".
    Case and blanks around a word say nothing; a word that is not listed claims nothing.
  - `test_type`: {"from": FROM, "tests": [words]}: other rows are no tests. `count`: FROM, how many values the test has.
- `items`: in a wide table a list of items; in a long one exactly one, which says how each row is read. Of an item:
  - `value`: COLUMN. `item`: its name, by default the column's; in a long table FROM, several joined by " / ".
  - `kind`: "number" (the default), "text", "boolean" (with "true": [words] and "false": [words]) or "pass_fail" (its
    value is the result's word).
  - `unit`, `lower`, `upper`, `expected`, `comparator`: FROM; unit may be {"header": true}: the units row, else what
    stands in brackets at the end of the column's name. Limits are written as text: {"text": "0.5"}.
  - `lower_inclusive`, `upper_inclusive`: by default true. With a `comparator` its word says so: >= > <= < = != or GELE,
    GTLT and so on; others are explained by `operators`: {"word": "GELE"}. `no_limit`: words for a limit that is none.
  - `result`: {"from": FROM, "pass": [words], "fail": [words]}, and if need be "error", "skipped", "not_measured".
  - `status`: {"from": FROM, "measured": [words]}, and if need be "skipped", "not_measured", "error". A word that is
    not listed, none too, means that the value was not measured.
  - `absent`: {"not_measured": ["-", "---"], "skipped": [words], "error": [words]}: words in the place of the value.
- `rest`, for a wide table with a header: an item without item and value, true of all columns that nothing else names.
- `software`: a list of {"system": name, "version": FROM}. `headers`: a list of COLUMNs that are kept beside the test.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, BinaryIO

from .canonical import AdapterError, CanonicalInspection, ItemKind, ParseContext
from .row_items import Getter, Row
from .row_options import RowOptions, refused_options
from .row_recipe import ItemRecipe, Recipe, Ref, Source
from .row_reports import Reports
from .row_values import Cell, fold, unit_in, without_unit
from .strict_json import shown
from .text_lines import TextLines, digest_of

_DELIMITERS = (",", ";", "\t", "|")
_OWN = ("delimiter", "quote", "comment", "header", "units_row", "unterminated_last_line")
_MOST_COLUMNS = 10_000
_MOST_PREAMBLE = 1_000
_LONGEST_NAME = 500
_LABELLED = re.compile(r"([^:=]{1,200})[:=]\s*(\S.*)", re.DOTALL)


class TableAdapter:
    """Reads tables by profile. Stateless; one instance serves all."""

    name = "table"
    version = "1"
    max_bytes = 1024 * 1024 * 1024
    """Read a line at a time, in the same memory however long it is."""

    def sniff(self, head: bytes, name: str) -> float:
        """Never sure by itself: what a table means stands in a profile, which names this reader."""
        is_text = b"\0" not in head or head.startswith((b"\xff\xfe", b"\xfe\xff"))
        return 0.3 if is_text and name.lower().endswith((".csv", ".tsv", ".tab", ".txt")) else 0.0

    def option_faults(self, options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """What is wrong with the options of a profile, each with its pointer."""
        return iter(_read_options(options)[1])

    def parse(self, stream: BinaryIO, context: ParseContext) -> Iterator[CanonicalInspection]:
        """The tests in the file, one at a time."""
        form, faults = _read_options(context.options)
        if faults:
            raise refused_options(faults)
        return _read(stream, context, form)


@dataclass(frozen=True, slots=True)
class _Form:
    """The outer form of a table, and the recipe of its rows."""

    recipe: Recipe
    delimiter: str | None
    quote: str | None
    comment: str | None
    header: int | None
    units_row: bool
    may_end_without_line_end: bool


def _read_options(options: Mapping[str, Any]) -> tuple[_Form, list[tuple[str, str]]]:
    header = options.get("header", 1)
    has_header = header is not None
    refs = "a column's name or its number from 1" if has_header else "a column's number from 1"
    reading = RowOptions(lambda ref: _is_column(ref, has_header), refs, ("wide", "long"), has_header)
    recipe = reading.read(options, _OWN)
    if has_header and not (_is_number(header) and header <= _MOST_PREAMBLE):
        reading.fault("/header", header, f"the number of the header's line, at most {_MOST_PREAMBLE}, or null")
        header = 1
    marks: dict[str, str | None] = {}
    for name, default in (("delimiter", None), ("quote", '"'), ("comment", None)):
        mark = marks[name] = options.get(name, default)
        if mark is not None and not (isinstance(mark, str) and len(mark) == 1 and mark not in "\r\n\0"):
            reading.fault(f"/{name}", mark, "one character" + (" or null" if name == "quote" else ""))
            marks[name] = default
    if marks["delimiter"] is not None and marks["delimiter"] in (marks["quote"], " "):
        reading.fault("/delimiter", marks["delimiter"], "another character than a blank and the quotation mark")
    for name in ("units_row", "unterminated_last_line"):
        if not isinstance(options.get(name, False), bool):
            reading.fault(f"/{name}", options[name], "true or false")
    form = _Form(
        recipe, **marks, header=header, units_row=options.get("units_row") is True,
        may_end_without_line_end=options.get("unterminated_last_line") is True,
    )  # fmt: skip
    return form, reading.faults


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_column(ref: object, has_header: bool) -> bool:
    return (_is_number(ref) and ref <= _MOST_COLUMNS) or (  # type: ignore[operator]
        has_header and isinstance(ref, str) and bool(ref.strip()) and len(ref) <= _MOST_PREAMBLE
    )


@dataclass(slots=True)
class _Columns:
    """Where the columns of one file stand."""

    names: list[str]
    at: str
    units: list[str] = field(default_factory=list)
    preamble: list[tuple[str, str]] = field(default_factory=list)
    digest: str | None = None

    def index(self, ref: Ref) -> int:
        if isinstance(ref, int):
            if ref > len(self.names):
                raise AdapterError(self.at, f"{len(self.names)} columns", f"at least {ref}")
            return ref - 1
        name = " ".join(ref.split())
        times = self.names.count(name)
        if times != 1:
            found = f"{times} columns named so" if times else f"the columns {shown(', '.join(self.names))}"
            raise AdapterError(self.at, found, f"one column {shown(name)}")
        return self.names.index(name)

    def cell(self, ref: Ref) -> Getter:
        index = self.index(ref)

        def get(row: Sequence[str]) -> Cell:
            return row[index]

        return get

    def place(self, ref: Ref) -> str:
        return f" column {ref if isinstance(ref, int) else shown(' '.join(ref.split()))}"

    def beside(self, label: str) -> str:
        found = {text for name, text in self.preamble if name == label}
        if len(found) != 1:
            raise AdapterError("the lines above the header", f"{len(found)} texts beside {shown(label)}", "one")
        return found.pop()

    def unit(self, ref: Ref) -> str:
        index = self.index(ref)
        if self.units:
            return self.units[index]
        return unit_in(self.names[index])

    def fingerprint(self, row: Row) -> bytes:
        return "\x1f".join(row).encode("utf-8", "surrogatepass") + b"\x1e"

    def entries(self, row: Row, at: str, line: str) -> list[Row]:
        raise AdapterError(line, "a row of a table", "no list in it")


class _BrokenCells(AdapterError):
    """Cells whose quotation does not close, under the delimiter that was tried."""


@dataclass(slots=True)
class _Feed:
    """Lines for the reader of cells. `number` is that of the line handed over last; `fresh`: a row begins next."""

    lines: TextLines
    form: _Form
    source: Iterator[str] = field(init=False)
    number: int = 0
    fresh: bool = False
    waiting: deque[tuple[int, str]] = field(default_factory=deque)
    taken: list[tuple[int, str]] | None = None

    def __post_init__(self) -> None:
        self.source = iter(self.lines)

    def __iter__(self) -> Iterator[str]:
        return self

    def begin_row(self) -> None:
        self.fresh = True
        self.lines.begin_record()

    def __next__(self) -> str:
        while True:
            number, line = self.waiting.popleft() if self.waiting else self._pull()
            if self.fresh and self.form.comment and line.startswith(self.form.comment):
                self.lines.begin_record()
                continue
            self.fresh, self.number = False, number
            if self.taken is not None:
                self.taken.append((number, line))
            return line

    def _pull(self) -> tuple[int, str]:
        line = next(self.source)
        if not (self.lines.is_ended or self.form.may_end_without_line_end or not line.strip()):
            expected = "a line end behind the last row, or unterminated_last_line in the profile"
            raise AdapterError(f"line {self.lines.number}", "the end of the file within a line", expected)
        return self.lines.number, line


def _read(stream: BinaryIO, context: ParseContext, form: _Form) -> Iterator[CanonicalInspection]:
    digest = digest_of(stream, context) if form.recipe.test.derived_id == "file" else None
    feed = _Feed(TextLines(stream, context), form)
    above = _read_above(feed, form)
    delimiter = form.delimiter or _sniff(feed, form)
    cells = _cells(feed, delimiter, form.quote)
    first = next(((number, row) for number, row in cells if form.header or not _is_blank(row)), None)
    if first is None:
        raise AdapterError(
            f"line {feed.lines.number + 1}", "the end of the file", "the header" if form.header else "rows"
        )
    names = [" ".join(name.split()) for name in first[1]]
    if len(names) > _MOST_COLUMNS:
        raise AdapterError(f"line {first[0]}", f"{len(names)} columns", f"at most {_MOST_COLUMNS}")
    columns = _Columns(names, f"line {first[0]}", digest=digest, preamble=_preamble(above, delimiter, form))
    rows = _checked(cells if form.header else chain((first,), cells), len(names), columns, form)
    if form.units_row:
        _, units = next(rows, (0, [""] * len(names)))
        columns.units = [" ".join(unit.split()).strip("[]()") for unit in units]
    recipe = replace(form.recipe, items=(*form.recipe.items, *_rest(form.recipe, columns)))
    yield from Reports(recipe, columns, context).read(rows)


def _read_above(feed: _Feed, form: _Form) -> list[str]:
    above = []
    for _ in range((form.header or 1) - 1):
        feed.lines.begin_record()
        above.append(next(feed.source, ""))
    feed.lines.begin_record()
    feed.fresh = form.header is None
    return above


def _cells(feed: _Feed, delimiter: str, quote: str | None) -> Iterator[tuple[int, list[str]]]:
    """The rows with the number of the line on which each ends. Raises AdapterError for cells that do not close."""
    reader = csv.reader(
        feed, delimiter=delimiter, quotechar=quote, quoting=csv.QUOTE_NONE if quote is None else csv.QUOTE_MINIMAL,
        strict=True,
    )  # fmt: skip
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            place = f"line {feed.number}"
            raise _BrokenCells(place, f"broken cells ({error})", "cells whose quotation marks close") from error
        if row is None:
            return
        yield feed.number, row
        feed.begin_row()


def _sniff(feed: _Feed, form: _Form) -> str:
    """The one delimiter under which the first row has all the columns that the profile names."""
    feed.taken = []
    fitting, begun = [], feed.fresh
    for delimiter in _DELIMITERS:
        feed.fresh = begun
        feed.waiting.extendleft(reversed(feed.taken))
        feed.taken = []
        try:
            row = next((row for _, row in _cells(feed, delimiter, form.quote) if form.header or not _is_blank(row)), [])
        except _BrokenCells:
            continue
        if row and _fits(row, form):
            fitting.append(delimiter)
    feed.waiting.extendleft(reversed(feed.taken))
    feed.taken, feed.fresh = None, begun
    if not feed.waiting:
        raise AdapterError("file", "no rows", "the header" if form.header else "rows")
    if len(fitting) != 1:
        number, line = feed.waiting[0]
        told = " or ".join(shown(each) for each in fitting) or "none"
        names = ", ".join(shown(ref) for ref in form.recipe.refs())
        found = f"{shown(line.strip())}, where {told} of the usual delimiters gives the columns"
        raise AdapterError(f"line {number}", found, f"{names[:300]}; or a delimiter in the profile")
    return fitting[0]


def _fits(row: list[str], form: _Form) -> bool:
    names = [" ".join(name.split()) for name in row]
    return (
        all(ref <= len(names) if isinstance(ref, int) else " ".join(ref.split()) in names for ref in form.recipe.refs())
        and len(names) > 1
    )


def _is_blank(row: list[str]) -> bool:
    return not any(map(str.strip, row))


def _checked(
    cells: Iterable[tuple[int, list[str]]], width: int, columns: _Columns, form: _Form
) -> Iterator[tuple[int, list[str]]]:
    """The rows that say something, each as wide as the first."""
    nameless = [index for index, name in enumerate(columns.names) if not name] if form.recipe.rest else []
    for number, row in cells:
        if _is_blank(row):
            continue
        if len(row) != width:
            place = f"line {number} column {min(len(row), width) + 1}"
            raise AdapterError(place, f"{len(row)} cells", f"{width}, as many as line {columns.at.split()[1]} has")
        for index in nameless:
            if row[index].strip():
                raise AdapterError(f"line {number} column {index + 1}", shown(row[index]), "a column with a name")
        yield number, row


def _preamble(above: list[str], delimiter: str, form: _Form) -> list[tuple[str, str]]:
    """Labels and what stands beside them: in the next cell, or behind a colon or an equals sign."""
    found = []
    for line in above:
        text = line.strip().removeprefix(form.comment or "\0")
        cells = [cell.strip().strip(form.quote or "") for cell in text.split(delimiter)]
        if len(cells) < 2 or not any(cells[1:]):
            match = _LABELLED.fullmatch(cells[0])
            cells = [match[1], match[2]] if match else []
        if cells and cells[0]:
            found.append((fold(cells[0].rstrip(":= ")), next(cell for cell in cells[1:] if cell)))
    return found


def _rest(recipe: Recipe, columns: _Columns) -> list[ItemRecipe]:
    """An item for each column with a name that nothing else names."""
    if recipe.rest is None:
        return []
    used = {columns.index(ref) for ref in recipe.refs()}
    taken = {item.name.text for item in recipe.items if item.name}
    of_header = recipe.rest.unit is not None and recipe.rest.unit.of_header and not columns.units
    found = []
    for index, name in enumerate(columns.names):
        if not name or index in used:
            continue
        item = without_unit(name) if of_header else name
        if item in taken or len(item) > _LONGEST_NAME:
            raise AdapterError(f"{columns.at} column {index + 1}", shown(item), "a name that no other column has")
        taken.add(item)
        result = Source(refs=(index + 1,)) if recipe.rest.kind is ItemKind.PASS_FAIL else recipe.rest.result
        found.append(replace(recipe.rest, name=Source(text=item), value=index + 1, result=result))
    return found
