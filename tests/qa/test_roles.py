"""The tests work as the application's role; only the owner empties what that role may not change (law 4)."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection

from inspections.records.models import LedgerEntry

AT = datetime(2026, 11, 22, 0, 14, tzinfo=UTC)
LEDGER = LedgerEntry._meta.db_table


def add_entry() -> LedgerEntry:
    return LedgerEntry.objects.create(
        at=AT, actor_kind="system", actor="system", act="tried", subject_kind="x", subject="y"
    )


@pytest.mark.django_db
def test_tests_work_as_the_application_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('is_superuser')")
        assert cursor.fetchone() == (settings.APPLICATION_ROLE, "off")


@pytest.mark.law(4)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "statement",
    [f"UPDATE {LEDGER} SET act = 'z'", f"DELETE FROM {LEDGER}", f"TRUNCATE {LEDGER}", f"DROP TABLE {LEDGER}"],
)
def test_the_application_role_cannot_change_the_ledger(statement: str) -> None:
    add_entry()
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(statement)
    assert LedgerEntry.objects.values_list("act", flat=True).get() == "tried"


@pytest.mark.law(4)
@pytest.mark.django_db
def test_the_application_role_cannot_switch_triggers_off() -> None:
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")


class TestEmptiedByTheOwner:
    """One test leaves rows behind, the next finds none, and finds again what migrations wrote."""

    @pytest.fixture
    def types(self, transactional_db: None) -> int:
        return ContentType.objects.count()

    @pytest.mark.parametrize("turn", [1, 2])
    def test_a_transactional_test_finds_no_rows_of_another(self, turn: int, types: int) -> None:
        assert not LedgerEntry.objects.exists()
        assert types > 0
        add_entry()


@pytest.mark.django_db(transaction=True)
def test_the_owner_connection_sees_what_is_committed(owner_connection: psycopg.Connection[Any]) -> None:
    add_entry()
    row = owner_connection.execute(f"SELECT current_user, count(*) FROM {LEDGER}").fetchone()
    assert row is not None
    assert row[0] != settings.APPLICATION_ROLE
    assert row[1] == 1


def test_redis_is_empty_at_first(redis: Any) -> None:
    assert redis.keys() == [b"interlock-tests"]
