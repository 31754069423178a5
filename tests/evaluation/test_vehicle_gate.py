from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from inspections.evaluation.decisions import in_order, state_of
from inspections.evaluation.facts import (
    Concession,
    Disposition,
    DispositionKind,
    Expression,
    GateDecision,
    Inspection,
    Kept,
    Kind,
    Level,
    Measured,
    Procedure,
    Reason,
    Requirement,
    Rework,
    SoftwareChange,
    SoftwareClaim,
)
from inspections.evaluation.gates import decide
from inspections.evaluation.reasons import FAILED_CODES, JudgementReason, Outcome, ReasonCode, State

from .builders import BONDING, INSULATION, PROCEDURE, TORQUE, at, gate_input, inspection, measured, requirement, torque

C, K = ReasonCode, DispositionKind
NOON = at("12:00")


def decided(*inspections: Inspection, moment: datetime = NOON, **changes: Any) -> GateDecision:
    return decide(gate_input(inspections, **changes), at=moment)


def codes(decision: GateDecision) -> list[ReasonCode]:
    return [reason.code for reason in decision.reasons]


def detail(decision: GateDecision, number: int = 0) -> dict[str, str]:
    return dict(decision.reasons[number].detail)


# What is asked


def test_law_1_no_requirements_is_failed_never_passed() -> None:
    decision = decided(inspection(1, at("08:00")), requirements=())

    assert (decision.state, codes(decision)) == (State.FAILED, [C.NO_REQUIREMENTS])


@pytest.mark.parametrize(
    "line",
    [
        requirement(level=Level.SAMPLE),
        requirement(level=Level.TYPE),
        requirement(domain="crash"),
        requirement(effective_from=at("00:00", day=1)),
        requirement(effective_to=at("00:00")),
    ],
)
def test_law_1_lines_that_do_not_bind_this_gate_are_no_requirements(line: Requirement) -> None:
    assert codes(decided(inspection(1, at("08:00")), requirements=(line,))) == [C.NO_REQUIREMENTS]


def test_law_1_a_plan_that_is_not_approved_fails_whatever_was_measured() -> None:
    decision = decided(inspection(1, at("08:00")), plan_approved=False)

    assert (decision.state, codes(decision)) == (State.FAILED, [C.PLAN_NOT_APPROVED])


def test_fails_still_show_while_the_plan_is_not_approved() -> None:
    decision = decided(inspection(1, at("08:00"), measured(Outcome.FAIL)), plan_approved=False)

    assert codes(decision) == [C.PLAN_NOT_APPROVED, C.MEASUREMENT_FAILED]


def test_a_line_is_asked_by_when_the_car_was_built_not_by_when_it_was_tested() -> None:
    later = requirement(effective_from=at("00:00", day=1))

    late = inspection(1, at("08:00", day=3), measured(requirement_id=later.id))
    assert codes(decided(late, requirements=(later, torque()), moment=at("00:00", day=4))) == [C.MISSING_RESULT]
    assert codes(decided(late, requirements=(later,), built_at=at("00:00", day=1))) == []


def test_what_is_missing_is_pending_until_testing_is_closed_and_failed_then() -> None:
    missing = decided()
    closed = decided(testing_closed=True)

    assert (missing.state, codes(missing)) == (State.PENDING, [C.MISSING_RESULT])
    assert (closed.state, codes(closed)) == (State.FAILED, [C.MISSING_RESULT])
    assert closed.reasons[0].required == "< 0.1 ohm"


def test_every_position_needs_its_own_result() -> None:
    line = requirement(positions=("front", "rear"))
    front = inspection(1, at("08:00"), measured(position="front"))

    decision = decided(front, requirements=(line,))

    assert [(reason.code, reason.position) for reason in decision.reasons] == [(C.MISSING_RESULT, "rear")]


def test_law_1_a_line_without_positions_is_asked_once() -> None:
    assert codes(decided(requirements=(requirement(positions=()),))) == [C.MISSING_RESULT]


def test_law_1_a_result_at_another_position_does_not_stand_in() -> None:
    line = requirement(positions=("charge-port",))
    wrong = measured(Outcome.NOT_JUDGED, position="chargeport", requirement_id=None)

    assert codes(decided(inspection(1, at("08:00"), wrong), requirements=(line,))) == [C.MISSING_RESULT]


