"""Two parts of one kind in one car: a part that nobody tested never leaves on what another one showed."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from inspections.evaluation.facts import (
    ComponentChange,
    Disposition,
    DispositionKind,
    GateDecision,
    GateInput,
    Inspection,
    Procedure,
    Rework,
)
from inspections.evaluation.gates import decide
from inspections.evaluation.parts import fitted_now
from inspections.evaluation.reasons import Outcome, ReasonCode, State
from tests.evaluation.builders import BONDING, PROCEDURE, at, gate_input, inspection, measured, requirement, torque

C = ReasonCode
LINE = requirement(id=1, special="", legal=False)
FIRST, SECOND = ComponentChange("pack", at("05:00"), "P-1", id=1), ComponentChange("pack", at("09:00"), "P-2", id=2)


def part(number: int, serial: str, clock: str, outcome: Outcome = Outcome.PASS, **changes: object) -> Inspection:
    row = measured(outcome, requirement_id=1, position=str(changes.pop("position", "")))
    return replace(inspection(number, at(clock), row, component=serial and f"pack {serial}"), **changes)


BOTH = (FIRST, SECOND)


def car(*inspections: Inspection, fitted: tuple[ComponentChange, ...] = BOTH, **changes: object) -> GateInput:
    procedure = Procedure(PROCEDURE, "BAT-PACK", "battery", component_kinds=("pack",))
    base = gate_input(inspections, requirements=(LINE,), procedures={PROCEDURE: procedure}, components=fitted)
    return replace(base, **changes)


def decided(*inspections: Inspection, **changes: object) -> GateDecision:
    return decide(car(*inspections, **changes), at=at("12:00"))


def codes(*inspections: Inspection, **changes: object) -> list[ReasonCode]:
    return [reason.code for reason in decided(*inspections, **changes).reasons]


@pytest.mark.law(1)
def test_law_1_a_pack_put_in_beside_a_tested_one_is_tested_itself() -> None:
    decision = decided(part(1, "P-1", "04:00"))

    assert (decision.state, [reason.code for reason in decision.reasons]) == (
        State.PENDING,
        [C.MEASUREMENT_INDETERMINATE],
    )
    assert dict(decision.reasons[0].detail) == {"detail": "part_not_measured", "part": "pack P-2"}
    assert codes(part(1, "P-1", "04:00"), part(2, "P-2", "04:30")) == []


def test_what_was_taken_out_asks_for_nothing() -> None:
    out = ComponentChange("pack", at("09:00"), "P-1", fitted=False, id=2)
    swapped = (FIRST, out, replace(SECOND, id=3))

    assert codes(part(2, "P-2", "04:30"), fitted=swapped) == []
    assert codes(fitted=swapped) == [C.MISSING_RESULT]
    assert codes(part(1, "P-1", "04:00"), fitted=(FIRST, replace(out, at=at("05:00")))) == []


@pytest.mark.law(1)
@pytest.mark.parametrize("outcome", [Outcome.INDETERMINATE, Outcome.FAIL])
def test_law_1_each_part_rests_on_its_own_latest_result(outcome: Outcome) -> None:
    answered = Disposition(1, DispositionKind.CONFIRMED_RETEST, at("10:00"))
    bad = part(1, "P-1", "06:00", outcome)
    bad = replace(bad, measurements=(replace(bad.measurements[0], dispositions=(answered,)),))
    expected = C.MEASUREMENT_FAILED if outcome is Outcome.FAIL else C.MEASUREMENT_INDETERMINATE

    assert codes(bad, part(2, "P-2", "07:00")) == [expected]
    assert codes(bad, part(2, "P-2", "07:00"), part(3, "P-1", "08:00")) == []


@pytest.mark.law(6)
def test_law_6_the_pass_of_another_part_is_no_repeat_of_a_fail() -> None:
    once = (replace(LINE, repeats=1),)
    bad, other = part(1, "P-1", "06:00", Outcome.FAIL), part(2, "P-2", "07:00")

    assert codes(bad, other, requirements=once) == [C.MEASUREMENT_FAILED]
    assert codes(bad, other, part(3, "P-1", "08:00"), requirements=once) == []


def test_the_car_measured_with_both_in_it_speaks_for_both() -> None:
    pack, whole = part(1, "P-1", "04:00"), part(2, "", "10:00")

    assert codes(pack, whole) == []
    assert codes(part(1, "P-1", "04:00", Outcome.INDETERMINATE), whole) == []
    assert codes(pack, replace(whole, voided=True)) == [C.MEASUREMENT_INDETERMINATE]
    # Measured before the second one came it is stale, and says nothing of it.
    assert codes(pack, replace(whole, finished_at=at("08:00"))) == [C.EVIDENCE_STALE, C.MEASUREMENT_INDETERMINATE]


def test_a_part_measured_at_its_own_position_is_not_asked_for_at_that_of_another() -> None:
    corners = (replace(LINE, positions=("FL", "FR")),)
    left, right = part(1, "P-1", "04:00", position="FL"), part(2, "P-2", "04:30", position="FR")

    assert codes(left, right, requirements=corners) == []
    assert codes(left, requirements=corners) == [C.MEASUREMENT_INDETERMINATE, C.MISSING_RESULT]


def test_a_part_of_which_another_characteristic_alone_was_measured_is_untested_in_this_one() -> None:
    other = replace(part(2, "P-2", "04:30"), measurements=(measured(characteristic_id=13, requirement_id=2),))
    lines = (LINE, torque(id=2))
    first = replace(part(1, "P-1", "04:00"), measurements=(measured(requirement_id=1),))

    found = decided(first, other, requirements=lines)

    assert [(reason.characteristic_id, dict(reason.detail)["part"]) for reason in found.reasons] == [
        (BONDING, "pack P-2"),
        (13, "pack P-1"),
    ]


def test_a_kind_of_which_no_part_was_tested_by_itself_is_asked_of_the_car() -> None:
    seats = tuple(ComponentChange("seat", at("05:00"), f"S-{number}", id=number) for number in (1, 2))

    assert codes(part(1, "", "10:00"), fitted=seats) == []
    assert codes(part(1, "P-1", "04:00"), fitted=(FIRST, *seats)) == []


def test_a_rework_of_one_part_binds_that_of_the_car_too() -> None:
    rework = Rework(1, at("10:30"), (BONDING,))

    assert codes(part(1, "P-1", "04:00"), part(2, "P-2", "11:00"), reworks=(rework,)) == [C.EVIDENCE_STALE]


def test_what_was_done_to_one_part_alone_binds_its_own_results() -> None:
    of_first = Rework(1, at("10:30"), (BONDING,), component="pack P-1", what="former_car")
    second = part(2, "P-2", "04:30")

    decision = decided(part(1, "P-1", "04:00"), second, reworks=(of_first,))
    assert [dict(reason.detail)["change"] for reason in decision.reasons] == ["former_car"]
    assert codes(part(1, "P-1", "11:00"), second, reworks=(of_first,)) == []
    assert codes(part(1, "P-1", "04:00"), second, reworks=(replace(of_first, characteristic_ids=(99,)),)) == []


@pytest.mark.law(6)
def test_law_6_no_order_of_arrival_changes_what_is_decided() -> None:
    rows = [part(1, "P-1", "06:00", Outcome.FAIL), part(2, "P-2", "07:00"), part(3, "P-1", "08:00")]
    rows.append(part(4, "", "03:00"))

    found = {
        decide(replace(car(*some), components=changes), at=at("12:00"))
        for some in permutations(rows)
        for changes in ((FIRST, SECOND), (SECOND, FIRST))
    }

    assert len(found) == 1


def test_of_two_changes_of_one_moment_the_later_recorded_one_says_where_a_part_is() -> None:
    out = replace(FIRST, fitted=False, id=5)

    assert fitted_now((out, FIRST)) == []
    assert fitted_now((FIRST, replace(out, id=0))) == [FIRST]
