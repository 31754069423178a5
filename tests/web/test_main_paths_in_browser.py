"""The main paths of a catalogue owner, an auditor and an engineer on a tablet, from Today on, with only the page before
them. An inspector's is in test_tablet_in_browser.py, a release officer's in test_release_in_browser.py."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.web.browsing import reasons_on, sign_in


@pytest.fixture
def browser_context_args(browser_context_args):
    return {**browser_context_args, "viewport": {"width": 820, "height": 1180}}


@pytest.fixture
def served(transactional_db, live_server, clock):
    """A car whose bonding failed, and a draft of the next revision, which asks more of it."""
    from decimal import Decimal

    from inspections.catalogue.entries import digest
    from inspections.catalogue.queries import lines_of
    from inspections.dispositions.models import Nonconformance
    from inspections.gates.services import decide_batch
    from inspections.results.services import record_inspections
    from tests import factories

    plant = factories.make_plant()
    values = factories.changed_value("BAT-EOL", "BOND", "0.100", position="pack")
    failed = plant.posted(measurements=values, software=[{"system": "BMS", "version": "2.0"}])
    record_inspections(items=[failed, *plant.passing()[1:]], rig=plant.rig, actor=plant.rig_actor, at=factories.AT)
    decide_batch(batch_id=plant.batch.pk, at=factories.AT)
    tighter = [{**factories.LINES[0], "upper": Decimal("0.05")}, *factories.LINES[1:]]
    draft = factories.make_revision(plant.configuration, tighter, approved=False)
    draft.digest = digest(lines_of(draft))
    draft.save(update_fields=["digest"])

    class Served:
        url, car, batch, revision = live_server.url, plant.vehicle, plant.batch, draft
        nonconformance = Nonconformance.objects.get().number

    return Served


def open_today(page, context, served, role):
    from tests.factories import make_person

    context.clear_cookies()
    person = make_person(role)
    sign_in(context, served.url, person)
    page.goto(f"{served.url}/")
    return person


def find(page, what):
    page.get_by_label("Scan or type what you look for").fill(what)
    page.keyboard.press("Enter")


def test_two_catalogue_owners_see_what_a_draft_changes_and_put_it_in_force(page, context, served):
    from inspections.people.choices import Role
    from tests.signing import PASSWORD

    for said in ("The first approval is given. Somebody else gives the second.", "Revision 2 is in force."):
        open_today(page, context, served, Role.CATALOGUE_OWNER)
        page.get_by_role("link", name="Catalogue", exact=True).click()
        page.locator("main").get_by_role("link", name=served.revision.plan.code).first.click()
        page.locator('main a[href$="/2/"]').first.click()
        expect(page.locator("main")).to_contain_text("less than 0.05 Ω")
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Approve").click()
        expect(page.locator("p.band").filter(has_text=said)).to_be_visible()
        expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    served.revision.refresh_from_db()
    assert served.revision.status == "approved"
    # What is on the record stays as it was judged.
    find(page, served.car.vin[-6:])
    expect(page.locator(".title-block")).to_contain_text("revision 1; current is 2")


def test_an_auditor_finds_a_car_sees_all_of_its_life_takes_it_along_and_can_change_nothing(page, context, served):
    from inspections.people.choices import Role

    open_today(page, context, served, Role.AUDITOR)
    find(page, served.car.vin[-6:])
    expect(page.get_by_role("heading", level=1)).to_have_text("May it leave? No")
    assert reasons_on(page)[0].startswith("Car 1: BOND, pack is 0.100 Ω; less than 0.1 Ω is required.")
    life = page.locator(".life > li")
    expect(life.filter(has_text="BAT-EOL, 3 of 4 values pass")).to_have_count(1)
    expect(life.filter(has_text=f"{served.nonconformance} opened")).to_have_count(1)
    expect(page.locator("main form[method=post], main a.button")).to_have_count(0)
    with page.expect_download() as waiting:
        page.locator(".exports").get_by_role("link", name="CSV").last.click()
    rows = Path(waiting.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) > 1
    assert any(served.nonconformance in row for row in rows)


def test_an_engineer_goes_from_today_to_the_fail_and_answers_it(page, context, served):
    from inspections.dispositions.models import Disposition
    from inspections.people.choices import Role

    engineer = open_today(page, context, served, Role.ENGINEER)
    page.locator("main").get_by_role("link", name=served.batch.number).first.click()
    page.locator("main").get_by_role("link", name=served.nonconformance).first.click()
    page.locator("#rework > summary").click()
    form = page.locator("#rework form")
    form.get_by_label("What was done").fill("Joint cleaned")
    form.get_by_label("Done at").fill("2026-11-23T08:00")
    form.locator("button.main").click()
    expect(page.get_by_role("heading", name="Rework")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Joint cleaned")
    assert list(Disposition.objects.values_list("kind", "person_id")) == [("rework", engineer.pk)]