def test_a_fail_of_what_the_plan_no_longer_asks_blocks_until_disposed_of() -> None:
    old = measured(Outcome.FAIL, characteristic_id=INSULATION, requirement_id=55, found="9 ohm")
    dropped = replace(old, outcome=Outcome.NOT_JUDGED)
    cleared = replace(old, dispositions=(Disposition(1, K.CONFIRMED_RETEST, NOON),))
    good = measured()

    for row in (old, dropped):
        decision = decided(inspection(1, at("08:00"), good, row))
        assert (decision.state, codes(decision)) == (State.FAILED, [C.MEASUREMENT_FAILED])
        assert decision.reasons[0].characteristic_id == INSULATION
        assert decision.reasons[0].found == "9 ohm"
    assert decided(inspection(1, at("08:00"), good, cleared)).state is State.PASSED


def test_logged_values_that_nothing_asks_for_keep_nothing_from_passing() -> None:
    logged = measured(Outcome.NOT_JUDGED, characteristic_id=INSULATION, requirement_id=None)
    unknown = Measured(3, None, "", Outcome.NOT_JUDGED, JudgementReason.UNKNOWN_CHARACTERISTIC)

    assert decided(inspection(1, at("08:00"), measured(), logged, unknown)) == GateDecision(State.PASSED, ())


def test_what_was_never_judged_keeps_the_gate_pending_with_its_reason() -> None:
    row = measured(Outcome.NOT_JUDGED, reason=JudgementReason.NO_PLAN, requirement_id=None)

    decision = decided(inspection(1, at("08:00"), row))

    assert (decision.state, codes(decision)) == (State.PENDING, [C.MEASUREMENT_INDETERMINATE])
    assert detail(decision)["detail"] == "no_plan"


def test_an_indeterminate_result_says_why_with_both_units() -> None:
    row = measured(Outcome.INDETERMINATE, reason=JudgementReason.UNIT_MISMATCH, found="43 mV", unit="mV")

    decision = decided(inspection(1, at("08:00"), row))

    assert decision.state is State.PENDING
    assert decision.reasons[0].found == "43 mV"
    assert detail(decision) == {
        "detail": "unit_mismatch",
        "found_unit": "mV",
        "required_unit": "ohm",
        "rig": "EOL-1",
        "at": "2026-11-16T08:00:00+00:00",
        "finished_at": "2026-11-16T08:00:00+00:00",
    }


# Cars that no customer gets


def test_law_1_a_car_not_for_delivery_never_passes_and_needs_no_results() -> None:
    nothing = decided(for_delivery=False)
    good = decided(inspection(1, at("08:00")), for_delivery=False)
    bad = decided(inspection(1, at("08:00"), measured(Outcome.FAIL)), for_delivery=False, testing_closed=True)

    assert (nothing.state, codes(nothing)) == (State.PENDING, [C.NOT_FOR_DELIVERY])
    assert (good.state, codes(good)) == (State.PENDING, [C.NOT_FOR_DELIVERY])
    assert (bad.state, codes(bad)) == (State.FAILED, [C.NOT_FOR_DELIVERY, C.MEASUREMENT_FAILED])


# What is kept in intake


def test_what_is_kept_unread_and_names_the_car_blocks_the_domains_it_may_concern() -> None:
    good = inspection(1, at("08:00"))
    first = Kept(5, "id_conflict", at("09:00"))
    second = Kept(4, "waiting", at("10:00"), domain="battery")
    other = Kept(6, "waiting", at("07:00"), domain="crash")

    decision = decided(good, kept=(second, other, first))

    assert (decision.state, codes(decision)) == (State.PENDING, [C.SUBMISSION_QUARANTINED])
    assert detail(decision) == {"count": "2", "detail": "id_conflict", "kept": "5"}
    assert decided(good, kept=(other,)).state is State.PASSED


# Rework that names tests to repeat


