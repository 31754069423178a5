from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from inspections.web.exporting.cells import exact_float, harmless, record_text, text_of


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (7, "7"),
        (Decimal("12.340"), "12.340"),
        (Decimal("0.0000001"), "0.0000001"),
        (Decimal("-0.0"), "-0.0"),
        (datetime(2026, 11, 23, 0, 0, 0, 123456, tzinfo=UTC), "2026-11-23T08:00:00.123456+08:00"),
        (date(2026, 11, 23), "2026-11-23"),
        ("plain", "plain"),
    ],
)
def test_a_cell_is_written_as_it_is_recorded(cell, text):
    assert text_of(cell) == text


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
@pytest.mark.parametrize("before", ["", " ", "  ", "\u00a0", "\u3000"])
def test_no_text_begins_a_formula(sign, before):
    said = harmless(f"{before}{sign}HYPERLINK(A1)")
    assert said == f"{before}'{sign}HYPERLINK(A1)"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\t=1+1", "'\t'=1+1"),
        ("\r=1+1", "'\r'=1+1"),
        ("\tplain", "'\tplain"),
        ("\nplain", "'\nplain"),
        # Where a spreadsheet parts columns by semicolons, these would begin cells of their own.
        ("seen;=cmd|' /C calc'!A1", "seen;'=cmd|' /C calc'!A1"),
        ("seen\n-2+3", "seen\n'-2+3"),
        ("seen\t@SUM(1)", "seen\t'@SUM(1)"),
        ("a-b+c=d@e", "a-b+c=d@e"),
        ("'=1", "'=1"),
        ("", ""),
    ],
)
def test_a_sign_in_the_middle_is_left_and_one_behind_a_border_is_not(text, said):
    assert harmless(text) == said


@pytest.mark.law(5)
@pytest.mark.parametrize(
    "number", ["0.1", "12.340", "-3.5", "0", "0.000", "999999999999999", "0.000000000000001", "123456789012.345"]
)
def test_law_5_a_number_becomes_a_float_only_if_it_comes_out_digit_by_digit(number):
    found = exact_float(Decimal(number))
    assert Decimal(repr(found)) == Decimal(number)
    assert Decimal(f"{found:.16G}") == Decimal(number)  # as the writer of workbooks writes it


@pytest.mark.law(5)
@pytest.mark.parametrize(
    "number",
    [
        "1234567890123456",  # a spreadsheet shows fifteen digits
        "0.1234567890123456",
        "1.000000000000000",
        "1E+3",
        "-0.0",
        "1E-40",
        "NaN",
        "Infinity",
    ],
)
def test_law_5_what_a_float_would_change_stays_text(number):
    assert exact_float(Decimal(number)) is None


def test_a_record_is_json_that_people_can_read():
    assert record_text({"b": "合格", "a": [1]}) == '{"a": [1], "b": "合格"}'
    assert record_text(None) == ""
