"""What makes the document of a profile fit its reader and the catalogue; every fault names its place. Pure."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from ..adapters import registry
from ..adapters.canonical import AskingAdapter
from ..catalogue.documents import Document, Path, Problem
from ..catalogue.entries import CharacteristicFacts
from ..catalogue.schema import problems_of
from ..evaluation.facts import Kind
from ..evaluation.units import ratio, stated_unit
from ..people.zones import time_zones
from .profile_patterns import pattern_fault
from .profile_schema import PROFILE_VALIDATOR

_UNITLESS: Final = (Kind.ATTRIBUTE, Kind.IDENTITY)


def profile_problems(
    document: Document,
    adapter: str,
    *,
    characteristics: Mapping[str, CharacteristicFacts],
    procedures: frozenset[str],
    component_kinds: frozenset[str],
) -> list[Problem]:
    """Everything that keeps a document from being a profile of this adapter, given what the catalogue knows."""
    if not isinstance(document.content, dict):
        return [document.problem((), "found no mapping, expected a profile: format, items and what it says of them")]
    problems = problems_of(document, PROFILE_VALIDATOR)
    if problems:
        return problems
    content = document.content
    problems += _reading_problems(document, content.get("reading", {}), adapter)
    for path, place in _places(content):
        problems += _place_problems(document, path, place)
    problems += _subject_problems(document, content.get("subject"), component_kinds)
    problems += _procedure_problems(document, content.get("procedure"), procedures)
    problems += _item_problems(document, content["items"], characteristics)
    return sorted(problems)


def _places(content: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    subject, procedure = content.get("subject", {}), content.get("procedure", {})
    if "vin" in subject:
        yield ("subject", "vin"), subject["vin"]
    if "component" in subject:
        yield ("subject", "component", "serial"), subject["component"]["serial"]
    if "by" in procedure:
        yield ("procedure", "by"), procedure["by"]
    for key in ("tests", "purpose"):
        if key in content:
            yield (key,), content[key]


def _place_problems(document: Document, path: Path, place: Mapping[str, Any]) -> Iterator[Problem]:
    if place["from"] == "header" and "name" not in place:
        yield document.problem((*path, "from"), "found from: header without a name, expected name: the header's path")
    if place["from"] != "header" and "name" in place:
        yield document.problem((*path, "name"), f"found a name, but {place['from']} has none; leave it out")
    if place["from"] == "file_name" and "pattern" not in place:
        text = "found from: file_name without a pattern, expected one with a group, such as EOL_([A-Z0-9]{17})_.*"
        yield document.problem((*path, "from"), text)
    if fault := pattern_fault(place["pattern"]) if "pattern" in place else "":
        yield document.problem((*path, "pattern"), f"the pattern {fault}")


def _reading_problems(document: Document, reading: Mapping[str, Any], adapter: str) -> Iterator[Problem]:
    zone = reading.get("time_zone")
    if zone is not None and zone not in time_zones():
        text = f"found the time zone {zone!r}, expected an IANA name such as Asia/Shanghai"
        yield document.problem(("reading", "time_zone"), text)
    encoding = reading.get("encoding")
    if encoding is not None and not _is_text_encoding(encoding):
        text = f"found the encoding {encoding!r}, expected one such as utf-8, cp1252 or gb18030"
        yield document.problem(("reading", "encoding"), text)
    try:
        reader = registry.get(adapter)
    except registry.UnknownFormat as refused:
        yield document.problem((), str(refused))
        return
    options = reading.get("options", {})
    if isinstance(reader, AskingAdapter):
        for pointer, fault in reader.option_faults(plain(options)):
            yield document.problem(_path_of(pointer, options), f"{pointer or 'options'}: {fault}")
    elif options:
        text = f"found options, but the reader {adapter} has none; leave them out"
        yield document.problem(("reading", "options"), text)


def _is_text_encoding(name: str) -> bool:
    try:
        found = codecs.lookup(name)
        return found._is_text_encoding and b"A1;\n".decode(name) == "A1;\n"
    except (LookupError, UnicodeDecodeError, ValueError):
        return False


def _path_of(pointer: str, options: Any) -> Path:
    """A JSON pointer within the options as a path of the document."""
    path: Path = ("reading", "options")
    here = options
    for step in pointer.lstrip("/").split("/") if pointer.strip("/") else ():
        key: str | int = step.replace("~1", "/").replace("~0", "~")
        if isinstance(here, list) and step.isdecimal():
            key = int(step)
            here = here[key] if key < len(here) else None
        else:
            here = here.get(key) if isinstance(here, Mapping) else None
        path = (*path, key)
    return path


def _subject_problems(document: Document, subject: Any, kinds: frozenset[str]) -> Iterator[Problem]:
    if subject is None:
        return
    if len(subject) != 1:
        found = " and ".join(subject) or "neither"
        yield document.problem(("subject",), f"found {found}, expected either vin or component")
    component = subject.get("component")
    if component is not None and component["kind"] not in kinds:
        text = f"found the component kind {component['kind']}, which the catalogue does not know"
        yield document.problem(("subject", "component", "kind"), text)


def _procedure_problems(document: Document, procedure: Any, known: frozenset[str]) -> Iterator[Problem]:
    if procedure is None:
        return
    if "code" in procedure and ("by" in procedure or "codes" in procedure):
        text = "found a fixed code and codes to choose by, expected one of the two"
        yield document.problem(("procedure",), text)
    elif "code" not in procedure and not ("by" in procedure and "codes" in procedure):
        text = "expected either a fixed code, or by (where the test's own name stands) with codes"
        yield document.problem(("procedure",), text)
    named: list[tuple[Path, str]] = [(("procedure", "code"), procedure["code"])] if "code" in procedure else []
    named += [(("procedure", "codes", word), code) for word, code in procedure.get("codes", {}).items()]
    for path, code in named:
        if code not in known:
            yield document.problem(path, f"found the procedure {code}, which the catalogue does not know")


def _item_problems(
    document: Document, items: list[dict[str, Any]], known: Mapping[str, CharacteristicFacts]
) -> Iterator[Problem]:
    taken: dict[tuple[str, int, str], int] = {}
    filled: dict[tuple[str, str], int] = {}
    for index, item in enumerate(items):
        path: Path = ("items", index)
        facts = known.get(item["characteristic"])
        if facts is None:
            text = f"found the characteristic {item['characteristic']}, which the catalogue does not know"
            yield document.problem((*path, "characteristic"), text)
            continue
        yield from _item_fits(document, path, item, facts)
        line = document.line(path)
        own = item["item"], item.get("occurrence", 1), facts.procedure
        if taken.setdefault(own, line) != line:
            text = f"found the item {own[0]!r} again for {facts.procedure}, expected it once; see line {taken[own]}"
            yield document.problem((*path, "item"), text)
        place = facts.code, item.get("position", "")
        if filled.setdefault(place, line) != line:
            text = f"found {' '.join(place).strip()} again, expected one item for it; see line {filled[place]}"
            yield document.problem((*path, "characteristic"), text)


def _item_fits(
    document: Document, path: Path, item: Mapping[str, Any], facts: CharacteristicFacts
) -> Iterator[Problem]:
    position, unit = item.get("position", ""), item.get("unit")
    if position not in (facts.positions or ("",)):
        expected = ", ".join(facts.positions) or "none"
        text = f"found the position {position or 'left out'} for {facts.code}, expected {expected}"
        yield document.problem((*path, "position"), text)
    if unit is None:
        return
    if facts.kind in _UNITLESS:
        text = f"found the unit {unit}, but {facts.code} is of the kind {facts.kind} and has none"
        yield document.problem((*path, "unit"), text)
    elif ratio(stated_unit(unit), stated_unit(facts.unit)) is None:
        text = f"found the unit {unit}, expected {facts.unit or 'none'} or one that converts to it"
        yield document.problem((*path, "unit"), text)


def plain(content: Any) -> Any:
    """The document as JSON holds it exactly: a decimal becomes the text that was written."""
    if isinstance(content, Mapping):
        return {key: plain(value) for key, value in content.items()}
    if isinstance(content, list):
        return [plain(value) for value in content]
    return str(content) if isinstance(content, Decimal) else content


def document_digest(content: Any) -> str:
    """The SHA-256 of a document's canonical form: keys in order, no blanks."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()
