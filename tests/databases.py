"""The databases of the tests: made by the owner, emptied by the owner, copied from one that was migrated once.

Where the engines are private ones a database with all migrations is kept beside those of the tests, under the digest of
everything that could have made it another. On servers named outside nothing is left behind, and each database is
migrated by itself.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

PROJECT = Path(__file__).resolve().parents[1]
PRIVATE = "INTERLOCK_TESTS_ON_PRIVATE_ENGINES"
"""Set by the first test process for all others of its run."""
MIGRATED = "migrated_"
LARGE = 200_000
"""Bytes of a table from which on it is quicker to replace it by an empty one than to delete its rows."""


def owner_parameters(name: str) -> dict[str, Any]:
    """How to connect to the database `name` as the owner, in Django's words."""
    from qa import env

    owner = env.Database.from_url(
        "DATABASE_OWNER_URL", os.environ.get("DATABASE_OWNER_URL", os.environ["DATABASE_URL"])
    )
    return {"NAME": name, "USER": owner.user, "PASSWORD": owner.password, "HOST": owner.host, "PORT": owner.port}


def connect_as_owner(name: str) -> psycopg.Connection[Any]:
    """A connection of its own to the database `name` as the owner, committing each statement."""
    found = owner_parameters(name)
    return psycopg.connect(
        dbname=name,
        user=found["USER"],
        password=found["PASSWORD"] or None,
        host=found["HOST"] or None,
        port=found["PORT"] or None,
        autocommit=True,
    )


@contextmanager
def as_alias(alias: str, name: str) -> Iterator[None]:
    """The database `name` is Django's `alias`, as the owner sees it, until the block ends."""
    from django.db import connection, connections

    connections.databases[alias] = {**connection.settings_dict, **owner_parameters(name)}
    try:
        yield
    finally:
        connections[alias].close()
        connections.databases.pop(alias)
        del connections[alias]


def migrate(alias: str, *target: str) -> None:
    from django.core.management import call_command

    call_command("migrate", *target, database=alias, verbosity=0, interactive=False)


def _digest() -> str:
    """Of whatever takes part in a migration: our own code and the releases of everybody else's."""
    found = hashlib.sha256()
    ours = (path for folder in ("inspections", "qa") for path in (PROJECT / folder).rglob("*.py"))
    for path in sorted([*ours, *PROJECT.glob("requirements*.txt")]):
        found.update(f"{path.relative_to(PROJECT)}\n{path.stat().st_size}\n".encode())
        found.update(path.read_bytes())
    return found.hexdigest()[:20]


def migrated_template() -> str | None:
    """The name of a database with all migrations to copy; made by whoever asks first, while the others wait."""
    if not os.environ.get(PRIVATE):
        return None
    name = MIGRATED + _digest()
    with connect_as_owner("postgres") as owner:
        owner.execute("SELECT pg_advisory_lock(4711)")  # let go with the connection
        named = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
        there = [row[0] for row in owner.execute(named, [MIGRATED])]
        if name not in there:
            for old in [*there, "migrating"]:
                drop_database(owner, old)
            owner.execute("CREATE DATABASE migrating")
            with as_alias("migrating", "migrating"):
                migrate("migrating")
            owner.execute(f"ALTER DATABASE migrating RENAME TO {name}")
    return name


def drop_database(owner: psycopg.Connection[Any], name: str) -> None:
    """Also where a process that was killed has not been missed by its server yet."""
    owner.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def end_sessions(owner: psycopg.Connection[Any], name: str) -> None:
    """Whoever is still connected keeps a database from being dropped: a process that was killed a moment ago, or this
    one, whose connection Django replaced by another when a browser's event loop began or ended."""
    owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = %s AND pid <> pg_backend_pid() AND pg_has_role(current_user, usesysid, 'MEMBER')",
        [name],
    )


def tables_of(connection: psycopg.Connection[Any], schema: str) -> list[str]:
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [schema])
    return [row[0] for row in rows]


def _filled(connection: psycopg.Connection[Any], tables: list[str]) -> list[str]:
    """The tables that hold a row, in one look."""
    looks = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM public.{table})" for table in tables)
    return [row[0] for row in connection.execute(looks)] if tables else []


def keep_rows(owner: psycopg.Connection[Any], schema: str) -> None:
    """Keep a copy of all rows that are committed, in a schema beside the tables."""
    owner.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    owner.execute(f"CREATE SCHEMA {schema}")
    for table in _filled(owner, tables_of(owner, "public")):
        owner.execute(f"CREATE TABLE {schema}.{table} AS TABLE public.{table}")


def put_back(owner: psycopg.Connection[Any], schema: str) -> None:
    """Commit the rows that were kept, into a database that is as its migrations left it."""
    with owner.transaction():
        owner.execute("SET LOCAL session_replication_role = replica")
        migrated = tables_of(owner, "as_migrated")
        for table in tables_of(owner, schema):
            if table in migrated:
                owner.execute(f"DELETE FROM public.{table}")
            owner.execute(f"INSERT INTO public.{table} OVERRIDING SYSTEM VALUE TABLE {schema}.{table}")


def remember_what_migrations_wrote(owner: psycopg.Connection[Any]) -> None:
    """The rows that every test finds."""
    keep_rows(owner, "as_migrated")


def _changed(owner: psycopg.Connection[Any], kept: list[str]) -> set[str]:
    """Those of the tables that migrations filled which are not as they left them."""
    looks = " UNION ALL ".join(
        f"SELECT '{table}' WHERE (SELECT coalesce(array_agg(t::text ORDER BY t::text), '{{}}') FROM public.{table} t)"
        f" <> (SELECT array_agg(t::text ORDER BY t::text) FROM as_migrated.{table} t)"
        for table in kept
    )
    return {row[0] for row in owner.execute(looks)} if kept else set()


def _large(owner: psycopg.Connection[Any], tables: list[str]) -> set[str]:
    looks = (
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%s)"
        " AND pg_total_relation_size(oid) > %s"
    )
    return {row[0] for row in owner.execute(looks, [tables, LARGE])}


def empty_database(name: str) -> None:
    """Put the database back as its migrations left it. The one place where append-only tables are emptied.

    Only the owner may: `session_replication_role = replica` keeps triggers and foreign keys from firing. A few rows are
    deleted, since a TRUNCATE makes new files of the table and of each of its indexes.
    """
    with connect_as_owner(name) as owner, owner.transaction():
        owner.execute("SET LOCAL session_replication_role = replica")
        owner.execute("SET LOCAL lock_timeout = '10s'")
        tables, kept = tables_of(owner, "public"), tables_of(owner, "as_migrated")
        # Whoever still writes is waited for, so that nothing comes after.
        owner.execute("LOCK TABLE " + ", ".join(f"public.{table}" for table in tables) + " IN SHARE ROW EXCLUSIVE MODE")
        changed = _changed(owner, kept)
        filled = [table for table in _filled(owner, tables) if table in changed or table not in kept]
        large = _large(owner, filled)
        if large:  # what refers to them is emptied with them
            owner.execute("TRUNCATE " + ", ".join(f"public.{table}" for table in large) + " CASCADE")
            changed = set(kept)
        for table in {*filled, *changed}.difference(large):
            owner.execute(f"DELETE FROM public.{table}")
        for table in changed:
            owner.execute(f"INSERT INTO public.{table} OVERRIDING SYSTEM VALUE TABLE as_migrated.{table}")
