"""Numbers that a simulated run gives: batches, VINs, serials and ids of tests. The same run gives the same. Pure."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from typing import Final

from ...batches.rules import check_digit

_LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
_MAKER: Final = "LZX"
_YEAR: Final = "T"  # 2026 in place 10 (ISO 3779)
_PLANT: Final = "B"
_RUN: Final = re.compile(r"\d{4}W\d{2}-[A-Za-z0-9]{1,12}")
_TAG: Final = re.compile(r"[A-Za-z0-9]{1,12}")


class BadSeed(ValueError):
    """The seed cannot stand in a batch's number; the text says what can."""


def week_of(day: date) -> str:
    """The ISO 8601 week as batch numbers carry it: 2026W47."""
    year, week, _ = day.isocalendar()
    return f"{year}W{week:02d}"


def run_of(seed: str, week: str) -> str:
    """The run that a seed names: "42" is a run of this week, "2026W47-42" one of a stated week. Raises BadSeed."""
    if _RUN.fullmatch(seed):
        return seed
    if _TAG.fullmatch(seed):
        return f"{week}-{seed}"
    raise BadSeed(f"{seed!r} is no seed: give 1 to 12 letters and digits, or a whole run such as 2026W47-42.")


def batch_number(model: str, run: str) -> str:
    return f"{model}-{run}"


def vin_of(model: str, run: str, sequence: int) -> str:
    """A VIN with its check digit (GB 16735) for car `sequence` (1 to 999) of a run."""
    if not 1 <= sequence <= 999:
        raise ValueError(f"car {sequence} has no VIN: a batch has 1 to 999 cars")
    digest = int.from_bytes(hashlib.sha256(f"{model} {run}".encode()).digest()[:8], "big")
    drawn = []
    for _ in range(4):
        digest, place = divmod(digest, len(_LETTERS))
        drawn.append(_LETTERS[place])
    described = f"{_descriptor(model)}{''.join(drawn[:3])}"
    serial = f"{drawn[3]}{digest % 100:02d}{sequence:03d}"
    vin = f"{_MAKER}{described}0{_YEAR}{_PLANT}{serial}"
    return f"{vin[:8]}{check_digit(vin)}{vin[9:]}"


def _descriptor(model: str) -> str:
    """Two letters of the model that a VIN may hold."""
    usable = [letter for letter in model.upper() if letter in _LETTERS]
    return "".join((*usable, "X", "X")[:2])
