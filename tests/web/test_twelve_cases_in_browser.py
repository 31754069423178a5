"""Twelve ways in which a bad car might look good, through the pages: typed by an inspector in Chromium, or posted by a
rig to the same server, and read where anyone looks who asks whether the car may leave.

One plant and one server for all of them, and a car for each, of which all but the battery has passed. All twelve go
through each door without a browser in tests/journeys/test_twelve_cases.py; here a blank and the limit are tried each
time, and the others with INTERLOCK_LONG=1.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.depth import deep
from tests.journeys.doors import GOOD_BATTERY, ApiSingle, Clock, Written
from tests.web.browsing import post, reasons_on, sign_in, value_box

pytestmark = [pytest.mark.law(1), pytest.mark.law(2), pytest.mark.law(10), pytest.mark.django_db(transaction=True)]


class RigAtTheSite(ApiSingle):
    """A rig that posts to the server which the browser reads."""

    def __init__(self, site: "Site", car: Any) -> None:
        self.site = site
        super().__init__(replace(site.plant, vehicle=car), site.clock)

    def measure_with(self, rig: Any) -> None:
        from inspections.rigs.services import issue_key

        self.key = issue_key(rig=rig, at=self.clock.now)

    def again(self) -> bool:
        self.answers.append(post(self.site.url, self.key, self.body))
        return self.answers[-1][0] in (200, 201)


class Site:
    """The plant, its server, its people and its clock."""

    def __init__(self, url: str, clock: Clock) -> None:
        from inspections.people.choices import Role
        from tests.factories import make_person, make_plant

        self.url, self.clock, self.plant = url, clock, make_plant()
        self.inspector = make_person(Role.INSPECTOR, number="0417")
        self.owners = [make_person(Role.CATALOGUE_OWNER) for _ in range(2)]

    def car(self) -> Any:
        from inspections.results.services import record_inspections
        from tests.factories import make_vehicle

        plant = self.plant
        car = make_vehicle(plant.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")], at=self.clock.now)
        driving = plant.posted("DRV-EOL", vin=car.vin, software=[{"system": "ADAS", "version": "4.10"}])
        others = [driving, plant.posted("CRS-EOL", vin=car.vin)]
        record_inspections(items=others, rig=plant.rig, actor=plant.rig_actor, at=self.clock.now)
        return car

    def rig(self, car: Any) -> RigAtTheSite:
        return RigAtTheSite(self, car)

    def decide(self, batch: Any = None) -> None:
        """What the worker does once it is called."""
        from inspections.tasks.deciding import decide_batch

        decide_batch(batch_id=(batch or self.plant.batch).pk)

    def recorded(self, car: Any) -> int:
        from inspections.results.models import Inspection

        return Inspection.objects.filter(vehicle=car, procedure_id=self.plant.procedures["BAT-EOL"].pk).count()


@pytest.fixture
def _django_db_helper() -> None:
    """Nothing is emptied between these tests: what the module's plant committed stands for all of them."""


@pytest.fixture(scope="module")
def site(served_for_the_module: Callable[[Callable[[], datetime]], str]) -> Site:
    clock = Clock()
    return Site(served_for_the_module(lambda: clock.now), clock)


@pytest.fixture
def pages(site: Site, page: Page) -> Page:
    """A browser of the inspector."""
    sign_in(page.context, site.url, site.inspector)
    return page


def fill(page: Page, site: Site, car: Any, *, without: str = "", **typed: str) -> None:
    """The form of the car's battery procedure with values that pass, but for those typed otherwise."""
    page.goto(f"{site.url}/entry/{car.vin}/BAT-EOL/")
    values = {"BOND charge-port": "0.043", "BOND pack": "0.040", "ISO": "812.0"}
    values |= {
        {"charge_port": "BOND charge-port", "pack": "BOND pack"}.get(key, key): each for key, each in typed.items()
    }
    for name, value in values.items():
        code, _, place = name.partition(" ")
        if name != without:
            value_box(page, code, place).fill(value)
    page.get_by_text("Conforms", exact=True).click()
    page.check("[name=software_seen]")
    # A verdict that comes while a button is pressed moves it away from under the finger.
    expect(page.get_by_text("Not judged yet")).to_have_count(0)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save the inspection").click()


