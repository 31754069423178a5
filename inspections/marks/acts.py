"""One act is one transaction; a deadlock or a serialisation failure repeats the whole of it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from django.db import DatabaseError, connection, transaction
from psycopg.errors import DeadlockDetected, SerializationFailure

REPEATS: Final = 3

P = ParamSpec("P")
R = TypeVar("R")


class StartOver(Exception):
    """What the act read before it had its locks is no longer so: begin again and read anew."""


def one_act(act: Callable[P, R]) -> Callable[P, R]:
    """Run the function in a transaction; where the database broke it off, repeat the whole, at most three times.

    Inside another act it only joins that one's transaction: the outermost repeats. Raises what the last try raised.
    """

    @wraps(act)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for turn in range(REPEATS + 1):
            if connection.in_atomic_block:
                break
            try:
                with transaction.atomic():
                    return act(*args, **kwargs)
            except (DatabaseError, StartOver) as error:
                if turn == REPEATS or not _may_repeat(error):
                    raise
            time.sleep(random.uniform(0, 0.02) * (turn + 1))  # noqa: S311 spreads two that met
        with transaction.atomic():
            return act(*args, **kwargs)

    return run


def _may_repeat(error: Exception) -> bool:
    return isinstance(error, StartOver) or isinstance(error.__cause__, DeadlockDetected | SerializationFailure)
