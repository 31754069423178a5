"""What was sent under an id that is taken, beside what the record has under it: value by value, only what differs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from inspections.catalogue.models import Characteristic
from inspections.gates.limit_wording import quantity_text
from inspections.gates.sentence_catalogue import Language
from inspections.intake.models import Kept
from inspections.results.models import Inspection, Measurement

from .ages import stamp
from .body_words import visible

MOST: Final = 100
_TAKEN: Final = "id_conflict"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was sent otherwise than it is recorded; an empty text where one of the two has none."""

    name: str
    position: str
    recorded: str
    sent: str


@dataclass(frozen=True, slots=True)
class BesideRecord:
    """The inspection that has the id, and how what was sent differs from it. `left`: differences not listed."""

    inspection_id: int
    recorded_at: str
    differences: tuple[Difference, ...]
    same: int
    left: int


def beside_record(kept: Kept, language: Language) -> BesideRecord | None:
    """The comparison for what was refused because its id is taken; None where nothing can be compared. Three
    statements."""
    if kept.code != _TAKEN or kept.rig_id is None or kept.body is None:
        return None
    sent = _read(bytes(kept.body))
    inspection = Inspection.objects.filter(rig_id=kept.rig_id, external_id=kept.external_id).first()
    if sent is None or inspection is None:
        return None
    was, now = _recorded(inspection.pk, language), _sent(sent, language)
    named = sorted(was.keys() | now.keys())
    differing = [
        Difference(*name, was.get(name, ""), now.get(name, "")) for name in named if was.get(name) != now.get(name)
    ]
    return BesideRecord(
        inspection.pk,
        stamp(inspection.recorded_at),
        tuple(differing[:MOST]),
        len(named) - len(differing),
        max(0, len(differing) - MOST),
    )


def _read(body: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(body, parse_float=str, parse_int=str)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _recorded(inspection_id: int, language: Language) -> dict[tuple[str, str], str]:
    rows = list(Measurement.objects.filter(inspection_id=inspection_id).order_by("ordinal"))
    known = {row.characteristic_id for row in rows if row.characteristic_id is not None}
    codes = dict(Characteristic.objects.filter(pk__in=known).values_list("pk", "code"))
    return {
        (codes.get(row.characteristic_id or 0, row.name or ""), row.position): quantity_text(
            row.raw if row.value is None else row.value, row.unit or "", language
        )
        for row in rows
    }


def _sent(body: Mapping[str, Any], language: Language) -> dict[tuple[str, str], str]:
    measured = body.get("measurements")
    found = {}
    for row in measured if isinstance(measured, list) else []:
        if isinstance(row, dict):
            name = visible(str(row.get("characteristic", "")))[:128], visible(str(row.get("position") or ""))[:64]
            found[name] = _value(row.get("value"), visible(str(row.get("unit") or ""))[:32], language)
    return found


def _value(value: object, unit: str, language: Language) -> str:
    if value is None:
        return _("no value")
    if isinstance(value, bool):
        return quantity_text("true" if value else "false", unit, language)
    return quantity_text(visible(str(value))[:200], unit, language)
