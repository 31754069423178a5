"""Marks: what is undecided. Whoever changes what matters inserts them in the same transaction (law 7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from django.db import connection

from .arrays import number_array, text_array
from .locks import Lock, share
from .trips import Statement, run_together


def mark_vehicles(*, rows: Iterable[tuple[int, int | None, str]], at: datetime) -> None:
    """Insert one mark for each distinct (batch id, vehicle id or None for the batch's own facts, domain or "" for all).

    One statement, plain inserts, in the caller's transaction. Marking twice costs a second decision, nothing else.
    """
    if statement := marking(rows=rows, at=at):
        run_together(statement)


def marking(*, rows: Iterable[tuple[int, int | None, str]], at: datetime) -> Statement | None:
    """The statement of `mark_vehicles`, to be run with others; None where there is nothing to mark."""
    alike: dict[tuple[int, str], list[int | None]] = {}
    for batch_id, vehicle_id, domain in set(rows):
        alike.setdefault((batch_id, domain), []).append(vehicle_id)
    if not alike:
        return None
    places = sorted(alike)
    vehicles = [number_array(sorted(alike[place], key=lambda number: number or 0)) for place in places]
    batches, domains = zip(*places, strict=True)
    return _MARK, [at, number_array(batches), text_array(domains), text_array(vehicles)]


def mark_in_plant(*, domains: Collection[str], at: datetime) -> None:
    """Mark these domains ("" for all) of every batch with a vehicle that has not left, and of all its vehicles: those
    that a recount looks at. Registrations wait until the caller's transaction ends, so that none is missed."""
    share(Lock.REGISTRATION, [1])
    with connection.cursor() as cursor:
        cursor.execute(_MARK_IN_PLANT, {"domains": sorted(set(domains)), "at": at})


_MARK_IN_PLANT: Final = """
insert into inspections_mark (batch_id, vehicle_id, domain, at)
with here as (select distinct batch_id from inspections_vehicle where status in ('in_process', 'released'))
select subject.batch_id, subject.vehicle_id, domain, %(at)s::timestamptz from (
    select batch_id, null::bigint as vehicle_id from here
    union all select v.batch_id, v.id from here join inspections_vehicle v on v.batch_id = here.batch_id) subject
cross join unnest(%(domains)s::text[]) as domain
"""

# Of thousands of vehicles nearly all are in one batch and of one domain, which are then said once.
_MARK: Final = (
    "insert into inspections_mark (batch_id, vehicle_id, domain, at)"
    " select alike.batch_id, vehicle_id, alike.domain, %s::timestamptz"
    " from unnest(%s::bigint[], %s::text[], %s::text[]) as alike(batch_id, domain, vehicles)"
    " cross join unnest(alike.vehicles::bigint[]) as vehicle_id"
)
