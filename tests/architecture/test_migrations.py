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
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from tests.architecture.sources import INSPECTIONS
from tests.databases import as_alias, connect_as_owner, drop_database, migrate, migrated_template
from tests.depth import LONG

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
def scratch(django_db_modify_db_settings: None, django_db_blocker: Any) -> Iterator[str]:
    """A migrated database of its own, in which the owner goes back and forth."""
    name = f"{connection.settings_dict['NAME']}_scratch"
    with django_db_blocker.unblock():  # it may be the first here that asks for the template
        template = migrated_template()
    with connect_as_owner("postgres") as owner:
        drop_database(owner, name)
        owner.execute(f'CREATE DATABASE "{name}"' + (f" TEMPLATE {template}" if template else ""))
        try:
            with django_db_blocker.unblock(), as_alias(SCRATCH, name):
                if not template:
                    migrate(SCRATCH)
                yield name
        finally:
            drop_database(owner, name)


def described(owner: psycopg.Connection[Any]) -> dict[str, list[tuple[Any, ...]]]:
    return {what: sorted(owner.execute(sql).fetchall(), key=str) for what, sql in DESCRIBED.items()}


def test_migrations_roll_back_and_forward_to_the_same_database(scratch: str) -> None:
    with connect_as_owner(scratch) as owner:
        forward = described(owner)
        assert sum(row[1].startswith("interlock_") for row in forward["triggers"]) > 60
        assert {row[1] for row in forward["grants"]} >= {settings.APPLICATION_ROLE}
        # To take the tables themselves back as well is Django's own doing, and slow.
        migrate(SCRATCH, "inspections", "zero" if LONG else "0001")
        back = described(owner)
        assert [row for what in ("functions", "triggers") for row in back[what] if "interlock" in str(row)] == []
        if LONG:
            ours = ("inspections_", "interlock")
            assert [row for rows in back.values() for row in rows if any(each in str(row[0]) for each in ours)] == []
        migrate(SCRATCH)
        again = described(owner)
    for what, rows in forward.items():
        assert again[what] == rows
