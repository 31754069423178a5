from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.gates.calendar import periods_around

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
SHIFTS = (time(7), time(15), time(23))
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(ZoneInfo("UTC")))  # noqa: DTZ001 aware by timezones=


def around(period, since, until, zone=SHANGHAI):
    return periods_around(period, since, until, zone=zone, shift_starts=SHIFTS)


def test_months_run_from_the_one_before_to_the_one_after():
    since = datetime(2026, 11, 22, 8, tzinfo=SHANGHAI)
    assert around("month", since, since) == (
        (datetime(2026, 10, 1, tzinfo=SHANGHAI), datetime(2026, 11, 1, tzinfo=SHANGHAI)),
        (datetime(2026, 11, 1, tzinfo=SHANGHAI), datetime(2026, 12, 1, tzinfo=SHANGHAI)),
        (datetime(2026, 12, 1, tzinfo=SHANGHAI), datetime(2027, 1, 1, tzinfo=SHANGHAI)),
    )


def test_a_week_begins_on_monday_by_the_plants_clock():
    sunday_evening_in_utc = datetime(2026, 11, 22, 16, 30, tzinfo=ZoneInfo("UTC"))  # Monday 00:30 in Shanghai
    periods = around("week", sunday_evening_in_utc, sunday_evening_in_utc)
    assert periods[1] == (datetime(2026, 11, 23, tzinfo=SHANGHAI), datetime(2026, 11, 30, tzinfo=SHANGHAI))


def test_the_night_shift_belongs_to_the_day_before():
    night = datetime(2026, 11, 22, 3, tzinfo=SHANGHAI)
    assert around("shift", night, night) == (
        (datetime(2026, 11, 21, 15, tzinfo=SHANGHAI), datetime(2026, 11, 21, 23, tzinfo=SHANGHAI)),
        (datetime(2026, 11, 21, 23, tzinfo=SHANGHAI), datetime(2026, 11, 22, 7, tzinfo=SHANGHAI)),
        (datetime(2026, 11, 22, 7, tzinfo=SHANGHAI), datetime(2026, 11, 22, 15, tzinfo=SHANGHAI)),
    )


def test_a_shift_across_a_change_of_the_clocks_is_an_hour_longer():
    night = datetime(2026, 10, 25, 1, tzinfo=BERLIN)
    start, end = around("shift", night, night, BERLIN)[1]
    assert end.astimezone(ZoneInfo("UTC")) - start.astimezone(ZoneInfo("UTC")) == timedelta(hours=9)


@pytest.mark.parametrize("period", ["lot", ""])
def test_a_basis_without_a_calendar_is_refused(period):
    now = datetime(2026, 11, 22, tzinfo=SHANGHAI)
    with pytest.raises(ValueError, match="no calendar"):
        around(period, now, now)


def test_a_calendar_does_not_run_backwards():
    now = datetime(2026, 11, 22, tzinfo=SHANGHAI)
    with pytest.raises(ValueError, match="backwards"):
        around("month", now, now - timedelta(days=1))


@given(
    st.sampled_from(["shift", "week", "month"]),
    MOMENTS,
    st.timedeltas(timedelta(0), timedelta(days=90)),
    st.sampled_from([SHANGHAI, BERLIN]),
)
def test_periods_follow_each_other_without_a_gap_and_hold_both_moments(period, since, length, zone):
    until = since + length
    periods = around(period, since, until, zone)
    assert all(before[1] == after[0] for before, after in pairwise(periods))
    assert periods[0][1] <= since < periods[1][1]
    assert periods[-2][0] <= until < periods[-2][1]
