"""Twelve ways in which a bad car might look good, through each of three doors: a rig's post, its bulk, a person's form.

Each ends not clear, with the reason, or leaves everything as it was. What is compared is what the plant's own system is
told: the clearance that the API answers.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from inspections.catalogue.models import Requirement
from inspections.dispositions.models import Hold, Nonconformance
from inspections.gates.models import Decision, OpenReason
from inspections.intake.models import Kept
from inspections.marks.models import Mark
from inspections.records.models import LedgerEntry
from inspections.results.models import Inspection, Judgement, Measurement
from inspections.results.services import enter_calibration
from inspections.rigs.models import SystemClient
from inspections.rigs.services import issue_key
from inspections.tasks.deciding import decide_batch
from tests.factories import LINES, SYSTEM, Plant, make_revision, make_rig
from tests.journeys.doors import (
    DOORS,
    GOOD_BATTERY,
    ApiSingle,
    Clock,
    Door,
    Form,
    Written,
    make_nearly_good_plant,
)

pytestmark = [pytest.mark.law(1), pytest.mark.law(2), pytest.mark.law(10), pytest.mark.django_db]

RECORD = (Inspection, Measurement, Judgement, Kept, Mark, Decision, OpenReason, Hold, Nonconformance, LedgerEntry)
ANOTHER = "Clears when a usable result passes."
NOT_RELEASED = ("not_released", None, None, None, None, "Clears when signed.")

Ask = Callable[[], dict[str, Any]]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("django.utils.timezone.now", lambda: clock.now)
    return clock


@pytest.fixture
def plant(standing_nearly_good_plant: Plant, clock: Clock) -> Plant:
    """A car that lacks its battery results alone."""
    return standing_nearly_good_plant


@pytest.fixture(params=DOORS, ids=lambda door: door.name)
def door(request: pytest.FixtureRequest, plant: Plant, clock: Clock) -> Door:
    found: Door = request.param(plant, clock)
    return found


@pytest.fixture
def ask(plant: Plant, clock: Clock) -> Ask:
    """Let the worker decide what is undecided, then ask as the plant's system does: may this car leave?"""
    mes = SystemClient.objects.create(code="MES", name="Manufacturing execution")
    client = Client(headers={"authorization": f"Bearer {issue_key(client=mes, at=clock.now)}"})

    def run() -> dict[str, Any]:
        decide_batch(batch_id=plant.batch.pk)
        answer = client.get(f"/api/v1/vehicles/{plant.vehicle.vin}/clearance/")
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    return run


def reasons(answer: dict[str, Any]) -> list[tuple[str | None, ...]]:
    keys = ("code", "characteristic", "position", "found", "required", "clears_when")
    return [tuple(reason[key] for key in keys) for reason in answer["reasons"]]


def refused(answer: dict[str, Any], *expected: tuple[str | None, ...]) -> bool:
    """Whether the car is neither clear nor may leave, for these reasons and no others."""
    assert reasons(answer) == list(expected)
    assert {reason["subject"] for reason in answer["reasons"]} <= {answer["vin"], answer["batch"]}
    return not (answer["clear"] or answer["may_leave"])


def clear(answer: dict[str, Any]) -> bool:
    assert reasons(answer) == [NOT_RELEASED]
    return bool(answer["clear"]) and not answer["may_leave"]


def missing(characteristic: str, position: str | None = None) -> tuple[str | None, ...]:
    return ("missing_result", characteristic, position, None, None, "Clears when one is recorded and passes.")


NO_BATTERY = (missing("BOND", "charge-port"), missing("BOND", "pack"), missing("HVIL"), missing("ISO"))


def failed(characteristic: str, position: str | None, found: str, required: str) -> list[tuple[str | None, ...]]:
    """A fail, the hold that it placed and the nonconformance that it opened: one of each."""
    number, held = Nonconformance.objects.get().number, Hold.objects.get().reason
    clears_when = f"Clears when {number} has a disposition and a later test passes."
    return [
        ("measurement_failed", characteristic, position, found, required, clears_when),
        ("hold_active", characteristic, None, held, None, "Clears when its cause ends."),
        ("nonconformance_open", characteristic, None, number, None, "Clears when closed."),
    ]


def the_record() -> list[list[tuple[Any, ...]]]:
    """Every row of the record."""
    return [list(model._default_manager.order_by("pk").values_list()) for model in RECORD]


def with_value(code: str, position: str, value: Any) -> dict[tuple[str, str], Any]:
    return {**GOOD_BATTERY, (code, position): value}


def test_what_is_good_is_clear_so_that_every_other_answer_here_means_something(door: Door, ask: Ask) -> None:
    assert door.send(GOOD_BATTERY)
    assert clear(ask())


def test_case_1_no_results(door: Door, ask: Ask) -> None:
    assert refused(ask(), *NO_BATTERY)
    before = the_record()
    recorded = door.send({})
    assert recorded is not isinstance(door, Form)
    assert recorded or the_record() == before
    assert refused(ask(), *NO_BATTERY)


