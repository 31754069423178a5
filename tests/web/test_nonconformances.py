"""From a flag to its end in the browser: the list, one nonconformance, its acts, a review, a void inspection."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from inspections.catalogue.models import Characteristic
from inspections.dispositions.models import Disposition, Hold, Nonconformance
from inspections.gates.models import VehicleGate
from inspections.gates.queries import clearance
from inspections.gates.services import decide_batch
from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.records.models import LedgerEntry
from inspections.results.models import Inspection, Void
from inspections.results.services import record_inspection
from tests import factories
from tests.factories import AT, changed_value, make_person
from tests.undone import undone

BMS = [{"system": "BMS", "version": "2.0"}]
ACTS = ["take", "rework", "retest", "invalid"]
HOSTILE = ["", " ", "a\x00b", "a\x1b[31m", "a\u202eb", "y" * 100_000, "<script>alert(1)</script>", "💥" * 3000]


@pytest.fixture
def clock(monkeypatch):
    from django.utils import timezone

    class Clock:
        now = AT

        def at(self, clock):
            """A time of the plant's day of AT, which is 08:00 there."""
            hour, minute = map(int, clock.split(":"))
            self.now = AT + timedelta(hours=hour - 8, minutes=minute)
            return self.now

    found = Clock()
    monkeypatch.setattr(timezone, "now", lambda: found.now)
    return found


@pytest.fixture
def plant(standing_plant, clock):
    return standing_plant


