"""Reads that the room of what comes in needs: what was answered before, and where parts are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from django.db import connection

from ..evaluation.facts import Verdict
from ..evaluation.inspecting import Judged
from ..evaluation.reasons import JudgementReason, Outcome
from .posted import PostedMeasurement
from .recorded import Recorded, RecordState

_INSPECTION: Final = """
select i.external_id, i.digest, coalesce(v.vin, c.kind || ' ' || c.serial, l.kind || ' ' || l.lot), b.number, i.verdict
from inspections_inspection i
left join inspections_vehicle v on v.id = i.vehicle_id
left join inspections_component c on c.id = i.component_id
left join inspections_materiallot l on l.id = i.lot_id
left join inspections_batch b on b.id = i.batch_id
where i.id = %s
"""
_VALUES: Final = """
select coalesce(c.code, m.name), m.position, m.outcome, m.reason from inspections_measurement m
left join inspections_characteristic c on c.id = m.characteristic_id
where m.inspection_id = %s order by m.ordinal
"""
_FITTED: Final = """
select c.kind, c.serial, v.batch_id, v.id from unnest(%s::text[], %s::text[]) as named(kind, serial)
join inspections_component c on c.kind = named.kind and c.serial = named.serial
join lateral (
    select vehicle_id, fitted from inspections_fitting f where f.component_id = c.id order by at desc, id desc limit 1
) latest on latest.fitted
join inspections_vehicle v on v.id = latest.vehicle_id
"""


def recorded_inspection(inspection_id: int) -> Recorded:
    """A stored inspection as it was answered when it was recorded. 2 queries."""
    external_id, digest, subject, batch, verdict = _rows(_INSPECTION, inspection_id)[0]
    values = _rows(_VALUES, inspection_id)
    return Recorded(
        RecordState.REPEATED,
        external_id,
        bytes(digest),
        inspection_id=inspection_id,
        subject=subject,
        batch=batch,
        verdict=Outcome(verdict),
        said=(
            [PostedMeasurement(code, position=position) for code, position, _, _ in values],
            [
                Judged(None, position, Verdict(Outcome(outcome), JudgementReason(reason)))
                for _, position, outcome, reason in values
            ],
        ),
    )


def vehicles_of_components(parts: Collection[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, int]]:
    """The (batch id, vehicle id) in which each fitted part (kind, serial) is now; parts in no vehicle are left out."""
    if not parts:
        return {}
    rows = _rows(_FITTED, [kind for kind, _ in parts], [serial for _, serial in parts])
    return {(kind, serial): (batch_id, vehicle_id) for kind, serial, batch_id, vehicle_id in rows}


def _rows(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
