from fractions import Fraction
from itertools import product

import pytest

from inspections.evaluation.units import known_units, ratio, stated_unit

CATALOGUE_UNITS = [
    "%",
    "A",
    "J",
    "K",
    "L",
    "MPa",
    "Mohm",
    "N",
    "Nm",
    "Pa",
    "Pa/min",
    "V",
    "cd",
    "count",
    "deg",
    "degC",
    "g",
    "g/min",
    "h",
    "kN",
    "kPa",
    "kV",
    "km/h",
    "kohm",
    "m",
    "m/s",
    "m/s2",
    "m/s3",
    "mA",
    "mV",
    "min",
    "mm",
    "mm/10m",
    "mohm",
    "ms",
    "ohm",
    "ohm/V",
    "px",
    "rad",
    "s",
]


def test_every_unit_of_the_catalogue_of_tests_is_known() -> None:
    assert set(CATALOGUE_UNITS) - known_units() == set()


@pytest.mark.parametrize(
    ("unit", "into", "expected"),
    [
        ("km/h", "m/s", (5, 18)),
        ("m/s", "km/h", (18, 5)),
        ("mohm", "ohm", (1, 1000)),
        ("Mohm", "kohm", (1000, 1)),
        ("g", "m/s2", (196_133, 20_000)),
        ("bar", "kPa", (100, 1)),
        ("min", "s", (60, 1)),
        ("mm/10m", "mm/m", (1, 10)),
        ("mAh", "C", (18, 5)),
        ("-", "", (1, 1)),
        ("Number", "Number", (1, 1)),
    ],
)
def test_units_convert_by_whole_numbers(unit: str, into: str, expected: tuple[int, int]) -> None:
    assert ratio(unit, into) == expected


@pytest.mark.parametrize(
    ("unit", "into"),
    [
        ("", "ohm"),
        ("-", "ohm"),
        ("ohm", ""),
        ("K", "degC"),
        ("deg", "rad"),
        ("Nm", "J"),
        ("%", ""),
        ("ohm", "ohm/V"),
        ("g", "kg"),
        ("MOhm", "Mohm"),
        ("Ohm", "ohm"),
        ("ohm ", "ohm"),
        ("V", "V\u200b"),
        ("Number", "count"),
    ],
)
def test_law_1_units_that_cannot_be_compared_have_no_ratio(unit: str, into: str) -> None:
    assert ratio(unit, into) is None


def test_every_pair_of_units_converts_back_to_itself() -> None:
    for unit, into in product(sorted(known_units()), repeat=2):
        there, back = ratio(unit, into), ratio(into, unit)
        assert (there is None) == (back is None)
        if there is not None and back is not None:
            assert Fraction(*there) * Fraction(*back) == 1


def test_a_dash_states_no_unit() -> None:
    assert [stated_unit("-"), stated_unit(""), stated_unit("mm")] == ["", "", "mm"]
