"""The worked example of the design through the pages: two rigs post to the server, and an engineer, two officers and an
inspector work in Chromium. No worker runs: what one would do when it is called is done by `decide`.

The story without a browser is told each time in tests/journeys/test_the_worked_example.py, and each of its pages is
worked in Chromium by other tests; all of it here with INTERLOCK_LONG=1."""

import json
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.depth import deep
from tests.web.browsing import post, reasons_on, sign_in

pytestmark = [deep, pytest.mark.law(6), pytest.mark.law(8)]

SOFTWARE = [{"system": "ADAS", "version": "4.10"}, {"system": "BMS", "version": "2.0"}]
NO, YES, CLEAR = "May it leave? No", "May it leave? Yes", "May it leave? Not yet: clear, not released"
UNSIGNED = (CLEAR, ["Car 17 is clear; 0 of 2 signatures. Clears when signed."])


def at(clock: str, *, days: int = 0) -> datetime:
    """A time of that Monday, on the plant's clock."""
    from tests.factories import AT

    hours, minutes = map(int, clock.split(":"))
    return AT + timedelta(days=days, hours=hours - 8, minutes=minutes)


class Story:
    """Car 17 and whoever acts on it, each signed in in a browser of their own."""

    def __init__(self, browser, url, clock):
        from inspections.people.choices import Role
        from tests.factories import make_person, make_plant, make_rig, make_vehicle

        self.browser, self.url, self.clock = browser, url, clock
        self.plant = make_plant()
        self.car = make_vehicle(self.plant.batch, sequence=17, software=[("ADAS", "4.10"), ("BMS", "2.0")])
        self.rigs = [self.plant.rig, make_rig("EOL-4", procedures=list(self.plant.procedures.values()))]
        self.people = {"engineer": make_person(Role.ENGINEER), "auditor": make_person(Role.AUDITOR)}
        self.people |= {f"officer {number}": make_person(Role.RELEASE_OFFICER) for number in (1, 2)}
        self.pages = {}

    def page(self, who, path=""):
        """The page of a person, who signs in again each week."""
        if who not in self.pages:
            context = self.browser.new_context(locale="en-GB")
            sign_in(context, self.url, self.people[who])
            self.pages[who] = context.new_page()
        if path:
            self.pages[who].goto(f"{self.url}{path}")
        return self.pages[who]

    def everybody_leaves(self):
        for page in self.pages.values():
            page.context.close()
        self.pages = {}

    def posts(self, rig, finished, bond="", *, arrives="", procedure="BAT-EOL"):
        from inspections.rigs.services import issue_key
        from tests.factories import GOOD, changed_value

        self.clock.now = at(arrives or finished)
        rows = changed_value(procedure, "BOND", bond, position="pack") if bond else GOOD[procedure]
        body = {
            "id": f"{procedure}-{finished}",
            "vin": self.car.vin,
            "procedure": procedure,
            "software": SOFTWARE,
            "started_at": at(finished).isoformat(),
            "finished_at": at(finished).isoformat(),
            "measurements": [
                {key: value if isinstance(value, bool) else str(value) for key, value in row.items()} for row in rows
            ],
        }
        key = issue_key(rig=self.rigs[rig], at=self.clock.now)
        assert post(self.url, key, json.dumps(body))[0] == 201
        self.decide()

    def nonconformance(self):
        from inspections.dispositions.models import Nonconformance

        return Nonconformance.objects.get().number

    def decide(self):
        from inspections.gates.services import decide_batch

        decide_batch(batch_id=self.plant.batch.pk, at=self.clock.now)

    def answer(self, who="auditor"):
        """What the page of the car answers, and the reasons it gives."""
        page = self.page(who, f"/vehicles/{self.car.vin}/")
        return page.get_by_role("heading", level=1).inner_text(), reasons_on(page)

    def signs(self, who, path, button):
        page = self.page(who, path)
        page.get_by_label("I have read what I sign, and what is left behind.").check()
        page.get_by_label("Password").fill("a long password")
        page.get_by_role("button", name=button).click()
        expect(page.locator(".signatures")).to_contain_text(str(self.people[who]))


@pytest.fixture
def story(transactional_db, live_server, clock, browser):
    found = Story(browser, live_server.url, clock)
    yield found
    found.everybody_leaves()


