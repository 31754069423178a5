"""Where periodic sampling stands on each line: what conforms in this period, what is due next, what is overdue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone

from ..batches.choices import BatchStatus, VehicleStatus
from ..catalogue.choices import Basis, Period
from ..evaluation import facts
from ..evaluation.reasons import ReasonCode
from ..evaluation.sampling import conforming_in, due_after, good_moments, period_of, samples_of
from .calendar import periods_around
from .reading import read_named
from .sample_rows import Leaning, collect_line_samples

LOOK_BACK: Final = timedelta(days=100)
"""A good sample lasts two months at the most: what is older than this can hold nothing open."""


@dataclass(frozen=True, slots=True)
class PeriodStanding:
    """One sampled procedure of a configuration on a line. `current` is the period that holds the moment of asking,
    `conforming` counts in it. `last_good` is when sampling was last complete, None where it was not for long;
    `next_due` until when the next must conform. A material lot has no calendar: `current` is None."""

    line: str
    configuration: str
    procedure_id: int
    procedure: str
    domain: str
    period: str
    size: int
    current: tuple[datetime, datetime] | None
    conforming: int
    last_good: datetime | None
    next_due: datetime | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    revision_id: int
    procedure_id: int
    procedure: str
    domain: str
    period: str
    size: int
    variable: bool


_LINES = """
select b.configuration_id, f.code, b.line, max(b.revision_id) from inspections_batch b
join inspections_configuration f on f.id = b.configuration_id
where b.revision_id is not null and (b.status = %(open)s or exists(
    select from inspections_vehicle v where v.batch_id = b.id and v.status = any(%(here)s)))
group by b.configuration_id, f.code, b.line order by b.line, f.code
"""
_ASKED = """
select r.revision_id, p.id, p.code, p.domain, max(r.period), max(r.sample_size), bool_or(c.kind = %(variable)s)
from inspections_requirement r join inspections_characteristic c on c.id = r.characteristic_id
join inspections_procedure p on p.id = c.procedure_id
where r.revision_id = any(%(revisions)s) and r.level = %(level)s and r.basis = %(basis)s
group by r.revision_id, p.id, p.code, p.domain order by p.domain, p.code
"""


def period_standings(*, at: datetime) -> list[PeriodStanding]:
    """Every procedure that is sampled per period on a line where cars are built or have not left, overdue ones first,
    then by when the next is due. The number of statements does not grow with procedures or samples."""
    leaning = [
        (Leaning(configuration_id, line, revision_id), code)
        for configuration_id, code, line, revision_id in read_named(
            _LINES,
            open=BatchStatus.OPEN.value,
            here=[VehicleStatus.IN_PROCESS.value, VehicleStatus.RELEASED.value],
        )
    ]
    asked = _asked({key.revision_id for key, _ in leaning})
    variable = {row.procedure_id for rows in asked.values() for row in rows if row.variable}
    samples = collect_line_samples(
        [key for key, _ in leaning if asked[key.revision_id]],
        {row.procedure_id for rows in asked.values() for row in rows},
        variable=variable,
        since=at - LOOK_BACK,
    )
    standings = [
        _standing(key, code, row, samples.get(key, ()), at) for key, code in leaning for row in asked[key.revision_id]
    ]
    return sorted(standings, key=lambda row: (not row.overdue, row.next_due or at, row.line, row.procedure))


def _asked(revisions: Iterable[int]) -> dict[int, list[_Asked]]:
    found: dict[int, list[_Asked]] = defaultdict(list)
    rows = read_named(
        _ASKED,
        revisions=sorted(revisions),
        level=facts.Level.SAMPLE.value,
        basis=Basis.PER_PERIOD.value,
        variable=facts.Kind.VARIABLE.value,
    )
    for row in rows:
        found[row[0]].append(_Asked(*row))
    return found


def _standing(
    key: Leaning, configuration: str, asked: _Asked, samples: Sequence[facts.Sample], at: datetime
) -> PeriodStanding:
    rule = facts.SampleRule(
        procedure_id=asked.procedure_id,
        basis=Basis.PER_PERIOD.value,
        size=asked.size,
        periods=_periods(asked.period, at),
        procedure=asked.procedure,
    )
    own = samples_of(rule, samples)
    good = [one.moment for one in good_moments(rule, own) if one.moment <= at]
    last = good[-1] if good else None
    next_due = None if last is None else due_after(rule, last)
    current = period_of(rule, at)
    return PeriodStanding(
        line=key.line,
        configuration=configuration,
        procedure_id=asked.procedure_id,
        procedure=asked.procedure,
        domain=asked.domain,
        period=asked.period,
        size=asked.size,
        current=current,
        conforming=conforming_in(rule, own, current),
        last_good=last,
        next_due=next_due,
        overdue=next_due is None or at >= next_due,
    )


def _periods(period: str, at: datetime) -> tuple[tuple[datetime, datetime], ...]:
    if period == Period.LOT:
        return ()
    return periods_around(
        period, at - LOOK_BACK, at, zone=timezone.get_default_timezone(), shift_starts=settings.SHIFT_STARTS
    )


@dataclass(frozen=True, slots=True)
class OpenRejection:
    """A rejected sample that keeps batches from passing, by the first reject that their gates name."""

    sample_id: int
    subject: str
    procedure: str
    line: str
    finished_at: datetime
    batches: tuple[str, ...]


def open_rejections(*, most: int) -> list[OpenRejection]:
    """Rejected samples that are not cleared, the latest first, with the batches that they reach. One statement."""
    rows = read_named(
        "select s.id, s.subject, p.code, s.line, s.finished_at, array_agg(b.number order by b.number)"
        " from inspections_batchgate g cross join jsonb_array_elements(g.reasons) r"
        " join inspections_batch b on b.id = g.batch_id"
        " join inspections_sample s on s.id = (r -> 'detail' ->> 'rejected')::bigint"
        " join inspections_procedure p on p.id = s.procedure_id"
        " where r ->> 'code' = %(code)s group by s.id, p.code order by s.finished_at desc, s.id limit %(most)s",
        code=ReasonCode.SAMPLE_REJECTED.value,
        most=most,
    )
    return [
        OpenRejection(sample_id, subject, procedure, line, finished_at, tuple(batches))
        for sample_id, subject, procedure, line, finished_at, batches in rows
    ]
