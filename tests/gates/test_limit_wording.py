from decimal import Decimal

import pytest

from inspections.evaluation.facts import Expression
from inspections.gates.limit_wording import number_text, quantity_text, required_text, unit_symbol

D = Decimal


@pytest.mark.parametrize(
    ("limits", "english", "chinese"),
    [
        ({"upper": D("0.1"), "upper_inclusive": False, "unit": "ohm"}, "less than 0.1 Ω", "小于0.1 Ω"),
        ({"upper": D("20"), "unit": "%"}, "at most 20 %", "不大于20 %"),
        ({"lower": D("0"), "lower_inclusive": False, "unit": "mm"}, "more than 0 mm", "大于0 mm"),
        ({"lower": D("500"), "unit": "ohm/V"}, "at least 500 Ω/V", "不小于500 Ω/V"),
        (
            {"lower": D("1.4"), "upper": D("3.6"), "unit": "ohm"},
            "between 1.4 Ω and 3.6 Ω",
            "介于1.4 Ω与3.6 Ω之间",
        ),
        (
            {"lower": D("1.4"), "upper": D("3.6"), "upper_inclusive": False, "unit": "ohm"},
            "at least 1.4 Ω and less than 3.6 Ω",
            "不小于1.4 Ω且小于3.6 Ω",
        ),
        ({"unit": "ohm"}, "no limit stated", "未规定限值"),
    ],
)
def test_inside_names_each_limit_by_its_strictness(limits, english, chinese):
    assert required_text("inside", "en", **limits) == english
    assert required_text("inside", "zh-hans", **limits) == chinese


@pytest.mark.parametrize(
    ("limits", "english"),
    [
        ({"lower": D("-1"), "upper": D("1"), "unit": "deg"}, "at most -1° or at least 1°"),
        (
            {"lower": D("-1"), "upper": D("1"), "lower_inclusive": False, "upper_inclusive": False},
            "less than -1 or more than 1",
        ),
        ({"lower": D("5")}, "at most 5"),
        ({"upper": D("5")}, "at least 5"),
        ({}, "no limit stated"),
    ],
)
def test_outside_names_what_lies_beyond_the_limits(limits, english):
    assert required_text("outside", "en", **limits) == english


@pytest.mark.parametrize(
    ("expression", "values", "unit", "english", "chinese"),
    [
        ("equal", ("ADS-7.1.0",), "", "exactly ADS-7.1.0", "等于ADS-7.1.0"),
        ("equal", ("0",), "count", "exactly 0", "等于0"),
        ("not_equal", ("0",), "V", "anything but 0 V", "不等于0 V"),
        ("one_of", ("A", "B"), "", "one of A, B", "为其中之一：A、B"),
        ("any_of", ("Isolation", "Voltage"), "", "any one of Isolation, Voltage", "满足其中任一项：Isolation、Voltage"),
        ("equal", (), "", "no limit stated", "未规定限值"),
        ("conforms", (), "", "conforms", "符合"),
    ],
)
def test_expressions_on_stated_values(expression, values, unit, english, chinese):
    assert required_text(expression, "en", values=values, unit=unit) == english
    assert required_text(expression, "zh-hans", values=values, unit=unit) == chinese


@pytest.mark.parametrize("expression", list(Expression))
def test_every_expression_of_the_evaluator_can_be_said(expression):
    assert required_text(expression, "en", lower=D("1"), upper=D("2"), values=("3",)) != ""


def test_unknown_expression_is_refused():
    with pytest.raises(ValueError, match="roughly"):
        required_text("roughly", "en")


@pytest.mark.parametrize(
    ("number", "text"),
    [("0.100", "0.100"), ("1E+3", "1000"), ("1e-7", "0.0000001"), ("-0.50", "-0.50"), ("1E+20", "1E+20")],
)
def test_number_is_written_as_it_came_without_rounding(number, text):
    assert number_text(D(number)) == number_text(number) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (D("0.100"), "ohm", "0.100 Ω"),
        ("812.0", "Mohm", "812.0 MΩ"),
        (D("2.5"), "deg", "2.5°"),
        (D("85"), "degC", "85 °C"),
        (D("3"), "count", "3"),
        ("ADS-7.1.0", "", "ADS-7.1.0"),
        (True, "", "conforms"),
        (False, "", "does not conform"),
        (None, "ohm", ""),
    ],
)
def test_quantity_is_the_value_as_written_with_the_symbol_of_its_unit(value, unit, text):
    assert quantity_text(value, unit, "en") == text


def test_unit_that_is_its_own_symbol_is_left_alone():
    assert [unit_symbol(unit) for unit in ("km/h", "kN", "-", "m/s3")] == ["km/h", "kN", "", "m/s³"]
