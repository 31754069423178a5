"""Catalogue entries and plan lines as plain frozen values, between the files and the tables. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ..evaluation.facts import Expression, Kind, Level


@dataclass(frozen=True, slots=True)
class CharacteristicFacts:
    """A characteristic as the catalogue has it: what a plan line must agree with, and takes over where it is silent."""

    code: str
    procedure: str
    kind: Kind
    unit: str = ""
    special: str = ""
    positions: tuple[str, ...] = ()
    condition: str = ""
    standard: str = ""
    edition: str = ""
    clause: str = ""
    confidence: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the catalogue holds already. `asked`: characteristic to position to the frozen revision that asks for it."""

    models: frozenset[str] = frozenset()
    configurations: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Code to (model, market)."""
    component_kinds: frozenset[str] = frozenset()
    procedures: Mapping[str, str] = field(default_factory=dict)
    """Code to domain."""
    characteristics: Mapping[str, CharacteristicFacts] = field(default_factory=dict)
    asked: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One requirement with every default written out. Limits and uncertainty are in `unit`; `members` are line numbers.

    `effective_from` is the first day in force, `effective_to` the first day no longer, in the plant's time zone."""

    number: int
    characteristic: str
    level: Level
    expression: Expression
    positions: tuple[str, ...] = ()
    lower: Decimal | None = None
    upper: Decimal | None = None
    lower_inclusive: bool = True
    upper_inclusive: bool = True
    values: tuple[str, ...] = ()
    case_sensitive: bool = True
    members: tuple[int, ...] = ()
    unit: str = ""
    uncertainty: Decimal | None = None
    special: str = ""
    legal: bool = False
    repeats: int = 0
    market: str = ""
    effective_from: date | None = None
    effective_to: date | None = None
    standard: str = ""
    edition: str = ""
    clause: str = ""
    confidence: str = ""
    note: str = ""
    basis: str = ""
    period: str = ""
    sample_size: int | None = None
    acceptance: int = 0


_NAMES: Final = tuple(entry.name for entry in fields(Line))


def digest(lines: Iterable[Line]) -> str:
    """SHA-256, in hex, of the lines in canonical form: what an approver signs."""
    rows = [{name: _plain(getattr(line, name)) for name in _NAMES} for line in lines]
    text = json.dumps(rows, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        # The database keeps no sign of zero.
        return f"{value if value else abs(value):f}"
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
