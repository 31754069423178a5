"""What a file suggests, written into a profile's document: its items placed where exactly one place fits. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..adapters.row_suggesting import SuggestedItem, Suggestion
from ..evaluation.units import ratio


@dataclass(frozen=True, slots=True)
class Placeable:
    """A characteristic of the catalogue at one of its positions ("": it has none), by the names it goes by."""

    procedure: str
    code: str
    position: str
    names: tuple[str, ...]
    unit: str


@dataclass(frozen=True, slots=True)
class SuggestedDocument:
    """`unplaced` are items without a place. `procedures`: those that would fit, where it is not clear which."""

    content: dict[str, Any]
    unplaced: tuple[str, ...]
    procedures: tuple[str, ...] = ()


def suggested_document(
    document: Mapping[str, Any], suggestion: Suggestion, places: Sequence[Placeable], procedure: str | None
) -> SuggestedDocument:
    """The document with the reading that was suggested; what it says of subject, procedure, tests and items stays.

    `procedure` is the one that a person has chosen, or None: then it is taken where one alone fits.
    """
    reading = {key: value for key, value in _section(document, "reading").items() if key != "decimal_comma"}
    if suggestion.options is not None:
        reading["options"] = suggestion.options
        if suggestion.decimal_comma is not None:
            reading["decimal_comma"] = suggestion.decimal_comma
    if suggestion.encoding is not None:
        reading["encoding"] = suggestion.encoding
    content = {**document, "reading": reading}
    own = _section(document, "procedure")
    wanted = {procedure} if procedure else {str(own["code"])} if "code" in own else set(_section(own, "codes").values())
    fitting = _fitting(suggestion.items, [each for each in places if not wanted or each.procedure in wanted])
    fits = sorted({place.procedure for found in fitting.values() for place in found})
    if procedure or (not own and len(fits) == 1):
        content["procedure"] = {"code": procedure or fits[0]}
    items = list(document.get("items", ()))
    if wanted or len(fits) == 1:
        items += _placed(fitting, items)
    content["items"] = items
    named = {item.get("item") for item in items if isinstance(item, Mapping)}
    unplaced = tuple(each.item for each in suggestion.items if each.item not in named)
    return SuggestedDocument(content, unplaced, () if "procedure" in content else tuple(fits) or ("",))


def _section(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = document.get(key)
    return found if isinstance(found, Mapping) else {}


def _fitting(items: Sequence[SuggestedItem], places: Sequence[Placeable]) -> dict[str, list[Placeable]]:
    """The places of the item's own name whose unit converts; an item without a unit fits none that has one."""
    by_name: dict[str, list[Placeable]] = {}
    for place in places:
        for name in dict.fromkeys(map(_plain, place.names)):
            by_name.setdefault(name, []).append(place)
    return {
        item.item: [
            place for place in by_name.get(_plain(item.item), ()) if ratio(item.unit or "", place.unit) is not None
        ]
        for item in items
    }


def _placed(fitting: Mapping[str, Sequence[Placeable]], items: Sequence[Any]) -> list[dict[str, Any]]:
    """An entry for each item that fits one place, which no other item fits or fills already."""
    filled = [(item.get("characteristic"), item.get("position", "")) for item in items if isinstance(item, Mapping)]
    named = {item.get("item") for item in items if isinstance(item, Mapping)}
    wanted = [(place.code, place.position) for found in fitting.values() for place in found]
    entries = []
    for item, found in fitting.items():
        keys = [(place.code, place.position) for place in found]
        if len(keys) != 1 or item in named or keys[0] in filled or wanted.count(keys[0]) != 1:
            continue
        code, position = keys[0]
        entries.append({"item": item, "characteristic": code} | ({"position": position} if position else {}))
    return entries


def _plain(name: str) -> str:
    """A name as it is compared: case, blanks, hyphens and underscores between its words say nothing."""
    return " ".join(name.replace("_", " ").replace("-", " ").split()).casefold()