@pytest.fixture
def sign_in(db, clock):
    def run(*roles, person=None):
        client = Client(raise_request_exception=True)
        client.person = person or make_person(*roles)
        client.force_login(client.person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return run


@pytest.fixture
def engineer(sign_in):
    return sign_in(Role.ENGINEER)


@pytest.fixture
def bond(plant, clock):
    """Bonding of the pack, finished at a time and on the record a minute later."""

    def run(finished, value, *, rig=None, arrives=None, person_id=None, **changed):
        at = clock.at(finished)
        values = changed_value("BAT-EOL", "BOND", value, position="pack")
        posted = plant.posted("BAT-EOL", finished_at=at, software=BMS, measurements=values, **changed)
        known = clock.at(arrives) if arrives else at + timedelta(minutes=1)
        rig = rig or plant.rig
        record_inspection(posted=posted, rig=rig, actor=factories.rig_actor(rig), at=known, person_id=person_id)
        decide_batch(batch_id=plant.batch.pk, at=known)
        clock.now = known
        return Inspection.objects.get(external_id=posted.id)

    return run


@pytest.fixture
def failed(bond, clock, standing_failed_plant):
    if standing_failed_plant:
        clock.at("08:32")
    else:
        bond("08:31", "0.100")
    return Nonconformance.objects.get()


def page_of(nc):
    return f"/nonconformances/{nc.number}/"


def words(response):
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", text.replace("&#x27;", "'").replace("&lt;", "<"))


def state(plant):
    return VehicleGate.objects.get(vehicle=plant.vehicle, domain="battery").state


def decide(plant, clock):
    decide_batch(batch_id=plant.batch.pk, at=clock.now)


REWORK = {"what": "Joint cleaned", "done_at": "2026-11-23T08:55", "repeats": ["BOND"]}


def test_the_worked_example_in_the_browser(plant, bond, clock, engineer):
    second = factories.make_rig("EOL-4", procedures=list(plant.procedures.values()))
    bond("08:14", "0.043")
    assert "No nonconformance is open" in words(engineer.get("/nonconformances/"))
    bond("08:31", "0.100", rig=second)
    bond("08:12", "0.040", arrives="08:40")
    bond("09:05", "0.038")
    nc = Nonconformance.objects.get()

    listed = words(engineer.get("/nonconformances/?state=open"))
    assert "1 nonconformance is open, 1 of them critical" in listed
    assert "Car 1 : BOND, pack is 0.100 Ω ; less than 0.1 Ω is required." in listed
    assert "An engineer takes it and answers 1 fail." in listed

    page = engineer.get(page_of(nc))
    shown = words(page)
    order = [
        shown.index(text) for text in ("2026-11-23 08:12", "2026-11-23 08:14", "2026-11-23 08:31", "2026-11-23 09:05")
    ]
    assert order == sorted(order)
    assert "not answered" in shown
    assert "The pass of 2026-11-23 09:05 counts if it finished after the work was done" in shown
    assert f"Then the hold of the gate lifts and {nc.number} closes, by themselves." in shown

    clock.at("09:18")
    said = {"cause_class": "method", "cause": "Paint under the lug", "containment": "Next 20 cars looked at"}
    assert engineer.post(f"{page_of(nc)}take/", said).status_code == 302
    clock.at("09:20")
    response = engineer.post(f"{page_of(nc)}rework/", REWORK)
    assert (response.status_code, response["Location"]) == (302, page_of(nc))
    decide(plant, clock)
    nc.refresh_from_db()
    assert (state(plant), nc.state, Hold.objects.get().lifted_at) == (0, "closed", clock.now)
    after = words(engineer.get(page_of(nc)))
    assert f"{nc.number} is closed: BOND of car 1 is answered" in after
    label = Actor.person(engineer.person).label
    assert f"Rework recorded by {label}, done 2026-11-23 08:55: Joint cleaned" in after
    assert "Paint under the lug" in after
    assert f"{nc.number} answered by rework: Joint cleaned." in after
    assert "What can be done" not in after
    closed = words(engineer.get("/nonconformances/?state=closed"))
    assert "Nothing: it closed at 2026-11-23 09:20." in closed


def test_the_page_says_the_limit_and_the_value_and_draws_the_bar(engineer, failed):
    html = engineer.get(page_of(failed)).content.decode()
    assert '<svg class="limit st-fail"' in html
    assert "0.100 Ω" in html
    assert "less than 0.1 Ω" in html


@pytest.mark.parametrize(
    ("act", "data", "kind"),
    [
        ("rework", REWORK | {"done_at": "2026-11-23T08:40"}, "rework"),
        ("retest", {"reason": "Probe looked at"}, "confirmed_retest"),
        ("invalid", {"reason": "Probe was loose"}, "measurement_invalid"),
    ],
)
def test_an_answer_is_given_once_however_often_it_is_sent(plant, clock, engineer, failed, act, data, kind):
    clock.at("08:50")
    assert engineer.post(f"{page_of(failed)}{act}/", data).status_code == 302
    again = engineer.post(f"{page_of(failed)}{act}/", data)
    assert again.status_code == 409
    assert "Nothing was done." in words(again)
    assert "a later pass is awaited" in words(again)
    assert list(Disposition.objects.values_list("kind", flat=True)) == [kind]
    assert LedgerEntry.objects.filter(act="nonconformance.disposed").count() == 1
    decide(plant, clock)
    assert state(plant) == 2
    page = words(engineer.get(page_of(failed)))
    assert "An inspector records the test again; it counts once it finishes after the answer and passes." in page
    assert "Every fail is answered. Nothing more can be done here but testing again." in page


def test_taking_it_twice_says_the_same_once(engineer, failed):
    for _ in range(2):
        assert engineer.post(f"{page_of(failed)}take/", {"cause_class": "method", "cause": "Paint"}).status_code == 302
    assert LedgerEntry.objects.filter(act="nonconformance.taken").count() == 1
    failed.refresh_from_db()
    assert (failed.owner_id, failed.cause) == (engineer.person.pk, "Paint")


@pytest.mark.parametrize("act", ACTS)
def test_what_is_closed_is_answered_no_more(plant, bond, clock, engineer, failed, act):
    engineer.post(f"{page_of(failed)}invalid/", {"reason": "Probe was loose"})
    bond("09:05", "0.038")
    before = LedgerEntry.objects.count()
    response = engineer.post(f"{page_of(failed)}{act}/", {**REWORK, "reason": "x", "cause": "x", "cause_class": "man"})
    assert response.status_code == 409
    assert "is closed: there is nothing to answer" in words(response)
    assert LedgerEntry.objects.count() == before


@pytest.mark.law(8)
@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.RELEASE_OFFICER, Role.CATALOGUE_OWNER, Role.AUDITOR])
def test_law_8_other_roles_read_and_are_told_who_may(sign_in, failed, role):
    client, inspection = sign_in(role), Inspection.objects.get()
    places = [f"{page_of(failed)}{act}/" for act in ACTS]
    places += [reverse("web:disagreement", args=[inspection.pk]), reverse("web:void", args=[inspection.pk])]
    before = LedgerEntry.objects.count()
    for address in places:
        response = client.post(address, {**REWORK, "reason": "x", "verdict": "ours_stands", "ordinal": "-1"})
        assert (address, response.status_code) == (address, 403)
        assert "This is for: QA engineer" in words(response)
    assert (Disposition.objects.count(), Void.objects.count(), LedgerEntry.objects.count()) == (0, 0, before)
    for address in ("/nonconformances/", page_of(failed), *places[4:]):
        response = client.get(address)
        assert response.status_code == 200
        own = re.findall(r'<form[^>]*method="post"[^>]*action="/nonconformances', response.content.decode())
        assert own == []
    assert "This is for: QA engineer" in words(client.get(page_of(failed)))


