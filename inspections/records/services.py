from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..people.rules import Actor
from .models import LedgerEntry


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
    return LedgerEntry.objects.create(
        at=at,
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        actor=actor.label,
        act=act,
        subject_kind=subject_kind,
        subject=subject,
        batch=batch,
        reason=reason,
        before=None if before is None else dict(before),
        after=None if after is None else dict(after),
        request_id=actor.request_id,
    )
