"""Numbers of a simulated run."""

from datetime import date

import pytest

from inspections.batches.rules import vin_fault
from inspections.management.simulation.numbering import BadSeed, batch_number, run_of, vin_of, week_of


@pytest.mark.parametrize("model", ["SU7", "YU7", "IO-Q"])
def test_every_vin_is_one_with_its_check_digit(model):
    vins = [vin_of(model, run, sequence) for run in ("2026W48-01", "2026W48-42") for sequence in range(1, 400)]
    assert {vin_fault(vin, "CN") for vin in vins} == {None}
    assert len(set(vins)) == len(vins)


def test_other_runs_and_models_have_other_vins():
    vins = {vin_of(model, f"2026W48-{run:02d}", 1) for model in ("SU7", "YU7") for run in range(500)}
    assert len(vins) == 1000


def test_same_run_has_the_same_vin():
    assert vin_of("SU7", "2026W48-42", 17) == "LZXSUAAX3TBS63017"


def test_week_is_that_of_iso_8601():
    assert week_of(date(2026, 11, 23)) == "2026W48"
    assert week_of(date(2027, 1, 2)) == "2026W53"


def test_seed_is_a_run_of_this_week_or_of_the_one_it_states():
    assert run_of("42", "2026W48") == "2026W48-42"
    assert run_of("2026W40-42", "2026W48") == "2026W40-42"
    assert batch_number("SU7", "2026W48-03") == "SU7-2026W48-03"


@pytest.mark.parametrize("seed", ["", "a b", "x" * 13, "../1", "2026W48-"])
def test_seed_that_cannot_stand_in_a_number_is_refused(seed):
    with pytest.raises(BadSeed, match="give 1 to 12 letters and digits"):
        run_of(seed, "2026W48")


@pytest.mark.parametrize("sequence", [0, 1000])
def test_car_beyond_a_batch_has_no_vin(sequence):
    with pytest.raises(ValueError, match="1 to 999"):
        vin_of("SU7", "2026W48-01", sequence)