def enter(page: Page, site: Site, car: Any, **typed: str) -> str:
    """Fill in and save; what the page says then."""
    site.clock.go_on()
    fill(page, site, car, **typed)
    save(page)
    page.wait_for_url("**/entry/recorded/*/")
    return page.get_by_role("heading", level=1).inner_text()


def read(page: Page, site: Site, car: Any) -> list[str]:
    """The reasons for which the car may not leave, as its page says them once everything is decided."""
    site.decide(car.batch)
    page.goto(f"{site.url}/vehicles/{car.vin}/")
    assert not page.get_by_role("heading", level=1).inner_text().endswith("Yes")
    return reasons_on(page)


def with_value(code: str, position: str, value: Any) -> dict[tuple[str, str], Any]:
    return {**GOOD_BATTERY, (code, position): value}


def refuses(page: Page, site: Site, car: Any, words: str, **typed: str) -> bool:
    """Whether the form says so beside the value, keeps what was typed and records nothing."""
    fill(page, site, car, **typed)
    save(page)
    expect(page.locator("#problems")).to_contain_text("Nothing was recorded yet. This needs you:")
    expect(page.locator(".reading.wrong .error").first).to_have_text(words)
    assert [page.locator(".reading.wrong .enter input").input_value()] == list(typed.values())
    return site.recorded(car) == 0


MISSING = "no result for {what}. Clears when one is recorded and passes."
UNCLEAR = "{what} cannot be judged: {why}. Clears when a usable result passes."
CLEAR = "{car} is clear; 0 of 2 signatures. Clears when signed."
NO_NUMBER = "“{typed}” is no number. Type digits only, without the unit."


def says(car: Any, words: str, **facts: str) -> str:
    return f"Car {car.sequence}: {words.format(**facts)}"


def failed(car: Any, what: str, found: str, required: str) -> list[str]:
    """A fail, the hold that it placed and the nonconformance that it opened: one of each."""
    from django.utils import timezone

    from inspections.dispositions.models import Hold, Nonconformance

    number, hold = Nonconformance.objects.get(vehicle=car).number, Hold.objects.get(vehicle=car)
    since, code = f"{timezone.localtime(hold.placed_at):%Y-%m-%d %H:%M}", what.partition(",")[0]
    disposed = f"Clears when {number} has a disposition and a later test passes."
    return [
        says(car, f"{what} is {found}; {required} is required. {disposed}"),
        f"Car {car.sequence} is held by Interlock since {since}: {code}. Clears when its cause ends.",
        says(car, f"{number} is open. Clears when closed."),
    ]


def test_what_is_good_is_clear_so_that_every_other_answer_here_means_something(pages, site):
    car = site.car()
    assert enter(pages, site, car) == "Recorded: every value passes"
    assert read(pages, site, car) == [CLEAR.format(car=f"Car {car.sequence}")]


@deep
def test_case_1_no_results(pages, site):
    car = site.car()
    nothing = [says(car, MISSING, what="3 characteristics of BAT-EOL")]
    assert read(pages, site, car) == nothing
    pages.goto(f"{site.url}/entry/{car.vin}/BAT-EOL/")
    pages.check("[name=software_seen]")
    save(pages)
    expect(pages.locator("#problems")).to_contain_text("Nothing was recorded yet. This needs you:")
    expect(pages.locator(".reading.wrong .error").first).to_have_text(
        "Nothing is entered. Type a value, or say that it cannot be measured."
    )
    assert (site.recorded(car), read(pages, site, car)) == (0, nothing)


