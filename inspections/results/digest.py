"""The SHA-256 of what an inspection says: the same test sent again, however it is spelled, has the same one. Pure."""

from __future__ import annotations

from datetime import UTC
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from hashlib import sha256
from typing import Any, Final

import msgspec

from ..evaluation.quantities import parse_number
from .posted import FamiliarMeasurement, PostedInspection, PostedMeasurement, is_short_number

_WIDE: Final = Context(prec=400, Emax=MAX_EMAX, Emin=MIN_EMIN)
_encode: Final = msgspec.json.Encoder().encode


def content_digest(posted: PostedInspection) -> bytes:
    """32 bytes: SHA-256 over times in UTC, decimals normalised, nulls dropped, software and measurements sorted.

    A number and a text that spells the same decimal are the same. Null and absent are the same. The order of keys,
    software and measurements says nothing.
    """
    subject: tuple[str, ...] = ("vin", posted.vin or "")
    if posted.component is not None:
        subject = ("component", posted.component.kind, posted.component.serial)
    elif posted.material is not None:
        subject = ("material", posted.material.kind, posted.material.lot)
    started, finished, software = posted.started_at, posted.finished_at, posted.software
    content = (
        posted.id,
        subject,
        posted.procedure,
        started if started.tzinfo is UTC else started.astimezone(UTC),
        finished if finished.tzinfo is UTC else finished.astimezone(UTC),
        posted.purpose,
        posted.nonconformance,
        posted.operator,
        sorted([(item.system, item.version) for item in software]) if software else (),
        posted.verdict,
        sorted(
            [item.digested if type(item) is FamiliarMeasurement else digested(item) for item in posted.measurements]
        ),
    )
    return sha256(_encode(content)).digest()


def digested(item: PostedMeasurement) -> tuple[str, ...]:
    """What a measurement adds to the digest."""
    return (
        item.characteristic,
        item.position or "",
        normal_value(item.value),
        "" if item.unit is None else f"={item.unit}",
        item.verdict or "",
    )


def normal_value(value: Any) -> str:
    """A value as text in which equal decimals are equal, and nothing else is: marked by its kind."""
    if value is None:
        return ""
    if value is True or value is False:
        return "!true" if value else "!false"
    if is_short_number(value):
        # JSON's own grammar: all but the zeros at its end is as short as can be.
        text = value.rstrip("0").rstrip(".") if "." in value else str.__str__(value)
        return f"#{text}" if text != "-0" else "#0"
    number = parse_number(value)
    return f"#{_normal(number)}" if isinstance(number, Decimal) else f"={value}"


def _normal(number: Decimal) -> str:
    return f"{_WIDE.normalize(number):f}" if number else "0"
