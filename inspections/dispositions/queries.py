"""Reads of what is contained and answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from .choices import HoldSource, NonconformanceState
from .models import Hold, Nonconformance


@dataclass(frozen=True, slots=True)
class OpenNonconformance:
    """A nonconformance that nobody has answered. `sequence` and `vin` are those of its car; 0 and "" for the batch."""

    number: str
    batch: str
    sequence: int
    vin: str
    gate: str
    code: str
    characteristic_id: int | None
    special: str
    opened_at: datetime
    vehicle_id: int | None
    total: int


def open_nonconformances(*, most: int) -> list[OpenNonconformance]:
    """Open nonconformances, critical characteristics first, then the oldest. `total`: how many are open in all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select n.number, b.number, coalesce(v.sequence, 0), coalesce(v.vin, ''), n.domain, n.code,"
            " n.characteristic_id, coalesce(c.special, ''), n.opened_at, n.vehicle_id, count(*) over ()"
            " from inspections_nonconformance n join inspections_batch b on b.id = n.batch_id"
            " left join inspections_vehicle v on v.id = n.vehicle_id"
            " left join inspections_characteristic c on c.id = n.characteristic_id"
            " where n.state = 'open' order by c.special is distinct from 'CC', n.opened_at, n.id limit %s",
            [most],
        )
        return [OpenNonconformance(*row) for row in cursor.fetchall()]


def holds_of_people(*, most: int) -> list[Hold]:
    """Holds that persons placed and nobody lifted, oldest first, with batch and vehicle. One query."""
    return list(
        Hold.objects.filter(source=HoldSource.PERSON, lifted_at__isnull=True)
        .select_related("batch", "vehicle")
        .order_by("placed_at", "pk")[:most]
    )


def open_holds(*, batch_id: int, vehicle_id: int | None, most: int = 200) -> list[Hold]:
    """Holds in force on a batch itself (`vehicle_id` None), or on a vehicle and on its batch. One query."""
    rows = Hold.objects.filter(batch_id=batch_id, lifted_at__isnull=True, vehicle__isnull=True)
    if vehicle_id is not None:
        rows = rows | Hold.objects.filter(vehicle_id=vehicle_id, lifted_at__isnull=True)
    return list(rows.order_by("placed_at", "pk")[:most])


def open_nonconformances_of_batch(*, batch_id: int) -> list[Nonconformance]:
    """Open nonconformances of the batch itself, not of its cars. One query."""
    rows = Nonconformance.objects.filter(batch_id=batch_id, vehicle__isnull=True, state=NonconformanceState.OPEN)
    return list(rows.order_by("opened_at", "pk")[:100])
