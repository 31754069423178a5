"""Keys and signs of life. What changes evidence (calibration, authorisation) is in results."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from ..marks.acts import one_act
from ..marks.locks import Lock, exclude
from ..marks.trips import run_together
from ..people.choices import Role
from ..people.rules import Actor, ActorKind
from ..records.services import Act, record_act, record_acts
from .models import ApiKey, Rig, SystemClient
from .profile_approving import ProfileNotApproved, approve_profile
from .profiles import (
    ProfileDrafted,
    ProfileNotSo,
    ProfileRefused,
    ask_profile_approval,
    assign_profile,
    create_profile,
    draft_profile,
    withdraw_profile,
)
from .rules import make_key, prefix_of, same_key

__all__ = [
    "KeyHolder",
    "KeyRefused",
    "ProfileDrafted",
    "ProfileNotApproved",
    "ProfileNotSo",
    "ProfileRefused",
    "approve_profile",
    "ask_profile_approval",
    "assign_profile",
    "authenticate_key",
    "create_profile",
    "draft_profile",
    "issue_key",
    "note_ended_calibrations",
    "note_heartbeat",
    "revoke_key",
    "rotate_keys",
    "withdraw_profile",
]

SYSTEM: Final = Actor.system()
_NOBODY: Final = bytes(32)
_RIG: Final = [field.attname for field in Rig._meta.concrete_fields]
_CLIENT: Final = [field.attname for field in SystemClient._meta.concrete_fields]
_READ_KEY: Final = (
    f"select k.digest, k.revoked_at, k.expires_at, {', '.join(f'r.{name}' for name in _RIG)},"  # noqa: S608 our columns
    f" {', '.join(f'c.{name}' for name in _CLIENT)} from inspections_apikey k"
    " left join inspections_rig r on r.id = k.rig_id left join inspections_systemclient c on c.id = k.client_id"
    " where k.prefix = %s"
)


class KeyRefused(Exception):
    """The key opens nothing. The message may be shown to whoever sent it."""


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Who sent the key: a rig or a system client, never both."""

    rig: Rig | None
    client: SystemClient | None
    prefix: str


@transaction.atomic
def issue_key(
    *,
    at: datetime,
    rig: Rig | None = None,
    client: SystemClient | None = None,
    expires_at: datetime | None = None,
    actor: Actor = SYSTEM,
) -> str:
    """Make a key for one rig or one system client and return it: the only time that anybody sees it.

    Older keys of the holder go on working: rotate by issuing, installing, then revoking. Raises ValueError unless
    exactly one holder is named, NotAllowed for a person who is no catalogue owner.
    """
    holder = rig or client
    if holder is None or (rig is not None and client is not None):
        raise ValueError("a key belongs to exactly one rig or system client")
    if actor.kind is ActorKind.PERSON:
        actor.require("issuing a key", Role.CATALOGUE_OWNER)
    key = make_key()
    ApiKey.objects.create(
        prefix=key.prefix, digest=key.digest, rig=rig, client=client, created_at=at, expires_at=expires_at
    )
    kind = "rig" if rig is not None else "client"
    after = {"prefix": key.prefix, "expires_at": None if expires_at is None else expires_at.isoformat()}
    record_act(actor=actor, act="key.issued", subject_kind=kind, subject=holder.code, at=at, after=after)
    return key.secret


@transaction.atomic
def rotate_keys(*, holder: Rig | SystemClient, overlap: timedelta, at: datetime, actor: Actor = SYSTEM) -> str:
    """Issue a new key and let the holder's others end after `overlap`. Raises as `issue_key`."""
    others = holder.keys.select_for_update(no_key=True).filter(revoked_at__isnull=True)
    for key in others.order_by("pk"):
        if key.expires_at is None or key.expires_at > at + overlap:
            before, key.expires_at = key.expires_at, at + overlap
            key.save(update_fields=["expires_at"])
            record_act(
                actor=actor,
                act="key.ending",
                subject_kind="rig" if isinstance(holder, Rig) else "client",
                subject=holder.code,
                at=at,
                before={"prefix": key.prefix, "expires_at": None if before is None else before.isoformat()},
                after={"prefix": key.prefix, "expires_at": key.expires_at.isoformat()},
            )
    if isinstance(holder, Rig):
        return issue_key(rig=holder, at=at, actor=actor)
    return issue_key(client=holder, at=at, actor=actor)


