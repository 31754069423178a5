"""The pages of letting go: proposing, reading what is signed, signing twice, leaving; and each refusal on its page."""

import re
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inspections.gates.choices import CoverageKind
from inspections.gates.queries import clearance
from inspections.gates.services import decide_batch, enter_coverage
from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.records.models import LedgerEntry
from inspections.releases.models import Delivery, Release, ReleasedVehicle, Signature
from inspections.releases.rules import MEANING
from inspections.releases.services import propose_release, sign_release
from inspections.results.services import record_inspection
from inspections.web.templatetags.interlock import unstopped
from tests import factories
from tests.factories import AT, changed_value, make_person
from tests.signing import carried, shown

PASSWORD = "a long password"
NOW = AT + timedelta(minutes=10)


@pytest.fixture(autouse=True)
def _eight_ten(clock):
    clock.go(minutes=10)


@pytest.fixture
def officers(db):
    return [make_person(Role.RELEASE_OFFICER) for _ in range(2)]


@pytest.fixture
def pages(officers):
    """A browser for each of the officers."""
    return [browser(officer) for officer in officers]


@pytest.fixture
def release(good_car, officers):
    return propose_release(batch=good_car.batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=AT)


def browser(person):
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    client.person = person
    return client


def text(response):
    """What a page says, without its marks."""
    body = re.sub(r"(?s)<(svg|script|head)\b.*?</\1>", " ", response.content.decode())
    said = re.sub(r"<[^>]+>", " ", body.replace("&#x27;", "'").replace("&quot;", '"'))
    return re.sub(r"\s+", " ", said)


def heading(response):
    return text_of(re.search(r"(?s)<h1.*?</h1>", response.content.decode()).group())


def text_of(markup):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup)).strip()


def sign(page, release, **changed):
    data = {"shown": carried(release, page.person), "password": PASSWORD, "read": "on", **changed}
    return page.post(f"/releases/{release.number}/sign/", {key: value for key, value in data.items() if value})


def released(release, officers):
    for officer in officers:
        sign_release(release=release, signer=officer, password=PASSWORD, seen=shown(release, AT), at=AT)
    return release


def test_from_the_batch_to_the_gate_of_the_plant(plant, good_car, pages, officers):
    factories.make_vehicles(plant.batch, 3)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    first, second = pages
    batch = first.get(f"/batches/{plant.batch.number}/")
    assert "Propose 1 car" in text(batch)
    propose = f'href="/batches/{plant.batch.number}/release/">Propose the release</a>'
    assert propose in first.get(f"/vehicles/{good_car.vin}/").content.decode()
    offer = first.get(f"/batches/{plant.batch.number}/release/")
    assert heading(offer) == "Propose 1 car for release?"
    assert "Left behind: 3 cars you do not release" in text(offer)
    assert f'<a href="/batches/{plant.batch.number}/?cars=all#cars">See the cars</a>' in offer.content.decode()
    made = first.post(f"/batches/{plant.batch.number}/release/", {"cars": "1"})
    release = Release.objects.get()
    assert (made.status_code, made.headers["Location"]) == (302, f"/releases/{release.number}/")
    shown = first.get(made.headers["Location"])
    assert heading(shown) == "1 car waits for your signature"
    assert release.digest[:16] in shown.content.decode()
    for line in filter(None, release.statement.splitlines()):
        assert line in text(shown)
    assert sign(first, release).status_code == 302
    assert "You signed it: the second signature is another person's." in text(first.get(f"/releases/{release.number}/"))
    assert sign(second, release).status_code == 302
    assert heading(second.get(f"/releases/{release.number}/")) == "1 car is released"
    car = second.get(f"/vehicles/{good_car.vin}/")
    assert heading(car) == "May it leave? Yes"
    left = second.post(f"/vehicles/{good_car.vin}/deliver/", {"left_at": ""})
    assert (left.status_code, left.headers["Location"]) == (302, f"/vehicles/{good_car.vin}/")
    assert heading(second.get(f"/vehicles/{good_car.vin}/")) == "It left the plant at 2026-11-23 08:10"
    assert list(Delivery.objects.values_list("vehicle__vin", "delivered_at")) == [(good_car.vin, NOW)]


def test_only_yes_where_the_clearance_says_so(good_car, release, officers, pages):
    asked = [heading(pages[0].get(f"/vehicles/{good_car.vin}/"))]
    for officer in officers:
        sign_release(release=release, signer=officer, password=PASSWORD, seen=shown(release, AT), at=AT)
        asked.append(heading(pages[0].get(f"/vehicles/{good_car.vin}/")))
    not_yet = "May it leave? Not yet: clear, not released"
    assert asked == [not_yet, not_yet, "May it leave? Yes"]
    assert clearance(vin=good_car.vin, at=NOW).may_leave is True


