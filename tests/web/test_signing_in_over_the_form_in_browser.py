"""The session ends while an inspection is entered: signing in over the form, in a real browser.

Nothing typed is lost, it is saved by whoever typed it and by nobody else, and the way in is the sign-in page's own.
"""

import pytest
from playwright.sync_api import expect

from tests.web.browsing import sign_in, value_box

SAVE = "Save the inspection"
PASSWORD = "a long password"


@pytest.fixture
def served(transactional_db, live_server, context, page):
    """An inspector, with everything of BAT-EOL typed and not saved; another one is about."""
    from inspections.people.choices import Role
    from tests import factories

    class Served:
        plant = factories.make_plant()
        person, other = factories.make_person(Role.INSPECTOR), factories.make_person(Role.INSPECTOR)
        form = f"{live_server.url}/entry/{plant.vehicle.vin}/BAT-EOL/"

    sign_in(context, live_server.url, Served.person)
    page.goto(Served.form)
    for code, place, value in (("BOND", "charge-port", "0.043"), ("BOND", "pack", "0.040"), ("ISO", "", "812,0")):
        value_box(page, code, place).fill(value)
    page.get_by_text("Conforms", exact=True).click()
    page.check("[name=software_seen]")
    expect(page.locator(".verdict .status")).to_have_count(4)
    return Served


def end_sessions():
    from django.contrib.sessions.models import Session

    Session.objects.all().delete()


def log_in(page, person, password=PASSWORD):
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("input[name=login]")).to_be_focused()
    page.keyboard.type(person.username)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def recorded():
    from inspections.results.models import Inspection

    return list(Inspection.objects.values_list("operator", flat=True))


def test_in_mid_typing_the_form_says_so_leaves_the_focus_and_goes_on_after_signing_in(page, served):
    end_sessions()
    box = value_box(page, "ISO")
    box.fill("499.999")
    expect(page.locator("#said-signed-out")).to_contain_text("Your session ended. Nothing is lost")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(box).to_be_focused()
    page.get_by_role("button", name="Sign in here").click()
    log_in(page, served.person)
    expect(page.locator("#said-signed-in")).to_contain_text("You are signed in again and nothing was lost.")
    expect(page.get_by_role("button", name="Sign in here")).to_have_count(0)
    # What was typed while nobody was signed in is judged now.
    reading = box.locator("xpath=ancestor::*[@data-reading]")
    expect(reading.locator(".verdict")).to_contain_text("499.999 Ω/V is not at least 500 Ω/V.")
    box.fill("812.0")
    expect(reading.locator(".verdict")).to_contain_text("Pass")
    page.get_by_role("button", name=SAVE).click()
    page.wait_for_url("**/entry/recorded/*/")
    assert recorded() == [served.person.personnel_number]


@pytest.mark.parametrize("lost", ["the session", "every cookie"])
def test_before_saving_it_asks_over_the_form_and_saving_works_after_that(page, context, served, lost):
    ticket = page.input_value("[name=ticket]")
    if lost == "the session":
        end_sessions()
    else:
        context.clear_cookies()
    page.get_by_role("button", name=SAVE).click()
    dialog = page.get_by_role("dialog", name="Sign in to go on")
    expect(dialog).to_contain_text("what you typed for car 1 stays on this page and on this tablet.")
    log_in(page, served.person)
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name=SAVE)).to_be_focused()
    assert (recorded(), page.input_value("[name=ticket]"), page.url) == ([], ticket, served.form)
    page.keyboard.press("Enter")
    page.wait_for_url("**/entry/recorded/*/")
    assert recorded() == [served.person.personnel_number]


