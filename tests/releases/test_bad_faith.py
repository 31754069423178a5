"""Ways to get a bad car out, each tried as whoever could. Each ends with the car inside and a word that says why."""

import json
import re
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inspections.batches.models import Vehicle
from inspections.dispositions.answering import confirm_retest, declare_invalid, record_rework
from inspections.dispositions.models import Hold, Nonconformance
from inspections.dispositions.rules import DispositionRefused
from inspections.dispositions.services import place_hold
from inspections.evaluation.facts import DispositionKind
from inspections.gates.choices import CoverageKind
from inspections.gates.queries import clearance
from inspections.gates.services import decide_batch, enter_coverage
from inspections.people.choices import Role
from inspections.people.models import OperatorAlias
from inspections.people.rules import Actor
from inspections.releases.models import Delivery, Release, Signature
from inspections.releases.rules import ReleaseChanged, ReleaseRefused
from inspections.releases.services import MayNotLeave, deliver_vehicle, propose_release, sign_release
from inspections.results.admitting import void_inspection
from inspections.results.models import Inspection
from inspections.results.services import NewVehicle, record_inspection, record_inspections, register_vehicles
from tests import factories
from tests.factories import AT, SYSTEM, changed_value, make_person, mes_actor
from tests.signing import carried, shown
from tests.threads import Beside

PASSWORD = "a long password"
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


def propose(batch, officer, at=AT):
    return propose_release(batch=batch, vehicle_ids=None, actor=Actor.person(officer), at=at)


def sign(release, officer, at=AT):
    return sign_release(release=release, signer=officer, password=PASSWORD, seen=shown(release, at), at=at)


def failing(plant, **changed):
    return plant.posted("CRS-EOL", measurements=changed_value("CRS-EOL", "SQUIB", "9.9"), **changed)


def inside(car, at=AT):
    """The car may not leave, its delivery is refused, and the reasons say why."""
    with pytest.raises(MayNotLeave) as refusal:
        deliver_vehicle(vehicle=car, delivered_at=at, actor=mes_actor(), at=at)
    assert (Delivery.objects.count(), clearance(vin=car.vin, at=at).may_leave) == (0, False)
    return {reason.code for reason in refusal.value.clearance.reasons}


def browser(person):
    client = Client()
    client.force_login(person, backend=MODEL_BACKEND)
    return client


def sign_on_the_page(officer, release, seen=None):
    data = {
        "shown": carried(release, officer, **({"digest": seen} if seen else {})),
        "password": PASSWORD,
        "read": "on",
    }
    return browser(officer).post(f"/releases/{release.number}/sign/", data)


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode().replace("&#x27;", "'")))


@pytest.fixture
def at_work(monkeypatch):
    """Pages and the API act at a stated moment."""

    def begin(moment):
        monkeypatch.setattr("django.utils.timezone.now", lambda: moment)

    begin(AT)
    return begin


# --- As a release officer ---


@pytest.mark.law(8)
def test_law_8_signing_twice_as_one_person(good_car, proposal, officers, at_work):
    assert sign_on_the_page(officers[0], proposal).status_code == 302
    second = sign_on_the_page(officers[0], proposal)
    assert (second.status_code, Signature.objects.count()) == (403, 1)
    assert "the second signature is another person's" in words(second)
    assert inside(good_car) == {"not_released"}


@pytest.mark.law(8)
def test_law_8_signing_as_one_person_under_a_second_account_that_inspected(plant, record, good_car, officers, at_work):
    record(plant.posted("CRS-EOL", operator="LEFT-HAND"))
    OperatorAlias.objects.create(operator="LEFT-HAND", user=officers[0], mapped_by="0001", at=AT)
    release = propose(good_car.batch, officers[1])
    refused = sign_on_the_page(officers[0], release)
    assert (refused.status_code, Signature.objects.count()) == (403, 0)
    assert "You inspected car 1" in words(refused)
    assert inside(good_car) == {"not_released"}


