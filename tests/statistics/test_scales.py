import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.statistics.scales import Extent, binned, extent_of, kept_on_scale, round_step

values = st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=80)
units = st.sampled_from([1, 10, 1000, 10**6, 18, 1800, 60])


@pytest.mark.parametrize(
    ("width", "most", "per_unit", "step"),
    [
        (6, 6, 1, 1),
        (7, 6, 1, 2),
        (100, 6, 1000, 20),
        (1, 6, 1000, 1),
        (360, 6, 18, 90),
        (3_600_000, 6, 3600, 720_000),
    ],
)
def test_steps_are_one_two_or_five_times_a_power_of_ten_of_the_unit(width, most, per_unit, step):
    assert round_step(width, most, per_unit) == step


def test_a_limit_nearby_is_on_the_scale_with_room_beyond_it():
    """0.024 to 0.068 ohm below 0.1: the scale of the picture, from 0 to 0.12."""
    assert extent_of([24, 68], [100], 1000, 6) == Extent(20, 120, 20)
    assert extent_of([24, 68], [100, -5], 1000, 6).low < -5


def test_a_limit_that_would_squeeze_the_values_is_left_off():
    many = [5000 + place for place in range(20)]
    assert extent_of(many, [1], 1, 6).low > 1
    assert extent_of(many[:3], [1], 1, 6).low <= 0
    assert extent_of([5000, 5000], [1], 1, 6).low <= 0


def test_a_single_value_and_zero_have_a_scale_too():
    assert extent_of([0], [], 1, 6) == Extent(0, 1, 1)
    one = extent_of([41], [], 1000, 6)
    assert one.low < 41 < one.high


def test_what_lies_far_out_does_not_squeeze_the_rest():
    usual = [5000 + step for step in range(40)]
    assert kept_on_scale([*usual, 999_999]) == (5000, 5039)
    assert kept_on_scale([1, 2, 999_999]) == (1, 999_999)


def test_what_lies_a_little_beyond_a_limit_stays_on_the_scale():
    usual = [41, 42] * 10
    assert [kept_on_scale([*usual, far], [100])[1] for far in (200, 216, 217)] == [200, 216, 42]
    assert kept_on_scale([*usual, -200], [100])[0] == 41


@given(values, st.lists(st.integers(-(10**9), 10**9), max_size=2), units)
def test_a_scale_holds_what_is_kept_on_round_steps(places, limits, per_unit):
    extent = extent_of(places, limits, per_unit, 6)
    low, high = kept_on_scale(places, set(limits))
    assert extent.low <= low <= high < extent.high
    assert (extent.low % extent.step, extent.high % extent.step) == (0, 0)
    assert 1 <= len(extent.ticks()) <= 12


@given(values, units)
def test_every_value_on_the_scale_is_in_one_bin(places, per_unit):
    extent = extent_of(places, [], per_unit, 6)
    width, counts = binned(places, extent, 20, per_unit)
    inside = [place for place in places if extent.low <= place <= extent.high]
    assert sum(counts.values()) == len(inside)
    assert all(count == sum(edge <= place < edge + width for place in inside) for edge, count in counts.items())
    assert len(counts) <= 26
