"""Reads of what is undecided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits to be decided in a batch: how many changes, and since when the oldest of them waits."""

    count: int
    since: datetime


def waiting_by_batch() -> dict[int, Waiting]:
    """The batches that have a mark, with what waits there. One statement."""
    with connection.cursor() as cursor:
        cursor.execute("select batch_id, count(*), min(at) from inspections_mark group by batch_id order by batch_id")
        return {row[0]: Waiting(row[1], row[2]) for row in cursor.fetchall()}
