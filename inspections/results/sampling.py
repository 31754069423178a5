"""Samples: an inspection of a sampled procedure is evidence for all batches of its configuration on its line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from django.db import connection

from ..catalogue.choices import RevisionStatus
from ..evaluation.facts import Level
from ..evaluation.reasons import Outcome
from ..rigs.models import Rig
from .candidates import Candidate
from .judging import judge_sample
from .models import Sample
from .plans import asks_samples, sample_judge_for
from .rejudging import stored_measurements


def asking_configurations(procedure_ids: Collection[int]) -> dict[int, list[tuple[int, int]]]:
    """The configurations whose revision in force asks for samples of the procedures: to (procedure, revision) ids."""
    if not procedure_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct p.configuration_id, c.procedure_id, v.id from inspections_planrevision v"
            " join inspections_controlplan p on p.id = v.plan_id"
            " join inspections_requirement r on r.revision_id = v.id and r.level = %s"
            " join inspections_characteristic c on c.id = r.characteristic_id"
            " where v.status = %s and c.procedure_id = any(%s)",
            [Level.SAMPLE.value, RevisionStatus.APPROVED.value, sorted(procedure_ids)],
        )
        found: dict[int, list[tuple[int, int]]] = {}
        for configuration_id, procedure_id, revision_id in cursor.fetchall():
            found.setdefault(configuration_id, []).append((procedure_id, revision_id))
        return found


def record_samples(inserted: Sequence[Candidate], *, rig: Rig, at: datetime) -> set[tuple[int, int | None, str]]:
    """Store what the inserted inspections say as samples. Returns the marks of the batches that lean on them.

    A vehicle, or a part fitted in one, speaks for its batch's configuration and line on the pinned revision. A part
    or lot that is in no vehicle speaks for every configuration whose revision in force asks for it, on the rig's line.
    """
    loose = {candidate.procedure.id for candidate in inserted if candidate.subject.batch is None}
    if not loose and not _are_asked(inserted):
        return set()
    asking = asking_configurations(loose)
    samples = [sample for candidate in inserted for sample in _samples(candidate, asking, rig, at)]
    if not samples:
        return set()
    Sample.objects.bulk_create(samples)
    domains = {candidate.procedure.id: candidate.procedure.domain for candidate in inserted}
    return set(_marks({(row.configuration_id, row.line, domains[row.procedure_id]) for row in samples}))


def mark_leaning_batches(*, inspection_id: int, at: datetime) -> None:
    """Mark the batches of the line that lean on an inspection as a sample, where something about it was decided.

    One statement. The batch of its own vehicle is the caller's to mark: it may be on another line.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into inspections_mark (batch_id, vehicle_id, domain, at)"
            " select distinct b.id, null::bigint, p.domain, %s::timestamptz from inspections_sample s"
            " join inspections_procedure p on p.id = s.procedure_id"
            " join inspections_batch b on b.configuration_id = s.configuration_id and b.line = s.line"
            " where s.inspection_id = %s",
            [at, inspection_id],
        )


def outcomes_on(*, revision_id: int, inspections: Collection[tuple[int, int, datetime | None]]) -> dict[int, Outcome]:
    """What recorded inspections say as samples on a revision, whatever they were judged on before: by inspection id.

    `inspections` holds ids of inspection and procedure, and when the subject was built. One that the revision asks no
    samples of is not judged. One statement.
    """
    measured = stored_measurements([inspection_id for inspection_id, _, _ in inspections])
    found = {}
    for inspection_id, procedure_id, built_at in inspections:
        judge = sample_judge_for(revision_id, procedure_id, built_at)
        if judge is None:
            found[inspection_id] = Outcome.NOT_JUDGED
            continue
        rows = [judge.judge(characteristic_id, reading) for _, characteristic_id, reading in measured[inspection_id]]
        found[inspection_id] = judge.verdict(rows).verdict.outcome
    return found


def _are_asked(inserted: Iterable[Candidate]) -> bool:
    """Whether a revision asks for samples of what was inserted: one look for the thousands that none asks for."""
    pairs = {
        (candidate.subject.batch.revision_id, candidate.procedure.id)
        for candidate in inserted
        if candidate.subject.batch is not None
    }
    return any(revision_id is not None and asks_samples(revision_id, number) for revision_id, number in pairs)


def _samples(
    candidate: Candidate, asking: dict[int, list[tuple[int, int]]], rig: Rig, at: datetime
) -> Iterator[Sample]:
    batch = candidate.subject.batch
    if batch is not None:
        if batch.revision_id is not None:
            yield from _sample(candidate, batch.configuration_id, batch.revision_id, batch.line, at)
        return
    for configuration_id, pairs in sorted(asking.items()):
        for procedure_id, revision_id in pairs:
            if procedure_id == candidate.procedure.id:
                yield from _sample(candidate, configuration_id, revision_id, rig.line, at)


def _sample(candidate: Candidate, configuration_id: int, revision_id: int, line: str, at: datetime) -> Iterator[Sample]:
    judged = judge_sample(candidate.posted, candidate.procedure, revision_id, candidate.subject)
    if judged is None:
        return
    yield Sample(
        procedure_id=candidate.procedure.id,
        configuration_id=configuration_id,
        revision_id=revision_id,
        line=line,
        inspection_id=candidate.inspection_id,
        subject=candidate.subject.text,
        characteristic_id=judged.worst,
        failed=list(judged.failed),
        outcome=int(judged.verdict.outcome),
        finished_at=candidate.posted.finished_at,
        recorded_at=at,
    )


def _marks(affected: Iterable[tuple[int, str, str]]) -> Iterator[tuple[int, int | None, str]]:
    """The batches of a configuration and line, as marks of the batch itself; also those that have left.

    What a sample says differs from batch to batch: it is judged anew on the revision of each, a pass whose rig is out
    of calibration or says fail is none, and what is no pass takes away an earlier good one of the same item.
    """
    wanted = sorted(set(affected))
    with connection.cursor() as cursor:
        cursor.execute(
            "select b.id, a.domain from unnest(%s::bigint[], %s::text[], %s::text[]) as a(configuration, line, domain)"
            " join inspections_batch b on b.configuration_id = a.configuration and b.line = a.line",
            list(map(list, zip(*wanted, strict=True))),
        )
        for batch_id, domain in cursor.fetchall():
            yield batch_id, None, domain
