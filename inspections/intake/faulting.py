"""Keeps what a file holds and cannot be recorded, and settles what an earlier reading kept once it need not block."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ..catalogue.models import Procedure
from ..evaluation.reasons import Outcome
from ..people.rules import Actor
from ..results.models import Inspection
from ..results.posted import PostedInspection
from ..results.previewing import preview_inspections
from ..results.services import Recorded, RecordState
from ..results.subjects import Subject
from .choices import KeptKind, KeptState
from .keeping import hold_named, mark_named, named_by, open_by_id, settle, settled_by_recording
from .models import Kept, Submission
from .reading import Fault, ReadTest
from .rules import Named
from .waiting import source_of, waiting_body

_DONE: Final = (RecordState.RECORDED, RecordState.REPEATED, RecordState.WAITING)

_Key = tuple[str, str, str, str]
"""What a fault is of: the test's id and the subject that it names."""


def _key(named: Named) -> _Key:
    return named.external_id, named.vin, named.component_kind, named.component_serial


@dataclass(slots=True)
class Earlier:
    """What earlier readings of a file kept open. It blocks what it names until its own test is recorded, or named anew
    by this reading; a test that is not met again goes on blocking."""

    rows: Mapping[int, _Key] = field(default_factory=dict)
    done: dict[str, int | None] = field(default_factory=dict)
    replaced: set[_Key] = field(default_factory=set)

    @classmethod
    def of_each(cls, submissions: Iterable[Submission]) -> dict[int, Earlier]:
        """Of each file, by its id. One query."""
        found = {submission.pk: dict[int, _Key]() for submission in submissions}
        rows = Kept.objects.filter(submission__in=list(found), kind=KeptKind.SUBMISSION, state=KeptState.OPEN)
        for row in rows.defer("body", "problem"):
            found[row.submission_id or 0][row.pk] = _key(named_by(row))
        return {number: cls(keys) for number, keys in found.items()}

    def copy(self) -> Earlier:
        return Earlier(self.rows, dict(self.done), set(self.replaced))

    def note_kept(self, named: Named) -> None:
        """What this reading keeps anew."""
        self.replaced.add(_key(named))

    def note_done(self, fates: Sequence[Recorded], standing: Collection[str]) -> None:
        """What was recorded, waits or stands now."""
        wanted = {key[0] for key in self.rows.values()}
        for fate in fates:
            if fate.external_id in wanted and (fate.state in _DONE or fate.external_id in standing):
                self.done[fate.external_id] = fate.inspection_id


def keep_faults(faults: Sequence[tuple[Submission, Fault]], at: datetime) -> None:
    """Keep each fault of a file where people look, blocking what it names."""
    if not faults:
        return
    domains = dict(
        Procedure.objects.filter(code__in={fault.named.procedure for _, fault in faults}).values_list("code", "domain")
    )
    hold_named([fault.named for _, fault in faults])
    rows = [_kept(submission, fault, domains.get(fault.named.procedure, ""), at) for submission, fault in faults]
    Kept.objects.bulk_create(rows)
    mark_named([(named_by(row), row.domain) for row in rows], at)


def settle_earlier(submission: Submission, earlier: Earlier, at: datetime, *, whole: bool, clean: bool) -> None:
    """Settle what earlier readings kept: what is recorded now, and what this reading says anew."""
    if not earlier.rows:
        return
    rows = list(Kept.objects.defer("body").filter(pk__in=earlier.rows, state=KeptState.OPEN).order_by("pk"))
    recorded = [(row, earlier.done.get(row.external_id)) for row in rows if _is_done(row, earlier, whole, clean)]
    settle(recorded, by=submission.rig.code, at=at)
    settled = {row.pk for row, _ in recorded}
    replaced = [row for row in rows if row.pk not in settled and _is_replaced(row, earlier, whole)]
    for row in replaced:
        row.state, row.settled_at, row.settled_by = KeptState.SET_ASIDE, at, submission.rig.code
        row.settled_reason = "Read again and still at fault: see what this reading kept of the file."
        row.save(update_fields=["state", "settled_at", "settled_by", "settled_reason"])
    mark_named([(named_by(row), row.domain) for row in replaced], at)
    _block_on(submission, rows, settled | {row.pk for row in replaced})


def _is_done(row: Kept, earlier: Earlier, whole: bool, clean: bool) -> bool:
    if row.external_id:
        return row.external_id in earlier.done
    return whole and clean


def _is_replaced(row: Kept, earlier: Earlier, whole: bool) -> bool:
    """Said anew by this reading of the same test and subject; or it names nobody, and the file was read to its end."""
    if _key(named_by(row)) in earlier.replaced:
        return True
    if not row.vin and not row.component_serial:
        return whole
    own = _key(named_by(row))[1:]
    return whole and not row.external_id and any(key[1:] == own for key in earlier.replaced)


def _block_on(submission: Submission, rows: Sequence[Kept], settled: set[int]) -> None:
    """What goes on blocking keeps its file in quarantine: a test that a reading does not meet again is not recorded."""
    left = [row for row in rows if row.pk not in settled]
    if not left:
        return
    submission.refused += len(left)
    submission.reasons = [
        *submission.reasons,
        *(
            {
                "code": "not_met_again",
                "detail": f"It was kept as {row.code}, and this reading does not find it; set it aside, or mend the"
                " profile.",
                "id": row.external_id or None,
                "place": "",
            }
            for row in left[:10]
        ),
    ]