@transaction.atomic
def revoke_key(*, key: ApiKey, at: datetime, actor: Actor = SYSTEM, reason: str = "") -> None:
    """End a key at once, for ever. A key that is revoked already stays so. Raises NotAllowed as `issue_key`."""
    if actor.kind is ActorKind.PERSON:
        actor.require("revoking a key", Role.CATALOGUE_OWNER)
    if not ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=at):
        return
    holder = key.rig or key.client
    record_act(
        actor=actor,
        act="key.revoked",
        subject_kind="rig" if key.rig_id else "client",
        subject=holder.code if holder else key.prefix,
        reason=reason,
        at=at,
        before={"prefix": key.prefix},
    )


def authenticate_key(secret: str, at: datetime) -> KeyHolder:
    """The holder of the key at a moment. One query by an indexed prefix. Raises KeyRefused."""
    prefix = prefix_of(secret)
    if prefix is None:
        raise KeyRefused("This is no key: a key begins with il_ and is 59 characters long.")
    row = _read_key(prefix)
    if not same_key(secret, _NOBODY if row is None else bytes(row[0])) or row is None:
        raise KeyRefused("No such key. Ask for a new one.")
    revoked_at, expires_at = row[1:3]
    if revoked_at is not None and revoked_at <= at:
        raise KeyRefused(f"Key {prefix} was revoked. Ask for a new one.")
    if expires_at is not None and expires_at <= at:
        raise KeyRefused(f"Key {prefix} ended at {expires_at.isoformat()}. Ask for a new one.")
    rig, client = row[3 : 3 + len(_RIG)], row[3 + len(_RIG) :]
    return KeyHolder(
        None if rig[0] is None else Rig.from_db(connection.alias, _RIG, rig),
        None if client[0] is None else SystemClient.from_db(connection.alias, _CLIENT, client),
        prefix,
    )


def _read_key(prefix: str) -> tuple[Any, ...] | None:
    """Digest, end and holder of a key. Every request asks: composing a query of models would cost more than it."""
    (rows,) = run_together((_READ_KEY, [prefix]))
    return rows[0] if rows else None


_ENDED: Final = """
select r.code, c.certificate, c.valid_until from inspections_rig r
join lateral (select * from inspections_calibration l where l.rig_id = r.id
    order by l.valid_until desc, l.id desc limit 1) c on c.valid_until <= %(at)s
where r.needs_calibration and not exists(select from inspections_ledgerentry e
    where e.subject_kind = 'rig' and e.subject = r.code and e.act = 'calibration.ended' and e.at >= c.valid_until)
order by r.code
"""


@one_act
def note_ended_calibrations(*, at: datetime) -> int:
    """Write into the ledger, once for each, that the last certificate of a rig has ended: no act of a person or a
    machine does, and somebody has to be told. Returns how many."""
    exclude(Lock.NOTICES, [1])
    with connection.cursor() as cursor:
        cursor.execute(_ENDED, {"at": at})
        rows = cursor.fetchall()
    acts = [
        Act("calibration.ended", "rig", code, after={"certificate": number, "valid_until": until.isoformat()})
        for code, number, until in rows
    ]
    record_acts(actor=SYSTEM, acts=acts, at=at)
    return len(acts)


def note_heartbeat(*, rig: Rig, rig_time: datetime, at: datetime) -> timedelta:
    """Remember that the rig lives and what its clock said. Returns its clock less ours."""
    offset = rig_time - at
    Rig.objects.filter(pk=rig.pk).update(last_heard_at=at, clock_offset=offset)
    return offset
