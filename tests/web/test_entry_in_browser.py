"""What the entry form's script promises, in a real browser: nothing typed is lost, no verdict by another value."""

import os
from collections.abc import Iterator

import pytest

from tests.web import browsing


@pytest.fixture
def served(transactional_db, live_server) -> Iterator[object]:
    """A small plant served for real, at the real time, and an inspector's sign-in."""
    from inspections.people.choices import Role
    from tests import factories

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

    class Served:
        plant = factories.make_plant()
        person = factories.make_person(Role.INSPECTOR)
        url = live_server.url

        @property
        def form(self):
            return f"{self.url}/entry/{self.plant.vehicle.vin}/BAT-EOL/"

    return Served()


def sign_in(page, served, after):
    browsing.sign_in(page.context, served.url, served.person)
    page.goto(after)


def box(page, characteristic, position=""):
    from tests.web.entry_pages import name_of

    return page.locator(f'[name="{name_of(characteristic, position)}"]')


def fill_all(page, *, bonding="0.043"):
    box(page, "BOND", "charge-port").fill(bonding)
    box(page, "BOND", "pack").fill("0.040")
    box(page, "ISO").fill("812,0")
    page.get_by_text("Conforms", exact=True).click()
    page.check("[name=software_seen]")


def kept(page):
    return page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('interlock-entry:')).length")


def reading(page, characteristic, position=""):
    return box(page, characteristic, position).first.locator("xpath=ancestor::*[@data-reading]")


def test_the_verdict_comes_while_typing_and_goes_with_the_next_stroke(page, served):
    from playwright.sync_api import expect

    sign_in(page, served, served.form)
    row = reading(page, "BOND", "pack")
    box(page, "BOND", "pack").fill("0.100")
    expect(row.locator(".verdict")).to_contain_text("0.100 Ω is not less than 0.1 Ω.")
    page.route("**/judge/", lambda route: None)
    box(page, "BOND", "pack").press("1")
    expect(row.locator(".verdict")).to_have_text("Not judged yet")


@pytest.mark.parametrize("late", ["entry.js", "keypad.js"])
def test_what_is_typed_before_the_page_is_wired_is_judged(page, served, late):
    """Held up by a script that comes late, the form's own or one behind it; until then nobody asks for the verdict."""
    from playwright.sync_api import expect

    held = []
    browsing.sign_in(page.context, served.url, served.person)
    page.route(f"**/{late}", lambda route: held.append(route))
    with page.expect_request(f"**/{late}"):
        page.goto(served.form, wait_until="commit")
    box(page, "BOND", "pack").fill("0.100")
    verdict = reading(page, "BOND", "pack").locator(".verdict")
    expect(verdict).to_have_text("Not judged yet" if late == "keypad.js" else "")
    held[0].continue_()
    expect(verdict).to_contain_text("0.100 Ω is not less than 0.1 Ω.")
    assert kept(page) == 1


def test_a_verdict_that_comes_while_something_is_pressed_does_not_move_it_away(page, served):
    """The verdict of a failing value draws its limit and pushes what stands below it down."""
    from playwright.sync_api import expect

    held = []
    sign_in(page, served, served.form)
    page.route("**/judge/", lambda route: held.append(route))
    with page.expect_request("**/judge/"):
        box(page, "BOND", "pack").fill("0.2")
    pressed = page.get_by_text("Conforms", exact=True)
    pressed.hover()
    page.mouse.down()
    place = pressed.bounding_box()
    with page.expect_response("**/judge/"):
        held[0].continue_()
    page.wait_for_timeout(200)  # by then a verdict that waits for nothing has moved the page
    assert pressed.bounding_box() == place
    page.mouse.up()
    verdict = reading(page, "BOND", "pack").locator(".verdict")
    expect(verdict).to_contain_text("0.2 Ω is not less than 0.1 Ω.")
    expect(page.get_by_label("Conforms", exact=True)).to_be_checked()
    assert pressed.bounding_box()["y"] > place["y"]


def test_rows_wait_while_something_is_pressed_but_not_for_a_press_that_never_ends(page, served):
    """What keeps a page live would otherwise stand still for as long as nobody tells of the end."""
    from django.utils import timezone
    from playwright.sync_api import expect

    from inspections.dispositions.services import place_hold
    from tests.factories import make_engineer

    car = served.plant.vehicle
    sign_in(page, served, f"{served.url}/vehicles/{car.vin}/")
    before = page.locator("main").inner_text()
    page.mouse.move(2, 400)
    page.mouse.down()
    place_hold(batch=car.batch, vehicle=car, reason="looked at again", actor=make_engineer(), at=timezone.now())
    page.evaluate("htmx.ajax('GET', location.pathname, {target: '#poll', swap: 'none'})")
    assert page.locator("main").inner_text() == before
    expect(page.get_by_text("looked at again").first).to_be_visible()


