from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

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
    if statement := appending(actor=actor, acts=acts, at=at):
        with connection.cursor() as cursor:
            cursor.execute(*statement)


def appending(*, actor: Actor, acts: Iterable[Act], at: datetime) -> tuple[str, list[Any]] | None:
    """The statement of `record_acts`, to be run with others; None where there is nothing to tell."""
    rows = [_row(act, actor) for act in acts]
    return (_APPEND, [at, json.dumps(rows)]) if rows else None


_COLUMNS: Final = (
    ("actor_kind", "text"),
    ("actor_id", "bigint"),
    ("actor", "text"),
    ("act", "text"),
    ("subject_kind", "text"),
    ("subject", "text"),
    ("batch", "text"),
    ("reason", "text"),
    ("before", "jsonb"),
    ("after", "jsonb"),
    ("request_id", "text"),
)
_NAMES: Final = ", ".join(name for name, _ in _COLUMNS)
# Every recording ends here: a statement ready made, where one composed of models would cost more than it.
_APPEND: Final = (
    f"insert into inspections_ledgerentry (at, {_NAMES}) select %s, {_NAMES}"  # noqa: S608 the names above
    f" from rows from (jsonb_to_recordset(%s::jsonb) as ({', '.join(f'{name} {kind}' for name, kind in _COLUMNS)}))"
    f" with ordinality as row({_NAMES}, place) order by place"
)


def _row(act: Act, actor: Actor) -> dict[str, Any]:
    return {
        "actor_kind": actor.kind.value,
        "actor_id": actor.id,
        "actor": actor.label,
        "act": act.act,
        "subject_kind": act.subject_kind,
        "subject": act.subject,
        "batch": act.batch,
        "reason": act.reason,
        "before": act.before,
        "after": act.after,
        "request_id": actor.request_id,
    }


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
