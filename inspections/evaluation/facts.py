"""What the evaluator is told: plain frozen facts, gathered by the rooms above and never changed here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from .reasons import JudgementReason, Outcome, ReasonCode, State


class Kind(StrEnum):
    """Kind of a characteristic (AIAG: variable or attribute data; UN R156: identity)."""

    VARIABLE = "variable"
    COUNT = "count"
    ATTRIBUTE = "attribute"
    IDENTITY = "identity"


class Expression(StrEnum):
    """How a requirement compares a value."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    EQUAL = "equal"
    NOT_EQUAL = "not_equal"
    ONE_OF = "one_of"
    CONFORMS = "conforms"
    ANY_OF = "any_of"


class Level(StrEnum):
    EVERY_VEHICLE = "every_vehicle"
    SAMPLE = "sample"
    TYPE = "type"


class Reading(NamedTuple):
    """One value as it was sent. `value` is the text as written, or a bool, or None where nothing was entered.

    A JSON number and a string holding the same decimal arrive here as the same text. `is_number` tells
    whether the sender wrote a number; it matters only for identity characteristics, compared as stated.
    """

    value: str | bool | None
    unit: str = ""
    position: str = ""
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of a control plan revision, as the judge needs it. Limits are decimals in `unit`.

    `lower is None and upper is None` with a numeric expression can never pass (`NO_LIMIT`).
    `positions` are the positions at which the characteristic is required; ("",) where it has none.
    `values` holds the texts (or decimals as text) of equal, not_equal and one_of.
    `states_software`: the software system whose version an identity states; "" for any other.
    `members` names the requirements (by id) of an `any_of` group; a member line has `group` set to the group's id.
    """

    id: int
    characteristic_id: int
    characteristic: str
    kind: Kind
    expression: Expression
    procedure_id: int
    domain: str
    level: Level = Level.EVERY_VEHICLE
    positions: tuple[str, ...] = ("",)
    lower: Decimal | None = None
    upper: Decimal | None = None
    lower_inclusive: bool = True
    upper_inclusive: bool = True
    values: tuple[str, ...] = ()
    case_sensitive: bool = True
    unit: str = ""
    uncertainty: Decimal | None = None
    special: str = ""
    legal: bool = False
    repeats: int = 0
    states_software: str = ""
    members: tuple[int, ...] = ()
    group: int | None = None
    effective_from: datetime | None = None
    effective_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    reason: JudgementReason = JudgementReason.NONE


class DispositionKind(StrEnum):
    REWORK = "rework"
    CONFIRMED_RETEST = "confirmed_retest"
    MEASUREMENT_INVALID = "measurement_invalid"
    TREAT_AS_FAIL = "treat_as_fail"
    OURS_STANDS = "ours_stands"
    SCRAP = "scrap"


@dataclass(frozen=True, slots=True)
class Disposition:
    """An engineer's answer to one measurement's fail (or disagreement).

    `done_at`: for rework, when it was done; evidence of the same characteristic and position must finish after it.
    """

    id: int
    kind: DispositionKind
    done_at: datetime


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement as stored, with what was judged of it under the revision now pinned.

    `failed_ever`: some revision that bound the subject judged it a fail, whatever the present one says.
    `failed_before`: one that binds no more did, and no other member of a group excused it there: what another member
    shows excuses it no more. It is the fewest repeats that such a revision allowed after it.
    `requirement_id` is the requirement of the pinned revision it was judged against, None when not judged.
    `found` is the value as written with its unit, for people; `unit` is that unit alone.
    """

    ordinal: int
    characteristic_id: int | None
    position: str
    outcome: Outcome
    reason: JudgementReason = JudgementReason.NONE
    requirement_id: int | None = None
    failed_ever: bool = False
    failed_before: int | None = None
    claimed: Outcome | None = None
    dispositions: tuple[Disposition, ...] = ()
    found: str = ""
    kind: Kind = Kind.VARIABLE
    unit: str = ""


