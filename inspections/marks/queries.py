"""Reads of what is undecided."""

from __future__ import annotations

from django.db import connection


def undecided_batches() -> list[int]:
    """The batches that have a mark, ascending."""
    with connection.cursor() as cursor:
        cursor.execute("select distinct batch_id from inspections_mark order by batch_id")
        return [row[0] for row in cursor.fetchall()]


def is_undecided(*, batch_id: int, vehicle_id: int | None) -> bool:
    """Whether the vehicle, or with none the batch itself, or the batch of the vehicle, has a mark."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists(select from inspections_mark where batch_id = %s"
            " and (vehicle_id is null or vehicle_id = %s))",
            [batch_id, vehicle_id],
        )
        row = cursor.fetchone()
    return bool(row[0])
