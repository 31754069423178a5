"""Reads of what is contained and answered."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from ..evaluation.entries import LIFTING
from ..evaluation.reasons import Outcome
from ..records.models import LedgerEntry
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
    """Holds that persons placed one by one and nobody lifted, oldest first, with batch and vehicle. One query.

    Those of a hold list are told by their list (`listed.lists_that_hold`).
    """
    return list(
        Hold.objects.filter(source=HoldSource.PERSON, lifted_at__isnull=True, hold_list__isnull=True)
        .select_related("batch", "vehicle")
        .order_by("placed_at", "pk")[:most]
    )


def open_holds(*, batch_id: int, vehicle_id: int | None, most: int = 200) -> list[Hold]:
    """Holds in force on a batch itself (`vehicle_id` None), or on a vehicle and on its batch. One query."""
    rows = Hold.objects.filter(batch_id=batch_id, lifted_at__isnull=True, vehicle__isnull=True)
    if vehicle_id is not None:
        rows = rows | Hold.objects.filter(vehicle_id=vehicle_id, lifted_at__isnull=True)
    return list(rows.select_related("hold_list").order_by("placed_at", "pk")[:most])


def open_nonconformances_of_batch(*, batch_id: int) -> list[Nonconformance]:
    """Open nonconformances of the batch itself, not of its cars. One query."""
    rows = Nonconformance.objects.filter(batch_id=batch_id, vehicle__isnull=True, state=NonconformanceState.OPEN)
    return list(rows.order_by("opened_at", "pk")[:100])


@dataclass(frozen=True, slots=True)
class ListedNonconformance:
    """A nonconformance as lists show it. `sequence` and `vin` are those of its car; 0 and "" for the batch's own."""

    id: int
    number: str
    batch: str
    sequence: int
    vin: str
    vehicle_id: int | None
    gate: str
    code: str
    characteristic_id: int | None
    critical: bool
    owner: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What nonconformances are narrowed to; "" and None take all. `owner_id`: a person's own."""

    batch: str = ""
    gate: str = ""
    characteristic: str = ""
    owner: str = ""
    owner_id: int | None = None
    cause: str | None = None


NARROWED: Final = """(%(batch)s = '' or b.number = %(batch)s) and (%(gate)s = '' or n.domain = %(gate)s)
    and (%(characteristic)s = '' or c.code = %(characteristic)s) and (%(owner)s = '' or n.owner = %(owner)s)
    and (%(owner_id)s::bigint is null or n.owner_id = %(owner_id)s)
    and (%(cause)s::text is null or n.cause_class = %(cause)s)"""
"""`Narrowed` in SQL, of a nonconformance n, its batch b and its characteristic c."""

_LISTED: Final = """
select n.id, n.number, b.number, coalesce(v.sequence, 0), coalesce(v.vin, ''), n.vehicle_id, n.domain, n.code,
    n.characteristic_id, coalesce(c.special, '') = 'CC', n.owner, n.opened_at, n.closed_at
from inspections_nonconformance n join inspections_batch b on b.id = n.batch_id
left join inspections_vehicle v on v.id = n.vehicle_id
left join inspections_characteristic c on c.id = n.characteristic_id
"""
_OPEN: Final = (
    _LISTED
    + f"where n.state = 'open' and {NARROWED}"
    + " and (%(at)s::timestamptz is null or (coalesce(c.special, '') <> 'CC', n.opened_at, n.id)"
    " > (%(ordinary)s, %(at)s, %(id)s))"
    " order by coalesce(c.special, '') <> 'CC', n.opened_at, n.id limit %(most)s"
)
_CLOSED: Final = (
    _LISTED + f"where n.state = 'closed' and {NARROWED}"
    " and (%(at)s::timestamptz is null or (n.closed_at, n.id) < (%(at)s, %(id)s))"
    " order by n.closed_at desc, n.id desc limit %(most)s"
)


