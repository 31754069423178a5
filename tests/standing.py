"""What stands for test after test: made once in a transaction that never commits, around the transactions of the tests.

Each test that asks for it finds the same rows, works in a transaction of its own inside, and leaves them as they were:
as Django's `setUpTestData`, but for as long as one test after another asks for the same. A test that asks for another
plant, for none, or for a database in which it may commit, finds none of it.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest

MAKERS = {
    "standing_released_plant": "tests.papers.make_released_plant",
    "standing_good_plant": "tests.papers.make_good_plant",
    "standing_squib_plant": "tests.concessions.make_squib_plant",
    "standing_failed_plant": "tests.concessions.make_failed_plant",
    "standing_plant": "tests.factories.make_plant",
    "standing_filled_plant": "tests.filled_plant.fill_plant",
    "standing_places": "tests.web.acts_plant.make_places",
    "standing_type_plant": "tests.gates.covering.make_type_plant",
    "standing_nearly_good_plant": "tests.journeys.doors.make_nearly_good_plant",
    "standing_week": "tests.gates.weeks.make_week",
    "standing_line": "tests.gates.drawn_line.make_line",
    "standing_pack": "tests.pack_csv.make_pack_plant",
    "standing_read_pack": "tests.pack_csv.make_read_pack_plant",
}
"""What makes it, by the fixture that asks for it. Named, since models cannot be imported before the settings are."""
GROWN = (
    "standing_released_plant", "standing_good_plant", "standing_squib_plant", "standing_failed_plant", "standing_plant",
)  # fmt: skip
"""The last with more done to it: whoever asks for the last and for another has one plant, to which that was done."""


def _maker(name: str) -> Callable[[], Any]:
    module, _, maker = MAKERS[name].rpartition(".")
    found: Callable[[], Any] = getattr(import_module(module), maker)
    return found


class Standing:
    """What stands now, if anything, and the transaction that it stands in."""

    def __init__(self, blocker: Any) -> None:
        self._blocker = blocker
        self._name = ""
        self._plant = b""
        self._around: Any = None
        self._connection: Any = None

    def let_stand(self, name: str) -> None:
        """Have what this fixture asks for; nothing for an empty name."""
        self.clear_unless(name)
        if name and name != self._name:
            with self._blocker.unblock():
                self._make(name)

    def clear_unless(self, name: str) -> None:
        """Take away what stands if it is something else."""
        if self._around is not None and name != self._name:
            with self._blocker.unblock():
                self._clear()

    def plant(self, name: str) -> Any:
        """What this fixture asks for: a copy of what stands; where nothing may stand, made for this test alone."""
        return pickle.loads(self._plant) if self._plant and name == self._name else _maker(name)()  # noqa: S301 our own

    def _make(self, name: str) -> None:
        from django.db import connection, connections, transaction

        self._connection = connections["default"]
        self._around = transaction.atomic()
        self._around._from_testcase = True  # as for the tests' own: an act may still be the outermost inside
        self._around.__enter__()
        self._name = name
        try:
            self._plant = pickle.dumps(_maker(name)())  # a copy takes a sixth of the time of copy.deepcopy
            connection.check_constraints()
        except BaseException:
            self._clear()
            raise
        connection.run_on_commit = []

    def _clear(self) -> None:
        from django.db import connections, transaction

        # Where a browser's event loop has begun or ended since, Django has another connection for this thread.
        now = connections["default"]
        connections["default"] = self._connection
        try:
            transaction.set_rollback(True)
            self._around.__exit__(None, None, None)
        finally:
            connections["default"] = now
        self._name, self._plant, self._around = "", b"", None


STANDING = pytest.StashKey[Standing]()


@pytest.fixture(scope="session")
def standing(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[Standing]:
    found = Standing(django_db_blocker)
    request.config.stash[STANDING] = found
    yield found
    found.clear_unless("")


def _wanted(item: pytest.Item) -> str:
    names = getattr(item, "fixturenames", ())
    passed_over = () if GROWN[-1] in names else GROWN
    return next((name for name in MAKERS if name in names and name not in passed_over), "")


def _asked(item: pytest.Item) -> str:
    """What the test wants to find standing: nothing where no transaction is around it."""
    names = getattr(item, "fixturenames", ())
    mark = item.get_closest_marker("django_db")
    commits = {"transactional_db", "live_server"} & set(names) or (mark and mark.kwargs.get("transaction"))
    return "" if commits else _wanted(item)


def _grown(item: pytest.Item, name: str) -> str:
    """What the test has for this one: the same with more done to it, if it asks for that too."""
    wanted = _wanted(item)
    return wanted if name in GROWN and wanted in GROWN else name


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before any fixture of the test: one of its module's or of the browser's may begin a transaction of its own."""
    if STANDING in item.config.stash:
        item.config.stash[STANDING].clear_unless(_asked(item))


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Iterator[Any]:
    """Before a test's own transaction begins, whatever asks for it: the mark, `db` or another fixture."""
    if fixturedef.argname == "_django_db_helper":
        request.getfixturevalue("standing").let_stand(_asked(request.node))
    return (yield)


def _standing(name: str) -> Callable[..., Any]:
    @pytest.fixture(name=name)
    def found(standing: Standing, db: None, request: pytest.FixtureRequest) -> Any:
        return standing.plant(_grown(request.node, name))

    return found


standing_plant = _standing("standing_plant")
standing_filled_plant = _standing("standing_filled_plant")
standing_places = _standing("standing_places")
standing_type_plant = _standing("standing_type_plant")
standing_nearly_good_plant = _standing("standing_nearly_good_plant")
standing_week = _standing("standing_week")
standing_line = _standing("standing_line")
standing_pack = _standing("standing_pack")
standing_read_pack = _standing("standing_read_pack")


@pytest.fixture
def standing_good_plant(request: pytest.FixtureRequest) -> bool:
    """Whether the standing plant has passed already, for the fixture that has it pass."""
    return _wanted(request.node) in GROWN[:2]


@pytest.fixture
def standing_released_plant(request: pytest.FixtureRequest) -> bool:
    """Whether its car is released already, for the fixture that has it released."""
    return _wanted(request.node) in GROWN[:1]


@pytest.fixture
def standing_squib_plant(request: pytest.FixtureRequest) -> bool:
    """Whether its car's squib has failed already, and nothing else of it."""
    return _wanted(request.node) == "standing_squib_plant"


@pytest.fixture
def standing_failed_plant(request: pytest.FixtureRequest) -> bool:
    """Whether its car's bonding has failed already, at 08:31 in the plant, and nothing else was tested."""
    return _wanted(request.node) == "standing_failed_plant"
