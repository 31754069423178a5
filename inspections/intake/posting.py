"""What rigs post, answered word for word as the contract says: one inspection, or thousands, by the same path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from msgspec import Struct

from ..marks.acts import one_act
from ..people.rules import Actor
from ..results.decoding import (
    BodyRefused,
    FieldError,
    PostedInspection,
    content_digest,
    decode_inspection,
    decode_items,
    split_array,
    split_lines,
)
from ..results.lookups import recorded_inspection
from ..results.services import Recorded, RecordState, record_inspections
from ..rigs.models import Rig
from .choices import KeptKind
from .chunks import Chunks
from .keeping import OpenByIds, Refused, keep_refused, settle, settled_by_recording
from .models import Kept
from .rules import LARGEST_BULK, MOST_ITEMS, Answer, Named, Problem, named_in_text, read_named, unreadable

CHUNK: Final = 1_000
"""Inspections committed together: enough to be fast, few enough to keep nobody waiting."""
NDJSON: Final = "application/x-ndjson"


class _Item(Struct, gc=False):
    """One item as it was sent, what it was read as, and what became of it."""

    body: bytes
    posted: PostedInspection | None = None
    fate: Recorded | None = None
    problem: Problem | None = None
    digest: bytes | None = None

    @property
    def named(self) -> Named:
        if self.posted is None:
            return read_named(self.body)
        component = self.posted.component
        return Named(
            self.posted.id,
            self.posted.vin or "",
            component.kind if component else "",
            component.serial if component else "",
            self.posted.procedure,
        )


def post_inspection(*, rig: Rig, body: bytes, media_type: str, actor: Actor, at: datetime) -> Answer:
    """Record one inspection and answer: 201, 200 for a repeat, 202 where it waits, or a problem; then it is kept."""
    item = _read(body)
    _take([item], rig, media_type, actor, at)
    if item.problem is not None:
        return item.problem.answer()
    fate = item.fate
    if fate is None:
        raise RuntimeError("an item was neither recorded nor refused")
    if fate.state is RecordState.WAITING:
        return Answer(202, {"id": fate.external_id, "status": "waiting"})
    if fate.state is RecordState.REPEATED and fate.inspection_id is not None:
        return Answer(200, recorded_inspection(fate.inspection_id).content())
    return Answer(201, fate.content())


def post_bulk(*, rig: Rig, body: bytes, media_type: str, actor: Actor, at: datetime) -> Answer:
    """Record a JSON array, or the lines of NDJSON, in chunks of 1,000, and answer 200 with counts and problems.

    Each item stands alone. A body that is neither, or holds more than 5,000 items or 16 MiB, is refused whole and kept.
    """
    try:
        bodies = _split(body, media_type)
    except BodyRefused as refusal:
        problem = unreadable(refusal.errors)
        _keep_whole(rig, body, problem, media_type, at)
        return problem.answer()
    chunks = Chunks(_read_all(bodies, body, media_type), CHUNK)
    items = _take_all(chunks, rig, media_type, actor, at)
    return Answer(200, _counted(items))


def keep_unread(
    *, rig: Rig, sent: bytes, media_type: str, problem: Problem, at: datetime, readable: bytes = b""
) -> None:
    """Keep a body that was refused before anybody decoded it: its type, its packing, its length.

    `readable` is what of a packed body could be unpacked: names are looked for there, `sent` is what is kept.
    """
    _keep_whole(rig, sent, problem, media_type, at, readable)


def _split(body: bytes, media_type: str) -> list[bytes]:
    if len(body) > LARGEST_BULK:
        detail = f"has {len(body)} bytes, at most {LARGEST_BULK} are taken; send it in parts"
        raise BodyRefused([FieldError("", "too_large", detail)])
    bodies = split_lines(body) if media_type == NDJSON else split_array(body)
    if len(bodies) > MOST_ITEMS:
        detail = f"holds {len(bodies)} inspections, at most {MOST_ITEMS} are taken; send it in parts"
        raise BodyRefused([FieldError("", "too_many", detail)])
    return bodies


def _read_all(bodies: Sequence[bytes], whole: bytes, media_type: str) -> Iterator[_Item]:
    return map(_read, bodies) if media_type == NDJSON else map(_item, bodies, decode_items(bodies, whole))


def _read(body: bytes) -> _Item:
    try:
        return _item(body, decode_inspection(body))
    except BodyRefused as refusal:
        return _item(body, refusal)


def _item(body: bytes, read: PostedInspection | BodyRefused) -> _Item:
    if isinstance(read, BodyRefused):
        return _Item(body, problem=unreadable(read.errors))
    return _Item(body, read, digest=content_digest(read))


def _take_all(chunks: Chunks[_Item], rig: Rig, media_type: str, actor: Actor, at: datetime) -> list[_Item]:
    """Take the chunks one after the other; the last alone waits for the disk: nobody is answered before it is there."""
    taken: list[_Item] = []
    chunk: list[_Item] = []
    while chunk := chunks.next():
        _take(chunk, rig, media_type, actor, at, following=chunks)
        taken += chunk
    return taken


def _take(
    items: Sequence[_Item],
    rig: Rig,
    media_type: str,
    actor: Actor,
    at: datetime,
    following: Chunks[_Item] | None = None,
) -> None:
    """Record what can be, in one act; keep what was refused, in a second: nobody was answered in between."""
    readable = [item for item in items if item.posted is not None]
    if readable:
        _record(readable, rig, media_type, actor, at, following)
    refused = [Refused(item.body, item.problem, item.named, item.digest) for item in items if item.problem is not None]
    if refused:
        keep_refused(rig=rig, refused=refused, media_type=media_type, at=at)


@one_act
def _record(
    items: Sequence[_Item],
    rig: Rig,
    media_type: str,
    actor: Actor,
    at: datetime,
    following: Chunks[_Item] | None,
) -> None:
    held = OpenByIds(rig.pk, [item.posted.id for item in items if item.posted])
    recorded = record_inspections(
        items=[item.posted for item in items if item.posted],
        digests=[item.digest for item in items if item.digest],
        held=held,
        rig=rig,
        actor=actor,
        at=at,
        meanwhile=None if following is None else following.read,
    )
    for item, fate in zip(items, recorded, strict=True):
        _settle_item(item, fate)
    _wait([item for item in items if item.fate and item.fate.state is RecordState.WAITING], rig, media_type, at)
    settle(_settled(items, held.rows), by=actor.label, at=at)


def _settle_item(item: _Item, fate: Recorded) -> None:
    item.fate, item.problem = fate, None
    if fate.state is RecordState.CONFLICT:
        item.problem = Problem(409, fate.code, fate.detail, (FieldError(fate.pointer, fate.code, fate.detail),))
    elif fate.state is RecordState.REFUSED:
        item.problem = Problem(422, fate.code, fate.detail, (FieldError(fate.pointer, fate.code, fate.detail),))


def _conflict(item: _Item, what: str) -> Problem:
    detail = f"The id {item.named.external_id} {what}."
    return Problem(409, "id_conflict", detail, (FieldError("/id", "id_conflict", detail),))


def _settled(items: Sequence[_Item], kept: dict[str, list[Kept]]) -> Iterator[tuple[Kept, int | None]]:
    if not kept:
        return
    seen: set[int] = set()
    for item in items:
        fate = item.fate
        if fate is None or fate.state not in (RecordState.RECORDED, RecordState.REPEATED):
            continue
        for row in kept.get(fate.external_id, ()):
            if row.pk not in seen and settled_by_recording(row, fate.digest):
                seen.add(row.pk)
                yield row, fate.inspection_id


def _wait(items: Sequence[_Item], rig: Rig, media_type: str, at: datetime) -> None:
    """Keep what waits for its vehicle, whole. The registration lock is held: none of them is registered meanwhile."""
    if not items:
        return
    rows: dict[str, Kept] = {}
    for item in items:
        if item.posted is not None and item.posted.id not in rows:
            rows[item.posted.id] = _waiting_row(item, item.posted, rig, media_type, at)
    Kept.objects.bulk_create([rows[key] for key in sorted(rows)], ignore_conflicts=True)
    standing = {
        row.external_id: row
        for row in Kept.objects.filter(rig=rig, external_id__in=rows, kind=KeptKind.WAITING, state="open")
    }
    for item in items:
        row = standing.get(item.named.external_id)
        if row is None or row.digest is None or bytes(row.digest) != item.digest:
            item.problem = _conflict(item, "waits for its vehicle with other content, which stands")


def _waiting_row(item: _Item, posted: PostedInspection, rig: Rig, media_type: str, at: datetime) -> Kept:
    return Kept(
        kind=KeptKind.WAITING,
        rig=rig,
        external_id=posted.id,
        digest=item.digest,
        vin=posted.vin or "",
        procedure=posted.procedure,
        body=item.body,
        sha256=sha256(item.body).hexdigest(),
        size=len(item.body),
        media_type=media_type[:120],
        status=202,
        code="waiting",
        received_at=at,
    )


def _keep_whole(rig: Rig, body: bytes, problem: Problem, media_type: str, at: datetime, readable: bytes = b"") -> None:
    """Keep a bulk body that is none, once for each inspection that it seems to name."""
    named = list(named_in_text(readable or body)) or [Named()]
    keep_refused(
        rig=rig,
        refused=[Refused(body, problem, one, part=part) for part, one in enumerate(named)],
        media_type=media_type,
        at=at,
    )


def _counted(items: Sequence[_Item]) -> dict[str, Any]:
    counts = dict.fromkeys(("recorded", "repeated", "waiting", "refused"), 0)
    problems = []
    for index, item in enumerate(items):
        if item.problem is not None:
            counts["refused"] += 1
            problems.append(
                {
                    "index": index,
                    "id": item.named.external_id or None,
                    "status": item.problem.status,
                    "code": item.problem.code,
                    "detail": _detail(item.problem),
                }
            )
        elif item.fate is not None:
            counts[item.fate.state] += 1
    return {"received": len(items), **counts, "problems": problems}


def _detail(problem: Problem) -> str:
    """One line that says where: an item of a bulk has no room for its errors."""
    if problem.status == 400 and problem.errors and problem.errors[0].pointer:
        return f"{problem.errors[0].pointer} {problem.errors[0].detail}"
    return problem.detail
