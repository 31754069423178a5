"""Marks: what is undecided. Whoever changes what matters inserts them in the same transaction (law 7)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection


def mark_vehicles(*, rows: Iterable[tuple[int, int | None, str]], at: datetime) -> None:
    """Insert one mark for each distinct (batch id, vehicle id or None for the batch's own facts, domain or "" for all).

    One statement, plain inserts, in the caller's transaction. Marking twice costs a second decision, nothing else.
    """
    distinct = sorted(set(rows), key=lambda row: (row[0], row[1] or 0, row[2]))
    if not distinct:
        return
    batches, vehicles, domains = zip(*distinct, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into inspections_mark (batch_id, vehicle_id, domain, at)"
            " select *, %s from unnest(%s::bigint[], %s::bigint[], %s::text[])",
            [at, list(batches), list(vehicles), list(domains)],
        )
