"""What a target asks of a day, a week and a year: exactly, on the plant's clock, and adding up."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from inspections.batches.asking import (
    Pace,
    asked_between,
    asked_until,
    day_begins,
    pace_at,
    periods_at,
    seconds_a_car,
)
from inspections.batches.working_time import WorkingCalendar, overlapping, span_of, worked, worked_in_year

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
ALWAYS = WorkingCalendar(frozenset(range(1, 8)), ((0, 24 * 60),))
WEEKDAYS = WorkingCalendar(frozenset(range(1, 6)), ((6 * 60, 14 * 60), (14 * 60 + 30, 22 * 60 + 30)))
HOUR = 3_600_000_000


def days(first, last):
    while first < last:
        yield first
        first += timedelta(days=1)


def of_day(paces, day, zone=SHANGHAI):
    return asked_between(paces, day_begins(day, zone), day_begins(day + timedelta(days=1), zone), zone)


@pytest.mark.parametrize("cars", [1, 350_000, 400_000, 399_999])
@pytest.mark.parametrize("calendar", [ALWAYS, WEEKDAYS])
@pytest.mark.parametrize("year", [2026, 2028])
def test_a_year_asks_for_exactly_its_cars_and_its_days_add_up_to_it(cars, calendar, year):
    paces = [Pace(date(year, 1, 1), cars, calendar)]
    asked = [of_day(paces, day) for day in days(date(year, 1, 1), date(year + 1, 1, 1))]
    assert sum(asked) == cars
    worked_on = {number for day, number in zip(days(date(year, 1, 1), date(year + 1, 1, 1)), asked, strict=True)
                 if calendar.works_on(day)}  # fmt: skip
    assert max(worked_on) - min(worked_on) <= 1


def test_400_000_cars_round_the_clock_ask_for_1096_a_day_and_one_every_79_seconds():
    pace = Pace(date(2026, 1, 1), 400_000, ALWAYS)
    at = datetime(2026, 11, 26, 6, 20, tzinfo=UTC)
    assert {of_day([pace], date(2026, 11, 25)), of_day([pace], date(2026, 11, 26))} <= {1095, 1096}
    assert seconds_a_car(pace, at, SHANGHAI) == Fraction(365 * 86_400, 400_000)
    noon = datetime(2026, 11, 26, 12, tzinfo=SHANGHAI)
    assert asked_until([pace], noon, SHANGHAI) == Fraction(400_000 * (329 * 24 + 12), 365 * 24)


def test_a_raise_in_mid_year_leaves_what_was_asked_before_and_the_year_asks_for_the_sum():
    before = [Pace(date(2026, 1, 1), 350_000, ALWAYS)]
    raised = [*before, Pace(date(2026, 7, 1), 400_000, ALWAYS)]
    for day in days(date(2026, 1, 1), date(2026, 7, 1)):
        assert of_day(raised, day) == of_day(before, day)
    start, end = (day_begins(date(year, 1, 1), SHANGHAI) for year in (2026, 2027))
    assert asked_between(raised, start, end, SHANGHAI) == int(Fraction(350_000 * 181 + 400_000 * 184, 365))
    assert pace_at(raised, datetime(2026, 6, 30, 15, 59, tzinfo=UTC), SHANGHAI) == before[0]
    assert pace_at(raised, datetime(2026, 6, 30, 16, 0, tzinfo=UTC), SHANGHAI) == raised[1]


def test_nothing_is_asked_before_the_first_target_and_after_one_that_ends_it():
    paces = [Pace(date(2026, 3, 2), 1_000, ALWAYS), Pace(date(2026, 3, 4), 0, ALWAYS)]
    assert [of_day(paces, date(2026, 3, day)) > 0 for day in (1, 2, 3, 4, 5)] == [False, True, True, False, False]
    assert pace_at(paces, datetime(2026, 3, 5, tzinfo=UTC), SHANGHAI) is None
    assert pace_at([], datetime(2026, 3, 5, tzinfo=UTC), SHANGHAI) is None
    assert asked_until([], datetime(2026, 3, 5, tzinfo=UTC), SHANGHAI) == 0


def test_only_working_time_asks():
    pace = [Pace(date(2026, 1, 1), 100_000, WEEKDAYS)]
    at = [datetime(2026, 11, 25, hour, minute, tzinfo=SHANGHAI) for hour, minute in ((14, 0), (14, 15), (14, 30))]
    assert len({asked_until(pace, moment, SHANGHAI) for moment in at}) == 1
    assert of_day(pace, date(2026, 11, 28)) == of_day(pace, date(2026, 11, 29)) == 0
    assert worked(WEEKDAYS, day_begins(date(2026, 11, 25), SHANGHAI), at[1], SHANGHAI) == 8 * HOUR


def test_a_closed_day_asks_for_nothing_and_the_others_for_more():
    holidays = frozenset(days(date(2026, 2, 16), date(2026, 2, 23)))
    closed = WorkingCalendar(frozenset(range(1, 8)), ((0, 1440),), holidays)
    paces = [Pace(date(2026, 1, 1), 400_000, closed)]
    assert of_day(paces, date(2026, 2, 16)) == 0
    assert of_day(paces, date(2026, 2, 23)) in (1117, 1118)


def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is():
    def length(day, calendar=ALWAYS):
        return worked(calendar, day_begins(day, BERLIN), day_begins(day + timedelta(days=1), BERLIN), BERLIN)

    assert [length(date(2026, *day)) for day in ((3, 28), (3, 29), (10, 25))] == [24 * HOUR, 23 * HOUR, 25 * HOUR]
    night = WorkingCalendar(frozenset(range(1, 8)), ((60, 4 * 60),))
    assert [length(date(2026, *day), night) for day in ((3, 28), (3, 29), (10, 25))] == [3 * HOUR, 2 * HOUR, 4 * HOUR]
    assert worked_in_year(ALWAYS, 2026, BERLIN) == 365 * 24 * HOUR


def test_day_iso_week_and_year_are_those_of_the_plants_zone():
    at = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)  # half past midnight of 1 January in Shanghai, a Friday
    found = [(p.name, p.start.date(), p.end.date(), p.start.utcoffset()) for p in periods_at(at, SHANGHAI)]
    eight = timedelta(hours=8)
    assert found == [
        ("day", date(2027, 1, 1), date(2027, 1, 2), eight),
        ("week", date(2026, 12, 28), date(2027, 1, 4), eight),
        ("year", date(2027, 1, 1), date(2028, 1, 1), eight),
    ]
    assert periods_at(at, UTC)[2].start.year == 2026


def test_a_week_across_the_turn_of_the_year_asks_for_the_sum_of_its_days():
    paces = [Pace(date(2026, 1, 1), 350_000, WEEKDAYS), Pace(date(2027, 1, 1), 400_000, ALWAYS)]
    (_, week, _) = periods_at(datetime(2027, 1, 1, 4, tzinfo=UTC), SHANGHAI)
    each = [of_day(paces, day) for day in days(date(2026, 12, 28), date(2027, 1, 4))]
    assert asked_between(paces, week.start, week.end, SHANGHAI) == sum(each)


def test_a_calendar_without_working_time_asks_for_nothing_rather_than_breaking():
    never = WorkingCalendar(frozenset({1}), ())
    paces = [Pace(date(2026, 1, 1), 400_000, never)]
    assert of_day(paces, date(2026, 11, 23)) == 0
    assert seconds_a_car(paces[0], datetime(2026, 11, 23, tzinfo=UTC), SHANGHAI) is None


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("06:00-14:00", (360, 840)),
        ("00:00-24:00", (0, 1440)),
        ("14:00-06:00", None),
        ("06:00-06:00", None),
        ("6:00-14:00", None),
        ("06:00-24:30", None),
        ("25:00-26:00", None),
        ("06:00-14:00 ", None),
        ("٠٦:00-14:00", None),
        ("", None),
    ],
)
def test_a_span_is_two_times_of_one_day(text, span):
    assert span_of(text) == span


def test_spans_that_touch_do_not_overlap():
    assert overlapping(((0, 480), (480, 960))) is False
    assert overlapping(((0, 481), (480, 960))) is True