def test_values_come_back_after_reloading_and_go_once_they_are_recorded(page, served):
    from playwright.sync_api import expect

    from inspections.results.models import Inspection

    sign_in(page, served, served.form)
    fill_all(page)
    ticket = page.input_value("[name=ticket]")
    page.reload()
    expect(box(page, "ISO")).to_have_value("812,0")
    expect(page.locator("#said-kept")).to_be_visible()
    assert page.input_value("[name=ticket]") == ticket
    page.get_by_role("button", name="Save the inspection").click()
    page.wait_for_url("**/entry/recorded/*/")
    expect(page.locator("h1")).to_have_text("Recorded: every value passes")
    assert (Inspection.objects.count(), kept(page)) == (1, 0)


def test_without_network_the_page_says_so_keeps_the_values_and_records_once_when_it_is_back(page, served):
    from playwright.sync_api import expect

    from inspections.results.models import Inspection

    sign_in(page, served, served.form)
    fill_all(page)
    # A verdict on its way when the network goes would arrive after the failed save, and take its message away.
    expect(page.locator(".verdict .status")).to_have_count(4)
    page.context.set_offline(True)
    page.get_by_role("button", name="Save the inspection").click()
    expect(page.locator("#said-no-answer")).to_be_visible()
    assert kept(page) == 1
    page.context.set_offline(False)
    page.get_by_role("button", name="Save the inspection").click()
    page.wait_for_url("**/entry/recorded/*/")
    assert Inspection.objects.count() == 1


def test_an_answer_that_was_lost_does_not_record_twice(page, served):
    from playwright.sync_api import expect

    from inspections.results.models import Inspection

    def lose_the_answer(route):
        route.fetch()
        route.abort()

    sign_in(page, served, served.form)
    fill_all(page)
    page.route(served.form, lose_the_answer)
    page.get_by_role("button", name="Save the inspection").click()
    expect(page.locator("#said-no-answer")).to_be_visible()
    assert Inspection.objects.count() == 1
    page.unroute(served.form)
    page.reload()
    page.get_by_role("button", name="Save the inspection").click()
    page.wait_for_url("**/entry/recorded/*/")
    assert (Inspection.objects.count(), kept(page)) == (1, 0)


def test_a_refused_form_keeps_its_place_and_its_values(page, served):
    from playwright.sync_api import expect

    sign_in(page, served, served.form)
    fill_all(page, bonding="1,234.5")
    page.get_by_role("button", name="Save the inspection").click()
    expect(page.locator("#problems")).to_contain_text("Nothing was recorded yet. This needs you:")
    expect(box(page, "BOND", "charge-port")).to_have_value("1,234.5")
    expect(reading(page, "BOND", "pack").locator(".verdict")).to_contain_text("Pass")
    assert page.locator("#not-live").is_visible() is False
    refusal = reading(page, "BOND", "charge-port").locator(".enter .error")
    expect(refusal).to_have_count(1)
    box(page, "BOND", "charge-port").fill("0.043")
    expect(refusal).to_have_count(0)
    expect(reading(page, "BOND", "charge-port").locator(".verdict")).to_contain_text("Pass")


def test_a_scan_while_values_are_unsaved_offers_the_other_car_and_changes_no_number(page, served):
    from playwright.sync_api import expect

    from tests import factories

    other = factories.make_vehicle(served.plant.batch)
    sign_in(page, served, served.form)
    box(page, "ISO").fill("81")
    box(page, "ISO").focus()
    page.keyboard.type(f"{other.vin}\n", delay=0)
    expect(page.locator("#said-other a")).to_have_text(f"Keep for 1 and open {other.vin}")
    expect(box(page, "ISO")).to_have_value("81")
    expect(page.locator("#said-other")).to_contain_text(f"You scanned {other.vin}.")
    page.get_by_role("button", name="Stay with car 1").click()
    expect(page.locator("#said-other")).to_be_hidden()
    page.keyboard.type(f"{other.vin}\n", delay=0)
    page.locator("#said-other a").click()
    page.wait_for_url(f"**/entry/{other.vin}/")
    assert kept(page) == 1


def test_what_was_entered_and_not_saved_is_named_where_cars_and_procedures_are_chosen(page, served):
    from playwright.sync_api import expect

    sign_in(page, served, served.form)
    box(page, "ISO").fill("812")
    page.goto(f"{served.url}/entry/{served.plant.vehicle.vin}/")
    expect(page.locator("a.offer", has_text="BAT-EOL")).to_contain_text("Entered before and not saved")
    page.goto(f"{served.url}/entry/?q={served.plant.vehicle.vin[:4]}0000")
    page.get_by_role("link", name=f"{served.plant.vehicle.vin} BAT-EOL Go on with it").click()
    page.wait_for_url(served.form)
    expect(box(page, "ISO")).to_have_value("812")
    expect(reading(page, "ISO").locator(".verdict")).to_contain_text("Pass")


