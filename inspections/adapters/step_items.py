"""Items of step trees as test executives write them, whatever the encoding: what a step's verdict makes of its values.

Where a step says worse than its measurements do, the step is believed.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from .canonical import AdapterError, CanonicalItem, Comparator, ItemClaim, ItemKind, Measured, ReportClaim
from .strict_json import shown

BAD = (ItemClaim.FAIL, ItemClaim.ERROR)
_MOST_ITEMS = 50_000
_LONGEST_PATH = 500
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,6})?", re.ASCII)
_COMMA_NUMBER = re.compile(r"[+-]?(?:\d+(?:,\d*)?|,\d+)(?:[eE][+-]?\d{1,6})?", re.ASCII)
_DIGITS = 30
"""A limit of more significant digits, or of an exponent beyond this, is no limit that a plan can hold."""


@dataclass(slots=True)
class ItemList:
    """The items of one report, numbered where a path comes again, and bounded."""

    items: list[CanonicalItem] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def add(self, item: CanonicalItem, place: str) -> None:
        """Raises AdapterError for more than 50,000 items and for a path over 500 characters."""
        if len(item.item) > _LONGEST_PATH:
            found = f"a path of {len(item.item)} characters"
            raise AdapterError(place, found, f"names that make at most {_LONGEST_PATH}")
        if len(self.items) >= _MOST_ITEMS:
            raise AdapterError(place, f"more than {_MOST_ITEMS} values", "fewer in one report")
        self.seen[item.item] += 1
        count = self.seen[item.item]
        self.items.append(item if count == 1 else item._replace(occurrence=count))


def read_number(text: str, *, decimal_comma: bool = False) -> Decimal | str:
    """The decimal that `text` writes; the text itself where it writes none (a word, hexadecimal, nothing)."""
    if decimal_comma:
        return Decimal(text.replace(",", ".")) if _COMMA_NUMBER.fullmatch(text) else text
    return Decimal(text) if _NUMBER.fullmatch(text) else text


def limit_of(value: Decimal | str | None) -> Decimal | None:
    """`value` where it can be a limit: None for a word, and for more digits than a plan can hold."""
    if not isinstance(value, Decimal):
        return None
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or len(digits) > _DIGITS:
        return None
    return None if abs(exponent) > _DIGITS or abs(value.adjusted()) > _DIGITS else value


def pass_fail_item(path: str, kind: ItemKind, claim: ItemClaim, note: str = "") -> CanonicalItem:
    """A check that has only a verdict."""
    value = {ItemClaim.PASS: True, ItemClaim.FAIL: False}.get(claim)
    item = CanonicalItem(path, 1, kind, value, None, Comparator.EQUAL, expected=True, claimed=claim, note=note)
    return without_value_unless_measured(item)


def missing_item(path: str, kind: ItemKind, claim: ItemClaim, note: str) -> CanonicalItem:
    """A measurement that should be there and is not."""
    claim = claim if claim in (ItemClaim.SKIPPED, *BAD) else ItemClaim.NOT_MEASURED
    item = CanonicalItem(path, 1, kind, None, None, Comparator.UNPARSED, claimed=claim, note=note)
    return without_value_unless_measured(item)


def without_value_unless_measured(item: CanonicalItem) -> CanonicalItem:
    """Takes the value away where the rig says that none was obtained: such numbers are defaults."""
    beside = "" if item.value is None else f"the report has {shown(item.value)} beside that"
    if item.claimed is ItemClaim.SKIPPED:
        return item._replace(value=None, measured=Measured.SKIPPED, note=item.note or beside)
    if item.claimed is ItemClaim.ERROR:
        return item._replace(value=None, measured=Measured.ERROR, note=item.note or beside)
    if item.value is None:
        claimed = ItemClaim.FAIL if item.claimed is ItemClaim.FAIL else ItemClaim.NOT_MEASURED
        return item._replace(claimed=claimed, measured=Measured.NOT_MEASURED)
    return item


def believe_the_worse(step: ItemClaim, items: list[CanonicalItem]) -> list[CanonicalItem]:
    """Lowers the items of a step that itself says skipped, error, or a fail that none of its checks explains."""
    if step is ItemClaim.FAIL and not any(item.claimed in BAD for item in items):
        return [item if item.comparator is None else _lower(item, step) for item in items]
    if step in (ItemClaim.ERROR, ItemClaim.SKIPPED):
        return [item if item.claimed in BAD else _lower(item, step) for item in items]
    return items


def _lower(item: CanonicalItem, claim: ItemClaim) -> CanonicalItem:
    value = False if claim is ItemClaim.FAIL and item.kind is ItemKind.BOOLEAN else item.value
    note = item.note or f"the step itself says {claim.value}"
    return without_value_unless_measured(item._replace(value=value, claimed=claim, note=note))


def claim_of_report(claimed: ReportClaim, items: ItemList) -> tuple[ReportClaim, tuple[str, ...]]:
    """What the report claims once its parts were read: a pass needs checks, and none that fails."""
    if claimed is not ReportClaim.PASS:
        return claimed, ()
    worst = next((item for item in items.items if item.claimed in BAD), None)
    if worst is not None:
        return ReportClaim.FAIL, (f"the report says pass, its {shown(worst.item)} says {worst.claimed.value}",)
    if not any(item.claimed is ItemClaim.PASS for item in items.items):
        return ReportClaim.NONE, ("the report says pass, none of its parts does",)
    return claimed, ()
