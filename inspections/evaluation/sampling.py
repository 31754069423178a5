"""Zero-acceptance sampling: what samples say of the cars built around them (see docs/evaluation.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
    `rejected`: the uncleared rejects whose range holds cars of the batch.
    """

    short: bool
    conforming: int
    required: int
    period: Period | None
    next_due: datetime | None
    rejected: tuple[Sample, ...]


def sampled(rule: SampleRule, batch: BatchInput, *, at: datetime) -> Sampled:
    """What the samples of a rule say of the batch at the moment `at`. An unknown basis is short for ever."""
    samples = sorted(
        (sample for sample in batch.samples if sample.procedure_id == rule.procedure_id),
        key=lambda sample: (stands_for(sample), sample.outcome, sample.id),
    )
    if rule.basis == PER_PERIOD:
        return _per_period(rule, samples, batch, at)
    return _per_batch(rule, samples)


def stands_for(sample: Sample) -> datetime:
    """The moment in production for which a sample stands."""
    return sample.finished_at if sample.made_at is None else sample.made_at


def good_moments(rule: SampleRule, samples: Iterable[Sample]) -> list[datetime]:
    """When sampling was complete: each time that a period held `size` conforming samples with no reject among them.

    `samples` are in order. An indeterminate one counts neither way. A sample outside every period completes none.
    """
    good: list[datetime] = []
    running: tuple[Period | None, int] = None, 0
    for sample in samples:
        period = period_of(rule, stands_for(sample))
        count = running[1] if period == running[0] else 0
        if sample.outcome is Outcome.FAIL:
            count = 0
        elif sample.outcome is Outcome.PASS and period is not None:
            count += 1
            if count >= _size(rule):
                good.append(stands_for(sample))
        running = period, count
    return good


def period_of(rule: SampleRule, moment: datetime) -> Period | None:
    """The period of the rule that holds a moment."""
    return next((period for period in rule.periods if period[0] <= moment < period[1]), None)


def due_after(rule: SampleRule, good: datetime) -> datetime:
    """The end of the period after the one that holds a good moment; of its own where the next one is not known."""
    return sorted(end for _, end in rule.periods if end > good)[:2][-1]


def _size(rule: SampleRule) -> int:
    """A rule that asks for no sample still asks for one: nothing may rest on nothing."""
    return max(rule.size, 1)


def _per_period(rule: SampleRule, samples: Sequence[Sample], batch: BatchInput, at: datetime) -> Sampled:
    good = good_moments(rule, samples)
    built_from = at if batch.built_from is None else batch.built_from
    built_until = at if batch.built_until is None else batch.built_until
    rejected = tuple(
        sample
        for sample in samples
        if sample.outcome is Outcome.FAIL
        and not sample.cleared
        and _reaches(stands_for(sample), good, built_from, built_until)
    )
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
    conforming = sum(
        sample.outcome is Outcome.PASS and period is not None and period_of(rule, stands_for(sample)) == period
        for sample in samples
    )
    return Sampled(short, conforming, _size(rule), period, next_due, rejected)


def _gap(rule: SampleRule, good: Sequence[datetime], built_from: datetime, built_until: datetime) -> Period | None:
    """The first period in which cars were built with no good sample in it, nor one before it that reached into it."""
    unheld = [
        (own, before)
        for before, own in pairwise([None, *sorted(rule.periods)])
        if own is not None and own[0] <= built_until and built_from < own[1] and not _holds(own, good)
    ]
    return next((own for own, before in unheld if before is None or not _holds(before, good)), None)


def _holds(period: Period, good: Sequence[datetime]) -> bool:
    return any(period[0] <= moment < period[1] for moment in good)


def _reaches(rejected_at: datetime, good: Sequence[datetime], built_from: datetime, built_until: datetime) -> bool:
    """Whether a reject concerns cars built in that time: from the last good sample before it to the next after it."""
    since = max((moment for moment in good if moment < rejected_at), default=None)
    until = min((moment for moment in good if moment > rejected_at), default=None)
    return (since is None or built_until >= since) and (until is None or built_from <= until)


def _per_batch(rule: SampleRule, samples: Sequence[Sample]) -> Sampled:
    drawn = [sample for sample in samples if sample.drawn]
    conforming = sum(sample.outcome is Outcome.PASS for sample in drawn)
    rejected = tuple(sample for sample in drawn if sample.outcome is Outcome.FAIL and not sample.cleared)
    short = rule.basis != PER_BATCH or conforming < _size(rule)
    return Sampled(short, conforming, _size(rule), None, None, rejected)
