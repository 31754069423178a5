"""Turns what an adapter read into inspections as they are posted, by the names that the catalogue keeps for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from ..adapters.canonical import CanonicalInspection, CanonicalItem, Measured
from ..adapters.locating import locate_position
from ..batches.rules import is_vin
from ..catalogue.models import Procedure, SourceItem
from ..results.decoding import PostedInspection, decode_fields
from ..rigs.models import Rig
from .models import Submission

_LONGEST_NAME: Final = 200
_PURPOSES: Final = ("initial", "retest", "after_rework")


class Unmapped(Exception):
    """What was read cannot be recorded: no subject, no procedure, or no test at all. Says what to do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class ItemMap:
    """Where each item of a report belongs: by its path, the positions that it fills and their characteristics."""

    adapter: str
    places: Mapping[str, Mapping[str, str]]

    def find(self, item: CanonicalItem) -> tuple[str, str] | None:
        """The (characteristic, position) of an item; None where the catalogue has no place for it."""
        positions = self.places.get(item.item)
        if positions is None:
            return None
        position = locate_position(item.item, list(positions), item.occurrence)
        return None if position is None else (positions[position], position)


def item_map(procedure: Procedure, adapter: str) -> ItemMap:
    """What the catalogue says of an adapter's items for a procedure."""
    places: dict[str, dict[str, str]] = defaultdict(dict)
    rows = SourceItem.objects.filter(procedure=procedure, adapter=adapter)
    for item, position, code in rows.values_list("item", "position", "characteristic__code"):
        places[item][position] = code
    return ItemMap(adapter, places)


def find_procedure(submission: Submission, canonical: CanonicalInspection, rig: Rig, adapter: str) -> Procedure:
    """The procedure stated with the file, or by the report's own process, or the one for which this rig's reports
    are mapped. Raises Unmapped."""
    stated = submission.procedure or canonical.process_code or ""
    found = Procedure.objects.filter(code=stated).first() if stated else None
    if found is not None:
        return found
    if submission.procedure:
        raise Unmapped("unknown_procedure", f"The catalogue knows no procedure {submission.procedure}.")
    mapped = Procedure.objects.filter(
        source_items__adapter=adapter, authorisations__rig=rig, authorisations__granted=True
    ).distinct()[:2]
    if len(mapped) == 1:
        return mapped[0]
    detail = f"Which procedure this is cannot be told from the process {stated or 'of no name'!r}; state it."
    raise Unmapped("unknown_procedure", detail)


def map_report(
    submission: Submission, canonical: CanonicalInspection, procedure: Procedure, mapping: ItemMap
) -> PostedInspection:
    """The report as an inspection of the procedure. What has no place in the catalogue is kept under its own name, to
    be judged by nobody. Raises Unmapped, and BodyRefused for texts and times that no inspection may hold."""
    if canonical.not_a_test is not None:
        raise Unmapped("not_a_test", canonical.not_a_test)
    fields: dict[str, Any] = {
        "id": canonical.external_id,
        **_subject(submission, canonical),
        "procedure": procedure.code,
        "started_at": canonical.started_at,
        "finished_at": canonical.finished_at,
        "purpose": canonical.purpose if canonical.purpose in _PURPOSES else None,
        "operator": canonical.operator,
        "software": [{"system": system, "version": version} for system, version in canonical.software] or None,
        "verdict": canonical.verdict_claimed,
        "measurements": list(_measurements(canonical, mapping)),
    }
    return decode_fields(fields)


def _subject(submission: Submission, canonical: CanonicalInspection) -> dict[str, Any]:
    if submission.vin:
        return {"vin": submission.vin}
    if submission.component_serial:
        return {"component": {"kind": submission.component_kind, "serial": submission.component_serial}}
    serial = (canonical.serial or "").strip().upper()
    if is_vin(serial):
        return {"vin": serial}
    detail = f"The report names the unit {canonical.serial or 'not at all'!r}, which is no VIN; state vin or component."
    raise Unmapped("subject", detail)


def _measurements(canonical: CanonicalInspection, mapping: ItemMap) -> Iterator[dict[str, Any]]:
    for item in canonical.items:
        place = mapping.find(item)
        code, position = place or (_own_name(item, mapping.adapter), "")
        yield {
            "characteristic": code,
            "position": position or None,
            "value": item.value if item.measured is Measured.MEASURED else None,
            "unit": item.unit,
            "verdict": item.verdict_claimed,
        }


def _own_name(item: CanonicalItem, adapter: str) -> str:
    """A name that no characteristic has: the adapter's, the item's path, and which repeat it is."""
    name = f"{adapter}: {item.item}" + (f" #{item.occurrence}" if item.occurrence > 1 else "")
    if len(name) <= _LONGEST_NAME:
        return name
    mark = sha256(name.encode()).hexdigest()[:12]
    return f"{name[: _LONGEST_NAME - 15]}... {mark}"[:_LONGEST_NAME]