def test_when_the_evidence_has_moved_nothing_is_signed_and_the_page_lists_what(plant, record, good_car, release, pages):
    record(plant.posted("CRS-EOL", measurements=changed_value("CRS-EOL", "SQUIB", "9.9")), decide=False)
    response = sign(pages[0], release)
    assert (response.status_code, Signature.objects.count()) == (409, 0)
    said = text(response)
    assert "Nothing was signed." in said
    assert f"Car 1 ({good_car.vin}) is not clear any more." in said
    assert "Propose anew" in said
    assert 'name="password"' not in response.content.decode()


def test_a_page_loaded_before_the_evidence_moved_already_says_so(plant, record, good_car, release, pages):
    record(plant.posted("CRS-EOL", measurements=changed_value("CRS-EOL", "SQUIB", "9.9")))
    response = pages[0].get(f"/releases/{release.number}/")
    assert f"Car 1 ({good_car.vin}) is not clear any more." in text(response)
    assert heading(response) == "1 car waits for two signatures"
    assert 'name="password"' not in response.content.decode()


def test_whoever_inspected_a_car_reads_which_one_and_has_no_form(plant, record, good_car, officers):
    inspector = make_person(Role.RELEASE_OFFICER, Role.INSPECTOR)
    record_inspection(
        posted=plant.posted("CRS-EOL"), rig=plant.rig, actor=Actor.person(inspector), at=AT, person_id=inspector.pk
    )
    release = propose_release(batch=good_car.batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=AT)
    page = browser(inspector)
    shown = page.get(f"/releases/{release.number}/")
    assert "You inspected car 1: somebody else has to sign." in text(shown)
    assert 'name="password"' not in shown.content.decode()
    refused = sign(page, release)
    assert (refused.status_code, Signature.objects.count()) == (403, 0)
    assert "You inspected one of these cars: somebody else has to sign." in text(refused)


def test_a_wrong_password_signs_nothing_and_counts_like_one_at_the_door(release, officers, pages):
    response = sign(pages[0], release, password="guessed")
    assert (response.status_code, Signature.objects.count()) == (403, 0)
    assert "Nothing was signed. The password is wrong." in text(response)
    attempts = AccessAttempt.objects.values_list("username", "failures_since_start")
    assert list(attempts) == [(officers[0].username, 1)]
    assert "guessed" not in AccessAttempt.objects.get().post_data
    assert LedgerEntry.objects.latest("id").act == "signature.refused"


def test_too_many_wrong_passwords_lock_the_signature_too(settings, monkeypatch, release, pages):
    monkeypatch.setattr("axes.handlers.proxy.now", lambda: NOW)
    settings.AXES_FAILURE_LIMIT = 3
    answered = [sign(pages[0], release, password="guessed").status_code for _ in range(3)]
    answered.append(sign(pages[0], release).status_code)
    assert (answered[-2:], Signature.objects.count()) == ([429, 429], 0)


@pytest.mark.parametrize("missing", ["password", "read", "shown"])
def test_nothing_is_signed_without_password_reading_or_what_was_shown(release, pages, missing):
    assert (sign(pages[0], release, **{missing: ""}).status_code, Signature.objects.count()) == (422, 0)


def test_the_digest_of_another_page_signs_nothing(release, pages):
    response = sign(pages[0], release, shown=carried(release, pages[0].person, digest="0" * 64))
    assert (response.status_code, Signature.objects.count()) == (409, 0)
    assert "The page showed something else. Read it again, then sign." in text(response)


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.ENGINEER, Role.CATALOGUE_OWNER, Role.AUDITOR])
def test_who_is_no_release_officer_reads_all_and_does_nothing(good_car, release, role):
    page = browser(make_person(role))
    for address in (
        "/releases/",
        f"/releases/{release.number}/",
        f"/batches/{good_car.batch.number}/release/",
        f"/vehicles/{good_car.vin}/deliver/",
    ):
        shown = page.get(address)
        assert shown.status_code == 200, address
        assert 'class="form"' not in shown.content.decode(), address
    assert "This is for: Release officer." in text(page.get(f"/releases/{release.number}/"))
    assert sign(page, release).status_code == 403
    assert page.post(f"/batches/{good_car.batch.number}/release/", {"cars": "1"}).status_code == 403
    assert page.post(f"/vehicles/{good_car.vin}/deliver/", {}).status_code == 403
    assert (Release.objects.count(), Signature.objects.count(), Delivery.objects.count()) == (1, 0, 0)


@pytest.mark.parametrize("cars", ["1 to 4", "2", "x", "", "1,,1", "1 to 999999999"])
def test_cars_that_are_not_clear_or_none_are_not_proposed(plant, good_car, pages, cars):
    factories.make_vehicles(plant.batch, 3)
    response = pages[0].post(f"/batches/{plant.batch.number}/release/", {"cars": cars})
    assert (response.status_code, Release.objects.count()) == (422, 0)