@pytest.fixture
def browser_context_args(browser_context_args, request):
    """A tablet as gloves use it for the tests that ask for one: fingers, no keyboard until one is connected."""
    tablet = {"viewport": {"width": 820, "height": 1180}, "has_touch": True, "is_mobile": True}
    return {**browser_context_args, **(tablet if "tablet" in request.fixturenames else {})}


@pytest.fixture
def tablet(page):
    return page


def test_keys_of_our_own_type_a_value_judge_it_and_go_on(tablet, served):
    from playwright.sync_api import expect

    sign_in(tablet, served, served.form)
    field = box(tablet, "BOND", "pack")
    field.tap()
    expect(tablet.locator("#pad")).to_be_visible()
    expect(field).to_have_attribute("inputmode", "none")
    sizes = tablet.locator("#pad .key").evaluate_all("keys => keys.map((key) => key.getBoundingClientRect().height)")
    assert min(sizes) >= 84
    for key in "0.1009":
        tablet.locator(f'[data-key-types="{key}"]').tap()
    tablet.locator('[data-key-does="erase"]').tap()
    expect(field).to_have_value("0.100")
    expect(reading(tablet, "BOND", "pack").locator(".verdict")).to_contain_text("0.100 Ω is not less than 0.1 Ω.")
    tablet.locator('[data-key-does="next"]').tap()
    expect(box(tablet, "ISO")).to_be_focused()
    tablet.locator('[data-key-does="sign"]').tap()
    expect(box(tablet, "ISO")).to_have_value("-")
    tablet.keyboard.type("8")
    expect(tablet.locator("#pad")).to_be_hidden()
    expect(box(tablet, "ISO")).to_have_attribute("inputmode", "decimal")


def test_keys_of_our_own_work_at_the_end_of_a_value_wherever_it_was_touched(tablet, served):
    from playwright.sync_api import expect

    def press(keys):
        for key in keys:
            tablet.locator(f'[data-key-types="{key}"]').tap()

    sign_in(tablet, served, served.form)
    field = box(tablet, "ISO")
    field.tap()
    press("812")
    box(tablet, "BOND", "pack").tap()
    field.tap(position={"x": 10, "y": 20})
    tablet.locator('[data-key-does="erase"]').tap()
    expect(field).to_have_value("81")
    press(".5.6")
    expect(field).to_have_value("81.56")
    field.select_text()
    press("7")
    expect(field).to_have_value("7")


def test_on_a_tablet_the_name_of_a_place_stands_clear_of_its_field(tablet, served):
    sign_in(tablet, served, served.form)
    name = reading(tablet, "BOND", "charge-port").locator("label.label").bounding_box()
    field = box(tablet, "BOND", "charge-port").bounding_box()
    assert name["width"] > 100
    assert name["y"] + name["height"] <= field["y"] or name["x"] + name["width"] <= field["x"]


def test_a_photograph_is_kept_over_a_reload_and_saved_with_the_values(page, served, settings, tmp_path):
    from playwright.sync_api import expect

    from inspections.intake.models import Photograph
    from tests.intake.test_photographs import picture

    settings.SUBMISSIONS_DIR = tmp_path
    sign_in(page, served, served.form)
    fill_all(page)
    page.set_input_files("#picture", {"name": "joint.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    expect(page.locator("#photos .photo")).to_contain_text("joint.jpg")
    page.set_input_files("#picture", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    expect(page.locator("#photos .photo-problem")).to_contain_text("x.jpg: This is no picture")
    page.reload()
    expect(page.locator("#photos .photo")).to_have_count(1)
    expect(box(page, "ISO")).to_have_value("812,0")
    page.get_by_role("button", name="Save the inspection").click()
    page.wait_for_url("**/entry/recorded/*/")
    assert Photograph.objects.count() == 1
    loaded = page.locator(".photo-row img").evaluate("img => img.decode().then(() => img.naturalWidth)")
    assert loaded == 40


def test_after_saving_the_verdict_is_in_sight_and_a_scan_opens_the_next_car(page, served):
    from playwright.sync_api import expect

    from tests import factories

    other = factories.make_vehicle(served.plant.batch)
    sign_in(page, served, served.form)
    fill_all(page, bonding="0.100")
    page.get_by_role("button", name="Save the inspection").click()
    page.wait_for_url("**/entry/recorded/*/")
    expect(page.locator("h1")).to_be_in_viewport()
    assert page.evaluate("window.scrollY") == 0
    page.keyboard.type(f"{other.vin}\n", delay=0)
    page.wait_for_url(f"**/entry/{other.vin}/")
