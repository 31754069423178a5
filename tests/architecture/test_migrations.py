"""Migrations: none is missing, none has a twin, and every one can be taken back and applied again."""

import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader

from tests.architecture.sources import INSPECTIONS
from tests.conftest import connect_as_owner, owner_parameters

SCRATCH = "scratch"

DESCRIBED = {
    "columns": "select table_name, column_name, data_type, is_nullable, column_default, is_identity"
    " from information_schema.columns where table_schema = 'public'",
    "constraints": "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint"
    " where connamespace = 'public'::regnamespace",
    "indexes": "select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'",
    "triggers": "select tgrelid::regclass::text, tgname, tgenabled::text, pg_get_triggerdef(oid) from pg_trigger"
    " where not tgisinternal",
    "functions": "select proname, prosrc from pg_proc where pronamespace = 'public'::regnamespace",
    "sequences": "select sequencename from pg_sequences where schemaname = 'public'",
    "grants": "select table_name, grantee, privilege_type from information_schema.role_table_grants"
    " where table_schema = 'public'",
}
"""What a database is made of, as the catalogue of PostgreSQL tells it."""


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    output = io.StringIO()
    call_command("makemigrations", "--check", "--dry-run", stdout=output)
    assert output.getvalue() == "No changes detected\n"


def test_no_two_migrations_share_a_number_and_each_has_a_name_of_its_own() -> None:
    names = [path.stem for path in sorted((INSPECTIONS / "migrations").glob("[0-9]*.py"))]
    assert names
    assert all(re.fullmatch(r"\d{4}_[a-z]\w+", name) and "_auto_" not in name for name in names)
    numbers = Counter(name[:4] for name in names)
    assert [number for number, times in numbers.items() if times > 1] == []
    assert sorted(numbers) == [f"{number:04d}" for number in range(1, len(names) + 1)]


def test_migrations_have_one_end() -> None:
    loader = MigrationLoader(None)
    assert len([leaf for leaf in loader.graph.leaf_nodes() if leaf[0] == "inspections"]) == 1
    assert loader.detect_conflicts() == {}


def test_every_migration_can_be_taken_back() -> None:
    loader = MigrationLoader(None)
    for key, migration in loader.disk_migrations.items():
        if key[0] == "inspections":
            assert all(operation.reversible for operation in migration.operations), f"{key[1]} has no way back"


@pytest.fixture
def scratch(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """An empty database of its own, in which the owner migrates."""
    name = f"{connection.settings_dict['NAME']}_scratch"
    with connect_as_owner("postgres") as owner:
        owner.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        owner.execute(f'CREATE DATABASE "{name}"')
        connections.databases[SCRATCH] = {**connection.settings_dict, **owner_parameters(name)}
        try:
            with django_db_blocker.unblock():
                yield name
                connections[SCRATCH].close()
        finally:
            connections.databases.pop(SCRATCH)
            del connections[SCRATCH]
            owner.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def migrate(*target: str) -> None:
    call_command("migrate", *target, database=SCRATCH, verbosity=0, interactive=False)


def described(owner: psycopg.Connection[Any]) -> dict[str, list[tuple[Any, ...]]]:
    return {what: sorted(owner.execute(sql).fetchall(), key=str) for what, sql in DESCRIBED.items()}


def test_migrations_roll_back_and_forward_to_the_same_database(scratch: str) -> None:
    migrate()
    with connect_as_owner(scratch) as owner:
        forward = described(owner)
        assert sum(row[1].startswith("interlock_") for row in forward["triggers"]) > 60
        assert {row[1] for row in forward["grants"]} >= {settings.APPLICATION_ROLE}
        migrate("inspections", "zero")
        back = described(owner)
        left = [
            row for rows in back.values() for row in rows if "inspections_" in str(row[0]) or "interlock" in str(row[0])
        ]
        assert left == []
        migrate()
        again = described(owner)
    for what, rows in forward.items():
        assert again[what] == rows
