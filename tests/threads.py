"""Work on a second connection beside the test's own, for tests of what happens when two meet."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import connection

T = TypeVar("T")


class Beside(Generic[T]):
    """Runs the function on a thread with a connection of its own. `result()` waits for it and raises what it raised."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._found: list[T] = []
        self._error: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._found.append(self._work())
        except BaseException as error:  # noqa: BLE001 handed to the test by result()
            self._error.append(error)
        finally:
            connection.close()

    def result(self, seconds: float = 20) -> T:
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "it still waits"
        if self._error:
            raise self._error[0]
        return self._found[0]

    def is_waiting(self, seconds: float = 10) -> bool:
        """Whether it comes to wait for a lock of the database, as long as it runs; False once it is done."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self._thread.is_alive():
                return False
            if _waiting_backends():
                return True
            time.sleep(0.01)
        return False


def _waiting_backends() -> Any:
    with connection.cursor() as cursor:
        # Within a transaction the view shows what it showed at first, unless told otherwise.
        cursor.execute("select pg_stat_clear_snapshot()")
        cursor.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        )
        row = cursor.fetchone()
    return row[0]