def test_case_2_blank(pages, site):
    car, of_a_rig = site.car(), site.car()
    site.clock.go_on()
    fill(pages, site, car, without="ISO")
    save(pages)
    pages.get_by_label("Save without the 1 empty value").check()
    save(pages)
    pages.wait_for_url("**/entry/recorded/*/")
    assert read(pages, site, car) == [says(car, MISSING, what="ISO")]
    assert site.rig(of_a_rig).send(with_value("ISO", "", " "))
    assert read(pages, site, of_a_rig) == [says(of_a_rig, UNCLEAR, what="ISO", why="no value")]


@deep
def test_case_3_nan_and_infinity(pages, site):
    car = site.car()
    for typed in ("NaN", "Infinity", "-inf"):
        assert refuses(pages, site, car, NO_NUMBER.format(typed=typed), ISO=typed)
        pages.evaluate("localStorage.clear()")
    for written in (Written("NaN"), Written("-Infinity")):
        assert site.rig(car).send(with_value("ISO", "", written))
        assert read(pages, site, car) == [says(car, UNCLEAR, what="ISO", why="not a number")]


@deep
def test_case_4_wrong_unit(pages, site):
    car = site.car()
    assert refuses(pages, site, car, NO_NUMBER.format(typed="0.043 V"), charge_port="0.043 V")
    assert site.rig(car).send(GOOD_BATTERY, unit="V")
    assert read(pages, site, car) == [
        says(car, UNCLEAR, what=f"BOND, {place}", why="unit V, not Ω") for place in ("charge-port", "pack")
    ]


@pytest.mark.law(5)
def test_case_5_a_value_on_the_limit(pages, site):
    """Insulation of at least 500 passes at 500; bonding of less than 0.1 fails at 0.100."""
    inclusive, strict = site.car(), site.car()
    assert enter(pages, site, inclusive, ISO="500") == "Recorded: every value passes"
    assert read(pages, site, inclusive) == [CLEAR.format(car=f"Car {inclusive.sequence}")]
    assert enter(pages, site, strict, pack="0.100") == "Recorded: 1 value fails"
    assert read(pages, site, strict) == failed(strict, "BOND, pack", "0.100 Ω", "less than 0.1 Ω")


@deep
@pytest.mark.law(5)
def test_case_6_one_unit_in_the_last_place_outside(pages, site):
    """Thirty digits, all shown; the binary float of it is the limit itself."""
    car = site.car()
    assert enter(pages, site, car, ISO="499.999999999999999999999999999") == "Recorded: 1 value fails"
    assert read(pages, site, car) == failed(car, "ISO", "499.999999999999999999999999999 Ω/V", "at least 500 Ω/V")


@deep
@pytest.mark.law(6)
def test_case_7_a_pass_uploaded_late_after_a_fail(pages, site):
    car = site.car()
    rig = site.rig(car)
    rig.begin()
    site.clock.go_on(5)
    assert enter(pages, site, car, pack="0.100") == "Recorded: 1 value fails"
    before = read(pages, site, car)
    site.clock.go_on(5)
    assert rig.send(GOOD_BATTERY, begun=True)
    assert read(pages, site, car) == before == failed(car, "BOND, pack", "0.100 Ω", "less than 0.1 Ω")
    late = pages.locator(".life li", has=pages.locator(".late")).filter(has_text="BAT-EOL")
    expect(late).to_have_count(1)
    expect(late).to_contain_text("arrived")


@deep
def test_case_8_a_duplicate_post(pages, site):
    car = site.car()
    rig = site.rig(car)
    assert rig.send(with_value("BOND", "pack", "0.100"))
    before = read(pages, site, car)
    life = pages.locator("#life").inner_text()
    site.clock.go_on()
    assert rig.again()
    assert [status for status, _ in rig.answers] == [201, 200]
    assert read(pages, site, car) == before == failed(car, "BOND, pack", "0.100 Ω", "less than 0.1 Ω")
    assert (pages.locator("#life").inner_text(), site.recorded(car)) == (life, 1)