@dataclass(frozen=True, slots=True)
class SoftwareClaim:
    system: str
    version: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """One finished test as evidence for one vehicle, its own or of a component fitted in it."""

    id: int
    procedure_id: int
    rig: str
    finished_at: datetime
    recorded_at: datetime
    measurements: tuple[Measured, ...]
    software: tuple[SoftwareClaim, ...] = ()
    voided: bool = False
    claimed: Outcome | None = None
    verdict: Outcome = Outcome.NOT_JUDGED
    reviewed: tuple[Disposition, ...] = ()
    """Reviews of a disagreement about the whole inspection's verdict."""
    component: str = ""
    """"kind serial" where the subject is a component; "" for the vehicle itself."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A certificate: in calibration from `valid_from` (inclusive) until `valid_until` (exclusive)."""

    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class OutOfTolerance:
    """Found out of tolerance: nothing measured from `back_to` (the last good calibration) to `found_at` counts."""

    back_to: datetime
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Authorisation:
    """Granted or withdrawn for one procedure with effect from a moment; the last one at or before a test decides."""

    procedure_id: int
    granted: bool
    effective_at: datetime
    id: int = 0


@dataclass(frozen=True, slots=True)
class Rig:
    """The dated facts of one rig. A station that measures nothing (`needs_calibration` false) may only
    carry attribute, identity and count characteristics; a variable measured on it is never in calibration."""

    code: str
    calibrations: tuple[Calibration, ...] = ()
    out_of_tolerance: tuple[OutOfTolerance, ...] = ()
    authorisations: tuple[Authorisation, ...] = ()
    needs_calibration: bool = True


@dataclass(frozen=True, slots=True)
class SoftwareChange:
    system: str
    version: str
    at: datetime
    id: int = 0


@dataclass(frozen=True, slots=True)
class ComponentChange:
    """A component of `kind` was fitted or removed. `known_kind`: the catalogue knows the kind. Of two changes of one
    moment the one with the higher `id` came after."""

    kind: str
    at: datetime
    serial: str = ""
    fitted: bool = True
    known_kind: bool = True
    id: int = 0

    @property
    def part(self) -> str:
        """The component as an inspection names it."""
        return f"{self.kind} {self.serial}"


@dataclass(frozen=True, slots=True)
class Procedure:
    """What makes this procedure's results stale: UN R156 software systems and component kinds."""

    id: int
    code: str
    domain: str
    software_systems: tuple[str, ...] = ()
    component_kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rework:
    """Work on the vehicle that names tests to repeat: evidence of these characteristics must finish after it.

    A rework that disposes of a fail binds that fail's own characteristic and position by its `Disposition` already.
    `component` ("kind serial") binds the results of that part alone; `what` says what was done, as a reason tells it.
    """

    id: int
    done_at: datetime
    characteristic_ids: tuple[int, ...]
    component: str = ""
    what: str = "rework"


