"""What a row of results says: counts, room to the limit, the worst first, what rises. In exact numbers."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from inspections.evaluation.facts import Expression, Kind, Requirement
from inspections.evaluation.reasons import JudgementReason, Outcome
from inspections.statistics.facts import Measured
from inspections.statistics.lattice import lattice_for
from inspections.statistics.summing import Drift, drifts, limit_numbers, place_values, tally, worst_first

BEGIN = datetime(2026, 11, 23, tzinfo=UTC)


def line(**fields):
    told = {"characteristic": "BOND", "kind": Kind.VARIABLE, "expression": Expression.INSIDE, "unit": "ohm", **fields}
    return Requirement(id=1, characteristic_id=1, procedure_id=1, domain="battery", **told)


def measured(number, value, unit="ohm", outcome=Outcome.PASS, rig="R1", position="", raw=None, held=1):
    return Measured(
        number, 0, f"T-{number}", BEGIN + timedelta(minutes=number), rig, position,
        None if value is None else Decimal(value), raw, unit, outcome, JudgementReason.NONE, held, "V", 1, "B", "",
    )  # fmt: skip


def placed(values, *lines):
    lines = lines or (line(upper=Decimal("0.1"), upper_inclusive=False),)
    pairs = [(value.value, value.unit) for value in values if value.value is not None]
    ruler = lattice_for("ohm", [*pairs, *limit_numbers(lines)])
    return ruler, place_values(values, {each.id: each for each in lines}, ruler)


def rooms(*values, **limits):
    ruler, found = placed([measured(n, value) for n, value in enumerate(values)], line(**limits))
    return [None if each.room is None else ruler.number(each.room) for each in found]


@pytest.mark.parametrize(
    ("limits", "room"),
    [
        ({"upper": Decimal("0.1")}, ["0.06", "0", "-0.1"]),
        ({"lower": Decimal("0.04")}, ["0", "0.06", "0.16"]),
        ({"lower": Decimal("0.03"), "upper": Decimal("0.1")}, ["0.01", "0", "-0.1"]),
        (
            {"expression": Expression.OUTSIDE, "lower": Decimal("0.05"), "upper": Decimal("0.15")},
            ["0.01", "-0.05", "0.05"],
        ),
        ({"expression": Expression.EQUAL, "values": ("0.1",)}, [None, None, None]),
        ({}, [None, None, None]),
    ],
    ids=["upper", "lower", "both", "outside", "exactly", "no limit"],
)
def test_room_is_the_distance_to_the_nearest_limit(limits, room):
    assert rooms("0.04", "0.10", "0.2", **limits) == [None if each is None else Decimal(each) for each in room]


@pytest.mark.law(5)
def test_law_5_room_between_units_is_exact():
    ruler, found = placed([measured(1, "43", "mohm"), measured(2, "0.0999999999999999999999999999")])
    assert [ruler.number(each.room) for each in found] == [Decimal("0.057"), Decimal("1E-28")]


def test_what_is_no_number_or_of_another_unit_has_neither_place_nor_room():
    _ruler, found = placed([measured(1, None, raw="NaN"), measured(2, "3", "V"), measured(3, "0.05")])
    assert [(each.place is None, each.room is None) for each in found] == [(True, True), (True, True), (False, False)]


def test_the_worst_come_first_and_within_them_the_least_room_then_the_newest():
    _ruler, found = placed(
        [
            measured(1, "0.04"),
            measured(2, "0.100", outcome=Outcome.FAIL),
            measured(3, None, raw="NaN", outcome=Outcome.INDETERMINATE),
            measured(4, "0.09"),
            measured(5, "0.3", outcome=Outcome.FAIL),
            measured(6, "0.04"),
            measured(7, "0.02", outcome=Outcome.NOT_JUDGED, held=None),
            measured(8, None, raw="", outcome=Outcome.FAIL),
        ]
    )
    assert [each.measured.inspection_id for each in worst_first(found)] == [8, 5, 2, 3, 7, 4, 6, 1]


def test_a_tally_names_values_that_were_measured_and_of_two_in_the_middle_the_lower():
    _ruler, found = placed(
        [
            measured(1, "0.04"),
            measured(2, "43", "mohm"),
            measured(3, "0.100", outcome=Outcome.FAIL),
            measured(4, "0.05"),
            measured(5, None, raw="x", outcome=Outcome.INDETERMINATE),
        ]
    )
    said = tally(found)
    assert (said.results, said.passed, said.fails, said.unclear, said.not_judged, said.numbers) == (5, 3, 1, 1, 0, 4)
    assert [each.measured.inspection_id for each in (said.lowest, said.middle, said.highest)] == [1, 2, 3]
    nothing = tally([])
    assert (nothing.results, nothing.lowest, nothing.middle, nothing.highest) == (0, None, None, None)


def test_rigs_and_positions_drift_each_by_themselves():
    """FL rises on R2; the same values dealt to two rigs and positions in turn would hide it or feign it elsewhere."""
    values = []
    for number in range(50):
        values += [
            measured(4 * number, "0.040", rig="R1", position="FL"),
            measured(4 * number + 1, f"0.0{50 - number % 7}", rig="R1", position="FR"),
            measured(4 * number + 2, Decimal("0.040") + Decimal(number) / 1000, rig="R2", position="FL"),
            measured(4 * number + 3, "0.060", rig="R2", position="FR"),
        ]
    _ruler, found = placed(values)
    (drift,) = drifts(found)
    assert (drift.rig, drift.position, drift.direction) == ("R2", "FL", 1)
    assert (drift.middle.measured.value, drift.before.measured.value) == (Decimal("0.069"), Decimal("0.044"))


def test_without_earlier_values_there_is_nothing_to_compare_with():
    _ruler, found = placed([measured(n, Decimal(40 - n) / 1000) for n in range(40)])
    assert drifts(found) == [Drift("R1", "", -1, found[20], None)]
