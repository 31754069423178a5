"""People signed in at one fixed moment, and a small plant for them to act on."""

from datetime import timedelta

import pytest


@pytest.fixture
def clock(monkeypatch):
    """What the server takes for now: AT at first. `clock.go(minutes=1)` moves it on."""
    from django.utils import timezone

    from tests.factories import AT

    class Clock:
        now = AT

        def go(self, **by):
            self.now += timedelta(**by)
            return self.now

    found = Clock()
    monkeypatch.setattr(timezone, "now", lambda: found.now)
    return found


@pytest.fixture
def plant(standing_plant, clock):
    """A small plant with one registered car, on which nothing was recorded yet."""
    return standing_plant


@pytest.fixture
def sign_in(db, clock):
    """A browser of a person with the roles."""
    from django.test import Client

    from tests.factories import make_person

    def run(*roles, person=None, client=None):
        client = client or Client(raise_request_exception=True)
        person = person or make_person(*roles)
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        client.person = person
        return client

    return run


@pytest.fixture
def inspector(sign_in):
    from inspections.people.choices import Role

    return sign_in(Role.INSPECTOR)


@pytest.fixture
def engineer(sign_in):
    from inspections.people.choices import Role

    return sign_in(Role.ENGINEER)
