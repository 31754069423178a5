"""Plain facts for the evaluator's tests, with everything in order unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from inspections.evaluation.facts import (
    Authorisation,
    Calibration,
    Expression,
    GateInput,
    Inspection,
    Kind,
    Measured,
    Procedure,
    Requirement,
    Rig,
)
from inspections.evaluation.reasons import JudgementReason, Outcome

MIDNIGHT = datetime(2026, 11, 16, tzinfo=UTC)
"""Monday of the week in which the tests' cars are built."""

BONDING, INSULATION, TORQUE = 11, 12, 13
PROCEDURE = 7


def at(clock: str, day: int = 0) -> datetime:
    """A moment of the tests' week: "08:31" on the `day`th day after its Monday."""
    hours, minutes = clock.split(":")
    return MIDNIGHT + timedelta(days=day, hours=int(hours), minutes=int(minutes))


def requirement(**changes: Any) -> Requirement:
    """Bonding below 0.1 ohm, strictly, legal and critical."""
    base = Requirement(
        id=100 + changes.get("characteristic_id", BONDING),
        characteristic_id=BONDING,
        characteristic="BAT-EOL-BOND",
        kind=Kind.VARIABLE,
        expression=Expression.INSIDE,
        procedure_id=PROCEDURE,
        domain="battery",
        upper=Decimal("0.1"),
        upper_inclusive=False,
        unit="ohm",
        uncertainty=Decimal(0),
        special="CC",
        legal=True,
    )
    return replace(base, **changes)


def torque(**changes: Any) -> Requirement:
    """A requirement that is neither critical nor legal."""
    return requirement(
        **{"characteristic_id": TORQUE, "characteristic": "BAT-EOL-TORQUE", "special": "", "legal": False, **changes}
    )


def measured(
    outcome: Outcome = Outcome.PASS, *, characteristic_id: int = BONDING, ordinal: int = 0, **changes: Any
) -> Measured:
    """One measurement, judged against the requirement that `requirement` gives its characteristic."""
    base = Measured(
        ordinal=ordinal,
        characteristic_id=characteristic_id,
        position="",
        outcome=outcome,
        reason=JudgementReason.OUTSIDE_LIMITS if outcome is Outcome.FAIL else JudgementReason.NONE,
        requirement_id=100 + characteristic_id,
        failed_ever=outcome is Outcome.FAIL,
        found="0.043 ohm",
    )
    return replace(base, **changes)


def inspection(id: int, finished_at: datetime, *measurements: Measured, **changes: Any) -> Inspection:
    base = Inspection(
        id=id,
        procedure_id=PROCEDURE,
        rig="EOL-1",
        finished_at=finished_at,
        recorded_at=finished_at + timedelta(seconds=1),
        measurements=measurements or (measured(),),
        verdict=max((row.outcome for row in measurements), default=Outcome.PASS),
    )
    return replace(base, **changes)


def rig(code: str = "EOL-1", **changes: Any) -> Rig:
    """A rig in calibration for the year and authorised for the procedure."""
    base = Rig(
        code=code,
        calibrations=(Calibration(MIDNIGHT - timedelta(days=180), MIDNIGHT + timedelta(days=180)),),
        authorisations=(Authorisation(PROCEDURE, granted=True, effective_at=MIDNIGHT - timedelta(days=180), id=1),),
    )
    return replace(base, **changes)


def gate_input(inspections: Sequence[Inspection] = (), **changes: Any) -> GateInput:
    base = GateInput(
        domain="battery",
        plan_approved=True,
        requirements=(requirement(),),
        inspections=tuple(inspections),
        testing_closed=False,
        for_delivery=True,
        built_at=MIDNIGHT,
        rigs={"EOL-1": rig("EOL-1"), "EOL-2": rig("EOL-2")},
        procedures={PROCEDURE: Procedure(PROCEDURE, "BAT-EOL-ELEC", "battery")},
    )
    return replace(base, **changes)
