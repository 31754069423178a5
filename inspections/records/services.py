from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..people.rules import Actor
from .models import LedgerEntry


@dataclass(frozen=True, slots=True)
class Act:
    """One act, ready for the ledger. See `record_act`."""

    act: str
    subject_kind: str
    subject: str
    batch: str = ""
    reason: str = ""
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


def record_act(
    *,
    actor: Actor,
    act: str,
    subject_kind: str,
    subject: str,
    at: datetime,
    batch: str = "",
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> LedgerEntry:
    """Append one act to the ledger, in the transaction of the act itself.

    `act` is `<concept>.<verb in the past>`, such as `inspection.recorded`. `before` and `after` are JSON values;
    decimals and times go in as text, as written.
    """
    entry = _entry(Act(act, subject_kind, subject, batch, reason, before, after), actor, at)
    entry.save(force_insert=True)
    return entry


def record_acts(*, actor: Actor, acts: Iterable[Act], at: datetime) -> None:
    """Append several acts of one actor and one moment, in one statement."""
    LedgerEntry.objects.bulk_create([_entry(act, actor, at) for act in acts])


def _entry(act: Act, actor: Actor, at: datetime) -> LedgerEntry:
    return LedgerEntry(
        at=at,
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        actor=actor.label,
        act=act.act,
        subject_kind=act.subject_kind,
        subject=act.subject,
        batch=act.batch,
        reason=act.reason,
        before=None if act.before is None else dict(act.before),
        after=None if act.after is None else dict(act.after),
        request_id=actor.request_id,
    )
