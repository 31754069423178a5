"""Measurements that come again in the very same bytes: read, checked and made ready once. Pure.

A rig measures the same few thousand values all day, and writes each as it wrote it before. What is kept here changes
no answer: whatever is not familiar, or has a fault, is read in the ordinary way.
"""

from __future__ import annotations

from typing import Final

import msgspec

from .digest import digested
from .posted import FamiliarMeasurement, PostedMeasurement, WrittenNumber, measured_faults

_MOST: Final = 65_536
"""So many are kept, about 50 MB; then it begins anew."""
_LONGEST: Final = 256

_familiar: Final[dict[bytes, FamiliarMeasurement]] = {}
_DECODER: Final = msgspec.json.Decoder(PostedMeasurement, float_hook=WrittenNumber)
_ENCODER: Final = msgspec.json.Encoder(enc_hook=len)  # encodes to count keys; what a number is does not matter then


def familiar_measurement(raw: bytes) -> FamiliarMeasurement | None:
    """The measurement that these bytes say; None where they say none that is without fault."""
    known = _familiar.get(raw)
    if known is None and (known := _read(raw)) is not None and len(raw) <= _LONGEST:
        if len(_familiar) >= _MOST:
            _familiar.clear()
        _familiar[raw] = known
    return known


def _read(raw: bytes) -> FamiliarMeasurement | None:
    try:
        item = _DECODER.decode(raw)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    # Without a backslash, two equal keys leave more quotation marks in the bytes than in what was read of them.
    if b"\\" in raw or raw.count(b'"') != _ENCODER.encode(item).count(b'"') or any(measured_faults(item, 0)):
        return None
    key = item.characteristic, item.position or ""
    return FamiliarMeasurement(
        item.characteristic, item.value, item.unit, item.position, item.verdict, key, digested(item), {}
    )
