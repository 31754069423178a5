"""In which format a column writes its moments: found where only one fits, named where several do, never chosen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from .canonical import AdapterError
from .rig_times import ISO, UNIX, UNIX_MILLISECONDS, read_time

_DATE = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})", re.ASCII)
_CLOCK = re.compile(r"\d{1,2}:\d\d(:\d\d)?([.,]\d{1,6})?( ?)([AaPp][Mm])?", re.ASCII)
_COMPACT = re.compile(r"(?:19|20)\d{6}([ _T]?)\d{6}", re.ASCII)
_SINCE_1970 = {UNIX: re.compile(r"1\d{9}(\.\d+)?", re.ASCII), UNIX_MILLISECONDS: re.compile(r"1\d{12}", re.ASCII)}
_MOST_READ = 500


@dataclass(frozen=True, slots=True)
class Moments:
    """What a column may hold: whole moments, days or times of the day. `formats`: all that fit every cell."""

    formats: tuple[str, ...]
    is_day: bool = False
    is_clock: bool = False


def moments_of(cells: Sequence[str], *, is_named_so: bool) -> Moments | None:
    """The moments in the cells that hold something; None where these are no moments of one format.

    Digits alone are taken for a moment only where the column's name says so.
    """
    texts = list(dict.fromkeys(cells))[:_MOST_READ]
    if not texts or not all(text.isascii() and len(text) <= 40 for text in texts):
        return None
    if texts[0][:4].isdigit() and _all_read(texts, ISO):
        return Moments((ISO,))
    if is_named_so and (found := _digits(texts)):
        return found
    clock = _clock_format(texts)
    if clock is not None:
        return Moments((clock,), is_clock=True)
    return _dated(texts)


def _all_read(texts: Iterable[str], pattern: str) -> bool:
    try:
        for text in texts:
            read_time(text, "cell", "UTC", pattern)
    except AdapterError:
        return False
    return True


def _digits(texts: Sequence[str]) -> Moments | None:
    for name, digits in _SINCE_1970.items():
        if all(map(digits.fullmatch, texts)):
            return Moments((name,))
    matches = [_COMPACT.fullmatch(text) for text in texts]
    joints = {match[1] for match in matches if match}
    if all(matches) and len(joints) == 1:
        pattern = f"%Y%m%d{joints.pop()}%H%M%S"
        return Moments((pattern,)) if _all_read(texts, pattern) else None
    return None


def _dated(texts: Sequence[str]) -> Moments | None:
    """Days, with a time of the day behind them or without one."""
    days, joints, clocks = [], set(), []
    for text in texts:
        match = _DATE.match(text)
        if match is None:
            return None
        days.append(match)
        rest = text[match.end() :]
        joints.add(rest[:1])
        clocks.append(rest[1:])
    if len(joints) != 1 or len({match[2] for match in days}) != 1:
        return None
    orders = _orders(days)
    if joints == {""}:
        return Moments(tuple(orders), is_day=True) if orders else None
    clock, joint = _clock_format(clocks), joints.pop()
    if clock is None or joint not in " T_":
        return None
    formats = (f"{order}{joint}{clock}" for order in orders)
    found = tuple(each for each in formats if _all_read(texts, each))
    return Moments(found) if found else None


def _orders(days: Sequence[re.Match[str]]) -> list[str]:
    """In which orders all of them are days of the calendar."""
    mark = days[0][2]
    lengths = {(len(match[1]), len(match[4])) for match in days}
    if all(first == 4 and last <= 2 for first, last in lengths):
        orders = ["Y m d"]
    elif all(first <= 2 and last == 4 for first, last in lengths):
        orders = ["d m Y", "m d Y"]
    elif all(first <= 2 and last == 2 for first, last in lengths):
        orders = ["d m y", "m d y"] + (["y m d"] if all(first == 2 for first, _ in lengths) else [])
    else:
        return []
    patterns = [mark.join(f"%{letter}" for letter in order.split()) for order in orders]
    return [pattern for pattern in patterns if all(_exists(match[0], pattern) for match in days)]


def _exists(text: str, pattern: str) -> bool:
    try:
        return 1990 <= datetime.strptime(text, pattern).year <= 2200  # noqa: DTZ007 a day alone
    except ValueError:
        return False


def _clock_format(texts: Sequence[str]) -> str | None:
    """The one format in which all of them are times of the day."""
    found = set()
    for text in texts:
        match = _CLOCK.fullmatch(text)
        if match is None or (match[3] and not match[4]) or (match[2] and not match[1]):
            return None
        fraction = f"{match[2][0]}%f" if match[2] else ""
        half = f"{match[3]}%p" if match[4] else ""
        found.add(f"{'%I' if half else '%H'}:%M{':%S' if match[1] else ''}{fraction}{half}")
    return found.pop() if len(found) == 1 else None
