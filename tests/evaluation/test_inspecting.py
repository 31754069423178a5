from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.evaluation.facts import Expression, Kind, Reading, Requirement, Verdict
from inspections.evaluation.inspecting import Judged, ProcedureJudge, inspection_verdict
from inspections.evaluation.reasons import JudgementReason, Outcome

from .builders import BONDING, INSULATION, TORQUE, at, requirement, torque

R = JudgementReason
PASS = Verdict(Outcome.PASS)
FAIL = Verdict(Outcome.FAIL, R.OUTSIDE_LIMITS)
UNCLEAR = Verdict(Outcome.INDETERMINATE, R.NOT_A_NUMBER)
LOGGED = Verdict(Outcome.NOT_JUDGED, R.NO_REQUIREMENT)
ABSENT = Verdict(Outcome.INDETERMINATE, R.ABSENT)


@pytest.mark.parametrize(
    ("verdicts", "absent", "has_requirements", "expected"),
    [
        ([PASS, PASS], (), True, PASS),
        ([PASS, LOGGED], (), True, PASS),
        ([PASS, FAIL, UNCLEAR], ((1, ""),), True, FAIL),
        ([FAIL], (), False, FAIL),
        ([PASS, UNCLEAR], (), True, UNCLEAR),
        ([PASS], ((1, "front-left"),), True, ABSENT),
        ([PASS], (), False, Verdict(Outcome.INDETERMINATE, R.NO_REQUIREMENTS)),
        ([], (), False, Verdict(Outcome.INDETERMINATE, R.NO_REQUIREMENTS)),
        ([], (), True, ABSENT),
        ([LOGGED], (), True, ABSENT),
    ],
)
def test_law_1_an_inspection_passes_only_with_all_that_is_asked(
    verdicts: list[Verdict], absent: tuple[tuple[int, str], ...], has_requirements: bool, expected: Verdict
) -> None:
    assert inspection_verdict(verdicts, absent=absent, has_requirements=has_requirements) == expected


def reading(value: str, position: str = "") -> Reading:
    return Reading(value, "ohm", position)


def test_each_reading_is_judged_against_the_line_for_its_position() -> None:
    front = requirement(id=1, positions=("front",))
    rear = requirement(id=2, positions=("rear",), upper=Decimal("0.2"))
    plan = ProcedureJudge([front, rear])

    assert plan.judge(BONDING, reading("0.15", "front")) == Judged(BONDING, "front", FAIL, 1)
    assert plan.judge(BONDING, reading("0.15", "rear")) == Judged(BONDING, "rear", PASS, 2)


def test_a_reading_that_nothing_asks_for_is_logged_with_the_reason() -> None:
    later = torque(effective_from=at("00:00", day=7))
    plan = ProcedureJudge([requirement(positions=("front",)), later], built_at=at("08:00"))

    def reason(characteristic_id: int | None, position: str = "") -> tuple[Outcome, JudgementReason]:
        judged = plan.judge(characteristic_id, reading("1", position))
        assert judged.requirement_id is None
        return judged.verdict.outcome, judged.verdict.reason

    assert reason(None) == (Outcome.NOT_JUDGED, R.UNKNOWN_CHARACTERISTIC)
    assert reason(BONDING, "middle") == (Outcome.NOT_JUDGED, R.UNKNOWN_POSITION)
    assert reason(TORQUE) == (Outcome.NOT_JUDGED, R.NOT_IN_EFFECT)
    assert reason(INSULATION) == (Outcome.NOT_JUDGED, R.NO_REQUIREMENT)


def test_an_inspection_without_one_of_its_positions_is_indeterminate_and_names_it() -> None:
    plan = ProcedureJudge([requirement(positions=("front", "rear"))])

    result = plan.verdict([plan.judge(BONDING, reading("0.04", "front"))])

    assert result.verdict == ABSENT
    assert result.absent == ((BONDING, "rear"),)


def test_of_two_readings_of_one_position_in_one_inspection_the_worse_speaks() -> None:
    plan = ProcedureJudge([requirement()])
    good, bad = (plan.judge(BONDING, reading(value)) for value in ("0.04", "0.4"))

    assert plan.verdict([good, bad]).verdict == plan.verdict([bad, good]).verdict == FAIL


def test_what_was_asked_but_not_judged_is_unclear() -> None:
    plan = ProcedureJudge([requirement()])

    result = plan.verdict([Judged(BONDING, "", Verdict(Outcome.NOT_JUDGED, R.NO_PLAN))])

    assert result.verdict == Verdict(Outcome.INDETERMINATE, R.NO_PLAN)


def test_a_plan_that_asks_nothing_of_the_procedure_never_passes_it() -> None:
    plan = ProcedureJudge([])

    result = plan.verdict([plan.judge(BONDING, reading("0.04"))])

    assert result.verdict == Verdict(Outcome.INDETERMINATE, R.NO_REQUIREMENTS)
    assert result.absent == ()