@pytest.mark.law(8)
@pytest.mark.parametrize("how", ["form", "operator"])
def test_law_8_whoever_recorded_it_is_told_so_and_cannot_answer(plant, bond, clock, engineer, how):
    mine = {"person_id": engineer.person.pk} if how == "form" else {"operator": engineer.person.personnel_number}
    bond("08:31", "0.100", **mine)
    nc = Nonconformance.objects.get()
    page = engineer.get(page_of(nc))
    assert "You recorded this result yourself: another engineer has to answer it." in words(page)
    assert f"{page_of(nc)}rework/" not in page.content.decode()
    clock.at("09:00")
    for act in ("rework", "retest", "invalid"):
        response = engineer.post(f"{page_of(nc)}{act}/", {**REWORK, "reason": "x"})
        assert response.status_code == 422
        assert "You recorded this result yourself" in words(response)
    assert Disposition.objects.count() == 0


@pytest.mark.parametrize("name", ["nonconformance-act"])
def test_nothing_is_done_by_asking_for_a_page(engineer, failed, name):
    assert {engineer.get(reverse(f"web:{name}", args=[failed.number, act])).status_code for act in ACTS} == {405}
    assert engineer.post(page_of(failed)).status_code == 405
    assert engineer.post("/nonconformances/").status_code == 405


def test_nothing_is_done_without_the_token_of_the_page(engineer, failed):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(engineer.person, backend="django.contrib.auth.backends.ModelBackend")
    inspection = Inspection.objects.get()
    for address in (f"{page_of(failed)}invalid/", f"/inspections/{inspection.pk}/void/"):
        assert strict.post(address, {"reason": "x"}).status_code == 403
    assert Disposition.objects.count() == 0


@pytest.mark.parametrize("act", ACTS)
def test_hostile_input_is_refused_or_shown_as_text(engineer, failed, act):
    for text in HOSTILE:
        data = dict.fromkeys(
            ("what", "done_at", "repeats", "reason", "cause", "containment", "kind_1", "removed_1", "fitted_1"), text
        )
        with undone():
            response = engineer.post(f"{page_of(failed)}{act}/", data)
            assert (text[:9], response.status_code in {302, 422}) == (text[:9], True)
            page = engineer.get(page_of(failed))
            assert (text[:9], page.status_code) == (text[:9], 200)
            assert b"<script>alert" not in page.content + response.content


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"done_at": "2026-11-23T08:30"}, "The rework was done before the test that failed"),
        ({"done_at": "2026-11-23T11:00"}, "ahead of now"),
        ({"done_at": "yesterday"}, "This is no date and time."),
        ({"done_at": ""}, "Enter the date and time."),
        ({"done_at": "0001-01-01T00:00"}, "The year 1 cannot be right."),
        ({"what": ""}, "Say why: the reason is empty."),
        ({"repeats": ["NOPE"]}, "This test cannot be chosen here."),
        ({"kind_1": "pack"}, "Enter which part was removed, which was fitted, or both."),
        ({"fitted_1": "P-2"}, "Choose the kind of the part."),
        ({"kind_1": "pack", "removed_1": "P-1", "fitted_1": "P-1"}, "This is the part that was removed"),
        ({"kind_1": "pack", "removed_1": "P-9"}, "pack P-9 is in no vehicle; it cannot be removed from this one."),
        ({"kind_1": "door", "removed_1": "D-1"}, "This kind cannot be chosen here."),
    ],
)
def test_a_rework_that_cannot_be_so_is_refused_and_keeps_what_was_typed(clock, engineer, failed, changed, said):
    clock.at("09:00")
    response = engineer.post(f"{page_of(failed)}rework/", {**REWORK, **changed})
    assert response.status_code == 422
    assert said in words(response)
    assert Disposition.objects.count() == 0
    if "what" not in changed:
        assert "Joint cleaned" in response.content.decode()


