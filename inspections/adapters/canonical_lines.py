"""Inspections as lines of JSON, for readers that run as a process of their own. What is written is read again exactly.

Each line is one object with one key: `inspection`; `error` with the three parts of an AdapterError; `end` with how many
inspections there were. Decimals are {"decimal": "1.50"}, so that a text stays a text; times keep their offset.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from .canonical import (
    AdapterError,
    CanonicalInspection,
    CanonicalItem,
    Comparator,
    ItemClaim,
    ItemKind,
    Measured,
    ReportClaim,
)
from .strict_json import shown

_Word = TypeVar("_Word", bound=StrEnum)
_DECIMAL = "decimal"


class NotALine(Exception):
    """The line is none that this module writes; says why."""


def write_inspection(inspection: CanonicalInspection) -> str:
    """One line, without its end."""
    return json.dumps({"inspection": _written(inspection)}, ensure_ascii=False)


def write_error(error: AdapterError) -> str:
    return json.dumps({"error": [error.place, error.found, error.expected]}, ensure_ascii=False)


def write_end(count: int) -> str:
    return json.dumps({"end": count})


def read_line(line: str) -> CanonicalInspection | AdapterError | int:
    """What a line holds: an inspection, an error, or the count at the end. Raises NotALine."""
    try:
        document = json.loads(line)
        ((key, value),) = document.items()
        if key == "inspection":
            return _inspection(value)
        if key == "error":
            place, found, expected = (_text(part) for part in value)
            return AdapterError(place, found, expected)
        if key == "end" and isinstance(value, int) and not isinstance(value, bool):
            return value
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError, InvalidOperation) as error:
        raise NotALine(f"{type(error).__name__}: {shown(str(error))}") from error
    raise NotALine(f"a line of {shown(key)}")


def _written(value: Any) -> Any:
    """JSON of a value: tests and items as objects, other tuples as lists."""
    if isinstance(value, CanonicalInspection | CanonicalItem):
        return {name: _written(each) for name, each in value._asdict().items()}
    if isinstance(value, Decimal):
        return {_DECIMAL: str(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_written(each) for each in value]
    return value


def _inspection(found: Mapping[str, Any]) -> CanonicalInspection:
    names = CanonicalInspection._fields
    if set(found) != {*names}:
        raise ValueError(f"the fields {sorted(set(found) ^ {*names})}")
    texts = ("serial", "part_number", "process_code", "process_name", "station", "operator", "purpose", "not_a_test")
    return CanonicalInspection(
        external_id=_text(found["external_id"]),
        **{name: _maybe(_text, found[name]) for name in texts},
        started_at=_time(found["started_at"]),
        finished_at=_time(found["finished_at"]),
        claimed=ReportClaim(found["claimed"]),
        software=_pairs(found["software"]),
        items=tuple(_item(each) for each in _list(found["items"])),
        notes=tuple(_text(each) for each in _list(found["notes"])),
        headers=_pairs(found["headers"]),
    )


def _item(found: Mapping[str, Any]) -> CanonicalItem:
    names = CanonicalItem._fields
    if set(found) != {*names}:
        raise ValueError(f"the fields {sorted(set(found) ^ {*names})}")
    occurrence = found["occurrence"]
    if isinstance(occurrence, bool) or not isinstance(occurrence, int) or occurrence < 1:
        raise ValueError(f"the occurrence {shown(occurrence)}")
    item = CanonicalItem(
        item=_text(found["item"]),
        occurrence=occurrence,
        kind=ItemKind(found["kind"]),
        value=_value(found["value"]),
        unit=_maybe(_text, found["unit"]),
        comparator=_maybe(Comparator, found["comparator"]),
        lower=_maybe(_decimal, found["lower"]),
        upper=_maybe(_decimal, found["upper"]),
        lower_inclusive=_boolean(found["lower_inclusive"]),
        upper_inclusive=_boolean(found["upper_inclusive"]),
        expected=_value(found["expected"]),
        case_sensitive=_boolean(found["case_sensitive"]),
        claimed=ItemClaim(found["claimed"]),
        measured=Measured(found["measured"]),
        note=_text(found["note"]),
    )
    if item.measured is not Measured.MEASURED and item.value is not None:
        raise ValueError("a value that was not measured")
    return item


_Read = TypeVar("_Read")


def _maybe(read: Callable[[Any], _Read], value: Any) -> _Read | None:
    return None if value is None else read(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError(f"{shown(value)} in the place of a text")
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{shown(value)} in the place of true or false")
    return value


def _list(value: Any) -> Iterable[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{shown(value)} in the place of a list")
    return value


def _decimal(value: Any) -> Decimal:
    if not isinstance(value, Mapping) or set(value) != {_DECIMAL}:
        raise ValueError(f"{shown(value)} in the place of a decimal")
    number = Decimal(_text(value[_DECIMAL]))
    if not number.is_finite():
        raise ValueError(f"{shown(number)} in the place of a decimal")
    return number


def _value(value: Any) -> Decimal | str | bool | None:
    if value is None or isinstance(value, bool):
        return value
    return _text(value) if isinstance(value, str) else _decimal(value)


def _time(value: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.utcoffset() is None:
        raise ValueError(f"{shown(value)}, a time without an offset")
    return moment


def _pairs(value: Any) -> tuple[tuple[str, str], ...]:
    return tuple((_text(name), _text(text)) for name, text in _list(value))