def test_law_6_from_the_first_pass_of_car_17_to_its_suspended_release(story):
    for procedure in ("DRV-EOL", "CRS-EOL"):
        story.posts(1, "08:10", procedure=procedure)
    story.posts(0, "08:14", "0.043")
    assert story.answer() == UNSIGNED

    story.posts(1, "08:31", "0.100")
    flagged, number = story.answer(), story.nonconformance()
    assert flagged == (
        NO,
        [
            "Car 17: BOND, pack is 0.100 Ω; less than 0.1 Ω is required. "
            f"Clears when {number} has a disposition and a later test passes.",
            "Car 17 is held by Interlock since 2026-11-23 08:31: BOND. Clears when its cause ends.",
            f"Car 17: {number} is open. Clears when closed.",
        ],
    )
    batch = story.page("engineer", f"/batches/{story.plant.batch.number}/")
    expect(batch.locator(".gates")).to_contain_text("Fail: 1 car")
    expect(batch.get_by_text("The batch's own facts are in order")).to_have_count(3)

    story.posts(0, "08:12", "0.040", arrives="08:40")
    assert story.answer() == flagged
    late = story.page("auditor").locator(".life li", has=story.page("auditor").locator(".late"))
    expect(late).to_have_count(1)
    expect(late).to_contain_text("08:12")
    expect(late).to_contain_text("08:40 arrived")
    story.posts(0, "09:05", "0.038")
    assert story.answer() == flagged

    the_engineer_records_the_rework(story)
    assert story.answer() == UNSIGNED
    expect(story.page("auditor", f"/nonconformances/{number}/").get_by_role("heading", level=1)).to_have_text(
        f"{number} is closed: BOND of car 17 is answered"
    )
    release = two_officers_release_it(story)
    assert story.answer() == (YES, [])
    next_week_the_rig_is_out_of_tolerance(story, release)


def the_engineer_records_the_rework(story):
    story.clock.now = at("09:20")
    page = story.page("engineer", f"/vehicles/{story.car.vin}/")
    page.locator("#reasons").get_by_role("link", name=story.nonconformance()).first.click()
    page.locator("#rework > summary").click()
    form = page.locator("#rework form")
    form.get_by_label("What was done").fill("Joint cleaned")
    form.get_by_label("Done at").fill("2026-11-23T08:55")
    form.get_by_role("checkbox", name="BOND").check()
    form.locator("button.main").click()
    expect(page.locator("main")).to_contain_text("Joint cleaned")
    story.decide()


def two_officers_release_it(story):
    story.clock.now = at("10:00")
    page = story.page("officer 1", f"/batches/{story.plant.batch.number}/release/")
    page.get_by_role("button", name="Propose this car").click()
    expect(page.locator("#sign")).to_contain_text("Signature 1")
    path = page.url.removeprefix(story.url)
    story.signs("officer 1", path, "Sign; a second person has to sign too")
    assert story.answer()[0] == CLEAR
    story.signs("officer 2", path, "Sign and release 1 car")
    return path


def next_week_the_rig_is_out_of_tolerance(story, release):
    story.everybody_leaves()
    story.clock.now = at("09:00", days=7)
    page = story.page("engineer", f"/rigs/{story.plant.rig.code}/")
    page.locator("#out-of-tolerance > summary").click()
    form = page.locator("#out-of-tolerance form")
    form.locator("[name=back_to]").fill("2026-11-23T06:00")
    form.locator("[name=found_at]").fill("2026-11-30T08:50")
    form.locator("[name=reason]").fill("Reads 8 % low")
    form.get_by_role("button", name="See what it would do").click()
    expect(page.locator(".band.wait")).to_contain_text("a gate that passed on it turns pending")
    page.get_by_role("button", name="Do it").click()
    expect(page.locator(f'main a[href*="{story.car.vin}"]').first).to_be_visible()
    story.decide()
    assert story.answer() == (
        "May it leave? Not yet",
        [
            "Car 17: each of 3 characteristics of BAT-EOL was measured on EOL-3, not in calibration at "
            "2026-11-23 09:05. "
            "Clears when the certificate is entered or another rig passes it.",
            f"Car 17: release {release.split('/')[2]} suspended 2026-11-30 09:00: something was decided later. "
            "Clears when clear again and signed anew.",
        ],
    )
    listed = story.page("officer 2", release)
    expect(listed.get_by_role("heading", level=1)).to_have_text(
        "1 released car may not leave: something was decided since"
    )
    leaving = story.page("officer 1", f"/vehicles/{story.car.vin}/deliver/")
    expect(leaving.get_by_role("heading", level=1)).to_have_text("This car may not leave")
    expect(leaving.get_by_role("button", name="It leaves the plant")).to_have_count(0)
