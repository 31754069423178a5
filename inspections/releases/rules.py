"""What a release states, the digest that binds a signature to what was shown, and its refusals."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from ..people.choices import Role
from ..saying import CodedRefusal, Said, in_both, say

MAY_RELEASE: Final = (Role.RELEASE_OFFICER,)
LAPSES_AFTER: Final = timedelta(hours=24)
AHEAD: Final = timedelta(minutes=5)
"""How far a stated moment may be ahead of the server, whose clock and the sender's are two."""
MEANING: Final = say("I have read the statement. I release these vehicles, and I inspected none of them.")
"""What a signature means (21 CFR 11.50), stated beside it."""


class ReleaseRefused(CodedRefusal):
    """A release that cannot be proposed or signed."""


class ReleaseChanged(ReleaseRefused):
    """What was to be signed is not so any more. `differences` names each vehicle and what became of it."""

    def __init__(self, differences: Sequence[Said]) -> None:
        self.differences = tuple(differences)
        text = say("The evidence has moved since this was proposed. Propose anew what is clear now.")
        super().__init__("release_changed", text)


class DeliveryRefused(CodedRefusal):
    """A delivery that cannot have been so."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What one vehicle's release rests on: the state of its gates and its batch's, and their latest decisions."""

    vehicle_id: int
    vin: str
    sequence: int
    clear: bool
    facts: tuple[Any, ...]
    conceded: tuple[int, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of the facts in one canonical form."""
        return sha256(json.dumps([self.vin, *self.facts], separators=(",", ":")).encode()).hexdigest()


def may_propose(found: Iterable[Basis], standing: Collection[int]) -> tuple[list[Basis], list[Basis]]:
    """Parts vehicles into those that can be proposed and those left behind; what is released already is neither."""
    waiting = [decision for decision in found if decision.vehicle_id not in standing]
    return [row for row in waiting if row.clear], [row for row in waiting if not row.clear]


def digest_of(statement: str, decisions: Iterable[Basis]) -> str:
    """SHA-256 over all that is shown over the signature: the statement in both languages, which names release, batch,
    revision, concessions and what is left behind; what a signature means; the decisions, in build order."""
    ordered = sorted(decisions, key=lambda decision: decision.sequence)
    shown = [statement, in_both([MEANING]), *(decision.digest for decision in ordered)]
    return sha256(json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
