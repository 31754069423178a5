"""What a failed gate holds and opens: its causes, said in words for the record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ..batches.models import Batch
from ..dispositions.rules import Cause
from ..dispositions.services import reconcile_flags
from ..evaluation.facts import GateDecision, Reason
from ..evaluation.reasons import FAILED_CODES, ReasonCode, State
from .comparing import Decided, Stored
from .limit_wording import unit_symbol
from .writing import DECIDER, reason_record


def flag_failures(
    batch: Batch,
    rows: list[Decided],
    stored: Mapping[tuple[int, str], Stored],
    own: Mapping[str, GateDecision],
    names: Mapping[int, str],
    at: datetime,
) -> None:
    causes: dict[tuple[int | None, str], list[Cause]] = {}
    vins = {}
    for row in rows:
        was = stored[row.vehicle.id, row.domain]
        if State.FAILED in (was.state, row.decision.state):
            causes[row.vehicle.id, row.domain] = _causes(row.decision, names)
            vins[row.vehicle.id] = row.vehicle.vin
    for domain, decision in own.items():
        causes[None, domain] = _causes(decision, names)
    reconcile_flags(batch=batch, causes=causes, vins=vins, actor=DECIDER, at=at)


def _causes(decision: GateDecision, names: Mapping[int, str]) -> list[Cause]:
    """What failed the gate, once for each code and characteristic. Missing results that fail it are one cause."""
    if decision.state is not State.FAILED:
        return []
    causes: dict[tuple[str, int | None], Cause] = {}
    for reason in decision.reasons:
        if reason.code is ReasonCode.MISSING_RESULT:
            key: tuple[str, int | None] = (reason.code.value, None)
            causes[key] = Cause(*key, words="results are missing and testing is closed")
        elif reason.code in FAILED_CODES:
            key = (reason.code.value, reason.characteristic_id)
            causes.setdefault(key, Cause(*key, words=_words(reason, names), facts=reason_record(reason, names)))
    return list(causes.values())


def _words(reason: Reason, names: Mapping[int, str]) -> str:
    name = names.get(reason.characteristic_id or 0, "")
    place = f" at {reason.position}" if reason.position else ""
    required = f", required {_with_symbol(reason.required)}" if reason.required else ""
    found = f": found {_with_symbol(reason.found)}{required}" if reason.found else ""
    return f"{reason.code.value.replace('_', ' ')}{' of ' if name else ''}{name}{place}{found}"


def _with_symbol(quantity: str) -> str:
    """A value or limit as people write it: its unit, behind the last blank, by its symbol."""
    number, blank, unit = quantity.rpartition(" ")
    return f"{number}{blank}{unit_symbol(unit)}" if blank else quantity
