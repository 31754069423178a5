"""Gathers what samples say of a batch in one domain: rules, results, draws, and which cars were screened since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from ..batches.choices import FOR_DELIVERY
from ..batches.models import Batch
from ..catalogue.choices import Basis, Period
from ..catalogue.models import Procedure as ProcedureRow
from ..catalogue.models import Requirement as RequirementRow
from ..catalogue.queries import requirements_of
from ..evaluation import facts
from ..evaluation.reasons import Outcome
from ..evaluation.sampling import samples_of, stands_for
from .calendar import periods_around
from .draws import Draw, draw_samples
from .reading import read_named
from .sample_rows import SampleRow, batch_samples, sample_facts
from .screened import cleared_cars


@dataclass(frozen=True, slots=True)
class Sampling:
    """What the samples of a batch rest on. `cars` is empty where nothing was rejected: then nothing reaches them."""

    rules: tuple[facts.SampleRule, ...] = ()
    samples: tuple[facts.Sample, ...] = ()
    cars: tuple[facts.BuiltCar, ...] = ()


def collect_sampling(
    batch: Batch,
    lines: Sequence[facts.Requirement],
    *,
    built_from: datetime | None,
    at: datetime,
    revision_id: int | None = None,
) -> Sampling:
    """What the samples asked by `lines` say of the batch, at the moment `at` up to which they are due.

    `revision_id`: that of the lines, where it is not the batch's own.
    """
    if not lines:
        return Sampling()
    revision_id = revision_id or batch.revision_id
    rules, samples, _ = collect_drawn(batch, lines, revision_id)
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
    rejected = {sample.id for sample in samples if sample.outcome is Outcome.FAIL}
    if not rejected:
        return Sampling(tuple(rules), samples)
    cleared = cleared_cars(batch, lines, rejected, revision_id)
    samples = tuple(replace(sample, cleared_for=cleared.get(sample.id, frozenset())) for sample in samples)
    return Sampling(tuple(rules), samples, built_cars(batch))


def with_forsaken(
    batch: Batch, lines: Sequence[facts.Requirement], sampling: Sampling, *, domain: str, at: datetime
) -> Sampling:
    """The sampling with the rejects of procedures that the batch's revision samples no more: no new revision answers a
    reject. They are read on the revision under which they were rejected."""
    gone = forsaken_lines(batch, lines, domain)
    if not gone:
        return sampling
    built_from = min((car.built_at for car in built_cars(batch)), default=None)
    rules, samples, cars = list(sampling.rules), sampling.samples, sampling.cars
    for revision_id, own in gone.items():
        found = collect_sampling(batch, own, built_from=built_from, at=at, revision_id=revision_id)
        rules += [replace(rule, asked=False) for rule in found.rules]
        samples, cars = samples + found.samples, cars or found.cars
    return Sampling(tuple(rules), samples, cars)


def forsaken_lines(batch: Batch, lines: Sequence[facts.Requirement], domain: str) -> dict[int, list[facts.Requirement]]:
    """By revision, the sample lines of a domain's procedures that had a reject under it and that `lines` do not ask."""
    rows = read_named(
        "select s.procedure_id, max(s.revision_id) from inspections_sample s"
        " where s.configuration_id = %(configuration)s and s.line = %(line)s and s.outcome = %(fail)s"
        " and s.procedure_id <> all(%(asked)s) group by 1 order by 1",
        configuration=batch.configuration_id,
        line=batch.line,
        fail=int(Outcome.FAIL),
        asked=sorted({line.procedure_id for line in lines}),
    )
    found: dict[int, list[facts.Requirement]] = defaultdict(list)
    for procedure_id, revision_id in rows:
        found[revision_id] += [
            line
            for line in requirements_of(revision_id)
            if line.procedure_id == procedure_id and line.level is facts.Level.SAMPLE and line.domain == domain
        ]
    return {revision_id: own for revision_id, own in found.items() if own}


def collect_drawn(
    batch: Batch, lines: Sequence[facts.Requirement], revision_id: int | None
) -> tuple[list[facts.SampleRule], tuple[facts.Sample, ...], Draw | None]:
    """The rules of sampled lines, still without periods, their samples, and the draw where any is sampled per batch."""
    rules = _rules(lines)
    variable = {line.procedure_id for line in lines if line.kind is facts.Kind.VARIABLE}
    per_batch = {rule.procedure_id for rule in rules if rule.basis == Basis.PER_BATCH}
    rows = batch_samples(batch, {rule.procedure_id for rule in rules}, per_batch)
    samples = sample_facts(rows, revision_id, variable)
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


def _draw(
    batch: Batch, rules: Sequence[facts.SampleRule], samples: Sequence[facts.Sample], rows: Sequence[SampleRow]
) -> Draw:
    vehicles = {row.id: row.vehicle_id for row in rows if row.here}
    conforming = {
        (vehicle_id, rule.procedure_id)
        for rule in rules
        for sample in samples_of(rule, samples)
        if sample.outcome is Outcome.PASS and (vehicle_id := vehicles.get(sample.id)) is not None
    }
    return draw_samples(batch, {rule.procedure_id: (rule.procedure, rule.size) for rule in rules}, conforming)


def _drawn(samples: Sequence[facts.Sample], rows: Sequence[SampleRow], draw: Draw) -> tuple[facts.Sample, ...]:
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
