"""The main paths of an inspector, in gloves, and of release officers on a tablet (820 by 1180) with a finger: every
target is big enough."""

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


def test_two_release_officers_release_a_car_with_a_finger(page, context, live_server, transactional_db, clock):
    from inspections.gates.services import decide_batch
    from inspections.people.choices import Role
    from inspections.releases.models import Release
    from inspections.results.services import record_inspections
    from tests.factories import AT, make_person, make_plant

    plant = make_plant()
    record_inspections(items=plant.passing(), rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    small = {}

    def sign_it(label):
        expect(page.get_by_role("button", name=label)).to_be_visible()
        small[label] = smaller_than(page, FINGER)
        page.get_by_label("Password").fill("a long password")
        page.get_by_label("I have read what I sign, and what is left behind.").tap()
        page.get_by_role("button", name=label).tap()

    sign_in(context, live_server.url, make_person(Role.RELEASE_OFFICER))
    page.goto(f"{live_server.url}/")
    page.get_by_role("link", name="Propose the release").tap()
    expect(page.get_by_role("heading", name="What two people will sign")).to_be_visible()
    small["propose"] = smaller_than(page, FINGER)
    page.get_by_role("button", name="Propose this car").tap()
    sign_it("Sign; a second person has to sign too")
    expect(page.get_by_label("Password")).to_have_count(0)

    context.clear_cookies()
    sign_in(context, live_server.url, make_person(Role.RELEASE_OFFICER))
    page.goto(f"{live_server.url}/")
    small["today"] = smaller_than(page, FINGER)
    page.locator("main").get_by_role("link", name="Read and sign").tap()
    sign_it("Sign and release 1 car")
    expect(page.locator(".signatures section > header h2")).to_have_count(2)
    page.get_by_role("link", name=plant.vehicle.vin).tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("May it leave? Yes")
    small["car"] = smaller_than(page, FINGER)
    assert {name: found for name, found in small.items() if found} == {}
    assert Release.objects.get().signatures.count() == 2
