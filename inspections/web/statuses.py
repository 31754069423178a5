"""What a page can say of a thing: a shape, a word and a colour, trusted in that order. One place for all three."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from inspections.evaluation.reasons import Outcome, ReasonCode, State


class Status(StrEnum):
    """The value names the shape in `templates/partials/status_shape.html` and the colour in the stylesheet."""

    PASS = "pass"  # noqa: S105 - a verdict, no secret
    FAIL = "fail"
    UNCLEAR = "unclear"
    PENDING = "pending"
    MISSING = "missing"
    STALE = "stale"
    CONCEDED = "conceded"
    HELD = "held"
    QUIET = "quiet"
    """A plain ring: something happened or will, and it is no verdict."""


WORDS: Final[dict[Status, tuple[str, str]]] = {
    Status.PASS: ("Pass", "合格"),
    Status.FAIL: ("Fail", "不合格"),
    Status.UNCLEAR: ("Unclear", "无法判定"),
    Status.PENDING: ("Pending", "待定"),
    Status.MISSING: ("Missing", "缺失"),
    Status.STALE: ("Stale", "已失效"),
    Status.CONCEDED: ("Conceded", "让步"),
    Status.HELD: ("Held", "扣留"),
    Status.QUIET: ("Noted", "记录"),
}

WORST_FIRST: Final[tuple[Status, ...]] = (
    Status.FAIL,
    Status.HELD,
    Status.UNCLEAR,
    Status.MISSING,
    Status.STALE,
    Status.PENDING,
    Status.CONCEDED,
    Status.QUIET,
    Status.PASS,
)

OF_OUTCOME: Final[dict[Outcome, Status]] = {
    Outcome.PASS: Status.PASS,
    Outcome.NOT_JUDGED: Status.QUIET,
    Outcome.INDETERMINATE: Status.UNCLEAR,
    Outcome.FAIL: Status.FAIL,
}

OF_STATE: Final[dict[State, Status]] = {
    State.PASSED: Status.PASS,
    State.PENDING: Status.PENDING,
    State.FAILED: Status.FAIL,
}

_UNCLEAR = {
    ReasonCode.MEASUREMENT_INDETERMINATE,
    ReasonCode.VERDICT_DISAGREEMENT,
    ReasonCode.SUBMISSION_QUARANTINED,
    ReasonCode.OPERATOR_UNKNOWN,
}
_STALE = {
    ReasonCode.EVIDENCE_STALE,
    ReasonCode.SOFTWARE_MISMATCH,
    ReasonCode.RIG_OUT_OF_CALIBRATION,
    ReasonCode.RIG_NOT_AUTHORISED,
    ReasonCode.DECISION_EXPIRED,
}
_PENDING = {
    ReasonCode.SAMPLE_SHORT,
    ReasonCode.EVALUATION_PENDING,
    ReasonCode.NOT_RELEASED,
    ReasonCode.RELEASE_SUSPENDED,
    ReasonCode.NONCONFORMANCE_OPEN,
}


def of_reason(code: str) -> Status:
    """The mark of a reason. What is not known to be milder is a fail."""
    if code in _UNCLEAR:
        return Status.UNCLEAR
    if code in _STALE:
        return Status.STALE
    if code in _PENDING:
        return Status.PENDING
    if code == ReasonCode.MISSING_RESULT:
        return Status.MISSING
    return Status.HELD if code == ReasonCode.HOLD_ACTIVE else Status.FAIL


def word_of(status: Status, language: str) -> str:
    """The word that stands beside the shape."""
    return WORDS[status][1 if language.lower().startswith("zh") else 0]
