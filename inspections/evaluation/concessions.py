"""Which concession lets a fail go: one in force, for that line of the plan and for what was on record when approved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from .entries import Entry
from .facts import Concession, Kind


@dataclass(frozen=True, slots=True)
class Conceded:
    """The concession that speaks for some fails; `in_force` false where it has lapsed."""

    concession: Concession
    in_force: bool


def concession_for(
    fails: Sequence[Entry],
    concessions: Iterable[Concession],
    *,
    characteristic_id: int,
    requirement_id: int,
    position: str,
    at: datetime,
) -> Conceded | None:
    """The concession that covers all of `fails` at the moment `at`, else one that did until it lapsed, else None.

    A concession covers no fail that was recorded after it was approved, which its authority has not seen, and none of
    an earlier revision's line. An identity is never conceded. Of several in force the one that ends last is relied on.
    """
    if any(entry.old or entry.kind is Kind.IDENTITY for entry in fails):
        return None
    recorded = max(entry.inspection.recorded_at for entry in fails)
    covering = [
        concession
        for concession in concessions
        if concession.characteristic_id == characteristic_id
        and concession.requirement_id in (None, requirement_id)
        and (not concession.positions or position in concession.positions)
        and recorded <= concession.approved_at <= at
    ]
    if not covering:
        return None
    last = max(covering, key=lambda concession: (concession.expires_at, concession.id))
    return Conceded(last, in_force=at < last.expires_at)
