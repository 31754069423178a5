"""What every test stands on: real engines started when first needed, the application's role, and real processes.

A test that touches no database starts nothing. The engines are those of DATABASE_URL, DATABASE_OWNER_URL and
REDIS_URL, or private ones of this run. Tests work as the application's role; its owner migrates and empties.
"""

import gc
import os
import sys
from collections.abc import Iterator
from typing import Any

import hypothesis
import psycopg
import pytest
from django.utils import translation

from qa.embedded.cluster import Cluster, for_tests
from qa.embedded.refusal import CannotStart
from tests.chromium import find_chromium
from tests.databases import (
    PRIVATE,
    connect_as_owner,
    empty_database,
    end_sessions,
    migrated_template,
    owner_parameters,
    remember_what_migrations_wrote,
)
from tests.depth import examples

CHROMIUM = find_chromium()
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
WORKER_NUMBER = int(WORKER.removeprefix("gw") or 0)

pytest_plugins = [
    *("tests.processes", "tests.standing", "tests.small_plant"),
    *("tests.sealing_keys", "tests.sessions", "tests.windows"),
]


def _prepare_environment() -> Cluster | None:
    """Name the addresses before the settings are read. Nothing is started; a second run gets engines of its own."""
    cluster = None
    if "qa.settings" in sys.modules:
        pytest.exit("The settings were read before the tests named their servers: unset DJANGO_SETTINGS_MODULE.", 1)
    if not WORKER:
        try:
            cluster = for_tests()
        except CannotStart as refusal:
            pytest.exit(str(refusal), returncode=1)
        os.environ.update(cluster.addresses())
        os.environ[PRIVATE] = "1" if cluster.private else ""
        os.environ["STATIC_ROOT"] = str(cluster.places.home / "static")
    os.environ["HTTPS"] = "0"
    os.environ["STATIC_HASHED"] = "0"
    if WORKER_NUMBER:
        base, _, database = os.environ["REDIS_URL"].rpartition("=" if "?db=" in os.environ["REDIS_URL"] else "/")
        separator = "=" if "?db=" in os.environ["REDIS_URL"] else "/"
        os.environ["REDIS_URL"] = f"{base}{separator}{int(database or 0) + WORKER_NUMBER}"
    os.environ["DJANGO_SETTINGS_MODULE"] = "qa.settings"
    return cluster


CLUSTER = _prepare_environment()

# How long an example takes says more of the machine than of the code; in CI the same examples are tried each time.
hypothesis.settings.register_profile(
    "interlock",
    max_examples=examples(100),
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
    print_blob=True,
)
hypothesis.settings.load_profile("interlock")


def start_engines() -> None:
    """Start the private engines of this run unless they run already or servers are named outside."""
    if CLUSTER is not None and CLUSTER.guard is None:
        try:
            CLUSTER.start()
        except CannotStart as refusal:
            pytest.exit(str(refusal), returncode=1)


def pytest_configure(config: pytest.Config) -> None:
    """With several test processes the first one starts the engines for all, since the others inherit its addresses."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Each test client is a site of its own, which would list and open all static files when it begins.
    settings.WHITENOISE_AUTOREFRESH = True
    if getattr(config.option, "numprocesses", None) and not WORKER:
        start_engines()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart() -> None:
    """Further test processes must not read the settings before they have named a Redis database of their own."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def pytest_sessionfinish() -> None:
    gc.freeze()  # what is left goes with the process, and is not looked through three times before


