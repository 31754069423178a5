"""Keeps what the files of rigs measured over time, as Parquet by its hash, beside the file that it was made from.

A trace is for people and for their tools. It is no measurement, is judged by nobody and changes no verdict; that it
cannot be kept holds nothing up, since the file itself stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

from ..adapters import registry
from ..adapters.canonical import AdapterError
from ..adapters.trace_files import TraceFile, TracingAdapter
from ..marks.acts import one_act
from ..people.rules import Actor, ActorKind
from ..records.services import record_act
from .choices import SubmissionState
from .models import Submission, Trace
from .reading import context_of
from .storage import Landed, land_file, open_file


def keep_traces(*, submission_id: int, at: datetime) -> list[Trace]:
    """Keep the traces of each test in a file that was read; return those that are new. Repeated, it finds them kept.

    A file that could not be read, or whose format has none, has no traces. Raises FileNotFoundError and FileAltered
    where the file is not as it landed, StoreUnavailable.
    """
    submission = Submission.objects.select_related("rig", "profile_revision").get(pk=submission_id)
    if submission.state == SubmissionState.LANDED or submission.traces.exists():
        return []
    try:
        adapter = registry.get(submission.adapter)
    except registry.UnknownFormat:
        return []
    if not isinstance(adapter, TracingAdapter):
        return []
    landed: list[tuple[TraceFile, Landed]] = []
    why = ""
    try:
        with open_file(submission.sha256) as file:
            revision = submission.profile_revision
            context = context_of(adapter, submission.name, None if revision is None else revision.document)
            for trace in adapter.traces(file, context):
                landed.append((trace, land_file([trace.content])))
    except AdapterError as refusal:
        why = str(refusal)
    return _enter(submission, f"{adapter.name}/{adapter.version}", landed, why, at)


def keep_traces_of(*, submissions: Iterable[Submission], at: datetime) -> None:
    """`keep_traces` of those files that may have some."""
    for submission in submissions:
        if submission.adapter in registry.tracing():
            keep_traces(submission_id=submission.pk, at=at)


@one_act
def _enter(
    submission: Submission, adapter: str, landed: Sequence[tuple[TraceFile, Landed]], why: str, at: datetime
) -> list[Trace]:
    """The rows, once, whoever comes first."""
    submission = Submission.objects.select_for_update(no_key=True, of=("self",)).get(pk=submission.pk)
    if submission.traces.exists():
        return []
    submission.traced_at = at
    submission.save(update_fields=["traced_at"])
    rows = [
        Trace.objects.create(
            submission=submission,
            external_id=trace.external_id,
            sha256=file.sha256,
            size=file.size,
            name=trace.name[:200],
            adapter=adapter,
            channels=[asdict(channel) for channel in trace.channels],
            at=at,
        )
        for trace, file in landed
    ]
    if rows or why:
        record_act(
            actor=Actor(ActorKind.RIG, submission.rig_id, submission.rig.code),
            act="submission.traced",
            subject_kind="submission",
            subject=submission.sha256,
            at=at,
            reason=why,
            after={"traces": [{"id": row.external_id, "sha256": row.sha256} for row in rows]},
        )
    return rows
