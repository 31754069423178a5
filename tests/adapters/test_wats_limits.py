"""Each operator against plain comparisons of decimals, one unit in the last place around its limits."""

import operator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.adapters.canonical import CanonicalItem, Comparator, ItemKind
from inspections.adapters.wats_limits import read_numeric_comparison
from tests.adapters.oracle import recompute

PLAIN = {
    "GT": operator.gt,
    "GE": operator.ge,
    "LT": operator.lt,
    "LE": operator.le,
    "EQ": operator.eq,
    "NE": operator.ne,
}
INSIDE = ["GTLT", "GTLE", "GELT", "GELE"]
OUTSIDE = ["LTGT", "LTGE", "LEGT", "LEGE"]
limits = st.decimals(-1000, 1000, places=6)
steps = st.sampled_from([Decimal(0), Decimal("1e-6"), Decimal("-1e-6"), Decimal(7), Decimal(-7)])


def verdict(measurement, value):
    c = read_numeric_comparison(measurement)
    item = CanonicalItem(
        "x",
        1,
        ItemKind.NUMBER,
        value,
        "V",
        c.comparator,
        c.lower,
        c.upper,
        c.lower_inclusive,
        c.upper_inclusive,
        c.expected,
    )
    return recompute(item)


@given(st.sampled_from(sorted(PLAIN)), limits, steps, st.sampled_from(["lowLimit", "highLimit"]))
def test_one_limit_whichever_key_holds_it(name, limit, step, key):
    value = limit + step
    expected = "pass" if PLAIN[name](value, limit) else "fail"
    assert verdict({"compOp": name, key: limit}, value) == expected


@given(st.sampled_from(INSIDE + OUTSIDE), limits, limits, steps, st.booleans())
def test_two_limits(name, one, other, step, at_upper):
    low, high = sorted((one, other))
    value = (high if at_upper else low) + step
    left, right = PLAIN[name[:2]](value, low), PLAIN[name[2:]](value, high)
    conforms = (left and right) if name in INSIDE else (left or right)
    assert verdict({"compOp": name, "lowLimit": low, "highLimit": high}, value) == ("pass" if conforms else "fail")


@pytest.mark.law(1)
@given(
    st.one_of(st.sampled_from(["EQT", "gt", "", "GTGT", "LOGS", "CASESENSIT"]), st.none(), st.integers(), st.text()),
    limits,
    limits,
)
def test_unknown_operators_are_never_a_pass(name, low, high):
    if name in PLAIN or name in INSIDE or name in OUTSIDE or name == "LOG":
        return
    found = read_numeric_comparison({"compOp": name, "lowLimit": low, "highLimit": high})
    assert found.comparator is Comparator.UNPARSED
    assert found.note


@pytest.mark.law(1)
@given(
    st.sampled_from(sorted(PLAIN) + INSIDE + OUTSIDE),
    st.one_of(
        st.none(),
        st.text(),
        st.booleans(),
        st.lists(st.integers()),
        st.just(Decimal("1e31")),
        st.just(Decimal("1e-31")),
    ),
)
def test_what_is_no_limit_is_never_a_pass(name, limit):
    found = read_numeric_comparison({"compOp": name, "lowLimit": limit, "highLimit": limit})
    assert found.comparator is Comparator.UNPARSED
