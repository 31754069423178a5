"""One act is one transaction; a deadlock or a serialisation failure repeats the whole of it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from django.db import DatabaseError, connection, transaction
from psycopg.errors import DeadlockDetected, SerializationFailure

REPEATS: Final = 3

_acting: Final[ContextVar[bool]] = ContextVar("an act is under way", default=False)
_repeatable: Final[ContextVar[bool]] = ContextVar("the act under way can be repeated", default=False)

P = ParamSpec("P")
R = TypeVar("R")


class StartOver(Exception):
    """What the act read before it had its locks is no longer so: begin again and read anew."""


def can_start_over() -> bool:
    """Whether StartOver would begin the act under way anew, rather than end it."""
    return _repeatable.get()


def one_act(act: Callable[P, R]) -> Callable[P, R]:
    """Run the function in a transaction; where the database broke it off, repeat the whole, at most three times.

    Inside another act it is simply part of that one, which alone is repeated or rolled back: so no act may catch what
    a part of it raised and go on. Raises what the last try raised.
    """

    @wraps(act)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _acting.get():
            return act(*args, **kwargs)
        token = _acting.set(True)
        try:
            return _repeat(lambda: act(*args, **kwargs))
        finally:
            _acting.reset(token)

    return run


def _repeat(whole: Callable[[], R]) -> R:
    # In a transaction that somebody else began nothing can be repeated: what it read and locked would stay.
    repeats = 0 if connection.in_atomic_block else REPEATS
    for turn in range(repeats):
        token = _repeatable.set(True)
        try:
            with transaction.atomic():
                return whole()
        except (DatabaseError, StartOver) as error:
            if not _may_repeat(error):
                raise
        finally:
            _repeatable.reset(token)
        time.sleep(random.uniform(0, 0.02) * (turn + 1))  # noqa: S311 spreads two that met
    with transaction.atomic():
        return whole()


def _may_repeat(error: Exception) -> bool:
    return isinstance(error, StartOver) or isinstance(error.__cause__, DeadlockDetected | SerializationFailure)
