"""What was built, released and delivered in a time, and where the cars of the plant stand now.

A car is *built* when the plant registers it, *released* when the second of two people signs a release that names it
(one signed again after a suspension counts the first time alone), *delivered* when its delivery comes on record; it
is *planned* when its batch is opened. All are moments of rows that are written as they happen and never change, so
what a day counted stays: it is counted once by each process and remembered, and only what came since is counted anew.

*Tested*, *clear* and *held* tell how cars stand now and are read of those in the plant alone, however many have left.
Of the cars built in a time those that have left count as tested and clear, for so they were let go; those that were
taken out of delivery count as neither.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ..batches.asking import Period
from ..gates.reading import read_named
from .in_plant import Standing
from .plant_counts import Counted, count_in_plant

_SETTLED: Final = timedelta(hours=1)
"""So long after midnight every act of the day before has ended."""
_MOMENT: Final = timedelta(microseconds=1)

# A car counts as released once: by the first release of it that two people signed.
_COUNTED: Final = """
select m.code, told.what, told.late, sum(told.cars)::bigint from (
    select b.configuration_id, 'planned' as what, b.opened_at >= %(split)s as late, sum(b.planned_quantity) as cars
        from inspections_batch b where b.opened_at >= %(since)s and b.opened_at < %(until)s group by 1, 3
    union all
    select b.configuration_id, 'built', part.late, part.cars from (
        select batch_id, count(*) as cars, count(*) filter (where registered_at >= %(split)s) as late
        from inspections_vehicle where registered_at >= %(since)s and registered_at < %(until)s group by 1) v
        cross join lateral (values (true, v.late), (false, v.cars - v.late)) part(late, cars)
        join inspections_batch b on b.id = v.batch_id
    union all
    select b.configuration_id, 'released', s.signed_at >= %(split)s, count(*) from inspections_signature s
        join inspections_releasedvehicle rv on rv.release_id = s.release_id
        join inspections_vehicle v on v.id = rv.vehicle_id join inspections_batch b on b.id = v.batch_id
        where s.place = 2 and s.signed_at >= %(since)s and s.signed_at < %(until)s
            and not exists(select from inspections_releasedvehicle other
                join inspections_signature before on before.release_id = other.release_id and before.place = 2
                where other.vehicle_id = rv.vehicle_id and other.id <> rv.id
                    and (before.signed_at, before.id) < (s.signed_at, s.id))
        group by 1, 3
    union all
    select b.configuration_id, 'delivered', d.recorded_at >= %(split)s, count(*) from inspections_delivery d
        join inspections_vehicle v on v.id = d.vehicle_id join inspections_batch b on b.id = v.batch_id
        where d.recorded_at >= %(since)s and d.recorded_at < %(until)s group by 1, 3
) told join inspections_configuration c on c.id = told.configuration_id
join inspections_vehiclemodel m on m.id = c.model_id where told.cars > 0 group by 1, 2, 3
"""
Counts = Counter[tuple[str, str]]
"""Cars by the code of their model and what was done."""


@dataclass(frozen=True, slots=True)
class Done:
    """Cars of one period. `tested`, `clear` and `held` are of those built in it, as they stand now."""

    planned: int = 0
    built: int = 0
    tested: int = 0
    clear: int = 0
    held: int = 0
    removed: int = 0
    released: int = 0
    delivered: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """What was done by the name of the period, and how many cars stand where now."""

    done: Mapping[str, Done] = field(default_factory=dict)
    standing: Mapping[Standing, int] = field(default_factory=dict)

    @property
    def in_plant(self) -> int:
        return sum(self.standing.values())


def progress(*, periods: Sequence[Period], at: datetime, model: str = "") -> Progress:
    """What was done until `at` in the day, week and year of `periods`, of one model or ("") of all.

    Two statements; two more on the first call of a process after midnight, for the day that is over since, and on its
    very first call for all of them.
    """
    day = periods[0].start
    # What is over is over, once every act of that day has ended.
    edge = day if at >= day + _SETTLED else day - timedelta(days=1)
    fresh = _counted(edge, at + _MOMENT, day)
    counts = {period.name: _of_period(period.start, edge, day, fresh) for period in periods}
    starts = {period.name: period.start for period in periods}
    rows = count_in_plant(at=at, starts=starts, model=model)
    return Progress(
        {name: _done(name, found, rows, model) for name, found in counts.items()},
        {standing: sum(row.cars for row in rows if row.standing == standing) for standing in Standing},
    )


def forget_days() -> None:
    """Count the days that are over anew."""
    _over.clear()


def _of_period(start: datetime, edge: datetime, day: datetime, fresh: tuple[Counts, Counts]) -> Counts:
    before, since = fresh
    if start >= day:
        return since
    return (Counter(_closed(start, edge)) if start < edge else Counter()) + before + since


_over: dict[datetime, tuple[datetime, Counts]] = {}
"""By the moment from which days were counted, until when they are over and were counted, and what was found."""
_MOST_KEPT: Final = 16


def _closed(since: datetime, until: datetime) -> Counts:
    """Counts of days that are over. What of them was counted before is not counted again: after midnight one day is."""
    counted, found = _over.get(since, (since, Counter()))
    if counted > until:
        return _counted(since, until, until)[0]
    if counted < until:
        found = found + _counted(counted, until, until)[0]
        if since not in _over and len(_over) >= _MOST_KEPT:
            _over.pop(min(_over), None)  # a week that is long over
        _over[since] = until, found
    return found


def _counted(since: datetime, until: datetime, split: datetime) -> tuple[Counts, Counts]:
    """Counts from one moment to another, before and after a third. One statement."""
    found: tuple[Counts, Counts] = Counter(), Counter()
    for model, what, late, cars in read_named(_COUNTED, since=since, until=until, split=split):
        found[late][model, what] += cars
    return found


def _done(name: str, counts: Counts, rows: Iterable[Counted], model: str) -> Done:
    """One period: what was done in it, and how the cars built in it stand."""
    done = Counter[str]()
    for (code, what), cars in counts.items():
        if model in ("", code):
            done[what] += cars
    now = Counter[str]()
    for row in rows:
        for flag in ("removed" if row.standing == "removed" else "inside", *_flags(row)):
            now[flag] += row.built[name]
    # A car that was registered between the two statements is inside and not counted as built yet.
    left = max(0, done["built"] - now["inside"] - now["removed"])
    return Done(
        planned=done["planned"],
        built=done["built"],
        tested=left + now["tested"],
        clear=left + now["clear"],
        held=now["held"],
        removed=now["removed"],
        released=done["released"],
        delivered=done["delivered"],
    )


def _flags(row: Counted) -> Iterable[str]:
    holds = {"tested": row.tested, "clear": row.clear, "held": row.held}
    return (flag for flag, so in holds.items() if so)
