"""A rig owner with a CSV nobody has seen before, in Chromium without JavaScript: profile, approval, results."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.web.browsing import sign_in


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "viewport": {"width": 820, "height": 1180}, "java_script_enabled": False}


def test_from_a_csv_nobody_has_seen_before_to_recorded_results(
    page, context, live_server, transactional_db, clock, settings, tmp_path
):
    import yaml

    from inspections.intake.models import Kept, Rereading
    from inspections.intake.services import land_submission, read_files_again, read_submission
    from inspections.people.choices import Role
    from inspections.results.models import Inspection
    from tests.factories import AT, make_person, make_plant, rig_actor
    from tests.pack_csv import csv, make_pack, profile_of, row
    from tests.signing import PASSWORD

    settings.SUBMISSIONS_DIR = tmp_path / "submissions"
    plant = make_plant()
    rig, _ = make_pack(plant)
    landed, _ = land_submission(
        rig=rig, stream=[csv(row(1, plant.vehicle.vin))], name="day.csv", actor=rig_actor(rig), at=AT
    )
    read_submission(submission_id=landed.pk, at=AT)
    sign_in(context, live_server.url, make_person(Role.CATALOGUE_OWNER, Role.ENGINEER))
    page.goto(f"{live_server.url}/intake/{Kept.objects.get().pk}/")
    page.get_by_role("link", name="Mend the profile beside this file").click()
    page.get_by_label("Code").fill("PACK-CSV")
    page.get_by_label("Name", exact=True).fill("Pack rigs")
    page.get_by_label("Reader").select_option("table")
    page.get_by_role("button", name="Begin it").click()
    page.get_by_label("What the profile says").fill(yaml.safe_dump(profile_of(items=[]), sort_keys=False))
    page.get_by_role("button", name="Try it on the file").click()
    expect(page.get_by_role("heading", name="3 items have no place yet")).to_be_visible()
    page.get_by_label("Iso", exact=True).select_option("PK-ISO|")
    page.get_by_label("Bond", exact=True).select_option("PK-BOND|")
    page.locator("#unit-1").fill("ohm")
    page.get_by_role("button", name="Try it on the file").click()
    expect(page.get_by_role("heading", name="Would be recorded: T-1")).to_be_visible()
    expect(page.locator(".taken-shown mark").filter(has_text=plant.vehicle.vin)).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_role("button", name="Ask for approval").click()
    address = page.url
    for _ in range(2):
        sign_in(context, live_server.url, make_person(Role.CATALOGUE_OWNER))
        page.goto(address)
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Revision 1 is in force")
    page.get_by_label("Rig", exact=True).first.select_option(str(rig.pk))
    page.get_by_role("button", name="Assign it").click()
    page.goto(f"{live_server.url}/intake/{Kept.objects.get().pk}/")
    page.get_by_role("button", name="Read this file again").click()
    read_files_again(rereading_id=Rereading.objects.get().pk, at=AT)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 of 1 read again")
    page.goto(f"{live_server.url}/entry/recorded/{Inspection.objects.get().pk}/")
    expect(page.get_by_text("PACK-CSV, 1")).to_be_visible()
