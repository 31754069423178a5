"""The pages of a concession: what is said beforehand, proposed, read and approved twice; what leaves by it says so."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from inspections.dispositions.models import Concession, ConcessionSignature, Nonconformance
from inspections.gates.queries import clearance
from inspections.gates.services import decide_batch
from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.records.models import LedgerEntry
from inspections.releases.services import deliver_vehicle, propose_release, sign_release
from tests import concessions as made
from tests.concessions import approve, measure_squib, propose
from tests.factories import AT, changed_value, make_engineer, make_person, mes_actor
from tests.signing import carried, shown

PASSWORD = "a long password"
ENDS = "2026-11-25T08:00"
FILLED = {"cars": "1", "authority": "engineering", "document": "", "reason": "It fires up to 3.4 Ω", "expires_at": ENDS}


@pytest.fixture
def car(plant):
    measure_squib(plant)
    return plant.vehicle


@pytest.fixture
def nc(car):
    return Nonconformance.objects.get()


def browser(*roles, person=None):
    client = Client(raise_request_exception=True)
    client.person = person or make_person(*roles)
    client.force_login(client.person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def words(response):
    body = re.sub(r"(?s)<(svg|script|head)\b.*?</\1>", " ", response.content.decode())
    said = re.sub(r"<[^>]+>", " ", body.replace("&#x27;", "'").replace("&quot;", '"').replace("&lt;", "<"))
    return re.sub(r"\s+", " ", said)


def heading(response):
    return re.sub(r"<[^>]+>", "", re.search(r"(?s)<h1>(.*?)</h1>", response.content.decode())[1])


def sign(client, concession, **changed):
    data = {"shown": carried(concession, client.person), "password": PASSWORD, "read": "on", **changed}
    return client.post(f"/concessions/{concession.number}/sign/", data)


def leave(plant, car):
    officers = [make_person(Role.RELEASE_OFFICER) for _ in range(2)]
    release = propose_release(batch=plant.batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=AT)
    for officer in officers:
        sign_release(release=release, signer=officer, password=PASSWORD, seen=shown(release, AT), at=AT)
    deliver_vehicle(vehicle=car, delivered_at=AT, actor=mes_actor(), at=AT)
    return release


def test_from_the_nonconformance_to_a_car_that_left_by_it(plant, car, nc):
    engineer, approver, officer = browser(Role.ENGINEER), browser(Role.ENGINEER), browser(Role.RELEASE_OFFICER)
    assert (
        f"/nonconformances/{nc.number}/concession/" in engineer.get(f"/nonconformances/{nc.number}/").content.decode()
    )

    offer = engineer.get(f"/nonconformances/{nc.number}/concession/")
    said = words(offer)
    assert heading(offer) == "1 car departs from its plan: concede it?"
    assert "SQUIB : " in said
    assert "3.1 Ω" in said
    assert "Two people approve it: engineers or release officers, one of them an engineer at least." in said
    assert "Proposing concedes nothing. It lapses after 7 days." in said

    posted = engineer.post(f"/nonconformances/{nc.number}/concession/", FILLED)
    concession = Concession.objects.get()
    assert posted["Location"] == f"/concessions/{concession.number}/"
    assert heading(officer.get(posted["Location"])) == "The departure of 1 car waits for your approval"
    assert "You proposed it: two other people approve it." in words(engineer.get(posted["Location"]))

    assert sign(officer, concession).status_code == 302
    assert "for its second approval." in words(approver.get("/"))
    assert sign(approver, concession).status_code == 302
    decide_batch(batch_id=plant.batch.pk, at=AT)
    page = approver.get(f"/concessions/{concession.number}/")
    assert heading(page) == "The departure of 1 car is accepted"

    release = leave(plant, car)
    assert f"By concession {concession.number}, SQUIB (SQUIB), accepted by engineering: car 1." in words(
        officer.get(f"/releases/{release.number}/")
    )
    vehicle = words(officer.get(f"/vehicles/{car.vin}/"))
    assert "It left the plant at 2026-11-23 08:00, by concession" in vehicle
    assert f"It left by this concession {concession.number}" in vehicle
    assert f"Left the plant under {release.number} , by concession {concession.number} ." in vehicle
    assert "left by it 2026-11-23 08:00" in words(officer.get(f"/concessions/{concession.number}/"))


@pytest.mark.law(8)
def test_law_8_what_is_critical_is_said_to_be_never_conceded_and_has_no_form(plant, record):
    record(plant.posted("BAT-EOL", measurements=changed_value("BAT-EOL", "BOND", "0.100", position="pack")))
    found, engineer = Nonconformance.objects.get(), browser(Role.ENGINEER)
    url = f"/nonconformances/{found.number}/concession/"
    shown = engineer.get(f"/nonconformances/{found.number}/")
    assert "no departure from it is ever conceded" in words(shown)
    assert url not in shown.content.decode()
    page = engineer.get(url)
    assert heading(page) == f"Nothing of {found.number} can be conceded"
    assert 'name="reason"' not in page.content.decode()
    assert (engineer.post(url, FILLED).status_code, Concession.objects.count()) == (422, 0)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"reason": " "}, "Say why: the reason is empty."),
        ({"authority": ""}, "Choose one of the two."),
        ({"authority": "customer"}, "Name the document in which the customer agreed."),
        ({"document": "DEV-1"}, "Leave it empty: here engineering accepts, not the customer."),
        ({"expires_at": ""}, "Say when it ends: at a date, after a number of cars, or both."),
        ({"expires_at": "2026-11-23T08:00"}, "This moment is past: enter when it ends."),
        ({"quantity": "2"}, "It is for fewer cars than that."),
        ({"quantity": "0"}, "Write a whole number from 1 on."),
        ({"quantity": "1.5"}, "Write a whole number."),
        ({"cars": "2"}, "“2” names a car that does not depart from it here: take it out."),
        ({"cars": "all"}, "“all” names no car. Write 1 to 14, 16."),
        ({"reason": "a\x00b"}, "It holds the control character U+0000. Leave it out."),
    ],
)
def test_what_is_not_stated_well_is_said_at_its_field_and_proposes_nothing(nc, changed, told):
    response = browser(Role.ENGINEER).post(f"/nonconformances/{nc.number}/concession/", {**FILLED, **changed})
    assert (response.status_code, Concession.objects.count()) == (422, 0)
    assert told in words(response)


def test_several_cars_of_the_batch_are_named_in_one(plant):
    cars = [plant.vehicle, *made.more_cars(plant, 2)]
    measure_squib(plant, cars=cars)
    found = Nonconformance.objects.get(vehicle=cars[0])
    url, engineer = f"/nonconformances/{found.number}/concession/", browser(Role.ENGINEER)
    assert heading(engineer.get(url)) == "3 cars depart from their plan: concede some of them?"
    engineer.post(url, {**FILLED, "cars": "1, 3", "expires_at": "", "quantity": "1"})
    concession = Concession.objects.get()
    assert list(concession.vehicles.values_list("vehicle__sequence", flat=True)) == [1, 3]
    assert "for 1 car, 0 left by it" in words(engineer.get(f"/concessions/{concession.number}/"))


@pytest.mark.law(8)
@pytest.mark.parametrize(
    ("changed", "status", "told"),
    [
        ({"password": "guess"}, 403, "The password is wrong."),
        ({"password": ""}, 422, "Enter your password: you sign as yourself."),
        ({"read": ""}, 422, "Say that you have read it, or do not sign."),
        ({"shown": "of another"}, 422, "The page did not say what it showed."),
        ({"shown": ""}, 422, "The page did not say what it showed."),
    ],
)
def test_law_8_what_is_not_signed_properly_is_not_signed(car, changed, status, told):
    concession = propose(car)
    response = sign(browser(Role.ENGINEER), concession, **changed)
    assert (response.status_code, ConcessionSignature.objects.count()) == (status, 0)
    assert told in words(response)


def test_whoever_had_a_hand_in_a_car_reads_which_one_and_has_no_form(plant, record, car):
    person = make_person(Role.ENGINEER)
    record(plant.posted("CRS-EOL", operator=person.personnel_number, finished_at=AT - timedelta(hours=1)))
    concession = propose(car)
    page = browser(person=person).get(f"/concessions/{concession.number}/")
    assert "You inspected or reworked car 1: somebody else has to sign." in words(page).replace(" :", ":")
    assert 'type="password"' not in page.content.decode()
    assert sign(browser(person=person), concession).status_code == 403


def test_a_fail_that_came_since_is_listed_and_nothing_is_signed(plant, record, car):
    concession = propose(car)
    record(plant.posted("CRS-EOL", finished_at=AT, measurements=changed_value("CRS-EOL", "SQUIB", "3.4")))
    page = browser(Role.ENGINEER).get(f"/concessions/{concession.number}/")
    assert f"Car 1 ({car.vin}) has other fails than were proposed." in words(page)
    assert 'type="password"' not in page.content.decode()
    response = sign(browser(Role.ENGINEER), concession)
    assert (response.status_code, ConcessionSignature.objects.count()) == (409, 0)


def test_one_that_has_ended_says_so_and_leads_to_a_new_proposal(plant, car, nc, clock):
    concession = approve(propose(car))
    clock.go(days=4)
    page = browser(Role.ENGINEER).get(f"/concessions/{concession.number}/")
    assert heading(page) == "This concession has ended: nothing more leaves by it"
    assert f"/nonconformances/{nc.number}/concession/" in page.content.decode()
    assert clearance(vin=car.vin, at=clock.now).may_leave is False


def test_today_tells_engineers_and_officers_what_waits_for_approval(car):
    """An auditor sees the tasks of everybody."""
    concession = propose(car)
    told = f"Concession {concession.number} of {car.batch.number} : 1 car waits for two approvals."
    assert {role: told in words(browser(role).get("/")) for role in Role} == {
        role: role in (Role.ENGINEER, Role.RELEASE_OFFICER, Role.AUDITOR) for role in Role
    }


def test_the_list_is_newest_first_and_its_queries_do_not_grow(car, django_assert_num_queries):
    client = browser(Role.AUDITOR)
    assert heading(client.get("/concessions/")) == "No departure was ever proposed to be conceded"
    propose(car)
    client.get("/concessions/")
    with django_assert_num_queries(6):
        assert heading(client.get("/concessions/")) == "1 concession waits for signatures"
    for _ in range(2):
        propose(car)
    with django_assert_num_queries(6):
        page = client.get("/concessions/")
    numbers = [row.found.number for row in page.context["rows"]]
    assert numbers == list(Concession.objects.order_by("-pk").values_list("number", flat=True))


def test_a_number_opens_its_page_and_an_unknown_one_is_not_found(car):
    concession, client = propose(car), browser(Role.ENGINEER)
    assert client.get("/search/", {"q": concession.number})["Location"] == f"/concessions/{concession.number}/"
    for wrong in ("C-999999", "a\x00b", "y" * 200, "../x"):
        assert client.get(f"/concessions/{wrong}/").status_code == 404


def test_a_batch_s_own_nonconformance_offers_none(plant, car):
    own = Nonconformance.objects.create(
        number="NC-OWN", batch=plant.batch, domain="battery", code="sample_rejected", opened_at=AT
    )
    engineer = browser(Role.ENGINEER)
    url = f"/nonconformances/{own.number}/concession/"
    assert url not in engineer.get(f"/nonconformances/{own.number}/").content.decode()
    assert heading(engineer.get(url)) == "Nothing of NC-OWN can be conceded"
    assert engineer.post(url, FILLED).status_code == 422


def test_the_request_is_named_in_what_the_ledger_tells(car, nc):
    browser(Role.ENGINEER).post(f"/nonconformances/{nc.number}/concession/", FILLED)
    sign(browser(Role.ENGINEER), Concession.objects.get())
    entries = LedgerEntry.objects.filter(act__in=["concession.proposed", "concession.signed"])
    assert [bool(entry.request_id) for entry in entries] == [True, True]


def test_a_release_officer_reads_the_proposal_page_and_is_told_who_may(nc):
    page = browser(Role.RELEASE_OFFICER).get(f"/nonconformances/{nc.number}/concession/")
    assert "This is for: " in words(page)
    assert 'name="reason"' not in page.content.decode()
    assert make_engineer().roles == {Role.ENGINEER}
