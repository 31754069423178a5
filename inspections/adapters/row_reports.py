"""Rows made into tests: one of each row, one of each object with a list in it, or one of rows that follow one another.

A test's own id comes once in a file. Where a key comes again after other rows, or an id for another test, the file is
refused: nobody could say which of the two is meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from hashlib import sha256
from typing import Protocol

from .canonical import AdapterError, CanonicalInspection, CanonicalItem, ItemClaim, ParseContext, ReportClaim
from .rig_times import read_time
from .row_items import Binder, BoundItem, Getter, Row, TextGetter, bind_item, bind_text, place_of
from .row_recipe import Recipe, Source, TimeRecipe
from .row_values import Notation, fold
from .strict_json import shown

_MOST_ITEMS = 50_000
_MOST_TESTS = 1_000_000
_LONGEST_TEXT = 200
_LONGEST_TEST = 31 * 24 * 3600
_SECONDS = {"s": Decimal(1), "ms": Decimal("0.001"), "min": Decimal(60), "h": Decimal(3600)}
_WORSE = (
    ReportClaim.PASS, ReportClaim.DONE, ReportClaim.NONE, ReportClaim.SKIPPED, ReportClaim.TERMINATED,
    ReportClaim.ERROR, ReportClaim.FAIL,
)  # fmt: skip


class RowFile(Binder, Protocol):
    """One file of rows: where columns stand, and what is known of the file and of each row."""

    digest: str | None

    def fingerprint(self, row: Row) -> bytes:
        """All that stands in a row."""

    def entries(self, row: Row, at: str, line: str) -> list[Row]:
        """The objects of the list that stands in a row under the pointer `at`."""


_AGAINST = frozenset([ReportClaim.FAIL, ReportClaim.ERROR, ReportClaim.TERMINATED, ReportClaim.SKIPPED])


@dataclass(frozen=True, slots=True)
class _Head:
    """What a row says of its test. `same` must be said by every row of one test."""

    key: tuple[str, ...]
    same: tuple[str, ...]
    external_id: str
    started: datetime | None
    finished: datetime | None
    duration: Decimal | None
    claimed: ReportClaim
    doubt: str
    test_type: str | None
    count: str
    software: tuple[str, ...]
    headers: tuple[str, ...]


@dataclass(slots=True)
class Reports:
    """Reads the rows of one file into tests, by the recipe of its profile."""

    recipe: Recipe
    file: RowFile
    context: ParseContext
    texts: dict[str, TextGetter] = field(init=False)
    key: list[TextGetter] = field(init=False)
    items: list[BoundItem] = field(init=False)
    software: list[TextGetter] = field(init=False)
    headers: list[TextGetter] = field(init=False)
    special: dict[str, TextGetter] = field(init=False)
    notation: Notation = field(init=False)
    head_cells: list[Getter] = field(init=False)
    seen: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        recipe, file = self.recipe, self.file
        test = recipe.test
        self.notation = Notation(self.context.decimal_comma, recipe.thousands)
        self.texts = {name: bind_text(source, file) for name, source in test.texts.items()}
        self.key = [bind_text(Source(refs=(ref,)), file) for ref in test.key or ()]
        self.items = [bind_item(item, file, self.notation) for item in recipe.items]
        self.software = [bind_text(source, file) for _, source in recipe.software]
        self.headers = [bind_text(Source(refs=(ref,)), file) for ref in recipe.headers]
        self.head_cells = [file.cell(ref) for ref in recipe.head_refs()]
        self.special = {
            "id": bind_text(test.id, file, joint="/"),
            "started": bind_text(test.started.source if test.started else None, file),
            "finished": bind_text(test.finished.source if test.finished else None, file),
            "duration": bind_text(test.duration, file),
            "result": bind_text(test.result.source if test.result else None, file),
            "test_type": bind_text(test.test_type, file),
            "count": bind_text(test.count, file),
        }

    def read(self, rows: Iterable[tuple[int, Row]]) -> Iterator[CanonicalInspection]:
        """The tests, each as soon as its last row was read."""
        if self.recipe.layout == "long":
            yield from self._read_long(rows)
            return
        for number, row in rows:
            line = f"line {number}"
            head = self._head(row, line)
            items = [] if head.test_type else self._items_of(row, line)
            yield self._report(head, head, items, line, self._derived(number, row))

    def _items_of(self, row: Row, line: str) -> list[CanonicalItem]:
        if self.recipe.list_at is None:
            return [item.read(row, line, 1, item.recipe.name.text if item.recipe.name else "") for item in self.items]
        (bound,) = self.items
        seen: Counter[str] = Counter()
        found: list[CanonicalItem] = []
        for index, entry in enumerate(self.file.entries(row, self.recipe.list_at, line)):
            at = f"{line} {self.recipe.list_at}/{index}"
            found.append(self._counted(bound, entry, at, seen, len(found)))
        return found

    def _counted(self, bound: BoundItem, row: Row, line: str, seen: Counter[str], so_far: int) -> CanonicalItem:
        if so_far >= _MOST_ITEMS:
            raise AdapterError(line, f"more than {_MOST_ITEMS} values of one test", "fewer")
        path = bound.path_of(row, line)
        seen[path] += 1
        return bound.read(row, line, seen[path], path)

    def _read_long(self, rows: Iterable[tuple[int, Row]]) -> Iterator[CanonicalInspection]:
        (bound,) = self.items
        first: _Head | None = None
        last: _Head | None = None
        at, number_of_first, whole = "", 0, sha256()
        items: list[CanonicalItem] = []
        seen: Counter[str] = Counter()
        head: _Head | None = None
        latest: _Head | None = None
        cells: list[object] = []
        for number, row in rows:
            line = f"line {number}"
            # What most rows of a test say of it is what the row before said.
            cells, before = [get(row) for get in self.head_cells], cells
            if head is None or cells != before:
                head = self._head(row, line)
            if first is not None and last is not None and head.key == first.key:
                if head is not latest:
                    self._check_same(first, head, line)
                    worse = max(last.claimed, head.claimed, key=_WORSE.index)
                    last = replace(head, claimed=worse, doubt=last.doubt or head.doubt)
            else:
                if first is not None and last is not None:
                    yield self._report(first, last, items, at, f"{number_of_first}:{whole.hexdigest()}")
                self._check_new(b"key", "\x1f".join(head.key), line, "rows of one test that follow one another")
                first = last = head
                at, number_of_first, whole, items, seen = line, number, sha256(), [], Counter()
            latest = head
            whole.update(self.file.fingerprint(row))
            if not head.test_type:
                items.append(self._counted(bound, row, line, seen, len(items)))
        if first is not None and last is not None:
            yield self._report(first, last, items, at, f"{number_of_first}:{whole.hexdigest()}")

    def _head(self, row: Row, line: str) -> _Head:
        test = self.recipe.test
        special = {name: getter(row) for name, getter in self.special.items()}
        texts = [self._bounded(name, getter(row), line) for name, getter in self.texts.items()]
        claimed, doubt = ReportClaim.NONE, ""
        if test.result is not None:
            claimed = test.result.words.get(fold(special["result"]), ReportClaim.NONE)
            if claimed is ReportClaim.NONE:
                doubt = f"the result {shown(special['result'])} is none that the profile names"
        started = self._time(special["started"], test.started, line)
        # A test that was broken off has no finish to be written; whatever may be a pass must say it.
        is_endless = test.started is not None and claimed in _AGAINST and not special["finished"]
        finished = None if is_endless else self._time(special["finished"], test.finished, line)
        is_test = test.test_type is None or fold(special["test_type"]) in test.tests
        other = None if is_test else f"a test of type {shown(special['test_type'])}, which the profile does not count"
        software = tuple(getter(row) for getter in self.software)
        headers = tuple(getter(row)[:_LONGEST_TEXT] for getter in self.headers)
        key = tuple(getter(row) for getter in self.key)
        external_id = self._bounded("id", special["id"], line)
        if test.id is not None and not external_id:
            raise AdapterError(line + place_of(test.id, self.file), "no id", "the test's own id")
        same = (external_id, *texts, special["test_type"], special["count"], *software)
        return _Head(
            key, same, external_id, started, finished, self._duration(special["duration"], line), claimed, doubt, other,
            special["count"], software, headers,
        )  # fmt: skip

    def _bounded(self, name: str, text: str, line: str) -> str:
        if len(text) > _LONGEST_TEXT:
            source = self.recipe.test.id if name == "id" else self.recipe.test.texts[name]
            found = f"{len(text)} characters"
            raise AdapterError(line + place_of(source, self.file), found, f"at most {_LONGEST_TEXT} characters")
        return text

    def _time(self, text: str, recipe: TimeRecipe | None, line: str) -> datetime | None:
        if recipe is None:
            return None
        place = line + place_of(recipe.source, self.file)
        return read_time(text, place, self.context.time_zone, recipe.pattern)

    def _duration(self, text: str, line: str) -> Decimal | None:
        if self.recipe.test.duration is None or not text:
            return None
        place = line + place_of(self.recipe.test.duration, self.file)
        number = self.notation.read(text, place)
        seconds = Decimal(-1)
        if isinstance(number, Decimal) and abs(number.adjusted()) < 30:
            seconds = number * _SECONDS[self.recipe.test.duration_unit]
        if not 0 <= seconds <= _LONGEST_TEST:
            raise AdapterError(place, shown(text), f"a duration from 0 to {_LONGEST_TEST} seconds")
        return seconds

    def _check_same(self, first: _Head, head: _Head, line: str) -> None:
        if first.same != head.same:
            one, other = next(pair for pair in zip(first.same, head.same, strict=True) if pair[0] != pair[1])
            found = f"{shown(other)} in a row of the test that began with {shown(one)}"
            raise AdapterError(line, found, "the same in all rows of one test, or another key")

    def _check_new(self, kind: bytes, text: str, line: str, expected: str) -> None:
        mark = sha256(kind + text.encode("utf-8", "surrogatepass")).digest()[:16]
        if mark in self.seen:
            raise AdapterError(line, f"{shown(text)} again, which an earlier test of the file has", expected)
        if len(self.seen) >= 2 * _MOST_TESTS:
            raise AdapterError(line, f"more than {_MOST_TESTS} tests", "fewer in one file")
        self.seen.add(mark)

    def _derived(self, number: int, row: Row) -> str:
        return f"{number}:{sha256(self.file.fingerprint(row)).hexdigest()}" if self.recipe.test.derived_id else ""

    def _external_id(self, head: _Head, derived: str) -> str:
        if self.recipe.test.derived_id is None:
            return head.external_id
        number, _, digest = derived.partition(":")
        return f"{self.file.digest}:{number}" if self.recipe.test.derived_id == "file" else digest

    def _report(
        self, first: _Head, last: _Head, items: list[CanonicalItem], line: str, derived: str
    ) -> CanonicalInspection:
        external_id = self._external_id(first, derived)
        self._check_new(b"id", external_id, line, "an id for each test: name more columns under /test/id")
        if first.count and first.count != str(len(items)) and not first.test_type:
            raise AdapterError(line, f"{len(items)} values", f"{shown(first.count)}, as the file itself says")
        started, finished, notes = self._times(first, last, line)
        claimed, doubts = _lowered(last.claimed, items)
        texts = dict(zip(self.texts, first.same[1:], strict=False))
        names = [systems for systems, _ in self.recipe.software]
        return CanonicalInspection(
            external_id=external_id,
            **{name: texts.get(name) or None for name in _REPORT_TEXTS},
            started_at=started,
            finished_at=finished,
            claimed=claimed,
            purpose=texts.get("purpose") or None,
            software=tuple((name, version) for name, version in zip(names, first.software, strict=True) if version),
            not_a_test=first.test_type,
            items=tuple(items),
            notes=(*notes, *doubts, *([last.doubt] if last.doubt else [])),
            headers=tuple(
                (str(ref), text) for ref, text in zip(self.recipe.headers, first.headers, strict=True) if text
            ),
        )

    def _times(self, first: _Head, last: _Head, line: str) -> tuple[datetime, datetime, tuple[str, ...]]:
        started = first.started or first.finished
        finished = last.finished
        notes: tuple[str, ...] = ()
        if started is None:
            raise AdapterError(line, "no time", "the start of the test, its finish or both")
        if finished is None and first.duration is not None:
            finished = started + timedelta(
                microseconds=int((first.duration * 1_000_000).to_integral_value(ROUND_FLOOR))
            )
        if finished is None:
            finished = last.started or started
            if finished == started:
                notes = ("the file does not say how long the test took: finished when it started",)
        if finished < started:
            found = f"finished {finished.isoformat()}, started {started.isoformat()}"
            raise AdapterError(line, found, "a finish that is not before the start")
        return started, finished, notes


_REPORT_TEXTS = ("serial", "part_number", "process_code", "process_name", "station", "operator")


def _lowered(claimed: ReportClaim, items: list[CanonicalItem]) -> tuple[ReportClaim, tuple[str, ...]]:
    """A pass that one of its own items contradicts is none."""
    if claimed is not ReportClaim.PASS:
        return claimed, ()
    for bad, worse in ((ItemClaim.FAIL, ReportClaim.FAIL), (ItemClaim.ERROR, ReportClaim.ERROR)):
        if any(item.claimed is bad for item in items):
            return worse, (f"the test says pass, one of its items says {bad.value}",)
    return claimed, ()
