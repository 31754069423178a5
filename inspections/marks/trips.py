"""Several statements in one trip to the database: of a short act, most of the time is spent on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from django.db import connection

Statement: TypeAlias = tuple[str, Sequence[Any]]
"""SQL without a semicolon, and its parameters."""


def run_together(*statements: Statement) -> list[list[tuple[Any, ...]]]:
    """Run the statements in their order and give the rows of each.

    Each is a statement of its own with a snapshot of its own (READ COMMITTED): one behind a lock sees what was
    committed while the lock was waited for. The driver binds parameters itself, so that PostgreSQL is sent one text.
    """
    if not statements:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "; ".join(sql for sql, _ in statements), [one for _, parameters in statements for one in parameters]
        )
        answers = [cursor.fetchall() if cursor.description else []]
        while cursor.nextset():
            answers.append(cursor.fetchall() if cursor.description else [])
    return answers
