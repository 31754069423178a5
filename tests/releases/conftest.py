import pytest


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


@pytest.fixture
def left(plant, good_car):
    """The batch of the plant, completed: its only car has left and testing is closed."""
    from inspections.gates.services import close_batch
    from tests import factories
    from tests.papers import deliver, release

    release(plant.batch)
    close_batch(batch=plant.batch, actor=factories.SYSTEM, at=factories.AT)
    deliver(good_car)
    plant.batch.refresh_from_db()
    assert plant.batch.status == "completed"
    return plant.batch
