"""Writes inspections and their measurements as sets: one statement each, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from django.db import connection

from .choices import Purpose
from .judging import CLAIMS, JudgedInspection, KnownProcedure
from .posted import PostedInspection
from .readings import stored_value
from .subjects import Subject

_PURPOSES: Final = {purpose.label: purpose.value for purpose in Purpose} | {None: Purpose.INITIAL.value}
_ESCAPED: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass(slots=True)
class Candidate:
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
_INSERT: Final = f"""
insert into inspections_inspection ({", ".join(name for name, _ in _COLUMNS)}, rig_id, recorded_at, person_id, source)
select *, %s, %s, %s, %s from unnest({", ".join(f"%s::{kind}[]" for _, kind in _COLUMNS)})
on conflict (rig_id, external_id) do nothing returning external_id, id
"""  # noqa: S608 made of the names above alone


def insert_inspections(
    candidates: Sequence[Candidate],
    *,
    rig_id: int,
    at: datetime,
    person_id: int | None,
    source: Mapping[str, Any] | None,
) -> list[Candidate]:
    """Insert in the order of their ids and give each its key. Returns those that were inserted.

    An id that another transaction took meanwhile is left out: that one stands.
    """
    ordered = sorted(candidates, key=lambda candidate: candidate.posted.id)
    columns = list(zip(*map(_row, ordered), strict=True))
    shown = None if source is None else msgspec.json.encode(source).decode()
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [rig_id, at, person_id, shown, *(list(column) for column in columns)])
        keys = dict(cursor.fetchall())
    inserted = [candidate for candidate in ordered if candidate.posted.id in keys]
    for candidate in inserted:
        candidate.inspection_id = keys[candidate.posted.id]
    return inserted


def _row(candidate: Candidate) -> tuple[Any, ...]:
    posted, subject, judged = candidate.posted, candidate.subject, candidate.judged
    claimed = CLAIMS[posted.verdict]
    return (
        posted.id,
        candidate.digest,
        subject.id if subject.kind == "vehicle" else None,
        subject.id if subject.kind == "component" else None,
        subject.id if subject.kind == "lot" else None,
        None if subject.batch is None else subject.batch.id,
        candidate.procedure.id,
        judged.revision_id,
        posted.started_at,
        posted.finished_at,
        _PURPOSES[posted.purpose],
        int(judged.verdict.outcome),
        int(judged.verdict.reason),
        None if claimed is None else int(claimed),
        posted.operator,
        posted.nonconformance,
        msgspec.json.encode(posted.software).decode() if posted.software else None,
    )


_COPY: Final = (
    "copy inspections_measurement (inspection_id, ordinal, outcome, reason, claimed, characteristic_id,"
    " requirement_id, value, position, unit, raw, name) from stdin"
)


def copy_measurements(candidates: Iterable[Candidate]) -> None:
    """Write the measurements of inserted inspections straight into their table (PostgreSQL COPY, text format)."""
    lines = "".join(line for candidate in candidates for line in _lines(candidate))
    if not lines:
        return
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write(lines)


def _lines(candidate: Candidate) -> Iterable[str]:
    known = candidate.procedure.characteristics
    key = candidate.inspection_id
    for ordinal, (item, row) in enumerate(zip(candidate.posted.measurements, candidate.judged.rows, strict=True)):
        found = known.get(item.characteristic)
        number, raw = stored_value(item.value, None if found is None else found.kind)
        claimed = CLAIMS[item.verdict]
        outcome, reason = row.verdict.outcome, row.verdict.reason
        yield (
            f"{key}\t{ordinal}\t{outcome:d}\t{reason:d}\t{_number(claimed)}\t{_number(row.characteristic_id)}\t"
            f"{_number(row.requirement_id)}\t{_text(number)}\t{_text(row.position)}\t{_text(item.unit)}\t"
            f"{_text(raw)}\t{_text(None if found else item.characteristic)}\n"
        )


def _number(value: int | None) -> str:
    return "\\N" if value is None else f"{value:d}"


def _text(value: str | None) -> str:
    return "\\N" if value is None else value.translate(_ESCAPED)
