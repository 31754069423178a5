"""Measurements that come again in the very same bytes: read, checked and made ready once. Pure.

A rig measures the same few thousand values all day, in the same order, and writes each as it wrote it before. What is
kept here changes no answer: whatever is not familiar, or has a fault, is read in the ordinary way.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Final

import msgspec

from .digest import digested
from .posted import MOST_MEASUREMENTS, FamiliarMeasurement, PostedMeasurement, WrittenNumber, measured_faults

_MOST: Final = 65_536
"""So many are kept, about 50 MB; then it begins anew."""
_LONGEST: Final = 256

_familiar: Final[list[dict[bytes, FamiliarMeasurement]]] = [{} for _ in range(MOST_MEASUREMENTS)]
"""By place in an inspection."""
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


def _meet(place: int, raw: bytes) -> FamiliarMeasurement | None:
    known = _read(raw)
    if known is not None and len(raw) <= _LONGEST:
        if not next(_met) % _MOST:
            for kept in _familiar:
                kept.clear()
        _familiar[place][raw] = known
    return known


def _read(raw: bytes) -> FamiliarMeasurement | None:
    try:
        item = _DECODER.decode(raw)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    # Without a backslash, two equal keys leave more quotation marks in the bytes than in what was read of them.
    if b"\\" in raw or raw.count(b'"') != _ENCODER.encode(item).count(b'"') or any(measured_faults(item, 0)):
        return None
    key = _keys.setdefault((item.characteristic, item.position or ""), len(_keys))
    return FamiliarMeasurement(
        item.characteristic, item.value, item.unit, item.position, item.verdict, key, digested(item), {}
    )
