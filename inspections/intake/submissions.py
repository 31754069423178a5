"""Reads the landed files of rigs and records what is in them by the one path, or says why that cannot be."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Final

from django.db import transaction

from ..adapters import registry
from ..adapters.canonical import Adapter, AdapterError, CanonicalInspection, ParseContext
from ..batches.models import Vehicle
from ..catalogue.models import Procedure
from ..marks.acts import one_act
from ..people.rules import Actor, ActorKind
from ..records.services import record_act
from ..results.decoding import BodyRefused, PostedInspection
from ..results.services import Recorded, RecordState, record_inspections
from .choices import KeptKind, KeptState, SubmissionState
from .keeping import hold_named, mark_named, named_by, open_by_id, settle, settled_by_recording
from .mapping import Unmapped, find_procedure, item_map, map_report
from .models import Kept, Submission
from .rules import Named
from .storage import open_file
from .waiting import source_of, waiting_body

log = logging.getLogger(__name__)

MOST_ATTEMPTS: Final = 5
HEAD: Final = 4096


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why the file, or one test in it, is not recorded, and what it names as far as that is known."""

    code: str
    detail: str
    named: Named
    status: int = 422

    def reason(self) -> dict[str, Any]:
        return {"code": self.code, "detail": self.detail, "id": self.named.external_id or None}


def read_submission(*, submission_id: int, at: datetime) -> Submission:
    """Read one landed file and record what is in it. What was read before stays as it is.

    Whatever cannot be read or recorded puts the submission in quarantine with its reasons, and blocks the vehicle
    that it names. A file over which workers broke off five times is left to a person.
    """
    submission = _begin(submission_id)
    if submission.state != SubmissionState.LANDED:
        return submission
    if submission.attempts > MOST_ATTEMPTS:
        fault = _Fault(
            "reading_broke_off", f"Reading broke off {MOST_ATTEMPTS} times; see the log.", _stated(submission)
        )
        return _finish(submission.pk, "", [], [fault], at)
    adapter_name, posted, faults = _read_file(submission)
    return _finish(submission.pk, adapter_name, posted, faults, at)


@transaction.atomic
def _begin(submission_id: int) -> Submission:
    """Count the attempt before it is made: one that kills its worker counts too."""
    submission = (
        Submission.objects.select_for_update(no_key=True, of=("self",)).select_related("rig").get(pk=submission_id)
    )
    if submission.state == SubmissionState.LANDED:
        submission.attempts += 1
        submission.save(update_fields=["attempts"])
    return submission


def _read_file(submission: Submission) -> tuple[str, list[PostedInspection], list[_Fault]]:
    named = _stated(submission)
    try:
        with open_file(submission.sha256) as file:
            adapter = _adapter_of(submission, file)
            file.seek(0)
            context = ParseContext(name=submission.name, max_bytes=registry.most_bytes(adapter))
            reports = list(adapter.parse(file, context))
    except FileNotFoundError:
        log.error("The file of submission %s is gone: %s", submission.pk, submission.sha256)
        return "", [], [_Fault("file_missing", "The file is not on disk any more; send it again.", named)]
    except registry.UnknownFormat as refusal:
        return "", [], [_Fault("unknown_format", str(refusal), named)]
    except AdapterError as refusal:
        return adapter.name, [], [_Fault("unreadable", str(refusal), named)]
    if not reports:
        return adapter.name, [], [_Fault("empty", "There is no test in the file.", named)]
    posted: list[PostedInspection] = []
    faults: list[_Fault] = []
    for report in reports:
        read = _map(submission, report, adapter.name)
        if isinstance(read, _Fault):
            faults.append(read)
        else:
            posted.append(read)
    return adapter.name, posted, faults


def _adapter_of(submission: Submission, file: BinaryIO) -> Adapter:
    if submission.format:
        return registry.get(submission.format)
    return registry.detect(file.read(HEAD), submission.name)


def _map(submission: Submission, report: CanonicalInspection, adapter: str) -> PostedInspection | _Fault:
    named = _stated(submission, report)
    try:
        procedure = find_procedure(submission, report, submission.rig, adapter)
        return map_report(submission, report, procedure, item_map(procedure, adapter))
    except Unmapped as refusal:
        return _Fault(refusal.code, str(refusal), named)
    except BodyRefused as refusal:
        first = refusal.errors[0]
        return _Fault(first.code, f"{first.pointer or 'The report'} {first.detail}", named)


def _stated(submission: Submission, report: CanonicalInspection | None = None) -> Named:
    """What the file names: as stated with it, else by the report's serial number where that is a known VIN."""
    vin = submission.vin
    external_id = ""
    if report is not None:
        external_id = report.external_id[:128]
        serial = (report.serial or "").strip().upper()
        if not vin and not submission.component_serial and Vehicle.objects.filter(vin=serial).exists():
            vin = serial
    return Named(external_id, vin, submission.component_kind, submission.component_serial, submission.procedure)


