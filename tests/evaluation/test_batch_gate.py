"""What belongs to a batch itself: plan, coverage of type tests, samples."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from inspections.evaluation.facts import (
    BatchInput,
    BuiltCar,
    Coverage,
    GateDecision,
    Procedure,
    Sample,
    SampleRule,
    SoftwareClaim,
)
from inspections.evaluation.gates import decide_batch
from inspections.evaluation.reasons import Outcome, ReasonCode, State

from .builders import MIDNIGHT, at

C = ReasonCode
P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.INDETERMINATE
CRASH = Procedure(40, "CRS-FRONT", "crash")
AEBS = Procedure(41, "ADS-AEBS", "driving", software_systems=("ADAS",))
BUILT = at("08:00", day=7)
NOON = at("12:00", day=9)


def batch_input(**changes: Any) -> BatchInput:
    base = BatchInput(
        domain="crash",
        plan_approved=True,
        has_requirements=True,
        type_procedures=(),
        coverages=(),
        sample_rules=(),
        samples=(),
        testing_closed=False,
        built_from=BUILT,
        built_until=at("16:00", day=8),
    )
    return replace(base, **changes)


def decided(moment: datetime = NOON, **changes: Any) -> GateDecision:
    return decide_batch(batch_input(**changes), at=moment)


def codes(decision: GateDecision) -> list[ReasonCode]:
    return [reason.code for reason in decision.reasons]


def detail(decision: GateDecision) -> dict[str, str]:
    return dict(decision.reasons[0].detail)


def test_law_1_a_batch_without_an_approved_plan_or_without_requirements_is_failed() -> None:
    assert decided() == GateDecision(State.PASSED, ())
    assert (decided(plan_approved=False).state, codes(decided(plan_approved=False))) == (
        State.FAILED,
        [C.PLAN_NOT_APPROVED],
    )
    assert codes(decided(has_requirements=False)) == [C.NO_REQUIREMENTS]


# Coverage


def coverage(number: int, start: int, end: int, procedure: Procedure = CRASH, **changes: Any) -> Coverage:
    base = Coverage(number, procedure.id, MIDNIGHT + timedelta(days=start), MIDNIGHT + timedelta(days=end))
    return replace(base, **changes)


def crash(*coverages: Coverage, moment: datetime = NOON, **changes: Any) -> GateDecision:
    return decided(moment, type_procedures=(CRASH,), coverages=coverages, **changes)


def test_a_procedure_is_covered_until_its_coverage_ends() -> None:
    assert crash(coverage(1, 0, 100)) == GateDecision(State.PASSED, (), MIDNIGHT + timedelta(days=100))


def test_law_1_without_coverage_the_batch_is_failed() -> None:
    decision = crash(coverage(1, 0, 100, AEBS))

    assert (decision.state, codes(decision)) == (State.FAILED, [C.COVERAGE_MISSING])
    assert decision.reasons[0].procedure_id == CRASH.id
    assert detail(decision) == {"procedure": "CRS-FRONT"}


def test_coverage_must_be_valid_when_the_cars_were_built_and_now() -> None:
    assert codes(crash(coverage(1, 8, 100))) == [C.COVERAGE_MISSING]
    assert codes(crash(coverage(1, 7, 100))) == []
    assert codes(crash(coverage(1, 0, 9))) == [C.COVERAGE_EXPIRED]
    assert codes(crash(coverage(1, 0, 9), moment=at("23:59", day=8))) == []
    assert codes(crash(coverage(1, 0, 9), moment=at("00:00", day=9))) == [C.COVERAGE_EXPIRED]
    assert codes(crash(coverage(1, 10, 100))) == [C.COVERAGE_MISSING]


def test_an_expired_coverage_says_which_and_when() -> None:
    assert detail(crash(coverage(3, 0, 9))) == {
        "procedure": "CRS-FRONT",
        "coverage": "3",
        "from": "2026-11-16T00:00:00+00:00",
        "at": "2026-11-25T00:00:00+00:00",
    }


def test_a_revoked_coverage_covers_nothing_and_says_why() -> None:
    revoked = coverage(3, 0, 100, revoked_at=at("10:00", day=9), revoked_reason="dummy out of calibration")
    decision = crash(revoked)

    assert (decision.state, codes(decision)) == (State.FAILED, [C.COVERAGE_REVOKED])
    assert detail(decision)["detail"] == "dummy out of calibration"
    assert detail(decision)["at"] == "2026-11-25T10:00:00+00:00"
    assert codes(crash(revoked, coverage(4, 0, 50))) == []


@pytest.mark.law(9)
def test_law_9_of_a_batch_that_has_left_coverage_is_asked_as_of_when_it_left() -> None:
    left = {"testing_closed": True, "left_at": at("18:00", day=8)}
    years_later = at("12:00", day=900)
    assert crash(coverage(1, 0, 9), moment=years_later, **left) == GateDecision(State.PASSED, (), None)
    # What had ended before the last car left covers no more for that, nor what began after it.
    assert codes(crash(coverage(1, 0, 8), moment=years_later, **left)) == [C.COVERAGE_EXPIRED]
    assert codes(crash(coverage(1, 0, 8), coverage(2, 10, 2000), moment=years_later, **left)) != []
    # Taken back since, it is none.
    revoked = coverage(1, 0, 9, revoked_at=at("10:00", day=800), revoked_reason="dummy out of calibration")
    assert codes(crash(revoked, moment=years_later, **left)) == [C.COVERAGE_REVOKED]


def test_one_coverage_may_follow_another_without_a_gap() -> None:
    first, second = coverage(1, 0, 8), coverage(2, 8, 100)

    assert (
        crash(first, second) == crash(second, first) == GateDecision(State.PASSED, (), MIDNIGHT + timedelta(days=100))
    )
    assert codes(crash(first, replace(second, valid_from=at("00:01", day=8)))) == [C.COVERAGE_MISSING]


def test_a_coverage_that_begins_later_lets_the_decision_lapse_then() -> None:
    decision = crash(coverage(1, 10, 100))

    assert (decision.state, decision.valid_until) == (State.FAILED, MIDNIGHT + timedelta(days=10))


def test_a_batch_without_cars_needs_coverage_now() -> None:
    none = {"built_from": None, "built_until": None}

    assert codes(crash(coverage(1, 8, 100), **none)) == []
    assert codes(crash(**none)) == [C.COVERAGE_MISSING]


ADAS_2, ADAS_3 = (SoftwareClaim("ADAS", "2.0"),), (SoftwareClaim("ADAS", "3.0"),)


def aebs(*coverages: Coverage, **changes: Any) -> GateDecision:
    return decided(type_procedures=(AEBS,), coverages=coverages, domain="driving", **changes)


def test_every_set_of_software_that_cars_carry_needs_its_coverage() -> None:
    two, three = (coverage(number, 0, end, AEBS, software=c) for number, end, c in ((1, 90, ADAS_2), (2, 50, ADAS_3)))
    both = coverage(3, 0, 70, AEBS, software=ADAS_2 + ADAS_3)

    assert codes(aebs(two, software=(ADAS_2,))) == []
    assert codes(aebs(two, software=(ADAS_2, ADAS_3))) == [C.COVERAGE_MISSING]
    assert aebs(two, three, software=(ADAS_2, ADAS_3)).valid_until == MIDNIGHT + timedelta(days=50)
    assert aebs(both, software=(ADAS_2, ADAS_3)).valid_until == MIDNIGHT + timedelta(days=70)
    assert detail(aebs(two, software=(ADAS_3,)))["software"] == "ADAS 3.0"


def test_law_1_unknown_software_is_not_covered() -> None:
    two = coverage(1, 0, 90, AEBS, software=ADAS_2)

    assert codes(aebs(two)) == [C.COVERAGE_MISSING]
    assert codes(aebs(two, software=((),))) == [C.COVERAGE_MISSING]
    assert codes(aebs(coverage(1, 0, 90, AEBS), software=(ADAS_2,))) == [C.COVERAGE_MISSING]
    assert codes(aebs(two, built_from=None, built_until=None)) == []


def test_software_that_a_procedure_does_not_name_plays_no_part() -> None:
    assert codes(crash(coverage(1, 0, 100), software=(ADAS_3,))) == []


def test_each_procedure_is_named_once() -> None:
    decision = decided(type_procedures=(CRASH, AEBS, CRASH), software=(ADAS_2,))

    assert [(reason.code, reason.procedure_id) for reason in decision.reasons] == [
        (C.COVERAGE_MISSING, CRASH.id),
        (C.COVERAGE_MISSING, AEBS.id),
    ]


# Samples: weeks of the tests begin on days -7, 0, 7, 14, 21

WELD = 50


def weeks(first: int = -1, last: int = 4) -> tuple[tuple[datetime, datetime], ...]:
    starts = [MIDNIGHT + timedelta(weeks=number) for number in range(first, last + 1)]
    return tuple(pairwise(starts))


RULE = SampleRule(WELD, "per_period", 1, weeks(), procedure="BAT-SMP-WELD")
CARS = (BuiltCar(1, BUILT),)


def sample(day: int, outcome: Outcome = P, clock: str = "10:00", **changes: Any) -> Sample:
    moment = at(clock, day=day)
    number = day * 1_000 + moment.hour * 10 + outcome
    base = Sample(number, WELD, moment, outcome, subject=f"TRAY-{day}", characteristic="BAT-SMP-WELD-T")
    return replace(base, **changes)


def weld(*samples: Sample, moment: datetime = NOON, rule: SampleRule = RULE, **changes: Any) -> GateDecision:
    return decided(moment, sample_rules=(rule,), samples=samples, **changes)


def test_law_1_without_any_sample_the_batch_is_short() -> None:
    decision = weld()

    assert (decision.state, codes(decision)) == (State.PENDING, [C.SAMPLE_SHORT])
    assert (decision.reasons[0].found, decision.reasons[0].required) == ("0", "1")
    assert decision.reasons[0].procedure_id == WELD
    assert detail(decision) == {
        "procedure": "BAT-SMP-WELD",
        "period": "2026-11-23T00:00+00:00/2026-11-30T00:00+00:00",
    }


@pytest.mark.parametrize("day", [7, 9])
def test_a_good_sample_of_the_week_lasts_to_the_end_of_the_next(day: int) -> None:
    assert weld(sample(day)) == GateDecision(State.PASSED, (), MIDNIGHT + timedelta(days=21))


def test_a_good_sample_of_the_week_before_covers_until_this_week_ends() -> None:
    assert weld(sample(3)) == GateDecision(State.PASSED, (), MIDNIGHT + timedelta(days=14))
    assert codes(weld(sample(3), moment=at("23:59", day=13))) == []
    assert codes(weld(sample(3), moment=at("00:00", day=14))) == [C.SAMPLE_SHORT]


def test_overdue_says_what_was_due() -> None:
    decision = weld(sample(-4), moment=at("12:00", day=15))

    assert codes(decision) == [C.SAMPLE_SHORT]
    assert detail(decision)["next_due"] == "2026-11-23T00:00:00+00:00"
    assert detail(decision)["period"] == "2026-11-23T00:00+00:00/2026-11-30T00:00+00:00"


def test_a_closed_batch_with_a_good_sample_after_its_last_car_needs_no_more() -> None:
    late = at("12:00", day=27)

    assert weld(sample(9), testing_closed=True) == GateDecision(State.PASSED, ())
    assert weld(sample(9), testing_closed=True, moment=late) == GateDecision(State.PASSED, ())
    assert codes(weld(sample(9), moment=late)) == [C.SAMPLE_SHORT]
    assert weld(sample(8), testing_closed=True).valid_until == MIDNIGHT + timedelta(days=21)
    assert codes(weld(sample(8), testing_closed=True, moment=late)) == [C.SAMPLE_SHORT]


def test_law_1_a_week_in_which_cars_were_built_unsampled_is_no_better_for_a_later_sample() -> None:
    two_weeks_on = sample(20)
    stands_for_it = replace(two_weeks_on, made_at=at("11:00", day=7))

    gap = weld(two_weeks_on, moment=at("12:00", day=20), testing_closed=True)
    assert codes(gap) == [C.SAMPLE_SHORT]
    assert detail(gap)["period"] == "2026-11-23T00:00+00:00/2026-11-30T00:00+00:00"
    assert codes(weld(two_weeks_on, stands_for_it, moment=at("12:00", day=20), testing_closed=True)) == []


def test_law_1_cars_built_outside_the_weeks_that_are_known_are_short() -> None:
    assert codes(weld(sample(9), rule=replace(RULE, periods=()))) == [C.SAMPLE_SHORT]
    assert codes(weld(sample(9), built_from=at("00:00", day=-30))) == [C.SAMPLE_SHORT]
    assert codes(weld(sample(22), rule=replace(RULE, periods=weeks(3)), moment=at("12:00", day=22))) == [C.SAMPLE_SHORT]


def test_the_next_due_moment_is_the_end_of_the_last_week_known_if_no_other_follows() -> None:
    assert weld(sample(9), rule=replace(RULE, periods=weeks(-1, 2))).valid_until == MIDNIGHT + timedelta(days=14)


def test_a_batch_without_cars_is_sampled_as_if_built_now() -> None:
    none = {"built_from": None, "built_until": None}

    assert weld(sample(3), **none).valid_until == MIDNIGHT + timedelta(days=14)
    assert codes(weld(sample(-4), **none)) == [C.SAMPLE_SHORT]
    assert weld(sample(9, clock="12:00"), **none, testing_closed=True).valid_until == MIDNIGHT + timedelta(days=21)


def test_more_than_one_sample_a_week_must_conform_with_no_reject_among_them() -> None:
    two = replace(RULE, size=2)

    assert codes(weld(sample(7), rule=two)) == [C.SAMPLE_SHORT]
    assert weld(sample(7), rule=two).reasons[0].found == "1"
    assert codes(weld(sample(7), sample(8), rule=two)) == []
    assert codes(weld(sample(6), sample(8), rule=two)) == [C.SAMPLE_SHORT]
    assert codes(weld(sample(7), sample(8, U), sample(9), rule=two)) == []
    screened = sample(8, F, cleared_for=frozenset({1}))
    assert codes(weld(sample(7), screened, sample(9), rule=two, cars=CARS)) == [C.SAMPLE_SHORT]


def test_law_1_a_rule_of_no_samples_asks_for_one() -> None:
    assert codes(weld(rule=replace(RULE, size=0))) == [C.SAMPLE_SHORT]


@pytest.mark.parametrize(
    ("samples", "rejected"),
    [
        ((sample(6), sample(9, F)), True),
        ((sample(9, F),), True),
        ((sample(6, clock="09:00"), sample(7, F, clock="07:00"), sample(7, clock="07:30")), False),
        ((sample(6), sample(7, F, clock="07:00"), sample(7, clock="08:30")), True),
        ((sample(8, clock="15:59"), sample(9, F)), True),
        ((sample(8, clock="16:01"), sample(9, F)), False),
        ((sample(9, clock="09:00"), sample(9, F)), False),
        ((sample(6), sample(7, F), sample(8), sample(9)), True),
        ((sample(2), sample(3, F), sample(4), sample(7)), False),
    ],
)
def test_a_reject_reaches_back_to_the_last_good_sample_and_on_to_the_next(
    samples: tuple[Sample, ...], rejected: bool
) -> None:
    assert (C.SAMPLE_REJECTED in codes(weld(*samples))) is rejected
    assert weld(*samples) == weld(*reversed(samples))


def test_a_reject_fails_the_batch_until_it_is_cleared() -> None:
    bad = sample(8, F)
    decision = weld(sample(6), bad, sample(9))

    assert (decision.state, codes(decision)) == (State.FAILED, [C.SAMPLE_REJECTED])
    assert detail(decision) == {
        "procedure": "BAT-SMP-WELD",
        "sample": "TRAY-8",
        "characteristic": "BAT-SMP-WELD-T",
        "count": "1",
        "rejected": str(bad.id),
        "at": "2026-11-24T10:00:00+00:00",
    }
    screened = replace(bad, cleared_for=frozenset({1}))
    assert codes(weld(sample(6), screened, sample(9), cars=CARS)) == []
    assert codes(weld(sample(6), screened, sample(9))) == [C.SAMPLE_REJECTED]


def test_a_reject_and_a_pass_of_one_moment_are_no_good_sample_to_reach_back_to() -> None:
    together = (sample(8), sample(8, F))

    assert codes(weld(sample(6), *together)) == [C.SAMPLE_REJECTED]


def test_samples_of_another_procedure_say_nothing() -> None:
    assert codes(weld(sample(9, procedure_id=51))) == [C.SAMPLE_SHORT]
    assert codes(weld(sample(9), sample(9, F, procedure_id=51))) == []


def test_per_batch_counts_what_was_drawn_alone() -> None:
    drawn = replace(RULE, basis="per_batch", size=2, periods=())

    assert codes(weld(sample(7), sample(8), rule=drawn)) == [C.SAMPLE_SHORT]
    assert codes(weld(sample(7, drawn=True), sample(8), rule=drawn)) == [C.SAMPLE_SHORT]
    assert detail(weld(rule=drawn)) == {"procedure": "BAT-SMP-WELD", "period": "batch"}
    assert weld(sample(7, drawn=True), sample(8, drawn=True), rule=drawn) == GateDecision(State.PASSED, ())
    assert codes(weld(sample(7, drawn=True), sample(8, F, drawn=True), sample(9, drawn=True), rule=drawn)) == [
        C.SAMPLE_REJECTED
    ]


def test_law_1_a_basis_that_nobody_knows_is_short_for_ever() -> None:
    assert codes(weld(sample(9, drawn=True), rule=replace(RULE, basis="now and then"))) == [C.SAMPLE_SHORT]


def test_the_first_of_all_ends_limits_the_decision() -> None:
    decision = decided(
        type_procedures=(CRASH,), coverages=(coverage(1, 0, 20),), sample_rules=(RULE,), samples=(sample(9),)
    )

    assert decision == GateDecision(State.PASSED, (), MIDNIGHT + timedelta(days=20))
