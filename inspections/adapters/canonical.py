"""What every adapter yields: one finished test as its rig reported it, nothing judged.

Numbers are the decimals that were written. What the rig says of its own result is a claim. A value that was skipped,
not measured or broken off is None, whatever number stands beside it in the file: such numbers are defaults.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, BinaryIO, NamedTuple, Protocol, runtime_checkable


class AdapterError(Exception):
    """The file cannot be read as what it claims to be. Says where, what was found there and what was expected."""

    def __init__(self, place: str, found: str, expected: str) -> None:
        super().__init__(place, found, expected)
        self.place = place
        self.found = found
        self.expected = expected

    def __str__(self) -> str:
        return f"{self.place}: found {self.found}, expected {self.expected}"


class ItemKind(StrEnum):
    """What the rig checked: a number, a text, a pass or fail of its own, or a step that says only how it ended."""

    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"
    PASS_FAIL = "text-pass-fail"  # noqa: S105 a kind


class Comparator(StrEnum):
    """How the rig compares a value with its limits; None instead of a member: the value is logged, not compared.

    `inside`: above `lower` and below `upper`, of which one may be absent. `outside`: below `lower` or above `upper`.
    For each limit the item says whether a value equal to it conforms (`lower_inclusive`, `upper_inclusive`).
    `equal`, `not_equal`: against `expected`. `unparsed`: the rig compares in a way that the adapter cannot restate;
    nothing may be concluded from it, and never a pass.
    """

    INSIDE = "inside"
    OUTSIDE = "outside"
    EQUAL = "equal"
    NOT_EQUAL = "not_equal"
    UNPARSED = "unparsed"


class ItemClaim(StrEnum):
    """What the rig says of one item. `none`: nothing (a logged value), or nothing that the adapter knows."""

    PASS = "pass"  # noqa: S105 a verdict
    FAIL = "fail"
    SKIPPED = "skipped"
    ERROR = "error"
    NOT_MEASURED = "not_measured"
    NONE = "none"


class Measured(StrEnum):
    """Whether a value was obtained at all."""

    MEASURED = "measured"
    NOT_MEASURED = "not_measured"
    SKIPPED = "skipped"
    ERROR = "error"


class ReportClaim(StrEnum):
    """What the rig says of the whole test. Everything except `pass` speaks against a pass."""

    PASS = "pass"  # noqa: S105 a verdict
    FAIL = "fail"
    ERROR = "error"
    TERMINATED = "terminated"
    SKIPPED = "skipped"
    DONE = "done"
    NONE = "none"


class CanonicalItem(NamedTuple):
    """One value of the report, or one check that has only a verdict.

    `item` is the stable path of the step, names joined by " / ", with the measurement's name last; `occurrence` counts
    from 1 where the very same path comes again. `value` is as written: a Decimal for a number, a str for what is
    written as text even in place of a number ("NaN"), a bool, or None unless `measured` is `measured`.
    `expected` and `case_sensitive` belong to `equal` and `not_equal`. `unit` is as written, None where none is given.
    """

    item: str
    occurrence: int
    kind: ItemKind
    value: Decimal | str | bool | None
    unit: str | None
    comparator: Comparator | None
    lower: Decimal | None = None
    upper: Decimal | None = None
    lower_inclusive: bool = True
    upper_inclusive: bool = True
    expected: Decimal | str | bool | None = None
    case_sensitive: bool = True
    claimed: ItemClaim = ItemClaim.NONE
    measured: Measured = Measured.MEASURED
    note: str = ""

    def with_value(self, value: Decimal) -> CanonicalItem:
        """The same of another number."""
        return CanonicalItem._make((*self[:3], value, *self[4:]))

    @property
    def verdict_claimed(self) -> str | None:
        """The claim as a recorded verdict: "pass", "fail" (also for an error), or None where the rig claims neither."""
        return _VERDICTS.get(self.claimed)


_VERDICTS = {ItemClaim.PASS: "pass", ItemClaim.FAIL: "fail", ItemClaim.ERROR: "fail"}


class CanonicalInspection(NamedTuple):
    """One finished test. `external_id` is the rig's own id of it; `serial` is the unit's, as written.

    `finished_at` equals `started_at` where the report does not say how long the test took (`notes` then say so).
    `software` holds (system, version) pairs that the report states for the unit. `not_a_test` gives the reason why this
    report, though read, must never be recorded as a test (a repair report, a simulated or partial result); it then has
    no items. `headers` are the report's other fields as written, by their path ("UUT / PartNumber"): a profile may say
    in which of them the VIN or the kind of test stands.
    """

    external_id: str
    serial: str | None
    part_number: str | None
    process_code: str | None
    process_name: str | None
    station: str | None
    operator: str | None
    started_at: datetime
    finished_at: datetime
    claimed: ReportClaim
    purpose: str | None = None
    software: tuple[tuple[str, str], ...] = ()
    not_a_test: str | None = None
    items: tuple[CanonicalItem, ...] = ()
    notes: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def verdict_claimed(self) -> str | None:
        """The claim as a recorded verdict: "pass"; "fail" also where the rig broke off; None where it says neither."""
        if self.claimed is ReportClaim.PASS:
            return "pass"
        return None if self.claimed in (ReportClaim.DONE, ReportClaim.NONE) else "fail"


@dataclass(frozen=True, slots=True)
class ParseContext:
    """What the reader is told about the file, by whoever sent it and by the profile of its rig.

    `max_bytes` bounds what is read of it, unpacked. `time_zone` is the IANA name of the zone in which the rig writes
    times without an offset; None: such a time is an error, never guessed. `encoding` is that of the text where the
    file does not say so itself; None: UTF-8, with or without a byte order mark. `decimal_comma` says that numbers in
    text are written so, and that none has a decimal point then. `options` are what one reader alone asks of a profile,
    such as the columns of a table; the reader's module names them.
    """

    name: str = ""
    max_bytes: int = 16 * 1024 * 1024
    time_zone: str | None = None
    encoding: str | None = None
    decimal_comma: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


class Adapter(Protocol):
    """A reader of one format, found by `registry`. `name` is stored with what it read, and `version` with it."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def sniff(self, head: bytes, name: str) -> float:
        """How sure the reader is, from 0 (not mine) to 1, by the file's first bytes (some 4 KiB) and its name."""

    def parse(self, stream: BinaryIO, context: ParseContext) -> Iterator[CanonicalInspection]:
        """The tests in the file, one at a time as they are read, so that a large file needs little memory.

        Raises AdapterError, from the call or from the iterator, and nothing else, for whatever the file holds: then
        what came before it was read as it stands, and what follows is not known.
        """


@runtime_checkable
class AskingAdapter(Adapter, Protocol):
    """A reader that a profile has to tell something: it has `options` of its own."""

    def option_faults(self, options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """What is wrong with a profile's `options`: (JSON pointer in them, what was found and what is expected).

        Anything may be in them that JSON can hold; nothing is raised.
        """
