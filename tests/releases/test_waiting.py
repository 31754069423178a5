"""Since when clear cars wait for their release: from when the first of them was clear, whatever was decided since."""

from datetime import timedelta
from typing import Any

import pytest

from inspections.dispositions.services import lift_hold, place_hold
from inspections.gates.services import decide_batch
from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.releases.waiting import waiting_since
from inspections.results.services import record_inspections
from tests.factories import AT, Plant, changed_value, make_person, make_vehicle

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def passes(plant: Plant, car: Any, at: Any) -> None:
    record_inspections(items=plant.passing(vin=car.vin), rig=plant.rig, actor=plant.rig_actor, at=at)
    decide_batch(batch_id=plant.batch.pk, at=at)


def since(plant: Plant, at: Any = AT + 9 * HOUR) -> Any:
    return waiting_since(batch_ids=[plant.batch.pk], at=at).get(plant.batch.pk)


def test_it_is_when_the_first_car_was_clear_and_stays_so(standing_plant: Plant) -> None:
    plant = standing_plant
    other = make_vehicle(plant.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")])
    assert since(plant) is None
    passes(plant, plant.vehicle, AT + HOUR)
    assert since(plant) == AT + HOUR
    passes(plant, other, AT + 2 * HOUR)
    assert since(plant) == AT + HOUR
    # The first one fails: the other one has waited since it was clear.
    bad = plant.posted("BAT-EOL", vin=plant.vehicle.vin, measurements=changed_value("BAT-EOL", "BOND", "0.2"))
    record_inspections(items=[bad], rig=plant.rig, actor=plant.rig_actor, at=AT + 3 * HOUR)
    decide_batch(batch_id=plant.batch.pk, at=AT + 3 * HOUR)
    assert since(plant) == AT + 2 * HOUR


@pytest.mark.parametrize("whole", [True, False])
def test_what_was_held_waits_from_when_the_hold_was_lifted(standing_plant: Plant, whole: bool) -> None:
    plant, engineer = standing_plant, Actor.person(make_person(Role.ENGINEER))
    passes(plant, plant.vehicle, AT)
    hold = place_hold(
        batch=plant.batch, vehicle=None if whole else plant.vehicle, reason="a scratch", actor=engineer, at=AT + HOUR
    )
    lift_hold(hold=hold, reason="polished", actor=engineer, at=AT + 4 * HOUR)
    assert since(plant) == AT + 4 * HOUR