def test_parts_changed_are_in_the_car_and_on_the_page(plant, bond, clock, engineer, failed):
    clock.at("09:00")
    parts = {"kind_1": "pack", "removed_1": "P-1", "fitted_1": "P-2"}
    assert engineer.post(f"{page_of(failed)}rework/", {**REWORK, **parts}).status_code == 302
    shown = words(engineer.get(page_of(failed)))
    assert "Part: pack P-1 removed, P-2 fitted" in shown
    assert "In this car now pack P-2" in words(engineer.get(f"/vehicles/{plant.vehicle.vin}/"))


@pytest.mark.parametrize(
    "address",
    ["NC-999999", "nc", "%00", "NC-1%00", "x" * 300, "%F0%9F%92%A5", "NC-1'--"],
)
def test_what_is_no_nonconformance_is_not_found(engineer, failed, address):
    if address == failed.number:
        return
    assert engineer.get(f"/nonconformances/{address}/").status_code == 404
    assert engineer.post(f"/nonconformances/{address}/rework/", REWORK).status_code == 404


def test_an_act_that_there_is_not_is_not_found(engineer, failed):
    assert engineer.post(f"{page_of(failed)}scrapheap/", {}).status_code == 404


@pytest.mark.parametrize("query", ["after=x", "after=1", "after=1-2-3", "after=1-2-3-4", "after=" + "9" * 30 + "-0-1"])
def test_a_page_of_the_list_that_there_is_not_is_not_found(engineer, failed, query):
    for each in ("", "state=closed&"):
        assert engineer.get(f"/nonconformances/?{each}{query}").status_code == 404
    assert engineer.get("/nonconformances/?state=%00nonsense").status_code == 200


