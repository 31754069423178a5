"""What is asked for and what is read: values of one characteristic, counts of many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ..evaluation.facts import Requirement
from ..evaluation.reasons import JudgementReason, Outcome


@dataclass(frozen=True, slots=True)
class Scope:
    """Which results are meant: of one characteristic, finished from `since` until before `until`.

    None leaves a bound open, which is allowed for one batch alone: the vehicles that are in it now, and the parts that
    are in them. `configurations` None: of all, whatever was tested; else of vehicles of these. `position` None: all.
    """

    procedure_id: int
    characteristic_id: int
    since: datetime | None
    until: datetime | None
    rig_id: int | None = None
    batch_id: int | None = None
    configurations: tuple[int, ...] | None = None
    position: str | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """One value as written. `value` is a number, `raw` what is none. `outcome` is what counts now: on the current pin.

    `vin`, `car` and `batch` are those of the vehicle, or of the one that the tested part is in now; "" and 0 for none.
    `part` names a component or a material lot that was tested by itself.
    """

    inspection_id: int
    ordinal: int
    external_id: str
    finished_at: datetime
    rig: str
    position: str
    value: Decimal | None
    raw: str | None
    unit: str
    outcome: Outcome
    reason: JudgementReason
    requirement_id: int | None
    vin: str
    car: int
    batch: str
    part: str


@dataclass(frozen=True, slots=True)
class Found:
    """Values, oldest first. `more`: the scope holds more, older than these. `voided` of the inspections read were
    declared void: what they measured is left out."""

    values: tuple[Measured, ...]
    more: bool
    voided: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How often one characteristic was measured in a window of time, and how it came out."""

    characteristic_id: int
    results: int
    fails: int
    unclear: int
    not_judged: int


@dataclass(frozen=True, slots=True)
class HeldLine:
    """A line of a plan to which values were or are held. `in_force`: its revision is the one in force."""

    requirement: Requirement
    plan: str
    revision: int
    configuration: str
    in_force: bool
