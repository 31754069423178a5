"""What was done of a day, a week and a year, and where the cars in the plant stand: right, and in two statements."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inspections.batches.asking import periods_at
from inspections.dispositions.models import Nonconformance
from inspections.dispositions.services import lift_hold, place_hold
from inspections.gates.models import VehicleGate
from inspections.gates.queries import clearance
from inspections.gates.services import decide_batch, scrap_vehicle
from inspections.people.choices import Role
from inspections.people.models import User
from inspections.people.rules import Actor
from inspections.releases.in_plant import Standing, cars_in_plant
from inspections.releases.progress import Done, Progress, _counted, progress
from inspections.releases.services import deliver_vehicle, propose_release, sign_release
from inspections.results.services import record_inspections
from tests.factories import AT, Plant, changed_value, make_batch, make_person, make_vehicle
from tests.signing import shown

pytestmark = pytest.mark.django_db

SOFTWARE = [("ADAS", "4.10"), ("BMS", "2.0")]


@pytest.fixture
def plant(standing_plant: Plant) -> Plant:
    return standing_plant


def read(at: Any = AT, model: str = "") -> Progress:
    return progress(periods=periods_at(at, timezone.get_default_timezone()), at=at, model=model)


def car(plant: Plant, at: Any = AT) -> Any:
    return make_vehicle(plant.batch, software=SOFTWARE, at=at)


def tested(plant: Plant, *cars: Any) -> None:
    for each in cars:
        record_inspections(items=plant.passing(vin=each.vin), rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)


def propose(plant: Plant, *cars: Any, at: Any = AT) -> Any:
    officer = Actor.person(make_person(Role.RELEASE_OFFICER))
    return propose_release(batch=plant.batch, vehicle_ids=[each.pk for each in cars], actor=officer, at=at)


def sign(release: Any, at: Any = AT, people: int = 2) -> None:
    for _ in range(people):
        sign_release(
            release=release, signer=User.objects.get(pk=make_person(Role.RELEASE_OFFICER).pk),
            password="a long password", seen=shown(release, at), at=at,
        )  # fmt: skip


def deliver(each: Any, at: Any = AT, told: Any = AT) -> None:
    officer = Actor.person(make_person(Role.RELEASE_OFFICER))
    deliver_vehicle(vehicle=each, delivered_at=at, actor=officer, at=told)


def standings(**narrowed: Any) -> dict[str, Standing]:
    return {row.vin: row.standing for row in cars_in_plant(at=AT, **narrowed)}


def test_a_car_stands_where_the_worst_keeps_it(plant: Plant) -> None:
    untested, failed, clear, signed, left, held = plant.vehicle, *(car(plant) for _ in range(5))
    tested(plant, clear, signed, left, held)
    engineer = Actor.person(make_person(Role.ENGINEER))
    place_hold(batch=plant.batch, vehicle=held, reason="a scratch", actor=engineer, at=AT)
    bad = plant.posted("BAT-EOL", vin=failed.vin, measurements=changed_value("BAT-EOL", "BOND", "0.2"))
    record_inspections(items=[bad], rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    released = propose(plant, left)
    sign(released)
    sign(propose(plant, signed), people=1)
    assert standings() == {
        untested.vin: Standing.TO_TEST, failed.vin: Standing.HELD, clear.vin: Standing.TO_PROPOSE,
        signed.vin: Standing.TO_SIGN, left.vin: Standing.TO_DELIVER, held.vin: Standing.HELD,
    }  # fmt: skip
    assert read().standing == {
        Standing.HELD: 2, Standing.TO_TEST: 1, Standing.NOT_CLEAR: 0, Standing.TO_PROPOSE: 1, Standing.TO_SIGN: 1,
        Standing.TO_DELIVER: 1,
    }  # fmt: skip
    deliver(left)
    assert left.vin not in standings()


@pytest.mark.law(1)
def test_law_1_a_car_is_clear_here_exactly_where_the_gate_says_so(plant: Plant) -> None:
    cars = [plant.vehicle, *(car(plant) for _ in range(3))]
    tested(plant, *cars[1:])
    engineer = Actor.person(make_person(Role.ENGINEER))
    place_hold(batch=plant.batch, vehicle=cars[1], reason="a scratch", actor=engineer, at=AT)
    for change in ("as decided", "evidence that nobody decided", "a hold of the batch", "an open nonconformance"):
        if change == "evidence that nobody decided":
            record_inspections(items=[plant.posted(vin=cars[2].vin)], rig=plant.rig, actor=plant.rig_actor, at=AT)
        elif change == "a hold of the batch":
            decide_batch(batch_id=plant.batch.pk, at=AT)
            whole = place_hold(batch=plant.batch, vehicle=None, reason="all of them", actor=engineer, at=AT)
        elif change == "an open nonconformance":
            lift_hold(hold=whole, reason="looked at", actor=engineer, at=AT)
            Nonconformance.objects.create(
                number="NC-9", batch=plant.batch, vehicle=cars[3], domain="battery", code="measurement_failed",
                opened_at=AT,
            )  # fmt: skip
        inside = {row.vin for row in cars_in_plant(at=AT) if row.standing in (Standing.TO_PROPOSE, Standing.TO_SIGN)}
        assert (change, inside) == (change, {each.vin for each in cars if clearance(vin=each.vin, at=AT).clear})
        assert read().done["year"].clear == len(inside)


def test_a_decision_that_has_run_out_is_not_clear(plant: Plant) -> None:
    tested(plant, plant.vehicle)
    assert standings() == {plant.vehicle.vin: Standing.TO_PROPOSE}
    VehicleGate.objects.filter(vehicle=plant.vehicle, domain="battery").update(valid_until=AT)
    assert clearance(vin=plant.vehicle.vin, at=AT).clear is False
    assert standings() == {plant.vehicle.vin: Standing.NOT_CLEAR}


def test_a_suspended_release_lets_nothing_be_delivered(plant: Plant) -> None:
    tested(plant, plant.vehicle)
    sign(propose(plant, plant.vehicle))
    assert standings() == {plant.vehicle.vin: Standing.TO_DELIVER}
    bad = plant.posted("BAT-EOL", measurements=changed_value("BAT-EOL", "BOND", "0.2"))
    record_inspections(items=[bad], rig=plant.rig, actor=plant.rig_actor, at=AT)
    assert standings() == {plant.vehicle.vin: Standing.NOT_CLEAR}
    decide_batch(batch_id=plant.batch.pk, at=AT)
    assert standings() == {plant.vehicle.vin: Standing.HELD}


def test_built_released_and_delivered_count_on_their_own_days(plant: Plant) -> None:
    yesterday, before = AT - timedelta(hours=9), AT - timedelta(days=40)  # AT is Monday, 08:00 in the plant
    old, monday = car(plant, before), car(plant)
    tested(plant, old, monday)
    sign(propose(plant, old))
    deliver(old, at=AT, told=AT)
    assert (timezone.localdate(yesterday), timezone.localdate(AT)) == (
        timezone.localdate(AT) - timedelta(days=1), timezone.localdate(AT),
    )  # fmt: skip
    done = read().done
    assert (done["day"].built, done["day"].released, done["day"].delivered) == (1, 1, 1)
    # The plant's own car was registered twelve hours before, on Sunday: another day, and another ISO week.
    assert (done["week"].built, done["year"].built) == (1, 3)
    assert (done["year"].tested, done["year"].clear) == (2, 2)


def test_a_car_that_was_signed_again_counts_as_released_once(plant: Plant) -> None:
    tested(plant, plant.vehicle)
    sign(propose(plant, plant.vehicle))
    assert read().done["day"].released == 1
    later = AT + timedelta(days=1)
    from inspections.releases.models import Release, ReleasedVehicle, Signature

    again = Release.objects.create(
        number="R-9998", batch=plant.batch, revision_id=1, statement="x", digest="x", proposed_by="x", proposer_id=1,
        proposed_at=later, lapses_at=later + timedelta(days=1),
    )  # fmt: skip
    ReleasedVehicle.objects.create(release=again, vehicle=plant.vehicle, digest="x")
    for place in (1, 2):
        person = make_person(Role.RELEASE_OFFICER)
        Signature.objects.create(
            release=again, place=place, signer_id=person.pk, personnel_number=str(person), printed_name="x",
            meaning="x", digest="x", signed_at=later, counter=9,
        )  # fmt: skip
    done = read(later).done
    assert (done["day"].released, done["week"].released) == (0, 1)


def test_a_scrapped_car_was_built_and_is_neither_clear_nor_in_the_plant(plant: Plant) -> None:
    gone = car(plant)
    engineer = Actor.person(make_person(Role.ENGINEER))
    scrap_vehicle(vehicle=gone, reason="bent", actor=engineer, at=AT)
    done = read().done["day"]
    assert (done.built, done.removed, done.tested, done.clear) == (1, 1, 0, 0)
    assert gone.vin not in standings()


def test_an_empty_plant_has_done_nothing(db: None) -> None:
    found = read()
    assert found.done == {"day": Done(), "week": Done(), "year": Done()}
    assert (found.in_plant, set(found.standing.values())) == (0, {0})


def test_a_model_is_counted_by_itself(plant: Plant) -> None:
    model = plant.configuration.model.code
    car(plant)
    assert read(model=model) == read()
    other = read(model="YU7")
    assert (other.done["day"], other.in_plant) == (Done(), 0)
    assert (len(cars_in_plant(at=AT, model=model)), cars_in_plant(at=AT, model="YU7")) == (2, [])


def test_what_is_planned_is_what_the_batches_opened_then_are_to_build(plant: Plant) -> None:
    before = read().done["day"].planned
    batch = make_batch("B-9", configuration=plant.configuration, at=AT)
    assert read().done["day"].planned - before == batch.planned_quantity


def test_days_that_are_over_are_counted_once_and_today_anew(plant: Plant) -> None:
    noon = AT + timedelta(hours=4)
    with CaptureQueriesContext(connection) as first:
        read(noon)
    car(plant, noon)
    with CaptureQueriesContext(connection) as second:
        found = read(noon)
    # Two more for the days of this year that are over; the week began today.
    assert (len(first), len(second)) == (3, 2)
    assert (found.done["day"].built, found.done["year"].built) == (1, 2)


def test_after_midnight_the_day_that_is_over_since_is_counted_and_not_the_year_again(
    plant: Plant, monkeypatch: Any
) -> None:
    car(plant, AT + timedelta(hours=1))
    read(AT + timedelta(hours=2))
    asked: list[tuple[Any, Any]] = []
    monkeypatch.setattr(
        "inspections.releases.progress._counted", lambda *span: asked.append(span[:2]) or _counted(*span)
    )
    for days in (1, 1, 3):
        found = read(AT + timedelta(days=days)).done
        assert (found["day"].built, found["week"].built, found["year"].built) == (0, 1, 2)
    day = timezone.localtime(AT).replace(hour=0)
    spans = [(begin - day, end - day) for begin, end in asked]
    moment, one, eight = timedelta(microseconds=1), timedelta(days=1), timedelta(hours=8)
    assert spans == [
        (one, one + eight + moment), (0 * one, one), (0 * one, one), (one, one + eight + moment),
        (3 * one, 3 * one + eight + moment), (one, 3 * one), (one, 3 * one),
    ]  # fmt: skip


def test_a_question_of_before_is_answered_from_the_record(plant: Plant) -> None:
    car(plant, AT + timedelta(days=1))
    assert read(AT + timedelta(days=3)).done["week"].built == 1
    assert read(AT + timedelta(hours=2)).done["year"].built == 1
    assert read(AT + timedelta(days=3)).done["year"].built == 2


def test_in_the_first_hour_the_day_before_is_still_counted_anew(plant: Plant) -> None:
    half_past_midnight = AT - timedelta(hours=7, minutes=30)
    sunday = half_past_midnight - timedelta(minutes=31)
    read(half_past_midnight)
    car(plant, sunday)  # its act ended after midnight
    found = read(half_past_midnight).done
    assert (found["day"].built, found["year"].built) == (0, 2)


def test_a_car_registered_between_the_two_statements_makes_no_number_negative(plant: Plant, monkeypatch: Any) -> None:
    monkeypatch.setattr("inspections.releases.progress._counted", lambda *_: (Counter(), Counter()))
    found = read().done["day"]
    assert (found.built, found.tested, found.clear) == (0, 0, 0)


def test_its_statements_do_not_grow_with_the_cars(plant: Plant) -> None:
    counts = []
    for more in (0, 2):
        for _ in range(more):
            tested(plant, car(plant))
        read()
        with CaptureQueriesContext(connection) as captured:
            read()
            cars_in_plant(at=AT)
        counts.append(len(captured))
    assert counts == [3, 3]


def test_the_list_goes_on_where_it_ended(plant: Plant) -> None:
    for hours in (3, 1, 2):
        car(plant, AT - timedelta(hours=hours))
    whole = [row.vin for row in cars_in_plant(at=AT)]
    first = cars_in_plant(at=AT, most=2)
    rest = cars_in_plant(at=AT, after=(first[-1].registered_at, first[-1].id))
    assert [row.vin for row in (*first, *rest)] == whole
    assert len(whole) == 4
    assert cars_in_plant(at=AT, standing="held") == []
