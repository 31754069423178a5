"""One measurement as a line of COPY in text format."""

from __future__ import annotations

from typing import Final

from ..evaluation.inspecting import Judged
from .fields import NO_CLAIM, NO_NUMBER
from .posted import CLAIMS, PostedMeasurement
from .readings import stored_value

_NULL: Final = "\\N"
_CLAIMED: Final = {claim: f"{NO_CLAIM if outcome is None else outcome:d}" for claim, outcome in CLAIMS.items()}


def copy_line(item: PostedMeasurement, row: Judged, kind: str | None) -> str:
    """What follows inspection and ordinal. `kind` is the characteristic's, None for one that nobody knows."""
    number, raw = stored_value(item.value, kind)
    return (
        f"{row.verdict.outcome:d}\t{row.verdict.reason:d}\t{_CLAIMED[item.verdict]}\t"
        f"{row.characteristic_id or _NULL}\t{row.requirement_id or _NULL}\t{number or NO_NUMBER}\t"
        f"{_text(row.position)}\t{_text(item.unit)}\t{_raw(raw)}\t{'' if kind else _text(item.characteristic)}\n"
    )


def _raw(value: str | None) -> str:
    return '""' if value == "" else _text(value)


def _text(value: str | None) -> str:
    """A text as COPY reads it. Controls, and so tabs and line ends, were refused when it was posted."""
    if not value:
        return ""
    return value.replace("\\", "\\\\") if "\\" in value else value
