"""Times of rigs: exact, of a zone that somebody named, or refused."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.adapters.canonical import AdapterError
from inspections.adapters.rig_times import pattern_faults, read_time

NOON = datetime(2026, 11, 20, 12, tzinfo=timezone(timedelta(hours=8)))


@pytest.mark.parametrize(
    "text, pattern, moment",
    [
        ("2026-11-20T12:00:00+08:00", "iso", NOON),
        ("2026-11-20 04:00:00Z", "iso", NOON),
        ("2026-11-20T12:00", "iso", NOON),
        ("2026-11-20 12:00:00,5", "iso", NOON + timedelta(milliseconds=500)),
        ("2026-11-20T12:00:00.1234569", "iso", NOON + timedelta(microseconds=123456)),
        ("20.11.2026 12:00", "%d.%m.%Y %H:%M", NOON),
        ("11/20/26 12:00:00 PM", "%m/%d/%y %I:%M:%S %p", NOON),
        ("20261120120000 +0800", "%Y%m%d%H%M%S %z", NOON),
        ("1795147200", "unix", datetime(2026, 11, 20, 4, tzinfo=UTC)),
        ("1795147200123.4567", "unix_ms", datetime(2026, 11, 20, 4, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_times_are_read_in_the_zone_of_the_profile_unless_they_have_an_offset(text, pattern, moment):
    found = read_time(text, "line 2", "Asia/Shanghai", pattern)
    assert found == moment
    assert found.utcoffset() is not None


@pytest.mark.law(1)
def test_a_time_without_an_offset_or_a_zone_is_refused_and_says_so():
    with pytest.raises(AdapterError) as refusal:
        read_time("2026-11-20T12:00:00", "line 2 column 'Start'", None)
    assert str(refusal.value) == (
        "line 2 column 'Start': found '2026-11-20T12:00:00', a time without an offset, "
        "expected an offset, or a profile with a time zone"
    )


@pytest.mark.law(1)
@pytest.mark.parametrize(
    "text, zone, found",
    [
        ("2026-10-25 02:30:00", "Europe/Berlin", "came twice"),
        ("2026-03-29 02:30:00", "Europe/Berlin", "leapt over"),
        ("2026-11-20 12:00:00", "Europe/Nowhere", "a profile with the time zone 'Europe/Nowhere'"),
        ("2026-11-20 12:00:00", "../../etc/passwd", "a profile with the time zone"),
        ("2026-11-20 12:00:00", "Europe", "a profile with the time zone"),
        ("0001-01-01 00:00:00", "Asia/Shanghai", "the year 1"),
        ("2026-02-30 12:00:00", "Asia/Shanghai", "2026-02-30"),
        ("20.11.2026", "Asia/Shanghai", "20.11.2026"),
        ("٢٠٢٦-11-20 12:00:00", "Asia/Shanghai", "u0662"),
    ],
)
def test_times_that_are_unclear_are_refused(text, zone, found):
    with pytest.raises(AdapterError) as refusal:
        read_time(text, "line 2", zone)
    assert found in refusal.value.found


@given(
    st.text(max_size=40), st.sampled_from(["iso", "unix", "unix_ms", "%Y-%m-%d %H:%M:%S", "%d.%m.%y %I:%M%p", "%(["])
)
def test_any_text_is_a_time_or_refused(text, pattern):
    with suppress(AdapterError):
        assert read_time(text, "here", "Asia/Shanghai", pattern).tzinfo is not None


@pytest.mark.parametrize("digits", ["9" * 16, "9" * 17, "9" * 5000, "-1", "1e3", "NaN", "Infinity", ""])
def test_no_count_of_seconds_is_too_much(digits):
    with pytest.raises(AdapterError):
        read_time(digits, "here", None, "unix")


@pytest.mark.parametrize(
    "pattern, faults",
    [
        ("iso", 0), ("unix", 0), ("%Y-%m-%d %H:%M:%S.%f", 0), ("%d/%m/%y %I:%M %p", 0), ("%Y%j%H%M", 0),
        ("%d.%m.%Y", 2), ("%Q", 6), ("%Y-%m-%d %I:%M", 1), ("%c", 6), ("%Y %Y-%m-%d %H:%M", 1), ("", 5), ("%", 6),
    ],
)  # fmt: skip
def test_a_pattern_must_tell_a_whole_moment(pattern, faults):
    assert len(list(pattern_faults(pattern))) == faults
