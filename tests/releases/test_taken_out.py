"""Cars taken out of delivery and coverage taken back, against proposals, signatures and delivery."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from inspections.batches.models import Removal
from inspections.dispositions.services import place_hold
from inspections.gates.choices import CoverageKind
from inspections.gates.queries import clearance
from inspections.gates.rules import RemovalRefused
from inspections.gates.services import decide_batch, destroy_vehicle, enter_coverage, revoke_coverage, scrap_vehicle
from inspections.releases.models import Delivery, Signature
from inspections.releases.rules import ReleaseChanged
from inspections.releases.services import MayNotLeave, deliver_vehicle
from tests import factories
from tests.factories import AT, make_engineer, mes_actor
from tests.releases.test_bad_faith import inside, passing, propose, sign
from tests.threads import Beside


def destroy(plant, car):
    return destroy_vehicle(
        vehicle=car, procedure=plant.procedures["CRS-EOL"], reason="side impact", actor=make_engineer(), at=AT
    )


def scrap(car):
    return scrap_vehicle(vehicle=car, reason="dropped", actor=make_engineer(), at=AT)


def test_a_proposed_car_that_is_destroyed_meanwhile_is_not_signed_for(plant, good_car, proposal, officers):
    sign(proposal, officers[0])
    destroy(plant, good_car)
    with pytest.raises(ReleaseChanged) as refusal:
        sign(proposal, officers[1])
    assert refusal.value.differences[0].english.startswith(f"Car 1 ({good_car.vin})")
    assert Signature.objects.count() == 1
    assert "not_for_delivery" in inside(good_car)


@pytest.mark.law(4)
def test_law_4_a_released_car_that_was_scrapped_leaves_by_no_door(good_car, proposal, officers):
    sign(proposal, officers[0])
    sign(proposal, officers[1])
    good_car.refresh_from_db()
    with pytest.raises(RemovalRefused, match="is released and clear"):
        scrap(good_car)
    place_hold(batch=good_car.batch, vehicle=good_car, reason="dropped", actor=make_engineer(), at=AT)
    scrap(good_car)
    assert "not_for_delivery" in inside(good_car)
    statement = (
        "insert into inspections_delivery (vehicle_id, release_id, delivered_at, recorded_at, recorded_by, conceded)"
        f" values ({good_car.pk}, {proposal.pk}, now(), now(), 'x', '{{}}')"
    )
    with (
        pytest.raises(DatabaseError, match="was taken out of delivery"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_destroying_while_the_second_signature_is_given(plant, good_car, proposal, officers):
    """Whoever comes second finds what the first did: released and destroyed it never is."""
    sign(proposal, officers[0])
    with transaction.atomic():
        sign(proposal, officers[1])
        late = Beside(lambda: destroy(plant, good_car))
        assert late.is_waiting()
    with pytest.raises(RemovalRefused, match="is released"):
        late.result()
    assert (Signature.objects.count(), Removal.objects.count()) == (2, 0)


@pytest.mark.django_db(transaction=True)
def test_delivering_while_the_car_is_scrapped(good_car, proposal, officers):
    sign(proposal, officers[0])
    sign(proposal, officers[1])
    place_hold(batch=good_car.batch, vehicle=good_car, reason="dropped", actor=make_engineer(), at=AT)
    with transaction.atomic():
        scrap(good_car)
        leaving = Beside(lambda: deliver_vehicle(vehicle=good_car, delivered_at=AT, actor=mes_actor(), at=AT))
        assert leaving.is_waiting()
    with pytest.raises(MayNotLeave):
        leaving.result()
    assert Delivery.objects.count() == 0


def test_coverage_revoked_after_the_release_keeps_the_car_inside(db, officers):
    procedure = factories.make_procedure("SIDE-TYPE", "crash", {"INTRUSION": {"unit": "mm"}})
    plant = factories.make_plant(
        lines=[*factories.LINES, {"characteristic": "INTRUSION", "level": "type", "upper": 100}]
    )
    coverage = enter_coverage(
        number="C-1", procedure=procedure, configuration=plant.configuration, kind=CoverageKind.CERTIFICATE,
        valid_from=factories.LONG_AGO, valid_until=AT + timedelta(days=300), document="certificate.pdf",
        document_sha256="0" * 64, actor=make_engineer(), at=factories.LONG_AGO,
    )  # fmt: skip
    passing(plant, [plant.vehicle])
    release = propose(plant.batch, officers[0])
    sign(release, officers[0])
    sign(release, officers[1])
    assert clearance(vin=plant.vehicle.vin, at=AT).may_leave is True
    revoke_coverage(coverage=coverage, reason="withdrawn", actor=make_engineer(), at=AT)
    assert clearance(vin=plant.vehicle.vin, at=AT).may_leave is False
    decide_batch(batch_id=plant.batch.pk, at=AT)
    assert {"coverage_revoked", "release_suspended"} <= inside(plant.vehicle)