def test_a_rework_makes_older_results_of_the_tests_it_names_stale() -> None:
    good = inspection(1, at("08:00"))
    rework = Rework(3, at("08:30"), (BONDING,))

    assert codes(decided(good, reworks=(rework,))) == [C.EVIDENCE_STALE]
    assert codes(decided(good, reworks=(replace(rework, characteristic_ids=(TORQUE,)),))) == []
    assert codes(decided(good, inspection(2, at("08:31")), reworks=(rework,))) == []
    assert codes(decided(good, inspection(2, at("08:30")), reworks=(rework,))) == [C.EVIDENCE_STALE]


# Software, told in full


def test_a_software_mismatch_says_what_was_tested_and_what_the_car_has() -> None:
    procedure = Procedure(PROCEDURE, "BAT-EOL-ELEC", "battery", software_systems=("BMS",))
    row = inspection(1, at("08:00"), software=(SoftwareClaim("BMS", "4.2.0"),))

    decision = decided(row, procedures={PROCEDURE: procedure}, software=(SoftwareChange("BMS", "4.2.1", at("06:00")),))

    assert (decision.state, codes(decision)) == (State.PENDING, [C.SOFTWARE_MISMATCH])
    assert (decision.reasons[0].found, decision.reasons[0].required) == ("4.2.0", "4.2.1")
    assert detail(decision)["system"] == "BMS"


# Concessions

FAILED = measured(Outcome.FAIL, characteristic_id=TORQUE, found="41 Nm")
CONCESSION = Concession(9, TORQUE, (), approved_at=at("09:00"), expires_at=at("15:00"))


def conceded(*concessions: Concession, row: Measured = FAILED, moment: datetime = NOON, **changes: Any) -> GateDecision:
    line = changes.pop("line", torque())
    return decided(
        inspection(1, at("08:00"), row, **changes), requirements=(line,), concessions=concessions, moment=moment
    )


def test_a_concession_in_force_lets_a_fail_go_until_it_ends() -> None:
    assert conceded(CONCESSION) == GateDecision(State.PASSED, (), at("15:00"), (9,))


def test_law_6_a_fail_recorded_after_the_concession_was_approved_is_not_conceded() -> None:
    assert codes(conceded(CONCESSION, recorded_at=at("09:01"))) == [C.MEASUREMENT_FAILED]
    assert codes(conceded(CONCESSION, recorded_at=at("09:00"))) == []


@pytest.mark.parametrize(
    ("concession", "moment"),
    [
        (CONCESSION, at("08:59")),
        (replace(CONCESSION, characteristic_id=BONDING), NOON),
        (replace(CONCESSION, positions=("rear",)), NOON),
        (replace(CONCESSION, requirement_id=999), NOON),
    ],
)
def test_a_concession_of_something_else_or_of_later_does_not_cover(concession: Concession, moment: datetime) -> None:
    assert codes(conceded(concession, moment=moment)) == [C.MEASUREMENT_FAILED]


def test_a_concession_that_has_ended_says_so_instead() -> None:
    decision = conceded(CONCESSION, moment=at("15:00"))

    assert (decision.state, codes(decision)) == (State.FAILED, [C.CONCESSION_EXPIRED])
    assert detail(decision) == {"concession": "9", "at": "2026-11-16T15:00:00+00:00"}
    assert (decision.valid_until, decision.conceded) == (None, ())


def test_of_several_concessions_the_one_that_ends_last_is_relied_on() -> None:
    longer = replace(CONCESSION, id=10, expires_at=at("18:00"))

    assert (
        conceded(longer, CONCESSION)
        == conceded(CONCESSION, longer)
        == GateDecision(State.PASSED, (), at("18:00"), (10,))
    )


def test_a_concession_names_its_line_and_positions() -> None:
    line = torque(positions=("front",))
    front = replace(FAILED, position="front", requirement_id=line.id)
    exact = replace(CONCESSION, positions=("front",), requirement_id=line.id)

    assert conceded(exact, row=front, line=line).state is State.PASSED


@pytest.mark.parametrize(
    "line",
    [torque(legal=True), torque(special="CC"), torque(kind=Kind.IDENTITY, expression=Expression.EQUAL, values=("A",))],
)
def test_law_8_nothing_legal_critical_or_of_identity_is_conceded(line: Requirement) -> None:
    row = replace(FAILED, kind=line.kind)

    assert codes(conceded(CONCESSION, row=row, line=line)) == [C.MEASUREMENT_FAILED]