def test_signing_a_page_an_hour_old_whose_car_failed_and_was_answered_since(
    plant, record, good_car, proposal, officers, at_work
):
    later = AT + timedelta(hours=1)
    record(failing(plant, finished_at=AT + timedelta(minutes=5)), at=AT + timedelta(minutes=6))
    record_rework(
        nonconformance=Nonconformance.objects.get(),
        what="Plug seated",
        done_at=AT + timedelta(minutes=10),
        actor=factories.make_engineer(),
        at=AT + timedelta(minutes=15),
    )
    record(plant.posted("CRS-EOL", finished_at=AT + timedelta(minutes=20)), at=AT + timedelta(minutes=21))
    assert clearance(vin=good_car.vin, at=later).clear is True
    at_work(later)
    refused = sign_on_the_page(officers[0], proposal)
    assert (refused.status_code, Signature.objects.count()) == (409, 0)
    assert f"Car 1 ({good_car.vin}) has changed." in words(refused)
    assert inside(good_car, later) == {"not_released"}


def test_signing_the_page_of_another_proposal(good_car, proposal, officers, at_work):
    refused = sign_on_the_page(officers[1], proposal, seen="f" * 64)
    assert (refused.status_code, Signature.objects.count()) == (409, 0)
    assert "The page showed something else" in words(refused)
    assert inside(good_car) == {"not_released"}


def test_signing_the_second_time_a_day_later(good_car, proposal, officers, at_work):
    sign(proposal, officers[0])
    tomorrow = AT + timedelta(hours=24)
    at_work(tomorrow)
    refused = sign_on_the_page(officers[1], proposal)
    assert (refused.status_code, Signature.objects.count()) == (409, 1)
    assert "lapsed" in words(refused)
    assert inside(good_car, tomorrow) == {"not_released"}


def test_signing_an_older_proposal_after_the_car_was_released_and_suspended(
    plant, record, good_car, proposal, officers, at_work
):
    older, newer = proposal, propose(good_car.batch, officers[0])
    for officer in officers[:2]:
        sign(newer, officer)
    record(failing(plant))
    refused = sign_on_the_page(officers[2], older)
    assert (refused.status_code, Signature.objects.filter(release=older).count()) == (409, 0)
    assert "is not clear any more" in words(refused)
    assert {"measurement_failed", "release_suspended"} <= inside(good_car)


def test_letting_the_coverage_run_out_between_the_signatures(officers, at_work):
    procedure = factories.make_procedure("SIDE-TYPE", "crash", {"INTRUSION": {"unit": "mm"}})
    type_line = {"characteristic": "INTRUSION", "level": "type", "upper": 100}
    plant = factories.make_plant(lines=[*factories.LINES, type_line])
    ends = AT + timedelta(hours=2)
    enter_coverage(
        number="C-1",
        procedure=procedure,
        configuration=plant.configuration,
        kind=CoverageKind.CERTIFICATE,
        valid_from=factories.LONG_AGO,
        valid_until=ends,
        document="certificate.pdf",
        document_sha256="0" * 64,
        actor=factories.make_engineer(),
        at=factories.LONG_AGO,
    )
    passing(plant, [plant.vehicle])
    release = propose(plant.batch, officers[0])
    sign(release, officers[0])
    at_work(ends)
    refused = sign_on_the_page(officers[1], release)
    assert (refused.status_code, Signature.objects.count()) == (409, 1)
    assert "is not clear any more" in words(refused)
    # Nothing has decided anew meanwhile: the moment itself is enough.
    assert "decision_expired" in inside(plant.vehicle, ends)
    decide_batch(batch_id=plant.batch.pk, at=ends)


# --- As an inspector or an engineer ---