def _kept(submission: Submission, fault: Fault, domain: str, at: datetime) -> Kept:
    return Kept(
        kind=KeptKind.SUBMISSION,
        rig=submission.rig,
        external_id=fault.named.external_id,
        vin=fault.named.vin,
        component_kind=fault.named.component_kind,
        component_serial=fault.named.component_serial,
        procedure=fault.named.procedure,
        domain=domain,
        sha256=submission.sha256,
        size=submission.size,
        status=fault.status,
        code=fault.code,
        problem={"code": fault.code, "detail": fault.detail, "place": fault.place},
        submission=submission,
        received_at=at,
    )


def wait_for(submission: Submission, waiting: Sequence[tuple[ReadTest, Recorded]], at: datetime) -> list[Fault]:
    """Keep what waits for its vehicle; the registration lock is held. What waits already under its id stands."""
    return list(_wait(submission, waiting, at))


def _wait(submission: Submission, waiting: Sequence[tuple[ReadTest, Recorded]], at: datetime) -> Iterator[Fault]:
    for one, fate in waiting:
        item = one.posted
        body = waiting_body(item)
        kept, created = Kept.objects.get_or_create(
            rig=submission.rig,
            external_id=item.id,
            kind=KeptKind.WAITING,
            state=KeptState.OPEN,
            defaults={
                "digest": fate.digest,
                "vin": item.vin or "",
                "procedure": item.procedure,
                "body": body,
                "sha256": submission.sha256,
                "size": len(body),
                "media_type": "application/json",
                "status": 202,
                "code": "waiting",
                "submission": submission,
                "source": source_of(submission),
                "stated": [each.content() for each in one.stated] or None,
                "received_at": at,
            },
        )
        if not created and bytes(kept.digest or b"") != fate.digest:
            detail = f"The id {item.id} waits for its vehicle with other content, which stands."
            yield Fault("id_conflict", detail, named_of(item), 409)


def named_of(item: PostedInspection) -> Named:
    component = item.component
    kind, serial = (component.kind, component.serial) if component else ("", "")
    return Named(item.id, item.vin or "", kind, serial, item.procedure)


def settle_same_ids(rig_id: int, fates: Sequence[tuple[int, Recorded]], actor: Actor, at: datetime) -> None:
    """What was refused or waited under these ids is recorded now. `fates` come with the ids of their files."""
    if not fates:
        return
    kept = open_by_id(rig_id, [fate.external_id for _, fate in fates])
    done: dict[int, tuple[Kept, int | None]] = {}
    for submission_id, fate in fates:
        if fate.state in (RecordState.RECORDED, RecordState.REPEATED):
            for row in kept.get(fate.external_id, ()):
                # What an earlier reading of this file kept is settled at the end of this one.
                ours = row.kind == KeptKind.SUBMISSION and row.submission_id == submission_id
                if not ours and settled_by_recording(row, fate.digest):
                    done[row.pk] = (row, fate.inspection_id)
    settle(done.values(), by=actor.label, at=at)


def stated_anew(
    submission: Submission, pairs: Sequence[tuple[ReadTest, Recorded]], stood: set[str]
) -> tuple[set[str], list[Fault]]:
    """Of what conflicts with the record: the ids that were recorded from this very file by another revision or reader,
    and stand since nothing worse is read now; and the faults of those of which something else is.

    `stood` are the ids that this reading met so before: an id twice in one file is a conflict whatever stands.
    """
    conflicting: dict[str, PostedInspection] = {}
    for one, fate in pairs:
        if fate.state is RecordState.CONFLICT and fate.external_id not in stood:
            conflicting.setdefault(fate.external_id, one.posted)
    if not conflicting:
        return set(), []
    now = source_of(submission)
    rows = Inspection.objects.select_related("vehicle").filter(rig_id=submission.rig_id, external_id__in=conflicting)
    ours = [row for row in rows.order_by("pk") if _is_of(row, now)]
    previews = preview_inspections([conflicting[row.external_id] for row in ours])
    standing: set[str] = set()
    otherwise: list[Fault] = []
    for row, preview in zip(ours, previews, strict=True):
        posted = conflicting[row.external_id]
        stood.add(posted.id)
        verdict = None if preview.judged is None else preview.judged.verdict.outcome
        if _same_subject(row, posted, preview.subject) and (row.verdict == Outcome.FAIL or verdict == row.verdict):
            standing.add(posted.id)
        else:
            said = "not judged" if verdict is None else verdict.name.lower()
            before = Outcome(row.verdict).name.lower()
            detail = f"It was recorded from this file as {before} and is read as {said} now; what is recorded stands."
            otherwise.append(Fault("recorded_otherwise", detail, named_of(posted), 409))
    return standing, otherwise


def _is_of(row: Inspection, now: Mapping[str, Any]) -> bool:
    """Whether it was read from the same file, otherwise than it would be now."""
    source = row.source or {}
    how = ("adapter", "version", "profile", "revision")
    return source.get("sha256") == now["sha256"] and any(source.get(key) != now.get(key) for key in how)


def _same_subject(row: Inspection, posted: PostedInspection, subject: Subject | None) -> bool:
    if posted.vin is not None:
        return row.vehicle is not None and row.vehicle.vin == posted.vin
    return subject is not None and subject.kind == "component" and row.component_id == subject.id
