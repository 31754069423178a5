from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.evaluation.facts import Expression, Kind, Reading, Requirement, Verdict
from inspections.evaluation.judging import critical, in_effect, judge
from inspections.evaluation.quantities import plain_text
from inspections.evaluation.reasons import JudgementReason, Outcome

from .builders import requirement

R, E = JudgementReason, Expression
PASS = Verdict(Outcome.PASS)
OUT = Verdict(Outcome.FAIL, R.OUTSIDE_LIMITS)


def unclear(reason: JudgementReason) -> Verdict:
    return Verdict(Outcome.INDETERMINATE, reason)


def number(**changes: object) -> Requirement:
    plain = {"special": "SC", "lower": None, "upper": None, "upper_inclusive": True, "uncertainty": None, "unit": "V"}
    return requirement(**{**plain, **changes})


def inside(lower: str | None, upper: str | None, **changes: object) -> Requirement:
    return number(
        lower=None if lower is None else Decimal(lower), upper=None if upper is None else Decimal(upper), **changes
    )


def verdict(value: str | bool | None, line: Requirement, unit: str | None = None, position: str = "") -> Verdict:
    return judge(Reading(value, line.unit if unit is None else unit, position), line)


def test_law_5_bonding_below_a_tenth_of_an_ohm_fails_at_the_limit() -> None:
    bonding = requirement()

    assert [verdict(value, bonding) for value in ("0.0999", "0.100", "0.1", "0.1001")] == [PASS, OUT, OUT, OUT]


def test_law_5_insulation_of_five_hundred_ohms_a_volt_passes_at_the_limit() -> None:
    insulation = inside("500", None, unit="ohm/V")

    assert [verdict(value, insulation) for value in ("499.999", "500", "500.0", "5e2")] == [OUT, PASS, PASS, PASS]


LIMIT = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=6)


@given(LIMIT, st.booleans())
def test_law_5_one_unit_in_the_last_place_decides_at_an_upper_limit(limit: Decimal, inclusive: bool) -> None:
    line = number(upper=limit, upper_inclusive=inclusive)
    ulp = Decimal("1e-6")

    assert verdict(plain_text(limit - ulp), line) == PASS
    assert verdict(plain_text(limit), line) == (PASS if inclusive else OUT)
    assert verdict(plain_text(limit + ulp), line) == OUT


@given(LIMIT, st.booleans())
def test_law_5_one_unit_in_the_last_place_decides_at_a_lower_limit(limit: Decimal, inclusive: bool) -> None:
    line = number(lower=limit, lower_inclusive=inclusive)
    ulp = Decimal("1e-6")

    assert verdict(plain_text(limit + ulp), line) == PASS
    assert verdict(plain_text(limit), line) == (PASS if inclusive else OUT)
    assert verdict(plain_text(limit - ulp), line) == OUT


def test_law_5_thirty_digits_are_all_compared() -> None:
    limit = "0.999999999999999999999999999999"
    line = inside(None, limit, upper_inclusive=False)

    assert verdict("0.999999999999999999999999999998", line) == PASS
    assert verdict(limit, line) == OUT
    assert verdict("1.00000000000000000000000000000", line) == OUT


def test_two_limits_may_differ_in_strictness() -> None:
    line = inside("1.4", "3.6", lower_inclusive=False)

    assert [verdict(value, line) for value in ("1.4", "1.41", "3.6", "3.61")] == [OUT, PASS, PASS, OUT]


def test_outside_passes_beyond_either_limit() -> None:
    strict = inside("1", "5", expression=E.OUTSIDE, lower_inclusive=False, upper_inclusive=False)
    inclusive = inside("1", "5", expression=E.OUTSIDE)
    values = ("0.9", "1", "3", "5", "5.1")

    assert [verdict(value, strict) for value in values] == [PASS, OUT, OUT, OUT, PASS]
    assert [verdict(value, inclusive) for value in values] == [PASS, PASS, OUT, PASS, PASS]