def nonconformances(
    *, closed: bool, only: Narrowed, after: tuple[datetime, int, int] | None = None, most: int = 100
) -> list[ListedNonconformance]:
    """Open ones: critical characteristics first, then the oldest. Closed ones: the last closed first. One statement.

    `after` is the place of the last one shown: its moment (opened, or closed), 1 for not critical, its id.
    """
    at, ordinary, number = after or (None, 0, 0)
    parameters = {"at": at, "ordinary": bool(ordinary), "id": number, "most": most, **asdict(only)}
    return [ListedNonconformance(*row) for row in _rows(_CLOSED if closed else _OPEN, **parameters)]


def count_open() -> tuple[int, int]:
    """How many nonconformances are open, and how many of them are of a critical characteristic. One statement."""
    rows = _rows(
        "select count(*), count(*) filter (where c.special = 'CC') from inspections_nonconformance n"
        " left join inspections_characteristic c on c.id = n.characteristic_id where n.state = 'open'"
    )
    return rows[0][0], rows[0][1]


def acts_on(*, nonconformance: Nonconformance, before: int | None = None, most: int) -> list[LedgerEntry]:
    """The ledger's entries that name a nonconformance, newest first, below the number `before`. One query."""
    vehicle = nonconformance.vehicle
    entries = LedgerEntry.objects.filter(
        subject_kind="batch" if vehicle is None else "vehicle",
        subject=nonconformance.batch.number if vehicle is None else vehicle.vin,
        after__nonconformance=nonconformance.number,
    )
    if before is not None:
        entries = entries.filter(id__lt=before)
    return list(entries.order_by("-id")[:most])


@dataclass(frozen=True, slots=True)
class OpenDisagreement:
    """Where a rig's verdict contradicts ours and nobody reviewed it. `ordinal` -1: the whole inspection."""

    ordinal: int
    characteristic_id: int | None
    position: str
    found: str
    claimed: Outcome
    judged: Outcome


# A verdict of ours is a fail if any revision that bound the subject made it one. A fail of ours that was answered was
# looked at with it, and needs no review.
_DISAGREEMENTS: Final = """
with said as (
    select m.ordinal, m.characteristic_id, m.position,
        coalesce(nullif(m.value, 'NaN')::text, nullif(m.raw, '""'), '')
            || coalesce(' ' || nullif(m.unit, ''), '') as found,
        nullif(m.claimed, -1) as claimed, m.outcome
    from inspections_measurement m where m.inspection_id = %(inspection)s
    union all
    select -1, null, '', '', i.claimed, i.verdict from inspections_inspection i where i.id = %(inspection)s
), judged as (
    select s.*, case when s.outcome = %(fail)s or exists(select from inspections_judgement j
            where j.inspection_id = %(inspection)s and j.ordinal = s.ordinal and j.outcome = %(fail)s)
        then %(fail)s else s.outcome end as ours
    from said s where s.claimed is not null
)
select j.ordinal, j.characteristic_id, j.position, j.found, j.claimed, j.ours from judged j
where ((j.claimed = %(pass)s and j.ours = %(fail)s) or (j.claimed = %(fail)s and j.ours <> %(fail)s))
    and not exists(select from inspections_disposition d where d.inspection_id = %(inspection)s
        and d.ordinal = j.ordinal and d.kind in ('ours_stands', 'treat_as_fail'))
    and (j.claimed <> %(pass)s or exists(select from inspections_measurement m
        where m.inspection_id = %(inspection)s and (m.ordinal = j.ordinal or (j.ordinal = -1 and m.outcome = %(fail)s))
            and not exists(select from inspections_disposition d where d.inspection_id = %(inspection)s
                and d.ordinal in (m.ordinal, -1) and d.kind = any(%(lifting)s))))
order by j.ordinal
"""


def disagreements_of(*, inspection_id: int) -> list[OpenDisagreement]:
    """What of an inspection waits for the review of an engineer, the whole inspection first. One statement."""
    rows = _rows(
        _DISAGREEMENTS,
        inspection=inspection_id,
        lifting=[kind.value for kind in LIFTING],
        **{"fail": int(Outcome.FAIL), "pass": int(Outcome.PASS)},
    )
    return [
        OpenDisagreement(ordinal, characteristic_id, position, found, Outcome(claimed), Outcome(judged))
        for ordinal, characteristic_id, position, found, claimed, judged in rows
    ]


def _rows(sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
