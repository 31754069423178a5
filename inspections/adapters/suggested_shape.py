"""The columns of a table or of JSON lines that nobody described: delimiter, header, cells; or that they are unclear."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from .canonical import AdapterError
from .row_recipe import Ref
from .strict_json import decode_text
from .suggested_numbers import is_number
from .suggested_times import moments_of

DELIMITERS = (";", ",", "\t", "|")
_MOST_COLUMNS = 2_000
_MOST_MEASURED = 200
_LONGEST_NAME = 200
_CLEARLY = 20
_DEEPEST = 4


@dataclass(slots=True)
class Column:
    """One column with its cells, blank ones too. `is_named`: its name stands in the file. `is_json_number`: JSON wrote
    its numbers, whose decimal mark is a point."""

    ref: Ref
    name: str
    cells: list[str] = field(default_factory=list)
    is_named: bool = True
    unit: str = ""
    is_json_number: bool = False

    def said(self) -> list[str]:
        """The cells that hold something."""
        return [cell for cell in self.cells if cell]


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file stands in columns. `header`: the line of the names; None without any."""

    columns: list[Column]
    delimiter: str | None = None
    header: int | None = None
    has_units_row: bool = False


def table_shapes(lines: Sequence[str], units: frozenset[str], stated: str | None = None) -> list[Shape]:
    """Every shape that fits as well as the best one: exactly one where the delimiter is clear or `stated`."""
    tried = (stated,) if stated in DELIMITERS else DELIMITERS
    fitting = [shape for delimiter in tried if (shape := _table(lines, delimiter, units)) is not None]
    sense = [_sense(shape) for shape in fitting]
    return [shape for shape, each in zip(fitting, sense, strict=True) if each >= max(sense) - _CLEARLY]


def _table(lines: Sequence[str], delimiter: str, units: frozenset[str]) -> Shape | None:
    widths = [_width(line, delimiter) for line in lines[:_MOST_MEASURED]]
    usual = Counter(width for width in widths if width > 1).most_common(1)
    if not usual or usual[0][1] < 2:
        return None
    width = usual[0][0]
    for first, line in enumerate(lines[:_MOST_MEASURED]):
        names = _cells(line, delimiter) if widths[first] == width else []
        if 2 * sum(map(bool, names)) > width:
            break
    else:
        return None
    below = [each for each in widths[first:] if each]
    if 2 * below.count(width) <= len(below):
        return None
    if _are_names(names):
        return _named(names, lines[first + 1 :], delimiter, first + 1, units)
    if first:
        return None
    columns = [Column(number, str(number), is_named=False) for number in range(1, width + 1)]
    return _filled(columns, lines, delimiter, None)


def _width(line: str, delimiter: str) -> int:
    """0 for a line that says nothing, holds too many cells or does not close its quotation marks."""
    if not line.strip() or line.count(delimiter) >= _MOST_COLUMNS:
        return 0
    return len(_cells(line, delimiter))


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        row = next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []
    return [" ".join(cell.split()) for cell in row]


def _are_names(cells: Sequence[str]) -> bool:
    return not any(is_number(cell) or (cell and moments_of([cell], is_named_so=True)) for cell in cells)


def _named(
    names: Sequence[str], lines: Sequence[str], delimiter: str, header: int, units: frozenset[str]
) -> Shape | None:
    times = Counter(names)
    columns = []
    for number, name in enumerate(names, start=1):
        can_be_named = bool(name) and times[name] == 1 and name.isprintable() and len(name) <= _LONGEST_NAME
        kept = "".join(each for each in name[:_LONGEST_NAME] if each.isprintable())
        columns.append(Column(name if can_be_named else number, kept or str(number), is_named=can_be_named))
    shape = _filled(columns, lines, delimiter, header)
    if shape is None or not _are_units([column.cells[0] for column in columns], units):
        return shape
    for column in columns:
        unit = column.cells.pop(0).strip("[]()")
        column.unit = "" if unit == "-" else unit
    return Shape(columns, delimiter, header, has_units_row=True) if columns[0].cells else None


def _are_units(cells: Sequence[str], units: frozenset[str]) -> bool:
    said = [cell.strip("[]()") for cell in cells if cell and cell != "-"]
    return len(said) > 0 and all(each in units for each in said) and not any(map(is_number, said))


def _filled(columns: list[Column], lines: Sequence[str], delimiter: str, header: int | None) -> Shape | None:
    rows = csv.reader(lines, delimiter=delimiter)
    try:
        for row in rows:
            if len(row) == len(columns):
                for column, cell in zip(columns, row, strict=True):
                    column.cells.append(cell.strip())
    except csv.Error:
        return None
    return Shape(columns, delimiter, header) if columns[0].cells else None


def _sense(shape: Shape) -> int:
    """How many of a hundred cells are numbers, moments or single words: cells cut at the wrong mark are none of it."""
    cells = [cell for column in shape.columns for cell in column.cells[:20] if cell]
    plain = sum(not any(mark in cell for mark in DELIMITERS if mark != shape.delimiter) or is_number(cell)
                for cell in cells)  # fmt: skip
    return 100 * plain // len(cells) if cells else 0


def lines_shape(lines: Sequence[str]) -> Shape | None:
    """The members of the objects by their pointers, one column each; None where these are no lines of objects."""
    columns: dict[str, Column] = {}
    count = 0
    try:
        for number, line in enumerate(islice((each for each in lines if each.strip()), _MOST_MEASURED), start=1):
            document = decode_text(line.strip(), number)
            if not isinstance(document, dict):
                return None
            for pointer, name, cell, is_number_of_json in _members(document):
                if pointer not in columns and len(columns) >= _MOST_COLUMNS:
                    continue
                column = columns.setdefault(pointer, Column(pointer, name, [""] * count))
                column.cells.append(cell)
                column.is_json_number |= is_number_of_json
            count += 1
            for column in columns.values():
                column.cells += [""] * (count - len(column.cells))
    except AdapterError:
        return None
    return Shape(list(columns.values())) if columns else None


def _members(value: dict[str, object], above: str = "", depth: int = 1) -> Iterator[tuple[str, str, str, bool]]:
    """Pointer, name and text of each member that holds one value. Lists are left to a person."""
    for key, member in value.items():
        pointer = f"{above}/{key.replace('~', '~0').replace('/', '~1')}"
        if not key.isprintable() or len(pointer) > _LONGEST_NAME:
            continue
        if isinstance(member, dict) and depth < _DEEPEST:
            yield from _members(member, pointer, depth + 1)
        elif isinstance(member, str):
            yield pointer, key, member.strip(), False
        elif member is not None and not isinstance(member, dict | list):
            yield pointer, key, str(member), not isinstance(member, bool)