def test_a_car_that_may_not_leave_stays_and_the_page_says_why(good_car, release, pages):
    response = pages[0].post(f"/vehicles/{good_car.vin}/deliver/", {})
    assert (response.status_code, Delivery.objects.count()) == (409, 0)
    assert "It may not leave, and it has not left." in text(response)
    assert "0 of 2 signatures" in text(response)


def test_nothing_leaves_before_its_release(good_car, release, officers, pages):
    released(release, officers)
    response = pages[0].post(f"/vehicles/{good_car.vin}/deliver/", {"left_at": "2026-11-23T07:59"})
    assert (response.status_code, Delivery.objects.count()) == (422, 0)
    assert "nothing leaves before its release" in text(response)


def test_what_rests_on_demonstration_coverage_says_so_and_is_signed_in_a_demo_only(
    settings, plant, good_car, officers, pages
):
    settings.DEMO = True
    enter_coverage(
        number="C-121",
        procedure=plant.procedures["CRS-EOL"],
        configuration=plant.configuration,
        kind=CoverageKind.DEMONSTRATION,
        valid_from=factories.LONG_AGO,
        valid_until=AT + timedelta(days=30),
        actor=factories.SYSTEM,
        at=AT,
    )
    release = propose_release(batch=good_car.batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=AT)
    shown = pages[0].get(f"/releases/{release.number}/")
    assert "The mark “demonstration, not evidence” is on: C-121." in text(shown)
    assert 'name="password"' in shown.content.decode()
    settings.DEMO = False
    shown = pages[0].get(f"/releases/{release.number}/")
    assert "only a demo signs that" in text(shown)
    assert 'name="password"' not in shown.content.decode()
    assert (sign(pages[0], release).status_code, Signature.objects.count()) == (409, 0)


def test_today_asks_officers_to_propose_what_is_clear_until_somebody_does(good_car, officers, pages):
    number = good_car.batch.number
    shown = text(pages[0].get("/")).replace("  ", " ")
    assert f"{number} : 1 car is clear and waits for its release." in shown
    release = propose_release(batch=good_car.batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=AT)
    shown = text(pages[0].get("/")).replace("  ", " ")
    assert (f"Release {release.number} of" in shown, "waits for its release" in shown) == (True, False)


def test_today_tells_officers_what_waits_and_what_is_suspended(plant, record, good_car, release, officers, pages):
    assert f"Release {release.number} of {plant.batch.number} : 1 car waits for two signatures." in text(
        pages[0].get("/")
    ).replace("  ", " ")
    released(release, officers)
    assert release.number not in text(pages[0].get("/"))
    record(plant.posted("CRS-EOL", measurements=changed_value("CRS-EOL", "SQUIB", "9.9")))
    assert "is suspended: 1 car may not leave." in text(pages[0].get("/"))
    page = pages[0].get(f"/releases/{release.number}/")
    assert heading(page) == "1 released car may not leave: something was decided since"
    assert f'Why, on the page of each: <a href="/vehicles/{good_car.vin}/">Car 1</a>' in page.content.decode()
    identity = dict(pages[0].get(f"/vehicles/{good_car.vin}/").context["identity"])
    assert identity["State"] == "released, suspended"


