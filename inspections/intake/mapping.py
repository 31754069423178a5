"""Turns what an adapter read into inspections as they are posted: by the profile of its rig, or where it has none by
the names that the catalogue keeps for the adapter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from ..adapters.canonical import CanonicalInspection, CanonicalItem, ItemClaim, Measured
from ..adapters.locating import locate_position
from ..batches.rules import is_vin
from ..catalogue.models import Procedure, SourceItem
from ..results.decoding import FileValue, PostedInspection, decode_values
from ..rigs.models import Rig
from .profiled import Unmapped, check_counts, missing_items, place_words, procedure_code, purpose_of, raw_at, text_at
from .rules import Named, vin_meant

__all__ = ["Place", "Places", "Subject", "Unmapped", "find_procedure", "map_report", "places_of", "subject_of"]

_LONGEST_NAME: Final = 200
_PURPOSES: Final = ("initial", "retest", "after_rework")
_MOST_TOLD: Final = 10
_UNMEASURED: Final = (ItemClaim.SKIPPED, ItemClaim.ERROR, ItemClaim.NOT_MEASURED)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item belongs. `unit` is that of its numbers where the file states none."""

    characteristic: str
    position: str = ""
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """Where the items of a procedure's reports belong. `document` is the profile's, None where there is none."""

    adapter: str
    find: Callable[[CanonicalItem], Place | None]
    codes: frozenset[str] = frozenset()
    document: Mapping[str, Any] | None = None
    known: frozenset[str] = frozenset()
    """The items that a profile places at all, at whichever occurrence."""
    mandatory: tuple[Mapping[str, Any], ...] = ()
    """Those without which a test of the procedure is not recorded."""


def places_of(procedure: Procedure, adapter: str, document: Mapping[str, Any] | None) -> Places:
    """The places of a procedure's items: by the profile's document, else by the catalogue. One query."""
    if document is None:
        return _catalogued(procedure, adapter)
    codes = frozenset(procedure.characteristics.values_list("code", flat=True))
    own = {
        (item["item"], item.get("occurrence", 1)): Place(
            item["characteristic"], item.get("position", ""), item.get("unit")
        )
        for item in document["items"]
        if item["characteristic"] in codes
    }
    return Places(
        adapter,
        lambda item: own.get(item[:2]),  # its path and its occurrence
        codes,
        document,
        frozenset(path for path, _ in own),
        tuple(item for item in document["items"] if item.get("mandatory") and item["characteristic"] in codes),
    )


def _catalogued(procedure: Procedure, adapter: str) -> Places:
    places: dict[str, dict[str, str]] = defaultdict(dict)
    rows = SourceItem.objects.filter(procedure=procedure, adapter=adapter)
    for path, position, code in rows.values_list("item", "position", "characteristic__code"):
        places[path][position] = code

    def find(item: CanonicalItem) -> Place | None:
        positions = places.get(item.item)
        if positions is None:
            return None
        position = locate_position(item.item, list(positions), item.occurrence)
        return None if position is None else Place(positions[position], position)

    return Places(adapter, find)


def find_procedure(
    stated: str, test: CanonicalInspection, file_name: str, document: Mapping[str, Any] | None
) -> str | None:
    """The code of the procedure, by what was stated with the file, the profile, or the report's own process; None where
    none of them says. Raises Unmapped."""
    own = procedure_code(document, test, file_name) if document is not None else None
    if stated and own and stated != own:
        detail = f"The file was sent as {stated}, and the profile reads {own} in it; correct the one that is wrong."
        raise Unmapped("procedure_differs", detail)
    return own or stated or test.process_code or None