@deep
@pytest.mark.law(3)
def test_case_9_a_plan_edited_in_mid_batch(pages, site):
    """Two people approve a revision that allows more. The batch stays on its own, and its pages say so."""
    from decimal import Decimal

    from inspections.catalogue.entries import digest
    from inspections.catalogue.queries import lines_of
    from tests.factories import LINES, make_revision
    from tests.signing import PASSWORD

    car, before = site.car(), site.car()
    assert enter(pages, site, before) == "Recorded: every value passes"
    relaxed = [{**LINES[0], "upper": Decimal(1)}, *LINES[1:]]
    revision = make_revision(site.plant.configuration, relaxed, approved=False)
    revision.digest = digest(lines_of(revision))
    revision.save(update_fields=["digest"])
    for owner in site.owners:
        pages.context.clear_cookies()
        sign_in(pages.context, site.url, owner)
        pages.goto(f"{site.url}/plans/{revision.plan.code}/{revision.number}/")
        pages.get_by_label("Your password").fill(PASSWORD)
        pages.get_by_role("button", name="Approve").click()
        expect(pages.locator("p.band")).to_contain_text("approval is given" if owner is site.owners[0] else "in force")
    pages.context.clear_cookies()
    sign_in(pages.context, site.url, site.inspector)
    assert enter(pages, site, car, pack="0.2") == "Recorded: 1 value fails"
    assert read(pages, site, car) == failed(car, "BOND, pack", "0.2 Ω", "less than 0.1 Ω")
    expect(pages.locator(".title-block")).to_contain_text("revision 1; current is 2")
    assert read(pages, site, before) == [CLEAR.format(car=f"Car {before.sequence}")]


@deep
def test_case_10_a_rig_out_of_calibration(pages, site):
    from django.utils import timezone

    from tests.factories import make_rig

    car = site.car()
    make_rig("EOL-9", procedures=list(site.plant.procedures.values()), until=site.clock.now - timedelta(days=1))
    site.clock.go_on()
    fill(pages, site, car)
    pages.get_by_text("EOL-9").first.click()
    save(pages)
    pages.wait_for_url("**/entry/recorded/*/")
    at = timezone.localtime(site.clock.now)
    words = (
        f"each of 3 characteristics of BAT-EOL was measured on EOL-9, not in calibration at {at:%Y-%m-%d %H:%M}. "
        "Clears when the certificate is entered or another rig passes it."
    )
    assert read(pages, site, car) == [says(car, words)]


@deep
def test_case_11_zero_requirements(pages, site):
    from tests.factories import make_batch, make_configuration, make_revision, make_vehicle

    configuration = make_configuration("YU7-PRO-CN")
    make_revision(configuration, [])
    batch = make_batch("YU7-2026W47-01", configuration=configuration)
    car = make_vehicle(batch, software=[("BMS", "2.0")])
    assert site.rig(car).send(GOOD_BATTERY)
    nothing = [
        f"Plan CP-YU7-PRO-CN asks nothing of {gate}. Clears when an approved revision does."
        for gate in ("battery", "crash", "driving")
    ]
    found = read(pages, site, car)
    # The three gates of the car, and the three of its batch.
    assert found[:6] == nothing * 2
    assert len(found) == 12
    held = re.compile(r"(Car 1|Batch YU7-2026W47-01) is held by Interlock since .*: no requirements\. Clears when .*")
    assert [words for words in found[6:] if not held.fullmatch(words)] == []


@deep
@pytest.mark.law(7)
@pytest.mark.parametrize("pack", ["0.040", "0.100"], ids=["pass", "fail"])
def test_case_12_a_task_delivered_twice(pages, site, pack):
    car = site.car()
    assert site.rig(car).send(with_value("BOND", "pack", pack))
    before = read(pages, site, car)
    life = pages.locator("#life").inner_text()
    assert read(pages, site, car) == before
    assert pages.locator("#life").inner_text() == life
    clear = [CLEAR.format(car=f"Car {car.sequence}")]
    assert before == (clear if pack == "0.040" else failed(car, "BOND, pack", "0.100 Ω", "less than 0.1 Ω"))
