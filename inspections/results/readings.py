"""How a value is kept and read back: exactly as it was written, so that it can be judged again. Pure."""

from __future__ import annotations

import json
from decimal import Context, Decimal
from typing import Final

from ..evaluation.facts import Kind, Reading
from ..evaluation.quantities import MAX_DIGITS, parse_number
from .posted import PostedMeasurement, WrittenNumber, is_short_number

_EXACT: Final = Context(prec=200)
_BOOLEANS: Final = {True: "true", False: "false"}


def reading_of(posted: PostedMeasurement) -> Reading:
    """What the judge is told of a posted value."""
    value = posted.value
    return Reading(value, posted.unit or "", posted.position or "", type(value) is WrittenNumber)


def stored_value(value: str | bool | None, kind: str | None) -> tuple[str | None, str | None]:
    """A value as (number, raw): a number that the judge takes in the first, whatever is none in the second.

    A text that spells a number is a number too, except for an identity, which is compared as stated, and for a
    characteristic that nobody knows. A text that could be taken for a boolean is kept in quotes.
    """
    if value is None:
        return None, None
    if isinstance(value, bool):
        return None, _BOOLEANS[value]
    if is_short_number(value):
        return value, None
    if (type(value) is WrittenNumber or kind in (Kind.VARIABLE, Kind.COUNT)) and isinstance(
        parse_number(value), Decimal
    ):
        return value, None
    if value.startswith('"') or value in ("true", "false"):
        return None, json.dumps(value, ensure_ascii=False)
    return None, value


def stored_reading(number: Decimal | None, raw: str | None, unit: str | None, position: str) -> Reading:
    """What was kept by `stored_value`, as the judge was told it."""
    value: str | bool | None = raw
    if number is not None:
        value = number_text(number)
    elif raw in ("true", "false"):
        value = raw == "true"
    elif raw is not None and raw.startswith('"'):
        value = str(json.loads(raw))
    return Reading(value, unit or "", position, number is not None)


def number_text(number: Decimal) -> str:
    """A stored number as text. The database writes 1e30 with its zeros: more digits than the sender wrote."""
    if len(number.as_tuple().digits) > MAX_DIGITS:
        number = _EXACT.normalize(number)
    return str(number)
