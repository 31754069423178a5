"""People who can be told, a plant to tell of, and settings by which mail goes out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from inspections.people.choices import Role
    from inspections.people.models import User


@pytest.fixture(autouse=True)
def _by_mail(settings: Any) -> None:
    settings.NOTICES_BY_MAIL = True
    settings.DEFAULT_FROM_EMAIL = "Interlock <interlock@plant.example>"
    settings.SITE_ADDRESS = "https://interlock.plant.example"
    settings.NOTICES_GATHER_SECONDS = 60


@pytest.fixture
def reader(db: None) -> Callable[..., User]:
    """A person with roles and an address."""
    from tests.factories import make_person

    def make(*roles: Role, email: str | None = None) -> User:
        person = make_person(*roles)
        person.email = f"{person.username}@plant.example" if email is None else email
        person.save()
        return person

    return make


@pytest.fixture
def engineer(reader: Callable[..., User]) -> User:
    from inspections.people.choices import Role

    return reader(Role.ENGINEER)
