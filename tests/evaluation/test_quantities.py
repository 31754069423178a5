from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.evaluation.quantities import EXACT, in_range, is_whole, parse_number, plain_text
from inspections.evaluation.reasons import JudgementReason

R = JudgementReason


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.100", Decimal("0.100")),
        ("-0", Decimal("0")),
        ("+5", Decimal(5)),
        (".043", Decimal("0.043")),
        ("007", Decimal(7)),
        ("8.12e2", Decimal(812)),
        ("1E-30", Decimal("1E-30")),
        ("1e+0030", Decimal("1E+30")),
        ("9" * 30, Decimal("9" * 30)),
        ("0" * 50 + "1", Decimal(1)),
    ],
)
def test_law_5_a_number_is_read_as_written(text: str, number: Decimal) -> None:
    parsed = parse_number(text)

    assert parsed == number
    assert isinstance(parsed, Decimal)
    assert parsed.as_tuple().digits == number.as_tuple().digits


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", R.NO_VALUE),
        (" ", R.NO_VALUE),
        ("\t\n\u3000", R.NO_VALUE),
        ("NaN", R.NOT_A_NUMBER),
        ("sNaN", R.NOT_A_NUMBER),
        ("-nan", R.NOT_A_NUMBER),
        ("Infinity", R.NOT_A_NUMBER),
        ("-Infinity", R.NOT_A_NUMBER),
        ("inf", R.NOT_A_NUMBER),
        ("1_000", R.NOT_A_NUMBER),
        ("1,000", R.NOT_A_NUMBER),
        ("0,1", R.NOT_A_NUMBER),
        ("1 000", R.NOT_A_NUMBER),
        (" 1", R.NOT_A_NUMBER),
        ("1\n", R.NOT_A_NUMBER),
        ("5.", R.NOT_A_NUMBER),
        (".", R.NOT_A_NUMBER),
        ("1e", R.NOT_A_NUMBER),
        ("e5", R.NOT_A_NUMBER),
        ("--1", R.NOT_A_NUMBER),
        ("0x10", R.NOT_A_NUMBER),
        ("１２", R.NOT_A_NUMBER),
        ("٣", R.NOT_A_NUMBER),
        ("−1", R.NOT_A_NUMBER),
        ("0.043 ohm", R.NOT_A_NUMBER),
        ("< 0.1", R.NOT_A_NUMBER),
        ("true", R.NOT_A_NUMBER),
        ("\x00", R.NOT_A_NUMBER),
        ("9" * 31, R.NUMBER_OUT_OF_RANGE),
        ("0." + "1" * 31, R.NUMBER_OUT_OF_RANGE),
        ("1e31", R.NUMBER_OUT_OF_RANGE),
        ("1e-31", R.NUMBER_OUT_OF_RANGE),
        ("0e-31", R.NUMBER_OUT_OF_RANGE),
        ("1e99999999999999999999", R.NUMBER_OUT_OF_RANGE),
        ("1e-" + "9" * 5000, R.NUMBER_OUT_OF_RANGE),
        ("0" * 201, R.NUMBER_OUT_OF_RANGE),
    ],
)
def test_law_1_what_is_no_number_in_range_is_refused_with_its_reason(text: str, reason: JudgementReason) -> None:
    assert parse_number(text) is reason


@given(st.text())
def test_reading_any_text_never_raises_and_gives_a_finite_number_or_a_reason(text: str) -> None:
    parsed = parse_number(text)

    assert isinstance(parsed, JudgementReason) or in_range(parsed)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**29), max_value=10**29))
def test_a_number_in_range_is_read_back_with_every_digit(number: Decimal) -> None:
    if in_range(number):
        assert parse_number(str(number)) == number
        assert parse_number(plain_text(number)) == number


@pytest.mark.parametrize("number", [Decimal("NaN"), Decimal("-Infinity"), Decimal("sNaN"), Decimal("1e400")])
def test_a_decimal_that_no_reading_can_have_is_not_in_range(number: Decimal) -> None:
    assert not in_range(number)
    assert plain_text(number) == str(number)


def test_whole_numbers_are_told_however_they_are_written() -> None:
    wholes = ["3", "3.0", "0", "-0", "3e2", "1e30", "3" * 30]
    others = ["3.1", "-1", "1e-30"]

    assert [text for text in wholes + others if is_whole(Decimal(text))] == wholes


def test_arithmetic_refuses_to_round() -> None:
    with pytest.raises(ArithmeticError):
        EXACT.divide(Decimal(1), Decimal(3))
