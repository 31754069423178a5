"""The results of TestStand's native XML reports (TEResult), read into items.

What counts as an item is the same as in the reports that TestStand writes as ATML: every measurement; a step of a kind
that measures without its measurement, as not measured; a step of an unknown kind that says pass or fail; and whatever
broke off or failed with nothing in it that says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from xml.etree.ElementTree import Element

from .atml_limits import within_tolerance
from .canonical import AdapterError, CanonicalItem, Comparator, ItemClaim, ItemKind
from .step_items import (
    BAD,
    ItemList,
    believe_the_worse,
    limit_of,
    missing_item,
    pass_fail_item,
    read_number,
    without_value_unless_measured,
)
from .strict_json import shown
from .wats_limits import LOGGED, Comparison, read_numeric_comparison

_CLAIMS = {
    "Passed": ItemClaim.PASS,
    "Failed": ItemClaim.FAIL,
    "Error": ItemClaim.ERROR,
    "Terminated": ItemClaim.ERROR,
    "Skipped": ItemClaim.SKIPPED,
}
_TEXTS = {"ignorecase": False, "casesensitive": True, "casesensit": True}
_NO_CHECK = frozenset(
    ["Action", "CallExecutable", "DoWhile", "Goto", "Label", "MessagePopup", "SequenceCall", "Statement"]
)
_MEASURING = (
    ("NumericLimitTest", ItemKind.NUMBER), ("NLT", ItemKind.NUMBER), ("StringValueTest", ItemKind.TEXT),
    ("SVT", ItemKind.TEXT), ("PassFailTest", ItemKind.BOOLEAN), ("PFT", ItemKind.BOOLEAN),
)  # fmt: skip
_BOUND = re.compile(r"\[(\d{0,9})\]", re.ASCII)
_TRUTHS = {"true": True, "false": False}
_LONGEST_NAME = 500
_LONGEST_TEXT = 10_000
_DEEPEST: Final = 60

Props = Mapping[str, Element]


def props_of(element: Element) -> Props:
    """The properties directly below `element` by their names. Raises AdapterError where one is there twice."""
    found: dict[str, Element] = {}
    for part in element:
        if part.tag == "Prop" and (name := part.get("Name")):
            if name in found:
                place = f"property {shown(element.get('Name'))}"
                raise AdapterError(place, f"{shown(name)} twice", "each property once in its place")
            found[name] = part
    return found


def find_prop(element: Element | None, *names: str) -> Element | None:
    """The property at the path of `names` below `element`."""
    for name in names:
        if element is None:
            return None
        element = props_of(element).get(name)
    return element


def text_of(element: Element | None, place: str, longest: int = 200) -> str | None:
    """The value of a property without blanks around it; None where absent or blank. Raises AdapterError for a longer
    one than `longest` characters."""
    if element is None:
        return None
    text = (element.findtext("Value") or "").strip()
    if len(text) > longest:
        raise AdapterError(f"{place}/{element.get('Name', '')}", f"{len(text)} characters", f"at most {longest}")
    return text or None


def read_status(result: Element, place: str) -> ItemClaim:
    """What a result claims: what is unknown claims nothing; an error that occurred is one whatever the status."""
    if (text_of(find_prop(result, "Error", "Occurred"), place) or "").lower() == "true":
        return ItemClaim.ERROR
    return _CLAIMS.get(text_of(find_prop(result, "Status"), place) or "", ItemClaim.NONE)


@dataclass(slots=True)
class Steps:
    """The items of one report. `count` is how many results were read beneath the first."""

    decimal_comma: bool
    found: ItemList = field(default_factory=ItemList)
    count: int = 0

    def read_root(self, result: Element) -> None:
        """The result of the main sequence, with all results in it."""
        place = "/Report"
        is_bad = self._read_below(result, (), place, 0)
        claim = read_status(result, place)
        if claim in BAD and not is_bad:
            self._add_status((), claim, place)

    def _read_below(self, result: Element, names: tuple[str, ...], place: str, depth: int) -> bool:
        """Reads the results within one. True when one of them is a fail or an error."""
        if depth > _DEEPEST:
            raise AdapterError(place, f"results nested deeper than {_DEEPEST}", "a report of ordinary depth")
        is_bad = False
        for how in ("SequenceCall", "PostAction"):
            for step in _results_of(find_prop(result, "TS", how, "ResultList"), place):
                is_bad = self._read_step(step, names, place, depth + 1) or is_bad
        return is_bad

    def _read_step(self, step: Element, parents: tuple[str, ...], place: str, depth: int) -> bool:
        self.count += 1
        name = text_of(find_prop(step, "TS", "StepName"), place, _LONGEST_NAME) or "(unnamed)"
        names = (*parents, " ".join(name.split()))
        place = f"{place}/{names[-1]}"
        claim = read_status(step, place)
        own = self._read_own(step, names, place, claim)
        for item in own:
            self.found.add(item, place)
        is_bad = any(item.claimed in BAD for item in own)
        is_bad = self._read_below(step, names, place, depth) or is_bad
        if claim in BAD and not is_bad and not _sums_up_a_loop(step):
            self._add_status(names, claim, place)
            is_bad = True
        return is_bad

    def _read_own(self, step: Element, names: tuple[str, ...], place: str, claim: ItemClaim) -> list[CanonicalItem]:
        path, props = " / ".join(names), props_of(step)
        items = list(self._read_values(props, path, place, claim))
        measurements = props.get("Measurement")
        for entry in [] if measurements is None else _entries_of(measurements, place):
            own = props_of(entry)
            name = text_of(own.get("MeasName"), place, _LONGEST_NAME) or entry.get("Name") or "(unnamed)"
            stated = read_status(entry, place) if "Status" in own else claim
            items += self._read_values(own, f"{path} / {' '.join(name.split())}"[:1000], place, stated)
        items = believe_the_worse(claim, items)
        step_type = text_of(find_prop(step, "TS", "StepType"), place) or ""
        return items or _read_status_only(step, path, claim, step_type)

    def _read_values(self, props: Props, path: str, place: str, claim: ItemClaim) -> Iterator[CanonicalItem]:
        for key, kind in (("Numeric", ItemKind.NUMBER), ("Data", ItemKind.NUMBER), ("String", ItemKind.TEXT),
                          ("StringData", ItemKind.TEXT)):  # fmt: skip
            if key in props:
                yield self._measured(props[key], props, kind, path, place, claim)
        if "PassFail" in props:
            truth = _TRUTHS.get((text_of(props["PassFail"], place) or "").lower())
            if claim is ItemClaim.PASS and truth is not True:
                claim = ItemClaim.NONE if truth is None else ItemClaim.FAIL
            yield pass_fail_item(path, ItemKind.BOOLEAN, claim)

    def _measured(
        self, prop: Element, props: Props, kind: ItemKind, path: str, place: str, claim: ItemClaim
    ) -> CanonicalItem:
        value: Decimal | str | None = text_of(prop, place, _LONGEST_TEXT)
        note = ""
        if kind is ItemKind.NUMBER and isinstance(value, str):
            value = read_number(value, decimal_comma=self.decimal_comma)
            note = f"the report has {shown(value)} in place of a number" if isinstance(value, str) else ""
        elif kind is ItemKind.TEXT and prop.find("Value") is not None:
            value = prop.findtext("Value")
        comparison = self._read_number_comparison(props, place) if kind is ItemKind.NUMBER else _read_text(props, place)
        item = CanonicalItem(
            path, 1, kind, value, text_of(props.get("Units"), place) if kind is ItemKind.NUMBER else None,
            comparison.comparator, comparison.lower, comparison.upper,
            comparison.lower_inclusive, comparison.upper_inclusive,
            comparison.expected, comparison.case_sensitive,
            claimed=ItemClaim.NONE if comparison == LOGGED and claim is ItemClaim.PASS else claim,
            note=note or comparison.note,
        )  # fmt: skip
        return without_value_unless_measured(item)

    def _read_number_comparison(self, props: Props, place: str) -> Comparison:
        def number(*path: str) -> Decimal | None:
            stated = props.get(path[0])
            text = text_of(find_prop(stated, *path[1:]), place)
            return None if text is None else limit_of(read_number(text, decimal_comma=self.decimal_comma))

        operator = text_of(props.get("Comp"), place)
        if operator != "EQT":
            limits = {"lowLimit": number("Limits", "Low"), "highLimit": number("Limits", "High")}
            return read_numeric_comparison({"compOp": operator, **limits})
        kind = text_of(find_prop(props.get("Limits"), "ThresholdType"), place) or ""
        widths = number("RawLimits", "Nominal"), number("RawLimits", "Low"), number("RawLimits", "High")
        return within_tolerance(kind, *widths)

    def _add_status(self, names: tuple[str, ...], claim: ItemClaim, place: str) -> None:
        note = "only the step's own status says so"
        self.found.add(pass_fail_item(" / ".join((*names, "(status)")), ItemKind.PASS_FAIL, claim, note), place)


def _read_text(props: Props, place: str) -> Comparison:
    operator = text_of(props.get("Comp"), place)
    if operator is not None and operator.upper() == "LOG":
        return LOGGED
    limit = find_prop(props["Limits"], "String") if "Limits" in props else props.get("StringLimit")
    text = None if limit is None else limit.findtext("Value")
    case_sensitive = _TEXTS.get((operator or "").lower())
    if case_sensitive is None or text is None:
        note = f"the report compares texts by {shown(operator)} with {shown(text)}, which is not known here"
        return Comparison(Comparator.UNPARSED, note=note)
    return Comparison(Comparator.EQUAL, expected=text, case_sensitive=case_sensitive)


def _read_status_only(step: Element, path: str, claim: ItemClaim, step_type: str) -> list[CanonicalItem]:
    """The item of a step without measurements, if its type makes it a check."""
    if _sums_up_a_loop(step) or step_type in _NO_CHECK or step_type.startswith("NI_Flow"):
        return []
    kind = next((kind for ending, kind in _MEASURING if step_type.endswith(ending)), None)
    if kind is not None:
        return [missing_item(path, kind, claim, f"a step of type {step_type} without its measurement")]
    has_results = find_prop(step, "TS", "SequenceCall") is not None
    return [] if claim is ItemClaim.NONE or has_results else [pass_fail_item(path, ItemKind.PASS_FAIL, claim)]


def _sums_up_a_loop(step: Element) -> bool:
    return find_prop(step, "TS", "NumLoops") is not None and find_prop(step, "TS", "LoopIndex") is None


def _results_of(results: Element | None, place: str) -> Iterator[Element]:
    for entry in [] if results is None else _entries_of(results, place):
        if entry.get("Type") != "TEResult":
            raise AdapterError(place, f"a result of type {shown(entry.get('Type'))}", "TEResult")
        yield entry


def _entries_of(array: Element, place: str) -> list[Element]:
    """The properties in an array, one in each of its values. Raises AdapterError where there are not as many as its
    bounds say."""
    values = array.findall("Value")
    lower, upper = (_BOUND.fullmatch(array.get(bound, "")) for bound in ("LBound", "HBound"))
    if lower is not None and upper is not None:
        stated = int(upper[1]) - int(lower[1] or 0) + 1 if upper[1] else 0
        if stated != len(values):
            raise AdapterError(place, f"an array of {len(values)}, whose bounds say {stated}", "as many as they say")
    entries = [value.find("Prop") for value in values]
    if any(entry is None for entry in entries):
        raise AdapterError(place, "a value without its property", "one property in each value of an array")
    return [entry for entry in entries if entry is not None]
