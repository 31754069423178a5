from __future__ import annotations

from typing import Any

from django.db import connection


def read_rows(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """All rows of one statement. `sql` is always written in this room; only its parameters come from outside."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def read_named(sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """As `read_rows`, with parameters by name."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()
