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

    A concession covers no fail that its authority has not seen: none recorded after it was approved, none of an
    inspection that it does not name. It covers none of an earlier revision's line and none that is a fail by review
    alone. An identity is never conceded. Of several in force the one that ends last is relied on.
    """
    if any(entry.old or entry.by_review or entry.kind is Kind.IDENTITY for entry in fails):
        return None
    seen = {entry.inspection.id for entry in fails}
    recorded = max(entry.inspection.recorded_at for entry in fails)
    covering = [
        concession
        for concession in concessions
        if concession.characteristic_id == characteristic_id
        and concession.requirement_id in (None, requirement_id)
        and (not concession.positions or position in concession.positions)
        and recorded <= concession.approved_at <= at
        and (concession.inspections is None or seen <= concession.inspections)
    ]
    if not covering:
        return None
    last = max(covering, key=_end)
    return Conceded(last, in_force=last.expires_at is None or at < last.expires_at)


def _end(concession: Concession) -> tuple[bool, datetime, int]:
    """Orders concessions by when they end; what nothing ends comes last."""
    ends = concession.expires_at
    return ends is None, concession.approved_at if ends is None else ends, concession.id