def test_equal_not_equal_and_one_of_compare_numbers_not_texts() -> None:
    equal = number(expression=E.EQUAL, values=("0.50",))
    different = number(expression=E.NOT_EQUAL, values=("0.5", "1"))
    listed = number(expression=E.ONE_OF, values=("1", "2.0"))

    assert [verdict(value, equal) for value in ("0.5", "5e-1", "0.51")] == [PASS, PASS, OUT]
    assert [verdict(value, different) for value in ("0.50", "1.0", "0.7")] == [OUT, OUT, PASS]
    assert [verdict(value, listed) for value in ("2", "1.000", "1.5")] == [PASS, PASS, OUT]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, R.NO_VALUE),
        ("", R.NO_VALUE),
        ("   ", R.NO_VALUE),
        ("NaN", R.NOT_A_NUMBER),
        ("Infinity", R.NOT_A_NUMBER),
        ("-Infinity", R.NOT_A_NUMBER),
        ("OK", R.NOT_A_NUMBER),
        ("1_0", R.NOT_A_NUMBER),
        ("1e31", R.NUMBER_OUT_OF_RANGE),
        (True, R.WRONG_TYPE),
        (False, R.WRONG_TYPE),
    ],
)
@pytest.mark.parametrize("line", [inside("-1e30", "1e30"), number(expression=E.NOT_EQUAL, values=("7",))])
def test_law_1_what_is_no_number_never_passes(
    value: str | bool | None, reason: JudgementReason, line: Requirement
) -> None:
    assert verdict(value, line) == unclear(reason)


@pytest.mark.parametrize("unit", ["", "-", "A", "v", "V ", "mV/s", "ohm"])
def test_law_1_a_unit_that_is_missing_or_different_never_passes(unit: str) -> None:
    assert verdict("1", inside(None, "5"), unit) == unclear(R.UNIT_MISMATCH)


def test_law_1_a_unit_where_none_is_asked_never_passes() -> None:
    assert verdict("0.9", inside(None, "1", unit="-"), "%") == unclear(R.UNIT_MISMATCH)
    assert verdict("0.9", inside(None, "1", unit="-"), "") == PASS


def test_law_5_kilometres_an_hour_and_metres_a_second_compare_exactly() -> None:
    impact = inside(None, "10", unit="km/h", upper_inclusive=True)

    assert verdict("2.7777777777777777777777777777", impact, "m/s") == PASS
    assert verdict("2.7777777777777777777777777778", impact, "m/s") == OUT
    assert verdict("36", inside("10", "10", unit="m/s"), "km/h") == PASS


@given(LIMIT, st.booleans())
def test_law_5_a_limit_met_in_another_unit_is_met_exactly(limit: Decimal, inclusive: bool) -> None:
    line = inside(None, plain_text(limit), unit="kohm", upper_inclusive=inclusive)

    assert verdict(plain_text(limit * 1000), line, "ohm") == (PASS if inclusive else OUT)
    assert verdict(plain_text(limit * 1000 - Decimal("1e-6")), line, "ohm") == PASS
    assert verdict(plain_text(limit * 1000 + Decimal("1e-6")), line, "ohm") == OUT


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.97", PASS),
        ("0.98", PASS),
        ("0.981", unclear(R.WITHIN_UNCERTAINTY)),
        ("1", unclear(R.WITHIN_UNCERTAINTY)),
        ("1.02", unclear(R.WITHIN_UNCERTAINTY)),
        ("1.021", OUT),
    ],
)
def test_uncertainty_makes_a_third_outcome_about_an_inclusive_limit(value: str, expected: Verdict) -> None:
    assert verdict(value, inside(None, "1", uncertainty=Decimal("0.02"))) == expected


def test_uncertainty_about_a_strict_limit_excludes_the_limit_itself() -> None:
    line = inside(None, "1", upper_inclusive=False, uncertainty=Decimal("0.02"))

    assert [verdict(value, line) for value in ("0.979", "0.98", "1.02")] == [PASS, unclear(R.WITHIN_UNCERTAINTY), OUT]


def test_uncertainty_is_in_the_unit_of_the_limit() -> None:
    line = inside(None, "1", uncertainty=Decimal("0.02"))

    assert verdict("980", line, "mV") == PASS
    assert verdict("981", line, "mV") == unclear(R.WITHIN_UNCERTAINTY)
    assert verdict("1021", line, "mV") == OUT


def test_uncertainty_wider_than_the_tolerance_never_passes() -> None:
    line = inside("1", "2", uncertainty=Decimal("1"))

    assert [verdict(value, line).outcome for value in ("1.5", "0", "3.01")] == [
        Outcome.INDETERMINATE,
        Outcome.INDETERMINATE,
        Outcome.FAIL,
    ]


