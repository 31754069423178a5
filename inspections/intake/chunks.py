"""Items of one body, some hundreds at a time. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")


class Chunks(Generic[T]):
    """Chunks of what an iterator gives. The next one can be read while the database is busy with the one before.

    A chunk ends at `size` items, or once they weigh `heaviest` together, where `weigh` says what each weighs.
    """

    def __init__(
        self, items: Iterator[T], size: int, weigh: Callable[[T], int] | None = None, heaviest: int = 0
    ) -> None:
        self._items, self._size, self._weigh, self._heaviest = items, size, weigh, heaviest
        self._ready: list[T] | None = None
        self.is_over = False
        """Whether nothing is left behind the chunk read last. False where that is not known yet."""

    def read(self) -> None:
        """Read the next chunk now, unless it was read already."""
        if self._ready is not None:
            return
        if self._weigh is None:
            self._ready = list(islice(self._items, self._size))
            return
        self._ready, weight = [], 0
        for item in self._items:
            self._ready.append(item)
            weight += self._weigh(item)
            if len(self._ready) >= self._size or (self._heaviest and weight >= self._heaviest):
                return
        self.is_over = True

    def next(self) -> list[T]:
        """The next chunk; empty at the end."""
        self.read()
        ready, self._ready = self._ready or [], None
        return ready
