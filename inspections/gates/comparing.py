"""A vehicle's gate as stored and as now decided, and whether they differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ..evaluation.facts import GateDecision, Reason
from ..evaluation.reasons import ReasonCode, State
from .evidence import VehicleFacts
from .models import OpenReason, VehicleGate

ReasonKey = tuple[str, int | None, str]


@dataclass(frozen=True, slots=True)
class Stored:
    """A vehicle's gate as it stands: None where none was decided yet."""

    gate: VehicleGate | None
    reasons: Mapping[ReasonKey, OpenReason]

    @property
    def state(self) -> int:
        return State.PENDING if self.gate is None else self.gate.state

    @property
    def codes(self) -> set[str]:
        codes = {code for code, _, _ in self.reasons}
        return codes | {ReasonCode.MISSING_RESULT.value} if self.gate is not None and self.gate.missing else codes

    @property
    def counted(self) -> bool:
        return self.gate is not None and self.gate.counted


@dataclass(frozen=True, slots=True)
class Decided:
    """One vehicle's gate as now decided."""

    vehicle: VehicleFacts
    domain: str
    decision: GateDecision

    @property
    def missing(self) -> list[str]:
        return [
            missing_key(reason.characteristic_id, reason.position)
            for reason in self.decision.reasons
            if reason.code is ReasonCode.MISSING_RESULT
        ]

    @property
    def reasons(self) -> dict[ReasonKey, Reason]:
        return {
            (reason.code.value, reason.characteristic_id, reason.position): reason
            for reason in self.decision.reasons
            if reason.code is not ReasonCode.MISSING_RESULT
        }

    @property
    def codes(self) -> set[str]:
        return {reason.code.value for reason in self.decision.reasons}


def missing_key(characteristic_id: int | None, position: str) -> str:
    """How a missing result is kept on a gate: `id` or `id|position`."""
    return f"{characteristic_id}|{position}" if position else str(characteristic_id)


def stored_gates(wanted: Collection[tuple[int, str]]) -> dict[tuple[int, str], Stored]:
    ids = {vehicle_id for vehicle_id, _ in wanted}
    gates = {(gate.vehicle_id, gate.domain): gate for gate in VehicleGate.objects.filter(vehicle_id__in=ids)}
    reasons: dict[tuple[int, str], dict[ReasonKey, OpenReason]] = defaultdict(dict)
    for row in OpenReason.objects.filter(vehicle_id__in=ids):
        reasons[row.vehicle_id, row.domain][row.code, row.characteristic_id, row.position] = row
    return {key: Stored(gates.get(key), reasons[key]) for key in wanted}


def differs(row: Decided, stored: Stored) -> bool:
    gate = stored.gate
    return (
        gate is None
        or gate.state != row.decision.state
        or gate.counted != row.vehicle.for_delivery
        or gate.missing != row.missing
        or gate.valid_until != row.decision.valid_until
        or (gate.conceded or []) != list(row.decision.conceded)
        or reasons_differ(row, stored)
    )


def reasons_differ(row: Decided, stored: Stored) -> bool:
    now = row.reasons
    return now.keys() != stored.reasons.keys() or any(
        content(reason) != stored_content(stored.reasons[key]) for key, reason in now.items()
    )


def content(reason: Reason) -> tuple[Any, ...]:
    return (
        reason.requirement_id,
        reason.inspection_id,
        reason.ordinal,
        reason.found,
        reason.required,
        dict(reason.detail),
    )


def stored_content(row: OpenReason) -> tuple[Any, ...]:
    return (row.requirement_id, row.inspection_id, row.ordinal, row.found, row.required, row.detail)
