"""Several statements in one trip to the database: of a short act, most of the time is spent on the way.

PostgreSQL keeps the plans of what is asked here, each statement's for as long as the connection: planning costs more
than most of them do. `DATABASE_KEEPS_PLANS=0` is for a pooler that cannot carry prepared statements.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, TypeAlias

import psycopg
from django.db import connection
from psycopg.pq import ExecStatus

Statement: TypeAlias = tuple[str, Sequence[Any]]
"""One SQL statement, and its parameters. The types of parameters that no column tells are stated in it."""


def run_together(*statements: Statement) -> list[list[tuple[Any, ...]]]:
    """Run the statements in their order and give the rows of each.

    Each is a statement of its own with a snapshot of its own (READ COMMITTED): one behind a lock sees what was
    committed while the lock was waited for. Where one fails, those behind it are not run.
    """
    if not statements:
        return []
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    begun = time.monotonic()
    try:
        with connection.wrap_database_errors:
            return _sent(connection.connection, statements)
    finally:
        if connection.queries_logged:
            text = "; ".join(sql for sql, _ in statements)
            connection.queries_log.append({"sql": text, "time": f"{time.monotonic() - begun:.3f}"})


def _sent(driver: psycopg.Connection[Any], statements: Sequence[Statement]) -> list[list[tuple[Any, ...]]]:
    # In a pipeline what begins the transaction goes with the first statement; one statement is better off without.
    with driver.pipeline() if len(statements) > 1 else nullcontext():
        asked = [psycopg.Cursor(driver).execute(sql, parameters, prepare=True) for sql, parameters in statements]
    return [cursor.fetchall() if _has_rows(cursor) else [] for cursor in asked]


def _has_rows(cursor: psycopg.Cursor[Any]) -> bool:
    return cursor.pgresult is not None and cursor.pgresult.status == ExecStatus.TUPLES_OK
