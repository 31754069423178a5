import pytest


@pytest.fixture
def plant(db):
    """A small plant with one registered car. Its plan asks for results of every car in all three domains."""
    from tests import factories

    return factories.make_plant()


@pytest.fixture
def record(plant):
    """Record inspections of the plant's rig or another, decide the batch, return what became of each."""
    from inspections.gates.services import decide_batch
    from inspections.results.services import record_inspections
    from tests import factories

    def run(*items, rig=None, at=factories.AT, decide=True):
        rig = rig or plant.rig
        recorded = record_inspections(items=items, rig=rig, actor=factories.rig_actor(rig), at=at)
        if decide:
            decide_batch(batch_id=plant.batch.pk, at=at)
        return recorded

    return run


@pytest.fixture
def good_car(plant, record):
    """A car of which every required result passes."""
    battery = plant.posted("BAT-EOL", software=[{"system": "BMS", "version": "2.0"}])
    driving = plant.posted("DRV-EOL", software=[{"system": "ADAS", "version": "4.10"}])
    record(battery, driving, plant.posted("CRS-EOL"))
    return plant.vehicle


@pytest.fixture
def officers(db):
    """Three release officers, none of whom inspected anything."""
    from inspections.people.choices import Role
    from tests import factories

    return [factories.make_person(Role.RELEASE_OFFICER) for _ in range(3)]


@pytest.fixture
def proposal(good_car, officers):
    """The good car, proposed for release by the first of them."""
    from inspections.people.rules import Actor
    from inspections.releases.services import propose_release
    from tests import factories

    return propose_release(batch=good_car.batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=factories.AT)
