"""Several trials in one test, each on what the test set up: what one of them does is undone before the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def undone() -> Iterator[None]:
    """What is done inside is undone at its end; an act may be the outermost, as in a test of its own."""
    from django.db import transaction

    around = transaction.atomic()
    around._from_testcase = True
    with around:
        yield
        transaction.set_rollback(True)
