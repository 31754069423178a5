"""A hold and what lets cars go, at once: exactly one comes first, and the other finds it so and says it."""

import pytest
from django.db import transaction

from inspections.batches.models import Vehicle
from inspections.dispositions.concerning import digest_of, vehicles_concerned
from inspections.dispositions.conditions import NamedVehicles
from inspections.dispositions.hold_lists import lift_hold_list, place_hold_list
from inspections.dispositions.models import Hold, HoldList
from inspections.dispositions.rules import HoldRefused, ListChanged
from inspections.dispositions.services import place_hold
from inspections.gates.queries import clearance
from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.releases.models import Delivery, Signature
from inspections.releases.rules import ReleaseChanged
from inspections.releases.services import MayNotLeave, deliver_vehicle, propose_release, sign_release
from tests.factories import AT, make_batch, make_engineer, make_person, make_vehicles, mes_actor
from tests.signing import shown
from tests.threads import Beside

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.law(8)]


@pytest.fixture
def plant(transactional_db):
    from tests import factories

    return factories.make_plant()


@pytest.fixture
def officers(plant):
    return [make_person(Role.RELEASE_OFFICER) for _ in range(2)]


@pytest.fixture
def proposal(good_car, officers):
    return propose_release(batch=good_car.batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=AT)


@pytest.fixture
def released(good_car, proposal, officers):
    for officer in officers:
        sign(proposal, officer)
    return good_car


@pytest.fixture
def listed(plant, good_car):
    """The good car and two of another batch."""
    other = make_batch("SU7-2026W47-04", configuration=plant.configuration)
    return NamedVehicles((good_car.vin, *(car.vin for car in make_vehicles(other, 2))))


def sign(release, officer):
    return sign_release(release=release, signer=officer, password="a long password", seen=shown(release, AT), at=AT)


def deliver(car):
    return deliver_vehicle(vehicle=car, delivered_at=AT, actor=mes_actor(), at=AT)


def hold(condition, seen=None, actor=None):
    seen = seen or digest_of(vehicles_concerned(condition=condition))
    return place_hold_list(condition=condition, reason="leaks", seen=seen, actor=actor or make_engineer(), at=AT)


def test_a_list_that_comes_first_keeps_the_car_inside(released, listed):
    with transaction.atomic():
        hold(listed)
        leaving = Beside(lambda: deliver(released))
        assert leaving.is_waiting()
    with pytest.raises(MayNotLeave) as refusal:
        leaving.result()
    assert [reason.code for reason in refusal.value.clearance.reasons] == ["hold_active"]
    assert Delivery.objects.count() == 0


def test_a_delivery_that_comes_first_is_told_and_nothing_is_half_placed(released, listed):
    seen = digest_of(vehicles_concerned(condition=listed))
    with transaction.atomic():
        deliver(released)
        holding = Beside(lambda: hold(listed, seen))
        assert holding.is_waiting()
    with pytest.raises(ListChanged) as refusal:
        holding.result()
    assert (refusal.value.found[0].vin, refusal.value.found[0].gone) == (released.vin, True)
    assert (Hold.objects.count(), HoldList.objects.count()) == (0, 0)
    assert hold(listed).holds.count() == 2


def test_a_hold_of_one_car_that_comes_second_says_that_it_has_left(released):
    car = Vehicle.objects.select_related("batch").get(pk=released.pk)
    with transaction.atomic():
        deliver(released)
        holding = Beside(lambda: place_hold(batch=car.batch, vehicle=car, reason="leaks", actor=make_engineer(), at=AT))
        assert holding.is_waiting()
    with pytest.raises(HoldRefused, match=f"{released.vin} has left the plant: no hold stops it any more"):
        holding.result()
    assert Hold.objects.count() == 0


def test_a_list_that_is_placed_while_the_second_signature_is_given(good_car, proposal, officers, listed):
    sign(proposal, officers[0])
    with transaction.atomic():
        hold(listed)
        signing = Beside(lambda: sign(proposal, officers[1]))
        assert signing.is_waiting()
    with pytest.raises(ReleaseChanged) as refusal:
        signing.result()
    assert [each.english for each in refusal.value.differences] == [f"Car 1 ({good_car.vin}) is not clear any more."]
    assert Signature.objects.count() == 1


def test_a_second_signature_that_comes_first_leaves_a_released_car_that_is_held(good_car, proposal, officers, listed):
    sign(proposal, officers[0])
    seen = digest_of(vehicles_concerned(condition=listed))
    with transaction.atomic():
        sign(proposal, officers[1])
        holding = Beside(lambda: hold(listed, seen))
        assert holding.is_waiting()
    assert holding.result().holds.count() == 3
    assert clearance(vin=good_car.vin, at=AT).may_leave is False


def test_of_two_who_lift_at_once_the_second_finds_nothing_held(listed):
    placed = hold(listed)

    def lift():
        return lift_hold_list(hold_list=placed, vins=None, reason="ok", seen=3, actor=make_engineer(), at=AT)

    with transaction.atomic():
        lift()
        second = Beside(lift)
        assert second.is_waiting()
    with pytest.raises(HoldRefused, match="holds no car any more"):
        second.result()


def test_two_lists_of_the_same_cars_at_once_do_not_wait_for_each_other(listed):
    seen, actor = digest_of(vehicles_concerned(condition=listed)), make_engineer()
    with transaction.atomic():
        hold(listed, seen, actor)
        assert Beside(lambda: hold(listed, seen, actor)).result().holds.count() == 3
    assert Hold.objects.filter(lifted_at=None).count() == 6