@pytest.mark.law(8)
def test_another_person_gets_a_form_of_their_own_and_the_first_gets_the_values_back(page, context, served):
    first, other = str(served.person), str(served.other)
    end_sessions()
    page.get_by_role("button", name=SAVE).click()
    log_in(page, served.other)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Signed in now: {other}. What {first} typed is not theirs")
    page.get_by_role("button", name="Back to the form").click()
    page.get_by_role("button", name=SAVE).click()
    expect(dialog).to_contain_text(f"Signed in now: {other}.")
    assert recorded() == []
    page.get_by_role("link", name=f"Go on as {other}, with an empty form").click()
    expect(page.locator("#said-others")).to_contain_text(f"What {first} typed for this car and procedure is kept")
    expect(value_box(page, "ISO")).to_have_value("")
    value_box(page, "ISO").fill("700")
    context.clear_cookies()
    sign_in(context, served.form, served.person)
    page.reload()
    expect(value_box(page, "ISO")).to_have_value("812,0")
    expect(page.locator("#said-others")).to_contain_text(f"What {other} typed")
    page.get_by_role("button", name=SAVE).click()
    page.wait_for_url("**/entry/recorded/*/")
    assert recorded() == [first]


def test_who_signed_in_by_mistake_makes_way_for_the_first(page, served):
    end_sessions()
    page.get_by_role("button", name=SAVE).click()
    log_in(page, served.other)
    page.get_by_role("button", name=f"Sign in as {served.person}").click()
    log_in(page, served.person)
    expect(page.locator("#said-signed-in")).to_be_visible()
    page.get_by_role("button", name=SAVE).click()
    page.wait_for_url("**/entry/recorded/*/")
    assert recorded() == [str(served.person)]


def test_a_tablet_that_keeps_nothing_does_not_offer_to_leave_the_form(page, served):
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full'); }; localStorage.clear(); }")
    end_sessions()
    page.get_by_role("button", name=SAVE).click()
    log_in(page, served.other)
    expect(page.get_by_role("dialog")).to_contain_text("this tablet cannot keep it: it is on this page alone.")
    expect(page.get_by_role("link", name="with an empty form")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(value_box(page, "ISO")).to_have_value("812,0")


def test_a_wrong_password_is_said_in_the_dialog_and_too_many_lock_out(page, served, settings):
    settings.AXES_FAILURE_LIMIT = 2
    end_sessions()
    page.get_by_role("button", name=SAVE).click()
    log_in(page, served.person, "another password")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".error")).to_contain_text("The username and/or password you specified are not correct.")
    expect(dialog.locator("input[name=password]")).to_be_focused()
    page.keyboard.type("one more password")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("Too many sign-ins failed")
    expect(dialog.locator("input[name=login]")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(value_box(page, "ISO")).to_have_value("812,0")
    assert (recorded(), page.url) == ([], served.form)


def test_signed_in_anew_beside_it_the_form_goes_on_by_itself(page, context, served):
    """The same person signed in again in another tab: the proof of origin of this page is an old one."""
    end_sessions()
    beside = context.new_page()
    beside.goto(served.form)
    beside.fill("input[name=login]", served.person.username)
    beside.fill("input[name=password]", PASSWORD)
    beside.press("input[name=password]", "Enter")
    beside.wait_for_url(served.form)
    page.get_by_role("button", name=SAVE).click()
    expect(page.locator("#said-signed-in")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name=SAVE).click()
    page.wait_for_url("**/entry/recorded/*/")
    assert recorded() == [served.person.personnel_number]


def test_a_photograph_waits_for_the_sign_in_and_is_then_sent(page, served, settings, tmp_path):
    from tests.intake.test_photographs import picture

    settings.SUBMISSIONS_DIR = tmp_path
    end_sessions()
    page.set_input_files("#picture", {"name": "joint.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    log_in(page, served.person)
    expect(page.locator("#photos .photo")).to_contain_text("joint.jpg")


def test_a_scan_into_the_dialog_stays_there(page, served):
    end_sessions()
    page.get_by_role("button", name=SAVE).click()
    login = page.get_by_role("dialog").locator("input[name=login]")
    expect(login).to_be_focused()
    page.keyboard.type(f"{served.plant.vehicle.vin}\n", delay=0)
    expect(login).to_have_value(served.plant.vehicle.vin)
    assert page.url == served.form


def test_the_dialog_has_no_serious_finding(page, served):
    from tests.web.accessibility import BY_COLOUR_AND_WIDTH, findings, load_axe

    load_axe(page)
    end_sessions()
    page.get_by_role("button", name=SAVE).click()
    expect(page.get_by_role("dialog").locator("input[name=login]")).to_be_focused()
    assert findings(page) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 820, "height": 1180})
    assert findings(page, rules=BY_COLOUR_AND_WIDTH) == []