def test_law_1_a_concession_is_no_result_and_clears_nothing_else() -> None:
    line = torque()
    missing = decided(requirements=(line,), concessions=(CONCESSION,))
    unclear = conceded(CONCESSION, row=measured(Outcome.INDETERMINATE, characteristic_id=TORQUE))
    unknown_rig = conceded(CONCESSION, rig="EOL-9")

    assert codes(missing) == [C.MISSING_RESULT]
    assert codes(unclear) == [C.MEASUREMENT_INDETERMINATE]
    assert codes(unknown_rig) == [C.RIG_NOT_AUTHORISED, C.RIG_OUT_OF_CALIBRATION]


def test_law_1_a_conceded_value_from_before_a_rework_is_stale() -> None:
    rework = Disposition(1, K.REWORK, done_at=at("08:30"))

    assert codes(conceded(CONCESSION, row=replace(FAILED, dispositions=(rework,)))) == [C.EVIDENCE_STALE]


def test_law_6_an_old_fail_under_an_earlier_revision_is_not_conceded_by_the_present_line() -> None:
    row = measured(Outcome.PASS, characteristic_id=TORQUE, failed_ever=True)

    assert codes(conceded(CONCESSION, row=row)) == [C.MEASUREMENT_FAILED]


def test_a_conceded_fail_before_a_pass_is_relied_on_as_well() -> None:
    later = inspection(2, at("09:30"), measured(characteristic_id=TORQUE))
    decision = decided(inspection(1, at("08:00"), FAILED), later, requirements=(torque(),), concessions=(CONCESSION,))

    assert decision == GateDecision(State.PASSED, (), at("15:00"), (9,))


def test_law_8_a_concession_covers_the_inspections_that_it_names_and_no_other() -> None:
    assert codes(conceded(replace(CONCESSION, inspections=frozenset({1})))) == []
    assert codes(conceded(replace(CONCESSION, inspections=frozenset({2})))) == [C.MEASUREMENT_FAILED]
    assert codes(conceded(replace(CONCESSION, inspections=frozenset()))) == [C.MEASUREMENT_FAILED]


def test_law_8_a_fail_by_review_alone_is_not_conceded() -> None:
    treated = Disposition(1, K.TREAT_AS_FAIL, done_at=at("08:30"))
    unclear = measured(Outcome.INDETERMINATE, characteristic_id=TORQUE, dispositions=(treated,))

    assert codes(conceded(CONCESSION, row=unclear)) == [C.MEASUREMENT_FAILED]


def test_what_left_by_a_concession_is_bound_by_its_end_no_more() -> None:
    left = replace(CONCESSION, expires_at=None)

    assert conceded(left, CONCESSION, moment=at("15:00")) == GateDecision(State.PASSED, (), None, (9,))


# Disagreement of rig and judge


def claimed(claim: Outcome | None, ours: Outcome, *reviews: DispositionKind, **changes: Any) -> Measured:
    dispositions = tuple(Disposition(n, kind, at("08:30")) for n, kind in enumerate(reviews))
    return measured(ours, claimed=claim, dispositions=dispositions, **changes)


P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.INDETERMINATE, Outcome.NOT_JUDGED


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (claimed(P, P), []),
        (claimed(F, P), [C.VERDICT_DISAGREEMENT]),
        (claimed(F, P, K.OURS_STANDS), []),
        (claimed(F, P, K.TREAT_AS_FAIL), [C.MEASUREMENT_FAILED]),
        (claimed(F, P, K.OURS_STANDS, K.TREAT_AS_FAIL), [C.MEASUREMENT_FAILED]),
        (claimed(F, P, K.CONFIRMED_RETEST), [C.VERDICT_DISAGREEMENT]),
        (claimed(F, U), [C.MEASUREMENT_INDETERMINATE, C.VERDICT_DISAGREEMENT]),
        (claimed(F, F), [C.MEASUREMENT_FAILED]),
        (claimed(P, F), [C.MEASUREMENT_FAILED, C.VERDICT_DISAGREEMENT]),
        (claimed(P, F, K.OURS_STANDS), [C.MEASUREMENT_FAILED]),
        (claimed(P, F, K.CONFIRMED_RETEST), [C.MEASUREMENT_FAILED]),
        (claimed(P, U), [C.MEASUREMENT_INDETERMINATE]),
        (claimed(F, P, failed_ever=True), [C.MEASUREMENT_FAILED]),
        (claimed(U, P), []),
    ],
)
def test_a_rigs_verdict_that_contradicts_ours_waits_for_an_engineer(row: Measured, expected: list[ReasonCode]) -> None:
    assert codes(decided(inspection(1, at("08:00"), row))) == expected


