"""Keeps what was sent and is not on the record, and settles it. While it is open no vehicle that it names passes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import msgspec
from django.db import connection

from ..batches.models import Component, Vehicle
from ..catalogue.models import Procedure
from ..dispatch import DECIDE_BATCH, Queue, enqueue_after_commit
from ..marks.acts import one_act
from ..marks.arrays import text_array
from ..marks.locks import Lock, share
from ..marks.services import mark_vehicles
from ..marks.trips import Statement, run_together
from ..people.choices import Role
from ..people.rules import Actor
from ..records.services import record_act
from ..results.lookups import vehicles_of_components
from ..rigs.models import Rig
from ..saying import Refusal, say
from .choices import KeptKind, KeptState
from .models import Kept, Submission
from .rules import LARGEST_KEPT, Named, Problem


@dataclass(frozen=True, slots=True)
class Refused:
    """One refused thing to keep. `digest` is the content's where it could be read. `part` tells apart what several
    refused inspections of one unreadable body name: only the first keeps the body."""

    body: bytes
    problem: Problem
    named: Named
    digest: bytes | None = None
    part: int = 0


_KEEP: Final = """
insert into inspections_kept (
    kind, state, rig_id, external_id, digest, vin, component_kind, component_serial, procedure, domain, body, sha256,
    size, media_type, status, code, problem, repeats, received_at, settled_by, settled_reason)
