"""100 % screening as evidence: which cars have a result that counts and conforms, finished after a rejection.

A sampled procedure is then asked of each car as if it were asked of every vehicle: the same rules say what counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from ..batches.models import Batch
from ..evaluation import facts
from ..evaluation.gates import decide
from ..evaluation.reasons import State
from .evidence import Plan, collect_gate_inputs, collect_vehicles
from .reading import read_named


def screened_lines(lines: Sequence[facts.Requirement], failed: Collection[int]) -> list[facts.Requirement]:
    """The lines of a procedure that screening has to show: those of the characteristics that failed, with all of a
    group that one of them belongs to. All lines where none of them is asked (any more)."""
    named = [line for line in lines if line.characteristic_id in failed]
    groups = {line.group for line in named if line.group is not None} | {line.id for line in named if line.members}
    chosen = [line for line in lines if line in named or line.id in groups or line.group in groups]
    return chosen or list(lines)


def conforming_since(
    batch: Batch,
    lines: Sequence[facts.Requirement],
    vehicle_ids: Collection[int],
    *,
    since: datetime,
    revision_id: int | None,
) -> set[int]:
    """Of vehicles of a batch, by id, those whose results that count conform to all the lines, of one procedure of a
    revision, and finished after `since`. The number of statements does not depend on how many they are."""
    if not vehicle_ids or not lines:
        return set()
    asked = tuple(replace(line, level=facts.Level.EVERY_VEHICLE) for line in lines)
    domain, procedure_id = asked[0].domain, asked[0].procedure_id
    vehicles = collect_vehicles(batch.pk, vehicle_ids)
    wanted = [(vehicle_id, domain) for vehicle_id in sorted(vehicles)]
    inputs = collect_gate_inputs(batch, Plan(revision_id, approved=True, requirements=asked), vehicles, wanted)
    after = facts.Rework(0, since, tuple(sorted({line.characteristic_id for line in asked})))
    conforming = set()
    for vehicle_id, _ in wanted:
        found = inputs[vehicle_id, domain]
        own = replace(
            found,
            inspections=tuple(row for row in found.inspections if row.procedure_id == procedure_id),
            reworks=(*found.reworks, after),
            for_delivery=True,
            concessions=(),
            kept=(),
        )
        if decide(own, at=since).state is State.PASSED:
            conforming.add(vehicle_id)
    return conforming


def cleared_cars(
    batch: Batch, lines: Sequence[facts.Requirement], rejected: Collection[int], revision_id: int | None
) -> dict[int, frozenset[int]]:
    """By rejected sample, the cars of the batch that were screened since, on record, and that still conform.

    Two statements, and for each screening on record those of `conforming_since`.
    """
    cleared: dict[int, set[int]] = defaultdict(set)
    for procedure_id, samples, since, failed, vehicles in _screenings(batch, rejected):
        own = [line for line in lines if line.procedure_id == procedure_id]
        conforming = conforming_since(
            batch, screened_lines(own, failed), vehicles, since=since, revision_id=revision_id
        )
        for sample_id in samples:
            cleared[sample_id] |= conforming
    return {sample_id: frozenset(found) for sample_id, found in cleared.items()}


def failed_characteristics(sample_ids: Collection[int]) -> set[int]:
    """What failed in samples, by the characteristics' ids. One statement."""
    rows = read_named(
        "select distinct unnest(failed) from inspections_sample where id = any(%(ids)s)", ids=list(sample_ids)
    )
    return {row[0] for row in rows}


def _screenings(batch: Batch, rejected: Collection[int]) -> list[tuple[int, list[int], datetime, set[int], list[int]]]:
    """Screenings of cars of the batch after any of these rejects: procedure, rejects, since when, what failed, cars."""
    rows = read_named(
        "select s.procedure_id, s.rejected, s.since, array_agg(v.id order by v.id),"
        " array(select distinct unnest(p.failed) from inspections_sample p where p.id = any(s.rejected))"
        " from inspections_screening s join inspections_screenedvehicle sv on sv.screening_id = s.id"
        " join inspections_vehicle v on v.id = sv.vehicle_id"
        " where s.rejected && %(rejected)s::bigint[] and v.batch_id = %(batch)s group by s.id order by s.id",
        rejected=list(rejected),
        batch=batch.pk,
    )
    return [
        (procedure_id, samples, since, set(failed), vehicles) for procedure_id, samples, since, vehicles, failed in rows
    ]
