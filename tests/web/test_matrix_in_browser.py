"""The keys of the matrix in a real browser: one tab stop, arrows, what is wrong next, Enter opens the car."""

import os
from decimal import Decimal

import pytest


@pytest.fixture
def served(transactional_db, live_server):
    """Three cars served for real: the first failed, of the second everything is missing, the third passed."""
    from inspections.gates.services import decide_batch
    from inspections.people.choices import Role
    from inspections.results.services import record_inspections
    from tests import factories

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

    class Served:
        plant = factories.make_plant()
        person = factories.make_person(Role.ENGINEER)
        cars = [plant.vehicle]

    plant = Served.plant
    Served.cars += [factories.make_vehicle(plant.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")]) for _ in range(2)]
    values = factories.changed_value("BAT-EOL", "BOND", Decimal("0.100"), position="pack")
    failed = plant.posted(measurements=values, software=[{"system": "BMS", "version": "2.0"}])
    items = [failed, *plant.passing()[1:], *plant.passing(vin=Served.cars[2].vin)]
    record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=factories.AT)
    decide_batch(batch_id=plant.batch.pk, at=factories.AT)
    Served.url = f"{live_server.url}/batches/{plant.batch.number}/matrix/"
    return Served


def sign_in(page, served, after):
    page.goto(after)
    page.fill("input[name=login]", served.person.username)
    page.fill("input[name=password]", "a long password")
    page.press("input[name=password]", "Enter")
    page.wait_for_url(after)


def here(page):
    return page.evaluate("document.activeElement.getAttribute('aria-label')")


def test_the_table_is_one_tab_stop_and_moves_by_keys(page, served):
    sign_in(page, served, served.url)
    assert page.locator("[data-matrix] td > a[tabindex='0']").count() == 1
    page.locator("[data-matrix] td > a[tabindex='0']").focus()
    assert here(page) == "car 1, Hold, held"
    moved = []
    for key in ("ArrowDown", "ArrowRight", "n", "p", "p", "End", "Home", "Control+End", "ArrowDown", "Control+Home"):
        page.keyboard.press(key)
        moved.append(here(page))
    assert moved == [
        "car 1, BOND, fail, 1 of 2 positions",
        "car 2, BOND, missing, 2 of 2 positions",
        "car 2, ISO, missing",
        "car 2, BOND, missing, 2 of 2 positions",
        "car 1, BOND, fail, 1 of 2 positions",
        "car 2, BOND, missing, 2 of 2 positions",
        "car 1, BOND, fail, 1 of 2 positions",
        "car 2, ADAS-SW, missing",
        "car 2, ADAS-SW, missing",
        "car 1, Hold, held",
    ]
    assert page.locator("[data-matrix] td > a[tabindex='0']").count() == 1


def test_the_name_of_a_row_that_is_a_link_lies_left_of_its_first_car(page, served, monkeypatch):
    monkeypatch.setattr("inspections.web.matrix_page.optional_url", lambda _name, code: f"/characteristics/{code}/")
    sign_in(page, served, served.url)
    assert page.locator("[data-matrix] a[tabindex='0']").count() == 1
    assert page.locator("[data-matrix] th a[tabindex='-1']").count() == 7
    page.locator("[data-matrix] td > a[aria-label^='car 1, BOND']").focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.textContent") == "BOND"
    page.keyboard.press("ArrowUp")  # the hold above has no name to open
    assert page.evaluate("document.activeElement.textContent") == "BOND"
    page.keyboard.press("ArrowRight")
    assert here(page) == "car 1, BOND, fail, 1 of 2 positions"


def test_enter_opens_the_car_at_that_characteristic(page, served):
    sign_in(page, served, served.url)
    page.locator("[data-matrix] td > a[aria-label^='car 1, BOND']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/vehicles/{served.cars[0].vin}/#c-BOND")
    assert page.locator("#c-BOND").is_visible()


def test_without_its_script_every_cell_is_a_link(browser, served):
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    sign_in(page, served, served.url)
    assert page.locator("[data-matrix] td > a[tabindex]").count() == 0
    page.locator("[data-matrix] td > a[aria-label='car 2, ISO, missing']").click()
    page.wait_for_url(f"**/vehicles/{served.cars[1].vin}/#c-ISO")
    context.close()


def test_single_keys_can_be_switched_off(page, served):
    sign_in(page, served, served.url)
    page.context.add_cookies([{"name": "interlock_keys", "value": "off", "url": served.url}])
    page.reload()
    page.locator("[data-matrix] td > a[tabindex='0']").focus()
    page.keyboard.press("n")
    assert here(page) == "car 1, Hold, held"
