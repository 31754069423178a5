"""Suggests how a file nobody has seen before is read: options for `table` or `json_lines`, and what nobody but a person
can answer. Nothing is guessed.

Where a file says one thing, the suggestion says it. Where it may mean two (03/04/2026, 1,234, a unit "C"), the
suggestion leaves it so that the reader refuses the file or the value, and asks. Only the first megabyte is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from . import suggested_columns as known
from .json_lines import JsonLinesAdapter
from .row_recipe import Ref
from .row_values import fold
from .suggested_numbers import NO_VALUE, Unit, are_numbers, marks_of, unit_of
from .suggested_shape import Column, Shape, lines_shape, table_shapes
from .suggested_text import MOST_BYTES, Beginning, beginning_of
from .suggested_times import Moments
from .table import TableAdapter

__all__ = ["MOST_BYTES", "READERS", "UNANSWERED", "Asked", "Question", "SuggestedItem", "Suggestion", "suggest"]

READERS: Mapping[str, TableAdapter | JsonLinesAdapter] = {
    "table": TableAdapter(),
    "json_lines": JsonLinesAdapter(),
}
UNANSWERED = "unanswered"
"""Stands where a person has to answer. It is no time and no word of a rig: what is read with it is refused."""
_MOST_ITEMS = 500
_MOST_HEADERS = 100
_FAIL_WORDS = ["NOK", "NG", "FAIL"]


class Asked(StrEnum):
    """What only a person can answer."""

    ENCODING = "encoding"
    SHAPE = "shape"
    DELIMITER = "delimiter"
    LAST_LINE = "last_line"
    NO_NAMES = "no_names"
    ID = "id"
    SUBJECT = "subject"
    SUBJECTS = "subjects"
    NO_TIME = "no_time"
    TIMES = "times"
    TIME_ORDER = "time_order"
    RESULT = "result"
    RESULTS = "results"
    PASS_WORD = "pass_word"  # noqa: S105 a question
    FAIL_WORD = "fail_word"
    STRANGE_WORDS = "strange_words"
    DECIMAL_MARK = "decimal_mark"
    DECIMAL_MARKS = "decimal_marks"
    UNIT = "unit"
    UNITS = "units"
    ROWS = "rows"
    ITEMS = "items"


@dataclass(frozen=True, slots=True)
class Question:
    """`about`: the columns, words or formats that it is about, as the file writes them."""

    asked: Asked
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SuggestedItem:
    """An item as the reader will name it, with its unit in the catalogue's spelling where the file states one."""

    item: str
    unit: str | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`options` are None where not even the columns are clear; else the reader takes them as they are."""

    options: dict[str, Any] | None
    encoding: str | None = None
    decimal_comma: bool | None = None
    items: tuple[SuggestedItem, ...] = ()
    questions: tuple[Question, ...] = ()


def suggest(
    head: bytes,
    *,
    is_whole: bool,
    reader: str,
    units: frozenset[str],
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Suggestion:
    """What `reader`, one of READERS, may be told of a file that begins with `head`. Nothing is raised for any bytes.

    `units` are the symbols that the catalogue knows; a word in brackets that is none of them is part of a name.
    `encoding` and `delimiter` are what a person has said already, where the file alone is not clear.
    """
    beginning = beginning_of(head, is_whole=is_whole, stated=encoding)
    if beginning is None:
        return Suggestion(None, questions=(Question(Asked.ENCODING),))
    if reader == "json_lines":
        shape = lines_shape(beginning.lines)
        shapes = [shape] if shape else []
    else:
        shapes = table_shapes(beginning.lines, units, delimiter)
    if len(shapes) != 1:
        marks = tuple(str(shape.delimiter) for shape in shapes)
        asked = Question(Asked.DELIMITER, marks) if shapes else Question(Asked.SHAPE)
        return Suggestion(None, beginning.encoding, questions=(asked,))
    drafting = _Drafting(shapes[0], units, is_table=reader == "table")
    drafting.draft(beginning)
    if any(READERS[reader].option_faults(drafting.options)):
        return Suggestion(None, beginning.encoding, questions=(Question(Asked.SHAPE),))
    return Suggestion(
        drafting.options, beginning.encoding, drafting.decimal_comma, tuple(drafting.items), tuple(drafting.questions)
    )


@dataclass(slots=True)
class _Drafting:
    """The columns, one after the other given their place. `left` are those that nothing has taken."""

    shape: Shape
    units: frozenset[str]
    is_table: bool
    left: list[Column] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    decimal_comma: bool | None = None
    items: list[SuggestedItem] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def draft(self, beginning: Beginning) -> None:
        self.left = [column for column in self.shape.columns if column.said()]
        if self.is_table:
            self._table(beginning)
        test = self._times() | self._serial() | self._id() | self._result()
        order = ("id", "serial", "started", "finished", "result")
        self.options["test"] = {key: test[key] for key in order if key in test}
        numbers = [each for each in self.left if are_numbers(each.said()) and not known.is_number_of_test(each)]
        self._decimal_mark([each for each in numbers if not each.is_json_number])
        self._items(numbers)
        headers = [column.ref for column in self.left if column not in numbers][:_MOST_HEADERS]
        if headers:
            self.options["headers"] = headers

    def ask(self, asked: Asked, about: Sequence[object] = ()) -> None:
        self.questions.append(Question(asked, tuple(str(each)[:200] for each in about[:20])))

    def _table(self, beginning: Beginning) -> None:
        self.options["delimiter"] = self.shape.delimiter
        if self.shape.header != 1:
            self.options["header"] = self.shape.header
        if self.shape.has_units_row:
            self.options["units_row"] = True
        if self.shape.header is None:
            self.ask(Asked.NO_NAMES)
        if beginning.is_cut:
            self.ask(Asked.LAST_LINE)

    def _take(self, column: Column) -> Ref:
        self.left.remove(column)
        return column.ref

    def _times(self) -> dict[str, Any]:
        found = [(self.left[place], moments) for place, moments in known.times(self.left).items()]
        whole = [(column, moments) for column, moments in found if not moments.is_day and not moments.is_clock]
        days = [(column, moments) for column, moments in found if moments.is_day]
        clocks = [(column, moments) for column, moments in found if moments.is_clock]
        if not whole and len(days) == 1 and len(clocks) == 1:
            return {"started": self._joined(*days[0], *clocks[0])}
        if len(whole) == 1:
            column, moments = whole[0]
            return {"finished" if known.ends(column) else "started": self._moment(column, moments)}
        starts, finishes = ([each for each in whole if says(each[0])] for says in (known.begins, known.ends))
        if len(whole) == 2 and len(starts) == 1 and len(finishes) == 1:
            return {"started": self._moment(*starts[0]), "finished": self._moment(*finishes[0])}
        self.ask(Asked.TIMES if found else Asked.NO_TIME, [column.name for column, _ in found])
        return {"started": {"text": UNANSWERED}}

    def _moment(self, column: Column, moments: Moments) -> Any:
        if len(moments.formats) > 1:
            self.ask(Asked.TIME_ORDER, [column.name, *moments.formats])
            self._take(column)
            return {"text": UNANSWERED}
        (pattern,) = moments.formats
        ref = self._take(column)
        return ref if pattern == "iso" else {"from": ref, "format": pattern}

    def _joined(self, day: Column, days: Moments, clock: Column, clocks: Moments) -> Any:
        refs = [self._take(day), self._take(clock)]
        patterns = [f"{pattern} {clocks.formats[0]}" for pattern in days.formats]
        if len(patterns) > 1:
            self.ask(Asked.TIME_ORDER, [f"{day.name}, {clock.name}", *patterns])
            return {"text": UNANSWERED}
        return {"from": refs, "format": patterns[0]}

    def _serial(self) -> dict[str, Any]:
        found = known.vins(self.left)
        if len(found) == 1:
            return {"serial": self._take(found[0])}
        if found:
            self.ask(Asked.SUBJECTS, [column.name for column in found])
            return {}
        numbered = known.serials(self.left)
        self.ask(Asked.SUBJECT, [column.name for column in numbered])
        return {"serial": self._take(numbered[0])} if len(numbered) == 1 else {}

    def _id(self) -> dict[str, Any]:
        found = known.ids(self.left)
        if len(found) == 1:
            return {"id": self._take(found[0])}
        self.ask(Asked.ID, [column.name for column in found])
        return {"id": {"derived": "row"}}

    def _result(self) -> dict[str, Any]:
        found = known.results(self.left)
        if len(found) != 1:
            self.ask(Asked.RESULTS if found else Asked.RESULT, [column.name for column in found])
            return {}
        words, strange = known.words_of(found[0])
        if "pass" not in words:
            self.ask(Asked.PASS_WORD, [found[0].name])
        if "fail" not in words:
            self.ask(Asked.FAIL_WORD, _FAIL_WORDS)
        if strange:
            self.ask(Asked.STRANGE_WORDS, strange)
        words = {"pass": [UNANSWERED], "fail": _FAIL_WORDS} | words
        return {"result": {"from": self._take(found[0]), **words}}

    def _decimal_mark(self, columns: Sequence[Column]) -> None:
        """The mark that the numbers prove. A doubtful one is left so that the reader refuses what has it."""
        marks = marks_of(cell for column in columns for cell in column.said())
        if marks.proven:
            self.decimal_comma = marks.proven == {","}
            if len(marks.proven) > 1:
                self.ask(Asked.DECIMAL_MARKS)
        elif marks.doubtful:
            self.decimal_comma = marks.doubtful == {"."}
            self.ask(Asked.DECIMAL_MARK, sorted(marks.doubtful))

    def _items(self, columns: Sequence[Column]) -> None:
        taken: set[str] = set()
        found = [
            unit_of(column.name, self.units) if column.is_named and not column.unit else None for column in columns
        ]
        self.options["items"] = [
            self._item(column, unit, taken) for column, unit in zip(columns[:_MOST_ITEMS], found, strict=False)
        ]
        without = [column.name for column, unit in zip(columns, found, strict=True) if not (unit or column.unit)]
        if without:
            self.ask(Asked.UNITS, without)
        unclear = [column.name for column, unit in zip(columns, found, strict=True) if unit and unit.is_unclear]
        if unclear:
            self.ask(Asked.UNIT, unclear)
        if not columns or len(columns) > _MOST_ITEMS:
            self.ask(Asked.ITEMS)
        if not columns and self.shape.header is not None:
            self.options["rest"] = {"kind": "text"}
        elif not columns:
            self.options["items"] = [{"value": self.shape.columns[0].ref, "item": UNANSWERED, "kind": "text"}]

    def _item(self, column: Column, unit: Unit | None, taken: set[str]) -> dict[str, Any]:
        """The item of one column, by a name that no other has: without its unit where that is stated beside it."""
        stated = None if unit is None or unit.is_unclear else unit
        in_header = self.is_table and (bool(column.unit) or (stated is not None and stated.is_as_written))
        short = stated.name if stated else column.name
        name = column.name if short in taken else short
        while name in taken:
            name = f"{name} {column.ref}"
        taken.add(name)
        entry: dict[str, Any] = {"value": column.ref}
        by_itself = stated.name if stated and in_header else column.name
        if not self.is_table or not column.is_named or name != by_itself:
            entry["item"] = name
        if in_header:
            entry["unit"] = {"header": True}
        elif stated:
            entry["unit"] = {"text": stated.symbol}
        absent = sorted({cell for cell in column.said() if fold(cell) in NO_VALUE})
        if absent:
            entry["absent"] = {"not_measured": absent}
        self.items.append(SuggestedItem(name, column.unit or (stated.symbol if stated else None)))
        return entry
