from dataclasses import replace
from datetime import datetime

import pytest

from inspections.evaluation.evidence import Evidence, authorised, in_calibration
from inspections.evaluation.facts import (
    Authorisation,
    Calibration,
    ComponentChange,
    GateInput,
    Inspection,
    Kind,
    OutOfTolerance,
    Procedure,
    Rig,
    SoftwareChange,
    SoftwareClaim,
)
from inspections.evaluation.reasons import ReasonCode

from .builders import PROCEDURE, at, gate_input, inspection, rig

C = ReasonCode
TESTED = at("09:00", day=2)


def codes(gate: GateInput, row: Inspection, kind: Kind = Kind.VARIABLE) -> list[ReasonCode]:
    return [problem.code for problem in Evidence(row, gate).problems(kind)]


def test_a_result_with_everything_in_order_has_no_problem() -> None:
    assert codes(gate_input(), inspection(1, TESTED)) == []


@pytest.mark.parametrize(
    ("moment", "good"),
    [
        (at("08:00"), True),
        (at("07:59"), False),
        (at("08:00", day=3), False),
        (at("07:59", day=3), True),
    ],
)
def test_law_1_a_certificate_holds_from_its_start_until_before_its_end(moment: datetime, good: bool) -> None:
    one = Rig("R", calibrations=(Calibration(at("08:00"), at("08:00", day=3)),))

    assert in_calibration(one, moment, variable=True) is good


def test_law_1_a_rig_never_calibrated_is_not_in_calibration() -> None:
    assert not in_calibration(Rig("R"), TESTED, variable=True)
    assert not in_calibration(Rig("R"), TESTED, variable=False)


def test_a_station_without_calibration_may_carry_all_but_variables() -> None:
    station = Rig("R", needs_calibration=False)

    assert in_calibration(station, TESTED, variable=False)
    assert not in_calibration(station, TESTED, variable=True)
    assert not in_calibration(rig(needs_calibration=False), TESTED, variable=True)


def test_law_1_a_rig_out_of_tolerance_counts_again_with_a_later_certificate_only() -> None:
    finding = OutOfTolerance(back_to=at("08:00", day=1), found_at=at("08:00", day=3))
    found = rig(out_of_tolerance=(finding,))
    again = replace(found, calibrations=(*found.calibrations, Calibration(at("10:00", day=3), at("10:00", day=90))))

    def good(one: Rig, clock: str, day: int) -> bool:
        return in_calibration(one, at(clock, day=day), variable=True)

    assert good(found, "07:59", 1)
    assert not good(found, "08:00", 1)
    assert not good(found, "08:00", 3)
    assert not good(found, "11:00", 3)
    assert not good(again, "09:00", 3)
    assert good(again, "10:00", 3)
    assert not good(again, "09:00", 2)


def test_law_1_a_rig_that_nobody_knows_is_neither_calibrated_nor_authorised() -> None:
    row = inspection(1, TESTED, rig="EOL-9")

    assert codes(gate_input(), row) == [C.RIG_OUT_OF_CALIBRATION, C.RIG_NOT_AUTHORISED]


def grant(clock: str, *, granted: bool = True, number: int = 1, procedure: int = PROCEDURE) -> Authorisation:
    return Authorisation(procedure, granted=granted, effective_at=at(clock), id=number)


@pytest.mark.parametrize(
    ("acts", "good"),
    [
        ((), False),
        ((grant("08:00"),), True),
        ((grant("09:01"),), False),
        ((grant("09:00"),), True),
        ((grant("08:00", procedure=8),), False),
        ((grant("08:00"), grant("08:30", granted=False, number=2)), False),
        ((grant("08:30", granted=False, number=2), grant("08:00")), False),
        ((grant("08:00"), grant("09:30", granted=False, number=2)), True),
        ((grant("08:00"), grant("08:00", granted=False, number=2)), False),
        ((grant("08:00", number=2), grant("08:00", granted=False)), True),
        ((grant("08:00"), grant("08:00", granted=False)), False),
    ],
)
def test_law_1_the_last_grant_or_withdrawal_at_the_test_decides(acts: tuple[Authorisation, ...], good: bool) -> None:
    assert authorised(Rig("R", authorisations=acts), PROCEDURE, at("09:00")) is good


def software_gate(*changes: SoftwareChange) -> GateInput:
    procedure = Procedure(PROCEDURE, "ADS-EOL-CAM", "driving", software_systems=("ADAS", "BMS"))
    return gate_input(procedures={PROCEDURE: procedure}, software=changes)


ADAS = SoftwareChange("ADAS", "2.0", at("06:00"), 1)
BMS = SoftwareChange("BMS", "4.2.1", at("06:00"), 2)
CLAIMS = (SoftwareClaim("ADAS", "2.0"), SoftwareClaim("BMS", "4.2.1"))


def test_tested_with_the_cars_own_software_is_no_problem() -> None:
    assert codes(software_gate(ADAS, BMS), inspection(1, TESTED, software=CLAIMS)) == []


@pytest.mark.parametrize(
    ("claims", "system", "found", "required"),
    [
        ((), "ADAS", "", "2.0"),
        ((CLAIMS[0],), "BMS", "", "4.2.1"),
        ((SoftwareClaim("ADAS", "1.9"), CLAIMS[1]), "ADAS", "1.9", "2.0"),
        ((*CLAIMS, SoftwareClaim("ADAS", "1.9")), "ADAS", "1.9, 2.0", "2.0"),
        ((CLAIMS[0], SoftwareClaim("bms", "4.2.1")), "BMS", "", "4.2.1"),
    ],
)
def test_law_1_other_or_unclaimed_software_is_a_mismatch(
    claims: tuple[SoftwareClaim, ...], system: str, found: str, required: str
) -> None:
    (problem,) = Evidence(inspection(1, TESTED, software=claims), software_gate(ADAS, BMS)).problems(Kind.ATTRIBUTE)

    assert problem.code is C.SOFTWARE_MISMATCH
    assert (problem.found, problem.required, problem.detail) == (found, required, (("system", system),))


