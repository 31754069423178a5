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
def plant(db, clock):
    """A small plant with one registered car, on which nothing was recorded yet."""
    from tests import factories

    return factories.make_plant()


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


@pytest.fixture
def record(plant):
    """Record inspections of the plant's rig and decide the batch."""
    from inspections.gates.services import decide_batch
    from inspections.results.services import record_inspections
    from tests import factories

    def run(*items, at=factories.AT, decide=True):
        recorded = record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=at)
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
