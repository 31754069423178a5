"""Has kept files read again: because a person named the subject, or because the profile of their rig was mended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from ..batches.rules import vin_form_fault
from ..catalogue.models import ComponentKind
from ..dispatch import READ_AGAIN, READ_SUBMISSION, Queue, enqueue_after_commit
from ..marks.acts import one_act
from ..people.choices import Role
from ..people.rules import Actor
from ..records.services import record_act
from ..rigs.models import RigProfile
from ..saying import Refusal, say
from .choices import KeptKind, KeptState, SubmissionState
from .faulting import keep_faults
from .keeping import SettledAlready
from .models import Kept, NamedSubject, ProfileSample, Rereading, Submission
from .reading import Fault
from .rules import Named
from .storage import land_file
from .submissions import read_landed
from .tracing import keep_traces_of

MAY_READ_AGAIN: Final = (Role.ENGINEER, Role.CATALOGUE_OWNER)
MAY_NAME: Final = (Role.ENGINEER,)
MOST_ALIKE: Final = 5_000
FILES_A_TASK: Final = 50


class NotReadAgain(Refusal):
    """It cannot be named or read again; says why and what to do."""


@one_act
def name_subject(
    *,
    kept: Kept,
    reason: str,
    actor: Actor,
    at: datetime,
    vin: str = "",
    component: tuple[str, str] | None = None,
) -> NamedSubject:
    """Say which vehicle or component (kind, serial) a kept test of a file is of, and have the file read again.

    The file stays as it is. What is named cannot pass from now on until the test is recorded or set aside. Raises
    NotReadAgain, SettledAlready, NotAllowed.
    """
    actor.require("naming what a file is of", *MAY_NAME)
    kept, submission = _open_file_of(kept)
    vin, kind, serial = vin.strip().upper(), *(part.strip() for part in component or ("", ""))
    _refuse_unsound_subject(vin, kind, serial, reason)
    named = NamedSubject.objects.create(
        submission=submission,
        external_id=kept.external_id,
        vin=vin,
        component_kind=kind,
        component_serial=serial,
        reason=reason.strip(),
        person_id=actor.id or 0,
        named_by=actor.label,
        at=at,
    )
    own = Named(kept.external_id, vin, kind, serial, kept.procedure)
    detail = f"{actor.label} named {vin or f'{kind} {serial}'}; it is read again."
    keep_faults([(submission, Fault("to_be_read", detail, own, 202))], at)
    record_act(
        actor=actor,
        act="kept.subject_named",
        subject_kind="vehicle" if vin else "kept",
        subject=vin or str(kept.pk),
        reason=reason.strip(),
        at=at,
        before={"kept": kept.pk, "id": kept.external_id, "code": kept.code, "sha256": kept.sha256},
        after={"vin": vin, "component": f"{kind} {serial}".strip()},
    )
    if not _land_again([submission.pk]):
        # It is being read, perhaps together with others, without this word: it is taken from whoever reads it.
        Submission.objects.filter(pk=submission.pk, attempts=0).update(attempts=1)
    enqueue_after_commit(READ_SUBMISSION, queue=Queue.DEFAULT, kwargs={"submission_id": submission.pk})
    return named


def _open_file_of(kept: Kept) -> tuple[Kept, Submission]:
    kept = Kept.objects.defer("body").select_for_update(no_key=True).get(pk=kept.pk)
    if kept.state != KeptState.OPEN:
        raise SettledAlready(say("It was settled by %(who)s already.", who=kept.settled_by))
    if kept.kind != KeptKind.SUBMISSION or kept.submission_id is None:
        raise NotReadAgain(say("This came without a file; have the rig send it again, or set it aside."))
    return kept, Submission.objects.select_for_update(no_key=True).get(pk=kept.submission_id)


def _refuse_unsound_subject(vin: str, kind: str, serial: str, reason: str) -> None:
    if not reason.strip():
        raise NotReadAgain(say("Say by what you know it: the reason is empty."))
    if bool(vin) == bool(serial):
        raise NotReadAgain(say("Name either a VIN or a component by kind and serial."))
    if vin and (fault := vin_form_fault(vin)):
        raise NotReadAgain(say("This is no VIN: it has %(fault)s.", fault=fault))
    if serial and not ComponentKind.objects.filter(code=kind).exists():
        raise NotReadAgain(say("The catalogue knows no component kind %(kind)s.", kind=kind or "–"))


def alike(kept: Kept) -> QuerySet[Kept]:
    """What is open for the same reason: of the same rig, read by the same reader, with the same code."""
    adapter = kept.submission.adapter if kept.submission is not None else ""
    return Kept.objects.filter(
        kind=KeptKind.SUBMISSION,
        state=KeptState.OPEN,
        rig=kept.rig_id,
        code=kept.code,
        submission__adapter=adapter,
    )


@one_act
def read_again(*, kept: Kept, every: bool, actor: Actor, at: datetime) -> Rereading:
    """Have the file of what is kept read again; with `every` those of all that is kept alike, 5,000 at most, in one
    act. What they keep goes on blocking until it is recorded. Raises NotReadAgain, SettledAlready, NotAllowed."""
    actor.require("reading a file again", *MAY_READ_AGAIN)
    kept, submission = _open_file_of(kept)
    kept.submission = submission
    ids = [submission.pk]
    if every:
        found = alike(kept).order_by("submission_id").values_list("submission_id", flat=True).distinct()
        ids = sorted({submission.pk, *(number for number in found[:MOST_ALIKE] if number is not None)})
    taken = _land_again(ids)
    if not taken:
        raise NotReadAgain(say("It is being read already; look again in a moment."))
    rereading = Rereading.objects.create(
        rig_id=submission.rig_id,
        adapter=submission.adapter,
        code=kept.code,
        submissions=taken,
        person_id=actor.id or 0,
        asked_by=actor.label,
        at=at,
    )
    record_act(
        actor=actor,
        act="submissions.read_again",
        subject_kind="rig",
        subject=submission.rig.code,
        at=at,
        after={"count": len(taken), "code": kept.code, "adapter": submission.adapter, "rereading": rereading.pk},
    )
    enqueue_after_commit(READ_AGAIN, queue=Queue.SLOW, kwargs={"rereading_id": rereading.pk})
    return rereading


def _land_again(ids: Iterable[int]) -> list[int]:
    """Put quarantined files back to be read; their bytes and what is kept of them stay. Returns which."""
    rows = Submission.objects.select_for_update(no_key=True).filter(pk__in=list(ids), state=SubmissionState.QUARANTINED)
    taken = list(rows.order_by("pk").values_list("pk", flat=True))
    Submission.objects.filter(pk__in=taken).update(state=SubmissionState.LANDED, attempts=0, reading_at=None)
    return taken


def read_files_again(*, rereading_id: int, at: datetime) -> int:
    """Read some of the files of a rereading that nobody has read since, and have the others read after them.

    Returns how many it read. Safe to repeat: what is lost on the way the sweep finds.
    """
    wanted = Rereading.objects.get(pk=rereading_id).submissions
    rows = Submission.objects.filter(pk__in=wanted, state=SubmissionState.LANDED).order_by("pk")
    left = list(rows.values_list("pk", flat=True)[: FILES_A_TASK + 1])
    for submission_id in left[:FILES_A_TASK]:
        keep_traces_of(submissions=read_landed(submission_id=submission_id, at=at), at=at)
    if len(left) > FILES_A_TASK:
        enqueue_after_commit(READ_AGAIN, queue=Queue.SLOW, kwargs={"rereading_id": rereading_id})
    return len(left[:FILES_A_TASK])


def keep_sample(
    *, profile: RigProfile, stream: Iterable[bytes], name: str, actor: Actor, at: datetime
) -> ProfileSample:
    """Keep a file beside a profile, to try it: no result, never recorded. Raises FileTooLarge, NotAllowed."""
    actor.require("trying a file with a profile", *MAY_READ_AGAIN)
    # On disk before it is in the table, as every file is.
    landed = land_file(stream)
    return _enter_sample(profile, landed.sha256, landed.size, name, actor, at)


@one_act
def _enter_sample(profile: RigProfile, sha256: str, size: int, name: str, actor: Actor, at: datetime) -> ProfileSample:
    sample, created = ProfileSample.objects.get_or_create(
        profile=profile,
        sha256=sha256,
        defaults={"name": name[:255], "size": size, "uploaded_by": actor.label, "at": at},
    )
    if created:
        record_act(
            actor=actor,
            act="profile.sample_kept",
            subject_kind="profile",
            subject=profile.code,
            at=at,
            after={"sha256": sha256, "name": name[:255]},
        )
    return sample
