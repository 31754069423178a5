"""When the plant works: weekdays, hours of its wall clock, days closed; and how long that is between moments. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Final

_HOURS: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))", re.ASCII)
_DAY: Final = 24 * 60
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """`weekdays` are ISO numbers, `spans` minutes of the wall clock from midnight, ascending and apart."""

    weekdays: frozenset[int]
    spans: tuple[tuple[int, int], ...]
    closed: frozenset[date] = frozenset()

    def works_on(self, day: date) -> bool:
        return day.isoweekday() in self.weekdays and day not in self.closed


def span_of(text: str) -> tuple[int, int] | None:
    """A span as "06:00-14:00" in minutes from midnight, the end of the day is 24:00; None for anything else."""
    found = _HOURS.fullmatch(text)
    if found is None:
        return None
    hour, minute, until, past = (int(part) for part in found.groups() if part is not None)
    start, end = hour * 60 + minute, until * 60 + past
    return (start, end) if start < end else None


def overlapping(spans: tuple[tuple[int, int], ...]) -> bool:
    """Whether two of the spans, ascending, share a minute."""
    return any(later[0] < earlier[1] for earlier, later in pairwise(spans))


def year_begins(year: int, zone: tzinfo) -> datetime:
    return datetime(year, 1, 1, tzinfo=zone)


def worked(calendar: WorkingCalendar, since: datetime, until: datetime, zone: tzinfo) -> int:
    """Working time from one moment to another of one calendar year of the plant, in microseconds.

    A span is as long as its clock runs: an hour more or less on the day on which the clocks change.
    """
    if until <= since:
        return 0
    edges, sums = _year(calendar, since.astimezone(zone).year, zone)
    return _until(edges, sums, until) - _until(edges, sums, since)


def worked_in_year(calendar: WorkingCalendar, year: int, zone: tzinfo) -> int:
    """Working time of a whole calendar year of the plant, in microseconds."""
    return _year(calendar, year, zone)[1][-1]


def _until(edges: tuple[tuple[datetime, datetime], ...], sums: tuple[int, ...], moment: datetime) -> int:
    """Working time of the year until the moment."""
    place = bisect_right(edges, moment, key=lambda edge: edge[0])
    if not place:
        return 0
    start, end = edges[place - 1]
    return sums[place - 1] + (min(max(moment, start), end) - start) // _MICROSECOND


@lru_cache(maxsize=64)
def _year(
    calendar: WorkingCalendar, year: int, zone: tzinfo
) -> tuple[tuple[tuple[datetime, datetime], ...], tuple[int, ...]]:
    """The spans of a year, in order, and the working time before each of them and in all."""
    edges = tuple(_spans(calendar, year, zone))
    return edges, tuple(accumulate(((end - start) // _MICROSECOND for start, end in edges), initial=0))


def _spans(calendar: WorkingCalendar, year: int, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
    day = date(year, 1, 1)
    while day.year == year:
        for first, last in calendar.spans if calendar.works_on(day) else ():
            start, end = _on_clock(day, first, zone), _on_clock(day, last, zone)
            if start < end:
                yield start, end
        day += timedelta(days=1)


def _on_clock(day: date, minutes: int, zone: tzinfo) -> datetime:
    """The moment at which the plant's clock shows so many minutes of the day, in UTC: there differences are time."""
    if minutes == _DAY:
        day, minutes = day + timedelta(days=1), 0
    return datetime.combine(day, time(minutes // 60, minutes % 60), zone).astimezone(UTC)
