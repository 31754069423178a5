"""How a bad car might get out, one attempt a test. Each attempt ends with the gate not passed, and a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from inspections.evaluation.facts import (
    Authorisation,
    Calibration,
    ComponentChange,
    Concession,
    Disposition,
    DispositionKind,
    GateInput,
    Inspection,
    OutOfTolerance,
    Procedure,
    Reading,
    Requirement,
    Rework,
    SoftwareChange,
    SoftwareClaim,
)
from inspections.evaluation.gates import decide
from inspections.evaluation.judging import judge
from inspections.evaluation.reasons import Outcome, ReasonCode, State

from .builders import BONDING, PROCEDURE, TORQUE, at, gate_input, inspection, measured, requirement, rig, torque

C, K = ReasonCode, DispositionKind
GOOD, BAD = measured(), measured(Outcome.FAIL)
NIGHT = at("23:00")


def refused(inspections: Sequence[Inspection] = (), **changes: Any) -> list[ReasonCode]:
    """Why the gate does not pass; it must not."""
    gate: GateInput = gate_input(inspections, **changes)
    decision = decide(gate, at=NIGHT)
    assert decision.state is not State.PASSED
    assert decision.reasons
    return [reason.code for reason in decision.reasons]


def disposed(kind: DispositionKind, clock: str) -> tuple[Disposition, ...]:
    return (Disposition(1, kind, at(clock)),)


def test_law_6_trying_again_and_again_until_one_passes() -> None:
    tries = [inspection(number, at(f"{8 + number:02}:00"), BAD) for number in range(8)]

    assert refused([*tries, inspection(9, at("20:00"))]) == [C.MEASUREMENT_FAILED]


def test_law_6_dating_the_fail_before_the_pass_by_a_slow_clock() -> None:
    assert refused([inspection(1, at("08:00")), inspection(2, at("07:00"), BAD)]) == [C.MEASUREMENT_FAILED]


def test_law_6_dating_a_good_test_into_the_future_to_be_the_latest_for_ever() -> None:
    future = inspection(1, at("08:00", day=100))

    assert refused([future, inspection(2, at("09:00"), BAD)]) == [C.MEASUREMENT_FAILED]


def test_law_6_voiding_the_fail() -> None:
    bad = inspection(1, at("08:00"), BAD, voided=True)

    assert refused([bad, inspection(2, at("09:00"))]) == [C.MEASUREMENT_FAILED]


def test_law_6_voiding_the_bad_retest_so_that_the_stale_pass_before_it_stands_again() -> None:
    procedure = Procedure(PROCEDURE, "BAT-EOL-ELEC", "battery", component_kinds=("pack",))
    swapped = ComponentChange("pack", at("09:00"), "P-2")
    rows = [inspection(1, at("08:00")), inspection(2, at("10:00"), measured(Outcome.INDETERMINATE), voided=True)]

    assert refused(rows, procedures={PROCEDURE: procedure}, components=(swapped,)) == [C.EVIDENCE_STALE]


def test_law_6_disposing_of_the_fail_and_never_measuring_again() -> None:
    for kind in (K.REWORK, K.CONFIRMED_RETEST, K.MEASUREMENT_INVALID):
        row = measured(Outcome.FAIL, dispositions=disposed(kind, "09:00"))
        assert refused([inspection(1, at("07:00")), inspection(2, at("08:00"), row)]) == [C.MEASUREMENT_FAILED]


def test_law_6_answering_the_disagreement_instead_of_the_fail() -> None:
    row = measured(Outcome.FAIL, claimed=Outcome.PASS, dispositions=disposed(K.OURS_STANDS, "09:00"))

    assert refused([inspection(1, at("08:00"), row), inspection(2, at("10:00"))]) == [C.MEASUREMENT_FAILED]


def test_law_6_answering_one_fail_of_two() -> None:
    first = inspection(1, at("08:00"), measured(Outcome.FAIL, dispositions=disposed(K.CONFIRMED_RETEST, "09:00")))
    second = inspection(2, at("08:30"), BAD)

    assert refused([first, second, inspection(3, at("10:00"))]) == [C.MEASUREMENT_FAILED]


def test_law_6_reworking_after_the_last_good_test() -> None:
    rework = measured(Outcome.FAIL, dispositions=disposed(K.REWORK, "11:00"))

    assert refused([inspection(1, at("08:00"), rework), inspection(2, at("10:00"))]) == [C.EVIDENCE_STALE]
    assert refused([inspection(2, at("10:00"))], reworks=(Rework(1, at("11:00"), (BONDING,)),)) == [C.EVIDENCE_STALE]


def test_law_6_relaxing_the_limit_in_the_next_revision() -> None:
    relaxed = measured(Outcome.PASS, failed_ever=True)

    assert refused([inspection(1, at("08:00"), relaxed), inspection(2, at("09:00"))]) == [C.MEASUREMENT_FAILED]


def test_law_6_dropping_the_characteristic_from_the_next_revision() -> None:
    dropped = measured(Outcome.NOT_JUDGED, failed_ever=True, requirement_id=None)
    other = measured(characteristic_id=TORQUE)

    assert refused([inspection(1, at("08:00"), dropped, other)], requirements=(torque(),)) == [C.MEASUREMENT_FAILED]


def test_law_6_allowing_repeats_for_what_is_legal() -> None:
    rows = [inspection(1, at("08:00"), BAD), inspection(2, at("09:00"))]

    assert refused(rows, requirements=(requirement(repeats=5, special=""),)) == [C.MEASUREMENT_FAILED]
    assert refused(rows, requirements=(requirement(repeats=5, legal=False),)) == [C.MEASUREMENT_FAILED]


def test_law_1_dropping_every_requirement() -> None:
    assert refused([inspection(1, at("08:00"))], requirements=()) == [C.NO_REQUIREMENTS]


def test_law_1_letting_the_requirement_end_before_the_car_was_built() -> None:
    ended = requirement(effective_to=at("00:00"))

    assert refused([inspection(1, at("08:00"))], requirements=(ended,)) == [C.NO_REQUIREMENTS]


def test_law_1_measuring_another_position_twice() -> None:
    line = requirement(positions=("front-left", "front-right"))
    row = measured(position="front-left")

    assert refused([inspection(1, at("08:00"), row, replace(row, ordinal=1))], requirements=(line,)) == [
        C.MISSING_RESULT
    ]


def test_law_1_posting_a_pass_claimed_but_not_judged() -> None:
    row = measured(Outcome.NOT_JUDGED, claimed=Outcome.PASS, requirement_id=None)

    assert refused([inspection(1, at("08:00"), row, claimed=Outcome.PASS)]) == [C.MEASUREMENT_INDETERMINATE]


def test_law_1_a_pass_judged_on_another_plan() -> None:
    row = measured(requirement_id=4711)

    assert refused([inspection(1, at("08:00"), row)]) == [C.MEASUREMENT_INDETERMINATE]


def test_a_rigs_own_fail_overruled_by_a_wide_limit() -> None:
    row = measured(claimed=Outcome.FAIL)

    assert refused([inspection(1, at("08:00"), row), inspection(2, at("09:00"))]) == [C.VERDICT_DISAGREEMENT]


def test_a_rig_that_stops_at_its_first_failing_step_and_sends_no_value() -> None:
    stopped = inspection(1, at("08:00"), claimed=Outcome.FAIL)
    stopped = replace(stopped, measurements=(), verdict=Outcome.INDETERMINATE)

    assert refused([stopped, inspection(2, at("09:00"))]) == [C.VERDICT_DISAGREEMENT]


def test_law_1_a_second_rig_whose_certificate_ran_out_yesterday() -> None:
    expired = rig(calibrations=(Calibration(at("00:00", day=-365), at("00:00")),))

    assert refused([inspection(1, at("08:00"))], rigs={"EOL-1": expired}) == [C.RIG_OUT_OF_CALIBRATION]


def test_law_1_a_long_certificate_over_a_finding_out_of_tolerance() -> None:
    found = rig(out_of_tolerance=(OutOfTolerance(at("00:00"), at("10:00")),))

    assert refused([inspection(1, at("08:00"))], rigs={"EOL-1": found}) == [C.RIG_OUT_OF_CALIBRATION]
    assert refused([inspection(1, at("12:00"))], rigs={"EOL-1": found}) == [C.RIG_OUT_OF_CALIBRATION]


def test_law_1_declaring_that_a_rig_needs_no_calibration() -> None:
    station = rig(calibrations=(), needs_calibration=False)

    assert refused([inspection(1, at("08:00"))], rigs={"EOL-1": station}) == [C.RIG_OUT_OF_CALIBRATION]


def test_law_1_authorising_the_rig_after_its_test() -> None:
    late = rig(authorisations=(Authorisation(PROCEDURE, granted=True, effective_at=at("09:00"), id=1),))

    assert refused([inspection(1, at("08:00"))], rigs={"EOL-1": late}) == [C.RIG_NOT_AUTHORISED]


def test_law_1_an_older_good_test_behind_an_inadmissible_one() -> None:
    rows = [inspection(1, at("08:00")), inspection(2, at("09:00"), rig="EOL-9")]

    assert C.RIG_OUT_OF_CALIBRATION in refused(rows)


def test_law_1_flashing_other_software_and_flashing_it_back() -> None:
    procedure = Procedure(PROCEDURE, "ADS", "battery", software_systems=("ADAS",))
    row = inspection(1, at("08:00"), software=(SoftwareClaim("ADAS", "1"),))
    flashes = tuple(
        SoftwareChange("ADAS", version, at(clock), number)
        for number, (version, clock) in enumerate([("1", "06:00"), ("2", "09:00"), ("1", "10:00")])
    )

    assert refused([row], procedures={PROCEDURE: procedure}, software=flashes) == [C.EVIDENCE_STALE]


def test_law_1_claiming_no_software_at_all() -> None:
    procedure = Procedure(PROCEDURE, "ADS", "battery", software_systems=("ADAS",))

    assert refused([inspection(1, at("08:00"))], procedures={PROCEDURE: procedure}) == [C.SOFTWARE_MISMATCH]


def test_law_8_a_concession_signed_before_the_fail_was_known() -> None:
    blank_cheque = Concession(1, TORQUE, (), at("06:00"), at("23:59"))
    row = measured(Outcome.FAIL, characteristic_id=TORQUE)

    assert refused([inspection(1, at("08:00"), row)], requirements=(torque(),), concessions=(blank_cheque,)) == [
        C.MEASUREMENT_FAILED
    ]


def test_law_8_a_concession_of_a_small_fail_stretched_over_a_worse_one_later() -> None:
    concession = Concession(1, TORQUE, (), at("09:00"), at("23:59"))
    row = measured(Outcome.FAIL, characteristic_id=TORQUE)
    rows = [inspection(1, at("08:00"), row), inspection(2, at("10:00"), row)]

    assert refused(rows, requirements=(torque(),), concessions=(concession,)) == [C.MEASUREMENT_FAILED]


def test_law_1_destroying_the_car_on_paper_to_need_no_results() -> None:
    assert refused(for_delivery=False) == [C.NOT_FOR_DELIVERY]


def judged(value: str | bool | None, line: Requirement, unit: str = "ohm") -> Outcome:
    return judge(Reading(value, unit), line).outcome


def test_law_1_values_that_a_lenient_reader_would_pass() -> None:
    line = requirement()
    tricks = [
        "",
        " ",
        "NaN",
        "-NaN",
        "-Infinity",
        "-inf",
        "٠.٠١",
        "0.01 ",
        "0,01",
        "0.0_1",
        "1e-31",
        "0.01ohm",
        True,
        None,
    ]

    assert {judged(value, line) for value in tricks} == {Outcome.INDETERMINATE}


def test_law_5_values_that_rounding_would_pass() -> None:
    line = requirement()

    assert judged("0.1000000000000000000000000000", line) is Outcome.FAIL
    assert judged("0.10000000000000000000000000001", line) is Outcome.FAIL
    assert judged("0.09999999999999999999999999999", line) is Outcome.PASS


def test_law_1_units_that_a_lenient_reader_would_pass() -> None:
    line = requirement()

    assert {judged("0.01", line, unit) for unit in ("", "-", "Ohm", "OHM", "ohms", "V", "ohm/V")} == {
        Outcome.INDETERMINATE
    }
    assert judged("0.00005", line, "kohm") is Outcome.PASS
    assert judged("0.05", line, "kohm") is Outcome.FAIL