@dataclass(frozen=True, slots=True)
class Concession:
    """A concession for one vehicle and one characteristic and its positions (() = all).

    In force from `approved_at` (inclusive) until `expires_at` (exclusive; None: nothing ends it, as for a vehicle that
    left by it), for what was on record when it was approved. `requirement_id`: the line that it concedes; None leaves
    the line open. `inspections`: those whose fails its approvers saw, and no other; None: whatever was on record.
    """

    id: int
    characteristic_id: int
    positions: tuple[str, ...]
    approved_at: datetime
    expires_at: datetime | None
    requirement_id: int | None = None
    inspections: frozenset[int] | None = None
    number: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """Something kept in intake, unread, that names this vehicle or a component fitted in it.

    `domain` None: it could be about any domain, so it blocks all of them."""

    id: int
    detail: str
    received_at: datetime
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class GateInput:
    """All that one vehicle's gate of one domain rests on.

    `requirements`: those of the pinned revision in this domain and of level every_vehicle (members and groups too).
    `plan_approved`: a revision is pinned and was approved. `testing_closed`: the batch registers and awaits no more.
    `for_delivery`: false for a car destroyed for a test, scrapped or transferred: it needs no results and never leaves.
    `built_at`: the moment the car was registered; requirements with dates of effect are asked by it.
    """

    domain: str
    plan_approved: bool
    requirements: tuple[Requirement, ...]
    inspections: tuple[Inspection, ...]
    testing_closed: bool
    for_delivery: bool
    built_at: datetime
    rigs: dict[str, Rig] = field(default_factory=dict)
    procedures: dict[int, Procedure] = field(default_factory=dict)
    software: tuple[SoftwareChange, ...] = ()
    components: tuple[ComponentChange, ...] = ()
    concessions: tuple[Concession, ...] = ()
    kept: tuple[Kept, ...] = ()
    reworks: tuple[Rework, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that keeps a gate from passing.

    `characteristic_id` and `position` locate it; `found` and `required` are texts or reference values as written;
    `inspection_id`/`ordinal` point at the evidence; `procedure_id` locates the reasons of a batch; `detail` carries
    what the sentence of the code needs more (rig, at in ISO 8601, system, change, count …), text to text.
    """

    code: ReasonCode
    characteristic_id: int | None = None
    position: str = ""
    requirement_id: int | None = None
    inspection_id: int | None = None
    ordinal: int | None = None
    found: str = ""
    required: str = ""
    detail: tuple[tuple[str, str], ...] = ()
    procedure_id: int | None = None


@dataclass(frozen=True, slots=True)
class GateDecision:
    """`valid_until`: the earliest moment at which a fact this decision relied on ends; None if none ends."""

    state: State
    reasons: tuple[Reason, ...]
    valid_until: datetime | None = None
    conceded: tuple[int, ...] = ()
    """Ids of the concessions it relied on: what leaves by concession says so for ever."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Type-level evidence for one procedure and configuration.

    `software` are the versions it holds for, where the procedure depends on them.
    In force from `valid_from` (inclusive) until `valid_until` (exclusive), unless revoked."""

    id: int
    procedure_id: int
    valid_from: datetime
    valid_until: datetime
    software: tuple[SoftwareClaim, ...] = ()
    revoked_at: datetime | None = None
    revoked_reason: str = ""


@dataclass(frozen=True, slots=True)
class SampleRule:
    """How a sampled procedure is sampled: `size` conforming in each period, for each line, accepting no reject.

    `basis`: `per_period` or `per_batch`. `periods`: the consecutive periods [start, end) that bear on the batch, oldest
    first, gathered by the caller: from the one before its first car was built to the one after the moment of deciding.
    Per batch `size` is how many positions are drawn now. `procedure`: its code, for the reason. `asked` false: the
    batch's revision samples it no more, and only what was rejected before still speaks.
    """

    procedure_id: int
    basis: str
    size: int
    periods: tuple[tuple[datetime, datetime], ...] = ()
    requirement_ids: tuple[int, ...] = ()
    procedure: str = ""
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample's result for a procedure, on this line: conforming, rejected or neither (indeterminate).

    `made_at`: when its subject was made, where that is known: the moment in production for which it stands, else
    `finished_at`. `drawn`: its subject was drawn for this batch; of those that conform `per_batch` counts no other.
    `item` names the one thing that was measured, however often: it is one sample. "": it is known by this result alone.
    """

    id: int
    procedure_id: int
    finished_at: datetime
    outcome: Outcome
    subject: str
    characteristic: str = ""
    cleared_for: frozenset[int] = frozenset()
    """Of a rejected sample: the cars (by id) that were screened since, on record, and that still conform."""
    made_at: datetime | None = None
    drawn: bool = False
    item: str = ""


@dataclass(frozen=True, slots=True)
class BuiltCar:
    """A car of the batch that is meant for delivery, delivered ones too, with the moment at which it was built."""

    id: int
    built_at: datetime


@dataclass(frozen=True, slots=True)
class BatchInput:
    """What belongs to the batch itself in one domain: plan, coverage, samples.

    `built_from`, `built_until`: first and last registration of its cars meant for delivery (None: no car yet).
    `software`: the versions its cars carry, one set a car, distinct sets only. `samples`: those of its configuration
    and line; for a procedure sampled per batch those of its own cars. `cars`: each car that a reject may reach; with
    none named, a reject reaches the batch by the time in which its cars were built. `left_at`: when the last of its
    cars left for a customer, where testing is closed and none is in the plant any more; None while one may leave."""

    domain: str
    plan_approved: bool
    has_requirements: bool
    type_procedures: tuple[Procedure, ...]
    coverages: tuple[Coverage, ...]
    sample_rules: tuple[SampleRule, ...]
    samples: tuple[Sample, ...]
    testing_closed: bool
    built_from: datetime | None = None
    built_until: datetime | None = None
    software: tuple[tuple[SoftwareClaim, ...], ...] = ()
    cars: tuple[BuiltCar, ...] = ()
    left_at: datetime | None = None
