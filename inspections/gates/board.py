"""Nonconformances from flag to closed: where each stands, how many stand there, and what caused them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from ..dispositions.answering import open_fails_of
from ..dispositions.queries import NARROWED, Narrowed
from .reading import read_named


class Column(StrEnum):
    """Where a nonconformance stands on its way."""

    UNOWNED = "unowned"
    OWNED = "owned"
    ANSWERED = "answered"
    """Every fail of it is answered; a later pass is awaited."""
    CONCEDED = "conceded"
    """Closed, while a gate relies on a concession for its car, which has not left yet."""
    CLOSED = "closed"


ENDED: Final = (Column.CONCEDED, Column.CLOSED)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One nonconformance on the board. `also`: how many more cars of the batch have the same one open; `disposition`
    the kind of the last answer; `sequence` and `vin` are 0 and "" for one of the batch itself."""

    column: Column
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
    cause: str
    opened_at: datetime
    closed_at: datetime | None
    disposition: str
    also: int


@dataclass(frozen=True, slots=True)
class Board:
    """`rows` by column, as many as were asked for; `counts` of all."""

    rows: Mapping[Column, Sequence[BoardRow]] = field(default_factory=dict)
    counts: Mapping[Column, int] = field(default_factory=dict)


_SELECTED: Final = """
    select n.*, b.number as batch, c.special = 'CC' as critical from inspections_nonconformance n
    join inspections_batch b on b.id = n.batch_id
    left join inspections_characteristic c on c.id = n.characteristic_id
    where {narrowed}
"""
_NARROWED: Final = _SELECTED.format(narrowed=NARROWED)
# The closing of a conceded one is its answer for now: with the end of the concession another one opens.
_PLACED: Final = """
with conceded as (
    select distinct w.nonconformance_id as id from inspections_concededvehicle w
    join inspections_vehiclegate g on g.vehicle_id = w.vehicle_id and w.concession_id = any(g.conceded)
    join inspections_vehicle v on v.id = w.vehicle_id and v.status <> 'delivered'
    where g.valid_until is null or g.valid_until > %(at)s
), placed as (
    select n.*, case when n.state = 'closed' then case when k.id is null then 'closed' else 'conceded' end
            when n.id = any(%(answered)s) then 'answered'
            when n.owner_id is null then 'unowned' else 'owned' end as place
    from ({narrowed}) n left join conceded k on k.id = n.id
    where n.state = 'open' or n.closed_at >= %(since)s or k.id is not null
)
"""
_SHOWN: Final = """
select n.place, n.id, n.number, n.batch, coalesce(v.sequence, 0), coalesce(v.vin, ''), n.vehicle_id, n.domain, n.code,
    n.characteristic_id, coalesce(n.critical, false), n.owner, n.cause_class, n.opened_at, n.closed_at,
    coalesce((select d.kind from inspections_disposition d where d.nonconformance_id = n.id order by d.id desc limit 1),
        ''),
    (select count(*) from inspections_nonconformance o where o.batch_id = n.batch_id and o.state = 'open'
        and o.domain = n.domain and o.code = n.code and o.characteristic_id is not distinct from n.characteristic_id
        and o.vehicle_id is distinct from n.vehicle_id)
"""
_BOARD: Final = """
{placed}, ranked as (
    select p.*, count(*) over (partition by p.place) as many, row_number() over (partition by p.place order by
        case when p.state = 'closed' then p.closed_at end desc, case when p.state = 'closed' then p.id end desc,
        not coalesce(p.critical, false), p.opened_at, p.id) as rank
    from placed p
) {shown}, n.many from ranked n left join inspections_vehicle v on v.id = n.vehicle_id
where n.rank <= %(most)s order by n.place, n.rank
"""
# In a column the oldest wait longest; of what is over the last comes first.
_COLUMN: Final = """
{placed} {shown} from placed n left join inspections_vehicle v on v.id = n.vehicle_id where n.place = %(column)s
    and (%(from)s::timestamptz is null or case when n.state = 'closed' then (n.closed_at, n.id) < (%(from)s, %(id)s)
        else (not coalesce(n.critical, false), n.opened_at, n.id) > (%(ordinary)s, %(from)s, %(id)s) end)
order by case when n.state = 'closed' then n.closed_at end desc, case when n.state = 'closed' then n.id end desc,
    not coalesce(n.critical, false), n.opened_at, n.id limit %(most)s
"""
_CAUSES: Final = """
select n.cause_class, count(*) from ({narrowed} and n.opened_at >= %(since)s and n.opened_at <= %(at)s) n group by 1
"""


def board(*, asked: Narrowed, at: datetime, since: datetime, most: int) -> Board:
    """Every column with up to `most` of its nonconformances and the number of all; what closed before `since` is left
    out. Three statements."""
    found = read_named(_in_full(_BOARD), most=most, **_parameters(asked, at, since))
    rows: dict[Column, list[BoardRow]] = {column: [] for column in Column}
    counts = dict.fromkeys(Column, 0)
    for *row, many in found:
        column = Column(row[0])
        rows[column].append(BoardRow(column, *row[1:]))
        counts[column] = many
    return Board(rows, counts)


def board_column(
    *,
    column: Column,
    asked: Narrowed,
    at: datetime,
    since: datetime,
    after: tuple[datetime, int, int] | None = None,
    most: int = 100,
) -> list[BoardRow]:
    """One column, from behind the place of the last one shown: its moment (opened, or closed), 1 for not critical, its
    id. Three statements."""
    moment, ordinary, number = after or (None, 0, 0)
    found = read_named(
        _in_full(_COLUMN),
        column=column.value,
        most=most,
        ordinary=bool(ordinary),
        id=number,
        **{"from": moment},
        **_parameters(asked, at, since),
    )
    return [BoardRow(Column(row[0]), *row[1:]) for row in found]


def causes_between(*, asked: Narrowed, since: datetime, at: datetime) -> dict[str, int]:
    """How many nonconformances were opened from a moment on, by class of cause; "" where none is recorded yet. One
    statement."""
    found = read_named(_CAUSES.format(narrowed=_NARROWED), at=at, since=since, **asdict(asked))
    return dict(found)


def _in_full(sql: str) -> str:
    return sql.format(placed=_PLACED.format(narrowed=_NARROWED), shown=_SHOWN)


def _parameters(asked: Narrowed, at: datetime, since: datetime) -> dict[str, Any]:
    return {"at": at, "since": since, "answered": _answered(), **asdict(asked)}


def _answered() -> list[int]:
    """The open ones of which every fail is answered: to be found among those that have an answer at all."""
    rows = read_named(
        "select distinct n.id from inspections_nonconformance n"
        " join inspections_disposition d on d.nonconformance_id = n.id where n.state = 'open'"
    )
    fails = open_fails_of(ids=[row[0] for row in rows])
    return [number for number, found in fails.items() if not found]


def owners_of_open() -> list[str]:
    """Who owns something that is open. One statement."""
    rows = read_named(
        "select distinct owner from inspections_nonconformance where state = 'open' and owner <> ''"
        " order by 1 limit 200"
    )
    return [row[0] for row in rows]