def test_a_disagreement_names_both_verdicts_and_stays_whatever_is_measured_later() -> None:
    decision = decided(inspection(1, at("08:00"), claimed(F, P)), inspection(2, at("09:00")))

    assert decision.state is State.PENDING
    assert codes(decision) == [C.VERDICT_DISAGREEMENT]
    assert decision.reasons[0].inspection_id == 1
    assert {key: detail(decision)[key] for key in ("rig", "claimed", "judged")} == {
        "rig": "EOL-1",
        "claimed": "fail",
        "judged": "pass",
    }


def test_a_rigs_fail_of_what_nothing_asks_for_waits_for_an_engineer_too() -> None:
    row = claimed(F, N, characteristic_id=INSULATION, requirement_id=None)

    assert codes(decided(inspection(1, at("08:00"), measured(), row))) == [C.VERDICT_DISAGREEMENT]


def whole(claim: Outcome, *rows: Measured, reviews: tuple[DispositionKind, ...] = (), **changes: Any) -> GateDecision:
    reviewed = tuple(Disposition(n, kind, at("08:30")) for n, kind in enumerate(reviews))
    return decided(inspection(1, at("08:00"), *rows, claimed=claim, reviewed=reviewed, **changes))


def test_where_only_the_whole_was_claimed_the_whole_is_asked_about() -> None:
    decision = whole(F, measured())

    assert (decision.state, codes(decision)) == (State.PENDING, [C.VERDICT_DISAGREEMENT])
    assert (decision.reasons[0].characteristic_id, decision.reasons[0].ordinal) == (None, None)
    assert codes(whole(F, measured(), reviews=(K.OURS_STANDS,))) == []
    assert codes(whole(P, measured())) == []
    assert codes(whole(F, measured(U))) == [C.VERDICT_DISAGREEMENT, C.MEASUREMENT_INDETERMINATE]
    assert codes(whole(F, measured(F))) == [C.MEASUREMENT_FAILED]


def test_a_measurements_own_disagreement_speaks_for_the_whole() -> None:
    (reason,) = whole(F, claimed(F, P)).reasons
    assert (reason.code, reason.characteristic_id) == (C.VERDICT_DISAGREEMENT, BONDING)
    assert codes(whole(P, claimed(P, F))) == [C.MEASUREMENT_FAILED, C.VERDICT_DISAGREEMENT]
    assert whole(P, claimed(P, F)).reasons[1].characteristic_id == BONDING


def test_a_rigs_pass_of_an_inspection_that_we_fail_is_answered_by_the_disposition_of_its_fails() -> None:
    def pending(*reviews: DispositionKind) -> bool:
        return C.VERDICT_DISAGREEMENT in codes(whole(P, claimed(None, F, *reviews)))

    assert pending()
    assert not pending(K.CONFIRMED_RETEST)
    assert not pending(K.OURS_STANDS)
    assert C.VERDICT_DISAGREEMENT in codes(whole(P, measured(), verdict=F))


def test_a_rigs_fail_of_the_whole_is_not_hidden_by_a_member_that_failed_alone() -> None:
    decision = whole(F, claimed(F, F), verdict=P)

    assert C.VERDICT_DISAGREEMENT in codes(decision)


