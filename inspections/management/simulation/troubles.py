"""The troubles of a run: which kinds each of its two batches has. Pure."""

from __future__ import annotations

from typing import Final

from .events import Event
from .evidence_faults import CertificateEnds, Flashed, Missing, OutOfCalibration
from .failures import BatteryFailure, CrashFailure, DrivingFailure, WorkedExample
from .posting_faults import Conflict, Duplicate, LateUpload, NotANumber, RefusedBody, Waiting, WrongUnit

EVENTS: Final[tuple[tuple[type[Event], ...], ...]] = (
    (BatteryFailure, Duplicate, Missing, Flashed, WrongUnit, LateUpload, Conflict, WorkedExample),
    (DrivingFailure, CertificateEnds, NotANumber, OutOfCalibration, Waiting, RefusedBody, CrashFailure),
)
"""Of the first batch and of the second, in the order of their usual cars."""
