"""Features of analytic pulses, whose values are known in closed form; and when there is none."""

from decimal import Decimal
from itertools import combinations
from math import cos, pi, sin

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inspections.adapters.canonical import Measured
from inspections.adapters.channel_features import NotMeasured, measure
from inspections.adapters.feature_options import feature_faults, read_features
from inspections.adapters.signals import Numbers, Signal, read_numbers
from tests.depth import examples

STEP = Decimal("0.0001")


def signal(values, code="R", unit="g", times=None, **more):
    numbers = read_numbers([None if value is None else Decimal(str(value)) for value in values], code)
    moments = read_numbers(times or [STEP * place for place in range(len(values))], "times")
    return Signal(code, unit, numbers, moments.values, moments.exponent, **more)


def feature(kind, *channels, **more):
    named = {"channel": channels[0]} if len(channels) == 1 else {"channels": list(channels)}
    (read,) = read_features({"features": [{"name": "it", "kind": kind, **named, **more}]})
    return read


def found(kind, *signals, **more):
    by_code = {each.code: each for each in signals}
    return measure(feature(kind, *by_code, **more), by_code.__getitem__)


def half_sine(peak=80, length=0.03, step=0.0001):
    return [f"{peak * sin(pi * at * step / length):.9f}" for at in range(round(length / step) + 1)]


def close(value, truth, share=1e-4):
    assert value is not None
    assert abs(float(value) - truth) <= share * truth


def window_of(note):
    """The two moments that a note tells: "from A s to B s"."""
    return float(note.split()[1]), float(note.split()[4])


@pytest.mark.parametrize(("kind", "span"), [("hic15", 0.015), ("hic36", 0.036)])
def test_hic_of_a_square_pulse_is_its_closed_form_and_exact(kind, span):
    it = found(kind, signal([50] * 1000))
    exact = (Decimal(str(span)) ** 2 * Decimal(50) ** 5).sqrt()
    assert it.value == exact.quantize(it.value) or 0 <= it.value - exact < Decimal("1e-8")
    assert window_of(it.note) == (0.0, span)


@pytest.mark.parametrize("kind", ["hic15", "hic36"])
@pytest.mark.parametrize(("peak", "length"), [(80, 0.02), (60, 0.04), (150, 0.01), (40, 0.1)])
def test_hic_of_a_half_sine_is_its_closed_form(kind, peak, length):
    it = found(kind, signal(half_sine(peak, length)))
    longest = 0.015 if kind == "hic15" else 0.036

    def of(width):
        return width * (2 * peak * length / pi / width * sin(pi * width / 2 / length)) ** 2.5

    best = max((longest * part / 5000 for part in range(1, 5001)), key=lambda w: of(w) if w <= length else 0)
    close(it.value, of(best), 5e-4)
    begin, end = window_of(it.note)
    assert abs((end - begin) - best) <= 0.0003
    assert abs((begin + end) / 2 - length / 2) <= 0.0003


def test_hic_in_metres_per_second_squared_is_that_in_g():
    in_g = found("hic15", signal([50] * 200))
    other = found("hic15", signal(["490.3325"] * 200, unit="m/s²"))
    assert in_g.value == other.value


@given(st.lists(st.integers(0, 200), min_size=2, max_size=25), st.integers(1, 30))
def test_hic_is_the_worst_of_all_windows_with_even_and_uneven_times(values, seed):
    gaps = [1 + (seed * place * place) % 7 for place in range(len(values))]
    for times in ([2 * place for place in range(len(values))], [sum(gaps[:place]) for place in range(len(values))]):
        it = found("hic15", signal(values, times=[Decimal(time) / 1000 for time in times]))
        worst = 0.0
        for one, other in combinations(range(len(values)), 2):
            span = (times[other] - times[one]) / 1000
            area = sum(
                (values[at] + values[at + 1]) / 2 * (times[at + 1] - times[at]) / 1000 for at in range(one, other)
            )
            if times[other] - times[one] <= 15:
                worst = max(worst, span * (area / span) ** 2.5)
        assert it.value is not None
        assert abs(float(it.value) - worst) <= 1e-9 * max(1, worst)


def test_hic_of_one_direction_or_of_negative_values_or_of_another_unit_is_none():
    assert "name its three channels" in found("hic15", signal([1, 2], direction="X")).note
    assert "negative values" in found("hic15", signal([1, -2])).note
    assert found("hic15", signal([1, 2], unit="N")).note == "channel R is in N: HIC is of g or m/s²"
    assert found("hic15", signal([1])).value is None


