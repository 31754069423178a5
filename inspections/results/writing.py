"""Writes inspections and their measurements as sets: a few in one statement, many with COPY."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Final

import msgspec
from django.db import IntegrityError, connection, transaction
from psycopg.errors import UniqueViolation

from ..marks.acts import StartOver, can_start_over
from ..marks.arrays import quoted
from ..marks.trips import run_together
from .candidates import Candidate
from .choices import Purpose
from .copying import CLAIMED, INSPECTION_COLUMNS, MEASUREMENT_COLUMNS, NUMERALS, Shared, copy_lines, copy_rows
from .fields import NO_NUMBER
from .posted import CLAIMS
from .readings import stored_value

if TYPE_CHECKING:
    from psycopg import Copy

_PURPOSES: Final = {purpose.label: f"{purpose.value}" for purpose in Purpose} | {None: f"{Purpose.INITIAL.value}"}
_CLAIMED: Final = {claim: "NULL" if outcome is None else f"{outcome:d}" for claim, outcome in CLAIMS.items()}


_COLUMNS: Final = (
    ("external_id", "text"),
    ("digest", "bytea"),
    ("vehicle_id", "bigint"),
    ("component_id", "bigint"),
    ("lot_id", "bigint"),
    ("batch_id", "bigint"),
    ("procedure_id", "bigint"),
    ("revision_id", "bigint"),
    ("started_at", "timestamptz"),
    ("finished_at", "timestamptz"),
    ("purpose", "smallint"),
    ("verdict", "smallint"),
    ("verdict_reason", "smallint"),
    ("claimed", "smallint"),
    ("operator", "text"),
    ("nonconformance", "text"),
    ("software", "jsonb"),
    ("source", "jsonb"),
)
_TYPED: Final = ", ".join(f"%s::{kind}[]" for _, kind in _COLUMNS)
_INSERT: Final = f"""
insert into inspections_inspection ({", ".join(name for name, _ in _COLUMNS)}, rig_id, recorded_at, person_id)
select *, %s::integer, %s::timestamptz, %s::integer from unnest({_TYPED})
on conflict (rig_id, external_id) do nothing returning external_id, id
"""  # noqa: S608 made of the names above alone
_MEASURED: Final = (
    ("ordinal", "smallint"),
    ("outcome", "smallint"),
    ("reason", "smallint"),
    ("claimed", "smallint"),
    ("characteristic_id", "integer"),
    ("requirement_id", "integer"),
    ("value", "numeric"),
    ("position", "text"),
    ("unit", "text"),
    ("raw", "text"),
    ("name", "text"),
)
_NAMES: Final = ", ".join(f'"{name}"' for name, _ in _MEASURED)
_LISTS: Final = ", ".join(f"%s::{kind}[]" for _, kind in _MEASURED)
_INSERT_ALL: Final = f"""
with inspected as ({_INSERT}), measured as (
    insert into inspections_measurement (inspection_id, {_NAMES})
    select inspected.id, {_NAMES} from inspected
    join unnest(%s::text[], {_LISTS}) as named(of_id, {_NAMES}) on named.of_id = inspected.external_id
)
select external_id, id from inspected
"""  # noqa: S608 made of the names above alone
_COPY_INSPECTIONS: Final = (
    f"copy inspections_inspection ({INSPECTION_COLUMNS}) from stdin (format csv, escape '\\', null 'null')"
)
_COPY_MEASUREMENTS: Final = f"copy inspections_measurement ({MEASUREMENT_COLUMNS}) from stdin"
_TAKE_KEYS: Final = "select string_agg(nextval('inspections_inspection_id_seq')::text, ' ') from generate_series(1, %s)"
FEW: Final = 5
"""So many inspections are written with their measurements in one statement; of more, COPY makes up for its trips."""
_PIECE: Final = 100


def insert_inspections(
    candidates: Iterator[Candidate],
    *,
    count: int,
    rig_id: int,
    at: datetime,
    person_id: int | None,
    meanwhile: Callable[[Sequence[Candidate]], None],
) -> Sequence[Candidate]:
    """Insert the `count` inspections, which come in the order of their ids, with their measurements, and give each its
    key. Returns what was inserted.

    An id that another transaction took meanwhile is left out: that one stands. `meanwhile` is called, where many are
    inserted, with what is returned if all of it stands, while PostgreSQL stores it; it must not ask the database.
    """
    ordered: list[Candidate] = []
    shared = rig_id, at, person_id
    if count > FEW and _copy(candidates, count, shared, ordered, meanwhile):
        return ordered
    ordered.extend(candidates)
    # Arrays written here as PostgreSQL reads them: a fifth of the time that the driver takes for as many lists.
    columns = _arrays(map(_row, ordered))
    measured = _arrays(row for candidate in ordered for row in _measured_rows(candidate))
    values = [*shared, *columns]
    (rows,) = run_together((_INSERT_ALL, [*values, *measured]) if measured else (_INSERT, values))
    keys: dict[str, int] = dict(rows)
    inserted = [candidate for candidate in ordered if candidate.posted.id in keys]
    for candidate in inserted:
        candidate.inspection_id = keys[candidate.posted.id]
    return inserted


def _copy(
    candidates: Iterator[Candidate],
    count: int,
    shared: Shared,
    taken: list[Candidate],
    meanwhile: Callable[[Sequence[Candidate]], None],
) -> bool:
    """Write the `count` inspections in the order in which they come, with their measurements, and give each its key.

    `taken` is filled with them as they come. COPY knows no `on conflict`: where another transaction took one of their
    ids meanwhile, the act begins anew and finds it on the record; one that cannot begin anew has a savepoint and gets
    False: nothing is written then, and the caller has to write them in a way that does.
    """
    keys = _take_keys(count)
    repeatable = can_start_over()
    try:
        with nullcontext() if repeatable else transaction.atomic():
            with _copying(_COPY_MEASUREMENTS) as copy:
                # PostgreSQL stores one piece while the next is judged, which is what the iterator does.
                while piece := list(islice(candidates, _PIECE)):
                    for candidate in piece:
                        candidate.inspection_id = next(keys)
                    copy.write(copy_lines(piece))
                    taken += piece
                rows = copy_rows(taken, shared)
            with _copying(_COPY_INSPECTIONS) as copy:
                copy.write(rows)
                meanwhile(taken)
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        if repeatable:
            raise StartOver("an id was taken while its inspection was being written") from error
        return False
    return True


def _take_keys(count: int) -> Iterator[int]:
    (((keys,),),) = run_together((_TAKE_KEYS, [count]))
    return map(int, keys.split())


@contextmanager
def _copying(statement: str) -> Iterator[Copy]:
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        yield copy


def _arrays(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Columns as array literals."""
    return [f"{{{','.join(column)}}}" for column in zip(*rows, strict=True)]


