"""Writes inspections and their measurements as sets: one statement each, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from django.db import connection

from ..marks.arrays import quoted
from ..marks.trips import run_together
from .choices import Purpose
from .fields import NO_CLAIM, NO_NUMBER
from .judging import JudgedInspection
from .posted import CLAIMS, PostedInspection
from .readings import stored_value
from .ready import KnownProcedure
from .subjects import Subject

_PURPOSES: Final = {purpose.label: f"{purpose.value}" for purpose in Purpose} | {None: f"{Purpose.INITIAL.value}"}
_CLAIMED: Final = {claim: "NULL" if outcome is None else f"{outcome:d}" for claim, outcome in CLAIMS.items()}


class Candidate(msgspec.Struct, gc=False):
    """An inspection on its way into the tables. `place` is its place in what was handed in."""

    place: int
    posted: PostedInspection
    digest: bytes
    procedure: KnownProcedure
    subject: Subject
    judged: JudgedInspection
    inspection_id: int = 0


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
)
_TYPED: Final = ", ".join(f"%s::{kind}[]" for _, kind in _COLUMNS)
_INSERT: Final = f"""
insert into inspections_inspection ({", ".join(name for name, _ in _COLUMNS)}, rig_id, recorded_at, person_id, source)
select *, %s::integer, %s::timestamptz, %s::integer, %s::jsonb from unnest({_TYPED})
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
FEW: Final = 5
"""So many inspections are written with their measurements in one statement; of more, COPY makes up for its trips."""


def insert_inspections(
    candidates: Sequence[Candidate],
    *,
    rig_id: int,
    at: datetime,
    person_id: int | None,
    source: Mapping[str, Any] | None,
) -> list[Candidate]:
    """Insert in the order of their ids, with their measurements, and give each its key. Returns what was inserted.

    An id that another transaction took meanwhile is left out: that one stands.
    """
    ordered = sorted(candidates, key=lambda candidate: candidate.posted.id)
    # Arrays written here as PostgreSQL reads them: a fifth of the time that the driver takes for as many lists.
    columns = _arrays(map(_row, ordered))
    shown = None if source is None else msgspec.json.encode(source).decode()
    values = [rig_id, at, person_id, shown, *columns]
    measured = _arrays(row for candidate in ordered for row in _measured_rows(candidate)) if len(ordered) <= FEW else []
    (rows,) = run_together((_INSERT_ALL, [*values, *measured]) if measured else (_INSERT, values))
    keys: dict[str, int] = dict(rows)
    inserted = [candidate for candidate in ordered if candidate.posted.id in keys]
    for candidate in inserted:
        candidate.inspection_id = keys[candidate.posted.id]
    if not measured:
        _copy_measurements(inserted)
    return inserted


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
        f"{judged.verdict.outcome:d}",
        f"{judged.verdict.reason:d}",
        _CLAIMED[posted.verdict],
        quoted(posted.operator),
        quoted(posted.nonconformance),
        quoted(msgspec.json.encode(posted.software).decode()) if posted.software else "NULL",
    )


_COPY: Final = (
    "copy inspections_measurement (inspection_id, ordinal, outcome, reason, claimed, characteristic_id,"
    " requirement_id, value, position, unit, raw, name) from stdin"
)


def _copy_measurements(candidates: Iterable[Candidate]) -> None:
    """Write the measurements of inserted inspections straight into their table (PostgreSQL COPY, text format)."""
    lines = "".join(
        [
            f"{candidate.inspection_id}\t{ordinal}\t{said.line}"
            for candidate in candidates
            for ordinal, said in enumerate(candidate.judged.said)
        ]
    )
    if not lines:
        return
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write(lines)


def _measured_rows(candidate: Candidate) -> Iterator[tuple[str, ...]]:
    """The measurements as elements of array literals, behind the id of their inspection."""
    external_id = quoted(candidate.posted.id)
    for ordinal, (item, row) in enumerate(zip(candidate.posted.measurements, candidate.judged.rows, strict=True)):
        found = candidate.procedure.characteristics.get(item.characteristic)
        number, raw = stored_value(item.value, None if found is None else found.kind)
        yield (
            external_id,
            f"{ordinal}",
            f"{row.verdict.outcome:d}",
            f"{row.verdict.reason:d}",
            f"{NO_CLAIM if item.verdict is None else CLAIMS[item.verdict]:d}",
            "NULL" if row.characteristic_id is None else f"{row.characteristic_id}",
            "NULL" if row.requirement_id is None else f"{row.requirement_id}",
            number or NO_NUMBER,
            quoted(row.position),
            quoted(item.unit or ""),
            quoted('""' if raw == "" else raw or ""),
            '""' if found else quoted(item.characteristic),
        )
