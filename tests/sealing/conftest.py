from __future__ import annotations

import copy
import time
from collections.abc import Callable
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from tests.databases import connect_as_owner, keep_rows, put_back


@pytest.fixture(autouse=True)
def _nobody_of_another_test_holds_the_sealer_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction of another test process that has just ended is not known to be of another database: it counts as
    ours for a moment, and what a test is about to seal would be sealed the next time. Wait until it has gone; for one
    of the test's own, a second."""
    from inspections.sealing import leaves, services

    def oldest() -> int:
        ends = time.monotonic() + 1
        while True:
            found = leaves.oldest_running()
            with connection.cursor() as cursor:
                cursor.execute("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
                if found >= cursor.fetchone()[0] or time.monotonic() > ends:
                    return found
            time.sleep(0.01)

    monkeypatch.setattr(services, "oldest_running", oldest)


@pytest.fixture(scope="session")
def _record_made_once() -> list[Any]:
    """The plant of the record, when its rows are kept."""
    return []


@pytest.fixture
def record(transactional_db: None, sealing_key: Any, _record_made_once: list[Any]) -> Any:
    """Every table of the record holds a row, all of it committed; a key is there; nothing is sealed yet."""
    from tests.factories import AT
    from tests.filled_plant import fill_record
    from tests.signing import note_approvals

    with connect_as_owner(connection.settings_dict["NAME"]) as owner:
        if _record_made_once:
            put_back(owner, "as_recorded")
        else:
            plant = fill_record()
            note_approvals(AT)
            keep_rows(owner, "as_recorded")
            _record_made_once.append(plant)
    return copy.deepcopy(_record_made_once[0])


@pytest.fixture
def sealed(record: Any) -> Any:
    from inspections.sealing.services import seal_ledger
    from tests.factories import AT

    assert len(seal_ledger(at=AT)) == 1
    return record


@pytest.fixture
def superuser(owner_connection: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """The owner with the triggers off: whoever administers the database."""
    owner_connection.execute("set session_replication_role = replica")
    return owner_connection


@pytest.fixture
def verify() -> Callable[..., list[str]]:
    """What `manage.py verify_ledger` finds, a line each; [] where all fits, for which it ends with status 0."""

    def run(*arguments: str) -> list[str]:
        out, err = StringIO(), StringIO()
        try:
            call_command("verify_ledger", *(arguments or ["--from-start"]), stdout=out, stderr=err)
        except SystemExit:
            lines = err.getvalue().splitlines()
            assert lines[-1].startswith("The record does not fit what was sealed: ")
            return lines[:-1]
        assert err.getvalue() == ""
        return []

    return run
