"""Features of channels as items: a number where everything that it needs is good, else not measured, and why.

Exact where the arithmetic is (maxima, minima, values, times, integrals). Roots, powers and quotients are rounded the
way that is worse for the car, resultants at six places beyond the written ones. A sample without a value in the time
looked at leaves the feature unmeasured: what was not recorded may have been the worst.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import neg

from .canonical import CanonicalItem, ItemClaim, ItemKind, Measured
from .directed import quotient, recordable, root_of_sum
from .exceedance import held_level
from .feature_options import HIC_KINDS, Feature, FeatureKind
from .head_injury import TooManyWindows, criterion, worst_window
from .signals import Signal, in_units, rescaled, scaled

CLIP = Decimal("0.003")
HIC_LENGTHS = {FeatureKind.HIC15: Decimal("0.015"), FeatureKind.HIC36: Decimal("0.036")}
MORE_PLACES = 6
"""Places that a resultant has beyond its channels."""

_PER_G: dict[str, tuple[int, int]] = {
    "g": (1, 1),
    **dict.fromkeys(["m/s2", "m/s²", "m/s^2", "m/s**2", "m/(s*s)", "m/sec2", "m/sec**2"], (100_000, 980_665)),
}


class NotMeasured(Exception):
    """The feature cannot be computed from what was recorded; says why."""


@dataclass(frozen=True, slots=True)
class _Found:
    value: Decimal
    unit: str | None
    note: str = ""


def measure(feature: Feature, find: Callable[[str], Signal]) -> CanonicalItem:
    """The feature as an item. `find` gives the one channel of a code, or raises NotMeasured."""
    try:
        signal = _signal_of(feature, [find(name) for name in feature.channels])
        found = _value_at(feature, signal) if feature.at is not None else _measure_between(feature, signal)
    except NotMeasured as why:
        return CanonicalItem(
            feature.name, 1, ItemKind.NUMBER, None, None, None,
            claimed=ItemClaim.NOT_MEASURED, measured=Measured.NOT_MEASURED, note=str(why),
        )  # fmt: skip
    value = recordable(found.value, up=feature.up)
    return CanonicalItem(feature.name, 1, ItemKind.NUMBER, value, found.unit, None, note=found.note)


def _signal_of(feature: Feature, signals: Sequence[Signal]) -> Signal:
    for signal in signals:
        if signal.unusable:
            raise NotMeasured(signal.unusable)
        if feature.cfc is not None and signal.cfc != feature.cfc:
            has = "no filter class that it says" if signal.cfc is None else f"CFC {signal.cfc}"
            raise NotMeasured(f"channel {signal.code} has {has}, the feature asks for CFC {feature.cfc}")
    if len(signals) > 1:
        return _resultant(signals, up=feature.up)
    (signal,) = signals
    if feature.kind in HIC_KINDS and signal.direction not in ("R", ""):
        raise NotMeasured(f"channel {signal.code} has one direction: HIC is of a resultant, name its three channels")
    return signal


def _resultant(signals: Sequence[Signal], *, up: bool) -> Signal:
    first = signals[0]
    for signal in signals[1:]:
        if signal.unit != first.unit:
            raise NotMeasured(f"channels {first.code} and {signal.code} have the units {first.unit} and {signal.unit}")
        if signal.location != first.location:
            raise NotMeasured(f"channels {first.code} and {signal.code} differ in more than their direction")
        if not _same_times(first, signal):
            raise NotMeasured(f"channels {first.code} and {signal.code} were sampled at different times")
    directions = sorted(signal.direction for signal in signals)
    if any(directions) and (len(set(directions)) < len(signals) or not set(directions) <= {"X", "Y", "Z"}):
        raise NotMeasured(f"the channels have the directions {', '.join(directions)}, a resultant is of X, Y and Z")
    exponent = min(signal.samples.exponent for signal in signals)
    columns = [_rescaled(signal, exponent) for signal in signals]
    factor = 10 ** (2 * MORE_PLACES)
    values = [
        None if None in row else root_of_sum(sum(value * value for value in row if value is not None) * factor, up=up)
        for row in zip(*columns, strict=True)
    ]
    return Signal(
        " + ".join(signal.code for signal in signals),
        first.unit,
        type(first.samples)(values, exponent - MORE_PLACES),
        first.times,
        first.time_exponent,
        direction="R",
    )


def _rescaled(signal: Signal, exponent: int) -> Sequence[int | None]:
    factor = 10 ** (signal.samples.exponent - exponent)
    return [None if value is None else value * factor for value in signal.samples.values]


def _same_times(one: Signal, other: Signal) -> bool:
    exponent = min(one.time_exponent, other.time_exponent)
    mine, its = (rescaled(each.times, each.time_exponent, exponent) for each in (one, other))
    return len(mine) == len(its) and (mine == its or all(a == b for a, b in zip(mine, its, strict=True)))


def _measure_between(feature: Feature, signal: Signal) -> _Found:
    first, last = signal.between(feature.begin, feature.end)
    if first == last:
        raise NotMeasured("there is no sample in the time looked at")
    for bound, inside, place in ((feature.begin, first > 0, first), (feature.end, last < len(signal.times), last - 1)):
        if bound is not None and not inside and signal.time(place) != bound:
            raise NotMeasured(
                f"recorded is {signal.time(0)} s to {signal.time(len(signal.times) - 1)} s, which does not reach "
                f"{bound} s"
            )
    values = _whole(signal, first, last)
    kind = feature.kind
    if kind in HIC_KINDS:
        return _hic(feature, signal, values, first, last)
    if kind in (FeatureKind.CLIP_3MS_CUMULATIVE, FeatureKind.CLIP_3MS_CONTIGUOUS):
        return _clip(feature, signal, values, first, last)
    pick: Callable[[Sequence[int]], int] = min if kind is FeatureKind.MINIMUM else max
    looked = list(map(abs, values)) if kind is FeatureKind.ABSOLUTE_MAXIMUM else values
    value = pick(looked)
    time = signal.time(first + looked.index(value))
    if kind is FeatureKind.TIME_OF_MAXIMUM:
        return _Found(time, "s", f"of {signal.samples.decimal(value)} {signal.unit or ''}".rstrip())
    return _Found(signal.samples.decimal(value), signal.unit, f"at {time} s")


def _whole(signal: Signal, first: int, last: int) -> list[int]:
    values = signal.samples.values[first:last]
    whole = [value for value in values if value is not None]
    if len(whole) != len(values):
        place = first + values.index(None)
        raise NotMeasured(f"channel {signal.code}: sample {place + 1} at {signal.time(place)} s has no value")
    return whole


def _value_at(feature: Feature, signal: Signal) -> _Found:
    """The sample at the moment, else on the straight line between its neighbours."""
    at = feature.at if feature.at is not None else Decimal(0)
    first, last = signal.between(at, at)
    if first < last:
        return _Found(signal.samples.decimal(_whole(signal, first, last)[0]), signal.unit)
    if first == 0 or first == len(signal.times):
        raise NotMeasured(f"nothing was recorded at {at} s")
    before, after = _whole(signal, first - 1, first + 1)
    exponent = min(signal.time_exponent, int(at.as_tuple().exponent))
    start, moment, stop = (
        in_units(each, exponent, up=False) for each in (signal.time(first - 1), at, signal.time(first))
    )
    numerator = before * (stop - moment) + after * (moment - start)
    value = quotient(numerator, stop - start, signal.samples.exponent, up=feature.up)
    return _Found(value, signal.unit, f"between the samples at {signal.time(first - 1)} s and {signal.time(first)} s")


def _times(signal: Signal, first: int, last: int, length: Decimal) -> tuple[Sequence[int], int, int]:
    """Times from first to last and a length, on one power of ten."""
    exponent = min(signal.time_exponent, int(length.as_tuple().exponent))
    times = rescaled(signal.times[first:last], signal.time_exponent, exponent)
    return times, in_units(length, exponent, up=False), exponent


def _clip(feature: Feature, signal: Signal, values: Sequence[int], first: int, last: int) -> _Found:
    """Of the magnitude: a deceleration is worse for being negative."""
    times, duration, _exponent = _times(signal, first, last, CLIP)
    contiguous = feature.kind is FeatureKind.CLIP_3MS_CONTIGUOUS
    magnitudes = [neg(value) if value < 0 else value for value in values]
    level = held_level(
        magnitudes, times, duration, signal.samples.exponent, contiguous=contiguous, up=feature.up
    )  # fmt: skip
    if level is None:
        raise NotMeasured("less than 3 ms were recorded in the time looked at")
    return _Found(level, signal.unit, f"held for 3 ms {'at one stretch' if contiguous else 'in all'}")


def _hic(feature: Feature, signal: Signal, values: Sequence[int], first: int, last: int) -> _Found:
    per_g = _PER_G.get((signal.unit or "").replace(" ", "").casefold())
    if per_g is None:
        raise NotMeasured(f"channel {signal.code} is in {signal.unit or 'no unit'}: HIC is of g or m/s²")
    if min(values) < 0:
        raise NotMeasured(f"channel {signal.code} has negative values: HIC is of a resultant, name its three channels")
    times, longest, exponent = _times(signal, first, last, HIC_LENGTHS[feature.kind])
    try:
        window = worst_window(values, times, longest)
    except TooManyWindows:
        raise NotMeasured(f"channel {signal.code} is sampled too finely for HIC: state from and to") from None
    if window is None:
        raise NotMeasured("fewer than two samples were recorded within the longest window")
    value = criterion(window, signal.samples.exponent, exponent, per_g, up=feature.up)
    begin, end = (scaled(times[place], exponent) for place in (window.first, window.last))
    return _Found(value, None, f"from {begin} s to {end} s")
