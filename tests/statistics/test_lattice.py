from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.statistics.lattice import Lattice, lattice_for

numbers = st.decimals(allow_nan=False, allow_infinity=False, places=None, min_value=-(10**20), max_value=10**20)
resistances = st.sampled_from([("uohm", 10**-6), ("mohm", 10**-3), ("ohm", 1), ("kohm", 1000)])


def test_numbers_of_several_units_lie_on_one_ruler():
    written = [(Decimal("0.100"), "ohm"), (Decimal("43"), "mohm"), (Decimal("0.1"), "ohm")]
    ruler = lattice_for("ohm", written)
    assert ruler == Lattice("ohm", 1_000_000)
    assert [ruler.steps(*each) for each in written] == [100_000, 43_000, 100_000]


def test_what_cannot_be_compared_has_no_place():
    ruler = lattice_for("ohm", [(Decimal("0.1"), "ohm"), (Decimal(3), "V")])
    assert (ruler.per_unit, ruler.steps(Decimal(3), "V"), ruler.steps(Decimal(3), "")) == (10, None, None)


def test_what_is_counted_may_come_without_a_unit_as_the_judge_takes_it():
    ruler = lattice_for("count", [(Decimal(3), "")])
    assert [ruler.steps(Decimal(3), unit) for unit in ("", "-", "count")] == [3, 3, 3]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused(number):
    with pytest.raises(ValueError, match="no place"):
        Lattice("ohm", 10).steps(Decimal(number), "ohm")


def test_a_number_finer_than_the_ruler_is_refused_rather_than_rounded():
    with pytest.raises(ValueError, match="lies between two steps"):
        Lattice("ohm", 10).steps(Decimal("0.05"), "ohm")


def test_a_step_that_no_decimal_says_is_not_said():
    ruler = lattice_for("m/s", [(Decimal(50), "km/h")])
    place = ruler.steps(Decimal(50), "km/h")
    assert Fraction(place, ruler.per_unit) == Fraction(50 * 5, 18)
    assert (ruler.number(place), ruler.number(ruler.per_unit)) == (None, Decimal(1))


@pytest.mark.law(5)
@given(st.lists(st.tuples(numbers, resistances), min_size=1, max_size=8))
def test_order_and_equality_on_the_ruler_are_those_of_the_numbers(written):
    pairs = [(number, unit) for number, (unit, _ohms) in written]
    ruler = lattice_for("ohm", pairs)
    places = [ruler.steps(*pair) for pair in pairs]
    exact = [Fraction(number) * Fraction(ohms).limit_denominator(10**6) for number, (_unit, ohms) in written]
    assert [Fraction(place, ruler.per_unit) for place in places] == exact
    assert all(Fraction(ruler.number(place)) == value for place, value in zip(places, exact, strict=True))
