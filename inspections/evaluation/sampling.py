"""Zero-acceptance sampling: what samples say of the cars built around them (see docs/evaluation.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from .facts import BatchInput, Sample, SampleRule
from .reasons import Outcome

PER_PERIOD = "per_period"
PER_BATCH = "per_batch"

Period = tuple[datetime, datetime]
"""From its start (inclusive) to its end (exclusive)."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """What the samples of one rule say of a batch.

    `short`: too few conform; then `conforming` of `required` in `period`, the one in which more are due.
    `next_due`: until when the next must conform, and until when a batch that leans on the last good one may.
    `rejected`: the rejects that reach cars of the batch which were not screened since.
    """

    short: bool
    conforming: int
    required: int
    period: Period | None
    next_due: datetime | None
    rejected: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Good:
    """A moment in production at which sampling was complete, and when that was known: its tests had finished."""

    moment: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Reach:
    """The time in production that a reject concerns, both ends included; None: without end on that side."""

    since: datetime | None
    until: datetime | None

    def holds(self, built_from: datetime, built_until: datetime) -> bool:
        """Whether something built in that time is concerned."""
        return (self.since is None or built_until >= self.since) and (self.until is None or built_from <= self.until)

    def contains(self, other: Reach) -> bool:
        """Whether all that the other concerns is concerned here too."""
        begins = self.since is None or (other.since is not None and other.since >= self.since)
        return begins and (self.until is None or (other.until is not None and other.until <= self.until))


def sampled(rule: SampleRule, batch: BatchInput, *, at: datetime) -> Sampled:
    """What the samples of a rule say of the batch at the moment `at`. An unknown basis is short for ever.

    What a revision samples no more cannot be short; what was rejected under an earlier one stays rejected.
    """
    samples = samples_of(rule, batch.samples)
    if not rule.asked:
        rejected = _rejected(rule, samples, batch, at)
        return Sampled(False, _size(rule), _size(rule), None, None, rejected)
    if rule.basis == PER_PERIOD:
        return _per_period(rule, samples, batch, at)
    return _per_batch(rule, samples, batch, at)


def samples_of(rule: SampleRule, samples: Iterable[Sample]) -> list[Sample]:
    """The samples of a rule in the order of production. A pass with a later result of the same item that is none is
    no pass any more: the latest counts."""
    own = [sample for sample in samples if sample.procedure_id == rule.procedure_id]
    undone: dict[str, datetime] = {}
    for sample in own:
        if sample.outcome is not Outcome.PASS:
            item = _item(sample)
            undone[item] = max(sample.finished_at, undone.get(item, sample.finished_at))

    def stands(sample: Sample) -> Sample:
        later = undone.get(_item(sample))
        if sample.outcome is not Outcome.PASS or later is None or sample.finished_at > later:
            return sample
        return replace(sample, outcome=Outcome.INDETERMINATE)

    return sorted(
        map(stands, own), key=lambda sample: (stands_for(sample), sample.outcome, sample.finished_at, sample.id)
    )


def stands_for(sample: Sample) -> datetime:
    """The moment in production for which a sample stands."""
    return sample.finished_at if sample.made_at is None else sample.made_at


def good_moments(rule: SampleRule, samples: Iterable[Sample]) -> list[Good]:
    """When sampling was complete: each time that a period held `size` conforming items with no reject among them.

    `samples` are in order. An indeterminate one counts neither way. A sample outside every period completes none.
    """
    good: list[Good] = []
    period: Period | None = None
    finished: dict[str, datetime] = {}
    for sample in samples:
        if (own := period_of(rule, stands_for(sample))) != period:
            period, finished = own, {}
        if sample.outcome is Outcome.FAIL:
            finished = {}
        elif sample.outcome is Outcome.PASS and period is not None:
            item = _item(sample)
            finished[item] = min(sample.finished_at, finished.get(item, sample.finished_at))
            if len(finished) >= _size(rule):
                others = sorted(moment for name, moment in finished.items() if name != item)
                needed = [finished[item], *others[: _size(rule) - 1]]
                good.append(Good(stands_for(sample), max(needed)))
    return good


def reach_of(rejected: Sample, good: Sequence[Good]) -> Reach:
    """Which production a reject concerns: back to the last good sample before it, on to the next after it.

    A sample of an earlier car that was tested only after the reject was known does not shorten the way back: nobody
    narrows a rejection by testing again.
    """
    moment = stands_for(rejected)
    before = (one.moment for one in good if one.moment < moment and one.known_at < rejected.finished_at)
    after = (one.moment for one in good if one.moment > moment)
    return Reach(max(before, default=None), min(after, default=None))


def reach_in(rule: SampleRule, good: Sequence[Good], rejected: Sample) -> Reach:
    """As `reach_of`; sampled per batch, or on a basis that nobody knows, a reject concerns all that the batch holds."""
    return reach_of(rejected, good) if rule.basis == PER_PERIOD else Reach(None, None)


def cleared_together(
    rule: SampleRule, good: Sequence[Good], rejected: Sample, rejects: Iterable[Sample]
) -> tuple[Sample, list[Sample]]:
    """The rejects that one screening answers: the first of them, and all of them with it.

    `rejects` are those still open. What is found within the reach of an open reject after it is part of its screening:
    otherwise each find would make every car measured before it be measured anew.
    """
    reaches = {row.id: reach_in(rule, good, row) for row in (*rejects, rejected)}
    before = [
        row
        for row in (*rejects, rejected)
        if row.finished_at <= rejected.finished_at and reaches[row.id].contains(reaches[rejected.id])
    ]
    first = min(before, key=lambda row: (row.finished_at, row.id))
    members = {
        row.id: row
        for row in (*rejects, rejected)
        if row.finished_at >= first.finished_at and reaches[first.id].contains(reaches[row.id])
    }
    return first, [members[number] for number in sorted(members)]


def period_of(rule: SampleRule, moment: datetime) -> Period | None:
    """The period of the rule that holds a moment."""
    return next((period for period in rule.periods if period[0] <= moment < period[1]), None)


def due_after(rule: SampleRule, good: datetime) -> datetime:
    """The end of the period after the one that holds a good moment; of its own where the next one is not known.

    Raises ValueError for a moment outside every period, which is none of `good_moments`.
    """
    own = period_of(rule, good)
    if own is None:
        raise ValueError(f"{good} lies in no period of the rule")
    return next((end for start, end in sorted(rule.periods) if start == own[1]), own[1])


def conforming_in(rule: SampleRule, samples: Iterable[Sample], period: Period | None) -> int:
    """How many items conform in a period."""
    return len(
        {
            _item(sample)
            for sample in samples
            if sample.outcome is Outcome.PASS and period is not None and period_of(rule, stands_for(sample)) == period
        }
    )


def _item(sample: Sample) -> str:
    return sample.item or f"#{sample.id}"


def _size(rule: SampleRule) -> int:
    """A rule that asks for no sample still asks for one: nothing may rest on nothing."""
    return max(rule.size, 1)


def _rejected(rule: SampleRule, samples: Sequence[Sample], batch: BatchInput, at: datetime) -> tuple[Sample, ...]:
    """The rejects that reach a car of the batch which was not screened since.

    Where no car is told by itself (none is built, or nobody counted them), the time of building decides.
    """
    good = good_moments(rule, samples)
    built_from = at if batch.built_from is None else batch.built_from
    built_until = at if batch.built_until is None else batch.built_until

    def concerns(sample: Sample) -> bool:
        reach = reach_in(rule, good, sample)
        if not batch.cars:
            return reach.holds(built_from, built_until)
        return any(car.id not in sample.cleared_for for car in batch.cars if reach.holds(car.built_at, car.built_at))

    return tuple(sample for sample in samples if sample.outcome is Outcome.FAIL and concerns(sample))


def _per_period(rule: SampleRule, samples: Sequence[Sample], batch: BatchInput, at: datetime) -> Sampled:
    good = [one.moment for one in good_moments(rule, samples)]
    built_from = at if batch.built_from is None else batch.built_from
    built_until = at if batch.built_until is None else batch.built_until
    rejected = _rejected(rule, samples, batch, at)
    last = good[-1] if good else None
    next_due = None if last is None else due_after(rule, last)
    known = period_of(rule, built_from) is not None and period_of(rule, built_until) is not None
    gap = _gap(rule, good, built_from, built_until)
    complete = batch.testing_closed and batch.built_until is not None
    if complete and known and gap is None and last is not None and built_until <= last:
        # No car will be added, and a good sample stands after the last one: nothing more falls due for them.
        return Sampled(False, _size(rule), _size(rule), period_of(rule, last), None, rejected)
    short = not known or gap is not None or next_due is None or at >= next_due or built_until >= next_due
    period = gap or period_of(rule, at)
    return Sampled(short, conforming_in(rule, samples, period), _size(rule), period, next_due, rejected)


def _gap(rule: SampleRule, good: Sequence[datetime], built_from: datetime, built_until: datetime) -> Period | None:
    """The first period in which cars were built with no good sample in it, nor one before it that reached into it."""
    unheld = [
        (own, before)
        for before, own in pairwise([None, *sorted(rule.periods)])
        if own is not None and own[0] <= built_until and built_from < own[1] and not _holds(own, good)
    ]
    return next((own for own, before in unheld if not _reaches_into(own, before, good)), None)


def _reaches_into(own: Period, before: Period | None, good: Sequence[datetime]) -> bool:
    return before is not None and before[1] == own[0] and _holds(before, good)


def _holds(period: Period, good: Sequence[datetime]) -> bool:
    return any(period[0] <= moment < period[1] for moment in good)


def _per_batch(rule: SampleRule, samples: Sequence[Sample], batch: BatchInput, at: datetime) -> Sampled:
    """A good result counts on a drawn car alone; a bad one rejects the batch on whatever car it was found."""
    conforming = len({_item(sample) for sample in samples if sample.drawn and sample.outcome is Outcome.PASS})
    short = rule.basis != PER_BATCH or conforming < _size(rule)
    return Sampled(short, conforming, _size(rule), None, None, _rejected(rule, samples, batch, at))
