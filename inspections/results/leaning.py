"""How many vehicles lean on what a rig measured: asked before an act on it is done, so that nobody is surprised."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db import connection

from ..batches.choices import FOR_DELIVERY

MEASURED_VEHICLES: Final = """
with measured as (
    select i.vehicle_id, i.component_id from inspections_inspection i
    where i.rig_id = %(rig)s and i.finished_at >= %(since)s
        and (%(until)s::timestamptz is null or i.finished_at <= %(until)s)
        and (%(procedure)s::bigint is null or i.procedure_id = %(procedure)s)
), vehicles as (
    select vehicle_id from measured where vehicle_id is not null
    union
    select latest.vehicle_id from (select distinct component_id from measured where component_id is not null) m
    join lateral (
        select f.vehicle_id, f.fitted from inspections_fitting f where f.component_id = m.component_id
        order by f.at desc, f.id desc limit 1
    ) latest on latest.fitted
)
"""
"""`vehicles (vehicle_id)`: those for which the rig measured in a time. An inspection speaks for its vehicle, or for the
one in which its component is fitted now."""

_LEANING: Final = (
    MEASURED_VEHICLES
    + """
select count(*) from vehicles x join inspections_vehicle v on v.id = x.vehicle_id where v.status = any(%(deliverable)s)
"""
)


def vehicles_leaning_on(
    *, rig_id: int, since: datetime, until: datetime | None = None, procedure_id: int | None = None
) -> int:
    """Vehicles meant for a customer with results that the rig finished from `since` to `until`, both included.

    An act on the rig that concerns this time has exactly these decided again. One statement.
    """
    named: dict[str, Any] = {
        "rig": rig_id,
        "since": since,
        "until": until,
        "procedure": procedure_id,
        "deliverable": [status.value for status in FOR_DELIVERY],
    }
    with connection.cursor() as cursor:
        cursor.execute(_LEANING, named)
        row = cursor.fetchone()
    return int(row[0])
