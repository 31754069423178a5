"""One inspection as it was recorded, for the page that follows saving it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from inspections.batches.queries import find_vehicle
from inspections.catalogue.models import Characteristic, PlanRevision, Procedure
from inspections.catalogue.queries import requirements_of
from inspections.evaluation.reasons import JudgementReason, Outcome
from inspections.gates.limit_wording import quantity_text
from inspections.gates.sentence_catalogue import Language
from inspections.gates.sentences import named_with_position
from inspections.results.models import Inspection, Measurement
from inspections.results.readings import stored_reading
from inspections.rigs.models import Rig

from .measured import position_text
from .rig_states import rig_states
from .statuses import OF_OUTCOME, Status
from .verdict_words import SaidVerdict, limit_words, say_verdict


@dataclass(frozen=True, slots=True)
class RecordedRow:
    """One value as kept, with what was judged of it. `why` says why it could not be measured."""

    label: str
    value: str
    required: str
    said: SaidVerdict
    why: str = ""


def recorded_page(number: int, language: Language, at: datetime) -> dict[str, Any] | None:
    """What the page of a vehicle's inspection shows; None where there is none of this number."""
    inspection = Inspection.objects.select_related("vehicle").filter(pk=number, vehicle__isnull=False).first()
    if inspection is None or inspection.vehicle is None:
        return None
    rows = _rows(inspection, language)
    rig = Rig.objects.get(pk=inspection.rig_id)
    outcome = Outcome(inspection.verdict)
    procedure = Procedure.objects.get(pk=inspection.procedure_id)
    return {
        "inspection": inspection,
        "vehicle": find_vehicle(inspection.vehicle.vin),
        "procedure": procedure,
        "procedure_name": procedure.name_zh if language == "zh-hans" and procedure.name_zh else procedure.name,
        "rig": rig,
        "rig_state": rig_states([rig], at)[rig.pk],
        "rows": rows,
        "fails": sum(1 for row in rows if row.said.status is Status.FAIL),
        "unclear": sum(1 for row in rows if row.said.status is Status.UNCLEAR),
        "outcome": outcome.name.lower(),
        "status": OF_OUTCOME[outcome],
        "reason": JudgementReason(inspection.verdict_reason),
        "revision": PlanRevision.objects.select_related("plan").filter(pk=inspection.revision_id or 0).first(),
    }


def _rows(inspection: Inspection, language: Language) -> list[RecordedRow]:
    lines = {line.id: line for line in requirements_of(inspection.revision_id)} if inspection.revision_id else {}
    measured = list(Measurement.objects.filter(inspection_id=inspection.pk).order_by("ordinal"))
    names = Characteristic.objects.select_related("procedure").in_bulk(
        [row.characteristic_id for row in measured if row.characteristic_id]
    )
    source = inspection.source or {}
    whys = {(item["characteristic"], item["position"]): item["reason"] for item in source.get("not_measured", ())}
    rows = []
    for row in measured:
        found = names.get(row.characteristic_id or 0)
        line = lines.get(row.requirement_id or 0)
        name, place = row.name or "", row.position
        if found is not None:
            name = found.name_zh if language == "zh-hans" and found.name_zh else found.name
            place = position_text(found, row.position, language)
        unit = row.unit or ""
        value = _value(row)
        said = say_verdict(Outcome(row.outcome), JudgementReason(row.reason), line, value, unit, language)
        why = whys.get((found.code if found else "", row.position), "")
        label = named_with_position(name, place, language)
        rows.append(
            RecordedRow(
                label, quantity_text(value, unit, language), limit_words(line, language) if line else "", said, why
            )
        )
    return rows


def _value(row: Measurement) -> Decimal | str | bool | None:
    return row.value if row.value is not None else stored_reading(None, row.raw, row.unit, row.position).value
