"""A small plant with one registered car, and a car of which everything passed: what most tests of the record act on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from inspections.batches.models import Vehicle
    from tests.factories import Plant


@pytest.fixture
def plant(standing_plant: Plant) -> Plant:
    """A small plant with one registered car. Its plan asks for results of every car in all three domains."""
    return standing_plant


@pytest.fixture
def record(plant: Plant) -> Callable[..., Any]:
    """Record inspections of the plant's rig or another, decide the batch, return what became of each."""
    from inspections.gates.services import decide_batch
    from inspections.results.services import record_inspections
    from tests import factories

    def run(*items: Any, rig: Any = None, at: Any = factories.AT, decide: bool = True) -> Any:
        rig = rig or plant.rig
        recorded = record_inspections(items=items, rig=rig, actor=factories.rig_actor(rig), at=at)
        if decide:
            decide_batch(batch_id=plant.batch.pk, at=at)
        return recorded

    return run


@pytest.fixture
def good_car(plant: Plant, record: Callable[..., Any], standing_good_plant: bool) -> Vehicle:
    """The plant's car, of which every required result passes."""
    if not standing_good_plant:
        record(*plant.passing())
    return plant.vehicle
