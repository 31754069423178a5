from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import call_command


@pytest.fixture
def record(transactional_db: None, sealing_key: Any) -> Any:
    """Every table of the record holds a row, all of it committed; a key is there; nothing is sealed yet."""
    from tests.factories import AT
    from tests.filled_plant import fill_record
    from tests.signing import note_approvals

    plant = fill_record()
    note_approvals(AT)
    return plant


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