def test_law_1_both_ends_outside_with_the_forbidden_zone_between_them_is_no_pass() -> None:
    line = inside("1", "5", expression=E.OUTSIDE, uncertainty=Decimal("3"))

    assert verdict("3", line) == unclear(R.WITHIN_UNCERTAINTY)
    assert verdict("-2", line) == PASS
    assert verdict("8", line) == PASS
    assert verdict("3", replace(line, uncertainty=Decimal("1"))) == OUT


def test_uncertainty_about_stated_values() -> None:
    u = Decimal("0.1")
    equal = number(expression=E.EQUAL, values=("5",), uncertainty=u)
    different = number(expression=E.NOT_EQUAL, values=("5",), uncertainty=u)

    assert verdict("5", equal) == unclear(R.WITHIN_UNCERTAINTY)
    assert verdict("5.11", equal) == OUT
    assert verdict("5.11", different) == PASS
    assert verdict("5", different) == unclear(R.WITHIN_UNCERTAINTY)
    assert verdict("5", replace(equal, uncertainty=Decimal(0))) == PASS
    assert verdict("5", replace(different, uncertainty=Decimal(0))) == OUT


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-1000, max_value=1000, places=3)
U = st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=100, places=3)


@given(st.sampled_from([E.INSIDE, E.OUTSIDE]), NUMBERS, NUMBERS, st.booleans(), st.booleans(), NUMBERS, U)
def test_law_1_a_pass_with_uncertainty_passes_at_every_point_of_it(
    expression: Expression, one: Decimal, other: Decimal, low_in: bool, high_in: bool, value: Decimal, u: Decimal
) -> None:
    line = number(
        expression=expression,
        lower=min(one, other),
        upper=max(one, other),
        lower_inclusive=low_in,
        upper_inclusive=high_in,
    )
    points = [value - u, value - u / 2, value, value + u / 3, value + u, one, other, (one + other) / 2]
    within = [point for point in points if value - u <= point <= value + u]
    plain = {verdict(plain_text(point), line).outcome for point in within}

    outcome = verdict(plain_text(value), replace(line, uncertainty=u)).outcome

    if outcome is Outcome.PASS:
        assert plain == {Outcome.PASS}
    if outcome is Outcome.FAIL:
        assert plain == {Outcome.FAIL}
    if len(plain) > 1:
        assert outcome is Outcome.INDETERMINATE


@given(NUMBERS, NUMBERS, U, U)
def test_law_1_a_larger_uncertainty_never_makes_a_pass(
    value: Decimal, limit: Decimal, u: Decimal, more: Decimal
) -> None:
    text, line = plain_text(value), number(upper=limit)

    if verdict(text, replace(line, uncertainty=u + more)) == PASS:
        assert verdict(text, replace(line, uncertainty=u)) == PASS
        assert verdict(text, line) == PASS


def test_law_1_a_critical_variable_without_stated_uncertainty_never_passes_but_fails() -> None:
    line = requirement(uncertainty=None)

    assert verdict("0.01", line) == unclear(R.UNCERTAINTY_NOT_STATED)
    assert verdict("0.2", line) == OUT
    assert verdict("0.01", replace(line, special="SC")) == PASS


@pytest.mark.parametrize(
    "line",
    [
        inside(None, None),
        inside(None, None, expression=E.OUTSIDE),
        number(expression=E.EQUAL),
        number(expression=E.NOT_EQUAL),
        number(expression=E.ONE_OF),
        number(kind=Kind.IDENTITY, expression=E.EQUAL),
        number(kind=Kind.IDENTITY, expression=E.NOT_EQUAL),
    ],
)
def test_law_1_without_a_limit_nothing_passes(line: Requirement) -> None:
    assert verdict("1", line) == unclear(R.NO_LIMIT)


