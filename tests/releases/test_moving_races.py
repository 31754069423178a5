"""Moving a car or re-pinning a batch while something else happens to them: one comes first, the other finds it so."""

import pytest
from django.db import transaction

from inspections.batches.models import Batch, Vehicle
from inspections.dispositions.models import Hold
from inspections.dispositions.rules import HoldRefused
from inspections.dispositions.services import place_hold
from inspections.gates.queries import clearance
from inspections.gates.recounting import recount_batch
from inspections.gates.rules import MoveRefused
from inspections.gates.services import decide_batch, move_vehicle, repin_batch
from inspections.marks.queries import undecided_batches
from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.releases.models import Signature
from inspections.releases.rules import ReleaseChanged
from inspections.releases.services import deliver_vehicle, propose_release, sign_release
from inspections.results.models import Inspection, Judgement
from inspections.results.services import record_inspections, void_inspection
from tests.factories import AT, LINES, changed_value, make_batch, make_engineer, make_person, make_revision, mes_actor
from tests.signing import shown
from tests.threads import Beside

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a long password"


@pytest.fixture
def plant(transactional_db):
    from tests import factories

    return factories.make_plant()


@pytest.fixture
def there(plant, good_car):
    return make_batch("SU7-2026W47-04", configuration=plant.configuration, at=AT)


@pytest.fixture
def engineer(plant):
    return make_person(Role.ENGINEER)


@pytest.fixture
def officers(plant):
    return [make_person(Role.RELEASE_OFFICER) for _ in range(2)]


@pytest.fixture
def proposal(good_car, officers):
    release = propose_release(batch=good_car.batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=AT)
    sign(release, officers[0])
    return release


def sign(release, officer):
    return sign_release(release=release, signer=officer, password=PASSWORD, seen=shown(release, AT), at=AT)


def move(car, to, engineer):
    return move_vehicle(
        vehicle=car, to=to, reason="repaired there", seen_revision=to.revision_id, signer=engineer, password=PASSWORD,
        at=AT,
    )  # fmt: skip


def as_recounted():
    for batch_id in undecided_batches():
        decide_batch(batch_id=batch_id, at=AT)
    for batch in Batch.objects.all():
        assert recount_batch(batch_id=batch.pk, at=AT) == []


@pytest.mark.law(8)
def test_law_8_a_car_that_is_moved_while_the_second_signature_is_given_is_not_released(
    good_car, there, engineer, officers, proposal
):
    with transaction.atomic():
        move(good_car, there, engineer)
        signing = Beside(lambda: sign(proposal, officers[1]))
        assert signing.is_waiting()
    with pytest.raises(ReleaseChanged) as refusal:
        signing.result()
    assert "A car was moved to another batch." in [each.english for each in refusal.value.differences]
    assert Signature.objects.count() == 1


@pytest.mark.law(8)
def test_law_8_a_car_that_is_released_while_it_is_to_be_moved_stays(good_car, there, engineer, officers, proposal):
    with transaction.atomic():
        sign(proposal, officers[1])
        moving = Beside(lambda: move(good_car, there, engineer))
        assert moving.is_waiting()
    with pytest.raises(MoveRefused, match="is released"):
        moving.result()
    assert deliver_vehicle(vehicle=good_car, delivered_at=AT, actor=mes_actor(), at=AT)[1] is True


@pytest.mark.law(8)
def test_law_8_a_batch_that_is_re_pinned_while_the_second_signature_is_given_releases_nothing(
    plant, good_car, engineer, officers, proposal
):
    revision = make_revision(plant.configuration, LINES)
    with transaction.atomic():
        repin_batch(
            batch=good_car.batch, revision=revision, reason="corrected", seen_from=good_car.batch.revision_id,
            seen_digest=revision.digest, signer=engineer, password=PASSWORD, at=AT,
        )  # fmt: skip
        signing = Beside(lambda: sign(proposal, officers[1]))
        assert signing.is_waiting()
    with pytest.raises(ReleaseChanged) as refusal:
        signing.result()
    assert refusal.value.differences[-1].english == "The batch is judged on another revision of its plan."
    assert Signature.objects.count() == 1


def test_a_hold_on_a_car_that_is_being_moved_is_told_where_it_went(good_car, there, engineer):
    car = Vehicle.objects.select_related("batch").get(pk=good_car.pk)
    with transaction.atomic():
        move(good_car, there, engineer)
        holding = Beside(lambda: place_hold(batch=car.batch, vehicle=car, reason="noise", actor=make_engineer(), at=AT))
        assert holding.is_waiting()
    with pytest.raises(HoldRefused, match="is not in batch SU7-2026W47-03"):
        holding.result()


def test_a_hold_that_comes_first_goes_with_the_car(good_car, there, engineer):
    actor = make_engineer()
    with transaction.atomic():
        place_hold(batch=good_car.batch, vehicle=good_car, reason="noise", actor=actor, at=AT)
        moving = Beside(lambda: move(good_car, there, engineer))
        assert moving.is_waiting()
    moving.result()
    assert Hold.objects.get().batch == there
    assert "hold_active" in {reason.code for reason in clearance(vin=good_car.vin, at=AT).reasons}


@pytest.mark.law(6)
def test_law_6_a_fail_that_comes_in_while_its_car_is_moved_stands_there(plant, good_car, there, engineer):
    bad = plant.posted("CRS-EOL", measurements=changed_value("CRS-EOL", "SQUIB", "9.9"))
    with transaction.atomic():
        move(good_car, there, engineer)
        recording = Beside(lambda: record_inspections(items=[bad], rig=plant.rig, actor=plant.rig_actor, at=AT))
        assert recording.is_waiting()
    assert recording.result()[0].batch == there.number
    as_recounted()
    assert "measurement_failed" in {reason.code for reason in clearance(vin=good_car.vin, at=AT).reasons}


@pytest.mark.law(7)
def test_law_7_an_inspection_that_is_voided_while_its_car_is_moved_counts_in_neither_batch(good_car, there, engineer):
    inspection = Inspection.objects.earliest("pk")
    actor = make_engineer()
    with transaction.atomic():
        move(good_car, there, engineer)
        voiding = Beside(lambda: void_inspection(inspection=inspection, reason="a master part", actor=actor, at=AT))
        assert voiding.is_waiting()
    voiding.result()
    as_recounted()
    assert clearance(vin=good_car.vin, at=AT).clear is False


def test_two_who_move_one_car_at_once_move_it_once(good_car, there, engineer):
    other = make_person(Role.ENGINEER)
    with transaction.atomic():
        move(good_car, there, engineer)
        second = Beside(lambda: move(Vehicle.objects.get(pk=good_car.pk), there, other))
        assert second.is_waiting()
    with pytest.raises(MoveRefused, match="is in SU7-2026W47-04 already"):
        second.result()
    as_recounted()
    assert Judgement.objects.count() == 0


def test_a_worker_that_decides_the_old_batch_meanwhile_waits_and_finds_the_car_gone(plant, good_car, there, engineer):
    from inspections.gates.services import mark_whole_batch

    mark_whole_batch(batch=plant.batch, at=AT)
    with transaction.atomic():
        move(good_car, there, engineer)
        deciding = Beside(lambda: decide_batch(batch_id=plant.batch.pk, at=AT))
        assert deciding.is_waiting()
    deciding.result()
    as_recounted()
    assert clearance(vin=good_car.vin, at=AT).clear is True
