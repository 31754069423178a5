"""An inspector's main path on a tablet (820 by 1180) with a finger: every target is big enough for a glove."""

import pytest
from playwright.sync_api import expect

from tests.web.browsing import sign_in, smaller_than, value_box

GLOVE, FINGER = 56, 44


@pytest.fixture
def browser_context_args(browser_context_args):
    return {**browser_context_args, "viewport": {"width": 820, "height": 1180}, "has_touch": True}


def test_an_inspector_records_an_inspection_with_a_finger(page, context, live_server, transactional_db, clock):
    from inspections.people.choices import Role
    from inspections.results.models import Inspection
    from tests.factories import make_person, make_plant

    plant = make_plant()
    small = {}
    page.goto(f"{live_server.url}/accounts/login/")
    small["login"] = smaller_than(page, FINGER)
    sign_in(context, live_server.url, make_person(Role.INSPECTOR))
    page.goto(f"{live_server.url}/")
    small["today"] = smaller_than(page, FINGER)
    page.goto(f"{live_server.url}/entry/?vin={plant.vehicle.vin[-6:]}")
    small["offer"] = smaller_than(page, GLOVE)
    page.get_by_role("link", name="BAT-EOL").tap()
    page.get_by_label("I saw these versions in the car").tap()
    for code, place, value in (("BOND", "charge-port", "0.043"), ("BOND", "pack", "0.040"), ("ISO", "", "812")):
        box = value_box(page, code, place)
        box.tap()
        box.fill(value)
    page.get_by_text("Conforms", exact=True).tap()
    expect(page.locator(".two input:checked")).to_have_count(1)
    small["form"] = smaller_than(page, GLOVE)
    page.get_by_role("button", name="Save the inspection").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recorded: every value passes")
    small["recorded"] = smaller_than(page, GLOVE)
    assert {name: found for name, found in small.items() if found} == {}
    assert Inspection.objects.filter(vehicle=plant.vehicle).count() == 1
