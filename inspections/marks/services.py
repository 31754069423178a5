"""Marks: what is undecided. Whoever changes what matters inserts them in the same transaction (law 7)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from .arrays import number_array, text_array
from .trips import Statement, run_together


def mark_vehicles(*, rows: Iterable[tuple[int, int | None, str]], at: datetime) -> None:
    """Insert one mark for each distinct (batch id, vehicle id or None for the batch's own facts, domain or "" for all).

    One statement, plain inserts, in the caller's transaction. Marking twice costs a second decision, nothing else.
    """
    if statement := marking(rows=rows, at=at):
        run_together(statement)


def marking(*, rows: Iterable[tuple[int, int | None, str]], at: datetime) -> Statement | None:
    """The statement of `mark_vehicles`, to be run with others; None where there is nothing to mark."""
    distinct = sorted(set(rows), key=lambda row: (row[0], row[1] or 0, row[2]))
    if not distinct:
        return None
    batches, vehicles, domains = zip(*distinct, strict=True)
    return _MARK, [at, number_array(batches), number_array(vehicles), text_array(domains)]


_MARK: Final = (
    "insert into inspections_mark (batch_id, vehicle_id, domain, at)"
    " select *, %s::timestamptz from unnest(%s::bigint[], %s::bigint[], %s::text[])"
)
