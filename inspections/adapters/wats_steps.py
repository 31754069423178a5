"""The step tree of a WATS report, read into items.

What counts as an item:
- every entry of `numericMeas`, `stringMeas` and `booleanMeas`, in loops each pass and the loop's own summary;
- a limit, text or pass/fail step without its measurement: as not measured, so that it is missed and not forgotten;
- a step of a type unknown here that says only P or F: a pass/fail check;
- whatever broke off or failed with nothing in it that says so (an action, a sequence): its status, as a fail.
Actions, flow control, popups and calls that went well are no checks: their P says that they ran.

Where a step says worse than its measurements do, the step is believed.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from .canonical import AdapterError, CanonicalItem, ItemClaim, ItemKind, Measured
from .familiar_items import FamiliarItems
from .step_items import (
    BAD,
    ItemList,
    believe_the_worse,
    missing_item,
    pass_fail_item,
    without_value_unless_measured,
)
from .strict_json import Json, check_storable, read_object, read_objects, read_text, shown
from .wats_limits import LOGGED, Comparison, read_numeric_comparison, read_text_comparison

_DEEPEST = 60
_LONGEST_PATH = 500

_CLAIMS = {
    "P": ItemClaim.PASS,
    "F": ItemClaim.FAIL,
    "E": ItemClaim.ERROR,
    "T": ItemClaim.ERROR,
    "S": ItemClaim.SKIPPED,
}
_NO_CHECK = frozenset(
    ["Action", "CallExecutable", "DoWhile", "Goto", "Label", "MessagePopup", "SequenceCall", "Statement"]
)
_MEASUREMENTS = ("numericMeas", "stringMeas", "booleanMeas")
_MEASURING = (("NLT", ItemKind.NUMBER), ("SVT", ItemKind.TEXT), ("PFT", ItemKind.BOOLEAN))


def read_items(root: Json) -> tuple[CanonicalItem, ...]:
    """All items below `root`, in the order of the report. The root's own name is in no path: it is in every one.

    Raises AdapterError for wrong types, steps nested deeper than 60, more than 50,000 items, paths over 500 characters.
    """
    walk = _Walk()
    walk.read_step(root, (), "/root", 0)
    return tuple(walk.found.items)


def read_claim(entry: Json, place: str) -> ItemClaim:
    """What `status` claims; D (done), an unknown letter or none at all claim nothing."""
    return _CLAIMS.get(read_text(entry, "status", place) or "", ItemClaim.NONE)


_TEXTS: Final = frozenset([str, type(None)])
_LIMITS: Final = frozenset([Decimal, type(None)])
_familiar: Final = FamiliarItems(most=20_000, largest=1_024)
"""Steps of one number that passed, by all that they say beside it: a rig writes the same few hundred all day.
So many of such length need some 50 MB at most."""


def _said_beside_one_number(step: Json, parents: tuple[str, ...]) -> Hashable | None:
    """All that bears on the item of a step that passed and holds one number and nothing below; None for any other.

    Decimals are told apart as they are written, not by their value.
    """
    measured = step.get("numericMeas")
    if type(measured) is not list or len(measured) != 1 or type(entry := measured[0]) is not dict:
        return None
    if type(entry.get("value")) is not Decimal or step.get("status") != "P":
        return None
    if step.get("steps") not in (None, []) or step.get("stringMeas") is not None or step.get("booleanMeas") is not None:
        return None
    texts = (step.get("name"), entry.get("name"), entry.get("status"), entry.get("unit"), entry.get("compOp"))
    limits = (entry.get("lowLimit"), entry.get("highLimit"))
    if not (_TEXTS.issuperset(map(type, texts)) and _LIMITS.issuperset(map(type, limits))):
        return None
    return parents, texts, tuple(map(str, limits))


def _remember(said: Hashable, item: CanonicalItem) -> None:
    """Only what passed or is logged is told by what stands beside the number alone."""
    if item.measured is not Measured.MEASURED or item.claimed not in (ItemClaim.PASS, ItemClaim.NONE):
        return
    _familiar.keep(said, item)


@dataclass(slots=True)
class _Walk:
    found: ItemList = field(default_factory=ItemList)

    def read_step(self, step: Json, parents: tuple[str, ...], place: str, depth: int) -> bool:
        """Reads a step and all below it. True when one of its items is a fail or an error."""
        if depth > _DEEPEST:
            raise AdapterError(place, f"steps nested deeper than {_DEEPEST}", "a report of ordinary depth")
        said = _said_beside_one_number(step, parents) if depth else None
        if said is not None and (known := _familiar.get(said)) is not None:
            self.found.add(known.with_value(step["numericMeas"][0]["value"]), place)  # type: ignore[index]
            return False
        name = _read_name(step, place) or "(unnamed)"
        names = (*parents, name)
        claim = read_claim(step, place)
        own = believe_the_worse(claim, self._read_measurements(step, names, place))
        children = read_objects(step, "steps", place)
        if not own and not children:
            own = _read_status_only(step, names, claim, place)
        for item in own:
            self.found.add(item, place)
        if said is not None:
            _remember(said, own[0])
        is_bad = any(item.claimed in BAD for item in own)
        below = () if depth == 0 else names
        for index, child in enumerate(children):
            is_bad = self.read_step(child, below, f"{place}/steps/{index}", depth + 1) or is_bad
        if claim in BAD and not is_bad and not _sums_up_a_loop(step, place):
            self.found.add(_check_item((*names, "(status)"), claim, "only the step's own status says so"), place)
            is_bad = True
        return is_bad

    def _read_measurements(self, step: Json, names: tuple[str, ...], place: str) -> list[CanonicalItem]:
        found = []
        for key, read in zip(_MEASUREMENTS, (_read_number, _read_string, _read_boolean), strict=True):
            for index, entry in enumerate(read_objects(step, key, place)):
                at = f"{place}/{key}/{index}"
                name = _read_name(entry, at)
                found.append(read(entry, " / ".join((*names, name) if name else names), at))
        return found


def _read_name(entry: Json, place: str) -> str | None:
    name = read_text(entry, "name", place, _LONGEST_PATH)
    return " ".join(name.split()) if name else None


def _read_number(entry: Json, path: str, place: str) -> CanonicalItem:
    comparison = read_numeric_comparison(entry)
    unit = read_text(entry, "unit", place)
    return _measured_item(entry, path, place, ItemKind.NUMBER, comparison, unit)


def _read_string(entry: Json, path: str, place: str) -> CanonicalItem:
    comparison = read_text_comparison(entry)
    if isinstance(comparison.expected, str):
        check_storable(comparison.expected, f"{place}/limit")
    return _measured_item(entry, path, place, ItemKind.TEXT, comparison, None)


def _measured_item(
    entry: Json, path: str, place: str, kind: ItemKind, comparison: Comparison, unit: str | None
) -> CanonicalItem:
    value = entry.get("value")
    if value is not None and not isinstance(value, Decimal | str | bool):
        raise AdapterError(f"{place}/value", shown(value), "one number, text or boolean")
    if isinstance(value, str):
        check_storable(value, f"{place}/value")
    claim = read_claim(entry, place)
    item = CanonicalItem(
        path, 1, kind, value, unit,
        comparison.comparator, comparison.lower, comparison.upper,
        comparison.lower_inclusive, comparison.upper_inclusive,
        comparison.expected, comparison.case_sensitive,
        claimed=ItemClaim.NONE if comparison == LOGGED and claim is ItemClaim.PASS else claim,
        note=comparison.note,
    )  # fmt: skip
    return without_value_unless_measured(item)


def _read_boolean(entry: Json, path: str, place: str) -> CanonicalItem:
    return pass_fail_item(path, ItemKind.BOOLEAN, read_claim(entry, place))


def _check_item(names: tuple[str, ...], claim: ItemClaim, note: str = "") -> CanonicalItem:
    return pass_fail_item(" / ".join(names), ItemKind.PASS_FAIL, claim, note)


def _read_status_only(step: Json, names: tuple[str, ...], claim: ItemClaim, place: str) -> list[CanonicalItem]:
    """The item of a step without measurements and steps of its own, if its type makes it a check."""
    step_type = read_text(step, "stepType", place) or ""
    if _sums_up_a_loop(step, place) or step_type in _NO_CHECK or step_type.startswith("NI_"):
        return []
    kind = next((kind for ending, kind in _MEASURING if step_type.endswith(ending)), None)
    if kind is None and step_type and not any(step.get(key) is not None for key in _MEASUREMENTS):
        return [] if claim is ItemClaim.NONE else [_check_item(names, claim)]
    note = f"a step of {f'type {step_type}' if step_type else 'no type'} without its measurement"
    return [missing_item(" / ".join(names), kind or ItemKind.PASS_FAIL, claim, note)]


def _sums_up_a_loop(step: Json, place: str) -> bool:
    loop = read_object(step, "loop", place)
    return loop.get("num") is not None and loop.get("idx") is None