def test_a_whole_inspection_treated_as_a_fail_fails_all_that_it_judged_until_disposed_of() -> None:
    torques = measured(characteristic_id=TORQUE)
    logged = measured(N, characteristic_id=INSULATION, requirement_id=None)
    lines = (requirement(), torque())

    def reviewed(*kinds: DispositionKind, later: bool = False) -> list[ReasonCode]:
        reviews = tuple(Disposition(n, kind, at("08:30")) for n, kind in enumerate(kinds))
        rows = [inspection(1, at("08:00"), measured(), torques, logged, claimed=F, reviewed=reviews)]
        if later:
            rows.append(inspection(2, at("09:00"), measured(), torques))
        return codes(decided(*rows, requirements=lines))

    assert reviewed(K.TREAT_AS_FAIL) == [C.MEASUREMENT_FAILED, C.MEASUREMENT_FAILED]
    assert reviewed(K.TREAT_AS_FAIL, later=True) == [C.MEASUREMENT_FAILED, C.MEASUREMENT_FAILED]
    assert reviewed(K.TREAT_AS_FAIL, K.REWORK) == [C.MEASUREMENT_FAILED, C.MEASUREMENT_FAILED]
    assert reviewed(K.TREAT_AS_FAIL, K.REWORK, later=True) == []


def test_an_inspection_without_anything_judged_treated_as_a_fail_blocks_by_itself() -> None:
    empty = inspection(1, at("08:00"), claimed=F, reviewed=(Disposition(1, K.TREAT_AS_FAIL, NOON),))
    empty = replace(empty, measurements=(), verdict=U)
    cleared = replace(empty, reviewed=(*empty.reviewed, Disposition(2, K.CONFIRMED_RETEST, NOON)))
    good = inspection(2, at("09:00"))

    decision = decided(empty, good)
    assert (decision.state, codes(decision)) == (State.FAILED, [C.MEASUREMENT_FAILED])
    assert (decision.reasons[0].characteristic_id, decision.reasons[0].inspection_id) == (None, 1)
    assert decided(cleared, good).state is State.PASSED


# Any-of groups (post-crash electrical safety, per bus)

ISOLATION, VOLTAGE, GROUP = 21, 22, 29


def group_lines(**changes: Any) -> tuple[Requirement, ...]:
    common = {"positions": ("bus-1",), "group": 900, "legal": True, "special": "", **changes}
    return (
        requirement(id=901, characteristic_id=ISOLATION, characteristic="ISO", **common),
        requirement(id=902, characteristic_id=VOLTAGE, characteristic="VOLT", **common),
        requirement(
            **{
                **common,
                "id": 900,
                "characteristic_id": GROUP,
                "expression": Expression.ANY_OF,
                "members": (901, 902),
                "group": None,
            }
        ),
    )


def member(characteristic_id: int, outcome: Outcome, position: str = "bus-1", **changes: Any) -> Measured:
    line_id = 901 if characteristic_id == ISOLATION else 902
    base = {"requirement_id": line_id, "position": position, "found": f"{characteristic_id}", **changes}
    return measured(outcome, characteristic_id=characteristic_id, **base)


def grouped(*inspections: Inspection, lines: tuple[Requirement, ...] | None = None, **changes: Any) -> GateDecision:
    return decided(*inspections, requirements=group_lines() if lines is None else lines, **changes)


def test_one_member_that_passes_is_enough_though_another_fails() -> None:
    both = inspection(1, at("08:00"), member(ISOLATION, F), member(VOLTAGE, P))

    assert grouped(both) == GateDecision(State.PASSED, ())


def test_no_member_passing_and_one_failing_fails_the_position_until_disposed_of() -> None:
    bad = inspection(1, at("08:00"), member(ISOLATION, F), member(VOLTAGE, F))
    good = inspection(2, at("09:00"), member(ISOLATION, P))

    decision = grouped(bad, good)
    assert (decision.state, codes(decision)) == (State.FAILED, [C.MEASUREMENT_FAILED])
    reason = decision.reasons[0]
    assert (reason.characteristic_id, reason.position, reason.requirement_id) == (GROUP, "bus-1", 900)
    assert (reason.found, reason.required) == ("21, 22", "ISO < 0.1 ohm | VOLT < 0.1 ohm")

    answer = Disposition(1, K.CONFIRMED_RETEST, NOON)
    one = replace(bad, measurements=(replace(bad.measurements[0], dispositions=(answer,)), bad.measurements[1]))
    both = replace(bad, measurements=tuple(replace(row, dispositions=(answer,)) for row in bad.measurements))
    assert codes(grouped(one, good)) == [C.MEASUREMENT_FAILED]
    assert codes(grouped(both, good)) == []


