"""What makes catalogue documents fit together and fit what is loaded already. Pure; every problem names its line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from ..evaluation.facts import Kind
from ..evaluation.units import known_units, stated_unit
from .choices import Confidence
from .documents import Document, Path, Problem
from .entries import CharacteristicFacts, Loaded

SECTIONS: Final = ("models", "configurations", "component_kinds", "procedures")


def catalogue_problems(documents: Sequence[Document], loaded: Loaded) -> list[Problem]:
    """Everything that keeps documents of the right schema from being loaded together."""
    problems = list(_codes_twice(documents))
    models = loaded.models | _codes(documents, "models")
    kinds = loaded.component_kinds | _codes(documents, "component_kinds")
    for document in documents:
        for index, entry in enumerate(document.content.get("configurations", ())):
            problems += _configuration_problems(document, ("configurations", index), entry, models, loaded)
        for index, entry in enumerate(document.content.get("procedures", ())):
            problems += _procedure_problems(document, ("procedures", index), entry, kinds, loaded)
    return sorted(problems)


def _codes(documents: Sequence[Document], section: str) -> frozenset[str]:
    return frozenset(entry["code"] for document in documents for entry in document.content.get(section, ()))


def _codes_twice(documents: Sequence[Document]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], str] = {}
    for document in documents:
        for section in SECTIONS:
            for index, entry in enumerate(document.content.get(section, ())):
                path: Path = (section, index)
                yield from _once(seen, document, path, section, entry["code"])
                for number, characteristic in enumerate(entry.get("characteristics", ())):
                    place = (*path, "characteristics", number)
                    yield from _once(seen, document, place, "characteristics", characteristic["code"])


def _once(
    seen: dict[tuple[str, str], str], document: Document, path: Path, section: str, code: str
) -> Iterator[Problem]:
    here = f"{document.file}:{document.line((*path, 'code'))}"
    first = seen.setdefault((section, code), here)
    if first != here:
        yield document.problem(
            (*path, "code"), f"found {code} again in {section}, expected it once; it stands at {first} too"
        )


def _configuration_problems(
    document: Document, path: Path, entry: Any, models: frozenset[str], loaded: Loaded
) -> Iterator[Problem]:
    if entry["model"] not in models:
        yield document.problem((*path, "model"), f"found the model {entry['model']}, which the catalogue does not know")
    if (was := loaded.configurations.get(entry["code"])) is not None:
        for key, before in zip(("model", "market"), was, strict=True):
            if entry[key] != before:
                yield document.problem((*path, key), _written_once(f"{key} of {entry['code']}", before, entry[key]))


def _written_once(what: str, before: str, after: str) -> str:
    return (
        f"the {what} is {before or 'empty'} and written once, the file says {after or 'empty'}; give a new code instead"
    )


def _procedure_problems(
    document: Document, path: Path, entry: Any, kinds: frozenset[str], loaded: Loaded
) -> Iterator[Problem]:
    before = loaded.procedures.get(entry["code"], entry["domain"])
    if entry["domain"] != before:
        yield document.problem((*path, "domain"), _written_once(f"domain of {entry['code']}", before, entry["domain"]))
    for index, kind in enumerate(entry.get("component_kinds", ())):
        if kind not in kinds:
            text = f"found the component kind {kind}, which the catalogue does not know; add it to component_kinds"
            yield document.problem((*path, "component_kinds", index), text)
    units = known_units() | frozenset(entry.get("own_units", ()))
    for index, characteristic in enumerate(entry["characteristics"]):
        place = (*path, "characteristics", index)
        yield from _characteristic_problems(document, place, characteristic, units)
        system = characteristic.get("software_system", "")
        if system and system not in entry.get("software_systems", ()):
            text = f"found the software system {system}, expected one of the procedure's software_systems"
            yield document.problem((*place, "software_system"), text)
        if (was := loaded.characteristics.get(characteristic["code"])) is not None:
            asked = loaded.asked.get(characteristic["code"], {})
            yield from _changed_problems(document, place, characteristic, entry["code"], was, asked)
    yield from _position_problems(document, path, entry, loaded)
    yield from _source_item_problems(document, path, entry, loaded)


def _characteristic_problems(document: Document, path: Path, entry: Any, units: frozenset[str]) -> Iterator[Problem]:
    code, kind, unit = entry["code"], Kind(entry["kind"]), entry.get("unit", "")
    if kind is Kind.VARIABLE and not unit:
        yield document.problem(
            path, f"{code} is a variable without a unit; state it, or - for a number without dimension"
        )
    elif kind is Kind.VARIABLE and stated_unit(unit) and unit not in units:
        yield document.problem((*path, "unit"), f"found the unit {unit}, which is not known{_near(unit, units)}")
    elif kind is Kind.COUNT and unit not in ("", "count"):
        yield document.problem((*path, "unit"), f"found the unit {unit} for a count, expected count or none")
    elif kind in (Kind.ATTRIBUTE, Kind.IDENTITY) and unit:
        yield document.problem((*path, "unit"), f"found the unit {unit}, but the kind {kind} has none; leave it out")
    if entry.get("condition") and (
        kind in (Kind.COUNT, Kind.IDENTITY) or (kind is Kind.VARIABLE and stated_unit(unit))
    ):
        text = (
            f"{code} has a condition that no bare number can judge: expected an attribute (report conforms), "
            "or a variable of unit - that states the utilisation"
        )
        yield document.problem((*path, "condition"), text)
    if entry.get("software_system") and kind is not Kind.IDENTITY:
        text = f"{code} states the version of a software system, but its kind is {kind}; expected identity"
        yield document.problem((*path, "software_system"), text)
    if entry["confidence"] != Confidence.PLANT_DEFAULT and not entry.get("standard"):
        text = f"{code} has the confidence {entry['confidence']} and names no standard; name it, or say plant-default"
        yield document.problem((*path, "confidence"), text)


def _near(unit: str, units: frozenset[str]) -> str:
    alike = sorted(known for known in units if known.lower() == unit.lower())
    if alike:
        return f"; did you mean {' or '.join(alike)}?"
    return "; a symbol that converts to nothing else is declared in own_units of the procedure"


def _changed_problems(
    document: Document, path: Path, entry: Any, procedure: str, was: CharacteristicFacts, asked: Any
) -> Iterator[Problem]:
    code = entry["code"]
    now = (procedure, entry["kind"], entry.get("unit", ""))
    for key, before, after in zip(
        ("procedure", "kind", "unit"), (was.procedure, was.kind.value, was.unit), now, strict=True
    ):
        if before != after:
            yield document.problem((*path, key), _written_once(f"{key} of {code}", before, after))
    for position in was.positions:
        if position not in entry.get("positions", ()) and position in asked:
            text = f"the position {position} of {code} is asked for by {asked[position]}; it cannot be taken away"
            yield document.problem((*path, "positions"), text)


def _positions(entry: Any, loaded: Loaded) -> dict[str, tuple[str, ...]]:
    """The positions of each characteristic of a procedure, those that are loaded already included."""
    positions = {
        facts.code: facts.positions for facts in loaded.characteristics.values() if facts.procedure == entry["code"]
    }
    positions.update({each["code"]: tuple(each.get("positions", ())) for each in entry["characteristics"]})
    return positions


def _position_problems(document: Document, path: Path, entry: Any, loaded: Loaded) -> Iterator[Problem]:
    """A name belongs to a position that is measured, and to one alone."""
    known = {position for positions in _positions(entry, loaded).values() for position in positions}
    seen: dict[str, int] = {}
    for index, position in enumerate(entry.get("positions", ())):
        place, code = (*path, "positions", index), position["code"]
        if code not in known:
            text = f"found a name for the position {code}, which no characteristic of {entry['code']} has"
            yield document.problem((*place, "code"), text)
        line = document.line(place)
        if seen.setdefault(code, line) != line:
            yield document.problem(place, f"found the position {code} again, expected it once; see line {seen[code]}")


def _source_item_problems(document: Document, path: Path, entry: Any, loaded: Loaded) -> Iterator[Problem]:
    positions = _positions(entry, loaded)
    seen: dict[tuple[str, str, str], int] = {}
    for index, item in enumerate(entry.get("source_items", ())):
        place = (*path, "source_items", index)
        code, position = item["characteristic"], item.get("position", "")
        if code not in positions:
            yield document.problem((*place, "characteristic"), f"found {code}, which is not one of {entry['code']}")
        elif position not in (positions[code] or ("",)):
            expected = ", ".join(positions[code]) or "none"
            text = f"found the position {position or 'left out'} for {code}, expected {expected}"
            yield document.problem((*place, "position"), text)
        line = document.line(place)
        first = seen.setdefault((item["adapter"], item["item"], position), line)
        if first != line:
            yield document.problem(place, f"found the item {item['item']!r} again, expected it once; see line {first}")
