"""Which positions of a batch are samples: drawn from its seed, the same for everybody who holds it."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from hashlib import sha256
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.evaluation.drawing import MOST_RANKED, commitment_of, draw_positions, rank_of

SEED = bytes(range(32))


def draw(size: int = 3, planned: int = 20, *, seed: bytes = SEED, **more: object) -> tuple[int, ...]:
    return draw_positions(seed, "BAT-SMP-SOC", planned=planned, size=size, **{"built": (), **more})  # type: ignore[arg-type]


def test_fixed_vectors() -> None:
    """Whoever writes the draw anew from docs/evaluation.md must come to these."""
    assert commitment_of(SEED) == COMMITMENT
    assert rank_of(SEED, "BAT-SMP-SOC", 1).hex() == RANK
    assert draw() == THREE
    assert draw(5) == FIVE
    assert draw(lost=[THREE[0]]) == WITHOUT_THE_FIRST
    assert draw(built=[1, 2, 3, 4, 5], closed=True) == CLOSED_WITH_FIVE
    assert draw(built=[*range(1, 24)]) == WITH_EXTRAS
    assert draw(2, seed=sha256(b"another").digest()) == OF_ANOTHER_SEED


COMMITMENT = "a3a103608b38c46eba7dbce8b41bbdb419060a456960da36a7d9f4e7047c25e3"
RANK = "fc87e511cb64581cd8f72a679f41d575a366b2c906679dec2e81d58f05655111"
THREE = (13, 16, 18)
FIVE = (11, 13, 14, 16, 18)
WITHOUT_THE_FIRST = (14, 16, 18)
CLOSED_WITH_FIVE = (2, 3, 5)
WITH_EXTRAS = (13, 16, 18, 24)
OF_ANOTHER_SEED = (11, 20)

BY_HAND = """
import hashlib, hmac, sys
seed, code, planned, size = bytes.fromhex(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
lot = {n: hmac.new(seed, f"interlock-draw/1\\n{code}\\n{n}".encode(), hashlib.sha256).hexdigest()
       for n in range(1, planned + 1)}
print(sorted(sorted(lot, key=lot.get)[:size]))
"""


def test_anybody_can_do_the_draw_again_with_a_few_lines_of_their_own() -> None:
    run = subprocess.run(
        [sys.executable, "-c", BY_HAND, SEED.hex(), "BAT-SMP-SOC", "500", "13"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": ""},
    )
    assert run.stdout.strip() == str(list(draw(13, 500)))


def test_each_procedure_and_each_seed_has_a_draw_of_its_own() -> None:
    other = draw_positions(SEED, "DRV-SMP-TRACK", planned=1000, size=5, built=())
    assert len({draw(5, 1000), other, draw(5, 1000, seed=bytes(32))}) == 3


@pytest.mark.parametrize("size", [1, 4])
def test_no_position_is_likelier_than_another(size: int) -> None:
    """Chi-square of how often each of 20 positions is drawn under 4,000 seeds: 43.8 is exceeded once in a thousand."""
    times: Counter[int] = Counter()
    for number in range(4_000):
        times.update(draw(size, seed=sha256(f"{number}".encode()).digest()))
    expected = 4_000 * size / 20
    # Without replacement the counts of one draw repel one another: the statistic shrinks by (N - n) / (N - 1).
    statistic = sum((times[place] - expected) ** 2 / expected for place in range(1, 21)) * 19 / (20 - size)
    assert statistic < 43.8
    assert sum(times.values()) == 4_000 * size


def test_no_pair_of_positions_is_likelier_than_another() -> None:
    pairs = Counter(draw(2, 6, seed=sha256(f"{number}".encode()).digest()) for number in range(6_000))
    assert len(pairs) == 15
    assert sum((count - 400) ** 2 / 400 for count in pairs.values()) < 36.1


def test_a_plan_for_fewer_cars_than_samples_draws_them_all() -> None:
    assert draw(9, 4) == (1, 2, 3, 4)


def test_an_extra_car_brings_an_extra_draw_in_its_run() -> None:
    """20 planned with 2 samples: of every ten more, one."""
    drawn = draw(2, 20, built=range(1, 22))
    assert [place for place in drawn if place <= 20] == list(draw(2, 20))
    assert len([place for place in drawn if 21 <= place <= 30]) == 1
    assert len(draw(2, 20, built=range(1, 32))) == 4


def test_once_testing_is_closed_a_position_that_was_never_built_gives_way() -> None:
    awaited = draw(2, 20, built=range(1, 22))
    at_last = draw(2, 20, built=range(1, 22), closed=True)
    assert set(awaited) & set(range(1, 22)) <= set(at_last) <= set(range(1, 22))
    assert 21 in at_last


def test_a_huge_plan_costs_no_more_than_a_large_one_and_draws_no_fewer() -> None:
    assert len(draw(5, 2**31 - 1)) == 5
    assert max(draw(5, 2**31 - 1)) <= MOST_RANKED
    assert len(draw(5, 2**31 - 1, built=[1, MOST_RANKED + 1])) == 6


PLACES = st.sets(st.integers(1, 40), max_size=40)


@given(PLACES, PLACES, st.integers(1, 6), st.integers(1, 25), st.binary(min_size=32, max_size=32), st.integers(0, 99))
def test_no_order_of_registration_changes_the_draw(
    built: set[int], lost: set[int], size: int, planned: int, seed: bytes, order: int
) -> None:
    mixed = Random(order).sample(sorted(built), len(built))
    for closed in (False, True):
        assert draw(size, planned, seed=seed, built=mixed, lost=lost, closed=closed) == draw(
            size, planned, seed=seed, built=sorted(built), lost=lost, closed=closed
        )


@given(PLACES, PLACES, st.integers(1, 6), st.integers(1, 25), st.binary(min_size=32, max_size=32), st.integers(1, 40))
def test_law_1_what_is_drawn_and_built_stays_drawn_whatever_comes_later(
    built: set[int], lost: set[int], size: int, planned: int, seed: bytes, place: int
) -> None:
    before = set(draw(size, planned, seed=seed, built=built, lost=lost))
    kept = before & built
    closed = set(draw(size, planned, seed=seed, built=built, lost=lost, closed=True))

    assert kept <= set(draw(size, planned, seed=seed, built={*built, place}, lost=lost))
    assert kept - {place} <= set(draw(size, planned, seed=seed, built=built, lost={*lost, place}))
    assert kept <= closed
    assert closed - {place} <= set(draw(size, planned, seed=seed, built=built, lost={*lost, place}, closed=True))


@given(PLACES, PLACES, st.integers(1, 6), st.integers(1, 25), st.binary(min_size=32, max_size=32))
def test_law_1_as_many_are_drawn_as_are_asked_or_every_one_that_there_is(
    built: set[int], lost: set[int], size: int, planned: int, seed: bytes
) -> None:
    usable = {place for place in built if place not in lost}
    drawn = draw(size, planned, seed=seed, built=built, lost=lost, closed=True)
    main = {place for place in usable if place <= planned}

    assert set(drawn) <= usable
    assert len([place for place in drawn if place <= planned]) == min(size, len(main))
    assert bool([place for place in drawn if place > planned]) == bool([place for place in usable if place > planned])
