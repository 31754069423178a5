"""Every code with which Interlock says no, and the state it puts a gate in (see docs/evaluation.md)."""

from enum import IntEnum, StrEnum


class Outcome(IntEnum):
    """What a judgement says of one measurement. Higher is worse, so `max` of a tie is the cautious reading.

    The numbers are stored in the record and never change their meaning.
    """

    PASS = 0
    NOT_JUDGED = 1
    INDETERMINATE = 2
    FAIL = 3


class State(IntEnum):
    """State of a gate. Higher is worse; the numbers are stored."""

    PASSED = 0
    PENDING = 1
    FAILED = 2


class JudgementReason(IntEnum):
    """Why a measurement is not a plain pass or fail. Stored as a number, shown by name."""

    NONE = 0
    UNIT_MISMATCH = 1
    NO_VALUE = 2
    NOT_A_NUMBER = 3
    NUMBER_OUT_OF_RANGE = 4
    WITHIN_UNCERTAINTY = 5
    NO_REQUIREMENT = 6
    NO_PLAN = 7
    UNKNOWN_CHARACTERISTIC = 8
    UNKNOWN_POSITION = 9
    WRONG_TYPE = 10
    UNPARSED_LIMIT = 11
    NOT_MEASURED = 12
    NO_REQUIREMENTS = 13
    ABSENT = 14
    NOT_IN_EFFECT = 15
    OUTSIDE_LIMITS = 16
    NO_LIMIT = 17
    UNCERTAINTY_NOT_STATED = 18


class ReasonCode(StrEnum):
    """Why a gate is not passed, and why a vehicle is not clear or may not leave."""

    NO_REQUIREMENTS = "no_requirements"
    PLAN_NOT_APPROVED = "plan_not_approved"
    MISSING_RESULT = "missing_result"
    MEASUREMENT_FAILED = "measurement_failed"
    MEASUREMENT_INDETERMINATE = "measurement_indeterminate"
    VERDICT_DISAGREEMENT = "verdict_disagreement"
    RIG_OUT_OF_CALIBRATION = "rig_out_of_calibration"
    RIG_NOT_AUTHORISED = "rig_not_authorised"
    SOFTWARE_MISMATCH = "software_mismatch"
    EVIDENCE_STALE = "evidence_stale"
    RETEST_UNEXPLAINED = "retest_unexplained"
    SUBMISSION_QUARANTINED = "submission_quarantined"
    COVERAGE_MISSING = "coverage_missing"
    COVERAGE_EXPIRED = "coverage_expired"
    COVERAGE_REVOKED = "coverage_revoked"
    SAMPLE_SHORT = "sample_short"
    SAMPLE_REJECTED = "sample_rejected"
    CONCESSION_EXPIRED = "concession_expired"
    TALLY_MISMATCH = "tally_mismatch"
    # Clearance only: these never enter a gate.
    HOLD_ACTIVE = "hold_active"
    NONCONFORMANCE_OPEN = "nonconformance_open"
    EVALUATION_PENDING = "evaluation_pending"
    DECISION_EXPIRED = "decision_expired"
    OPERATOR_UNKNOWN = "operator_unknown"
    NOT_RELEASED = "not_released"
    RELEASE_SUSPENDED = "release_suspended"
    # Both: the gate of a car not meant for a customer is never passed, and clearance says why.
    NOT_FOR_DELIVERY = "not_for_delivery"


FAILED_CODES = frozenset(
    {
        ReasonCode.NO_REQUIREMENTS,
        ReasonCode.PLAN_NOT_APPROVED,
        ReasonCode.MEASUREMENT_FAILED,
        ReasonCode.RETEST_UNEXPLAINED,
        ReasonCode.COVERAGE_MISSING,
        ReasonCode.COVERAGE_EXPIRED,
        ReasonCode.COVERAGE_REVOKED,
        ReasonCode.SAMPLE_REJECTED,
        ReasonCode.CONCESSION_EXPIRED,
        ReasonCode.TALLY_MISMATCH,
    }
)
"""Codes that fail a gate whatever else is known. `missing_result` fails only once testing is closed."""

CLEARANCE_CODES = frozenset(
    {
        ReasonCode.HOLD_ACTIVE,
        ReasonCode.NONCONFORMANCE_OPEN,
        ReasonCode.EVALUATION_PENDING,
        ReasonCode.DECISION_EXPIRED,
        ReasonCode.OPERATOR_UNKNOWN,
        ReasonCode.NOT_RELEASED,
        ReasonCode.RELEASE_SUSPENDED,
        ReasonCode.NOT_FOR_DELIVERY,
    }
)