def test_cars_that_were_clear_and_not_named_are_left_behind_without_a_reason(plant, record, good_car, release, pages):
    other = factories.make_vehicle(plant.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")])
    record(
        plant.posted("BAT-EOL", vin=other.vin, software=[{"system": "BMS", "version": "2.0"}]),
        plant.posted("DRV-EOL", vin=other.vin, software=[{"system": "ADAS", "version": "4.10"}]),
        plant.posted("CRS-EOL", vin=other.vin),
    )
    shown = text(pages[0].get(f"/releases/{release.number}/"))
    assert "Left behind: 1 car you do not release" in shown
    assert "No reason stands against them now: this release does not name them." in shown


def test_the_list_tells_state_cars_signatures_and_age(good_car, release, officers, pages):
    assert heading(pages[0].get("/releases/")) == "1 release waits for signatures"
    sign(pages[0], release)
    shown = text(pages[0].get("/releases/"))
    assert f"{officers[0].username} ({officers[0].personnel_number})" in shown
    sign(pages[1], release)
    shown = pages[0].get("/releases/")
    assert heading(shown) == "No release waits for anybody"
    assert "0 of 1 car has left" in text(shown)


def test_the_list_takes_the_same_queries_for_one_release_and_for_three(
    good_car, release, officers, pages, django_assert_num_queries
):
    with CaptureQueriesContext(connection) as once:
        pages[0].get("/releases/")
    for _ in range(2):
        propose_release(batch=good_car.batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=AT)
    with django_assert_num_queries(len(once)):
        pages[0].get("/releases/")


def test_a_scan_of_its_number_opens_the_release(release, pages):
    response = pages[0].get("/search/", {"q": release.number.lower()})
    assert (response.status_code, response.headers["Location"]) == (302, f"/releases/{release.number}/")


def test_an_unknown_operator_is_listed_with_its_cars_and_mapped_once(plant, record, good_car, officers):
    record(plant.posted("CRS-EOL", operator="TEMP-7"))
    engineer, officer = make_person(Role.ENGINEER), officers[0]
    page = browser(engineer)
    shown = page.get("/operators/")
    assert heading(shown) == "1 operator is nobody we know and keeps cars"
    assert "TEMP-7 1 EOL-3" in text(shown)
    assert heading(page.get(f"/batches/{plant.batch.number}/release/")).startswith("No car of")
    batch = page.get(f"/batches/{plant.batch.number}/")
    assert heading(batch) == "Batch SU7-2026W47-03: 1 of 1 cars is not clear"
    assert "TEMP-7 is nobody we know and keeps 1 car from being released." in text(batch)
    data = {"operator": "TEMP-7", "person": officer.personnel_number}
    assert page.post("/operators/", data).status_code == 302
    assert page.post("/operators/", data).status_code == 409
    acts = LedgerEntry.objects.filter(act="operator.mapped").values_list("subject", "after__person")
    assert list(acts) == [("TEMP-7", officer.personnel_number)]
    assert clearance(vin=good_car.vin, at=NOW).clear is True


@pytest.mark.law(8)
def test_law_8_a_mapped_operator_may_not_sign_what_they_measured(plant, record, good_car, officers):
    record(plant.posted("CRS-EOL", operator="TEMP-7"))
    data = {"operator": "TEMP-7", "person": officers[1].personnel_number}
    assert browser(make_person(Role.ENGINEER)).post("/operators/", data).status_code == 302
    release = propose_release(batch=good_car.batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=AT)
    refused = sign(browser(officers[1]), release)
    assert (refused.status_code, Signature.objects.count()) == (403, 0)
    assert "You inspected car 1" in text(browser(officers[1]).get(f"/releases/{release.number}/"))


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.RELEASE_OFFICER, Role.CATALOGUE_OWNER, Role.AUDITOR])
def test_only_engineers_map_an_operator(plant, role):
    person = make_person(role)
    page = browser(person)
    assert page.get("/operators/").status_code == 200
    data = {"operator": "TEMP-7", "person": person.personnel_number}
    assert page.post("/operators/", data).status_code == 403


def test_pages_of_what_is_not_there_are_404(pages):
    for address in ("/releases/R-999/", "/batches/none/release/", "/vehicles/none/deliver/", "/releases/%00/"):
        assert pages[0].get(address).status_code == 404, address


def test_partial_release_names_only_what_was_asked(plant, record, good_car, pages):
    other = factories.make_vehicle(plant.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")])
    record(
        plant.posted("BAT-EOL", vin=other.vin, software=[{"system": "BMS", "version": "2.0"}]),
        plant.posted("DRV-EOL", vin=other.vin, software=[{"system": "ADAS", "version": "4.10"}]),
        plant.posted("CRS-EOL", vin=other.vin),
    )
    assert heading(pages[0].get(f"/batches/{plant.batch.number}/release/")) == "Propose 2 cars for release?"
    pages[0].post(f"/batches/{plant.batch.number}/release/", {"cars": "2"})
    assert list(ReleasedVehicle.objects.values_list("vehicle__vin", flat=True)) == [other.vin]


def test_signatures_stand_with_name_time_and_meaning_on_each_page_that_rests_on_them(
    good_car, release, officers, pages
):
    released(release, officers[:2])
    for path in (f"/vehicles/{good_car.vin}/", f"/vehicles/{good_car.vin}/deliver/", f"/releases/{release.number}/"):
        page = text(pages[0].get(path))
        for officer in officers[:2]:
            assert f"{officer.username} ({officer.personnel_number})" in page, path
        assert (page.count(f"“{MEANING.english}”"), page.count("2026-11-23 08:00:00") >= 2) == (2, True), path
    batch = text(pages[0].get(f"/batches/{good_car.batch.number}/"))
    for place, officer in enumerate(officers[:2], 1):
        assert f"Signature {place}: {officer.username} ({officer.personnel_number}), 2026-11-23 08:00" in batch


def test_what_is_left_out_is_named_without_two_marks_in_a_row():
    assert [unstopped(said) for said in ("I have read it.", "我已阅读。", "Your password")] == [
        "I have read it", "我已阅读", "Your password",
    ]  # fmt: skip
