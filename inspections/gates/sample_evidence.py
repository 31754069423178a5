"""Gathers what samples say of a batch in one domain: rules, results, draws, and which cars were screened since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from ..batches.choices import FOR_DELIVERY
from ..batches.models import Batch
from ..catalogue.choices import Basis, Period
from ..catalogue.models import Procedure as ProcedureRow
from ..catalogue.models import Requirement as RequirementRow
from ..evaluation import facts
from ..evaluation.evidence import authorised, in_calibration
from ..evaluation.reasons import Outcome
from ..evaluation.sampling import samples_of, stands_for
from ..results.queries import outcomes_on
from .calendar import periods_around
from .draws import Draw, draw_samples
from .evidence import collect_rigs
from .reading import read_named


@dataclass(frozen=True, slots=True)
class Sampling:
    """What the samples of a batch rest on. `cars` is empty where nothing was rejected: then nothing reaches them."""

    rules: tuple[facts.SampleRule, ...] = ()
    samples: tuple[facts.Sample, ...] = ()
    cars: tuple[facts.BuiltCar, ...] = ()


def collect_sampling(
    batch: Batch, lines: Sequence[facts.Requirement], *, built_from: datetime | None, at: datetime
) -> Sampling:
    """What the samples asked by `lines` say of the batch, at the moment `at` up to which they are due."""
    if not lines:
        return Sampling()
    rules, samples, _ = collect_drawn(batch, lines)
    calendars = _calendars(lines)
    since = built_from or at
    rules = [
        replace(
            rule,
            periods=_periods(
                rule.basis,
                calendars[rule.procedure_id],
                _last_good(samples, rule.procedure_id, since),
                at,
            ),
        )
        for rule in rules
    ]
    rejects = any(sample.outcome is Outcome.FAIL for sample in samples)
    return Sampling(tuple(rules), samples, built_cars(batch) if rejects else ())


def collect_drawn(
    batch: Batch, lines: Sequence[facts.Requirement]
) -> tuple[list[facts.SampleRule], tuple[facts.Sample, ...], Draw | None]:
    """The rules of sampled lines, still without periods, their samples, and the draw where any is sampled per batch."""
    rules = _rules(lines)
    variable = {line.procedure_id for line in lines if line.kind is facts.Kind.VARIABLE}
    per_batch = {rule.procedure_id for rule in rules if rule.basis == Basis.PER_BATCH}
    rows = _rows(batch, {rule.procedure_id for rule in rules}, per_batch)
    samples = _facts(batch, rows, variable)
    if not per_batch:
        return rules, samples, None
    draw = _draw(batch, [rule for rule in rules if rule.procedure_id in per_batch], samples, rows)
    return [_sized(rule, draw) for rule in rules], _drawn(samples, rows, draw), draw


def _rules(lines: Sequence[facts.Requirement]) -> list[facts.SampleRule]:
    """One rule for each sampled procedure and basis, of the strictest size that any of its lines asks."""
    asked: dict[tuple[int, str], list[RequirementRow]] = defaultdict(list)
    procedure_of = {line.id: line.procedure_id for line in lines}
    for row in RequirementRow.objects.filter(pk__in=list(procedure_of)).order_by("pk"):
        asked[procedure_of[row.pk], row.basis].append(row)
    codes = dict(ProcedureRow.objects.filter(pk__in=[key[0] for key in asked]).values_list("pk", "code"))
    return [
        facts.SampleRule(
            procedure_id=procedure_id,
            procedure=codes[procedure_id],
            basis=basis,
            size=max(row.sample_size or 0 for row in rows),
            requirement_ids=tuple(row.pk for row in rows),
        )
        for (procedure_id, basis), rows in sorted(asked.items())
    ]


def _calendars(lines: Sequence[facts.Requirement]) -> dict[int, str]:
    """By procedure, the period in which its samples are due: a plan gives all lines of a procedure the same."""
    procedure_of = {line.id: line.procedure_id for line in lines}
    rows = RequirementRow.objects.filter(pk__in=list(procedure_of)).values_list("pk", "period")
    return {procedure_of[number]: period for number, period in rows}


def _last_good(samples: Iterable[facts.Sample], procedure_id: int, built_from: datetime) -> datetime:
    """The moment for which the last conforming sample ahead of the first car stands, or that car's own."""
    moments = (stands_for(sample) for sample in samples if sample.procedure_id == procedure_id and not sample.outcome)
    return max((moment for moment in moments if moment <= built_from), default=built_from)