@pytest.mark.parametrize(
    "line",
    [
        inside("5", "3"),
        inside("3", "3", upper_inclusive=False),
        inside("5", "3", expression=E.OUTSIDE),
        inside("3", None, expression=E.OUTSIDE),
        number(upper=Decimal("NaN")),
        number(lower=Decimal("-Infinity")),
        number(upper=Decimal("1e40")),
        inside(None, "1", uncertainty=Decimal("-0.1")),
        inside(None, "1", uncertainty=Decimal("Infinity")),
        number(expression=E.EQUAL, values=("1", "2")),
        number(expression=E.ONE_OF, values=("1", "two")),
        number(expression=E.NOT_EQUAL, values=("",)),
        number(expression=E.CONFORMS),
        number(expression=E.ANY_OF),
        number(kind=Kind.COUNT, expression=E.CONFORMS),
        number(kind=Kind.IDENTITY, expression=E.INSIDE, upper=Decimal(2)),
        number(kind=Kind.IDENTITY, expression=E.EQUAL, values=("1", "2")),
    ],
)
def test_law_1_a_limit_that_cannot_be_judged_by_never_passes(line: Requirement) -> None:
    assert verdict("1", line) == unclear(R.UNPARSED_LIMIT)


def test_outside_one_value_that_conforms_says_nothing_and_is_judged_so() -> None:
    line = inside("3", "3", expression=E.OUTSIDE)
    assert [verdict(text, line) for text in ("2.9", "3", "3.1")] == [PASS, PASS, PASS]
    assert verdict("NaN", line) == unclear(R.NOT_A_NUMBER)


def test_outside_one_value_passes_all_but_it() -> None:
    line = inside("3", "3", expression=E.OUTSIDE, lower_inclusive=False, upper_inclusive=False)

    assert [verdict(value, line) for value in ("2.9", "3", "3.1")] == [PASS, OUT, PASS]


def test_a_count_is_a_whole_number_with_no_unit_or_its_own() -> None:
    line = inside(None, "0", kind=Kind.COUNT, unit="count")
    bare = replace(line, unit="")

    assert [verdict("0", line, unit) for unit in ("count", "", "-")] == [PASS, PASS, PASS]
    assert [verdict("0", bare, unit) for unit in ("count", "", "-")] == [PASS, PASS, PASS]
    assert verdict("1", line) == OUT
    assert verdict("0.0", line) == PASS
    assert verdict("0.5", line) == unclear(R.WRONG_TYPE)
    assert verdict("-1", line) == unclear(R.WRONG_TYPE)
    assert verdict(False, line) == unclear(R.WRONG_TYPE)
    assert verdict("0", line, "V") == unclear(R.UNIT_MISMATCH)


def test_law_1_an_attribute_conforms_by_a_true_alone() -> None:
    line = number(kind=Kind.ATTRIBUTE, expression=E.CONFORMS, unit="N")

    assert verdict(True, line, "") == PASS
    assert verdict(False, line, "") == Verdict(Outcome.FAIL)
    assert [verdict(value, line) for value in ("pass", "true", "1", "fail")] == [unclear(R.WRONG_TYPE)] * 4
    assert [verdict(value, line) for value in (None, "", " ")] == [unclear(R.NO_VALUE)] * 3
    assert verdict(True, replace(line, expression=E.EQUAL)) == unclear(R.UNPARSED_LIMIT)


def test_an_identity_is_compared_as_stated() -> None:
    line = number(kind=Kind.IDENTITY, expression=E.ONE_OF, values=("4.2.1", "B-07"), unit="")
    fail = Verdict(Outcome.FAIL)

    assert [verdict(value, line) for value in ("4.2.1", "B-07")] == [PASS, PASS]
    assert [verdict(value, line) for value in ("4.2.10", "b-07", " B-07", "B-07\n", "Ｂ-07")] == [fail] * 5
    assert verdict("b-07", replace(line, case_sensitive=False)) == PASS
    assert verdict("B-07", replace(line, expression=E.NOT_EQUAL)) == fail
    assert verdict("B-08", replace(line, expression=E.NOT_EQUAL)) == PASS
    assert verdict(None, line) == unclear(R.NO_VALUE)
    assert verdict(True, line) == unclear(R.WRONG_TYPE)


