"""The main paths of an inspector and an engineer with the keyboard alone; the focus is always seen."""

import re

import pytest
from playwright.sync_api import expect

from tests.web.browsing import log_in, tab_to, value_box


@pytest.fixture
def served(transactional_db, live_server, clock):
    """Two cars of a flagged batch: the first failed, of the second everything is missing."""
    from inspections.gates.services import decide_batch
    from inspections.results.services import record_inspections
    from tests import factories

    class Served:
        url = live_server.url
        plant = factories.make_plant()

    plant = Served.plant
    factories.make_vehicle(plant.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")])
    values = factories.changed_value("BAT-EOL", "BOND", "0.100", position="pack")
    failed = plant.posted(measurements=values, software=[{"system": "BMS", "version": "2.0"}])
    record_inspections(items=[failed, *plant.passing()[1:]], rig=plant.rig, actor=plant.rig_actor, at=factories.AT)
    decide_batch(batch_id=plant.batch.pk, at=factories.AT)
    return Served


def test_an_inspector_records_an_inspection_without_a_mouse(page, served):
    from inspections.people.choices import Role
    from inspections.results.models import Inspection

    car = served.plant.batch.vehicles.get(sequence=2)
    page.goto(f"{served.url}/entry/")
    log_in(page, Role.INSPECTOR)
    page.wait_for_url(f"{served.url}/entry/")
    tab_to(page, page.locator("main input:not([type=hidden])").first)
    page.keyboard.type(car.vin[-6:], delay=40)
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("link", name="BAT-EOL"))
    page.keyboard.press("Enter")
    expect(page.locator("#entry-form")).to_be_visible()
    tab_to(page, page.get_by_label("I saw these versions in the car"))
    page.keyboard.press("Space")
    for code, place, value in (("BOND", "charge-port", "0.043"), ("BOND", "pack", "0.040"), ("ISO", "", "812")):
        tab_to(page, value_box(page, code, place))
        page.keyboard.type(value, delay=40)
    tab_to(page, page.locator(".two input").first)
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="Save the inspection"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recorded: every value passes")
    assert Inspection.objects.filter(vehicle=car).count() == 1


def test_an_engineer_goes_from_today_through_the_matrix_to_the_car_without_a_mouse(page, served):
    from inspections.people.choices import Role

    batch, car = served.plant.batch.number, served.plant.vehicle.vin
    page.goto(f"{served.url}/")
    log_in(page, Role.ENGINEER)
    expect(page).to_have_title(re.compile("Today"))
    tab_to(page, page.get_by_role("table").get_by_role("link", name=batch))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/batches/{batch}/")
    tab_to(page, page.locator("[data-matrix] [tabindex='0']"))
    heard = []
    for key in ("Control+Home", "n", "n", "p", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
        heard.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))
    assert heard == [
        "car 1, Hold, held",
        "car 1, BOND, fail, 1 of 2 positions",
        "car 2, BOND, missing, 2 of 2 positions",
        "car 1, BOND, fail, 1 of 2 positions",
        "car 2, BOND, missing, 2 of 2 positions",
        "car 1, BOND, fail, 1 of 2 positions",
    ]
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/vehicles/{car}/#c-BOND")
    expect(page.get_by_role("heading", level=1)).to_have_text("May it leave? No")


def test_a_release_officer_proposes_a_car_and_signs_without_a_mouse(page, served):
    from inspections.gates.services import decide_batch
    from inspections.people.choices import Role
    from inspections.releases.models import Release
    from inspections.results.services import record_inspections
    from tests.factories import AT

    plant = served.plant
    car = plant.batch.vehicles.get(sequence=2)
    record_inspections(items=plant.passing(vin=car.vin), rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    page.goto(f"{served.url}/batches/{plant.batch.number}/")
    log_in(page, Role.RELEASE_OFFICER)
    tab_to(page, page.locator(f'main a[href$="/batches/{plant.batch.number}/release/"]').first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What two people will sign")).to_be_visible()
    tab_to(page, page.get_by_role("button", name="Propose this car"))
    page.keyboard.press("Enter")
    expect(page.locator("#sign")).to_contain_text("Signature 1")
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type("a long password")
    tab_to(page, page.get_by_label("I have read what I sign, and what is left behind."))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="Sign; a second person has to sign too"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Password")).to_have_count(0)
    assert Release.objects.get().signatures.count() == 1
