"""Rising or falling is said of the order in time, in whole numbers, and hardly ever by chance."""

import random
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.statistics.trend import LAST, direction, excess, variance_in_eighteenths

places = st.lists(st.integers(-(10**30), 10**30), max_size=60)


def test_a_row_that_only_rises_has_every_pair_for_it():
    assert excess(range(LAST)) == comb(LAST, 2) == 780
    assert (direction(range(LAST)), direction(range(LAST, 0, -1))) == (1, -1)


def test_fewer_than_forty_say_nothing():
    assert direction(range(LAST - 1)) == 0


def test_only_the_last_forty_count():
    assert direction([*range(1000, 0, -1), *range(LAST)]) == 1
    assert direction([*range(1000), *[5] * LAST]) == 0


def test_the_variance_is_kendalls():
    assert variance_in_eighteenths(range(10)) == 10 * 9 * 25
    assert variance_in_eighteenths([1, 1, 2, 3]) == 4 * 3 * 13 - 2 * 1 * 9
    assert variance_in_eighteenths([7] * 10) == 0


def test_the_limit_of_what_is_said_is_four_deviations_with_the_correction():
    """Forty different values: 18 times the variance is 132,600, so that |S| - 1 has to exceed 343.3."""

    def row(score):
        """A permutation whose count is `score`: it rises but for as many pairs as are in the wrong order."""
        wrong, left, found = (comb(LAST, 2) - score) // 2, list(range(LAST)), []
        while left:
            place = min(wrong, len(left) - 1)
            wrong -= place
            found.append(left.pop(place))
        return found

    scores = {excess(row(score)): direction(row(score)) for score in (340, 342, 344, 346)}
    assert scores == {340: 0, 342: 0, 344: 0, 346: 1}


def test_equal_values_never_rise():
    assert direction([3] * 500) == 0


def test_chance_alone_is_hardly_ever_called_a_trend():
    chance = random.Random(11)
    said = sum(abs(direction([chance.randint(0, 30) for _ in range(LAST)])) for _ in range(2000))
    assert said <= 2


@given(places)
def test_the_same_row_backwards_falls_where_it_rose(row):
    last = row[-LAST:]
    assert direction(last[::-1]) == -direction(last)
    assert excess(last[::-1]) == -excess(last)


@given(places, st.integers(1, 10**6), st.integers(-(10**9), 10**9))
def test_it_depends_on_the_order_alone(row, factor, moved):
    assert direction([place * factor + moved for place in row]) == direction(row)


@pytest.mark.law(5)
def test_law_5_a_step_too_small_for_a_float_is_still_a_rise():
    assert direction([10**30 + step for step in range(LAST)]) == 1
