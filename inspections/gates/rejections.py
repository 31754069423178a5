"""What a rejected sample reaches: its batches and their cars, delivered ones too, and which of them were screened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..batches.models import Batch
from ..evaluation import facts
from ..evaluation.reasons import Outcome, ReasonCode
from ..evaluation.sampling import cleared_together, good_moments, reach_in, samples_of
from ..results.models import Sample
from .batch_evidence import build_window
from .evidence import collect_plan
from .reading import read_named
from .sample_evidence import built_cars, collect_sampling, forsaken_lines
from .screened import conforming_since, failed_characteristics, screened_lines


@dataclass(frozen=True, slots=True)
class ReachedCar:
    """A car that a rejection reaches. `cleared`: it was screened, on record. `conforms`: its result that counts does,
    and finished after the rejection; a car that is cleared does."""

    vehicle_id: int
    vin: str
    sequence: int
    status: str
    cleared: bool
    conforms: bool


@dataclass(frozen=True, slots=True)
class ReachedBatch:
    """A batch that a rejection reaches. `rejected`: ids of the rejects that one screening answers; `since`: when the
    first of them finished."""

    id: int
    number: str
    rejected: tuple[int, ...]
    since: datetime
    cars: tuple[ReachedCar, ...]

    @property
    def open(self) -> tuple[ReachedCar, ...]:
        return tuple(car for car in self.cars if not car.cleared)

    @property
    def lacking(self) -> tuple[ReachedCar, ...]:
        """The cars that keep it from being cleared."""
        return tuple(car for car in self.open if not car.conforms)


def rejected_sample(sample_id: int) -> Sample | None:
    """A sample that was rejected, with what it is a sample of; None for any other. One query."""
    rows = Sample.objects.select_related("procedure", "configuration", "inspection")
    found = rows.filter(pk=sample_id).first()
    if found is None or (found.outcome != Outcome.FAIL and not _treated_as_fail(found)):
        return None
    return found


def _treated_as_fail(sample: Sample) -> bool:
    rows = read_named(
        "select from inspections_disposition where inspection_id = %(id)s and kind = %(kind)s limit 1",
        id=sample.inspection_id,
        kind=facts.DispositionKind.TREAT_AS_FAIL.value,
    )
    return bool(rows)


def reached_batches(sample: Sample, *, at: datetime) -> list[ReachedBatch]:
    """The batches with cars that the rejection reaches, or whose cars were screened after it, oldest first.

    The number of statements grows with the batches, not with their cars.
    """
    found = []
    for batch in Batch.objects.select_related("revision__plan").filter(pk__in=_candidates(sample)).order_by("pk"):
        reached = reached_batch(batch, sample, at=at)
        if reached is not None and reached.cars:
            found.append(reached)
    return found


@dataclass(frozen=True, slots=True)
class RecordedScreening:
    """A screening on record: how many cars of which batch, by whom, and how they were screened."""

    batch: str
    cars: int
    screened_by: str
    reason: str
    at: datetime


def screenings_of(*, sample_id: int) -> list[RecordedScreening]:
    """The screenings that answer a rejected sample, newest first. One statement."""
    rows = read_named(
        "select b.number, count(*), s.screened_by, s.reason, s.at from inspections_screening s"
        " join inspections_screenedvehicle sv on sv.screening_id = s.id"
        " join inspections_vehicle v on v.id = sv.vehicle_id join inspections_batch b on b.id = v.batch_id"
        " where s.rejected @> array[%(sample)s]::bigint[] group by s.id, b.number order by s.id desc limit 100",
        sample=sample_id,
    )
    return [RecordedScreening(*row) for row in rows]


def _candidates(sample: Sample) -> list[int]:
    """Batches whose gate names a reject of the procedure, or of which cars were screened after this one."""
    reason = json.dumps([{"code": ReasonCode.SAMPLE_REJECTED.value, "procedure_id": sample.procedure_id}])
    rows = read_named(
        "select b.id from inspections_batch b join inspections_batchgate g on g.batch_id = b.id"
        " where b.configuration_id = %(configuration)s and g.reasons @> %(reason)s::jsonb"
        " union select v.batch_id from inspections_screening s"
        " join inspections_screenedvehicle sv on sv.screening_id = s.id"
        " join inspections_vehicle v on v.id = sv.vehicle_id where s.rejected @> array[%(sample)s]::bigint[]",
        configuration=sample.configuration_id,
        reason=reason,
        sample=sample.pk,
    )
    return [row[0] for row in rows]


def reached_batch(batch: Batch, sample: Sample, *, at: datetime) -> ReachedBatch | None:
    """What a rejection reaches of one batch; None where the batch's plan or line does not lean on that sample.

    What was found within the reach of an earlier reject that is not cleared belongs to it: one screening answers both.
    """
    lines, revision_id = _lines(batch, sample)
    sampling = collect_sampling(batch, lines, built_from=build_window(batch)[0], at=at, revision_id=revision_id)
    if not sampling.rules:
        return None
    rule = sampling.rules[0]
    samples = samples_of(rule, sampling.samples)
    good = good_moments(rule, samples)
    own = next((row for row in samples if row.id == sample.pk and row.outcome is Outcome.FAIL), None)
    if own is None:
        return None
    cars = built_cars(batch)

    def uncleared(row: facts.Sample) -> set[int]:
        reach = reach_in(rule, good, row)
        return {car.id for car in cars if reach.holds(car.built_at, car.built_at)} - row.cleared_for

    standing = [row for row in samples if row.outcome is Outcome.FAIL and uncleared(row)]
    first, members = cleared_together(rule, good, own, standing)
    reach = reach_in(rule, good, first)
    reached = {car.id for car in cars if reach.holds(car.built_at, car.built_at)}
    still_open = set().union(*(uncleared(row) for row in members))
    rejected = tuple(row.id for row in members)
    asked = screened_lines(lines, failed_characteristics(rejected))
    conforming = reached - still_open | conforming_since(
        batch, asked, still_open, since=first.finished_at, revision_id=revision_id
    )
    return ReachedBatch(
        batch.pk, batch.number, rejected, first.finished_at, _cars(reached, reached - still_open, conforming)
    )


def _lines(batch: Batch, sample: Sample) -> tuple[list[facts.Requirement], int | None]:
    """The lines on which the batch leans on the sample, and their revision: its own, or where that asks none any more
    the one under which a sample of the procedure was rejected."""
    own = [line for line in collect_plan(batch).requirements if line.level is facts.Level.SAMPLE]
    asked = [line for line in own if line.procedure_id == sample.procedure_id]
    if asked:
        return asked, batch.revision_id
    for revision_id, gone in forsaken_lines(batch, own, sample.procedure.domain).items():
        found = [line for line in gone if line.procedure_id == sample.procedure_id]
        if found:
            return found, revision_id
    return [], batch.revision_id


def _cars(ids: set[int], cleared: set[int], conforming: set[int]) -> tuple[ReachedCar, ...]:
    rows: Sequence[tuple[int, str, int, str]] = read_named(
        "select id, vin, sequence, status from inspections_vehicle where id = any(%(ids)s) order by sequence",
        ids=sorted(ids),
    )
    return tuple(ReachedCar(*row, cleared=row[0] in cleared, conforms=row[0] in conforming) for row in rows)
