"""Which batches lean, by coverage, on what cars given up to a test showed: they are decided again when it changes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.db import connection

LEANING_ON_TESTS: Final = """
select b.id, p.domain from inspections_coverage c
join inspections_inspection i on i.id = c.inspection_id
join inspections_procedure p on p.id = c.procedure_id
join inspections_batch b on b.configuration_id = c.configuration_id
where {which} and not exists(select from inspections_coveragerevocation r where r.coverage_id = c.id)
"""
_ON_CARS: Final = LEANING_ON_TESTS.format(which="i.vehicle_id = any(%s)")


def batches_covered_by(*, vehicle_ids: Collection[int]) -> set[tuple[int, int | None, str]]:
    """Marks of the batches whose coverage rests on a test of one of these vehicles. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_ON_CARS, [list(vehicle_ids)])
        return {(batch_id, None, domain) for batch_id, domain in cursor.fetchall()}
