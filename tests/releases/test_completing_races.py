"""The end of a batch while something else happens to it: one comes first, the other finds it so."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import DatabaseError, connection, transaction

from inspections.batches.models import Batch, Vehicle
from inspections.dispositions.models import Hold, Nonconformance
from inspections.dispositions.services import place_hold
from inspections.gates.keeping import what_keeps
from inspections.gates.rules import MoveRefused
from inspections.gates.services import close_batch, decide_batch, move_vehicle, settle_batches
from inspections.people.choices import Role
from inspections.records.models import LedgerEntry
from inspections.releases.services import MayNotLeave
from inspections.results.registering import NewVehicle, RegistrationRefused, register_vehicles
from inspections.results.services import record_inspections
from tests.factories import AT, SYSTEM, changed_value, make_batch, make_engineer, make_person, make_vehicle, vin
from tests.papers import PASSWORD, deliver, release
from tests.threads import Beside

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.law(1)]


@pytest.fixture
def plant(transactional_db):
    from tests import factories

    return factories.make_plant()


@pytest.fixture
def closed(plant, good_car):
    """Its car is released and testing is closed."""
    release(plant.batch)
    close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
    return plant.batch


def status(batch):
    return Batch.objects.get(pk=batch.pk).status


def fail(plant):
    item = plant.posted("CRS-EOL", measurements=changed_value("CRS-EOL", "SQUIB", "9.9"))
    return record_inspections(items=[item], rig=plant.rig, actor=plant.rig_actor, at=AT)


def test_two_last_cars_that_leave_at_once_complete_it_once(plant, good_car, record):
    cars = [good_car]
    for _ in range(3):
        cars.append(make_vehicle(plant.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")]))
        record(*plant.passing(vin=cars[-1].vin))
    release(plant.batch)
    close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
    start = Barrier(len(cars))

    def leave(car):
        try:
            start.wait(10)
            deliver(car)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(cars)) as pool:
        list(pool.map(leave, cars))
    assert (status(plant.batch), what_keeps(batch_ids=[plant.batch.pk], at=AT)[plant.batch.pk]) == ("completed", ())
    (entry,) = LedgerEntry.objects.filter(act="batch.completed")
    assert entry.after["cars"] == {"delivered": 4}


def test_a_late_fail_that_comes_first_keeps_the_car_inside(plant, closed, good_car):
    with transaction.atomic():
        fail(plant)
        leaving = Beside(lambda: deliver(good_car))
        assert leaving.is_waiting()
    with pytest.raises(MayNotLeave):
        leaving.result()
    assert (status(closed), LedgerEntry.objects.filter(act="batch.completed").count()) == ("testing_closed", 0)


def test_a_late_fail_that_comes_after_the_last_delivery_takes_it_up(plant, closed, good_car):
    with transaction.atomic():
        deliver(good_car)
        assert status(closed) == "completed"
        failing = Beside(lambda: fail(plant))
        assert failing.is_waiting()
    failing.result()
    assert status(closed) == "completed"  # undecided still: it is told so, and no worker has come
    decide_batch(batch_id=closed.pk, at=AT)
    assert (status(closed), Nonconformance.objects.filter(state="open").count()) == ("testing_closed", 1)


def test_a_fail_recorded_while_a_worker_completes_is_decided_after_it(plant, closed, good_car):
    """The worker's snapshot has no mark of it: it completes, and the mark is there for the next decision."""
    deliver(good_car)
    Batch.objects.filter(pk=closed.pk).update(status="testing_closed", completed_at=None)
    with transaction.atomic():
        fail(plant)
        settling = Beside(lambda: settle_batches(at=AT))
        assert settling.result() == 1
        assert status(closed) == "completed"
    decide_batch(batch_id=closed.pk, at=AT)
    assert status(closed) == "testing_closed"


def test_a_hold_that_is_being_placed_is_waited_for_and_keeps_it(plant, closed, good_car):
    deliver(good_car)
    Batch.objects.filter(pk=closed.pk).update(status="testing_closed", completed_at=None)
    with transaction.atomic():
        place_hold(batch=closed, vehicle=None, reason="leaks", actor=make_engineer(), at=AT)
        settling = Beside(lambda: settle_batches(at=AT))
        assert settling.is_waiting()
    settling.result()
    assert (status(closed), Hold.objects.filter(source="person", lifted_at=None).count()) == ("testing_closed", 1)


def test_a_hold_that_comes_after_takes_it_up(plant, closed, good_car):
    with transaction.atomic():
        deliver(good_car)
        holding = Beside(lambda: place_hold(batch=closed, vehicle=None, reason="leaks", actor=make_engineer(), at=AT))
        assert holding.is_waiting()
    holding.result()
    assert status(closed) == "testing_closed"


def test_a_car_registered_while_an_empty_batch_is_closed_is_refused_or_keeps_it(plant):
    empty = make_batch("B-2", configuration=plant.configuration, at=AT)
    news = [NewVehicle(vin(77), 1)]
    with transaction.atomic():
        close_batch(batch=empty, actor=SYSTEM, at=AT)
        registering = Beside(lambda: register_vehicles(batch=empty, vehicles=news, actor=SYSTEM, at=AT))
        assert registering.is_waiting()
    with pytest.raises(RegistrationRefused):
        registering.result()
    assert (status(empty), Vehicle.objects.filter(batch=empty).count()) == ("completed", 0)
    other = make_batch("B-3", configuration=plant.configuration, at=AT)
    with transaction.atomic():
        register_vehicles(batch=other, vehicles=news, actor=SYSTEM, at=AT)
        closing = Beside(lambda: close_batch(batch=other, actor=SYSTEM, at=AT))
        assert closing.is_waiting()
    closing.result()
    assert status(other) == "testing_closed"


def test_a_car_moved_into_a_batch_that_is_being_closed_is_refused(plant, good_car):
    empty = make_batch("B-2", configuration=plant.configuration, at=AT)
    engineer = make_person(Role.ENGINEER)

    def move():
        return move_vehicle(
            vehicle=good_car, to=empty, reason="sorting", seen_revision=empty.revision_id, signer=engineer,
            password=PASSWORD, at=AT,
        )  # fmt: skip

    with transaction.atomic():
        close_batch(batch=empty, actor=SYSTEM, at=AT)
        moving = Beside(move)
        assert moving.is_waiting()
    with pytest.raises(MoveRefused, match="testing is closed"):
        moving.result()
    assert (status(empty), status(plant.batch)) == ("completed", "open")


@pytest.mark.law(4)
def test_law_4_a_car_written_past_every_act_waits_for_the_completion_and_is_refused(plant):
    empty = make_batch("B-2", configuration=plant.configuration, at=AT)

    def write():
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into inspections_vehicle (vin, batch_id, sequence, status, registered_at)"
                " values (%s, %s, 1, 'in_process', now())",
                [vin(77), empty.pk],
            )

    with transaction.atomic():
        close_batch(batch=empty, actor=SYSTEM, at=AT)
        writing = Beside(write)
        assert writing.is_waiting()
    with pytest.raises(DatabaseError, match="its batch is completed"):
        writing.result()
    assert status(empty) == "completed"
