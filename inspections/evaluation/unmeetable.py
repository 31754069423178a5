"""What a car can never pass as it stands: a line that states the version of its software, and asks for another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .facts import Expression, Kind, Reading, Requirement, SoftwareChange
from .judging import judge
from .reasons import Outcome


@dataclass(frozen=True, slots=True)
class Unmeetable:
    """The plan asks `asks` where the car runs version `has` of `system`: a true reading can only fail."""

    system: str
    has: str
    asks: str

    @property
    def detail(self) -> tuple[tuple[str, str], ...]:
        """What the sentence of a reason needs to say so."""
        return ("asks", self.asks), ("has", self.has), ("states", self.system)


def unmeetable(requirement: Requirement, changes: Iterable[SoftwareChange]) -> Unmeetable | None:
    """Whether a line can never be met by the software now in the car; None where it can, or nobody can tell."""
    system = requirement.states_software
    if requirement.kind is not Kind.IDENTITY or not system:
        return None
    latest = max(
        (change for change in changes if change.system == system),
        key=lambda change: (change.at, change.id),
        default=None,
    )
    if latest is None:
        return None
    position = requirement.positions[0] if requirement.positions else ""
    if judge(Reading(latest.version, position=position), requirement).outcome is not Outcome.FAIL:
        return None
    values = ", ".join(requirement.values)
    asks = f"≠ {values}" if requirement.expression is Expression.NOT_EQUAL else values
    return Unmeetable(system, latest.version, asks)
