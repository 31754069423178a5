from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.web.limit_bar import Limits, draw_limit_bar
from inspections.web.statuses import Status

D = Decimal
BONDING = Limits(None, D("0.1"), upper_inclusive=False, unit="ohm")


def share(text):
    return D(text.rstrip("%"))


def test_value_on_a_strict_limit_stands_exactly_on_its_open_ring():
    bar = draw_limit_bar(BONDING, "en", value=D("0.100"), status=Status.FAIL)
    assert bar.value == bar.limits[0].x == "66.67%"
    assert bar.limits[0].passes is False
    assert bar.limits[0].label == "less than 0.1 Ω"
    assert (bar.start, bar.end) == ("0", "0.15")
    assert bar.title == "0.100; less than 0.1 Ω"


def test_inclusive_limit_is_a_disc_that_passes():
    bar = draw_limit_bar(Limits(D("500"), None, unit="ohm/V"), "zh-hans")
    assert [(mark.passes, mark.label) for mark in bar.limits] == [(True, "不小于500 Ω/V")]
    assert [span.conforms for span in bar.spans] == [False, True]


def test_between_two_limits_conforms_and_each_limit_keeps_its_own_strictness():
    bar = draw_limit_bar(Limits(D("1.4"), D("3.6"), upper_inclusive=False, unit="ohm"), "en")
    assert [span.conforms for span in bar.spans] == [False, True, False]
    assert [(mark.label, mark.passes) for mark in bar.limits] == [("1.4", True), ("3.6", False)]


def test_outside_turns_what_conforms_round():
    bar = draw_limit_bar(Limits(D("-1"), D("1"), unit="V", inside=False), "en", value=D("0.3"))
    assert [span.conforms for span in bar.spans] == [True, False, True]


def test_uncertainty_is_a_whisker_about_the_value():
    bar = draw_limit_bar(Limits(D("500"), None, unit="ohm/V"), "en", value=D("504"), uncertainty=D("6"))
    assert share(bar.whisker[0]) < share(bar.limits[0].x) < share(bar.value) < share(bar.whisker[1])


@pytest.mark.parametrize(("value", "side"), [("9000", "right"), ("-9000", "left")])
def test_value_far_off_the_scale_points_beyond_it(value, side):
    bar = draw_limit_bar(Limits(D("1.4"), D("3.6"), unit="ohm"), "en", value=D(value))
    assert (bar.value, bar.beyond) == ("", side)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_has_no_place_on_the_line(value):
    bar = draw_limit_bar(BONDING, "en", value=D(value))
    assert (bar.value, bar.beyond, bar.title) == ("", "", "less than 0.1 Ω")


def test_requirement_without_a_limit_has_no_bar():
    assert draw_limit_bar(Limits(None, None, unit="ohm"), "en") is None


NUMBERS = st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, allow_infinity=False, places=17)


@given(limits=st.lists(NUMBERS, min_size=2, max_size=2, unique=True), value=NUMBERS, one_sided=st.booleans())
def test_bar_is_filled_from_end_to_end_and_holds_whatever_it_draws(limits, value, one_sided):
    lower, upper = sorted(limits)
    bar = draw_limit_bar(Limits(None if one_sided else lower, upper), "en", value=value)
    assert sum(share(span.width) for span in bar.spans) == D("100.00")
    assert all(0 <= share(mark.x) <= 100 for mark in bar.limits)
    assert bool(bar.value) != bool(bar.beyond)
    assert not bar.value or 0 <= share(bar.value) <= 100


def test_limits_that_differ_in_their_last_place_are_still_told_apart():
    bar = draw_limit_bar(Limits(D("1000000000000"), D("1000000000000.00000000000000001")), "en")
    assert [mark.x for mark in bar.limits] == ["16.67%", "83.33%"]
