from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from inspections.batches.models import Vehicle
    from inspections.people.rules import Actor
    from inspections.sealing.keys import SigningKey


@pytest.fixture(autouse=True)
def store(settings: Any, tmp_path: Any) -> Any:
    """Papers land in a folder of the test, and codes lead to a site of its own."""
    settings.SUBMISSIONS_DIR = str(tmp_path / "store")
    settings.SITE_ADDRESS = "https://interlock.plant.example"
    return tmp_path / "store"


@pytest.fixture
def officer(db: None) -> Actor:
    from inspections.people.choices import Role
    from inspections.people.rules import Actor
    from tests.factories import make_person

    return Actor.person(make_person(Role.RELEASE_OFFICER))


@pytest.fixture
def released(good_car: Vehicle, standing_released_plant: bool) -> Vehicle:
    """The good car, released by two people."""
    from tests.papers import release

    if not standing_released_plant:
        release(good_car.batch)
        good_car.refresh_from_db()
    return good_car


@pytest.fixture
def issue(sealing_key: SigningKey, officer: Actor) -> Callable[..., Any]:
    """Issue the certificate of a car, or the dossier of a batch: the row, whether it is new or not."""
    from inspections.batches.models import Vehicle
    from inspections.certificates.services import issue_certificate, issue_dossier
    from tests.factories import AT

    def run(subject: Any, at: Any = AT, actor: Any = None) -> Any:
        if isinstance(subject, Vehicle):
            return issue_certificate(vehicle=subject, actor=actor or officer, at=at)[0]
        return issue_dossier(batch=subject, actor=actor or officer, at=at)[0]

    return run