def _periods(basis: str, period: str, since: datetime, at: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """The periods that bear on the batch, from the one before `since` to the one after the present.

    A basis without a calendar (per batch, or per material lot) has none: without periods nothing counts as sampled.
    """
    if basis != Basis.PER_PERIOD or period == Period.LOT:
        return ()
    return periods_around(
        period, min(since, at), at, zone=timezone.get_default_timezone(), shift_starts=settings.SHIFT_STARTS
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """A sample as it is stored, with what its worth depends on. `vehicle_id`: its car, or the one its part is in."""

    id: int
    procedure_id: int
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
    recorded_here: bool
    treated_as_fail: bool
    disputed: bool


# A voided sample is left out unless it failed: voiding answers no fail. The rig says fail and nobody reviewed it: the
# sample is disputed.
_ROWS = """
select s.id, s.procedure_id, s.finished_at, s.outcome, s.subject, coalesce(c.code, ''), s.revision_id,
    i.id, r.code, i.vehicle_id is not null, i.lot_id is not null, car.id, coalesce(car.batch_id = %(batch)s, false),
    car.sequence, car.registered_at, coalesce(i.batch_id = %(batch)s, false),
    exists(select from inspections_disposition d where d.inspection_id = i.id and d.kind = 'treat_as_fail'),
    (i.claimed = %(fail)s or exists(select from inspections_measurement m where m.inspection_id = i.id
        and m.claimed = %(fail)s and m.outcome <> %(fail)s))
    and not exists(select from inspections_disposition d where d.inspection_id = i.id and d.kind = 'ours_stands')
from inspections_sample s
join inspections_inspection i on i.id = s.inspection_id
join inspections_rig r on r.id = i.rig_id
left join inspections_characteristic c on c.id = s.characteristic_id
left join inspections_void w on w.inspection_id = i.id
left join lateral (
    select f.vehicle_id, f.fitted from inspections_fitting f where f.component_id = i.component_id
    order by f.at desc, f.id desc limit 1
) place on i.component_id is not null
left join inspections_vehicle car
    on car.id = coalesce(i.vehicle_id, case when place.fitted then place.vehicle_id end)
where s.configuration_id = %(configuration)s and s.procedure_id = any(%(procedures)s)
    and (w.id is null or s.outcome = %(fail)s)
    and case when s.procedure_id = any(%(per_batch)s) then i.batch_id = %(batch)s or car.batch_id = %(batch)s
        else s.line = %(line)s end
order by s.finished_at, s.id
"""


def _rows(batch: Batch, procedure_ids: Iterable[int], per_batch: Iterable[int]) -> list[_Row]:
    """Samples of the batch's configuration and line; per batch those of cars that are or were in it."""
    found: list[tuple[Any, ...]] = read_named(
        _ROWS,
        batch=batch.pk,
        configuration=batch.configuration_id,
        line=batch.line,
        procedures=sorted(procedure_ids),
        per_batch=sorted(per_batch),
        fail=int(Outcome.FAIL),
    )
    return [_Row(*row) for row in found]


def _facts(batch: Batch, rows: Sequence[_Row], variable: set[int]) -> tuple[facts.Sample, ...]:
    """The samples as the evaluator is told them; one of a car stands for when it was built."""
    rigs = collect_rigs({row.rig for row in rows})
    anew = _judged_anew(batch, rows)
    return tuple(
        facts.Sample(
            id=row.id,
            procedure_id=row.procedure_id,
            finished_at=row.finished_at,
            outcome=_outcome(row, rigs[row.rig], anew, variable=row.procedure_id in variable),
            subject=row.subject,
            characteristic=row.characteristic,
            made_at=row.built_at if row.own_car else None,
            # Specimens of a lot have no name of their own: each result is one.
            item="" if row.of_lot else row.subject,
        )
        for row in rows
    )


def _judged_anew(batch: Batch, rows: Sequence[_Row]) -> dict[int, Outcome]:
    """What samples that were judged on another revision say on the one that binds the batch."""
    other = [row for row in rows if row.outcome != Outcome.FAIL and row.revision_id != batch.revision_id]
    if not other or batch.revision_id is None:
        return {}
    return outcomes_on(
        revision_id=batch.revision_id,
        inspections=[(row.inspection_id, row.procedure_id, row.built_at) for row in other],
    )


def _outcome(row: _Row, rig: facts.Rig, anew: dict[int, Outcome], *, variable: bool) -> Outcome:
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


def _draw(
    batch: Batch, rules: Sequence[facts.SampleRule], samples: Sequence[facts.Sample], rows: Sequence[_Row]
) -> Draw:
    vehicles = {row.id: row.vehicle_id for row in rows if row.here}
    conforming = {
        (vehicle_id, rule.procedure_id)
        for rule in rules
        for sample in samples_of(rule, samples)
        if sample.outcome is Outcome.PASS and (vehicle_id := vehicles.get(sample.id)) is not None
    }
    return draw_samples(batch, {rule.procedure_id: (rule.procedure, rule.size) for rule in rules}, conforming)


def _drawn(samples: Sequence[facts.Sample], rows: Sequence[_Row], draw: Draw) -> tuple[facts.Sample, ...]:
    """Which samples are of drawn cars. A car and its part are one item."""
    by_id = {row.id: row for row in rows}
    marked = []
    for sample in samples:
        row = by_id[sample.id]
        if row.here and row.sequence is not None and sample.procedure_id in draw.positions:
            drawn = draw.holds(sample.procedure_id, row.sequence)
            sample = replace(sample, drawn=drawn, item=item_of_car(row.vehicle_id))
        marked.append(sample)
    return tuple(marked)


def item_of_car(vehicle_id: int | None) -> str:
    """How the evaluator is told that results are of one car of the batch, or of a part in it."""
    return f"car {vehicle_id}"


def _sized(rule: facts.SampleRule, draw: Draw) -> facts.SampleRule:
    """As many are asked as are drawn: fewer than the plan's number only where there are fewer cars."""
    drawn = draw.positions.get(rule.procedure_id)
    return replace(rule, size=len(drawn)) if drawn else rule


def built_cars(batch: Batch) -> tuple[facts.BuiltCar, ...]:
    """The cars of a batch that a reject may reach: all that are meant for delivery, the delivered ones too."""
    rows = read_named(
        "select id, registered_at from inspections_vehicle where batch_id = %(batch)s and status = any(%(here)s)"
        " order by id",
        batch=batch.pk,
        here=[status.value for status in FOR_DELIVERY],
    )
    return tuple(facts.BuiltCar(*row) for row in rows)
