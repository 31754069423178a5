"""Inspections and measurements as COPY reads them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from ..evaluation.inspecting import Judged
from ..evaluation.reasons import JudgementReason, Outcome
from .choices import Purpose
from .fields import NO_CLAIM, NO_NUMBER
from .posted import CLAIMS, PostedMeasurement
from .readings import stored_value

if TYPE_CHECKING:
    from .candidates import Candidate

Shared: TypeAlias = tuple[int, datetime, int | None]
"""What all inspections written together have in common: the id of the rig, when they were recorded, the id of the
person."""
INSPECTION_COLUMNS: Final = (
    "id, rig_id, recorded_at, person_id, source, vehicle_id, component_id, lot_id, batch_id, procedure_id, revision_id,"
    " verdict, verdict_reason, purpose, claimed, started_at, finished_at, external_id, digest, operator,"
    " nonconformance, software"
)
MEASUREMENT_COLUMNS: Final = (
    "inspection_id, ordinal, outcome, reason, claimed, characteristic_id, requirement_id, value, position, unit, raw,"
    " name"
)

NUMERALS: Final = tuple(map(str, range(max(*Outcome, *JudgementReason) + 1)))
"""The numbers of outcomes and reasons as text: an IntEnum takes a microsecond to write itself."""

_VALUE_COLUMN: Final = MEASUREMENT_COLUMNS.split(", ").index("value") + 1
_NULL: Final = "\\N"
_PURPOSES: Final = {purpose.label: purpose.value for purpose in Purpose} | {None: Purpose.INITIAL.value}
_encode: Final = msgspec.json.Encoder().encode
_encode_lines: Final = msgspec.json.Encoder().encode_lines
CLAIMED: Final = {claim: f"{NO_CLAIM if outcome is None else outcome:d}" for claim, outcome in CLAIMS.items()}


def copy_line(item: PostedMeasurement, ordinal: int, row: Judged, kind: str | None) -> str:
    """A measurement as MEASUREMENT_COLUMNS in text format, but for the inspection's id before it.

    `kind` is the characteristic's, None for one that nobody knows.
    """
    number, raw = stored_value(item.value, kind)
    return (
        f"\t{ordinal}\t{NUMERALS[row.verdict.outcome]}\t{NUMERALS[row.verdict.reason]}\t{CLAIMED[item.verdict]}\t"
        f"{row.characteristic_id or _NULL}\t{row.requirement_id or _NULL}\t{number or NO_NUMBER}\t"
        f"{_text(row.position)}\t{_text(item.unit)}\t{_raw(raw)}\t{'' if kind else _text(item.characteristic)}\n"
    )


def around_number(line: str) -> tuple[str, str]:
    """What stands before and behind the number in what `copy_line` wrote."""
    *before, _, behind = line.split("\t", _VALUE_COLUMN)
    return "\t".join([*before, ""]), f"\t{behind}"


def _raw(value: str | None) -> str:
    return '""' if value == "" else _text(value)


def _text(value: str | None) -> str:
    """A text as COPY reads it. Controls, and so tabs and line ends, were refused when it was posted."""
    if not value:
        return ""
    return value.replace("\\", "\\\\") if "\\" in value else value


def copy_lines(candidates: Iterable[Candidate]) -> str:
    """The measurements of inspections that have their keys, in text format: before each line its inspection's id."""
    return "".join(
        [
            f"{candidate.inspection_id}".join(["", *[said.line for said in candidate.judged.said]])
            for candidate in candidates
        ]
    )


def copy_rows(candidates: Iterable[Candidate], shared: Shared) -> bytes:
    """Inspections as INSPECTION_COLUMNS in CSV where a backslash escapes and `null` is none.

    JSON's lists without their brackets are just that, and no line end stands in them: JSON has none in a text. JSON's
    encoder writes them in a third of the time that lines put together here would take.
    """
    return _encode_lines([_row(candidate, shared) for candidate in candidates])[1:-2].replace(b"]\n[", b"\n")


def _row(candidate: Candidate, shared: Shared) -> tuple[object, ...]:
    posted, subject, judged = candidate.posted, candidate.subject, candidate.judged
    kind, number = subject.kind, subject.id
    return (
        candidate.inspection_id,
        *shared,
        candidate.source,
        number if kind == "vehicle" else None,
        number if kind == "component" else None,
        number if kind == "lot" else None,
        None if subject.batch is None else subject.batch.id,
        candidate.procedure.id,
        judged.revision_id,
        judged.verdict.outcome,
        judged.verdict.reason,
        _PURPOSES[posted.purpose],
        CLAIMS[posted.verdict],
        posted.started_at,
        posted.finished_at,
        posted.id,
        f"\\x{candidate.digest.hex()}",
        posted.operator,
        posted.nonconformance,
        _encode(posted.software).decode() if posted.software else None,
    )