def test_a_pass_in_another_inspection_does_not_help_a_member_that_failed() -> None:
    isolation = inspection(1, at("08:00"), member(ISOLATION, F))
    voltage = inspection(2, at("08:00"), member(VOLTAGE, P))

    assert codes(grouped(isolation, voltage)) == [C.MEASUREMENT_FAILED]


def test_a_group_is_missing_where_no_member_was_measured_and_unclear_where_none_could_be_judged() -> None:
    unclear = inspection(1, at("08:00"), member(ISOLATION, U))

    assert [(reason.code, reason.characteristic_id) for reason in grouped().reasons] == [(C.MISSING_RESULT, GROUP)]
    assert codes(grouped(unclear)) == [C.MEASUREMENT_INDETERMINATE]


def test_a_group_fails_at_a_bus_that_the_plan_does_not_ask_but_is_not_missing_there() -> None:
    asked = member(ISOLATION, P)
    bad = inspection(1, at("08:00"), asked, member(ISOLATION, F, "bus-2"))
    good = inspection(1, at("08:00"), asked, member(ISOLATION, F, "bus-2"), member(VOLTAGE, P, "bus-2"))

    assert [(reason.code, reason.position) for reason in grouped(bad).reasons] == [(C.MEASUREMENT_FAILED, "bus-2")]
    assert codes(grouped(good)) == []


def test_of_the_members_that_pass_one_that_may_count_is_enough() -> None:
    calibrated = gate_input().rigs["EOL-1"]
    station = replace(calibrated, needs_calibration=False)
    both = inspection(1, at("08:00"), member(ISOLATION, P), member(VOLTAGE, P, kind=Kind.ATTRIBUTE))
    one = inspection(1, at("08:00"), member(ISOLATION, P))

    assert codes(grouped(both, rigs={"EOL-1": station})) == []
    assert codes(grouped(one, rigs={"EOL-1": station})) == [C.RIG_OUT_OF_CALIBRATION]


def test_the_worse_of_two_readings_of_a_member_in_one_inspection_speaks() -> None:
    twice = inspection(1, at("08:00"), member(ISOLATION, P), member(ISOLATION, F, ordinal=1))

    assert codes(grouped(twice)) == [C.MEASUREMENT_FAILED]


def test_rework_of_a_member_binds_the_group() -> None:
    rework = Disposition(1, K.REWORK, done_at=at("10:00"))
    bad = inspection(1, at("08:00"), member(ISOLATION, F, dispositions=(rework,)))
    early, late = inspection(2, at("09:00"), member(VOLTAGE, P)), inspection(3, at("11:00"), member(VOLTAGE, P))

    assert codes(grouped(bad, early)) == [C.EVIDENCE_STALE]
    assert codes(grouped(bad, early, late)) == []


def test_a_rework_that_names_a_member_binds_the_group() -> None:
    """Whatever of its members was measured before: the part of the car that the test looks at was worked on."""
    repeat = (Rework(1, at("10:00"), (ISOLATION,)),)
    early, late = inspection(2, at("09:00"), member(VOLTAGE, P)), inspection(3, at("11:00"), member(VOLTAGE, P))

    assert codes(grouped(early, reworks=repeat)) == [C.EVIDENCE_STALE]
    assert codes(grouped(early, late, reworks=repeat)) == []


def test_a_group_with_a_critical_member_is_critical() -> None:
    plain = group_lines(legal=False, repeats=1)
    critical = (replace(plain[0], special="CC"), *plain[1:])
    bad = inspection(1, at("08:00"), member(ISOLATION, F))
    good = inspection(2, at("09:00"), member(ISOLATION, P))

    assert codes(grouped(bad, good, lines=plain)) == []
    assert codes(grouped(bad, good, lines=critical)) == [C.MEASUREMENT_FAILED]