@pytest.mark.law(8)
@pytest.mark.parametrize("how", [record_rework, confirm_retest, declare_invalid])
def test_law_8_disposing_of_ones_own_fail(plant, record, good_car, how):
    engineer = make_person(Role.ENGINEER, Role.INSPECTOR)
    actor = Actor.person(engineer)
    record_inspection(posted=failing(plant), rig=plant.rig, actor=actor, at=AT, person_id=engineer.pk)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    words_of = {"what": "seen", "done_at": AT} if how is record_rework else {"reason": "seen"}
    with pytest.raises(DispositionRefused) as refusal:
        how(nonconformance=Nonconformance.objects.get(), actor=actor, at=AT, **words_of)
    assert (refusal.value.code, str(refusal.value)) == (
        "four_eyes",
        "You recorded this result yourself: another engineer has to answer it.",
    )
    assert "measurement_failed" in inside(good_car)


@pytest.mark.law(8)
def test_law_8_disposing_of_ones_own_fail_past_the_service(plant, record, good_car):
    engineer = make_person(Role.ENGINEER)
    record(failing(plant, operator=engineer.personnel_number))
    with (
        pytest.raises(DatabaseError, match="nobody disposes of what they recorded themselves"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "insert into inspections_disposition (inspection_id, ordinal, kind, reason, parts, repeats, done_at,"
            " disposed_by, person_id, at) select id, -1, %s, 'mine', '[]', '{}', now(), 'me', %s, now()"
            " from inspections_inspection where operator = %s",
            [DispositionKind.MEASUREMENT_INVALID.value, engineer.pk, engineer.personnel_number],
        )
    assert "measurement_failed" in inside(good_car)


def test_voiding_the_failing_inspection(plant, record, good_car):
    record(failing(plant, id="bad"))
    void_inspection(
        inspection=Inspection.objects.get(external_id="bad"), reason="wrong car", actor=factories.make_engineer(), at=AT
    )
    decide_batch(batch_id=plant.batch.pk, at=AT)
    assert {"measurement_failed", "nonconformance_open"} <= inside(good_car)


# --- As a rig ---


def test_replaying_a_pass_with_an_older_finishing_time(plant, record, good_car):
    record(failing(plant))
    record(plant.posted("CRS-EOL", finished_at=AT - timedelta(hours=1)))
    assert "measurement_failed" in inside(good_car)


def test_measuring_again_until_it_passes(plant, record, good_car):
    record(failing(plant, finished_at=AT - timedelta(minutes=5)))
    record(plant.posted("CRS-EOL", finished_at=AT - timedelta(minutes=1)))
    assert "measurement_failed" in inside(good_car)


def test_a_rig_that_delivers_by_itself(good_car, proposal, officers, at_work):
    from inspections.rigs.models import Rig
    from inspections.rigs.services import issue_key

    for officer in officers[:2]:
        sign(proposal, officer)
    key = issue_key(rig=Rig.objects.get(), at=AT)
    answer = Client().post(
        f"/api/v1/vehicles/{good_car.vin}/delivery/",
        json.dumps({"at": AT.isoformat()}),
        content_type="application/json",
        headers={"authorization": f"Bearer {key}"},
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
    assert (Delivery.objects.count(), Vehicle.objects.get().status) == (0, "released")


# --- Past the front door ---


def test_posting_to_the_api_as_a_browser_session(good_car, proposal, officers, at_work):
    for officer in officers[:2]:
        sign(proposal, officer)
    answer = browser(officers[0]).post(
        f"/api/v1/vehicles/{good_car.vin}/delivery/",
        json.dumps({"at": AT.isoformat()}),
        content_type="application/json",
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert (Delivery.objects.count(), Vehicle.objects.get().status) == (0, "released")


def test_signing_from_another_site(good_car, proposal, officers, at_work):
    client = Client(enforce_csrf_checks=True)
    client.force_login(officers[0], backend=MODEL_BACKEND)
    data = {"shown": carried(proposal, officers[0]), "password": PASSWORD, "read": "on"}
    answer = client.post(f"/releases/{proposal.number}/sign/", data)
    assert (answer.status_code, Signature.objects.count()) == (403, 0)
    assert inside(good_car) == {"not_released"}


@pytest.mark.parametrize("what", ["vehicle", "hold", "nonconformance", "inspection", "release", "signature"])
def test_editing_through_the_admin(plant, record, good_car, what):
    record(failing(plant))
    person = make_person(*Role)
    person.is_staff = person.is_superuser = True
    person.save()
    row = {"vehicle": good_car, "hold": Hold.objects.first(), "nonconformance": Nonconformance.objects.first()}.get(
        what, Inspection.objects.first()
    )
    client = browser(person)
    data = {
        "status": "released",
        "state": "closed",
        "lifted_at_0": "2026-11-23",
        "lifted_at_1": "08:00",
        "verdict": "0",
    }
    answered = {
        client.post(f"/admin/inspections/{what}/{row.pk}/{act}/", {**data, "post": "yes"}).status_code
        for act in ("change", "delete")
    }
    answered.add(client.post(f"/admin/inspections/{what}/add/", data).status_code)
    assert answered <= {403, 404}
    assert "measurement_failed" in inside(good_car)


@pytest.mark.law(4)
@pytest.mark.parametrize(
    "statement",
    [
        "update inspections_signature set signer_id = signer_id + 1",
        "delete from inspections_signature",
        "update inspections_release set lapses_at = lapses_at + interval '1 year'",
        "update inspections_releasedvehicle set digest = repeat('0', 64)",
        "insert into inspections_releasedvehicle (release_id, vehicle_id, digest, conceded)"
        " select id, 0, '', '{}' from inspections_release",
    ],
)
def test_law_4_what_was_signed_is_not_rewritten(good_car, proposal, officers, statement):
    sign(proposal, officers[0])
    if statement.startswith("insert"):
        statement = statement.replace(" 0,", f" {factories.make_vehicle(good_car.batch).pk},")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert "not_released" in inside(good_car)


# --- Two at once: real connections ---


@pytest.mark.django_db(transaction=True)
def test_releasing_while_a_fail_arrives(plant, good_car, proposal, officers):
    sign(proposal, officers[0])
    with transaction.atomic():
        record_inspections(items=[failing(plant)], rig=plant.rig, actor=plant.rig_actor, at=AT)
        second = Beside(lambda: sign(proposal, officers[1]))
        assert second.is_waiting()
    with pytest.raises(ReleaseChanged) as refusal:
        second.result()
    assert [each.english for each in refusal.value.differences] == [f"Car 1 ({good_car.vin}) is not clear any more."]
    assert Signature.objects.count() == 1
    assert "measurement_failed" in inside(good_car)


@pytest.mark.django_db(transaction=True)
def test_a_fail_that_arrives_while_the_second_signature_is_given(plant, good_car, proposal, officers):
    sign(proposal, officers[0])
    with transaction.atomic():
        sign(proposal, officers[1])
        late = Beside(lambda: record_inspections(items=[failing(plant)], rig=plant.rig, actor=plant.rig_actor, at=AT))
        assert late.is_waiting()
    late.result()
    assert Signature.objects.count() == 2
    assert "evaluation_pending" in {reason.code for reason in clearance(vin=good_car.vin, at=AT).reasons}
    assert inside(good_car) >= {"measurement_failed", "release_suspended"}


@pytest.mark.law(8)
@pytest.mark.django_db(transaction=True)
def test_law_8_one_officer_signs_in_two_windows_at_once(good_car, proposal, officers):
    with transaction.atomic():
        sign(proposal, officers[0])
        other = Beside(lambda: sign(proposal, officers[0]))
        assert other.is_waiting()
    with pytest.raises(ReleaseRefused) as refusal:
        other.result()
    assert (refusal.value.code, Signature.objects.count()) == ("four_eyes", 1)
    assert inside(good_car) == {"not_released"}


@pytest.mark.django_db(transaction=True)
def test_two_officers_race_for_the_second_signature_while_a_hold_is_placed(good_car, proposal, officers):
    sign(proposal, officers[0])
    with transaction.atomic():
        place_hold(batch=good_car.batch, vehicle=good_car, reason="noise", actor=factories.make_engineer(), at=AT)
        racing = [Beside(lambda officer=officer: sign(proposal, officer)) for officer in officers[1:]]
        assert all(one.is_waiting() for one in racing)
    for one in racing:
        with pytest.raises(ReleaseChanged):
            one.result()
    assert Signature.objects.count() == 1
    assert inside(good_car) == {"hold_active"}


@pytest.mark.django_db(transaction=True)
def test_two_officers_race_for_the_second_signature_and_one_gives_it(good_car, proposal, officers):
    sign(proposal, officers[0])
    with transaction.atomic():
        sign(proposal, officers[1])
        other = Beside(lambda: sign(proposal, officers[2]))
        assert other.is_waiting()
    with pytest.raises(ReleaseRefused) as refusal:
        other.result()
    assert (refusal.value.code, Signature.objects.count()) == ("signed_already", 2)


@pytest.mark.django_db(transaction=True)
def test_delivering_while_the_hold_is_being_placed(good_car, proposal, officers):
    for officer in officers[:2]:
        sign(proposal, officer)
    with transaction.atomic():
        place_hold(batch=good_car.batch, vehicle=good_car, reason="noise", actor=factories.make_engineer(), at=AT)
        leaving = Beside(lambda: deliver_vehicle(vehicle=good_car, delivered_at=AT, actor=mes_actor(), at=AT))
        assert leaving.is_waiting()
    with pytest.raises(MayNotLeave) as refusal:
        leaving.result()
    assert [reason.code for reason in refusal.value.clearance.reasons] == ["hold_active"]
    assert inside(good_car) == {"hold_active"}


@pytest.mark.django_db(transaction=True)
def test_delivering_twice_at_once_is_one_delivery(good_car, proposal, officers):
    for officer in officers[:2]:
        sign(proposal, officer)
    with transaction.atomic():
        _, first = deliver_vehicle(vehicle=good_car, delivered_at=AT, actor=mes_actor(), at=AT)
        other = Beside(lambda: deliver_vehicle(vehicle=good_car, delivered_at=AT, actor=mes_actor(), at=AT))
        assert other.is_waiting()
    assert (first, other.result()[1], Delivery.objects.count()) == (True, False, 1)


# --- How much it asks of the database ---


def passing(plant, vehicles):
    """Every required result of the cars passes."""
    posted = [
        plant.posted(procedure, vin=vehicle.vin, software=software)
        for vehicle in vehicles
        for procedure, software in (
            ("BAT-EOL", [{"system": "BMS", "version": "2.0"}]),
            ("DRV-EOL", [{"system": "ADAS", "version": "4.10"}]),
            ("CRS-EOL", None),
        )
    ]
    record_inspections(items=posted, rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)


def test_signing_a_release_of_200_vehicles_takes_under_two_statements_a_vehicle(plant, officers):
    serials = factories.vins(500_000)
    news = [NewVehicle(next(serials), place, (("ADAS", "4.10"), ("BMS", "2.0"))) for place in range(2, 202)]
    vehicles = register_vehicles(batch=plant.batch, vehicles=news, actor=SYSTEM, at=AT - timedelta(hours=12)).created
    passing(plant, vehicles)
    release = propose(plant.batch, officers[0])
    assert (release.vehicles.count(), Release.objects.count()) == (200, 1)
    counted = []
    for officer in officers[:2]:
        with CaptureQueriesContext(connection) as statements:
            sign(release, officer)
        counted.append(len(statements))
    assert max(counted) < 2 * 200
    assert max(counted) <= 60, f"a signature takes {counted} statements, whatever the number of vehicles"
    assert Vehicle.objects.filter(status="released").count() == 200