def only_mapped(rig: Rig | None, adapter: str, word: str | None) -> Procedure:
    """The one procedure for which the catalogue maps this rig's reports. Raises Unmapped."""
    mapped = Procedure.objects.filter(
        source_items__adapter=adapter, authorisations__rig=rig, authorisations__granted=True
    ).distinct()[:2]
    if len(mapped) == 1:
        return mapped[0]
    detail = f"Which procedure this is cannot be told from the process {word or 'of no name'!r}; state it."
    raise Unmapped("unknown_procedure", detail)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a test is of: a vehicle or a component. `others` are further ones that it names against it; `meant` is the
    car that it may be of where its VIN is none as it is written."""

    vin: str = ""
    kind: str = ""
    serial: str = ""
    others: tuple[str, ...] = ()
    fault: str = ""
    place: str = ""
    meant: str = ""

    def fields(self) -> dict[str, Any]:
        """As it is posted. Raises Unmapped where nothing certain is named."""
        if self.others:
            named = " and ".join((self.vin or f"{self.kind} {self.serial}", *self.others))
            raise Unmapped("subject_differs", f"It names {named}; set it aside, or have the rig send it anew.")
        if self.vin:
            return {"vin": self.vin}
        if self.serial:
            return {"component": {"kind": self.kind, "serial": self.serial}}
        raise Unmapped("subject", self.fault, self.place)


def subject_of(stated: Named, test: CanonicalInspection, file_name: str, document: Mapping[str, Any] | None) -> Subject:
    """The subject as a person or the sender stated it, else as the profile finds it, else the serial where it is a VIN.

    A car that the file itself names, and that is another than the one stated, is named too: neither passes by it.
    """
    own = _own_subject(test, file_name, document)
    if not stated.vin and not stated.component_serial:
        return own
    others = (own.vin,) if own.vin and stated.vin and own.vin != stated.vin else ()
    return Subject(stated.vin, stated.component_kind, stated.component_serial, others)


def _own_subject(test: CanonicalInspection, file_name: str, document: Mapping[str, Any] | None) -> Subject:
    asked = (document or {}).get("subject", {"vin": {"from": "serial"}})
    if "component" in asked:
        kind, place = asked["component"]["kind"], asked["component"]["serial"]
        serial = text_at(place, test, file_name)
        if serial and len(serial) <= 64 and serial.isprintable():
            return Subject(kind=kind, serial=serial)
        detail = (
            f"found {raw_at(place, test, file_name)}, expected the serial of a {kind}; name it, or mend the profile"
        )
        return Subject(fault=detail, place=place_words(place))
    place = asked["vin"]
    vin = (text_at(place, test, file_name) or "").upper()
    if is_vin(vin):
        return Subject(vin=vin)
    shown = raw_at(place, test, file_name)
    if document is None:
        detail = f"The report names the unit {test.serial or 'not at all'!r}, which is no VIN; state vin or component."
        return Subject(fault=detail, meant=vin_meant(vin))
    detail = f"found {shown}, expected a VIN; name the vehicle or component, or mend the profile"
    return Subject(fault=detail, place=place_words(place), meant=vin_meant(vin))


def map_report(
    test: CanonicalInspection,
    subject: Subject,
    procedure: Procedure,
    places: Places,
    placed: Sequence[Place | None],
    file_name: str,
) -> PostedInspection:
    """The report as an inspection of the procedure, its items `placed`. What has no place is kept under its own name,
    to be judged by nobody. Raises Unmapped, and BodyRefused for texts and times that no inspection may hold."""
    if test.not_a_test is not None:
        raise Unmapped("not_a_test", test.not_a_test)
    purpose = test.purpose
    if places.document is not None:
        check_counts(places.document, test, file_name)
        purpose = purpose_of(places.document, test, file_name)
        _check_items(test, procedure, places, placed)
    return decode_values(
        {
            "id": test.external_id,
            **subject.fields(),
            "procedure": procedure.code,
            "started_at": test.started_at,
            "finished_at": test.finished_at,
            "purpose": purpose if purpose in _PURPOSES else None,
            "operator": test.operator,
            "software": [{"system": system, "version": version} for system, version in test.software] or None,
            "verdict": test.verdict_claimed,
        },
        [_value(item, place, places.adapter) for item, place in zip(test.items, placed, strict=True)],
    )


def _check_items(
    test: CanonicalInspection, procedure: Procedure, places: Places, placed: Sequence[Place | None]
) -> None:
    if places.mandatory and (missing := missing_items(places.mandatory, test)):
        told = ", ".join(missing[:_MOST_TOLD]) + (" and more" if len(missing) > _MOST_TOLD else "")
        detail = f"{told} is not in it, and the profile makes it mandatory for {procedure.code}; measure it again."
        raise Unmapped("item_missing", detail, "items")
    for item, place in zip(test.items, placed, strict=True):
        # A second value of what the profile places once: recorded under another name its fail would judge nothing.
        if place is None and item.item in places.known:
            detail = f"comes {item.occurrence} times, and the profile places it fewer times; add its occurrence."
            raise Unmapped("item_repeated", detail, item.item)


def _value(item: CanonicalItem, place: Place | None, adapter: str) -> FileValue:
    if place is None:
        place = Place(_own_name(item, adapter))
    return FileValue(
        place.characteristic,
        item.value if _is_measured(item) else None,
        item.unit if item.unit is not None else place.unit,
        place.position or None,
        item.verdict_claimed,
    )


def _is_measured(item: CanonicalItem) -> bool:
    """Whether a value was obtained by all that the rig says: what it skipped or broke off has none, whatever stands."""
    return item.measured is Measured.MEASURED and item.claimed not in _UNMEASURED


def _own_name(item: CanonicalItem, adapter: str) -> str:
    """A name that no characteristic has: the adapter's, the item's path, and which repeat it is."""
    name = f"{adapter}: {item.item}" + (f" #{item.occurrence}" if item.occurrence > 1 else "")
    if len(name) <= _LONGEST_NAME:
        return name
    mark = sha256(name.encode()).hexdigest()[:12]
    return f"{name[: _LONGEST_NAME - 15]}... {mark}"[:_LONGEST_NAME]