def test_an_old_fail_of_a_member_blocks_its_group_if_no_other_member_passed() -> None:
    old = member(ISOLATION, P, failed_ever=True)

    assert codes(grouped(inspection(1, at("08:00"), old))) == [C.MEASUREMENT_FAILED]
    assert codes(grouped(inspection(1, at("08:00"), old, member(VOLTAGE, P)))) == []


@pytest.mark.law(6)
def test_law_6_what_an_earlier_revision_failed_the_car_for_no_other_member_excuses() -> None:
    old = member(ISOLATION, P, failed_ever=True, failed_before=0)
    still = member(ISOLATION, F, failed_ever=True, failed_before=0)

    assert codes(grouped(inspection(1, at("08:00"), old, member(VOLTAGE, P)))) == [C.MEASUREMENT_FAILED]
    assert codes(grouped(inspection(1, at("08:00"), still, member(VOLTAGE, P)))) == [C.MEASUREMENT_FAILED]
    answer = Disposition(1, K.CONFIRMED_RETEST, NOON)
    answered = inspection(1, at("08:00"), replace(still, dispositions=(answer,)), member(VOLTAGE, P))
    assert codes(grouped(answered)) == [C.MEASUREMENT_FAILED]
    assert codes(grouped(answered, inspection(2, at("09:00"), member(VOLTAGE, P)))) == []


@pytest.mark.law(6)
def test_law_6_repeats_count_as_far_as_every_revision_that_failed_it_allowed_them() -> None:
    lines = (requirement(repeats=2, special="", legal=False),)
    good = inspection(2, at("09:00"))

    def told(allowed: int | None) -> list[C]:
        bad = measured(F, failed_before=allowed)
        return codes(decided(inspection(1, at("08:00"), bad), good, requirements=lines))

    assert {allowed: told(allowed) for allowed in (None, 0, 1, 2)} == {
        None: [], 0: [C.MEASUREMENT_FAILED], 1: [], 2: [],
    }  # fmt: skip


def test_law_1_a_group_without_members_never_passes() -> None:
    decision = grouped(inspection(1, at("08:00"), member(ISOLATION, P)), lines=group_lines()[2:])

    assert codes(decision) == [C.MISSING_RESULT]


# Order and states


def test_reasons_stand_in_one_order_and_once_for_each_code_characteristic_and_position() -> None:
    lines = (torque(), requirement(positions=("rear", "front")))
    rows = (
        inspection(2, at("09:00"), measured(F, position="rear"), measured(F, characteristic_id=TORQUE)),
        inspection(1, at("08:00"), measured(F, position="rear"), measured(F, position="front")),
    )

    decision = decided(*rows, requirements=lines)

    named = [(reason.characteristic_id, reason.position, reason.inspection_id) for reason in decision.reasons]
    assert named == [(BONDING, "front", 1), (BONDING, "rear", 2), (TORQUE, "", 2)]
    assert decided(*reversed(rows), requirements=lines[::-1]) == decision


@pytest.mark.parametrize("code", list(ReasonCode))
def test_law_1_every_reason_keeps_a_gate_from_passing(code: ReasonCode) -> None:
    state = state_of([Reason(code)], testing_closed=False)

    assert state is (State.FAILED if code in FAILED_CODES else State.PENDING)


def test_the_worst_reason_gives_the_state() -> None:
    reasons = [Reason(C.MISSING_RESULT), Reason(C.EVIDENCE_STALE)]

    assert state_of(reasons, testing_closed=False) is State.PENDING
    assert state_of(reasons, testing_closed=True) is State.FAILED
    assert state_of([], testing_closed=True) is State.PASSED
    assert in_order([*reasons, *reasons]) == in_order(reasons[::-1])


def test_law_5_what_is_required_is_told_as_written() -> None:
    line = requirement(upper=Decimal("0.100"))
    row = measured(F, requirement_id=line.id, found="0.1000 ohm")

    (reason,) = decided(inspection(1, at("08:00"), row), requirements=(line,)).reasons

    assert (reason.found, reason.required) == ("0.1000 ohm", "< 0.100 ohm")
