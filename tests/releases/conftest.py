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
