"""A release in the browser: one officer proposes and signs, another signs, and only then the car leaves."""

from playwright.sync_api import expect

from tests.web.browsing import sign_in


def sign(page, label):
    page.get_by_label("I have read what I sign, and what is left behind.").check()
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name=label).click()


def test_two_officers_release_a_car_and_it_leaves(page, context, live_server, transactional_db, clock):
    from inspections.gates.services import decide_batch
    from inspections.people.choices import Role
    from inspections.releases.models import Delivery, Release
    from inspections.results.services import record_inspections
    from tests.factories import AT, make_person, make_plant

    plant = make_plant()
    first, second = make_person(Role.RELEASE_OFFICER), make_person(Role.RELEASE_OFFICER)
    record_inspections(items=plant.passing(), rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    car = f"{live_server.url}/vehicles/{plant.vehicle.vin}/"

    sign_in(context, live_server.url, first)
    page.goto(f"{live_server.url}/batches/{plant.batch.number}/release/")
    page.get_by_role("button", name="Propose this car").click()
    expect(page.locator("#sign")).to_contain_text("Signature 1")
    proposal = page.url
    sign(page, "Sign; a second person has to sign too")
    expect(page.locator(".signatures")).to_contain_text(str(first))
    expect(page.get_by_label("Password")).to_have_count(0)
    page.goto(f"{car}deliver/")
    expect(page.get_by_role("heading", level=1)).to_have_text("This car may not leave")
    expect(page.get_by_role("button", name="It leaves the plant")).to_have_count(0)

    context.clear_cookies()
    sign_in(context, live_server.url, second)
    page.goto(proposal)
    sign(page, "Sign and release 1 car")
    assert Release.objects.get().signatures.count() == 2
    page.goto(f"{car}deliver/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Let this car leave?")
    page.get_by_role("button", name="It leaves the plant").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Let this car leave?")
    assert Delivery.objects.get().vehicle == plant.vehicle
