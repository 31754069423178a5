"""Who inspected a car: by account, or as the operator whom a rig named; the car itself, or a part that was in it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.db import connection

from ..people.models import User

_INSPECTED: Final = """
select v.sequence from inspections_vehicle v
where v.id = any(%(ids)s) and interlock_inspected(%(person)s, %(number)s, v.id) order by v.sequence
"""


def inspected_by(*, person: User, vehicle_ids: Collection[int]) -> list[int]:
    """Which of the vehicles this person inspected, or a part of them, by number in build order. One statement.

    Whoever inspected one of them may not sign for any; the database refuses it too.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _INSPECTED, {"ids": list(vehicle_ids), "person": person.pk, "number": person.personnel_number or ""}
        )
        return [row[0] for row in cursor.fetchall()]
