"""The limit bar: a number line with what conforms, what does not, and where the value lies. Decimals in, SVG out.

Places are per cent of the bar's width with two decimals, so that the bar fits any column without a style attribute.
Only the drawing is rounded; labels are the numbers as written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from itertools import pairwise

from inspections.gates.limit_wording import number_text, required_text
from inspections.gates.sentence_catalogue import Language

from .statuses import Status

# Readings and limits have up to 30 digits and an exponent within 30 either way: no difference of two is lost.
_DRAWING = Context(prec=120)
_CENT = Decimal("0.01")
_STEPS_TO_THE_VALUE = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one requirement, in one unit. `inside`: what lies between them conforms; else what lies beyond."""

    lower: Decimal | None
    upper: Decimal | None
    lower_inclusive: bool = True
    upper_inclusive: bool = True
    unit: str = ""
    inside: bool = True


@dataclass(frozen=True, slots=True)
class LimitMark:
    """A limit on the bar: a filled disc where the limit itself passes, an open ring where it fails."""

    x: str
    passes: bool
    label: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Span:
    x: str
    width: str
    conforms: bool


@dataclass(frozen=True, slots=True)
class LimitBar:
    """All that `templates/partials/limit_bar.html` draws. `beyond` is "left" or "right" for a value off the scale."""

    spans: tuple[Span, ...]
    limits: tuple[LimitMark, ...]
    start: str
    end: str
    value: str = ""
    beyond: str = ""
    whisker: tuple[str, str] | None = None
    status: Status = Status.QUIET
    title: str = ""


def draw_limit_bar(
    limits: Limits,
    language: Language,
    *,
    value: Decimal | None = None,
    uncertainty: Decimal | None = None,
    status: Status = Status.QUIET,
) -> LimitBar | None:
    """Draw one requirement and one value of the same unit. None where there is no limit, and so nothing to draw.

    `value` not finite is not drawn: it has no place on a number line.
    """
    with localcontext(_DRAWING):
        return _draw(limits, language, value, uncertainty, status)


def _draw(
    limits: Limits, language: Language, value: Decimal | None, uncertainty: Decimal | None, status: Status
) -> LimitBar | None:
    stated = [limit for limit in (limits.lower, limits.upper) if limit is not None]
    if not stated:
        return None
    point = value if value is not None and value.is_finite() else None
    low, high = _scale(limits.lower, limits.upper, point)
    scale = _Scale(low, high)
    words = _words(limits, language)
    title = words if point is None else f"{number_text(point)}; {words}"
    beyond = "" if point is None or low <= point <= high else ("left" if point < low else "right")
    whisker = None
    if point is not None and uncertainty and not beyond:
        whisker = (scale.place(max(low, point - uncertainty)), scale.place(min(high, point + uncertainty)))
    marks = tuple(_marks(limits, scale, words))
    return LimitBar(
        spans=tuple(_spans(limits, scale)),
        limits=marks,
        start=_end_label(low, marks, near_start=True),
        end=_end_label(high, marks, near_start=False),
        value="" if point is None or beyond else scale.place(point),
        beyond=beyond,
        whisker=whisker,
        status=status,
        title=title,
    )


class _Scale:
    def __init__(self, low: Decimal, high: Decimal) -> None:
        self.low, self.high = low, high

    def share(self, number: Decimal) -> Decimal:
        part = (number - self.low) * 100 / (self.high - self.low)
        return part.quantize(_CENT)

    def place(self, number: Decimal) -> str:
        return f"{self.share(number)}%"


def _scale(lower: Decimal | None, upper: Decimal | None, value: Decimal | None) -> tuple[Decimal, Decimal]:
    """The ends of the number line: wide enough for the limits, widened a few steps for the value, never without end."""
    if lower is not None and upper is not None and lower < upper:
        step = (upper - lower) / 4
        low, high = lower - step, upper + step
    else:
        limit = upper if upper is not None else lower or Decimal(0)
        step = abs(limit) / 2 or Decimal(1)
        low, high = (limit - step, limit + 2 * step) if upper is None else (limit - 2 * step, limit + step)
    for _ in range(_STEPS_TO_THE_VALUE if value is not None else 0):
        if value is not None and value < low and value >= low - _STEPS_TO_THE_VALUE * step:
            low -= step
        elif value is not None and value > high and value <= high + _STEPS_TO_THE_VALUE * step:
            high += step
    smallest = min(number for number in (lower, upper, value) if number is not None)
    return (Decimal(0), high) if low < 0 <= smallest else (low, high)


def _spans(limits: Limits, scale: _Scale) -> Iterator[Span]:
    cuts = [scale.low, *(limit for limit in (limits.lower, limits.upper) if limit is not None), scale.high]
    conforms = (limits.lower is None) == limits.inside
    for start, stop in pairwise(cuts):
        width = scale.share(stop) - scale.share(start)
        if width > 0:
            yield Span(scale.place(start), f"{width}%", conforms)
        conforms = not conforms


def _marks(limits: Limits, scale: _Scale, words: str) -> Iterator[LimitMark]:
    both = limits.lower is not None and limits.upper is not None
    for limit, passes in ((limits.lower, limits.lower_inclusive), (limits.upper, limits.upper_inclusive)):
        if limit is None:
            continue
        share = scale.share(limit)
        room = 8 if both else 22
        anchor = "start" if share < room else "end" if share > 100 - room else "middle"
        yield LimitMark(f"{share}%", passes, number_text(limit) if both else words, anchor)


def _words(limits: Limits, language: Language) -> str:
    return required_text(
        "inside" if limits.inside else "outside",
        language,
        lower=limits.lower,
        upper=limits.upper,
        lower_inclusive=limits.lower_inclusive,
        upper_inclusive=limits.upper_inclusive,
        unit=limits.unit,
    )


def _end_label(number: Decimal, marks: tuple[LimitMark, ...], *, near_start: bool) -> str:
    """The number at an end of the scale, left out where the words of a limit need its place."""
    places = [Decimal(mark.x.rstrip("%")) for mark in marks]
    crowded = min(places) < 30 if near_start else max(places) > 70
    return "" if crowded else number_text(number.normalize())