def pytest_unconfigure() -> None:
    if CLUSTER is not None:
        CLUSTER.stop()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests say clearly why they do not run; nothing is downloaded for them.

    Tests that start processes come first: they take long and often wait, while another test process has work enough,
    and none of them is begun when all else is done. Browsers stay behind, for the event loop that they leave.
    """
    for item in items:
        if {"page", "context", "browser"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")
            if not CHROMIUM:
                item.add_marker(pytest.mark.skip(reason="no Chromium here: install Debian's chromium or set CHROMIUM"))
    items.sort(key=lambda item: not item.get_closest_marker("processes") or bool(item.get_closest_marker("browser")))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What was collected stays to the end: the collector of garbage need not look through it again and again, nor
    after each seven hundred objects through what a request made."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_runtest_setup(item: pytest.Item) -> None:
    # The language of a request stays active on its thread until the next request says another, as Django has it.
    translation.deactivate()
    if item.get_closest_marker("browser"):
        # Playwright keeps an event loop on this thread from its first test on, in which Django refuses to query.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def _require_two_roles(connection: psycopg.Connection[Any], application: str) -> None:
    """Stop the run if the roles could not prove what the database refuses, or could not empty it between tests."""
    owner, may_empty = connection.execute(
        "SELECT current_user, current_setting('is_superuser') = 'on'"
        " OR has_parameter_privilege(current_user, 'session_replication_role', 'SET')"
    ).fetchone() or ("", False)
    if owner == application:
        pytest.exit("The tests need two roles: set DATABASE_OWNER_URL too (docs/install.md).", returncode=1)
    if not may_empty:
        pytest.exit(
            f"The role {owner} may not empty append-only tables between tests. As a superuser run: "
            f"GRANT SET ON PARAMETER session_replication_role TO {owner};",
            returncode=1,
        )


@pytest.fixture(scope="session")
def engines() -> Cluster | None:
    """PostgreSQL and Redis are there; None where the first of several test processes started them."""
    start_engines()
    return CLUSTER


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    engines: Cluster | None, django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: Any
) -> None:
    """From here on the test database is made by the owner: copied from a migrated one, or migrated."""
    from django.db import connection

    settings = connection.settings_dict
    settings.update(owner_parameters(settings["NAME"]))
    with django_db_blocker.unblock():
        template = migrated_template()
    if template:
        settings["TEST"].update(TEMPLATE=template, MIGRATE=False)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The database is made: work as the application, and go back to the owner to remove it."""
    from django.conf import settings
    from django.db import connection

    configured = connection.settings_dict
    name = configured["NAME"]
    application = settings.APPLICATION_ROLE
    with connect_as_owner(name) as owner:
        _require_two_roles(owner, application)
        remember_what_migrations_wrote(owner)
    asked = psycopg.conninfo.conninfo_to_dict(os.environ["DATABASE_URL"])
    with django_db_blocker.unblock():
        connection.close()
    configured.update(USER=application, PASSWORD=asked.get("password") or "")
    yield
    with django_db_blocker.unblock():
        connection.close()
    configured.update(owner_parameters(name))
    with connect_as_owner("postgres") as owner:
        end_sessions(owner, name)


@pytest.fixture(scope="session", autouse=True)
def _emptied_by_the_owner() -> Iterator[None]:
    """Django empties the database with TRUNCATE after a transactional test; here the owner does it."""
    from django.db import connection
    from django.test import TransactionTestCase

    patch = pytest.MonkeyPatch()
    patch.setattr(
        TransactionTestCase, "_fixture_teardown", lambda self: empty_database(connection.settings_dict["NAME"])
    )
    yield
    patch.undo()


@pytest.fixture(scope="session", autouse=True)
def _no_test_waits_for_a_disk() -> Iterator[None]:
    """As the private PostgreSQL: what a power cut would lose is lost with the test anyway."""
    patch = pytest.MonkeyPatch()
    patch.setattr(os, "fsync", lambda _: None)
    yield
    patch.undo()


@pytest.fixture
def owner_connection(django_db_setup: None, db: None) -> Iterator[psycopg.Connection[Any]]:
    """The owner of the tables, outside the test's own transaction: it sees only what is committed."""
    from django.db import connection

    with connect_as_owner(connection.settings_dict["NAME"]) as owner:
        yield owner


def _empty(client: Any) -> None:
    """In one trip; what stays says whose database it is."""
    with client.pipeline(transaction=False) as together:
        together.flushdb().set("interlock-tests", "1").execute()


@pytest.fixture(scope="session")
def _redis_of_this_run(engines: Cluster | None) -> Iterator[Any]:
    """A client of the database that this test process may empty."""
    from django.conf import settings
    from redis import Redis

    client = Redis.from_url(settings.REDIS.url)
    keys = client.dbsize()
    if keys and not client.exists("interlock-tests"):
        place = settings.REDIS.place
        pytest.exit(f"Redis at {place} holds {keys} keys and the tests empty it; name an empty database.", returncode=1)
    _empty(client)
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def redis(_redis_of_this_run: Any) -> Iterator[Any]:
    """A Redis client on an empty database, emptied again afterwards."""
    yield _redis_of_this_run
    _empty(_redis_of_this_run)


@pytest.fixture(autouse=True)
def _no_task_or_cache_left_over(request: pytest.FixtureRequest) -> None:
    """What one test queued or cached is not there for the next."""
    if {"db", "transactional_db", "live_server"} & set(request.fixturenames) or request.node.get_closest_marker(
        "django_db"
    ):
        request.getfixturevalue("redis")
        from inspections.releases.progress import forget_days
        from inspections.results.procedures import forget_procedures

        forget_procedures()
        forget_days()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium, talking to nobody but us."""
    return {
        **browser_type_launch_args,
        "executable_path": CHROMIUM,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
        ],
    }