def test_case_1_one_result_is_missing(door: Door, ask: Ask) -> None:
    assert door.send({key: value for key, value in GOOD_BATTERY.items() if key != ("ISO", "")})
    assert refused(ask(), missing("ISO"))


@pytest.mark.parametrize("blank", ["", "  "], ids=["empty", "spaces"])
def test_case_2_blank(door: Door, ask: Ask, blank: str) -> None:
    """A blank in a form is no value at all; whoever leaves one has to say so."""
    assert door.send(with_value("ISO", "", blank))
    if isinstance(door, Form):
        assert refused(ask(), missing("ISO"))
    else:
        assert refused(ask(), ("measurement_indeterminate", "ISO", None, None, "≥ 500 ohm/V", ANOTHER))


@pytest.mark.parametrize("token", [Written("NaN"), Written("Infinity"), Written("-Infinity"), "NaN", "1e999"])
def test_case_3_nan_and_infinity(door: Door, ask: Ask, token: str) -> None:
    """JSON from a rig is recorded as it was written; a form refuses, keeps what was typed and records nothing."""
    before = the_record()
    recorded = door.send(with_value("ISO", "", token))
    if isinstance(door, Form):
        assert not recorded
        assert the_record() == before
        assert refused(ask(), *NO_BATTERY)
        return
    assert recorded
    (reason,) = ask()["reasons"]
    assert (reason["code"], reason["characteristic"], reason["required"], reason["clears_when"]) == (
        "measurement_indeterminate",
        "ISO",
        "≥ 500 ohm/V",
        ANOTHER,
    )
    assert reason["found"] == f"{token} ohm/V"


@pytest.mark.parametrize("unit", ["V", "Ohm", ""])
def test_case_4_wrong_unit__a_form_has_no_unit_to_type_and_refuses_one_behind_the_value(
    door: Door, ask: Ask, unit: str
) -> None:
    if isinstance(door, Form):
        before = the_record()
        assert not door.send(GOOD_BATTERY, unit=unit or "ohm")
        assert the_record() == before
        assert refused(ask(), *NO_BATTERY)
        return
    assert door.send(GOOD_BATTERY, unit=unit)
    assert refused(
        ask(),
        ("measurement_indeterminate", "BOND", "charge-port", f"0.043 {unit}".strip(), "< 0.1 ohm", ANOTHER),
        ("measurement_indeterminate", "BOND", "pack", f"0.040 {unit}".strip(), "< 0.1 ohm", ANOTHER),
    )


def test_case_4_the_same_value_in_a_unit_that_converts_is_compared_exactly(door: Door, ask: Ask) -> None:
    if isinstance(door, Form):
        pytest.skip("a form has no unit to choose: it is the plan's")
    assert door.send({**GOOD_BATTERY, ("BOND", "charge-port"): "100", ("BOND", "pack"): "99.999"}, unit="mohm")
    assert refused(ask(), *failed("BOND", "charge-port", "100 mohm", "< 0.1 ohm"))


@pytest.mark.law(5)
@pytest.mark.parametrize("value", ["500", "5.00e2"])
def test_case_5_a_value_on_an_inclusive_limit_passes(door: Door, ask: Ask, value: str) -> None:
    assert door.send(with_value("ISO", "", value))
    assert clear(ask())


@pytest.mark.law(5)
@pytest.mark.parametrize("value", ["0.1", "0.100"])
def test_case_5_a_value_on_a_strict_limit_fails(door: Door, ask: Ask, value: str) -> None:
    assert door.send(with_value("BOND", "pack", value))
    assert refused(ask(), *failed("BOND", "pack", f"{value} ohm", "< 0.1 ohm"))


@pytest.mark.law(5)
@pytest.mark.parametrize(
    "characteristic, position, value, required",
    [
        # Thirty digits are all that is kept; the binary float of each of the two is the limit itself.
        ("ISO", "", Written("499.999999999999999999999999999"), "≥ 500 ohm/V"),
        ("ISO", "", "499.999999999999999999999999999", "≥ 500 ohm/V"),
        ("BOND", "pack", Written("0.100000000000000000000000000001"), "< 0.1 ohm"),
    ],
    ids=["number", "text", "number of a strict limit"],
)
def test_case_6_one_unit_in_the_last_place_outside_fails(
    door: Door, ask: Ask, characteristic: str, position: str, value: str, required: str
) -> None:
    assert door.send(with_value(characteristic, position, value))
    unit = required.split()[-1]
    assert refused(ask(), *failed(characteristic, position or None, f"{value} {unit}", required))


@pytest.mark.law(5)
def test_case_6_one_unit_in_the_last_place_inside_passes(door: Door, ask: Ask) -> None:
    assert door.send(with_value("BOND", "pack", Written("0.0999999999999999999999999999999")))
    assert clear(ask())


