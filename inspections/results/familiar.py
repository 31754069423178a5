"""Measurements that come again in the very same bytes, or from files with the very same texts: read, checked and made
ready once. Pure.

A rig measures the same few thousand values all day, in the same order, and writes each as it wrote it before; a new
value it writes between the very same bytes as the last. What is kept here changes no answer: whatever is not familiar,
or has a fault, is read in the ordinary way.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from itertools import count
from typing import Any, Final, NamedTuple

import msgspec

from .digest import digested, normal_value
from .posted import (
    CLAIMS,
    LONGEST_NAME,
    LONGEST_POSITION,
    LONGEST_UNIT,
    MOST_MEASUREMENTS,
    FamiliarMeasurement,
    PostedMeasurement,
    WrittenNumber,
    is_short_number,
    measured_faults,
    written_value,
)

_MOST: Final = 65_536
"""So many are kept, about 50 MB; then it begins anew."""
_LONGEST: Final = 256

_familiar: Final[list[dict[Hashable, FamiliarMeasurement]]] = [{} for _ in range(MOST_MEASUREMENTS)]
"""By place in an inspection."""
_around: Final[list[dict[Hashable, FamiliarMeasurement]]] = [{} for _ in range(MOST_MEASUREMENTS)]
"""By place: a measurement by the bytes before and behind its number, or by all that a file says beside it."""
_NUMBER: Final = re.compile(rb'"value": ?(-?(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,9})?)(?=[,} ])')
"""A number that every reading takes, short and without exponent, where JSON has its end behind it."""
_met: Final = count(1)
_keys: Final[dict[tuple[str, str], int]] = {}
_DECODER: Final = msgspec.json.Decoder(PostedMeasurement, float_hook=WrittenNumber)
_ENCODER: Final = msgspec.json.Encoder(enc_hook=len)  # encodes to count keys; what a number is does not matter then


def familiar_measurements(raws: Sequence[msgspec.Raw]) -> list[FamiliarMeasurement] | None:
    """The measurements of an inspection, at most 2,000, from their bytes; None where one is not without fault."""
    found = [known.get(bytes(raw)) for known, raw in zip(_familiar, raws, strict=False)]
    if not all(found):
        found = [known or _meet(place, bytes(raws[place])) for place, known in enumerate(found)]
    return found if all(found) else None  # type: ignore[return-value]


class FileValue(NamedTuple):
    """A value as the reader of a file gives it, placed; the fields are those of a PostedMeasurement."""

    characteristic: str
    value: Any
    unit: str | None
    position: str | None
    verdict: str | None


def familiar_values(values: Sequence[FileValue]) -> list[FamiliarMeasurement] | None:
    """`familiar_measurements` of the values of a file, at most 2,000."""
    # A number and a text of the same letters are two things, and so are 1.0 and 1.00.
    keys = [
        (type(value := written_value(one.value)), value, one.characteristic, one.position, one.unit, one.verdict)
        for one in values
    ]
    try:
        found = [known.get(key) for known, key in zip(_familiar, keys, strict=False)]
    except TypeError:  # a list in the place of a value, which has no hash
        return None
    if not all(found):
        found = [known or _meet_value(place, keys[place]) for place, known in enumerate(found)]
    return found if all(found) else None  # type: ignore[return-value]


def _meet_value(place: int, key: tuple[Any, ...]) -> FamiliarMeasurement | None:
    _, value, characteristic, position, unit, verdict = key
    is_short = is_short_number(value)
    if is_short and (like := _around[place].get(key[2:])) is not None:
        known = _with_number(like, value)
        _keep(place, key, known)
        return known
    item = PostedMeasurement(characteristic, value, unit, position, verdict)
    if not _fits(item) or any(measured_faults(item, 0)):
        return None
    known = _made_ready(item)
    if not isinstance(value, str) or len(value) + len(characteristic) <= _LONGEST:
        _keep(place, key, known)
        if is_short:
            _around[place][key[2:]] = known
    return known


def _fits(item: PostedMeasurement) -> bool:
    """Whether its texts are as long as a decoder takes them."""
    return (
        0 < len(item.characteristic) <= LONGEST_NAME
        and (item.unit is None or len(item.unit) <= LONGEST_UNIT)
        and (item.position is None or len(item.position) <= LONGEST_POSITION)
        and item.verdict in CLAIMS
    )


def _meet(place: int, raw: bytes) -> FamiliarMeasurement | None:
    if len(raw) > _LONGEST:
        return _read(raw)
    found = _NUMBER.search(raw)
    # -0 is the only one of these numbers that the decoder spells otherwise.
    if found is None or found[1] == b"-0":
        known = _read(raw)
    else:
        around = raw[: found.start(1)], raw[found.end(1) :]
        like = _around[place].get(around)
        # What was in order around one number is so around any other: neither holds a backslash, so that no text holds
        # the mark of a key, and no key stands twice.
        known = _read(raw) if like is None else _with_number(like, WrittenNumber(found[1].decode()))
        if like is None and known is not None:
            _around[place][around] = known
    if known is not None:
        _keep(place, raw, known)
    return known


def _with_number(like: FamiliarMeasurement, number: WrittenNumber) -> FamiliarMeasurement:
    characteristic, position, _, unit, verdict = like.digested
    told = (characteristic, position, normal_value(number), unit, verdict)
    return FamiliarMeasurement(
        like.characteristic, number, like.unit, like.position, like.verdict, like.key, told, {}, like.alike
    )


def _keep(place: int, key: Hashable, known: FamiliarMeasurement) -> None:
    if not next(_met) % _MOST:
        for kept, around in zip(_familiar, _around, strict=True):
            kept.clear()
            around.clear()
    _familiar[place][key] = known


def _read(raw: bytes) -> FamiliarMeasurement | None:
    try:
        item = _DECODER.decode(raw)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    # Without a backslash, two equal keys leave more quotation marks in the bytes than in what was read of them.
    if b"\\" in raw or raw.count(b'"') != _ENCODER.encode(item).count(b'"') or any(measured_faults(item, 0)):
        return None
    return _made_ready(item)


def _made_ready(item: PostedMeasurement) -> FamiliarMeasurement:
    key = _keys.setdefault((item.characteristic, item.position or ""), len(_keys))
    return FamiliarMeasurement(
        item.characteristic,
        item.value,
        item.unit,
        item.position,
        item.verdict,
        key,
        digested(item),
        {},
        {} if is_short_number(item.value) else None,
    )
