"""Car 17 of batch SU7-2026W47-03, as docs/evaluation.md tells it, one step after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from inspections.evaluation.facts import (
    Disposition,
    DispositionKind,
    GateDecision,
    Inspection,
    OutOfTolerance,
    Reading,
    Rig,
)
from inspections.evaluation.gates import decide
from inspections.evaluation.judging import judge
from inspections.evaluation.reasons import Outcome, ReasonCode, State

from .builders import BONDING, at, gate_input, inspection, measured, requirement, rig


def bonding(number: int, clock: str, value: str, rig_code: str = "EOL-1") -> Inspection:
    """A bonding measurement as it is recorded: judged once against the pinned requirement."""
    verdict = judge(Reading(value, "ohm"), requirement())
    row = measured(verdict.outcome, reason=verdict.reason, found=f"{value} ohm")
    return inspection(number, at(clock), row, rig=rig_code)


FIRST = bonding(1, "08:14", "0.043")
FAIL = bonding(2, "08:31", "0.100", "EOL-2")
LATE = bonding(3, "08:12", "0.040")
CLEANED = bonding(4, "09:05", "0.038")
REWORK = Disposition(1, DispositionKind.REWORK, done_at=at("08:55"))


def disposed(row: Inspection) -> Inspection:
    return replace(row, measurements=tuple(replace(one, dispositions=(REWORK,)) for one in row.measurements))


def decided(inspections: Sequence[Inspection], *, rigs: dict[str, Rig] | None = None) -> GateDecision:
    gate = gate_input(inspections)
    return decide(gate if rigs is None else replace(gate, rigs=rigs), at=at("12:00"))


def codes(decision: GateDecision) -> list[ReasonCode]:
    return [reason.code for reason in decision.reasons]


def test_the_values_of_the_example_are_judged_as_it_says() -> None:
    outcomes = [row.measurements[0].outcome for row in (FIRST, FAIL, LATE, CLEANED)]

    assert outcomes == [Outcome.PASS, Outcome.FAIL, Outcome.PASS, Outcome.PASS]


def test_first_the_gate_passes() -> None:
    assert decided([FIRST]) == GateDecision(State.PASSED, ())


def test_a_later_fail_fails_the_gate_and_says_what_was_found_and_required() -> None:
    decision = decided([FIRST, FAIL])

    assert decision.state is State.FAILED
    assert codes(decision) == [ReasonCode.MEASUREMENT_FAILED]
    reason = decision.reasons[0]
    assert (reason.characteristic_id, reason.inspection_id, reason.ordinal) == (BONDING, 2, 0)
    assert (reason.found, reason.required) == ("0.100 ohm", "< 0.1 ohm")
    assert dict(reason.detail) == {
        "rig": "EOL-2",
        "at": "2026-11-16T08:31:00+00:00",
        "finished_at": "2026-11-16T08:31:00+00:00",
    }


def test_law_6_a_pass_that_arrives_late_takes_its_place_before_and_changes_nothing() -> None:
    assert decided([FIRST, FAIL, LATE]) == decided([FIRST, FAIL])


def test_law_6_a_later_pass_does_not_erase_the_fail() -> None:
    decision = decided([FIRST, FAIL, LATE, CLEANED])

    assert decision.state is State.FAILED
    assert codes(decision) == [ReasonCode.MEASUREMENT_FAILED]
    assert decision.reasons[0].inspection_id == 2


def test_the_rework_on_record_lets_the_pass_that_finished_after_it_count() -> None:
    assert decided([FIRST, disposed(FAIL), LATE, CLEANED]) == GateDecision(State.PASSED, ())


def test_the_rework_alone_lets_nothing_pass() -> None:
    decision = decided([FIRST, disposed(FAIL), LATE])

    assert decision.state is State.FAILED
    assert codes(decision) == [ReasonCode.MEASUREMENT_FAILED]


def test_a_pass_from_before_the_rework_was_done_is_stale() -> None:
    early = bonding(4, "08:50", "0.038")

    decision = decided([FIRST, disposed(FAIL), LATE, early])

    assert decision.state is State.PENDING
    assert codes(decision) == [ReasonCode.EVIDENCE_STALE]
    assert dict(decision.reasons[0].detail)["change"] == "rework"
    assert dict(decision.reasons[0].detail)["at"] == "2026-11-16T08:55:00+00:00"


def test_law_1_a_rig_found_out_of_tolerance_back_to_monday_takes_the_pass_away() -> None:
    finding = OutOfTolerance(back_to=at("00:00"), found_at=at("10:00", day=8))
    rigs = {"EOL-1": rig(out_of_tolerance=(finding,)), "EOL-2": rig("EOL-2")}

    decision = decided([FIRST, disposed(FAIL), LATE, CLEANED], rigs=rigs)

    assert decision.state is State.PENDING
    assert codes(decision) == [ReasonCode.RIG_OUT_OF_CALIBRATION]
    assert decision.reasons[0].inspection_id == 4
    assert dict(decision.reasons[0].detail)["rig"] == "EOL-1"