@pytest.fixture
def many(plant, clock):
    """Five cars each with a critical and an ordinary fail."""
    for car in factories.make_vehicles(plant.batch, 5):
        values = changed_value("BAT-EOL", "BOND", "0.2", position="pack")
        values = [{**row, "value": "1"} if row["characteristic"] == "ISO" else row for row in values]
        posted = plant.posted("BAT-EOL", vin=car.vin, software=BMS, measurements=values)
        record_inspection(posted=posted, rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    return Nonconformance.objects.count()


@pytest.mark.parametrize("state", ["", "closed"])
def test_every_one_stands_on_exactly_one_page_critical_first(engineer, many, monkeypatch, state):
    monkeypatch.setattr("inspections.web.views.nonconformances.PAGE", 3)
    if state:
        Nonconformance.objects.update(state="closed", closed_at=AT)
    address, seen = f"/nonconformances/?state={state}", []
    while address:
        html = engineer.get(address).content.decode()
        seen += re.findall(r'scope="row"[^>]*><a href="/nonconformances/(NC-\d+)/"', html)
        following = re.search(r'href="([^"]+)" rel="next"', html)
        address = following.group(1).replace("&amp;", "&") if following else ""
    assert (len(seen), len(set(seen))) == (many, many)
    if not state:
        critical = set(Characteristic.objects.filter(special="CC").values_list("pk", flat=True))
        about = dict(Nonconformance.objects.values_list("number", "characteristic_id"))
        assert [about[number] in critical for number in seen] == [True] * 5 + [False] * 5


def test_the_list_asks_the_database_as_often_for_one_as_for_many(plant, engineer, failed, request):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        engineer.get("/nonconformances/")
    request.getfixturevalue("many")
    with CaptureQueriesContext(connection) as more:
        engineer.get("/nonconformances/")
    assert len(one) == len(more)


def test_numbers_lead_to_the_page(plant, engineer, failed):
    link = f'href="{page_of(failed)}"'
    for address in ("/", f"/batches/{plant.batch.number}/", f"/vehicles/{plant.vehicle.vin}/"):
        assert (address, link in engineer.get(address).content.decode()) == (address, True)
    found = engineer.get(f"/search/?q={failed.number.lower()}")
    assert (found.status_code, found["Location"]) == (302, page_of(failed))


@pytest.fixture
def contradicted(plant, clock):
    posted = plant.posted("BAT-EOL", software=BMS, verdict="fail")
    record_inspection(posted=posted, rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    return Inspection.objects.get()


def test_a_disagreement_is_reviewed_from_the_page_of_the_car(plant, clock, engineer, contradicted):
    address = f"/inspections/{contradicted.pk}/review/"
    assert f'href="{address}"' in engineer.get(f"/vehicles/{plant.vehicle.vin}/").content.decode()
    page = words(engineer.get(address))
    assert "The rig and Interlock disagree about one verdict" in page
    assert "The whole inspection: the rig says fail, Interlock says pass" in page
    data = {"ordinal": "-1", "verdict": "ours_stands", "reason": "Timer of the rig ran out"}
    for missing in data:
        assert engineer.post(address, {**data, missing: ""}).status_code == 422
    assert engineer.post(address, {**data, "ordinal": "77"}).status_code == 422
    response = engineer.post(address, data)
    assert response["Location"] == f"/vehicles/{plant.vehicle.vin}/#inspection-{contradicted.pk}"
    again = engineer.post(address, data)
    assert again.status_code == 409
    assert Disposition.objects.count() == 1
    decide(plant, clock)
    assert state(plant) == 0
    assert "No verdict of this inspection waits for a review" in words(engineer.get(address))


def test_a_verdict_treated_as_a_fail_blocks_and_opens_what_can_be_answered(plant, clock, engineer, contradicted):
    data = {"ordinal": "-1", "verdict": "treat_as_fail", "reason": "The trace shows a spike"}
    assert engineer.post(f"/inspections/{contradicted.pk}/review/", data).status_code == 302
    decide(plant, clock)
    assert state(plant) == 2
    for nc in Nonconformance.objects.all():
        assert engineer.get(page_of(nc)).status_code == 200
        assert engineer.post(f"{page_of(nc)}invalid/", {"reason": "Spike of the rig"}).status_code == 302
    decide(plant, clock)
    assert state(plant) == 2


def test_an_inspection_is_declared_void_once_and_says_so(plant, bond, clock, engineer):
    inspection = bond("08:14", "0.043")
    address = f"/inspections/{inspection.pk}/void/"
    assert f'href="{address}"' in engineer.get(f"/vehicles/{plant.vehicle.vin}/").content.decode()
    page = words(engineer.get(address))
    assert "What passed in it counts no more" in page
    assert "It cannot be taken back." in page
    assert engineer.post(address, {"reason": " "}).status_code == 422
    assert engineer.post(address, {"reason": "Wrong car"}).status_code == 302
    again = engineer.post(address, {"reason": "Wrong car again"})
    assert again.status_code == 409
    assert Void.objects.get().reason == "Wrong car"
    decide(plant, clock)
    codes = {
        reason.code for reason in clearance(vin=plant.vehicle.vin, at=clock.now).reasons if reason.gate == "battery"
    }
    assert codes == {"missing_result"}
    assert "This inspection is void" in words(engineer.get(address))


@pytest.mark.parametrize("name", ["review", "void"])
@pytest.mark.parametrize("number", [0, 424242, 99999999999999999999])
def test_what_is_no_inspection_is_not_found(engineer, plant, name, number):
    assert engineer.get(f"/inspections/{number}/{name}/").status_code == 404
    assert engineer.post(f"/inspections/{number}/{name}/", {"reason": "x"}).status_code == 404


def test_somebody_signed_out_or_without_a_role_reads_nothing(sign_in, failed):
    places = ["/nonconformances/", page_of(failed), f"{page_of(failed)}take/", "/inspections/1/void/"]
    assert {Client().get(address).status_code for address in places} == {302}
    assert {sign_in().get(address).status_code for address in places} == {403}
