"""Drafts a procedure and its requirements from one report of the rig that carries it out.

Codes are numbered in the order of the report and stay; names and paths may change without them. What the rig compares
becomes a requirement with the rig's own limits, what it logs a characteristic without one. Nothing drafted is law: a
catalogue owner edits it, and two people approve the plan.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from .canonical import CanonicalInspection, CanonicalItem, Comparator, ItemKind, Measured, ReportClaim

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,58}")
_INDEXED = re.compile(r"(.*\D)([0-9]+)")
_KINDS = {
    ItemKind.NUMBER: "variable",
    ItemKind.TEXT: "identity",
    ItemKind.BOOLEAN: "attribute",
    ItemKind.PASS_FAIL: "attribute",
}
_LONGEST_NAME = 200
_LONGEST_UNIT = 16
_LONGEST_TEXT = 200


class ReportNotDraftable(Exception):
    """No procedure can be drafted: the report is no test, or measures nothing, or the code is none."""


@dataclass(frozen=True, slots=True)
class DraftCharacteristic:
    """A characteristic as the catalogue will hold it. `positions` is empty where the report has it once."""

    code: str
    name: str
    kind: str
    unit: str
    positions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DraftSourceItem:
    """Under which path the report carries a characteristic, and which position (or "") that fills."""

    item: str
    characteristic: str
    position: str


@dataclass(frozen=True, slots=True)
class DraftRequirement:
    """A requirement at `positions` (empty: all). `value` belongs to equal and not_equal."""

    characteristic: str
    name: str
    positions: tuple[str, ...]
    expression: str
    lower: Decimal | None = None
    upper: Decimal | None = None
    lower_inclusive: bool = True
    upper_inclusive: bool = True
    value: Decimal | str | None = None
    case_sensitive: bool = True


@dataclass(frozen=True, slots=True)
class Draft:
    """What was drafted. `remarks` are what the catalogue owner has to look at: whatever could not be taken over."""

    code: str
    name: str
    domain: str
    adapter: str
    report_id: str
    characteristics: tuple[DraftCharacteristic, ...]
    source_items: tuple[DraftSourceItem, ...]
    requirements: tuple[DraftRequirement, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """One item of the report at its position."""

    item: CanonicalItem
    stem: str
    position: str


def draft_procedure(inspection: CanonicalInspection, *, adapter: str, domain: str, code: str) -> Draft:
    """The draft for `inspection`, read by the adapter named `adapter`. Raises ReportNotDraftable.

    `code` becomes the procedure's and the beginning of every characteristic's: at most 59 letters, digits and . _ -
    """
    if not _CODE.fullmatch(code):
        raise ReportNotDraftable(f"found the code {code!r}, expected at most 59 letters, digits and . _ - of ASCII")
    if inspection.not_a_test is not None:
        raise ReportNotDraftable(f"{inspection.not_a_test}: take a report of a test")
    kept, remarks = _draftable(inspection.items)
    groups = _group(_place(kept))
    if not groups:
        raise ReportNotDraftable("the report holds nothing that was checked or measured: take a complete one")
    characteristics, source_items, requirements = [], [], []
    for number, places in enumerate(groups, start=1):
        characteristic = _characteristic(f"{code}-{number:03}", places)
        characteristics.append(characteristic)
        source_items += [DraftSourceItem(place.item.item, characteristic.code, place.position) for place in places]
        lines, doubts = _requirements(characteristic, places)
        requirements += lines
        remarks += doubts
    if inspection.claimed is not ReportClaim.PASS:
        claim = inspection.claimed.value
        remarks.insert(0, f"the report's own verdict is {claim}: what comes after a fault may be absent from it")
    return Draft(
        code=code,
        name=_cut(inspection.process_name or code),
        domain=domain,
        adapter=adapter,
        report_id=one_line(inspection.external_id),
        characteristics=tuple(characteristics),
        source_items=tuple(source_items),
        requirements=tuple(requirements),
        remarks=tuple(one_line(remark) for remark in remarks),
    )


def _draftable(items: Iterable[CanonicalItem]) -> tuple[list[CanonicalItem], list[str]]:
    """The items that tell enough of what they measure, and remarks on those that do not."""
    kept, remarks = [], []
    for item in items:
        if item.measured is not Measured.MEASURED and item.comparator is Comparator.UNPARSED:
            remarks.append(f"not drafted, because the report did not measure it: {item.item}")
        elif item.item.endswith(" / (status)"):
            remarks.append(f"not drafted, because only its failing was reported: {item.item}")
        elif len(item.unit or "") > _LONGEST_UNIT:
            remarks.append(f"not drafted, because its unit is longer than {_LONGEST_UNIT} characters: {item.item}")
        elif not item.item.isprintable() or not (item.unit or "").isprintable():
            remarks.append(f"not drafted, because its name or unit holds control characters: {item.item!a}")
        else:
            kept.append(item)
    times = Counter(item.item for item in kept)
    lone = [item for item in kept if item.occurrence > 1 and times[item.item] == 1]
    remarks += [f"not drafted, because only its repeat {item.occurrence} was measured: {item.item}" for item in lone]
    return [item for item in kept if item not in lone], remarks


def _place(items: list[CanonicalItem]) -> list[_Place]:
    """Items with their positions: repeats by count; names that differ only in the number at their end, by that."""
    repeated = {item.item for item in items if item.occurrence > 1}
    families: dict[object, list[CanonicalItem]] = {}
    for item in items:
        match = _INDEXED.fullmatch(item.item)
        if match and item.item not in repeated:
            families.setdefault((match[1], _KINDS[item.kind], item.unit, _shape(item)), []).append(item)
    indexed = {item.item for family in families.values() if len(family) > 1 for item in family}
    places = []
    for item in items:
        stem, position = item.item, str(item.occurrence) if item.item in repeated else ""
        match = _INDEXED.fullmatch(item.item)
        if match and item.item in indexed:
            stem, position = match[1].rstrip(" _-#:"), match[2]
        places.append(_Place(item, stem, position))
    return places


def _shape(item: CanonicalItem) -> tuple[object, ...]:
    """How an item is compared, limits aside: names that end in a number are one characteristic only if this agrees."""
    limits = (item.lower is None, item.upper is None, item.lower_inclusive, item.upper_inclusive)
    return (item.comparator, *limits, item.case_sensitive)


def _group(places: list[_Place]) -> list[list[_Place]]:
    """The places of each characteristic, in the order of first appearance. Another kind or unit is another one."""
    groups: dict[tuple[str, bool, str, str | None], list[_Place]] = {}
    for place in places:
        is_indexed = place.stem != place.item.item
        key = (place.stem, is_indexed, _KINDS[place.item.kind], place.item.unit)
        groups.setdefault(key, []).append(place)
    return list(groups.values())


def _characteristic(code: str, places: list[_Place]) -> DraftCharacteristic:
    first = places[0]
    kind = _KINDS[first.item.kind]
    unit = (first.item.unit or "-") if kind == "variable" else ""
    positions = tuple(place.position for place in places if place.position)
    return DraftCharacteristic(code, _cut(first.stem), kind, unit, positions)


def _requirements(
    characteristic: DraftCharacteristic, places: list[_Place]
) -> tuple[list[DraftRequirement], list[str]]:
    """One line for each way in which the places are compared, and remarks on what cannot be a line."""
    lines: dict[DraftRequirement, list[str]] = {}
    remarks = []
    for place in places:
        doubt = _doubt(place.item)
        if doubt:
            at = f" at position {place.position}" if place.position else ""
            remarks.append(f"{characteristic.code}{at} has no requirement: {doubt}")
        elif place.item.comparator is not None:
            lines.setdefault(_line(characteristic, place.item), []).append(place.position)
            remark = _remark(place.item)
            if remark:
                remarks.append(f"{characteristic.code} asks nothing: {remark}")
    found = [
        line if len(positions) == len(places) else replace(line, positions=tuple(positions))
        for line, positions in lines.items()
    ]
    return found, remarks


def _line(characteristic: DraftCharacteristic, item: CanonicalItem) -> DraftRequirement:
    """The line for one item, its positions left open. Equal lines of two items are one."""
    empty = DraftRequirement(characteristic.code, characteristic.name, (), "conforms")
    if characteristic.kind == "attribute" or item.comparator is None:
        return empty
    if item.comparator in (Comparator.EQUAL, Comparator.NOT_EQUAL):
        value = None if isinstance(item.expected, bool) else item.expected
        return replace(empty, expression=item.comparator.value, value=value, case_sensitive=item.case_sensitive)
    return replace(
        empty,
        expression=item.comparator.value,
        lower=item.lower,
        upper=item.upper,
        lower_inclusive=item.lower_inclusive,
        upper_inclusive=item.upper_inclusive,
    )


def _doubt(item: CanonicalItem) -> str:
    """Why no requirement can be made of what the rig compares; "" where one can."""
    if item.comparator is Comparator.UNPARSED:
        return item.note
    if isinstance(item.expected, str):
        if item.expected != item.expected.strip() or not item.expected:
            return "the text to compare with is blank, or has blanks around it"
        if len(item.expected) > _LONGEST_TEXT or not item.expected.isprintable():
            return f"the text to compare with is longer than {_LONGEST_TEXT} characters or not printable"
    if item.lower is None or item.lower != item.upper:
        return ""
    if item.comparator is Comparator.INSIDE and not (item.lower_inclusive and item.upper_inclusive):
        return f"no number lies between {item.lower} and itself"
    return ""


def _remark(item: CanonicalItem) -> str:
    """What the owner should know of a check that becomes a requirement all the same; "" where nothing."""
    limits_meet = item.comparator is Comparator.OUTSIDE and item.lower is not None and item.lower == item.upper
    if limits_meet and (item.lower_inclusive or item.upper_inclusive):
        return f"every number lies outside {item.lower} and itself, so the rig's check passes whatever it measures"
    return ""


def one_line(text: str) -> str:
    """`text` with a blank for whatever is not printable, line ends too."""
    return "".join(character if character.isprintable() else " " for character in text)


def _cut(text: str) -> str:
    """A name of at most 200 printable characters: its end, which says the most."""
    name = one_line(text)
    return name if len(name) <= _LONGEST_NAME else f"…{name[1 - _LONGEST_NAME :]}"