@pytest.mark.law(6)
def test_case_7_a_pass_uploaded_late_after_a_fail(door: Door, ask: Ask, plant: Plant, clock: Clock) -> None:
    """A form is finished when it is saved: one that was drawn before the fail and saved after it stands in."""
    door.begin()
    clock.go_on(5)
    assert ApiSingle(plant, clock).send(with_value("BOND", "pack", "0.100"))
    before = ask()
    assert refused(before, *failed("BOND", "pack", "0.100 ohm", "< 0.1 ohm"))
    clock.go_on(5)
    assert door.send(GOOD_BATTERY, begun=True)
    after = ask()
    assert refused(after, *failed("BOND", "pack", "0.100 ohm", "< 0.1 ohm"))
    assert Inspection.objects.filter(procedure_id=plant.procedures["BAT-EOL"].pk).count() == 2


def test_case_8_a_duplicate_post(door: Door, ask: Ask, clock: Clock) -> None:
    assert door.send(with_value("BOND", "pack", "0.100"))
    before = ask()
    rows = the_record()
    clock.go_on()
    assert door.again()
    assert the_record() == rows
    assert ask() == before
    assert refused(before, *failed("BOND", "pack", "0.100 ohm", "< 0.1 ohm"))


@pytest.mark.law(3)
def test_case_9_a_plan_relaxed_in_mid_batch_binds_no_car_of_it(
    door: Door, ask: Ask, plant: Plant, clock: Clock
) -> None:
    line = Requirement.objects.get(revision=plant.revision, characteristic__code="BOND")
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        Requirement.objects.filter(pk=line.pk).update(upper=Decimal(1))
    make_revision(plant.configuration, [{**LINES[0], "upper": Decimal(1)}, *LINES[1:]])
    assert door.send(with_value("BOND", "pack", "0.2"))
    assert refused(ask(), *failed("BOND", "pack", "0.2 ohm", "< 0.1 ohm"))


@pytest.mark.law(3)
def test_case_9_a_plan_tightened_in_mid_batch_changes_no_verdict(door: Door, ask: Ask, plant: Plant) -> None:
    assert door.send(GOOD_BATTERY)
    before = ask()
    rows = the_record()
    make_revision(plant.configuration, [{**LINES[0], "upper": Decimal("0.001")}, *LINES[1:]])
    assert the_record() == rows
    assert ask() == before
    assert clear(before)


def test_case_10_a_rig_out_of_calibration(door: Door, ask: Ask, plant: Plant, clock: Clock) -> None:
    """It is recorded and judged; it counts when the certificate is there."""
    ended = clock.now - timedelta(days=1)
    rig = make_rig("EOL-9", procedures=list(plant.procedures.values()), until=ended)
    door.measure_with(rig)
    assert door.send(GOOD_BATTERY)
    answer = ask()
    assert not answer["clear"]
    found = [(reason["code"], reason["characteristic"], reason["position"]) for reason in answer["reasons"]]
    assert found == [
        ("rig_out_of_calibration", "BOND", "charge-port"),
        ("rig_out_of_calibration", "BOND", "pack"),
        ("rig_out_of_calibration", "HVIL", None),
        ("rig_out_of_calibration", "ISO", None),
    ]
    assert all(reason["clears_when"] for reason in answer["reasons"])
    enter_calibration(
        rig=rig, certificate="C-2", valid_from=ended, valid_until=ended + timedelta(days=90), actor=SYSTEM, at=clock.now
    )
    assert clear(ask())


class TestAnApprovedPlanOfNoLines:
    @pytest.fixture
    def plant(self, db: None, clock: Clock) -> Plant:
        return make_nearly_good_plant(lines=[])

    def test_case_11_zero_requirements(self, door: Door, ask: Ask, plant: Plant) -> None:
        assert plant.revision.status == "approved"
        assert door.send(GOOD_BATTERY)
        answer = ask()
        assert not answer["clear"]
        found = {(reason["code"], reason["gate"], reason["subject"]) for reason in answer["reasons"]}
        assert {("no_requirements", domain, plant.vehicle.vin) for domain in ("battery", "crash", "driving")} <= found
        assert {code for code, *_ in found} == {"no_requirements", "hold_active"}


@pytest.mark.law(7)
@pytest.mark.parametrize("pack", ["0.040", "0.100"], ids=["pass", "fail"])
def test_case_12_a_task_delivered_twice(door: Door, ask: Ask, plant: Plant, pack: str) -> None:
    assert door.send(with_value("BOND", "pack", pack))
    before = ask()
    rows = the_record()
    assert decide_batch(batch_id=plant.batch.pk) == 0
    assert the_record() == rows
    assert ask() == before
    assert before["clear"] is (pack == "0.040")


def test_nothing_decided_yet_is_not_clear(door: Door, ask: Ask, plant: Plant, clock: Clock) -> None:
    """Between the post and the worker's decision an answer never rests on the old one."""
    assert door.send(GOOD_BATTERY)
    assert clear(ask())
    assert door.send(with_value("BOND", "pack", "0.100"))
    mes = SystemClient.objects.get()
    client = Client(headers={"authorization": f"Bearer {issue_key(client=mes, at=clock.now)}"})
    answer = client.get(f"/api/v1/vehicles/{plant.vehicle.vin}/clearance/").json()
    assert (answer["clear"], [reason["code"] for reason in answer["reasons"]]) == (False, ["evaluation_pending"])
