"""The main path in Chromium: which batch is flagged and why, may this car leave, and what did I just measure."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from inspections.evaluation.reasons import Outcome
from inspections.gates.queries import clearance
from inspections.gates.services import decide_batch
from inspections.people.choices import Role
from inspections.results.models import Inspection, Measurement
from inspections.results.services import record_inspections
from tests.factories import AT, Plant, changed_value, make_person, make_plant, make_vehicle

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

PASSWORD = "a long password"
SOFTWARE = {"BAT-EOL": [{"system": "BMS", "version": "2.0"}], "DRV-EOL": [{"system": "ADAS", "version": "4.10"}]}


@pytest.fixture
def plant(transactional_db: None) -> Plant:
    """Two cars: one whose bonding fails on its limit, one that lacks its battery test."""
    plant = make_plant()
    other = make_vehicle(plant.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")])
    bad = changed_value("BAT-EOL", "BOND", "0.100", position="charge-port")
    items = [plant.posted("BAT-EOL", measurements=bad, software=SOFTWARE["BAT-EOL"])]
    for car in (plant.vehicle, other):
        items.append(plant.posted("DRV-EOL", vin=car.vin, software=SOFTWARE["DRV-EOL"]))
        items.append(plant.posted("CRS-EOL", vin=car.vin))
    record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=timezone.now())
    return plant


@pytest.fixture
def page(page: Page) -> Any:
    """No page may write an error to the console, and none loads anything from elsewhere."""
    wrong: list[str] = []
    listening: dict[str, Any] = {
        "pageerror": lambda error: wrong.append(str(error)),
        "console": lambda message: wrong.append(message.text) if message.type == "error" else None,
        "request": lambda asked: None if "//127.0.0.1:" in asked.url else wrong.append(asked.url),
    }
    for event, listen in listening.items():
        page.on(event, listen)  # type: ignore[call-overload]
    page.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    yield page
    for event, listen in listening.items():
        page.remove_listener(event, listen)
    assert wrong == []


def sign_in(page: Page, role: Role) -> str:
    person = make_person(role)
    page.get_by_label("Username").fill(person.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return str(person)


def test_an_engineer_finds_the_flagged_batch_its_reason_and_the_car_that_may_not_leave(
    plant: Plant, web_process: Any, page: Page
) -> None:
    page.goto(web_process.url)
    sign_in(page, Role.ENGINEER)
    sentence = re.compile(r"BOND, charge-port is 0\.100 Ω; less than 0\.1 Ω is required\.")

    expect(page).to_have_title(re.compile("Today"))
    table = page.get_by_role("table").filter(has=page.get_by_role("link", name=plant.batch.number))
    expect(table).to_contain_text("Flagged")
    table.get_by_role("link", name=plant.batch.number).click()

    expect(page).to_have_url(re.compile(f"/batches/{plant.batch.number}/"))
    expect(page.locator("main")).to_contain_text(sentence)
    page.get_by_role("link", name=plant.vehicle.vin).first.click()

    expect(page.get_by_role("heading", level=1)).to_have_text("May it leave? No")
    expect(page.locator(".answer")).to_contain_text(sentence)
    expect(page.locator(".answer")).to_contain_text("Clears when NC-")
    expect(page.locator("#reasons")).to_contain_text("is held by Interlock")


def test_an_inspector_enters_a_value_on_the_limit_and_sees_the_verdict_beside_it(
    plant: Plant, web_process: Any, page: Page
) -> None:
    car = plant.batch.vehicles.get(sequence=2)
    page.goto(f"{web_process.url}/entry/?vin={car.vin[-6:]}")
    operator = sign_in(page, Role.INSPECTOR)
    page.get_by_role("link", name="BAT-EOL").click()

    reading = page.locator("[data-reading]").filter(has=page.get_by_role("textbox", name="BOND pack"))
    reading.get_by_role("textbox", name="BOND pack").fill("0.1")
    expect(reading.locator(".verdict")).to_contain_text("Fail")
    expect(reading.locator(".verdict")).to_contain_text("Saving holds the car.")
    # The limit is strict: a thousandth less passes, and what stands beside a value is always its own verdict.
    reading.get_by_role("textbox", name="BOND pack").fill("0.099")
    expect(reading.locator(".verdict")).to_contain_text("Pass")
    reading.get_by_role("textbox", name="BOND pack").fill("0,100")
    expect(reading.locator(".verdict")).to_contain_text("Fail")
    assert not Inspection.objects.filter(vehicle=car, procedure_id=plant.procedures["BAT-EOL"].pk).exists()

    page.get_by_role("textbox", name="BOND charge-port").fill("0.043")
    page.get_by_role("textbox", name="ISO").fill("500")
    expect(page.locator("[data-reading]").filter(has_text="ISO").locator(".verdict")).to_contain_text("Pass")
    page.get_by_text("Conforms", exact=True).click()
    page.get_by_label("I saw these versions in the car").check()
    page.get_by_role("button", name="Save the inspection").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Recorded: 1 value fails")
    row = page.get_by_role("row").filter(has_text="BOND, pack")
    expect(row).to_contain_text("0.100")
    expect(row).to_contain_text("Fail")

    inspection = Inspection.objects.get(vehicle=car, procedure_id=plant.procedures["BAT-EOL"].pk)
    assert (inspection.verdict, inspection.operator) == (Outcome.FAIL, operator)
    measured = Measurement.objects.get(inspection_id=inspection.pk, position="pack")
    assert (str(measured.value), measured.unit, measured.outcome) == ("0.100", "ohm", Outcome.FAIL)
    decide_batch(batch_id=plant.batch.pk, at=timezone.now())
    found = clearance(vin=car.vin, at=timezone.now())
    assert [(reason.code, reason.found) for reason in found.reasons][:1] == [("measurement_failed", "0.100 ohm")]
