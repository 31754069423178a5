"""Reasons in their order and the state that they put a gate in."""

from __future__ import annotations

from collections.abc import Iterable

from .facts import Reason
from .reasons import FAILED_CODES, ReasonCode, State


def state_of(reasons: Iterable[Reason], *, testing_closed: bool) -> State:
    """The worst state that any of the reasons puts a gate in; passed with none."""
    return max((_state_of_code(reason.code, testing_closed) for reason in reasons), default=State.PASSED)


def _state_of_code(code: ReasonCode, testing_closed: bool) -> State:
    failed = code in FAILED_CODES or (code is ReasonCode.MISSING_RESULT and testing_closed)
    return State.FAILED if failed else State.PENDING


def in_order(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Reasons in the order of decisions, the first of each (code, characteristic, position, procedure) alone."""
    kept: dict[tuple[object, ...], Reason] = {}
    for reason in sorted(reasons, key=_order):
        kept.setdefault((reason.code, reason.characteristic_id, reason.position, reason.procedure_id), reason)
    return tuple(kept.values())


def _order(reason: Reason) -> tuple[object, ...]:
    numbers = (reason.procedure_id, reason.requirement_id, reason.inspection_id, reason.ordinal)
    return (
        -1 if reason.characteristic_id is None else reason.characteristic_id,
        reason.position,
        reason.code,
        *(-1 if number is None else number for number in numbers),
        reason.found,
        reason.required,
        reason.detail,
    )


def detail_of(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The detail of a reason, sorted by key; of a key given twice the last stands."""
    return tuple(sorted(dict(pairs).items()))
