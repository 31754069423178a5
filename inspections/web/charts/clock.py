"""Round moments for an axis of time, on the wall clock of the plant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Final

from django.utils import timezone

from .plot import Tick

_STEPS: Final = tuple(
    timedelta(minutes=minutes)
    for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 20_160, 40_320)
)
_DAY: Final = timedelta(days=1)


def moments_between(begin: datetime, end: datetime, most: int) -> tuple[Tick, ...]:
    """At most `most` round moments from begin to end; the first says its day, and so does each that begins another."""
    step = next((step for step in _STEPS if (end - begin) / step < most), (end - begin) / max(1, most - 1))
    ticks: list[Tick] = []
    day = None
    for moment in _round_moments(begin, end, step):
        local = timezone.localtime(moment)
        label = (
            f"{local:%m-%d}" if step >= _DAY else f"{local:%H:%M}" if local.date() == day else f"{local:%m-%d %H:%M}"
        )
        day = local.date()
        ticks.append(Tick((moment - begin) / (end - begin), label))
    return tuple(ticks)


def _round_moments(begin: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    moment = timezone.make_aware(datetime.combine(timezone.localdate(begin), time.min))
    moment += step * -(-(begin - moment) // step)
    while moment <= end:
        yield moment
        moment += step
