"""Channels of ISO-MME tests: a header, then one number a line.

The 16 letters of a channel code say what is measured where; of these the 15th is the direction and the 16th the filter
class. What the channel says of its own data decides whether anything may be concluded from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from .canonical import AdapterError
from .isomme_text import NO_VALUE, Header, decode_text, read_header, split_lines
from .signals import MOST_SAMPLES, Numbers, Signal, read_numbers, scaled, to_decimal
from .strict_json import shown

USABLE = frozenset(["ok", "linearised data", "linearized data", "linearised", "linearized", "scaling factor applied"])
"""What a channel may say of its data; whatever else it says, or nothing, speaks against it."""

FILTER_CLASSES = {"A": 1000, "B": 600, "C": 180, "D": 60}
_CODE_LENGTH = 16
_NUMBER_LETTERS = b"0123456789+-.eE \t\r\n"
_SECONDS = {"s": 0, "sec": 0, "ms": -3, "msec": -3, "us": -6, "µs": -6, "μs": -6}


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel as its file has it; `samples` are the texts of its numbers, None for NOVALUE."""

    place: str
    header: Header
    code: str
    name: str
    unit: str | None
    status: str
    source: str
    samples: tuple[Decimal | None, ...]
    comma: bool = False

    @property
    def unusable(self) -> str:
        """Why nothing may be concluded from the channel; "" where its data are good."""
        if self.status.casefold() not in USABLE:
            return f"channel {self.code}: its data status is {shown(self.status) if self.status else 'not stated'}"
        if self.source.casefold().startswith("simul"):
            return f"channel {self.code}: its data source is {shown(self.source)}"
        return ""


def read_channel(data: bytes, place: str, encoding: str | None, *, comma: bool = False) -> Channel:
    """The channel in a file. Raises AdapterError for what is no header or no number, and where the number of samples
    differs from what the header says."""
    lines = split_lines(decode_text(data, place, encoding))
    begin = next((at for at, line in enumerate(lines) if line.strip() and ":" not in line), len(lines))
    header = read_header(lines[:begin], place)
    code = header.require("Channel code", expected="the code of the channel")
    if len(code) != _CODE_LENGTH or not code.isascii() or not code.replace("?", "0").isalnum():
        raise AdapterError(f"{place}, Channel code", shown(code), f"{_CODE_LENGTH} letters and digits")
    samples = _read_samples(lines[begin:], begin, place, comma=comma)
    status = header.get("Data status") or ""
    if samples or status.casefold() in USABLE:
        _check_count(header, len(samples))
    return Channel(
        place,
        header,
        code,
        header.get("Name of the channel") or "",
        header.get("Unit"),
        status,
        header.get("Data source") or "",
        samples,
        comma,
    )


def _check_count(header: Header, found: int) -> None:
    stated = header.require("Number of samples", expected="how many samples follow")
    if not (stated.isascii() and stated.isdigit()) or len(stated) > 9 or int(stated) != found:
        raise AdapterError(f"{header.place}, Number of samples", f"{shown(stated)}, and {found} samples", "the same")


def _read_samples(lines: Sequence[str], before: int, place: str, *, comma: bool) -> tuple[Decimal | None, ...]:
    """One number a line; blank lines only at the end."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    if end > MOST_SAMPLES:
        raise AdapterError(place, f"{end} samples", f"at most {MOST_SAMPLES}")
    own = lines[:end]
    body = "\n".join(own)
    try:
        # Only letters of numbers: then none of what Decimal takes besides, such as NaN, can be meant.
        if not comma and body.isascii() and not body.encode().translate(None, _NUMBER_LETTERS):
            return tuple(map(Decimal, own))
    except ArithmeticError:
        pass  # One of them is no number after all: which one is found below.
    return tuple(
        _read_sample(text, f"{place} line {before + number}", comma=comma) for number, text in enumerate(own, 1)
    )


def _read_sample(text: str, place: str, *, comma: bool) -> Decimal | None:
    written = text = text.strip()
    if text == NO_VALUE:
        return None
    if comma:
        text = "" if "." in text else text.replace(",", ".")
    if text and text.isascii() and not text.encode().translate(None, _NUMBER_LETTERS):
        try:
            return to_decimal(text)
        except ValueError:
            pass
    raise AdapterError(place, shown(written), f"a number{' with a comma' if comma else ''}, or {NO_VALUE}")


def make_signal(channel: Channel, times: Channel | None) -> Signal:
    """The channel over time. `times` is the channel that it names as its time, None where it names none.

    What is missing or contradicts itself makes the signal unusable and is said there; numbers beyond all measuring
    raise AdapterError.
    """
    samples = read_numbers(channel.samples, channel.place)
    why = channel.unusable
    found: tuple[Sequence[int], int] | str = _explicit(channel, times) if _names_time(channel) else _implicit(channel)
    if isinstance(found, str):
        why, found = why or f"channel {channel.code}: {found}", ((), 0)
    if not channel.samples:
        why = why or f"channel {channel.code}: it has no samples"
    return Signal(
        channel.code,
        channel.unit,
        samples,
        found[0],
        found[1],
        _filter_class(channel),
        channel.code[14],
        channel.code[:14] + channel.code[15],
        why,
    )


def time_channel_of(channel: Channel) -> str | None:
    """The code of the channel that holds the times of this one; None where times follow from an interval."""
    return channel.header.get("Reference channel name") if _names_time(channel) else None


def _names_time(channel: Channel) -> bool:
    return (channel.header.get("Reference channel") or "").casefold() == "explicit"


def _filter_class(channel: Channel) -> int | None:
    """By the 16th letter; none where the header says another class in numbers."""
    by_code = FILTER_CLASSES.get(channel.code[15].upper())
    stated = channel.header.get("Channel frequency class") or ""
    return None if stated.isdigit() and stated != str(by_code) else by_code


def _implicit(channel: Channel) -> tuple[Sequence[int], int] | str:
    numbers = []
    for descriptor in ("Time of first sample", "Sampling interval"):
        text = channel.header.get(descriptor)
        if text is None:
            return f"it does not state its {descriptor.lower()}"
        try:
            numbers.append(_read_sample(text, descriptor, comma=channel.comma))
        except AdapterError:
            return f"its {descriptor.lower()} is {shown(text)}"
    both = read_numbers(numbers, channel.place)
    first, step = (value or 0 for value in both.values)
    if step <= 0:
        return f"its sampling interval is {scaled(step, both.exponent)}"
    return range(first, first + step * len(channel.samples), step), both.exponent


def _explicit(channel: Channel, times: Channel | None) -> tuple[Sequence[int], int] | str:
    name = time_channel_of(channel)
    if times is None:
        return f"its time channel {shown(name)} is not among the channels"
    if times.unusable:
        return f"its time is no good: {times.unusable}"
    power = _SECONDS.get((times.unit or "").casefold())
    if power is None:
        return f"its time channel is in {shown(times.unit)}, not in s or ms"
    if len(times.samples) != len(channel.samples):
        return f"it has {len(channel.samples)} samples, its time channel {len(times.samples)}"
    read: Numbers = read_numbers(times.samples, times.place)
    whole = [value for value in read.values if value is not None]
    if len(whole) != len(read.values):
        return "its time channel has samples without a value"
    if any(later <= earlier for earlier, later in pairwise(whole)):
        return "its times do not increase from sample to sample"
    return whole, read.exponent + power
