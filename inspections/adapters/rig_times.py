"""Times as rigs write them: ISO 8601, a pattern that a profile names, or seconds since 1970. Nothing is guessed.

A time without an offset is one of the zone that the profile names. Without a zone, and in the hour that a zone goes
through twice or leaps over, it is refused: which of two tests finished last decides what counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .canonical import AdapterError
from .strict_json import shown

ISO = "iso"
UNIX = "unix"
UNIX_MILLISECONDS = "unix_ms"

_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ]|\s+)(\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,12}))?\s*(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_UNIX = re.compile(r"\d{1,16}(?:\.\d{1,12})?", re.ASCII)
_YEARS = range(1990, 2201)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)
_DIRECTIVES = frozenset("YymdHIpMSfzjbB%")
_NEEDED = (
    ("a year (%Y or %y)", "Yy"),
    ("an hour (%H, or %I with %p)", "HI"),
    ("a minute (%M)", "M"),
    ("a day (%m and %d, or %j)", "dj"),
    ("a month (%m or %b)", "mbBj"),
)


def read_time(text: str, place: str, time_zone: str | None, pattern: str = ISO) -> datetime:
    """The moment that `text` tells, cut to microseconds. `pattern`: "iso", "unix", "unix_ms", or one of strptime.

    Raises AdapterError for what is no time of that pattern, has neither an offset nor a zone to be read in, never
    came or came twice in its zone, or lies outside the years 1990 to 2200.
    """
    if pattern in (UNIX, UNIX_MILLISECONDS):
        moment = _read_unix(text, place, pattern)
    elif pattern == ISO:
        moment = _read_iso(text, place)
    else:
        moment = _read_pattern(text, place, pattern)
    if moment.year not in _YEARS:
        raise AdapterError(place, f"the year {moment.year}", "the time of the test")
    return moment if moment.tzinfo else _in_zone(moment, text, place, time_zone)


def _read_iso(text: str, place: str) -> datetime:
    match = _ISO.fullmatch(text)
    if match is None:
        raise AdapterError(place, shown(text), "an ISO 8601 time such as 2026-11-22T08:14:03.12+08:00")
    date, time, fraction, offset = match.groups()
    try:
        second = datetime.fromisoformat(f"{date}T{time}{offset or ''}")
    except ValueError as error:
        raise AdapterError(place, f"{shown(text)} ({error})", "a time that exists") from error
    return second.replace(microsecond=int((fraction or "")[:6].ljust(6, "0")))


def _read_pattern(text: str, place: str, pattern: str) -> datetime:
    if not text.isascii():
        raise AdapterError(place, shown(text), f"a time written as {pattern}")
    try:
        return datetime.strptime(text, pattern)  # noqa: DTZ007 the zone is told apart afterwards
    except (ValueError, re.error) as error:
        raise AdapterError(place, shown(text), f"a time written as {pattern}") from error


def _read_unix(text: str, place: str, pattern: str) -> datetime:
    """Seconds or milliseconds since 1970 began in UTC, exact, then cut to microseconds."""
    unit = "seconds" if pattern == UNIX else "milliseconds"
    try:
        if not _UNIX.fullmatch(text):
            raise AdapterError(place, shown(text), f"{unit} since 1970")
        seconds = Decimal(text) * (1 if pattern == UNIX else Decimal("0.001"))
        return _EPOCH + timedelta(microseconds=int((seconds * 1_000_000).to_integral_value(ROUND_FLOOR)))
    except (OverflowError, InvalidOperation) as error:
        raise AdapterError(place, shown(text), f"{unit} since 1970") from error


def _in_zone(moment: datetime, text: str, place: str, name: str | None) -> datetime:
    if name is None:
        raise AdapterError(
            place, f"{shown(text)}, a time without an offset", "an offset, or a profile with a time zone"
        )
    zone = _zone(name)
    if zone is None:
        raise AdapterError(place, f"a profile with the time zone {shown(name)}", "an IANA name such as Asia/Shanghai")
    earlier, later = moment.replace(tzinfo=zone), moment.replace(tzinfo=zone, fold=1)
    first, second = earlier.utcoffset(), later.utcoffset()
    if first != second:
        is_gap = first is not None and second is not None and first < second
        found = "which the clocks leapt over" if is_gap else "which came twice when the clocks went back"
        raise AdapterError(place, f"{shown(text)}, {found} in {name}", "a time with its offset from UTC")
    return earlier.replace(tzinfo=timezone(first or timedelta()))


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def pattern_faults(pattern: str) -> Iterator[str]:
    """What is wrong with a pattern that a profile names, in words."""
    if pattern in (ISO, UNIX, UNIX_MILLISECONDS):
        return
    found = _DIRECTIVE.findall(pattern)
    unknown = sorted({f"%{letter}" for letter in found if letter not in _DIRECTIVES})
    if unknown:
        yield f"found {', '.join(unknown)}, expected directives among " + " ".join(f"%{x}" for x in sorted(_DIRECTIVES))
    for needed, letters in _NEEDED:
        if not set(letters) & set(found):
            yield f"found {shown(pattern)} without {needed}, expected iso, unix, unix_ms or a whole date and time"
    if "I" in found and "p" not in found:
        yield "found %I without %p, expected an hour that says morning or afternoon"
    repeated = sorted({f"%{letter}" for letter in found if letter != "%" and found.count(letter) > 1})
    if repeated:
        yield f"found {', '.join(repeated)} twice, expected each once"
