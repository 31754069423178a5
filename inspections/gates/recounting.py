"""Recounting a batch from its measurements: what is stored must be what would be decided from nothing."""

from __future__ import annotations

from dataclasses import dataclass

VEHICLES_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the record of a gate and its recomputation part. `subject` is a VIN or the batch's number."""

    subject: str
    domain: str
    stored: str
    recounted: str