def test_law_1_a_car_whose_software_nobody_recorded_mismatches_whatever_is_claimed() -> None:
    assert codes(software_gate(ADAS), inspection(1, TESTED, software=CLAIMS)) == [C.SOFTWARE_MISMATCH]


def test_a_reflash_after_the_test_makes_it_stale_even_if_it_is_undone() -> None:
    row = inspection(1, TESTED, software=CLAIMS)
    up = SoftwareChange("ADAS", "2.1", at("10:00", day=2), 3)
    down = SoftwareChange("ADAS", "2.0", at("11:00", day=2), 4)

    for changes in ((ADAS, BMS, up), (ADAS, BMS, up, down), (down, up, BMS, ADAS)):
        (problem,) = Evidence(row, software_gate(*changes)).problems(Kind.VARIABLE)
        assert problem.code is C.EVIDENCE_STALE
        assert problem.detail == (("change", "ADAS 2.1"), ("at", "2026-11-18T10:00:00+00:00"))


def test_the_same_version_said_again_or_another_system_changes_nothing() -> None:
    again = SoftwareChange("ADAS", "2.0", at("10:00", day=2), 3)
    other = SoftwareChange("RADIO", "7", at("10:00", day=2), 4)

    assert codes(software_gate(ADAS, BMS, again, other), inspection(1, TESTED, software=CLAIMS)) == []


def test_a_test_before_any_record_of_the_software_is_held_against_the_first_one() -> None:
    early = inspection(1, at("05:00"), software=CLAIMS)
    flashed = SoftwareChange("ADAS", "2.1", at("07:00"), 3)

    assert codes(software_gate(ADAS, BMS), early) == []
    assert codes(software_gate(replace(ADAS, version="2.1"), BMS), early) == [C.SOFTWARE_MISMATCH]
    assert codes(software_gate(ADAS, BMS, flashed), early) == [C.EVIDENCE_STALE]


def part_gate(*changes: ComponentChange) -> GateInput:
    procedure = Procedure(PROCEDURE, "ADS-EOL-CAM", "driving", component_kinds=("windscreen", "pack"))
    return gate_input(procedures={PROCEDURE: procedure}, components=changes)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (ComponentChange("windscreen", at("10:00", day=2), "W2"), [C.EVIDENCE_STALE]),
        (ComponentChange("windscreen", at("10:00", day=2), "W1", fitted=False), [C.EVIDENCE_STALE]),
        (ComponentChange("windscreen", at("08:00", day=2), "W1"), []),
        (ComponentChange("windscreen", TESTED, "W1"), []),
        (ComponentChange("seat", at("10:00", day=2), "S1"), []),
        (ComponentChange("flux", at("10:00", day=2), "F1", known_kind=False), [C.EVIDENCE_STALE]),
        (ComponentChange("flux", at("08:00", day=2), "F1", known_kind=False), []),
    ],
)
def test_a_change_of_a_kind_that_matters_or_that_nobody_knows_makes_a_result_stale(
    change: ComponentChange, expected: list[ReasonCode]
) -> None:
    assert codes(part_gate(change), inspection(1, TESTED)) == expected


def test_a_pack_tested_before_it_met_its_car_is_not_stale_by_being_fitted() -> None:
    pack = inspection(1, at("04:00"), component="pack P-17")
    other_out = ComponentChange("pack", at("05:00"), "P-16", fitted=False)
    fitted = ComponentChange("pack", at("06:00"), "P-17")
    windscreen = ComponentChange("windscreen", at("06:00"), "W1")

    assert codes(part_gate(other_out, fitted), pack) == []
    assert codes(part_gate(fitted), replace(pack, component="")) == [C.EVIDENCE_STALE]
    assert codes(part_gate(fitted, windscreen), pack) == [C.EVIDENCE_STALE]


def test_a_part_of_an_unknown_kind_is_not_stale_by_itself_but_by_another() -> None:
    own = ComponentChange("flux", at("06:00"), "F1", known_kind=False)
    other = ComponentChange("flux", at("06:00"), "F2", known_kind=False)
    part = inspection(1, at("04:00"), component="flux F1")

    assert codes(part_gate(own), part) == []
    assert codes(part_gate(own, other), part) == [C.EVIDENCE_STALE]


def test_the_first_of_several_changes_is_named_once() -> None:
    procedure = Procedure(PROCEDURE, "X", "driving", software_systems=("ADAS",), component_kinds=("windscreen",))
    gate = gate_input(
        procedures={PROCEDURE: procedure},
        software=(ADAS, SoftwareChange("ADAS", "2.1", at("12:00", day=2), 5)),
        components=(
            ComponentChange("windscreen", at("11:00", day=2), "W3"),
            ComponentChange("windscreen", at("10:00", day=2), "W2"),
        ),
    )

    (problem,) = Evidence(inspection(1, TESTED, software=CLAIMS), gate).problems(Kind.VARIABLE)

    assert dict(problem.detail)["change"] == "ADAS 2.1"


def test_law_1_a_procedure_that_nobody_knows_makes_its_results_stale() -> None:
    gate = gate_input(procedures={})

    assert codes(gate, inspection(1, TESTED)) == [C.EVIDENCE_STALE]
    assert codes(gate, inspection(1, TESTED, rig="EOL-9")) == [
        C.RIG_OUT_OF_CALIBRATION,
        C.RIG_NOT_AUTHORISED,
        C.EVIDENCE_STALE,
    ]
