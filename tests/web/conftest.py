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


@pytest.fixture(scope="module")
def served_for_the_module(django_db_setup, django_db_blocker, _redis_of_this_run):
    """Serve the site for all tests of the module, which have `_django_db_helper` do nothing: what the first of them
    commits stands for the others. Called with the clock of the site, it gives the site's address."""
    from django.db import connection
    from django.utils import timezone
    from pytest_django.live_server_helper import LiveServer

    from inspections.results.procedures import forget_procedures
    from tests.databases import empty_database

    patch = pytest.MonkeyPatch()
    forget_procedures()
    with django_db_blocker.unblock():
        server = LiveServer("localhost")
        server._live_server_modified_settings.enable()

        def serve(now):
            patch.setattr(timezone, "now", now)
            return server.url

        try:
            yield serve
        finally:
            server.stop()
            server._live_server_modified_settings.disable()
            patch.undo()
            empty_database(connection.settings_dict["NAME"])
            connection.close()
            _redis_of_this_run.flushdb()
            forget_procedures()


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
