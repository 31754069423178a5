"""The steps of an ATML result set, read into items one step at a time.

What counts as an item: every result of a test, arrays element by element; a test of a kind that measures without its
result, as not measured; any other test that says only how it ended. Actions and groups are no checks: only where one
failed or broke off, and nothing within says so, its own outcome is an item.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from xml.etree.ElementTree import Element

from .atml_limits import read_comparison, unit_of
from .canonical import AdapterError, CanonicalItem, Comparator, ItemClaim, ItemKind, Measured
from .familiar_items import FamiliarItems
from .step_items import (
    BAD,
    ItemList,
    believe_the_worse,
    missing_item,
    pass_fail_item,
    read_number,
    without_value_unless_measured,
)
from .strict_json import shown
from .strict_xml import XSI_TYPE, read_attribute
from .wats_limits import LOGGED, Comparison

_OUTCOMES = {
    "Passed": ItemClaim.PASS,
    "Failed": ItemClaim.FAIL,
    "NotStarted": ItemClaim.SKIPPED,
    "Aborted": ItemClaim.ERROR,
    "Error": ItemClaim.ERROR,
    "Terminated": ItemClaim.ERROR,
    "Skipped": ItemClaim.SKIPPED,
}
_MEASURING = {
    "NumericLimitTest": ItemKind.NUMBER,
    "NI_MultipleNumericLimitTest": ItemKind.NUMBER,
    "StringValueTest": ItemKind.TEXT,
}
_OWN_RESULT = ("", "Numeric", "String")
"""TestStand's names for the one value of a step: the step's name says more."""
_IDENTITY = re.compile(r"tr-[0-9a-f]{8}-")
_CALLS = "SequenceCall"
_ROOT: Final = "/TestResults/ResultSet/"
_MAIN_SEQUENCE = "MainSequence Callback"
_CALLER = "SequenceCallStepName = '"
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_MOST_OF_ARRAY: Final = 1000
_LONGEST_TEXT = 10_000
_LONGEST_NAME = 500


def read_outcome(outcome: Element | None, place: str) -> ItemClaim:
    """What an Outcome claims. Skipped is written as `Aborted` or `UserDefined` so qualified, or as `NotStarted`; what
    is unknown claims nothing, and so does a pass that somebody qualified."""
    if outcome is None:
        return ItemClaim.NONE
    value = read_attribute(outcome, "value", place) or ""
    qualifier = read_attribute(outcome, "qualifier", place) or ""
    qualified = _OUTCOMES.get(qualifier, ItemClaim.NONE)
    if value == "Aborted":
        return ItemClaim.SKIPPED if qualified is ItemClaim.SKIPPED else ItemClaim.ERROR
    if value == "UserDefined":
        return ItemClaim.NONE if qualified is ItemClaim.PASS else qualified
    if value == "Passed" and qualifier not in ("", "Passed"):
        return qualified if qualified in BAD else ItemClaim.NONE
    return _OUTCOMES.get(value, ItemClaim.NONE)


@dataclass(slots=True)
class _Group:
    name: str | None
    claim: ItemClaim = ItemClaim.NONE
    has_outcome: bool = False
    is_bad: bool = False


_MOST_SAID: Final = 600
_PASSING: Final = frozenset(["ID", "startDateTime", "endDateTime", "testReferenceID"])
"""What tells one run of a test from the next, and is read of none that has a name."""
_familiar: Final = FamiliarItems(most=2_000, largest=16_384)
"""Tests of one number that passed, by all that bears on them beside it: a rig writes the same few hundred all day.
So many of such length need some 50 MB at most."""


def said_beside_one_number(test: Element) -> tuple[Hashable, str | None]:
    """All that bears on a test but the value of the first Datum of its results, and that value: None where there is
    none, or where it is too large to be kept in mind. Of its extension the type of the step is read alone."""
    number: str | None = None
    said: list[object] = [test.tag]
    said += _lasting(test)
    for child in test:
        if child.tag.endswith("}Extension"):
            for part in child.iter():
                said += (part.tag, len(part), *part.keys())
                if part.tag.endswith("StepType"):
                    said.append(part.text)
            continue
        for part in child.iter():
            tag = part.tag
            said += (tag, len(part), part.text)
            if number is None and tag.endswith("Datum"):
                number = part.get("value")
                said += [pair for pair in part.items() if pair[0] != "value"]
            else:
                said += part.items() if part is not child else _lasting(part)
    return (tuple(said), number) if len(said) <= _MOST_SAID else ((), None)


def _lasting(element: Element) -> list[tuple[str, str]]:
    pairs = list(element.items())
    return [pair for pair in pairs if pair[0] not in _PASSING] if (element.get("name") or "").strip() else pairs


def _remember(said: Hashable, test: Element, item: CanonicalItem) -> None:
    """What passed or is logged and holds one number, which its only result begins with."""
    values = test.findall("TestResult/TestData/*")
    numbers = (datum for child in test if child.tag != "Extension" for datum in child.iter("Datum"))
    if len(values) != 1 or next(numbers, None) is not values[0] or values[0].get("value") is None:
        return
    if item.measured is not Measured.MEASURED or not isinstance(item.value, Decimal) or item.claimed in BAD:
        return
    _familiar.keep(said, item)


@dataclass(slots=True)
class Steps:
    """The steps of one result set as they come. `count` is how many results were read."""

    decimal_comma: bool
    found: ItemList = field(default_factory=ItemList)
    groups: list[_Group] = field(default_factory=list)
    names: tuple[str, ...] = ()
    where: str = _ROOT
    count: int = 0
    _said: Hashable = None

    def open_root(self) -> None:
        self._enter(_Group(None))

    def open_group(self, attributes: Mapping[str, str]) -> None:
        name = _group_name(attributes)
        self.count += name is not None
        self._enter(_Group(name))

    def _enter(self, group: _Group) -> None:
        self.groups.append(group)
        self._note_path()

    def _note_path(self) -> None:
        self.names = tuple(group.name for group in self.groups if group.name)
        self.where = self._place("")

    def close_group(self) -> None:
        """A group that failed although nothing within it did is an item of its own."""
        group = self.groups.pop()
        self._note_path()
        if group.claim in BAD and not group.is_bad:
            names = (*self.names, *([group.name] if group.name else []), "(status)")
            self._add_status(names, group.claim)
            group.is_bad = True
        if self.groups and group.is_bad:
            self.groups[-1].is_bad = True

    def know(self, element: Element, depth: int) -> bool:
        """Whether it is a test as was read before, but for its number: then this is read, too. What else it says is
        kept in mind until it is handed over."""
        self._said = None
        if not self.groups or not element.tag.endswith("Test"):
            return False
        beside, number = said_beside_one_number(element)
        if number is None:
            return False
        self._said = said = depth, self.decimal_comma, self.names, beside
        known = _familiar.get(said)
        if known is None:
            return False
        value = read_number(number.strip(), decimal_comma=self.decimal_comma)
        if type(value) is not Decimal:
            return False
        self.count += 1
        self.found.add(known.with_value(value), self.where)
        return True

    def read(self, element: Element) -> None:
        """One element within the result set or a group."""
        if element.tag == "Test":
            self._read_test(element)
        elif element.tag == "SessionAction":
            self._read_action(element)
        elif element.tag == "Outcome" and self.groups:
            group = self.groups[-1]
            if group.has_outcome:
                raise AdapterError(self.where, "two outcomes", "one")
            group.claim, group.has_outcome = read_outcome(element, self.where), True

    def _place(self, name: str) -> str:
        return _ROOT + " / ".join((*self.names, name) if name else self.names)

    def _read_action(self, action: Element) -> None:
        self.count += 1
        name = _name_of(action, self.where)
        claim = read_outcome(_only(action, "ActionOutcome", self._place(name)), self._place(name))
        if claim in BAD:
            self._add_status((*self.names, name, "(status)"), claim)
            self._mark_bad()

    def _read_test(self, test: Element) -> None:
        self.count += 1
        name = _name_of(test, self.where)
        place = self._place(name)
        claim = read_outcome(_only(test, "Outcome", place), place)
        path = " / ".join((*self.names, name))
        step_type = (test.findtext("Extension/TSStepProperties/StepType") or "").strip()
        results = test.findall("TestResult")
        read = [item for result in results for item in self._read_result(result, path, place, claim, step_type)]
        items = believe_the_worse(claim, read)
        if step_type in _MEASURING:
            is_missing = not any(_is_own(result) for result in results)
        else:
            is_missing = not any(item.comparator is not None for item in items)
        if is_missing:
            items += _without_result(path, step_type, claim)
        for item in items:
            self.found.add(item, place)
        if self._said is not None and len(items) == 1 and claim in (ItemClaim.PASS, ItemClaim.NONE):
            _remember(self._said, test, items[0])
        is_bad = any(item.claimed in BAD for item in items)
        if claim in BAD and not is_bad:
            self._add_status((*self.names, name, "(status)"), claim)
        if claim in BAD or is_bad:
            self._mark_bad()

    def _read_result(
        self, result: Element, path: str, place: str, claim: ItemClaim, step_type: str
    ) -> list[CanonicalItem]:
        name = _result_name(result)
        path = path if name in _OWN_RESULT else f"{path} / {name}"
        place = f"{place}/{name}"
        if (outcome := _only(result, "Outcome", place)) is not None:
            claim = read_outcome(outcome, place)
        compares = step_type in _MEASURING and name in _OWN_RESULT
        data = _only(result, "TestData", place)
        values = [] if data is None else list(_read_values(data, path, place, self.decimal_comma))
        if not values:
            return [missing_item(path, ItemKind.NUMBER, claim, "a result without its value")]
        items = []
        for value in values:
            comparison = read_comparison(result, value.kind, value.unit, compares, self.decimal_comma)
            if comparison != LOGGED and len(values) > 1:
                comparison = Comparison(Comparator.UNPARSED, note="limits of an array, which are not restated")
            claimed = ItemClaim.NONE if comparison == LOGGED and claim is ItemClaim.PASS else claim
            item = CanonicalItem(
                value.path, 1, value.kind, value.value, value.unit,
                comparison.comparator, comparison.lower, comparison.upper,
                comparison.lower_inclusive, comparison.upper_inclusive,
                comparison.expected, comparison.case_sensitive,
                claimed=claimed, note=value.note or comparison.note,
            )  # fmt: skip
            items.append(without_value_unless_measured(item))
        return items

    def _add_status(self, names: tuple[str, ...], claim: ItemClaim) -> None:
        note = "only the step's own outcome says so"
        self.found.add(pass_fail_item(" / ".join(names), ItemKind.PASS_FAIL, claim, note), self.where)

    def _mark_bad(self) -> None:
        if self.groups:
            self.groups[-1].is_bad = True


def _only(element: Element, name: str, place: str) -> Element | None:
    found = element.findall(name)
    if len(found) > 1:
        raise AdapterError(f"{place}/{name}", f"{len(found)} of them", "one")
    return found[0] if found else None


def _name_of(element: Element, place: str) -> str:
    name = read_attribute(element, "name", place, _LONGEST_NAME) or read_attribute(element, "ID", place)
    return " ".join((name or "(unnamed)").split())


def _result_name(result: Element) -> str:
    place = "/TestResults/ResultSet/Test/TestResult"
    name = read_attribute(result, "name", place, _LONGEST_NAME)
    if name is None:  # in 2.02 the identity is a name; later it is another one in every report
        name = read_attribute(result, "ID", place) or ""
        name = "" if _IDENTITY.match(name) else name
    return " ".join(name.split())


def _is_own(result: Element) -> bool:
    """Whether it is what the step measured; others are additional values, which nobody compares."""
    is_logged = next(result.iter("IsComparisonTypeLog"), None) is not None
    return is_logged or _result_name(result) in _OWN_RESULT or result.find("TestLimits") is not None


def _group_name(attributes: Mapping[str, str]) -> str | None:
    """The name by which the group was called; None for the main sequence, which is in every path and in none."""
    name = attributes.get("name", "").strip()
    caller = attributes.get("callerName", "").strip()
    if not caller and (stated := attributes.get("userDefinedType", "").strip()).startswith(_CALLER):
        caller = stated.removeprefix(_CALLER).removesuffix("'").strip()
    if caller == _MAIN_SEQUENCE:
        return None
    name = " ".join((caller or name.rpartition("#")[2] or attributes.get("ID", "") or "(unnamed)").split())
    if len(name) > _LONGEST_NAME:
        raise AdapterError("/TestResults/ResultSet/TestGroup/@name", f"{len(name)} characters", "at most 500")
    return name


def _without_result(path: str, step_type: str, claim: ItemClaim) -> list[CanonicalItem]:
    """The item of a test without a result that is compared, if its type makes it a check."""
    if step_type in _MEASURING:
        note = f"a step of type {step_type} without a value that is compared"
        return [missing_item(path, _MEASURING[step_type], claim, note)]
    if step_type == _CALLS:
        return []
    kind = ItemKind.BOOLEAN if step_type == "PassFailTest" else ItemKind.PASS_FAIL
    return [pass_fail_item(path, kind, claim)]


@dataclass(frozen=True, slots=True)
class _Value:
    path: str
    kind: ItemKind
    value: Decimal | str | bool | None
    unit: str | None
    note: str = ""


def _read_values(data: Element, path: str, place: str, decimal_comma: bool) -> Iterator[_Value]:
    for part in data:
        if part.tag == "Datum":
            yield _read_datum(part, part.get(XSI_TYPE, ""), unit_of(part), path, place, decimal_comma)
        elif part.tag == "IndexedArray":
            yield from _read_array(part, path, place, decimal_comma)
        elif part.tag == "Collection":
            for item in part.findall("Item"):
                name = _name_of(item, place)
                yield from _read_values(item, f"{path} / {name}", place, decimal_comma)


def _read_array(array: Element, path: str, place: str, decimal_comma: bool) -> Iterator[_Value]:
    elements = array.findall("Element") or array.findall("DefaultElementValue")
    kind, unit = array.get(XSI_TYPE, ""), unit_of(array)
    if len(elements) > _MOST_OF_ARRAY or not elements:
        note = f"an array of {len(elements)} values, which are kept in the file alone"
        yield _Value(path, _kind_of(kind), None, unit, note)
        return
    for number, element in enumerate(elements):
        position = read_attribute(element, "position", place) or f"[{number}]"
        yield _read_datum(element, kind, unit, f"{path} {position}", place, decimal_comma)


def _kind_of(written: str) -> ItemKind:
    name = written.rpartition(":")[2].removeprefix("TS_").lower()
    if name.startswith("string"):
        return ItemKind.TEXT
    return ItemKind.BOOLEAN if name.startswith("boolean") else ItemKind.NUMBER


def _read_datum(datum: Element, written: str, unit: str | None, path: str, place: str, decimal_comma: bool) -> _Value:
    kind = _kind_of(written)
    text = datum.get("value")
    if text is None:
        text = datum.findtext("Value")
    if text is None:
        return _Value(path, kind, None, unit, "a result without its value")
    if len(text) > _LONGEST_TEXT:
        raise AdapterError(place, f"a value of {len(text)} characters", f"at most {_LONGEST_TEXT}")
    if kind is ItemKind.TEXT:
        return _Value(path, kind, text, unit)
    if kind is ItemKind.BOOLEAN:
        truth = _TRUTHS.get(text.strip().lower())
        return _Value(path, kind, text if truth is None else truth, unit)
    value = read_number(text.strip(), decimal_comma=decimal_comma)
    note = f"the report has {shown(value)} in place of a number" if isinstance(value, str) else ""
    return _Value(path, kind, value, unit, note)
