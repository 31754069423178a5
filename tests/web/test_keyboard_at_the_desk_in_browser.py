"""The main paths of a catalogue owner and an auditor with the keyboard alone; the focus is always seen."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.web.browsing import log_in, sign_in, tab_to

SHOWN_TABLES = "[...document.querySelectorAll('.life details table')].filter(each => each.checkVisibility()).length"


@pytest.fixture
def served(transactional_db, live_server, clock):
    """A car whose bonding failed."""
    from inspections.gates.services import decide_batch
    from inspections.results.services import record_inspections
    from tests import factories

    plant = factories.make_plant()
    values = factories.changed_value("BAT-EOL", "BOND", "0.100", position="pack")
    failed = plant.posted(measurements=values, software=[{"system": "BMS", "version": "2.0"}])
    record_inspections(items=[failed, *plant.passing()[1:]], rig=plant.rig, actor=plant.rig_actor, at=factories.AT)
    decide_batch(batch_id=plant.batch.pk, at=factories.AT)

    class Served:
        url, car, plan = live_server.url, plant.vehicle, plant.revision.plan

    return Served


def press(page, wanted, key="Enter"):
    tab_to(page, wanted)
    page.keyboard.press(key)


def test_owners_draft_a_tighter_limit_compare_it_and_put_it_in_force_without_a_mouse(page, context, served):
    from inspections.people.choices import Role
    from tests.factories import AT, make_person
    from tests.signing import PASSWORD, approve

    page.goto(f"{served.url}/plans/")
    log_in(page, Role.CATALOGUE_OWNER)
    press(page, page.locator("main").get_by_role("link", name=served.plan.code).first)
    press(page, page.locator('main a[href$="/draft/BAT-EOL/"]').first)
    upper = page.locator('[name="line-0-upper"]')
    expect(upper).to_have_value("0.1")
    tab_to(page, upper)
    page.keyboard.press("Control+a")
    page.keyboard.type("0.05", delay=40)
    press(page, page.get_by_role("button", name="Draft revision 2"))
    expect(page.locator("p.band")).to_have_text("Revision 2 is drafted. Two others approve it before it is in force.")
    press(page, page.get_by_role("link", name="Side by side"))
    changed = page.locator(".change-row").filter(has_text="BOND")
    expect(changed).to_contain_text("less than 0.1 Ω")
    expect(changed).to_contain_text("less than 0.05 Ω")
    draft = served.plan.revisions.get(number=2)
    approve(draft, make_person(Role.CATALOGUE_OWNER), AT)
    context.clear_cookies()
    sign_in(context, served.url, make_person(Role.CATALOGUE_OWNER))
    page.reload()
    press(page, page.locator(".sides").get_by_role("link", name="Revision 2"))
    tab_to(page, page.get_by_label("Your password"))
    page.keyboard.type(PASSWORD)
    press(page, page.get_by_role("button", name="Approve"))
    expect(page.locator("p.band").filter(has_text="Revision 2 is in force.")).to_be_visible()
    assert list(served.plan.revisions.order_by("number").values_list("status", flat=True)) == [
        "superseded",
        "approved",
    ]


def test_an_auditor_finds_a_car_reads_its_life_and_takes_it_along_without_a_mouse(page, served):
    from inspections.people.choices import Role

    page.goto(f"{served.url}/")
    log_in(page, Role.AUDITOR)
    expect(page.get_by_label("Scan or type what you look for")).to_be_visible()
    page.wait_for_load_state()  # its keys too
    page.keyboard.press("/")
    page.keyboard.type(served.car.vin[-6:], delay=40)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("May it leave? No")
    inspection = page.locator(".life > li").filter(has_text="BAT-EOL, 3 of 4 values pass")
    press(page, inspection.locator("summary"))
    expect(inspection.locator("details table")).to_be_visible()
    expect(inspection.locator("details")).to_contain_text("0.100 Ω")
    with page.expect_download() as waiting:
        press(page, page.locator(".exports").get_by_role("link", name="CSV").first)
    assert "BAT-EOL" in Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    # On paper nothing that was measured stays folded, and nothing asks to be pressed.
    assert page.evaluate(SHOWN_TABLES) == 1
    page.emulate_media(media="print")
    assert page.evaluate(SHOWN_TABLES) == served.car.inspections.count()
    expect(page.locator(".bezel")).to_be_hidden()
    expect(page.locator(".title-block")).to_contain_text(served.car.vin)
    expect(page.locator("main a.button, main form[method=post]")).to_have_count(0)
