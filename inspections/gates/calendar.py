"""The plant's calendar: the consecutive shifts, weeks or months in which samples are due. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from ..catalogue.choices import Period


def periods_around(
    period: str, since: datetime, until: datetime, *, zone: tzinfo, shift_starts: Sequence[time]
) -> tuple[tuple[datetime, datetime], ...]:
    """The periods [start, end) from the one before that which holds `since` to the one after that which holds `until`.

    Oldest first, without gaps. A week begins on Monday (ISO 8601), a day's shifts at `shift_starts`, all on the wall
    clock of `zone`: a shift across a change of the clocks is an hour longer or shorter. Raises ValueError for a basis
    without a calendar (a material lot) or a `since` after `until`.
    """
    if since > until:
        raise ValueError(f"a calendar from {since} to {until} runs backwards")
    periods: list[tuple[datetime, datetime]] = []
    edges = _edges(period, since.astimezone(zone).date(), zone, shift_starts)
    for start, end in pairwise(edges):
        periods.append((start, end))
        if end <= since:
            periods = periods[-1:]
        if start > until:
            break
    return tuple(periods)


def _edges(period: str, first: date, zone: tzinfo, shift_starts: Sequence[time]) -> Iterator[datetime]:
    """Beginnings of periods, from at least one whole period before the day `first` on, without end."""
    match period:
        case Period.MONTH:
            return _months(first.replace(day=1) - timedelta(days=1), zone)
        case Period.WEEK:
            return _days(first - timedelta(days=first.weekday() + 7), 7, (time(),), zone)
        case Period.SHIFT:
            return _days(first - timedelta(days=2), 1, sorted(shift_starts), zone)
        case _:
            raise ValueError(f"a sample per {period or 'nothing'} has no calendar: expected shift, week or month")


def _months(first: date, zone: tzinfo) -> Iterator[datetime]:
    month = first.replace(day=1)
    while True:
        yield datetime.combine(month, time(), zone)
        month = (month + timedelta(days=32)).replace(day=1)


def _days(first: date, step: int, starts: Sequence[time], zone: tzinfo) -> Iterator[datetime]:
    day = first
    while True:
        for start in starts:
            yield datetime.combine(day, start, zone)
        day += timedelta(days=step)
