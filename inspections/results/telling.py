"""Who is told of what was stored: whoever handed it in, the marks of what is undecided, the ledger, the workers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

from ..dispatch import DECIDE_BATCH, Queue, enqueue_after_commit
from ..marks.services import marking
from ..marks.trips import run_together
from ..people.rules import Actor
from ..records.services import Act, appending
from .candidates import Candidate
from .covered import batches_covered_by
from .fates import Request
from .recorded import Recorded, RecordState
from .sampling import record_samples


class Told(NamedTuple):
    """What is said of what was inserted: to whoever handed it in, by place, in marks and in the ledger."""

    inserted: Sequence[Candidate]
    fates: Sequence[tuple[int, Recorded]]
    marks: set[tuple[int, int | None, str]]
    acts: Sequence[Act]


def told_of(request: Request, inserted: Sequence[Candidate]) -> Told:
    """Reads nothing: it is made while the database stores them."""
    fates = []
    marks: set[tuple[int, int | None, str]] = set()
    for candidate in inserted:
        subject = candidate.subject
        fates.append((candidate.place, _recorded(candidate)))
        if subject.batch is not None and subject.vehicle_id is not None:
            marks.add((subject.batch.id, subject.vehicle_id, candidate.procedure.domain))
    return Told(inserted, fates, marks, list(_acts(request, inserted)) if inserted else [])


def tell(request: Request, told: Told, actor: Actor) -> None:
    """Marks, ledger and workers: everybody who must know of what was stored."""
    marks = told.marks | record_samples(told.inserted, rig=request.rig, at=request.at)
    destroyed = {candidate.subject.id for candidate in told.inserted if candidate.subject.destroyed}
    if destroyed:
        marks.update(batches_covered_by(vehicle_ids=destroyed))
    statements = (
        marking(rows=marks, at=request.at),
        appending(actor=actor, acts=told.acts, at=request.at),
    )
    run_together(*(statement for statement in statements if statement is not None))
    for batch_id in sorted({row[0] for row in marks}):
        enqueue_after_commit(DECIDE_BATCH, queue=Queue.URGENT, kwargs={"batch_id": batch_id}, once=True)


def _recorded(candidate: Candidate) -> Recorded:
    posted, subject, judged = candidate.posted, candidate.subject, candidate.judged
    return Recorded(
        RecordState.RECORDED,
        posted.id,
        candidate.digest,
        inspection_id=candidate.inspection_id,
        subject=subject.text,
        batch=None if subject.batch is None else subject.batch.number,
        verdict=judged.verdict.outcome,
        said=(posted.measurements, judged.said),
    )


def _acts(request: Request, inserted: Sequence[Candidate]) -> Iterable[Act]:
    """One entry for the request: the inspections themselves are as lasting as the ledger."""
    ids = [candidate.inspection_id for candidate in inserted]
    digest = sha256(b"".join(candidate.digest for candidate in inserted)).hexdigest()
    after = {"count": len(ids), "first": min(ids), "last": max(ids), "digest": digest}
    batches = {candidate.subject.batch.number for candidate in inserted if candidate.subject.batch is not None}
    batch = batches.pop() if len(batches) == 1 else ""
    if len(inserted) == 1:
        yield Act("inspection.recorded", "inspection", inserted[0].posted.id, batch, after=after)
    else:
        yield Act("inspection.recorded", "rig", request.rig.code, batch, after=after)
    unknown = sorted(
        {
            item.characteristic
            for candidate in inserted
            if not candidate.judged.is_known
            for item, said in zip(candidate.posted.measurements, candidate.judged.said, strict=True)
            if said.characteristic_id is None
        }
    )
    if unknown:
        what = {"characteristics": unknown[:100], "count": len(unknown)}
        yield Act("characteristic.unknown", "rig", request.rig.code, batch, after=what)
