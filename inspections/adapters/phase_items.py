"""Phases with measurements, as OpenHTF and TofuPilot tell a test, read into items.

A phase can only speak against its measurements: what it skipped or broke off was not measured, what failed or ended
unknown is no pass. A phase that fails with no measurement that says so becomes an item of its own, "(status)".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from .canonical import AdapterError, CanonicalItem, Comparator, ItemClaim, ItemKind, Measured, ReportClaim
from .strict_json import check_storable, shown
from .wats_limits import LOGGED, Comparison

MOST_POINTS = 1_000
"""Points of one measurement that become items, each for itself. More stay in the file, and the measurement says so."""

_MOST_ITEMS = 50_000
_LONGEST_PATH = 500
_BAD = (ItemClaim.FAIL, ItemClaim.ERROR)
_PHASES = {
    "PASS": ItemClaim.PASS,
    "FAIL": ItemClaim.FAIL,
    "SKIP": ItemClaim.SKIPPED,
    "ERROR": ItemClaim.ERROR,
}
_REPORTS = {
    "PASS": ReportClaim.PASS,
    "FAIL": ReportClaim.FAIL,
    "ERROR": ReportClaim.ERROR,
    "TIMEOUT": ReportClaim.TERMINATED,
    "ABORTED": ReportClaim.TERMINATED,
}
_NO_NUMBERS = frozenset(["nan", "inf", "-inf", "infinity", "-infinity"])


def name_of(text: str | None) -> str:
    """A name as a part of a path: its blanks single, never empty."""
    return " ".join((text or "").split()) or "(unnamed)"


def read_phase_claim(outcome: str | None) -> ItemClaim:
    """What the outcome of a phase claims; an unknown one claims nothing."""
    return _PHASES.get(outcome or "", ItemClaim.NONE)


def read_report_claim(
    outcome: str | None, parts: Iterable[tuple[str, ItemClaim]]
) -> tuple[ReportClaim, tuple[str, ...]]:
    """The outcome claimed for the whole. Its parts, (name, claim), can only speak against it."""
    claimed = _REPORTS.get(outcome or "", ReportClaim.NONE)
    if claimed is ReportClaim.PASS:
        for part, claim in parts:
            if claim not in (ItemClaim.PASS, ItemClaim.SKIPPED):
                lowered = {ItemClaim.FAIL: ReportClaim.FAIL, ItemClaim.ERROR: ReportClaim.ERROR}
                words = f"the report says pass, its part {shown(part)} says {claim.value}"
                return lowered.get(claim, ReportClaim.NONE), (words,)
    return claimed, ()


def scalar(value: object, place: str) -> Decimal | str | bool | None:
    """One value as it is written. Raises AdapterError for a list or an object, and for a text that nothing can hold."""
    if value is not None and not isinstance(value, Decimal | str | bool):
        raise AdapterError(place, shown(value), "one number, text or boolean")
    if isinstance(value, str):
        check_storable(value, place)
    return value


def make_item(
    path: str,
    value: Decimal | str | bool | None,
    unit: str | None,
    comparison: Comparison,
    claim: ItemClaim,
    note: str = "",
) -> CanonicalItem:
    """The item of one value. A logged value claims no pass; what was not measured has no value."""
    kind = _kind(value, unit, comparison)
    if isinstance(value, Decimal) and isinstance(comparison.expected, str):
        comparison = Comparison(Comparator.UNPARSED, note="a number in the file, compared as if it were a text")
    if comparison == LOGGED and claim is ItemClaim.PASS:
        claim = ItemClaim.NONE
    item = CanonicalItem(
        path, 1, kind, value, unit,
        comparison.comparator, comparison.lower, comparison.upper,
        comparison.lower_inclusive, comparison.upper_inclusive,
        comparison.expected, comparison.case_sensitive,
        claimed=claim, note=note or comparison.note,
    )  # fmt: skip
    return _without_value_unless_measured(item)


def make_check(path: str, claim: ItemClaim, note: str = "") -> CanonicalItem:
    """An item that says only how something ended."""
    value = {ItemClaim.PASS: True, ItemClaim.FAIL: False}.get(claim)
    item = CanonicalItem(
        path, 1, ItemKind.PASS_FAIL, value, None, Comparator.EQUAL, expected=True, claimed=claim, note=note
    )  # fmt: skip
    return _without_value_unless_measured(item)


def _kind(value: Decimal | str | bool | None, unit: str | None, comparison: Comparison) -> ItemKind:
    told = comparison.expected if value is None else value
    if isinstance(told, bool):
        return ItemKind.BOOLEAN
    has_limits = comparison.lower is not None or comparison.upper is not None
    if isinstance(told, Decimal) or has_limits:
        return ItemKind.NUMBER
    if isinstance(told, str):
        return ItemKind.NUMBER if told.lower() in _NO_NUMBERS and unit else ItemKind.TEXT
    return ItemKind.NUMBER if unit else ItemKind.TEXT


def _without_value_unless_measured(item: CanonicalItem) -> CanonicalItem:
    beside = "" if item.value is None else f"the report has {shown(item.value)} beside that"
    measured = {
        ItemClaim.SKIPPED: Measured.SKIPPED,
        ItemClaim.ERROR: Measured.ERROR,
        ItemClaim.NOT_MEASURED: Measured.NOT_MEASURED,
    }.get(item.claimed)
    if measured is not None:
        return item._replace(value=None, measured=measured, note=item.note or beside)
    if item.value is None:
        claimed = ItemClaim.FAIL if item.claimed is ItemClaim.FAIL else ItemClaim.NOT_MEASURED
        return item._replace(claimed=claimed, measured=Measured.NOT_MEASURED)
    return item


@dataclass(slots=True)
class PhaseItems:
    """The items of a report as its phases are read one after the other."""

    items: list[CanonicalItem] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def add_phase(self, path: str, claim: ItemClaim, items: list[CanonicalItem], place: str) -> None:
        """Adds a phase: its items, lowered as far as the phase itself says worse, and its own fail where none does."""
        for item in items:
            self._add(_lowered(item, claim), place)
        is_told = any(item.claimed in _BAD for item in items) or (claim is ItemClaim.ERROR and items)
        if claim in _BAD and not is_told:
            self._add(make_check(f"{path} / (status)", claim, "only the phase's own outcome says so"), place)

    def _add(self, item: CanonicalItem, place: str) -> None:
        if len(item.item) > _LONGEST_PATH:
            found = f"a path of {len(item.item)} characters"
            raise AdapterError(place, found, f"names that make at most {_LONGEST_PATH}")
        if len(self.items) >= _MOST_ITEMS:
            raise AdapterError(place, f"more than {_MOST_ITEMS} values", "fewer in one report")
        self.seen[item.item] += 1
        self.items.append(item._replace(occurrence=self.seen[item.item]))


def _lowered(item: CanonicalItem, claim: ItemClaim) -> CanonicalItem:
    """`item` in a phase that ended so: skipped, broken off and unknown phases take a pass away."""
    if item.claimed in _BAD or claim in (ItemClaim.PASS, ItemClaim.FAIL):
        return item
    note = item.note or f"the phase itself says {claim.value}"
    if claim is ItemClaim.NONE:
        return item._replace(claimed=ItemClaim.NONE, note=note) if item.claimed is ItemClaim.PASS else item
    return _without_value_unless_measured(item._replace(claimed=claim, note=note))
