"""What a profile says of one test that its reader found: subject, procedure, purpose, whether it counts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..adapters.canonical import CanonicalInspection
from ..rigs.profile_patterns import find_in

WRITTEN: Final = "serial"
_SHOWN: Final = 80


class Unmapped(Exception):
    """What was read cannot be recorded: no subject, no procedure, or no test at all. Says what to do.

    `place` is where in the test it stands, "" where that is the whole of it.
    """

    def __init__(self, code: str, detail: str, place: str = "") -> None:
        super().__init__(f"{place}: {detail}" if place else detail)
        self.code, self.place = code, place


def text_at(place: Mapping[str, Any], test: CanonicalInspection, file_name: str) -> str | None:
    """The text that stands where a profile says; None where nothing does, or its pattern does not match."""
    name = place["from"]
    if name == "file_name":
        found: str | None = file_name
    elif name == "header":
        # A header twice names nothing for certain.
        values = {value for path, value in test.headers if path == place["name"]}
        found = values.pop() if len(values) == 1 else None
    else:
        found = getattr(test, name)
    if found is None or not found.strip():
        return None
    return find_in(place["pattern"], found.strip()) if "pattern" in place else found.strip()


def place_words(place: Mapping[str, Any]) -> str:
    """Where a profile looks, for messages: the field, the header's path, the file's name."""
    where = f"header {place['name']}" if place["from"] == "header" else str(place["from"]).replace("_", " ")
    return f"{where} ({place['pattern']})" if "pattern" in place else where


def raw_at(place: Mapping[str, Any], test: CanonicalInspection, file_name: str) -> str:
    """What stands there before any pattern, for messages; "nothing" where nothing does."""
    found = text_at({key: value for key, value in place.items() if key != "pattern"}, test, file_name)
    return "nothing" if found is None else repr(found[:_SHOWN])


def check_counts(document: Mapping[str, Any], test: CanonicalInspection, file_name: str) -> None:
    """Raises Unmapped `not_a_test` for a kind of test that does not count."""
    tests = document.get("tests")
    if tests is None:
        return
    found = text_at(tests, test, file_name)
    if found not in tests["count"]:
        expected = ", ".join(tests["count"])
        shown = raw_at(tests, test, file_name)
        detail = f"found {shown} as the kind of test; the profile counts {expected} alone"
        raise Unmapped("not_a_test", detail, place_words(tests))


def purpose_of(document: Mapping[str, Any], test: CanonicalInspection, file_name: str) -> str | None:
    """The purpose by the rig's own word; None where it says none, or one that the profile does not know."""
    purpose = document.get("purpose")
    if purpose is None:
        return test.purpose
    found = text_at(purpose, test, file_name)
    return None if found is None else purpose["words"].get(found)


def procedure_code(document: Mapping[str, Any], test: CanonicalInspection, file_name: str) -> str | None:
    """The code of the procedure; None where the profile says nothing of it. Raises Unmapped for a word that is not
    among those it knows."""
    procedure = document.get("procedure")
    if procedure is None:
        return None
    if "code" in procedure:
        return str(procedure["code"])
    found = text_at(procedure["by"], test, file_name)
    code = procedure["codes"].get(found) if found is not None else None
    if code is None:
        shown, known = raw_at(procedure["by"], test, file_name), ", ".join(sorted(procedure["codes"]))
        detail = f"found {shown}, expected one of {known}; add it to the profile's procedure codes"
        raise Unmapped("unknown_procedure", detail, place_words(procedure["by"]))
    return str(code)


def missing_items(mandatory: Iterable[Mapping[str, Any]], test: CanonicalInspection) -> list[str]:
    """The mandatory items that the test does not have."""
    there = {(item.item, item.occurrence) for item in test.items}
    return [_item_words(item) for item in mandatory if (item["item"], item.get("occurrence", 1)) not in there]


def _item_words(item: Mapping[str, Any]) -> str:
    times = item.get("occurrence", 1)
    return f"{item['item']} #{times}" if times > 1 else str(item["item"])