def test_hic_of_a_signal_sampled_too_finely_is_none_at_once():
    fine = signal([1] * 100_000, times=[Decimal(place) / 10_000_000 for place in range(100_000)])
    assert found("hic15", fine).note == "channel R is sampled too finely for HIC: state from and to"


@pytest.mark.parametrize("kind", ["clip_3ms_cumulative", "clip_3ms_contiguous"])
@pytest.mark.parametrize(("peak", "length"), [(80, 0.02), (60, 0.04), (-70, 0.012)])
def test_the_clip_of_a_half_sine_is_its_closed_form(kind, peak, length):
    close(found(kind, signal(half_sine(peak, length))).value, abs(peak) * cos(pi * 0.0015 / length))


@pytest.mark.parametrize("kind", ["clip_3ms_cumulative", "clip_3ms_contiguous"])
def test_the_clip_of_a_triangle_is_exact(kind):
    rise = [str(Decimal(place)) for place in range(101)]
    it = found(kind, signal(rise + rise[-2::-1]))
    assert it.value == Decimal(85)


def test_two_peaks_count_together_or_each_alone():
    peak = [0, *[60] * 21, 0]
    values = [*peak, *[0] * 50, *peak]
    assert found("clip_3ms_cumulative", signal(values)).value == Decimal(60)
    alone = found("clip_3ms_contiguous", signal(values))
    assert alone.value == Decimal(0)
    assert (alone.unit, alone.note) == ("g", "held for 3 ms at one stretch")


def test_less_than_3_ms_has_no_clip():
    assert found("clip_3ms_cumulative", signal([9] * 30)).value is None
    assert found("clip_3ms_cumulative", signal([9] * 31)).value == Decimal(9)


@given(st.lists(st.integers(-90, 90), min_size=4, max_size=30))
@settings(max_examples=examples(60))
def test_a_clip_is_held_and_nothing_above_it_is(values):
    times = [Decimal(place) / 1000 for place in range(len(values))]
    cumulative = found("clip_3ms_cumulative", signal(values, times=times)).value
    contiguous = found("clip_3ms_contiguous", signal(values, times=times)).value
    assert cumulative is not None
    assert contiguous is not None
    assert contiguous <= cumulative <= max(map(abs, values))

    def above(level):
        fine = 2000
        return (
            sum(
                abs(values[at]) + (abs(values[at + 1]) - abs(values[at])) * part / fine >= level
                for at in range(len(values) - 1)
                for part in range(fine)
            )
            / fine
        )

    assert above(float(cumulative) - 1e-6) >= 3 - 0.01 * len(values)
    if cumulative < max(map(abs, values)):
        assert above(float(cumulative) + 1e-6) <= 3 + 0.01 * len(values)


def test_a_resultant_is_rounded_up_and_a_minimum_of_one_down():
    axes = [
        signal([value], code, direction=code, location="here")
        for code, value in zip("XYZ", ("1", "1", "1"), strict=True)
    ]
    up, down = found("maximum", *axes), found("minimum", *axes)
    assert (str(up.value), str(down.value)) == ("1.732051", "1.732050")
    exact = [
        signal([value], code, direction=code, location="here")
        for code, value in zip("XYZ", ("2", "3", "6"), strict=True)
    ]
    assert found("maximum", *exact).value == Decimal(7)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"unit": "N"}, "have the units g and N"),
        ({"location": "there"}, "differ in more than their direction"),
        ({"direction": "Y"}, "the channels have the directions X, Y, Y, a resultant is of X, Y and Z"),
        ({"times": [Decimal(0), Decimal(2)]}, "were sampled at different times"),
        ({"unusable": "the cable came off"}, "the cable came off"),
    ],
)
@pytest.mark.law(1)
def test_law_1_a_resultant_of_what_does_not_belong_together_is_none(change, why):
    axes = [{"code": code, "direction": code, "location": "here"} for code in "XYZ"]
    axes[2] = {**axes[2], **change}
    it = found("maximum", *(signal([1, 2], **axis) for axis in axes))
    assert (it.value, it.measured, why in it.note) == (None, Measured.NOT_MEASURED, True)


def test_the_filter_class_asked_for_has_to_be_that_of_the_channel():
    assert found("maximum", signal([1], cfc=600), cfc=600).value == Decimal(1)
    assert (
        found("maximum", signal([1], cfc=1000), cfc=600).note == "channel R has CFC 1000, the feature asks for CFC 600"
    )
    assert found("maximum", signal([1]), cfc=60).value is None


