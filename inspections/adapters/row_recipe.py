"""What a profile says of the rows of a table or of JSON lines, checked and made ready to be bound to columns.

The options are explained in `table` and `json_lines`; here is what they become.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .canonical import ItemClaim, ItemKind, Measured, ReportClaim
from .rig_times import ISO

Ref = str | int
"""A column by its name or its number from 1, or a JSON pointer into an object."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a text comes from: columns joined, one text for all, beside a label above the header, or the header."""

    refs: tuple[Ref, ...] = ()
    text: str | None = None
    label: str | None = None
    of_header: bool = False


@dataclass(frozen=True, slots=True)
class TimeRecipe:
    source: Source
    pattern: str = ISO


@dataclass(frozen=True, slots=True)
class ResultRecipe:
    """Words of the whole test's result; one that is not among them claims nothing."""

    source: Source
    words: Mapping[str, ReportClaim]


@dataclass(frozen=True, slots=True)
class ItemRecipe:
    """How one item is read. `name` and `value` are None for what is said of all the other columns."""

    name: Source | None
    value: Ref | None
    kind: ItemKind = ItemKind.NUMBER
    unit: Source | None = None
    lower: Source | None = None
    upper: Source | None = None
    expected: Source | None = None
    comparator: Source | None = None
    operators: Mapping[str, str] = field(default_factory=dict)
    no_limit: frozenset[str] = frozenset()
    lower_inclusive: bool = True
    upper_inclusive: bool = True
    result: Source | None = None
    result_words: Mapping[str, ItemClaim] = field(default_factory=dict)
    status: Source | None = None
    status_words: Mapping[str, Measured] = field(default_factory=dict)
    absent: Mapping[str, Measured] = field(default_factory=dict)
    truths: Mapping[str, bool] = field(default_factory=dict)

    @property
    def is_compared(self) -> bool:
        """Whether the profile says where limits stand."""
        return any(each is not None for each in (self.lower, self.upper, self.expected, self.comparator))


@dataclass(frozen=True, slots=True)
class TestRecipe:
    """How a test is told apart and headed. `derived_id`: "file" or "row" in the place of `id`."""

    __test__ = False

    id: Source | None = None
    derived_id: str | None = None
    key: tuple[Ref, ...] | None = None
    texts: Mapping[str, Source] = field(default_factory=dict)
    started: TimeRecipe | None = None
    finished: TimeRecipe | None = None
    duration: Source | None = None
    duration_unit: str = "s"
    result: ResultRecipe | None = None
    test_type: Source | None = None
    tests: frozenset[str] = frozenset()
    count: Source | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that a profile says of rows."""

    layout: str
    test: TestRecipe
    items: tuple[ItemRecipe, ...]
    rest: ItemRecipe | None = None
    list_at: str | None = None
    software: tuple[tuple[str, Source], ...] = ()
    headers: tuple[Ref, ...] = ()
    thousands: str | None = None

    def head_refs(self) -> tuple[Ref, ...]:
        """The columns that say something of a test, each once."""
        test = self.test
        times = [each.source for each in (test.started, test.finished, test.result) if each is not None]
        sources = [test.id, *test.texts.values(), *times, test.duration, test.test_type, test.count]
        sources += [source for _, source in self.software]
        refs = [*(test.key or ()), *self.headers]
        refs += [ref for source in sources if source is not None for ref in source.refs]
        return tuple(dict.fromkeys(refs))

    def refs(self) -> tuple[Ref, ...]:
        """All columns that are named somewhere, each once."""
        sources: list[Source | None] = []
        refs = list(self.head_refs())
        for item in (*self.items, *([self.rest] if self.rest else [])):
            sources += [item.name, item.unit, item.lower, item.upper, item.expected, item.comparator]
            sources += [item.result, item.status]
            refs += [item.value] if item.value is not None else []
        refs += [ref for source in sources if source is not None for ref in source.refs]
        return tuple(dict.fromkeys(refs))
