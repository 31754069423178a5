"""Records what was waiting for its vehicle, once that is registered."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

import msgspec
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Greatest

from ..batches.models import Vehicle
from ..marks.acts import one_act
from ..people.rules import Actor, ActorKind
from ..results.decoding import BodyRefused, FieldError, PostedInspection, decode_inspection
from ..results.posted import PostedMeasurement, WrittenNumber
from ..results.services import Recorded, RecordState, record_inspections
from ..rigs.models import Rig
from .choices import KeptKind, KeptState
from .findings import note_findings, stated_in
from .keeping import settle
from .models import Kept, Submission
from .rules import Problem, unreadable

CHUNK: Final = 500


def waiting_body(posted: PostedInspection) -> bytes:
    """An inspection that was not posted as JSON, as the JSON from which it is recorded later: numbers as written."""
    plain = [
        PostedMeasurement(item.characteristic, item.value, item.unit, item.position, item.verdict)
        for item in posted.measurements
    ]
    return msgspec.json.encode(msgspec.structs.replace(posted, measurements=plain), enc_hook=_number)


def _number(value: Any) -> Any:
    if isinstance(value, WrittenNumber):
        return msgspec.Raw(value.encode())
    raise TypeError(f"an inspection holds {type(value).__name__}, which is no JSON")


def record_waiting(*, at: datetime, vins: Collection[str] | None = None) -> int:
    """Record what waits for vehicles that are registered by now: all of them, or those named. Returns how many.

    Safe to call any number of times and by several workers: each takes what no other has in hand. What can be
    recorded no more (its id was used for other content meanwhile) stays open as a refusal, for a person.
    """
    recorded = last = 0
    while True:
        looked_at, some, last = _record_some(at, vins, last)
        recorded += some
        if looked_at < CHUNK:
            return recorded


@one_act
def _record_some(at: datetime, vins: Collection[str] | None, after: int) -> tuple[int, int, int]:
    """One chunk. Returns how many were looked at, how many of them recorded, and up to which id they go."""
    registered = Vehicle.objects.filter(vin=OuterRef("vin"))
    rows = Kept.objects.filter(Exists(registered), kind=KeptKind.WAITING, state=KeptState.OPEN, status=202)
    if vins is not None:
        rows = rows.filter(vin__in=vins)
    chunk = list(
        rows.filter(pk__gt=after)
        .select_related("submission")
        .select_for_update(skip_locked=True, no_key=True, of=("self",))
        .order_by("pk")[:CHUNK]
    )
    recorded = 0
    by_source = sorted(chunk, key=lambda kept: (*_source_key(kept), kept.pk))
    for (rig_id, *_), group in groupby(by_source, key=_source_key):
        recorded += _record_group(Rig.objects.get(pk=rig_id), list(group), at)
    return len(chunk), recorded, chunk[-1].pk if chunk else after


def _source_key(kept: Kept) -> tuple[int, int, str]:
    """What is recorded together: of one rig, from one file, read in one way."""
    return kept.rig_id or 0, kept.submission_id or 0, json.dumps(kept.source, sort_keys=True)


def _record_group(rig: Rig, group: Sequence[Kept], at: datetime) -> int:
    readable = list(_readable(group))
    submission = group[0].submission
    fates = record_inspections(
        items=[posted for _, posted in readable],
        rig=rig,
        actor=Actor(ActorKind.RIG, rig.pk, rig.code),
        at=at,
        source=group[0].source,
        accepted=True,
    )
    stated = [[stated_in(one) for one in kept.stated or ()] for kept, _ in readable]
    note_findings(stated=zip(fates, stated, strict=True), at=at)
    done: list[tuple[Kept, int | None]] = []
    for (kept, _), fate in zip(readable, fates, strict=True):
        if fate.state in (RecordState.RECORDED, RecordState.REPEATED):
            done.append((kept, fate.inspection_id))
        elif fate.state is not RecordState.WAITING:
            _refuse(kept, _problem_of(fate))
    if submission is not None and done:
        Submission.objects.filter(pk=submission.pk).update(
            # A reading that is under way counts anew: what it did not count yet is not taken off.
            recorded=F("recorded") + len(done),
            waiting=Greatest(F("waiting") - len(done), 0),
        )
    return settle(done, by=rig.code, at=at)


def _readable(group: Sequence[Kept]) -> Iterator[tuple[Kept, PostedInspection]]:
    for kept in group:
        try:
            yield kept, decode_inspection(bytes(kept.body or b""))
        except BodyRefused as refusal:
            # It was readable when it was taken in: a newer reader is stricter. A person has to look.
            _refuse(kept, unreadable(refusal.errors))


def _problem_of(fate: Recorded) -> Problem:
    status = 409 if fate.state is RecordState.CONFLICT else 422
    return Problem(status, fate.code, fate.detail, (FieldError(fate.pointer, fate.code, fate.detail),))


def _refuse(kept: Kept, problem: Problem) -> None:
    kept.status, kept.code, kept.problem = problem.status, problem.code, problem.content()
    kept.save(update_fields=["status", "code", "problem"])


def source_of(submission: Submission) -> dict[str, Any]:
    """What an inspection keeps of the file it was read from."""
    source = {
        "sha256": submission.sha256,
        "adapter": submission.adapter,
        "version": submission.adapter_version,
        "name": submission.name,
    }
    revision = submission.profile_revision
    return source if revision is None else {**source, "profile": revision.profile.code, "revision": revision.number}
