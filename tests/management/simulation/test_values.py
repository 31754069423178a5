"""Values that the simulated line posts: the good ones pass, the bad ones fail, whatever the plan asks."""

from decimal import Decimal
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from inspections.evaluation.facts import Expression, Kind, Level, Requirement
from inspections.evaluation.reasons import Outcome
from inspections.management.simulation.values import NoSuchValue, bad_value, good_value, outcome_of
from tests.management.shipped import plans

ASKED = [line for plan in plans() for station in (*plan.stations, *plan.samples) for line in station.measured]
SEEDS = range(20)


def line(**more):
    base = {"kind": Kind.VARIABLE, "expression": Expression.INSIDE, "unit": "ohm", "level": Level.EVERY_VEHICLE}
    return Requirement(
        id=1, characteristic_id=1, characteristic="X", procedure_id=1, domain="battery", **{**base, **more}
    )


def test_the_shipped_plans_ask_for_something():
    assert len(ASKED) > 100


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.characteristic)
def test_good_value_of_every_shipped_line_passes(asked):
    found = [outcome_of(good_value(asked, Random(seed), drift=seed / 20), asked) for seed in SEEDS]
    assert found == [Outcome.PASS] * len(SEEDS)


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.characteristic)
def test_bad_value_of_every_shipped_line_fails(asked):
    assert [outcome_of(bad_value(asked, Random(seed)), asked) for seed in SEEDS] == [Outcome.FAIL] * len(SEEDS)


def test_good_values_differ_and_the_same_random_numbers_give_the_same():
    asked = line(lower=Decimal("1.4"), upper=Decimal("3.6"))
    first = [good_value(asked, Random(seed)) for seed in SEEDS]
    assert first == [good_value(asked, Random(seed)) for seed in SEEDS]
    assert len(set(first)) > 10


def test_drift_moves_values_towards_the_limit():
    asked = line(lower=Decimal(0), upper=Decimal(100))
    means = [sum(good_value(asked, Random(seed), drift=drift) for seed in SEEDS) / 20 for drift in (0.0, 0.4, 0.8)]
    assert means == sorted(means)
    assert means[2] - means[0] > 15


def test_value_shows_as_many_digits_as_its_limit():
    asked = line(upper=Decimal("0.100"), upper_inclusive=False)
    assert -good_value(asked, Random(1)).as_tuple().exponent >= 3


def test_speed_that_may_not_be_above_nothing_is_nothing_and_never_negative():
    assert good_value(line(unit="km/h", upper=Decimal(0), uncertainty=Decimal(0)), Random(1)) == 0


def test_limits_that_meet_give_the_one_value_between():
    assert good_value(line(lower=Decimal("2.5"), upper=Decimal("2.5")), Random(1)) == Decimal("2.5")


@pytest.mark.parametrize(
    "asked",
    [
        line(expression=Expression.OUTSIDE, lower=Decimal(-2), upper=Decimal(3)),
        line(expression=Expression.NOT_EQUAL, values=("4",)),
        line(expression=Expression.EQUAL, values=("4.20",)),
        line(expression=Expression.ONE_OF, values=("4", "5")),
        line(kind=Kind.IDENTITY, expression=Expression.NOT_EQUAL, values=("A",), unit=""),
        line(kind=Kind.IDENTITY, expression=Expression.ONE_OF, values=("A", "B"), unit=""),
        line(kind=Kind.COUNT, lower=Decimal(3), unit="count"),
        line(kind=Kind.COUNT, lower=Decimal(3), upper=Decimal(4), unit="count"),
        line(lower=Decimal("-0.1"), upper=Decimal("-0.05"), uncertainty=Decimal("0.01")),
        line(upper=Decimal(-40), unit="degC"),
    ],
    ids=str,
)
def test_every_other_expression_has_a_good_and_a_bad_value(asked):
    assert outcome_of(good_value(asked, Random(1)), asked) is Outcome.PASS
    assert outcome_of(bad_value(asked, Random(1)), asked) is Outcome.FAIL


def test_group_has_no_value_of_its_own():
    asked = line(kind=Kind.ATTRIBUTE, expression=Expression.ANY_OF, unit="", members=(2, 3))
    with pytest.raises(NoSuchValue, match="X: found no value whose verdict is pass"):
        good_value(asked, Random(1))


def test_line_that_nothing_passes_is_named():
    with pytest.raises(NoSuchValue):
        good_value(line(lower=Decimal(1), upper=Decimal(2), uncertainty=Decimal(9)), Random(1))


numbers = st.decimals(min_value=-1000, max_value=1000, places=2)


@given(low=numbers, high=numbers, uncertainty=st.decimals(0, 1, places=2), seed=st.integers(0, 99))
def test_values_between_any_limits_are_good_and_beyond_them_bad(low, high, uncertainty, seed):
    assume(high - low > 4 * uncertainty and high > low)
    asked = line(lower=low, upper=high, uncertainty=uncertainty)
    assert outcome_of(good_value(asked, Random(seed)), asked) is Outcome.PASS
    assert outcome_of(bad_value(asked, Random(seed)), asked) is Outcome.FAIL
