"""Samples as they are stored, and what each of them says today: of a batch, or of whole lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ..batches.models import Batch
from ..evaluation import facts
from ..evaluation.evidence import authorised, in_calibration
from ..evaluation.reasons import Outcome
from ..results.queries import outcomes_on
from .evidence import collect_rigs
from .reading import read_named


class Leaning(NamedTuple):
    """What leans on samples of one kind: a configuration on a line, judged on a revision."""

    configuration_id: int
    line: str
    revision_id: int


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A sample as it is stored, with what its worth depends on. `vehicle_id`: its car, or the one its part is in;
    `here`: that car is in the batch that is asked about."""

    id: int
    procedure_id: int
    configuration_id: int
    line: str
    finished_at: datetime
    outcome: int
    subject: str
    characteristic: str
    revision_id: int
    inspection_id: int
    rig: str
    own_car: bool
    of_lot: bool
    vehicle_id: int | None
    here: bool
    sequence: int | None
    built_at: datetime | None
    treated_as_fail: bool
    disputed: bool


# A voided sample is left out unless it failed: voiding answers no fail. The rig says fail and nobody reviewed it: the
# sample is disputed.
_ROWS = """
select s.id, s.procedure_id, s.configuration_id, s.line, s.finished_at, s.outcome, s.subject, coalesce(c.code, ''),
    s.revision_id, i.id, r.code, i.vehicle_id is not null, i.lot_id is not null, car.id,
    coalesce(car.batch_id = %(batch)s, false), car.sequence, car.registered_at, treated.found,
    (i.claimed = %(fail)s or exists(select from inspections_measurement m where m.inspection_id = i.id
        and m.claimed = %(fail)s and m.outcome <> %(fail)s))
    and not exists(select from inspections_disposition d where d.inspection_id = i.id and d.kind = 'ours_stands')
from inspections_sample s
join inspections_inspection i on i.id = s.inspection_id
join inspections_rig r on r.id = i.rig_id
left join inspections_characteristic c on c.id = s.characteristic_id
left join inspections_void w on w.inspection_id = i.id
cross join lateral (
    select exists(select from inspections_disposition d where d.inspection_id = i.id and d.kind = 'treat_as_fail')
        as found
) treated
left join lateral (
    select f.vehicle_id, f.fitted from inspections_fitting f where f.component_id = i.component_id
    order by f.at desc, f.id desc limit 1
) place on i.component_id is not null
left join inspections_vehicle car
    on car.id = coalesce(i.vehicle_id, case when place.fitted then place.vehicle_id end)
where s.procedure_id = any(%(procedures)s) and (w.id is null or s.outcome = %(fail)s or treated.found) and {which}
order by s.finished_at, s.id
"""
_OF_BATCH = _ROWS.format(
    which="s.configuration_id = %(configuration)s"
    " and case when s.procedure_id = any(%(per_batch)s) then i.batch_id = %(batch)s or car.batch_id = %(batch)s"
    " else s.line = %(line)s end"
)
_OF_LINES = _ROWS.format(
    which="(s.configuration_id, s.line) in (select * from unnest(%(configurations)s::bigint[], %(lines)s::text[]))"
    " and s.finished_at >= %(since)s"
)


def batch_samples(batch: Batch, procedure_ids: Iterable[int], per_batch: Iterable[int]) -> list[SampleRow]:
    """Samples of the batch's configuration and line; per batch those of cars that are or were in it. One statement."""
    rows = read_named(
        _OF_BATCH,
        batch=batch.pk,
        configuration=batch.configuration_id,
        line=batch.line,
        procedures=sorted(procedure_ids),
        per_batch=sorted(per_batch),
        fail=int(Outcome.FAIL),
    )
    return [SampleRow(*row) for row in rows]


def collect_line_samples(
    leaning: Sequence[Leaning], procedure_ids: Collection[int], *, variable: set[int], since: datetime
) -> dict[Leaning, tuple[facts.Sample, ...]]:
    """Samples of several configurations and lines that finished since a moment, each judged on its own revision."""
    if not leaning or not procedure_ids:
        return {}
    rows = read_named(
        _OF_LINES,
        batch=None,
        configurations=[key.configuration_id for key in leaning],
        lines=[key.line for key in leaning],
        procedures=sorted(procedure_ids),
        fail=int(Outcome.FAIL),
        since=since,
    )
    gathered: dict[tuple[int, str], list[SampleRow]] = defaultdict(list)
    for row in (SampleRow(*stored) for stored in rows):
        gathered[row.configuration_id, row.line].append(row)
    rigs = collect_rigs({row.rig for found in gathered.values() for row in found})
    return {
        key: sample_facts(gathered[key.configuration_id, key.line], key.revision_id, variable, rigs) for key in leaning
    }


def sample_facts(
    rows: Sequence[SampleRow], revision_id: int | None, variable: set[int], rigs: dict[str, facts.Rig] | None = None
) -> tuple[facts.Sample, ...]:
    """The samples as the evaluator is told them on a revision; one of a car stands for when it was built.

    `variable`: the procedures of which variables are asked: their rigs must be in calibration.
    """
    known = collect_rigs({row.rig for row in rows}) if rigs is None else rigs
    anew = _judged_anew(rows, revision_id)
    return tuple(
        facts.Sample(
            id=row.id,
            procedure_id=row.procedure_id,
            finished_at=row.finished_at,
            outcome=_outcome(row, known[row.rig], anew, variable=row.procedure_id in variable),
            subject=row.subject,
            characteristic=row.characteristic,
            made_at=row.built_at if row.own_car else None,
            # Specimens of a lot have no name of their own: each result is one.
            item="" if row.of_lot else row.subject,
        )
        for row in rows
    )


def _judged_anew(rows: Sequence[SampleRow], revision_id: int | None) -> dict[int, Outcome]:
    """What samples that were judged on another revision say on this one."""
    other = [row for row in rows if row.outcome != Outcome.FAIL and row.revision_id != revision_id]
    if not other or revision_id is None:
        return {}
    return outcomes_on(
        revision_id=revision_id, inspections=[(row.inspection_id, row.procedure_id, row.built_at) for row in other]
    )


def _outcome(row: SampleRow, rig: facts.Rig, anew: dict[int, Outcome], *, variable: bool) -> Outcome:
    """What a sample says today: a fail stays one, a pass counts only as any other would."""
    if row.treated_as_fail:
        return Outcome.FAIL
    outcome = anew.get(row.inspection_id, Outcome(row.outcome))
    if outcome is not Outcome.PASS:
        return outcome
    admissible = in_calibration(rig, row.finished_at, variable=variable) and authorised(
        rig, row.procedure_id, row.finished_at
    )
    return Outcome.PASS if admissible and not row.disputed else Outcome.INDETERMINATE
