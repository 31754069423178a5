"""Reads an MDF 4 file with asammdf, in an environment that has it: run by `mdf4`, never imported by what runs here.

MDF holds binary numbers. Whole numbers with a linear conversion are converted exactly, by the shortest decimals of its
factors; a binary fraction is told as the shortest decimal that stands for it in its own precision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from hashlib import sha256
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, ParseError

from .canonical import AdapterError, CanonicalInspection, CanonicalItem, ParseContext, ReportClaim
from .channel_features import NotMeasured, measure
from .child import serve
from .feature_options import read_features
from .rig_times import read_time
from .signals import MOST_SAMPLES, Signal, read_numbers
from .strict_json import shown

_EXACT = Context(prec=60)
_MOST_CHANNELS = 5_000
_LONGEST = 500
_LOCAL_TIME = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PIECE = 1024 * 1024
_FAULTS = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, NotImplementedError, RuntimeError,
    TypeError, ValueError,
)  # fmt: skip
"""What asammdf, numpy and struct raise for files that are broken; each reading of them is translated by `_reading`."""


def parse(stream: BinaryIO, context: ParseContext) -> Iterator[CanonicalInspection]:
    """The one test in the file."""
    digest = _digest(stream)
    yield _reading(lambda: _read(stream, digest, context), "file")


def _digest(stream: BinaryIO) -> str:
    whole = sha256()
    while piece := stream.read(_PIECE):
        whole.update(piece)
    stream.seek(0)
    return whole.hexdigest()


def _reading(read: Callable[[], Any], place: str) -> Any:
    from asammdf.blocks.utils import MdfException

    try:
        return read()
    except (MdfException, *_FAULTS) as error:
        found = f"what asammdf cannot read ({type(error).__name__}: {shown(str(error))})"
        raise AdapterError(place, found, "a whole MDF 4 file") from error


def _read(stream: BinaryIO, digest: str, context: ParseContext) -> CanonicalInspection:
    from asammdf import MDF

    with MDF(stream) as mdf:
        file = _File(mdf)
        properties = list(_properties(mdf.header.comment))
        named = dict(properties)
        options = context.options
        start, begin, end = _start(mdf.header, context), *file.span()
        items = tuple(_plain(measure(feature, file.find)) for feature in read_features(options))
        number = named.get(options["external_id"]) if "external_id" in options else f"mdf4-{digest[:32]}"
        if number is None:
            raise AdapterError("header", f"no property {shown(options['external_id'])}", "the number of the test")
        header = mdf.header
        subject = header.subject.strip() or None
        return CanonicalInspection(
            external_id=number[:128],
            serial=named.get(options["serial"]) if "serial" in options else subject,
            part_number=None,
            process_code=None,
            process_name=None,
            station=None,
            operator=header.author.strip() or None,
            started_at=start + begin,
            finished_at=start + end,
            claimed=ReportClaim.NONE,
            items=items,
            headers=(
                ("version", str(mdf.version)),
                *((key, text) for key in ("author", "department", "project", "subject")
                  if (text := str(getattr(header, key)).strip())),
                *properties,
                *file.summaries(),
            ),
        )  # fmt: skip


def _start(header: Any, context: ParseContext) -> datetime:
    """The start of the measurement. Without an offset from UTC it is a time of the profile's zone."""
    nanoseconds = int(header.abs_time)
    moment = _EPOCH + timedelta(microseconds=nanoseconds // 1000)
    if header.time_flags & _LOCAL_TIME:
        text = moment.replace(tzinfo=None).isoformat()
        return read_time(text, "header, start time", context.time_zone)
    return read_time(moment.isoformat(), "header, start time", None)


def _properties(comment: str) -> Iterator[tuple[str, str]]:
    """The texts of the header's comment by their names, "tree / name" where they are nested."""
    if not comment:
        return
    if "<!" in comment:
        raise AdapterError("header, comment", "a declaration of a document type", "plain XML")
    from xml.etree.ElementTree import fromstring

    try:
        root = fromstring(comment)  # noqa: S314 without any declaration there are no entities
    except ParseError:
        yield "comment", comment[:_LONGEST]
        return
    yield from _named(root, ())


def _named(element: Element, above: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for child in element:
        name = child.get("name")
        path = (*above, name.strip()) if name else above
        text = (child.text or "").strip()
        if text and (name or child.tag.endswith("TX")):
            yield " / ".join(path) or "comment", text[:_LONGEST]
        if len(path) < 20:
            yield from _named(child, path)


@dataclass(slots=True)
class _File:
    """The channels of the file. Signals are read when a feature asks for one."""

    mdf: Any
    _masters: dict[int, tuple[Sequence[int], int] | str] = field(default_factory=dict)
    _signals: dict[str, Signal] = field(default_factory=dict)

    def span(self) -> tuple[timedelta, timedelta]:
        """From the first to the last sample of any group, after the start of the measurement."""
        edges = []
        for number, group in enumerate(self.mdf.groups):
            if group.channel_group.cycles_nr:
                times = self.mdf.get_master(number)
                edges += [Decimal(str(times[0])), Decimal(str(times[-1]))]
        if not edges:
            raise AdapterError("file", "no samples in any group", "a recorded measurement")
        if not all(edge.is_finite() for edge in edges):
            raise AdapterError("file", "a time that is no number", "times in seconds")
        first, last = (timedelta(microseconds=int(edge * 1_000_000)) for edge in (min(edges), max(edges)))
        return first, last

    def summaries(self) -> Iterator[tuple[str, str]]:
        """Each channel by its group, with its unit and how many samples it has."""
        count = 0
        for number, group in enumerate(self.mdf.groups):
            for channel in group.channels:
                count += 1
                if count > _MOST_CHANNELS:
                    raise AdapterError("file", f"more than {_MOST_CHANNELS} channels", "fewer in one file")
                unit = _unit(channel) or "-"
                yield (
                    f"Group {number} / {channel.name}"[:_LONGEST],
                    f"[{unit}], {group.channel_group.cycles_nr} samples",
                )

    def find(self, name: str) -> Signal:
        """The one channel of a name in a group with samples."""
        if name not in self._signals:
            found = [
                (group, index)
                for group, index in self.mdf.channels_db.get(name, ())
                if self.mdf.groups[group].channel_group.cycles_nr
            ]
            if len(found) != 1:
                raise NotMeasured(f"{len(found) or 'no'} channels of the name {name} with samples")
            (place,) = found
            self._signals[name] = self._read(name, *place)
        return self._signals[name]

    def _read(self, name: str, group: int, index: int) -> Signal:
        count = self.mdf.groups[group].channel_group.cycles_nr
        if count > MOST_SAMPLES:
            raise NotMeasured(f"channel {name} has {count} samples, at most {MOST_SAMPLES} are read")
        channel = self.mdf.groups[group].channels[index]
        raw = self.mdf.get(name, group=group, index=index, raw=True, ignore_invalidation_bits=True)
        if raw.samples.ndim != 1 or raw.samples.dtype.kind not in "iuf":
            raise NotMeasured(f"channel {name} holds no single numbers")
        numbers = self._numbers(name, group, index, raw, channel)
        if len(numbers) != count:
            raise AdapterError(f"channel {name}", f"{len(numbers)} samples of {count}", "as many as the group says")
        if raw.invalidation_bits is not None:
            numbers = [None if bad else number for number, bad in zip(numbers, raw.invalidation_bits, strict=True)]
        times = self._times(group)
        why = f"channel {name}: {times}" if isinstance(times, str) else ""
        moments, exponent = ((), 0) if isinstance(times, str) else times
        return Signal(name, _unit(channel), read_numbers(numbers, f"channel {name}"), moments, exponent, unusable=why)

    def _numbers(self, name: str, group: int, index: int, raw: Any, channel: Any) -> list[Decimal | None]:
        conversion = channel.conversion
        kind = 0 if conversion is None else conversion.conversion_type
        if conversion is None or kind == 0:
            return [_shortest(value) for value in raw.samples]
        if kind == 1 and raw.samples.dtype.kind in "iu":
            factor, offset = Decimal(str(conversion.a)), Decimal(str(conversion.b))
            return [_EXACT.add(_EXACT.multiply(Decimal(int(value)), factor), offset) for value in raw.samples]
        physical = self.mdf.get(name, group=group, index=index, ignore_invalidation_bits=True)
        if physical.samples.ndim != 1 or physical.samples.dtype.kind not in "iuf":
            raise NotMeasured(f"channel {name} holds words, not numbers")
        return [_shortest(value) for value in physical.samples]

    def _times(self, group: int) -> tuple[Sequence[int], int] | str:
        """The seconds of a group's samples on one power of ten, or why they are none."""
        if group not in self._masters:
            times = [_shortest(value) for value in self.mdf.get_master(group)]
            if None in times:
                self._masters[group] = "its times are not all numbers"
            else:
                read = read_numbers(times, f"times of group {group}")
                whole = [value for value in read.values if value is not None]
                rising = all(whole[at] < whole[at + 1] for at in range(len(whole) - 1))
                why = "its times do not increase from sample to sample"
                self._masters[group] = (whole, read.exponent) if rising else why
        return self._masters[group]


def _shortest(value: Any) -> Decimal | None:
    """The shortest decimal that stands for a binary number; None for what is no number."""
    number = Decimal(str(value))
    return number if number.is_finite() else None


def _plain(item: CanonicalItem) -> CanonicalItem:
    """Without the noughts that only other samples need."""
    value = item.value
    return item._replace(value=Decimal(f"{value.normalize(_EXACT):f}")) if isinstance(value, Decimal) else item


def _unit(channel: Any) -> str | None:
    unit = channel.unit or (channel.conversion.unit if channel.conversion is not None else "")
    return unit.strip() or None


if __name__ == "__main__":
    serve(parse)
