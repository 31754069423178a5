"""What vehicles leave by concession: which ones they rest on, and which a concession by number no longer covers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from ..dispositions.models import Concession
from ..gates.models import VehicleGate
from ..gates.reading import read_named


def conceded_now(*, vehicle_id: int) -> list[int]:
    """The concessions that a vehicle's gates rest on as last decided. One statement."""
    rows = VehicleGate.objects.filter(vehicle_id=vehicle_id).values_list("conceded", flat=True)
    return sorted({number for row in rows for number in row or ()})


def concession_numbers(ids: Collection[int]) -> list[str]:
    """Their numbers, in their order. At most one statement."""
    if not ids:
        return []
    return list(Concession.objects.filter(pk__in=ids).order_by("pk").values_list("number", flat=True))


_PAST: Final = """
select v.batch_id, v.id from inspections_concession c
join inspections_concededvehicle cv on cv.concession_id = c.id join inspections_vehicle v on v.id = cv.vehicle_id
where c.id = any(%(ids)s) and v.status in ('in_process', 'released')
    and (select count(*) from interlock_left_by_concession l where l.concession_id = c.id) >= c.quantity
"""


def vehicles_past_quantity(ids: Collection[int]) -> list[tuple[int, int]]:
    """(batch id, vehicle id) of what has not left, and no longer can by these concessions. At most one statement."""
    if not ids:
        return []
    return [(row[0], row[1]) for row in read_named(_PAST, ids=list(ids))]
