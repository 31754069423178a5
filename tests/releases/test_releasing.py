"""From a clear car to one that left: proposal, two signatures, delivery; and everything that stops it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from inspections.dispositions.services import place_hold
from inspections.gates.queries import clearance
from inspections.people.choices import Role
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from inspections.releases.models import Delivery, Release, ReleasedVehicle, Signature
from inspections.releases.rules import ReleaseChanged, ReleaseRefused
from inspections.releases.services import MayNotLeave, deliver_vehicle, propose_release, sign_release
from inspections.results.models import Inspection
from inspections.results.operators import map_operator, operators_keeping, unknown_operators
from inspections.results.services import FittedPart, fit_components
from tests import factories
from tests.factories import AT, SYSTEM, changed_value, make_engineer, make_person, mes_actor
from tests.signing import shown

PASSWORD = "a long password"


@pytest.fixture
def officers(db):
    return [make_person(Role.RELEASE_OFFICER) for _ in range(3)]


@pytest.fixture
def proposal(good_car, officers):
    return propose(good_car, officers[0])


def propose(car, officer, at=AT):
    return propose_release(batch=car.batch, vehicle_ids=None, actor=Actor.person(officer), at=at)


def sign(release, officer, at=AT, password=PASSWORD):
    return sign_release(release=release, signer=officer, password=password, seen=shown(release, at), at=at)


def deliver(car, at=AT):
    return deliver_vehicle(vehicle=car, delivered_at=at, actor=mes_actor(), at=at)


def refused(run, kind=ReleaseRefused):
    with pytest.raises(kind) as refusal:
        run()
    return refusal.value.code


def stays_inside(car, at=AT):
    """The car may not leave, and trying to deliver it leaves it where it is."""
    with pytest.raises(MayNotLeave) as refusal:
        deliver(car, at)
    assert Delivery.objects.count() == 0
    return [reason.code for reason in refusal.value.clearance.reasons]


def test_two_signatures_release_and_the_car_leaves_once(good_car, proposal, officers):
    assert [reason.detail["count"] for reason in clearance(vin=good_car.vin, at=AT).reasons] == ["0"]
    sign(proposal, officers[0])
    assert stays_inside(good_car) == ["not_released"]
    assert [reason.detail["count"] for reason in clearance(vin=good_car.vin, at=AT).reasons] == ["1"]
    sign(proposal, officers[1])
    found = clearance(vin=good_car.vin, at=AT)
    assert (found.clear, found.may_leave, found.reasons) == (True, True, ())
    assert [deliver(good_car)[1] for _ in range(2)] == [True, False]
    good_car.refresh_from_db()
    assert (good_car.status, Delivery.objects.get().release) == ("delivered", proposal)
    acts = list(
        LedgerEntry.objects.filter(act__regex="^(release|vehicle)\\.").order_by("id").values_list("act", flat=True)
    )
    assert acts[-5:] == [
        "release.proposed",
        "release.signed",
        "release.signed",
        "vehicle.released",
        "vehicle.delivered",
    ]


def test_the_statement_says_what_is_released_and_what_is_left_behind(plant, good_car, officers):
    factories.make_vehicles(plant.batch, 3)
    assert propose(good_car, officers[0]).statement.splitlines() == [
        f"Release {Release.objects.get().number}: 1 of 4 cars built of batch SU7-2026W47-03 (SU7-MAX-CN), judged on "
        "plan CP-SU7-MAX-CN revision 1.",
        "Car 1: every gate of it and of its batch has passed.",
        "No car is released by concession.",
        "Left behind: 2 to 4.",
        "",
        f"放行{Release.objects.get().number}：批次SU7-2026W47-03（SU7-MAX-CN）已下线4台中的1台，"
        "依据控制计划CP-SU7-MAX-CN第1版判定。",
        "第1台：该车及其批次的所有关卡均已通过。",
        "没有车辆凭让步放行。",
        "留下：2至4。",
    ]


@pytest.mark.law(8)
def test_law_8_one_person_does_not_sign_twice(proposal, officers, good_car):
    sign(proposal, officers[0])
    assert refused(lambda: sign(proposal, officers[0])) == "four_eyes"
    assert stays_inside(good_car) == ["not_released"]


@pytest.mark.law(8)
def test_law_8_the_database_refuses_one_persons_second_signature(proposal, officers):
    first = sign(proposal, officers[0])
    first.pk, first.place = None, 2
    with pytest.raises(IntegrityError, match="signature_four_eyes"), transaction.atomic():
        first.save(force_insert=True)


@pytest.mark.law(8)
@pytest.mark.parametrize("how", ["person_id", "operator"])
def test_law_8_nobody_releases_what_they_inspected(plant, record, good_car, officers, how):
    inspector = officers[2]
    posted = plant.posted("CRS-EOL", **({"operator": inspector.personnel_number} if how == "operator" else {}))
    if how == "operator":
        record(posted)
    else:
        from inspections.results.services import record_inspection

        inspector.groups.add(*factories.make_person(Role.INSPECTOR).groups.all())
        actor = Actor.person(inspector)
        record_inspection(posted=posted, rig=plant.rig, actor=actor, at=AT, person_id=inspector.pk)
    release = propose(good_car, officers[0])
    assert refused(lambda: sign(release, inspector)) == "four_eyes"
    assert Signature.objects.count() == 0


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.ENGINEER, Role.CATALOGUE_OWNER, Role.AUDITOR])
def test_only_release_officers_propose_and_sign(good_car, proposal, role):
    person = make_person(role)
    with pytest.raises(NotAllowed):
        propose(good_car, person)
    with pytest.raises(NotAllowed):
        sign(proposal, person)


def test_a_rig_or_system_does_not_propose(good_car, plant):
    for actor in (plant.rig_actor, mes_actor(), SYSTEM):
        with pytest.raises(NotAllowed):
            propose_release(batch=good_car.batch, vehicle_ids=None, actor=actor, at=AT)


def test_a_wrong_password_signs_nothing_and_is_remembered(proposal, officers):
    assert refused(lambda: sign(proposal, officers[0], password="guessed")) == "not_authenticated"
    assert Signature.objects.count() == 0
    assert LedgerEntry.objects.latest("id").act == "signature.refused"


def test_a_page_that_showed_something_else_signs_nothing(proposal, officers):
    run = lambda: sign_release(  # noqa: E731
        release=proposal, signer=officers[0], password=PASSWORD, seen=shown(proposal, AT, digest="0" * 64), at=AT
    )
    assert refused(run) == "not_what_was_shown"


def test_a_proposal_lapses_after_24_hours(proposal, officers, good_car):
    sign(proposal, officers[0], AT + timedelta(hours=24) - timedelta(microseconds=1))
    assert refused(lambda: sign(proposal, officers[1], AT + timedelta(hours=24))) == "lapsed"
    assert stays_inside(good_car, AT + timedelta(hours=24)) == ["not_released"]


@pytest.mark.law(8)
@pytest.mark.parametrize("signed", [0, 1])
def test_law_8_a_fail_that_arrives_before_a_signature_refuses_it(plant, record, good_car, proposal, officers, signed):
    for officer in officers[:signed]:
        sign(proposal, officer)
    record(plant.posted("CRS-EOL", measurements=changed_value("CRS-EOL", "SQUIB", "9.9")), decide=False)
    with pytest.raises(ReleaseChanged) as refusal:
        sign(proposal, officers[2])
    assert [each.english for each in refusal.value.differences] == [f"Car 1 ({good_car.vin}) is not clear any more."]
    assert Signature.objects.count() == signed
    assert "measurement_failed" in stays_inside(good_car)


def test_coverage_or_a_hold_between_the_signatures_refuses_the_second(good_car, proposal, officers):
    sign(proposal, officers[0])
    place_hold(batch=good_car.batch, vehicle=good_car, reason="noise", actor=make_engineer(), at=AT)
    assert refused(lambda: sign(proposal, officers[1])) == "release_changed"
    assert stays_inside(good_car) == ["hold_active"]


@pytest.mark.law(8)
def test_law_8_a_fail_after_the_release_suspends_it_and_new_signatures_are_needed(
    plant, record, good_car, proposal, officers
):
    sign(proposal, officers[0])
    sign(proposal, officers[1])
    record(plant.posted("CRS-EOL", measurements=changed_value("CRS-EOL", "SQUIB", "9.9")))
    assert {"measurement_failed", "release_suspended"} <= set(stays_inside(good_car))


def test_a_hold_placed_after_the_release_keeps_the_car(good_car, proposal, officers):
    sign(proposal, officers[0])
    sign(proposal, officers[1])
    place_hold(batch=good_car.batch, vehicle=None, reason="recall of the lot", actor=make_engineer(), at=AT)
    assert stays_inside(good_car) == ["hold_active"]


def test_clear_cars_leave_the_others_behind(plant, record, good_car, officers):
    bad = factories.make_vehicle(plant.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")])
    record(plant.posted("CRS-EOL", vin=bad.vin, measurements=changed_value("CRS-EOL", "SQUIB", "9.9")))
    release = propose(good_car, officers[0])
    assert [row.vehicle for row in ReleasedVehicle.objects.all()] == [good_car]
    sign(release, officers[0])
    sign(release, officers[1])
    deliver(good_car)
    with pytest.raises(MayNotLeave):
        deliver(bad)
    assert Delivery.objects.count() == 1


def test_a_car_that_is_not_clear_cannot_be_named(plant, good_car, officers):
    other = factories.make_vehicle(plant.batch)
    actor = Actor.person(officers[0])
    run = lambda: propose_release(batch=plant.batch, vehicle_ids=[other.pk], actor=actor, at=AT)  # noqa: E731
    assert refused(run) == "not_clear"


def test_nothing_clear_is_nothing_to_propose(plant, officers):
    assert refused(lambda: propose(plant.vehicle, officers[0])) == "nothing_clear"


def test_a_released_car_is_not_proposed_again(good_car, proposal, officers):
    sign(proposal, officers[0])
    sign(proposal, officers[1])
    assert refused(lambda: propose(good_car, officers[0])) == "nothing_clear"


def test_an_operator_whom_nobody_knows_keeps_the_car_until_mapped(plant, record, good_car):
    record(plant.posted("CRS-EOL", operator="9999"))
    found = clearance(vin=good_car.vin, at=AT)
    assert (found.clear, [(reason.code, reason.found) for reason in found.reasons]) == (
        False,
        [("operator_unknown", "9999")],
    )
    make_person(Role.INSPECTOR, number="9999")
    assert clearance(vin=good_car.vin, at=AT).clear is True


@pytest.mark.law(8)
@pytest.mark.parametrize("taken_out", [False, True])
def test_law_8_so_does_one_who_measured_a_part_that_is_or_was_in_it(plant, record, good_car, officers, taken_out):
    pack = {"kind": "pack", "serial": "P-1"}
    record(plant.posted(component=pack, operator="9999", software=[{"system": "BMS", "version": "2.0"}]))
    if taken_out:
        at, new = AT - timedelta(hours=1), [FittedPart("pack", "P-2")]
        fit_components(vehicle=good_car, fitted=new, removed=[("pack", "P-1")], changed_at=at, actor=SYSTEM, at=AT)
        record()
    found = clearance(vin=good_car.vin, at=AT)
    assert [(reason.code, reason.found) for reason in found.reasons] == [("operator_unknown", "9999")]
    assert refused(lambda: propose(good_car, officers[0])) == "nothing_clear"
    assert [(row.operator, row.vehicles, row.rigs) for row in unknown_operators()] == [("9999", 1, (plant.rig.code,))]
    assert [(row.operator, row.cars) for row in operators_keeping(batch_id=good_car.batch_id)] == [("9999", (1,))]

    map_operator(operator="9999", user=officers[1], actor=make_engineer(), at=AT)
    release = propose(good_car, officers[0])
    sign(release, officers[0])
    assert refused(lambda: sign(release, officers[1])) == "four_eyes"


@pytest.mark.law(8)
def test_law_8_a_released_car_stays_when_a_stranger_measures_its_part(plant, record, good_car, proposal, officers):
    for officer in officers[:2]:
        sign(proposal, officer)
    software = [{"system": "BMS", "version": "2.0"}]
    record(plant.posted(component={"kind": "pack", "serial": "P-1"}, operator="9999", software=software))
    assert stays_inside(good_car) == ["operator_unknown"]


@pytest.mark.parametrize("sent", ["", "  ", "0417 "])
def test_an_operator_is_who_they_are_whatever_blanks_a_station_sends(plant, record, good_car, sent):
    make_person(Role.INSPECTOR, number="0417")
    record(plant.posted("CRS-EOL", operator=sent))
    assert clearance(vin=good_car.vin, at=AT).clear is True
    assert Inspection.objects.latest("pk").operator == (sent.strip() or None)


@pytest.mark.law(4)
def test_law_4_the_database_delivers_nothing_without_a_fully_signed_release(good_car, proposal, officers):
    sign(proposal, officers[0])
    with pytest.raises(IntegrityError, match="fully signed release"), transaction.atomic():
        Delivery.objects.create(
            vehicle=good_car, release=proposal, delivered_at=AT, recorded_at=AT, recorded_by="somebody"
        )