def post_crash() -> list[Requirement]:
    """Any one of isolation (11) and a low voltage (12) on each bus."""
    buses = ("bus-1", "bus-2")
    isolation = requirement(
        id=1, characteristic_id=11, lower=Decimal(100), upper=None, unit="ohm/V", group=9, positions=buses
    )
    voltage = requirement(
        id=2, characteristic_id=12, upper=Decimal(60), upper_inclusive=True, unit="V", group=9, positions=buses
    )
    group = requirement(
        id=9,
        characteristic_id=19,
        kind=Kind.ATTRIBUTE,
        expression=Expression.ANY_OF,
        upper=None,
        members=(1, 2),
        positions=buses,
    )
    return [isolation, voltage, group]


@pytest.mark.parametrize(
    ("isolation", "voltage", "expected"),
    [
        ("120", "400", PASS),
        ("20", "48", PASS),
        ("20", "400", FAIL),
        ("120", None, PASS),
        ("20", None, FAIL),
        ("NaN", "48", PASS),
        ("NaN", "400", FAIL),
        ("NaN", "", Verdict(Outcome.INDETERMINATE, R.NOT_A_NUMBER)),
        (None, None, ABSENT),
    ],
)
def test_any_one_member_is_enough_and_a_member_failing_alone_is_no_fail(
    isolation: str | None, voltage: str | None, expected: Verdict
) -> None:
    plan = ProcedureJudge(post_crash())
    judged = [plan.judge(11, Reading("120", "ohm/V", "bus-2"))]
    if isolation is not None:
        judged.append(plan.judge(11, Reading(isolation, "ohm/V", "bus-1")))
    if voltage is not None:
        judged.append(plan.judge(12, Reading(voltage, "V", "bus-1")))

    result = plan.verdict(judged)

    assert result.verdict == expected
    assert result.absent == (((19, "bus-1"),) if expected == ABSENT else ())


def test_each_bus_needs_its_own_member() -> None:
    plan = ProcedureJudge(post_crash())
    judged = [plan.judge(11, Reading("120", "ohm/V", "bus-1")), plan.judge(12, Reading("400", "V", "bus-2"))]

    assert plan.verdict(judged).verdict == FAIL


def test_law_1_a_member_whose_group_does_not_name_it_is_asked_by_itself() -> None:
    isolation, voltage, group = post_crash()
    plan = ProcedureJudge([isolation, voltage, replace(group, members=(2,))])
    judged = [
        plan.judge(characteristic, Reading(value, unit, bus))
        for bus in ("bus-1", "bus-2")
        for characteristic, value, unit in ((11, "20", "ohm/V"), (12, "48", "V"))
    ]

    assert plan.verdict(judged).verdict == FAIL


def test_law_1_a_group_whose_members_are_nowhere_is_absent_for_ever() -> None:
    plan = ProcedureJudge(post_crash()[2:])

    result = plan.verdict([])

    assert result.verdict == ABSENT
    assert result.absent == ((19, "bus-1"), (19, "bus-2"))


LINES = st.builds(
    requirement,
    characteristic_id=st.sampled_from([BONDING, TORQUE]),
    kind=st.sampled_from(Kind),
    expression=st.sampled_from(Expression),
    lower=st.sampled_from([None, Decimal("-1"), Decimal("0.05"), Decimal("1e40")]),
    upper=st.sampled_from([None, Decimal("0.1"), Decimal("3")]),
    lower_inclusive=st.booleans(),
    upper_inclusive=st.booleans(),
    values=st.sampled_from([(), ("0.1",), ("1", "2"), ("x",)]),
    unit=st.sampled_from(["ohm", "mOhm", ""]),
    uncertainty=st.sampled_from([None, Decimal("0.01"), Decimal("-1")]),
    special=st.sampled_from(["", "CC"]),
    positions=st.sampled_from([("",), ("front-left", "lid")]),
)
NUMBERS = st.one_of(
    st.decimals(min_value=-5, max_value=5, places=3).map(str), st.sampled_from(["0.1", "0.10", "-0", "100", "1", "0"])
)


@pytest.mark.law(1)
@given(
    st.lists(LINES, max_size=2),
    st.sampled_from([BONDING, TORQUE, None]),
    st.builds(
        Reading,
        NUMBERS,
        st.sampled_from(["ohm", "mOhm", "V", ""]),
        st.sampled_from(["", "lid", "elsewhere"]),
        st.just(True),
    ),
    st.lists(NUMBERS, min_size=1, max_size=5),
)
def test_law_1_of_many_numbers_it_says_what_it_says_of_each(
    lines: list[Requirement], characteristic_id: int | None, like: Reading, numbers: list[str]
) -> None:
    judge = ProcedureJudge(lines)
    judging = judge.judging(characteristic_id, like)
    assert [judging(number) for number in numbers] == [
        judge.judge(characteristic_id, like._replace(value=number)) for number in numbers
    ]
