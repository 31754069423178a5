"""Which measurement counts and which fails block, told as sequences of one characteristic at one position."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from inspections.evaluation.facts import Disposition, DispositionKind, GateDecision, Inspection, Requirement
from inspections.evaluation.gates import decide
from inspections.evaluation.reasons import JudgementReason, Outcome, ReasonCode, State

from .builders import TORQUE, at, gate_input, inspection, measured, requirement, rig, torque

C = ReasonCode
K = DispositionKind
OUTCOMES = {"P": Outcome.PASS, "F": Outcome.FAIL, "I": Outcome.INDETERMINATE, "N": Outcome.NOT_JUDGED}


def told(story: str) -> list[Inspection]:
    """One inspection a word: when ("08"), outcome (P, F, I, N), then what else is known of it.

    `r` a rework done half an hour after, `c` a confirmed retest, `i` measurement invalid, `v` voided, `x` measured on a
    rig that nobody knows, `o` a fail under an earlier revision, `t` treated as a fail.
    """
    rows = []
    for number, word in enumerate(story.split(), start=1):
        hour, letter, known = word[:2], word[2], word[3:]
        kinds = {"r": K.REWORK, "c": K.CONFIRMED_RETEST, "i": K.MEASUREMENT_INVALID, "t": K.TREAT_AS_FAIL}
        dispositions = tuple(Disposition(number, kinds[mark], at(f"{hour}:30")) for mark in known if mark in kinds)
        row = measured(OUTCOMES[letter], characteristic_id=TORQUE, dispositions=dispositions)
        if "o" in known:
            row = replace(row, failed_ever=True)
        rows.append(
            inspection(number, at(f"{hour}:00"), row, voided="v" in known, rig="EOL-9" if "x" in known else "EOL-1")
        )
    return rows


def decided(story: str, line: Requirement | None = None, repeats: int = 0) -> GateDecision:
    line = torque(repeats=repeats) if line is None else line
    rows = [
        replace(
            row,
            measurements=tuple(
                replace(one, characteristic_id=line.characteristic_id, requirement_id=line.id)
                for one in row.measurements
            ),
        )
        for row in told(story)
    ]
    return decide(gate_input(rows, requirements=(line,)), at=at("23:00"))


def codes(story: str, repeats: int = 0) -> list[str]:
    return [reason.code.value for reason in decided(story, repeats=repeats).reasons]


FAILED, RETEST, MISSING = "measurement_failed", "retest_unexplained", "missing_result"
UNCLEAR, STALE = "measurement_indeterminate", "evidence_stale"
OUT, NOT_MAY = "rig_out_of_calibration", "rig_not_authorised"


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        ("", [MISSING]),
        ("08P", []),
        ("08I", [UNCLEAR]),
        ("08N", [UNCLEAR]),
        ("08I 09P", []),
        ("08P 09I", [UNCLEAR]),
        ("08P 09N", [UNCLEAR]),
        ("08F", [FAILED]),
        ("08F 09P", [FAILED]),
        ("08P 09F", [FAILED]),
        ("08F 09I", [FAILED, UNCLEAR]),
        # A disposition lifts the block only: a later pass is still required.
        ("08Fc", [FAILED]),
        ("08Fi", [FAILED]),
        ("07P 08Fi", [FAILED]),
        ("08Fc 09P", []),
        ("08Fi 09P", []),
        ("08Fr 09P", []),
        ("08Fr 09I", [UNCLEAR]),
        ("08Fc 09F 10P", [FAILED]),
        ("08Fc 09Fc 10P", []),
        # One rework binds all that is measured of this characteristic and position.
        ("08Fc 09P 10Fr", [FAILED]),
        # Admissible or not, the latest counts; an older pass never stands in.
        ("08P 09Px", [OUT, NOT_MAY]),
        ("08Px 09P", []),
        ("08Fx", [FAILED]),
        ("08Fcx 09P", []),
        # On a tie the worse counts.
        ("08P 08P", []),
        ("08P 08Fc", [FAILED]),
        ("08P 08I", [UNCLEAR]),
        ("08P 08Px", [OUT, NOT_MAY]),
        # Voided passes are left out, voided fails block until disposed of.
        ("08Pv", [MISSING]),
        ("08P 09Pv", []),
        ("08P 09Iv", []),
        ("08P 09Fv", [FAILED]),
        ("08P 09Fvi", []),
        ("08Fvi", [MISSING]),
        ("08Fv", [FAILED, MISSING]),
        # A revision that relaxes a limit never disposes of an old fail.
        ("08Po", [FAILED]),
        ("08Po 09P", [FAILED]),
        ("08Poc", [FAILED]),
        ("08Poc 09P", []),
        # What an engineer treats as a fail is one.
        ("08Pt", [FAILED]),
        ("08Pt 09P", [FAILED]),
        ("08Ptc 09P", []),
        ("08It 09P", [FAILED]),
    ],
)
def test_law_6_the_latest_counts_and_every_fail_blocks_until_disposed_of(story: str, expected: list[str]) -> None:
    assert codes(story) == sorted(expected)


@pytest.mark.parametrize(
    ("story", "repeats", "expected"),
    [
        ("08F 09P", 1, []),
        ("08F 09F 10P", 1, [FAILED, RETEST]),
        ("08F 09F 10P", 2, []),
        ("08F 09F 10F", 2, [FAILED]),
        ("08F 09F 10F 11P", 2, [FAILED, RETEST]),
        ("08F", 1, [FAILED]),
        ("08F 09F", 1, [FAILED]),
        ("08F 09F 10F", 1, [FAILED, RETEST]),
        ("08F 09I", 1, [FAILED, UNCLEAR]),
        ("08F 09I 10P", 1, [FAILED, RETEST]),
        ("08F 09I 10P", 2, []),
        # None later fails: a fail after the passing repeat counts against the first again, disposed of or not.
        ("08F 09P 10F", 1, [FAILED]),
        ("08F 09P 10F 11P", 1, [FAILED]),
        ("08F 09P 10Fc 11P", 1, [FAILED]),
        ("08F 09P 09Fc 11P", 1, [FAILED, RETEST]),
        # Measuring again after a pass is no repeat.
        ("08F 09P 10P 11P", 1, []),
        ("08F 09P 10I 11P", 1, []),
        # Measured at the same moment is no repeat.
        ("08F 08P", 1, [FAILED]),
        # A disposed fail needs no excuse, but it was a try.
        ("08F 09Fc 10P", 1, [FAILED, RETEST]),
        ("08Fc 09F 10P", 1, []),
        # A pass that was no good when it was made is a failed try.
        ("08F 09Px", 1, [FAILED, OUT, NOT_MAY]),
        ("08F 09Px 10P", 1, [FAILED, RETEST]),
        ("08F 09Px 10P", 2, []),
        ("08F 09P 10F 11P", 3, [FAILED]),
        ("08F 09Px 10F 11P", 3, [FAILED]),
        # What was voided is no try, unless it is an open fail.
        ("08F 09Pv", 1, [FAILED]),
        ("08F 09Pv 10P", 1, []),
        ("08F 09P 10Fvi", 1, []),
        ("08F 09P 10Fv", 1, [FAILED]),
        # An old fail is excused by nothing in the present plan.
        ("08Po 09P", 1, [FAILED]),
        ("08Po 09F 10P", 3, [FAILED]),
    ],
)
def test_law_6_a_fail_is_excused_by_its_allowed_repeats_alone(story: str, repeats: int, expected: list[str]) -> None:
    assert codes(story, repeats) == sorted(expected)


@pytest.mark.parametrize(
    "line", [torque(repeats=3, legal=True), torque(repeats=3, special="CC"), requirement(repeats=3)]
)
def test_law_6_nothing_legal_or_critical_is_excused_by_repeats(line: Requirement) -> None:
    decision = decided("08F 09P", line)

    assert [reason.code for reason in decision.reasons] == [C.MEASUREMENT_FAILED]


def test_a_repeat_that_a_later_change_of_the_car_made_stale_was_a_pass_all_the_same() -> None:
    rows = told("08F 09P")
    stale = replace(rows[1], procedure_id=99)
    gate = gate_input([rows[0], stale], requirements=(torque(repeats=1),), procedures={})
    known = rig()
    granted = replace(known, authorisations=(*known.authorisations, replace(known.authorisations[0], procedure_id=99)))

    decision = decide(replace(gate, rigs={"EOL-1": granted}), at=at("23:00"))

    assert [reason.code for reason in decision.reasons] == [C.EVIDENCE_STALE]


def test_too_many_repeats_say_how_many_there_were_and_how_many_are_allowed() -> None:
    decision = decided("08F 09F 10F 11P", repeats=2)

    (reason,) = [reason for reason in decision.reasons if reason.code is C.RETEST_UNEXPLAINED]
    assert (reason.found, reason.required) == ("3", "2")
    assert decision.state is State.FAILED


@pytest.mark.parametrize("story", ["08P 09Fc 10P 11I", "08F 09P 10P 10Px", "08Fr 09P 09P 10Fv", "08Fc 08P 09Po 09I"])
def test_law_6_any_order_of_arrival_gives_the_same_decision(story: str) -> None:
    rows = told(story)
    line = torque(repeats=1)
    decisions = {decide(gate_input(order, requirements=(line,)), at=at("23:00")) for order in permutations(rows)}

    assert len(decisions) == 1


def test_the_latest_of_several_fails_is_named() -> None:
    decision = decided("08F 10F 09F")

    assert [reason.inspection_id for reason in decision.reasons] == [2]


def test_law_3_a_pass_of_another_line_is_no_pass_of_the_one_now_asked() -> None:
    row = measured(characteristic_id=TORQUE, requirement_id=999)

    decision = decide(gate_input([inspection(1, at("08:00"), row)], requirements=(torque(),)), at=at("23:00"))

    assert decision.state is State.PENDING
    (reason,) = decision.reasons
    assert reason.code is C.MEASUREMENT_INDETERMINATE
    assert dict(reason.detail)["detail"] == JudgementReason.NO_REQUIREMENT.name.lower()
