from decimal import Decimal

import pytest

from inspections.evaluation.facts import Expression
from inspections.evaluation.wording import required_words

from .builders import requirement

E = Expression
LOW, HIGH = Decimal("1.40"), Decimal("3.6")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "< 0.1 ohm"),
        ({"upper_inclusive": True}, "≤ 0.1 ohm"),
        ({"upper": None, "lower": Decimal("5E+2"), "unit": "ohm/V"}, "≥ 500 ohm/V"),
        ({"upper": HIGH, "lower": LOW, "upper_inclusive": True}, "1.40 … 3.6 ohm"),
        ({"upper": HIGH, "lower": LOW, "lower_inclusive": False}, "> 1.40, < 3.6 ohm"),
        ({"expression": E.OUTSIDE, "upper": HIGH, "lower": LOW, "upper_inclusive": True}, "≤ 1.40 | ≥ 3.6 ohm"),
        ({"expression": E.OUTSIDE, "upper": HIGH, "lower": LOW, "lower_inclusive": False}, "< 1.40 | > 3.6 ohm"),
        ({"upper": None}, ""),
        ({"expression": E.CONFORMS}, "conforms"),
        ({"expression": E.EQUAL, "values": ("4.2.1",), "unit": ""}, "= 4.2.1"),
        ({"expression": E.NOT_EQUAL, "values": ("0",), "unit": "-"}, "≠ 0"),
        ({"expression": E.ONE_OF, "values": ("A", "B"), "unit": ""}, "= A | B"),
        ({"expression": E.ONE_OF, "values": ()}, ""),
        ({"expression": E.NOT_EQUAL, "values": ()}, ""),
        ({"expression": E.ANY_OF}, ""),
        ({"upper": Decimal("1E+999999")}, "< 1E+999999 ohm"),
    ],
)
def test_a_requirement_is_worded_with_limit_strictness_and_unit(changes: dict[str, object], words: str) -> None:
    assert required_words(requirement(**changes)) == words


def test_a_group_names_its_members() -> None:
    members = [requirement(characteristic="ISO"), requirement(characteristic="VOLT", upper=Decimal(60), unit="V")]

    assert required_words(requirement(expression=E.ANY_OF), members) == "ISO < 0.1 ohm | VOLT < 60 V"
