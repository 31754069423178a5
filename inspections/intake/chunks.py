"""Items of one body, some hundreds at a time. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")


class Chunks(Generic[T]):
    """Chunks of what an iterator gives. The next one can be read while the database is busy with the one before."""

    def __init__(self, items: Iterator[T], size: int) -> None:
        self._items, self._size = items, size
        self._ready: list[T] | None = None

    def read(self) -> None:
        """Read the next chunk now, unless it was read already."""
        if self._ready is None:
            self._ready = list(islice(self._items, self._size))

    def next(self) -> list[T]:
        """The next chunk; empty at the end."""
        self.read()
        ready, self._ready = self._ready or [], None
        return ready