def _row(candidate: Candidate) -> tuple[str, ...]:
    posted, subject, judged = candidate.posted, candidate.subject, candidate.judged
    return (
        quoted(posted.id),
        f'"\\\\x{candidate.digest.hex()}"',
        f"{subject.id}" if subject.kind == "vehicle" else "NULL",
        f"{subject.id}" if subject.kind == "component" else "NULL",
        f"{subject.id}" if subject.kind == "lot" else "NULL",
        "NULL" if subject.batch is None else f"{subject.batch.id}",
        f"{candidate.procedure.id}",
        "NULL" if judged.revision_id is None else f"{judged.revision_id}",
        f'"{posted.started_at.isoformat()}"',
        f'"{posted.finished_at.isoformat()}"',
        _PURPOSES[posted.purpose],
        NUMERALS[judged.verdict.outcome],
        NUMERALS[judged.verdict.reason],
        _CLAIMED[posted.verdict],
        quoted(posted.operator),
        quoted(posted.nonconformance),
        quoted(msgspec.json.encode(posted.software).decode()) if posted.software else "NULL",
        "NULL" if candidate.source is None else quoted(candidate.source),
    )


def _measured_rows(candidate: Candidate) -> Iterator[tuple[str, ...]]:
    """The measurements as elements of array literals, behind the id of their inspection."""
    external_id = quoted(candidate.posted.id)
    for ordinal, (item, row) in enumerate(zip(candidate.posted.measurements, candidate.judged.rows, strict=True)):
        found = candidate.procedure.characteristics.get(item.characteristic)
        number, raw = stored_value(item.value, None if found is None else found.kind)
        yield (
            external_id,
            f"{ordinal}",
            NUMERALS[row.verdict.outcome],
            NUMERALS[row.verdict.reason],
            CLAIMED[item.verdict],
            "NULL" if row.characteristic_id is None else f"{row.characteristic_id}",
            "NULL" if row.requirement_id is None else f"{row.requirement_id}",
            number or NO_NUMBER,
            quoted(row.position),
            quoted(item.unit or ""),
            quoted('""' if raw == "" else raw or ""),
            '""' if found else quoted(item.characteristic),
        )