@one_act
def _finish(
    submission_id: int, adapter: str, posted: Sequence[PostedInspection], faults: Sequence[_Fault], at: datetime
) -> Submission:
    """Record what was read and say what became of the file, in one transaction; only once, whoever comes first."""
    submission = (
        Submission.objects.select_for_update(no_key=True, of=("self",)).select_related("rig").get(pk=submission_id)
    )
    if submission.state != SubmissionState.LANDED:
        return submission
    submission.adapter, submission.read_at = adapter, at
    rig = submission.rig
    actor = Actor(ActorKind.RIG, rig.pk, rig.code)
    fates = record_inspections(items=posted, rig=rig, actor=actor, at=at, source=source_of(submission))
    waiting = [pair for pair in zip(posted, fates, strict=True) if pair[1].state is RecordState.WAITING]
    done = [fate for fate in fates if fate.state in (RecordState.RECORDED, RecordState.REPEATED)]
    all_faults = [*faults, *_refusals(posted, fates), *_wait(submission, waiting, at)]
    _settle_same_ids(submission, posted, fates, actor, at)
    _quarantine(submission, all_faults, at)
    submission.recorded, submission.refused = len(done), len(all_faults)
    submission.waiting = len(fates) + len(faults) - len(done) - len(all_faults)
    submission.reasons = [fault.reason() for fault in all_faults]
    submission.state = SubmissionState.QUARANTINED if all_faults else SubmissionState.RECORDED
    submission.save()
    record_act(
        actor=actor,
        act=f"submission.{submission.state}",
        subject_kind="submission",
        subject=submission.sha256,
        at=at,
        after={"adapter": adapter, "recorded": len(done), "refused": len(all_faults), "waiting": submission.waiting},
    )
    return submission


def _refusals(posted: Sequence[PostedInspection], fates: Sequence[Recorded]) -> Iterator[_Fault]:
    for item, fate in zip(posted, fates, strict=True):
        if fate.state in (RecordState.CONFLICT, RecordState.REFUSED):
            status = 409 if fate.state is RecordState.CONFLICT else 422
            yield _Fault(fate.code, fate.detail, _named(item), status)


def _named(item: PostedInspection) -> Named:
    component = item.component
    kind, serial = (component.kind, component.serial) if component else ("", "")
    return Named(item.id, item.vin or "", kind, serial, item.procedure)


def _wait(
    submission: Submission, waiting: Sequence[tuple[PostedInspection, Recorded]], at: datetime
) -> Iterator[_Fault]:
    """Keep what waits for its vehicle; the registration lock is held. What waits already under its id stands."""
    for item, fate in waiting:
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
                "received_at": at,
            },
        )
        if not created and bytes(kept.digest or b"") != fate.digest:
            detail = f"The id {item.id} waits for its vehicle with other content, which stands."
            yield _Fault("id_conflict", detail, _named(item), 409)


def _settle_same_ids(
    submission: Submission, posted: Sequence[PostedInspection], fates: Sequence[Recorded], actor: Actor, at: datetime
) -> None:
    """What was refused under these ids is recorded now."""
    kept = open_by_id(submission.rig, [item.id for item in posted])
    done: dict[int, tuple[Kept, int | None]] = {}
    for fate in fates:
        if fate.state in (RecordState.RECORDED, RecordState.REPEATED):
            for row in kept.get(fate.external_id, ()):
                if settled_by_recording(row, fate.digest):
                    done[row.pk] = (row, fate.inspection_id)
    settle(done.values(), by=actor.label, at=at)


def _quarantine(submission: Submission, faults: Sequence[_Fault], at: datetime) -> None:
    """Keep each fault where people look, blocking what it names, in the place of what an earlier reading found."""
    earlier = list(Kept.objects.filter(submission=submission, kind=KeptKind.SUBMISSION, state=KeptState.OPEN))
    if not faults:
        settle([(row, None) for row in earlier], by=submission.rig.code, at=at)
        return
    for row in earlier:
        row.state, row.settled_at, row.settled_by = KeptState.SET_ASIDE, at, submission.rig.code
        row.settled_reason = f"Read again and still at fault: {faults[0].detail}"
        row.save(update_fields=["state", "settled_at", "settled_by", "settled_reason"])
    mark_named([(named_by(row), row.domain) for row in earlier], at)
    domains = dict(
        Procedure.objects.filter(code__in={fault.named.procedure for fault in faults}).values_list("code", "domain")
    )
    hold_named([fault.named for fault in faults])
    rows = [_kept(submission, fault, domains.get(fault.named.procedure, ""), at) for fault in faults]
    Kept.objects.bulk_create(rows)
    mark_named([(named_by(row), row.domain) for row in rows], at)


def _kept(submission: Submission, fault: _Fault, domain: str, at: datetime) -> Kept:
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
        problem={"code": fault.code, "detail": fault.detail},
        submission=submission,
        received_at=at,
    )
