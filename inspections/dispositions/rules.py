"""Which acts of containment who may do, and what a failed gate holds and opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ..evaluation.reasons import ReasonCode
from ..people.choices import Role
from ..saying import CodedRefusal, Refusal, say

MAY_PLACE_HOLD: Final = (Role.INSPECTOR, Role.ENGINEER, Role.RELEASE_OFFICER)
"""Stopping a car is everybody's right who looks at cars; letting it go on is not."""
MAY_LIFT_HOLD: Final = (Role.ENGINEER,)

OPENS_NONCONFORMANCE: Final = frozenset(
    {
        ReasonCode.MEASUREMENT_FAILED,
        ReasonCode.RETEST_UNEXPLAINED,
        ReasonCode.SAMPLE_REJECTED,
        ReasonCode.CONCESSION_EXPIRED,
    }
)
"""A concession that has ended leaves its fails unanswered: without a nonconformance nobody could answer them."""
DEPARTS: Final = frozenset({ReasonCode.MEASUREMENT_FAILED, ReasonCode.CONCESSION_EXPIRED})
"""What a nonconformance is about that a concession can be proposed under."""


class HoldRefused(Refusal):
    """A hold that cannot be placed or lifted; says why and what to do."""


class ListChanged(HoldRefused):
    """The list is not the one that was shown: nothing was done. `found` is what it is now."""

    def __init__(self, found: Sequence[Any]) -> None:
        self.found = tuple(found)
        super().__init__(say("The list has changed since it was shown, and nothing was done. Look at it again."))


@dataclass(frozen=True, slots=True)
class Cause:
    """What failed a gate: unique for (subject, code, characteristic) while it lasts. `words` say it for the record,
    `facts` are the reason as decisions keep it."""

    code: str
    characteristic_id: int | None
    words: str = field(default="", compare=False)
    facts: Mapping[str, Any] = field(default_factory=dict, compare=False)


class DispositionRefused(CodedRefusal):
    """An answer that cannot be given so."""
