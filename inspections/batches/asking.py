"""What targets ask for between two moments, in whole cars that add up. Pure.

A target asks for so many cars a year, spread evenly over the working time of each calendar year of the plant: every
working second of a year asks for `cars_per_year / working seconds of that year`. All of it is counted in fractions
from the beginning of the first target; what a day, a week or a year asks for is the difference of what is asked
until its end and until its beginning, each rounded down to a whole car. So the days add up to the week and to the
year exactly, and a year that has one target asks for exactly that many cars. A day, an ISO 8601 week (from Monday)
and a year begin at midnight of the plant's zone.

A target that is raised in mid-year asks at the new pace from its day on; the days before keep what they were asked
for, and the year asks for the sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from fractions import Fraction
from itertools import pairwise

from .working_time import WorkingCalendar, worked, worked_in_year, year_begins


@dataclass(frozen=True, slots=True)
class Pace:
    """So many cars a year in the working time of a calendar, from midnight of a day of the plant on. 0: no target."""

    since: date
    cars_per_year: int
    calendar: WorkingCalendar


@dataclass(frozen=True, slots=True)
class Period:
    """From one moment to another, the second not in it."""

    name: str
    start: datetime
    end: datetime


def day_begins(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)


def periods_at(at: datetime, zone: tzinfo) -> tuple[Period, Period, Period]:
    """The day, the ISO week and the calendar year of the plant in which a moment lies."""
    today = at.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    spans = {
        "day": (today, today + timedelta(days=1)),
        "week": (monday, monday + timedelta(days=7)),
        "year": (date(today.year, 1, 1), date(today.year + 1, 1, 1)),
    }
    day, week, year = (
        Period(name, day_begins(first, zone), day_begins(last, zone)) for name, (first, last) in spans.items()
    )
    return day, week, year


def pace_at(paces: Sequence[Pace], at: datetime, zone: tzinfo) -> Pace | None:
    """The pace that holds at a moment; None where none was set or it was ended. `paces` ascend by their day."""
    today = at.astimezone(zone).date()
    found = next((pace for pace in reversed(paces) if pace.since <= today), None)
    return found if found is not None and found.cars_per_year else None


def asked_between(paces: Sequence[Pace], since: datetime, until: datetime, zone: tzinfo) -> int:
    """Whole cars asked for from one moment to another. `paces` ascend by their day, one a day."""
    return asked_until(paces, until, zone) // 1 - asked_until(paces, since, zone) // 1


def asked_until(paces: Sequence[Pace], moment: datetime, zone: tzinfo) -> Fraction:
    """Cars asked for from the first target on until the moment, exactly."""
    return sum((_asked(pace, start, end, zone) for pace, start, end in _held(paces, moment, zone)), Fraction(0))


def seconds_a_car(pace: Pace, at: datetime, zone: tzinfo) -> Fraction | None:
    """Working seconds of the year of a moment for each car; None where nothing is asked for."""
    time_of_year = worked_in_year(pace.calendar, at.astimezone(zone).year, zone)
    return Fraction(time_of_year, pace.cars_per_year * 1_000_000) if pace.cars_per_year and time_of_year else None


def _held(paces: Sequence[Pace], until: datetime, zone: tzinfo) -> Iterator[tuple[Pace, datetime, datetime]]:
    """Each pace with the time in which it held, cut at the turns of years."""
    for pace, following in pairwise((*paces, None)):
        if pace is None:
            return
        start = day_begins(pace.since, zone)
        end = until if following is None else min(until, day_begins(following.since, zone))
        while start < end:
            turn = min(end, year_begins(start.astimezone(zone).year + 1, zone))
            yield pace, start, turn
            start = turn


def _asked(pace: Pace, since: datetime, until: datetime, zone: tzinfo) -> Fraction:
    of_year = worked_in_year(pace.calendar, since.astimezone(zone).year, zone)
    return Fraction(pace.cars_per_year * worked(pace.calendar, since, until, zone), of_year) if of_year else Fraction(0)
