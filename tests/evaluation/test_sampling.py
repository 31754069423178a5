"""Samples by themselves: what counts as one, how far a reject reaches, and which rejects one screening answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.evaluation.facts import BatchInput, BuiltCar, Sample, SampleRule
from inspections.evaluation.reasons import Outcome
from inspections.evaluation.sampling import (
    Good,
    Reach,
    cleared_together,
    due_after,
    good_moments,
    reach_in,
    reach_of,
    sampled,
    samples_of,
)

from .builders import MIDNIGHT, at

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.INDETERMINATE
WEEKS = tuple(pairwise(MIDNIGHT + timedelta(weeks=number) for number in range(-1, 6)))
RULE = SampleRule(50, "per_period", 1, WEEKS)


def sample(number: int, built: str, outcome: Outcome = P, *, tested: str = "", day: int = 0, item: str = "") -> Sample:
    """A car built at `built` and tested at `tested`, or at once."""
    finished = at(tested or built, day)
    return Sample(number, 50, finished, outcome, f"C{number}", made_at=at(built, day), item=item)


def batch(*samples: Sample, **changes: object) -> BatchInput:
    base = BatchInput(
        domain="crash", plan_approved=True, has_requirements=True, type_procedures=(), coverages=(),
        sample_rules=(RULE,), samples=samples, testing_closed=False, built_from=at("08:00"), built_until=at("16:00"),
    )  # fmt: skip
    return replace(base, **changes)


def moments(rule: SampleRule, *samples: Sample) -> list[datetime]:
    return [good.moment for good in good_moments(rule, samples_of(rule, samples))]


def test_one_car_is_one_sample_however_often_it_is_tested() -> None:
    two = replace(RULE, size=2)
    again = [sample(number, "08:00", tested=f"{10 + number}:00", item="A") for number in range(3)]
    assert moments(two, *again) == []
    assert moments(two, *again, sample(9, "09:00", item="B")) == [at("09:00")]


def test_each_specimen_of_a_lot_is_one_sample() -> None:
    two = replace(RULE, size=2)
    assert len(moments(two, sample(1, "08:00"), sample(2, "08:00"))) == 1


@pytest.mark.parametrize("outcome", [F, U, Outcome.NOT_JUDGED])
def test_law_1_a_pass_with_a_later_result_that_is_none_is_no_pass(outcome: Outcome) -> None:
    passed = sample(1, "08:00", tested="09:00", item="A")
    assert moments(RULE, passed, sample(2, "08:00", outcome, tested="08:30", item="A")) != []
    assert moments(RULE, passed, sample(2, "08:00", outcome, tested="09:00", item="A")) == []
    assert moments(RULE, passed, sample(2, "08:00", outcome, tested="09:30", item="A")) == []


def test_a_reject_reaches_back_to_what_was_known_when_it_was_found() -> None:
    bad = sample(1, "10:00", F, tested="11:00")
    known, later, after = (
        Good(at("08:00"), at("10:59")),
        Good(at("09:00"), at("11:00")),
        Good(at("12:00"), at("12:00")),
    )
    assert reach_of(bad, [known, later, after]) == Reach(at("08:00"), at("12:00"))
    assert reach_of(bad, [later]) == Reach(None, None)
    assert reach_in(replace(RULE, basis="per_batch"), [known, after], bad) == Reach(None, None)


def test_when_several_complete_a_period_together_it_is_known_with_the_last_of_them() -> None:
    two = replace(RULE, size=2)
    slow, quick, third = sample(1, "08:00", tested="15:00"), sample(2, "09:00"), sample(3, "10:00")
    found = good_moments(two, samples_of(two, [slow, quick, third]))
    assert found == [Good(at("09:00"), at("15:00")), Good(at("10:00"), at("10:00"))]


def test_due_is_the_end_of_the_next_period_only_where_it_follows_at_once() -> None:
    apart = replace(RULE, periods=(WEEKS[0], WEEKS[1], WEEKS[3]))
    assert due_after(apart, WEEKS[0][0]) == WEEKS[1][1]
    assert due_after(apart, WEEKS[1][0]) == WEEKS[1][1]
    with pytest.raises(ValueError, match="no period"):
        due_after(apart, WEEKS[2][0])


def test_what_a_revision_samples_no_more_is_not_short_and_stays_rejected() -> None:
    bad, gone = sample(1, "10:00", F), replace(RULE, asked=False)
    found = sampled(gone, batch(bad), at=at("18:00"))
    assert (found.short, found.next_due, found.rejected) == (False, None, (bad,))
    assert sampled(gone, batch(), at=at("18:00")).rejected == ()


def test_only_cars_that_a_reject_reaches_matter() -> None:
    good, bad = sample(1, "09:00"), sample(2, "10:00", F)
    cars = (BuiltCar(1, at("08:00")), BuiltCar(2, at("10:00")))
    assert sampled(RULE, batch(good, bad, cars=cars), at=at("18:00")).rejected == (bad,)
    assert sampled(RULE, batch(good, bad, cars=cars[:1]), at=at("18:00")).rejected == ()
    screened = replace(bad, cleared_for=frozenset({2}))
    assert sampled(RULE, batch(good, screened, cars=cars), at=at("18:00")).rejected == ()


def test_what_is_found_within_an_open_reject_belongs_to_it() -> None:
    first = sample(1, "10:00", F, tested="10:10")
    screened, found = sample(2, "08:00", tested="13:00"), sample(3, "09:00", F, tested="14:00")
    good = good_moments(RULE, samples_of(RULE, [first, screened, found]))
    for chosen in (first, found):
        assert cleared_together(RULE, good, chosen, [first, found]) == (first, [first, found])
    assert cleared_together(RULE, good, found, [found]) == (found, [found])


REJECTS = st.lists(st.tuples(st.integers(0, 23), st.integers(0, 23), st.sampled_from([P, F, F, U])), max_size=8)


@given(REJECTS, st.integers(0, 999))
def test_rejects_are_gathered_alike_in_any_order_and_never_beyond_the_first_ones_reach(
    drawn: list[tuple[int, int, Outcome]], seed: int
) -> None:
    samples = [
        sample(number, f"{built:02d}:00", outcome, tested=f"{max(built, tested):02d}:30")
        for number, (built, tested, outcome) in enumerate(drawn)
    ]
    good = good_moments(RULE, samples_of(RULE, samples))
    rejects = [row for row in samples if row.outcome is F]
    for chosen in rejects:
        first, members = cleared_together(RULE, good, chosen, rejects)
        mixed = Random(seed).sample(rejects, len(rejects))
        assert cleared_together(RULE, good, chosen, mixed) == (first, members)
        assert {chosen.id, first.id} <= {row.id for row in members}
        reach = reach_in(RULE, good, first)
        assert all(reach.contains(reach_in(RULE, good, row)) for row in members)
        assert all(row.finished_at >= first.finished_at for row in members)


@given(REJECTS)
def test_law_1_a_good_sample_taken_away_never_shortens_a_reach(drawn: list[tuple[int, int, Outcome]]) -> None:
    samples = [
        sample(number, f"{built:02d}:00", outcome, tested=f"{max(built, tested):02d}:30")
        for number, (built, tested, outcome) in enumerate(drawn)
    ]
    good = good_moments(RULE, samples_of(RULE, samples))
    for gone in (row for row in samples if row.outcome is P):
        fewer = good_moments(RULE, samples_of(RULE, [row for row in samples if row is not gone]))
        for bad in (row for row in samples if row.outcome is F):
            assert reach_of(bad, fewer).contains(reach_of(bad, good))
