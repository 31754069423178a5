"""What leaves by concession says so for ever; as many leave by it as it is for, and none after its end."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from inspections.batches.models import Vehicle
from inspections.gates.models import VehicleGate
from inspections.gates.queries import clearance
from inspections.gates.services import decide_batch, mark_expired
from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.records.models import LedgerEntry
from inspections.releases.models import Delivery, ReleasedVehicle
from inspections.releases.rules import ReleaseChanged
from inspections.releases.services import MayNotLeave, deliver_vehicle, propose_release, sign_release
from inspections.results.services import record_inspections
from tests import concessions as made
from tests.concessions import TERMS, approve, measure_squib, propose
from tests.factories import AT, make_person, mes_actor
from tests.signing import shown
from tests.threads import Beside

PASSWORD = "a long password"


@pytest.fixture
def officers(db):
    return [make_person(Role.RELEASE_OFFICER) for _ in range(2)]


@pytest.fixture
def cars(plant):
    """Three cars of which everything passes but the squib."""
    found = [plant.vehicle, *made.more_cars(plant, 2)]
    measure_squib(plant, cars=found)
    return found


def offer(batch, officers, at=AT):
    return propose_release(batch=batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=at)


def sign(release, officer, at=AT):
    sign_release(release=release, signer=officer, password=PASSWORD, seen=shown(release, at), at=at)


def let_go(batch, officers, at=AT):
    release = offer(batch, officers, at)
    for officer in officers:
        sign(release, officer, at)
    return release


def deliver(car, at=AT):
    return deliver_vehicle(vehicle=car, delivered_at=at, actor=mes_actor(), at=at)[0]


def stays(car, at=AT):
    with pytest.raises(MayNotLeave) as refusal:
        deliver(car, at)
    return sorted({reason.code for reason in refusal.value.clearance.reasons})


def test_statement_release_delivery_and_ledger_name_it(plant, cars, officers):
    concession = approve(propose(cars[0], cars[2]))
    release = let_go(plant.batch, officers)
    assert release.statement.splitlines()[1:4] == [
        "Cars 1, 3: every gate of theirs and of their batch has passed, but for the departures conceded below.",
        f"By concession {concession.number}, SQUIB (SQUIB), accepted by engineering: cars 1, 3.",
        "Left behind: 2.",
    ]
    assert [row.conceded for row in ReleasedVehicle.objects.all()] == [[concession.pk]] * 2
    assert deliver(cars[0]).conceded == [concession.pk]
    told = LedgerEntry.objects.get(act="vehicle.delivered").after
    assert told["concessions"] == [concession.number]


def test_what_has_left_is_not_failed_by_the_end_of_its_concession(plant, cars, officers):
    approve(propose(*cars))
    let_go(plant.batch, officers)
    deliver(cars[0])
    ended = TERMS.expires_at
    mark_expired(at=ended)
    decide_batch(batch_id=plant.batch.pk, at=ended)
    states = dict(VehicleGate.objects.filter(domain="crash").values_list("vehicle__sequence", "state"))
    assert states == {1: 0, 2: 2, 3: 2}
    assert stays(cars[1], ended) == ["concession_expired", "hold_active", "nonconformance_open", "release_suspended"]


def test_its_end_before_the_delivery_keeps_the_car_decided_or_not(plant, cars, officers):
    approve(propose(*cars))
    let_go(plant.batch, officers)
    ended = TERMS.expires_at
    assert clearance(vin=cars[0].vin, at=ended - timedelta(seconds=1)).may_leave
    assert stays(cars[0], ended) == ["decision_expired"]


def test_its_end_between_the_signatures_of_a_release_refuses_the_second(plant, cars, officers):
    approve(propose(*cars, expires_at=AT + timedelta(hours=1)))
    release = offer(plant.batch, officers)
    sign(release, officers[0])
    with pytest.raises(ReleaseChanged):
        sign(release, officers[1], AT + timedelta(hours=1))
    assert stays(cars[0], AT + timedelta(hours=1)) != []


def test_as_many_leave_as_it_is_for_and_the_rest_stay_with_the_reason(plant, cars, officers):
    concession = approve(propose(*cars, expires_at=None, quantity=2))
    let_go(plant.batch, officers)
    deliver(cars[1])
    deliver(cars[0])
    assert stays(cars[2]) == ["concession_expired", "hold_active", "nonconformance_open", "release_suspended"]
    decide_batch(batch_id=plant.batch.pk, at=AT)
    (reason,) = [row for row in clearance(vin=cars[2].vin, at=AT).reasons if row.code == "concession_expired"]
    opened = cars[2].nonconformances.get(state="open").number
    assert reason.detail == {"concession": concession.number, "at": AT.isoformat(), "nonconformance": opened}
    assert Delivery.objects.count() == 2


def test_until_that_is_decided_the_rest_is_undecided(plant, cars, officers):
    approve(propose(*cars, expires_at=None, quantity=1))
    let_go(plant.batch, officers)
    deliver(cars[1])
    codes = {reason.code for reason in clearance(vin=cars[0].vin, at=AT).reasons}
    assert (codes, clearance(vin=cars[0].vin, at=AT).may_leave) == ({"evaluation_pending"}, False)


@pytest.mark.law(8)
def test_law_8_raw_sql_lets_no_more_leave_and_hides_no_concession(plant, cars, officers):
    concession = approve(propose(*cars, expires_at=None, quantity=1))
    release = let_go(plant.batch, officers)
    given = {"release": release, "delivered_at": AT, "recorded_at": AT, "recorded_by": "x"}
    with pytest.raises(DatabaseError, match="names the concessions"), transaction.atomic():
        Delivery.objects.create(vehicle=cars[0], **given)
    Delivery.objects.create(vehicle=cars[0], conceded=[concession.pk], **given)
    with pytest.raises(DatabaseError, match="as many vehicles have left"), transaction.atomic():
        Delivery.objects.create(vehicle=cars[1], conceded=[concession.pk], **given)


def test_a_car_that_was_measured_again_and_passes_leaves_by_no_concession(plant, cars, officers):
    """Its fail is still unanswered, so it still rests on the concession: only an answer ends that."""
    concession = approve(propose(*cars))
    crash = plant.posted("CRS-EOL", vin=cars[0].vin, finished_at=AT)
    record_inspections(items=[crash], rig=plant.rig, actor=plant.rig_actor, at=AT)
    let_go(plant.batch, officers)
    assert deliver(cars[0]).conceded == [concession.pk]


@pytest.mark.django_db(transaction=True)
def test_two_that_leave_at_once_are_not_both_the_last(transactional_db):
    from tests.factories import make_plant

    plant = make_plant()
    cars = [plant.vehicle, *made.more_cars(plant, 1)]
    measure_squib(plant, cars=cars)
    approve(propose(*cars, expires_at=None, quantity=1))
    let_go(plant.batch, [make_person(Role.RELEASE_OFFICER) for _ in range(2)])
    with transaction.atomic():
        deliver(cars[0])
        second = Beside(lambda: deliver(Vehicle.objects.get(pk=cars[1].pk)))
        assert second.is_waiting()
    with pytest.raises(MayNotLeave):
        second.result()
    assert Delivery.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_approvers_at_once_are_one_after_the_other(transactional_db):
    from inspections.dispositions.conceding import sign_concession
    from inspections.dispositions.concession_rules import ConcessionRefused
    from inspections.dispositions.models import ConcessionSignature
    from tests.factories import make_plant

    plant = make_plant()
    measure_squib(plant)
    concession = propose(plant.vehicle)
    made.sign(concession, make_person(Role.RELEASE_OFFICER))
    engineers = [make_person(Role.ENGINEER) for _ in range(2)]

    def run(engineer):
        return sign_concession(
            concession=concession, signer=engineer, password=PASSWORD, seen=shown(concession, AT), at=AT
        )

    with transaction.atomic():
        run(engineers[0])
        second = Beside(lambda: run(engineers[1]))
        assert second.is_waiting()
    with pytest.raises(ConcessionRefused) as refusal:
        second.result()
    assert refusal.value.code == "signed_already"
    assert ConcessionSignature.objects.count() == 2