def test_law_1_what_reads_like_the_forbidden_identity_is_no_other_one() -> None:
    line = number(kind=Kind.IDENTITY, expression=E.NOT_EQUAL, values=("B-07", "Ｃ-9"), unit="")
    folded = replace(line, case_sensitive=False)

    for alike in (" B-07", "B-07 ", "Ｂ-07", "B-07\u200b", "\u00a0B\u00ad-07", "C-9", "Ｃ-9"):
        assert verdict(alike, line) == Verdict(Outcome.FAIL)
    assert [verdict("b-07 ", folded), verdict("ｂ-07", folded)] == [Verdict(Outcome.FAIL)] * 2
    assert [verdict(unseen, line) for unseen in ("\u200b", "\u2060\u00ad")] == [unclear(R.NO_VALUE)] * 2
    assert [verdict(other, line) for other in ("B-071", "B 07", "b-07")] == [PASS] * 3


def test_law_1_an_identity_sent_as_a_number_is_not_compared() -> None:
    line = number(kind=Kind.IDENTITY, expression=E.EQUAL, values=("42",), unit="")

    assert judge(Reading("42"), line) == PASS
    assert judge(Reading("42", is_number=True), line) == unclear(R.WRONG_TYPE)


def test_without_a_requirement_nothing_is_judged() -> None:
    assert judge(Reading("1", "V"), None) == Verdict(Outcome.NOT_JUDGED, R.NO_REQUIREMENT)


def test_a_position_that_the_plan_does_not_name_is_not_judged() -> None:
    line = inside(None, "5", positions=("front-left", "front-right"))

    assert verdict("9", line, position="front-left") == OUT
    assert verdict("1", line, position="front left") == Verdict(Outcome.NOT_JUDGED, R.UNKNOWN_POSITION)
    assert verdict("1", line) == Verdict(Outcome.NOT_JUDGED, R.UNKNOWN_POSITION)
    assert verdict("1", replace(line, positions=())) == PASS


def test_a_requirement_binds_what_was_built_while_it_was_in_effect() -> None:
    start, end = datetime(2026, 7, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
    line = inside(None, "5", effective_from=start, effective_to=end)
    before = datetime(2026, 6, 30, 23, 59, tzinfo=UTC)

    assert [in_effect(line, moment) for moment in (before, start, end)] == [False, True, False]
    assert judge(Reading("9", "V"), line, built_at=before) == Verdict(Outcome.NOT_JUDGED, R.NOT_IN_EFFECT)
    assert judge(Reading("9", "V"), line, built_at=start) == OUT
    assert judge(Reading("9", "V"), line) == OUT


def test_critical_is_what_is_legal_or_marked_cc() -> None:
    plain = number(legal=False, special="")

    assert not critical(plain)
    assert critical(replace(plain, legal=True))
    assert critical(replace(plain, special="CC"))
    assert critical(replace(plain, special="cc "))
    assert not critical(replace(plain, special="SC"))


ANY_DECIMAL = st.none() | st.decimals()
ANY_LINE = st.builds(
    requirement,
    kind=st.sampled_from(Kind),
    expression=st.sampled_from(Expression),
    lower=ANY_DECIMAL,
    upper=ANY_DECIMAL,
    lower_inclusive=st.booleans(),
    upper_inclusive=st.booleans(),
    values=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    case_sensitive=st.booleans(),
    unit=st.sampled_from(["", "-", "V", "mV", "count", "Number"]),
    uncertainty=ANY_DECIMAL,
    special=st.sampled_from(["", "SC", "CC"]),
)
ANY_READING = st.builds(
    Reading,
    st.none() | st.booleans() | st.text(max_size=40) | st.decimals().map(str) | st.integers().map(str),
    st.sampled_from(["", "-", "V", "mV", "count", "Number"]) | st.text(max_size=5),
    st.just("") | st.text(max_size=3),
    st.booleans(),
)


@given(ANY_READING, ANY_LINE)
def test_law_1_judging_never_raises_and_only_what_is_usable_passes(reading: Reading, line: Requirement) -> None:
    outcome = judge(reading, line).outcome

    if outcome is Outcome.PASS and line.kind in (Kind.VARIABLE, Kind.COUNT):
        assert isinstance(reading.value, str)
        assert Decimal(reading.value).is_finite()
        assert line.lower is not None or line.upper is not None or line.values
    if outcome is Outcome.PASS and line.kind is Kind.ATTRIBUTE:
        assert reading.value is True


@given(ANY_READING, ANY_LINE)
def test_judging_twice_says_the_same(reading: Reading, line: Requirement) -> None:
    assert judge(reading, line) == judge(reading, line)