select 'refused', 'open', %s, *, 0, %s, '', '' from unnest(
    %s::text[], %s::bytea[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bytea[], %s::text[],
    %s::bigint[], %s::text[], %s::smallint[], %s::text[], %s::jsonb[])
on conflict (rig_id, sha256, code) where kind = 'refused' and state = 'open'
do update set repeats = inspections_kept.repeats + 1 returning id
"""


@one_act
def keep_refused(*, rig: Rig, refused: Sequence[Refused], media_type: str, at: datetime) -> list[int]:
    """Keep what was refused, each body once however often it is sent. Returns the ids of what keeps them.

    Marks every known vehicle that is named, itself or by a part fitted in it, in this transaction.
    """
    distinct = {(_sha(item), item.problem.code): item for item in refused}
    if not distinct:
        return []
    ordered = [distinct[key] for key in sorted(distinct)]
    domains = dict(
        Procedure.objects.filter(code__in={item.named.procedure for item in ordered}).values_list("code", "domain")
    )
    named = [(item.named, _domain(item, domains)) for item in ordered]
    rows = (_row(item, domain, media_type) for item, (_, domain) in zip(ordered, named, strict=True))
    columns = list(zip(*rows, strict=True))
    hold_named([item for item, _ in named])
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [rig.pk, at, *map(list, columns)])
        ids = [row[0] for row in cursor.fetchall()]
    mark_named(named, at)
    return ids


def _sha(item: Refused) -> str:
    whole = sha256(item.body)
    if item.part:
        whole.update(f"/{item.part}".encode())
    return whole.hexdigest()


def _domain(item: Refused, domains: Mapping[str, str]) -> str:
    """The domain that it concerns; of what is no JSON nothing is certain, so that it concerns all."""
    return "" if item.problem.code == "malformed_body" else domains.get(item.named.procedure, "")


def _row(item: Refused, domain: str, media_type: str) -> tuple[Any, ...]:
    problem = item.problem.content()
    if len(item.body) > LARGEST_KEPT:
        problem["truncated"] = f"kept are the first {LARGEST_KEPT} of {len(item.body)} bytes"
    return (
        item.named.external_id,
        item.digest,
        item.named.vin,
        item.named.component_kind,
        item.named.component_serial,
        item.named.procedure,
        domain,
        None if item.part else item.body[:LARGEST_KEPT],
        _sha(item),
        len(item.body),
        media_type[:120],
        item.problem.status,
        item.problem.code,
        msgspec.json.encode(problem).decode(),
    )


def hold_named(named: Collection[Named]) -> None:
    """Keep what is named where it is until the marks are written: a registration or fitting comes before or after."""
    serials = {(item.component_kind, item.component_serial) for item in named if item.component_serial}
    if serials:
        rows = Component.objects.filter(serial__in=[serial for _, serial in serials]).values_list(
            "pk", "kind", "serial"
        )
        share(Lock.COMPONENT, [pk for pk, kind, serial in rows if (kind, serial) in serials])
    share(Lock.REGISTRATION, [1])


def mark_named(named: Iterable[tuple[Named, str]], at: datetime) -> None:
    """Mark the known vehicles that are named, each with the domain concerned ("" for all)."""
    wanted = list(named)
    by_vin = {
        vin: (batch_id, pk)
        for vin, batch_id, pk in Vehicle.objects.filter(
            vin__in={item.vin for item, _ in wanted if item.vin}
        ).values_list("vin", "batch_id", "pk")
    }
    by_part = vehicles_of_components(
        {(item.component_kind, item.component_serial) for item, _ in wanted if item.component_serial}
    )
    marks: set[tuple[int, int | None, str]] = set()
    for item, domain in wanted:
        for place in (by_vin.get(item.vin), by_part.get((item.component_kind, item.component_serial))):
            if place is not None:
                marks.add((*place, domain))
    mark_vehicles(rows=marks, at=at)
    for batch_id in sorted({batch_id for batch_id, _, _ in marks}):
        enqueue_after_commit(DECIDE_BATCH, queue=Queue.URGENT, kwargs={"batch_id": batch_id}, once=True)


def block_named(submissions: Iterable[Submission], at: datetime) -> None:
    """Mark what files were sent for: from its landing until it is read it cannot pass; when it was read, it may."""
    stated = [
        Named("", one.vin, one.component_kind, one.component_serial, one.procedure)
        for one in submissions
        if one.vin or one.component_serial
    ]
    if stated:
        hold_named(stated)
        mark_named([(named, "") for named in stated], at)


def named_by(kept: Kept) -> Named:
    return Named(kept.external_id, kept.vin, kept.component_kind, kept.component_serial, kept.procedure)


def settle(rows: Iterable[tuple[Kept, int | None]], *, by: str, at: datetime) -> int:
    """Settle what was recorded: each kept row with the inspection that it became. In the act that recorded it.

    Marks what each names: it blocks no more. Returns how many there were.
    """
    named: list[tuple[Named, str]] = []
    for kept, inspection_id in sorted(rows, key=lambda row: row[0].pk):
        settled = Kept.objects.filter(pk=kept.pk, state=KeptState.OPEN).update(
            state=KeptState.RECORDED, settled_at=at, settled_by=by, inspection_id=inspection_id
        )
        if settled:
            named.append((named_by(kept), kept.domain))
    if named:
        mark_named(named, at)
    return len(named)


class SettledAlready(Refusal):
    """It was recorded or set aside before."""


class ReasonMissing(Refusal):
    """Nobody sets something aside without saying why."""


@one_act
def set_aside(*, kept: Kept, reason: str, actor: Actor, at: datetime) -> Kept:
    """An engineer declares that what was sent shall not be recorded, and why. It blocks no more; the row stays.

    Raises ReasonMissing, SettledAlready, NotAllowed.
    """
    actor.require("setting something aside", Role.ENGINEER)
    if not reason.strip():
        raise ReasonMissing(say("Say why it is set aside: the reason is empty."))
    kept = Kept.objects.select_for_update(no_key=True).get(pk=kept.pk)
    if kept.state != KeptState.OPEN:
        raise SettledAlready(say("It was settled by %(who)s already.", who=kept.settled_by))
    kept.state, kept.settled_at, kept.settled_by, kept.settled_reason = (
        KeptState.SET_ASIDE, at, actor.label, reason.strip(),
    )  # fmt: skip
    kept.save(update_fields=["state", "settled_at", "settled_by", "settled_reason"])
    record_act(
        actor=actor,
        act="kept.set_aside",
        subject_kind="vehicle" if kept.vin else "kept",
        subject=kept.vin or str(kept.pk),
        batch=_batch_of(kept.vin),
        reason=reason.strip(),
        at=at,
        before={"kept": kept.pk, "kind": kept.kind, "id": kept.external_id, "code": kept.code, "sha256": kept.sha256},
    )
    mark_named([(named_by(kept), kept.domain)], at)
    return kept


def _batch_of(vin: str) -> str:
    """The batch in which a vehicle is now; nothing where nobody has registered it."""
    return Vehicle.objects.filter(vin=vin).values_list("batch__number", flat=True).first() or "" if vin else ""


_OPEN_BY_ID: Final = (
    "select id from inspections_kept where rig_id = %s and external_id = any(%s::text[]) and state = 'open'"
)


class OpenByIds:
    """What is open of a rig under some ids: asked for in a trip of whoever records them (`results.fates.Held`).

    `rows` has it by id, the first kept first, once it was taken. Bodies are not read.
    """

    def __init__(self, rig_id: int, external_ids: Collection[str]) -> None:
        self.rows: dict[str, list[Kept]] = {}
        self._asked = _OPEN_BY_ID, [rig_id, text_array(external_id for external_id in external_ids if external_id)]

    def reading(self) -> Statement:
        return self._asked

    def take(self, answer: Iterable[tuple[int]]) -> None:
        numbers = [row[0] for row in answer]
        if numbers:  # seldom: of what is good nothing is kept
            for kept in Kept.objects.defer("body", "problem").filter(pk__in=numbers).order_by("pk"):
                self.rows.setdefault(kept.external_id, []).append(kept)

    def refusal(self, external_id: str, digest: bytes) -> str:
        """Why content of this digest cannot be recorded under the id; "" where it can."""
        waiting = [row for row in self.rows.get(external_id, ()) if row.kind == KeptKind.WAITING]
        if waiting and bytes(waiting[-1].digest or b"") != digest:
            return f"The id {external_id} waits for its vehicle with other content, which stands."
        return ""


def open_by_id(rig_id: int, external_ids: Collection[str]) -> dict[str, list[Kept]]:
    """What is open of a rig under these ids, the first kept first. Bodies are not read."""
    found = OpenByIds(rig_id, external_ids)
    found.take(*run_together(found.reading()))
    return found.rows


def settled_by_recording(kept: Kept, digest: bytes) -> bool:
    """Whether recording content of this digest under its id settles it: what waited of the same content, and what
    was answered 400 or 422, whose id is not used up. A conflict stays until a person sets it aside."""
    if kept.kind == KeptKind.WAITING:
        return kept.digest is not None and bytes(kept.digest) == digest
    return kept.status in (400, 413, 422)