def test_only_the_time_asked_for_is_looked_at():
    values = [9, 1, 2, None, 9]
    times = [Decimal(place) for place in range(5)]
    assert found("maximum", signal(values, times=times), **{"from": 1, "to": "2"}).value == Decimal(2)
    assert found("maximum", signal(values, times=times), **{"from": 1, "to": "3"}).value is None
    assert "does not reach 5 s" in found("maximum", signal([1] * 5, times=times), to=5).note
    assert "does not reach -1 s" in found("maximum", signal([1] * 5, times=times), **{"from": -1}).note
    assert found("time_of_maximum", signal([1, 5, 5, 2, 1], times=times)).value == Decimal(1)


def test_a_value_between_two_samples_lies_on_the_line():
    times = [Decimal(0), Decimal(3)]
    assert found("value_at", signal([1, 2], times=times), at="1").value == Decimal("1.33333333334")
    assert found("value_at", signal([1, 2], times=times), at="1", worse="down").value == Decimal("1.33333333333")
    assert found("value_at", signal([1, 2], times=times), at="3").value == Decimal(2)
    assert found("value_at", signal([1, 2], times=times), at="4").note == "nothing was recorded at 4 s"


def test_a_channel_that_cannot_be_found_leaves_the_feature_unmeasured():
    def find(name):
        raise NotMeasured(f"no channel {name}")

    assert measure(feature("maximum", "A"), find).note == "no channel A"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "name"),
        ({"name": 7}, "name"),
        ({"kind": "mean"}, "kind"),
        ({"kind": ["maximum"]}, "kind"),
        ({"channel": ""}, "channel"),
        ({"channels": ["a", "b"]}, "channel"),
        ({"cfc": 100}, "cfc"),
        ({"cfc": True}, "cfc"),
        ({"from": 0.1}, "from"),
        ({"from": "2", "to": "1"}, "to"),
        ({"to": "NaN"}, "to"),
        ({"at": "1"}, "at"),
        ({"kind": "value_at"}, "at"),
        ({"kind": "value_at", "at": "1", "to": "2"}, "from"),
        ({"worse": "sideways"}, "worse"),
        ({"filter": 60}, "filter"),
    ],
)
def test_each_fault_of_a_feature_has_its_place(change, pointer):
    entry = {"name": "it", "kind": "maximum", "channel": "x", **change}
    assert [place for place, _ in feature_faults({"features": [entry]})] == [f"/features/0/{pointer}"]


def test_faults_of_the_list_have_their_place():
    assert [place for place, _ in feature_faults({"features": 7})] == ["/features"]
    one = {"name": "it", "kind": "maximum", "channel": "x"}
    assert [place for place, _ in feature_faults({"features": [one, None, one]})] == ["/features/1", "/features/2/name"]
    for channels in (["a"], ["a", "a"], ["a", "b", "c", "d"], "abc", ["a", 1]):
        entry = {"name": "it", "kind": "maximum", "channels": channels}
        assert [place for place, _ in feature_faults({"features": [entry]})] == ["/features/0/channels"]
    hic = {"name": "it", "kind": "hic15", "channels": ["a", "b"]}
    assert [place for place, _ in feature_faults({"features": [hic]})] == ["/features/0/channels"]


KEYS = ["features", "name", "kind", "channel", "channels", "from", "to", "at", "cfc", "worse"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner),
    max_leaves=30,
)


@given(st.dictionaries(st.just("features"), JSON))
@example({"features": [{"kind": [], "channels": []}]})
def test_whatever_stands_in_the_options_nothing_is_raised(options):
    for pointer, what in feature_faults(options):
        assert (isinstance(pointer, str), isinstance(what, str)) == (True, True)


def test_numbers_stay_as_written():
    assert Numbers([1500], -3).decimal(1500) == Decimal("1.500")
    assert str(found("maximum", signal(["1.500", "1.25"])).value) == "1.500"


@pytest.mark.law(5)
def test_law_5_a_number_of_more_digits_than_a_measurement_holds_is_rounded_the_worse_way():
    fine = ["100.0", "0.00000000000000000000000000001"]
    assert str(found("maximum", signal(fine)).value) == "100"
    longer = ["1.00000000000000000000000000001", "0"]
    up, down = found("maximum", signal(longer)).value, found("maximum", signal(longer), worse="down").value
    assert (str(up), str(down)) == ("1.000000000000000000000000001", "1")
