"""Draws which positions of a batch are samples, from the batch's seed (see docs/evaluation.md).

Whoever holds the seed can do the draw again: it needs the seed, the procedure's code, how many were planned and asked
for, which positions are built and which of them are lost, and nothing else. No order of arrival plays a part.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from hmac import digest
from itertools import islice
from typing import Final

ALGORITHM: Final = "interlock-draw/1"
MOST_RANKED: Final = 10_000
"""Positions ranked at once. A plan for more cars is drawn in runs of so many: more samples, never fewer."""
_MOST_KEPT: Final = 64


def commitment_of(seed: bytes) -> str:
    """What is published when the seed is drawn: it tells nothing of the seed, and no other seed answers to it."""
    return sha256(f"{ALGORITHM}\n".encode() + seed).hexdigest()


def rank_of(seed: bytes, procedure: str, position: int) -> bytes:
    """The lot of a position: HMAC-SHA-256, keyed by the seed, of algorithm, procedure and position. Smallest first.

    Without the seed the ranks cannot be told from random numbers, so that every set of positions is as likely as any.
    """
    return digest(seed, f"{ALGORITHM}\n{procedure}\n{position}".encode(), "sha256")


def draw_positions(
    seed: bytes,
    procedure: str,
    *,
    planned: int,
    size: int,
    built: Collection[int],
    lost: Collection[int] = (),
    closed: bool = False,
) -> tuple[int, ...]:
    """The positions in build order that are samples for the procedure, ascending.

    Of positions 1 to `planned` the `size` with the smallest ranks. Beyond them, of every begun run of as many
    positions as the plan has for each sample (`planned` over `size`, rounded down), the one with the smallest. Neither
    `planned` nor a run is taken for more than `MOST_RANKED`.
    A lost position (its car was scrapped, moved away or destroyed for another test before it gave a sample) gives way
    to the next by rank; so does, once testing is closed (`closed`), one that was never built. What is drawn and built
    stays drawn while it is not lost, whatever is built, lost or closed later.
    """
    out = frozenset(lost)
    here = frozenset(built)

    def first_of(ranked: Iterable[int], count: int) -> list[int]:
        fit = (place for place in ranked if place not in out and (place in here or not closed))
        return list(islice(fit, count))

    step = min(max(planned // max(size, 1), 1), MOST_RANKED)
    planned = min(planned, MOST_RANKED)
    drawn = first_of(_ranked(seed, procedure, 1, planned), size)
    begun = {(place - planned - 1) // step for place in here if place > planned}
    for run in sorted(begun):
        start = planned + 1 + run * step
        drawn += first_of(_ranked(seed, procedure, start, start + step - 1), 1)
    return tuple(sorted(drawn))


@lru_cache(maxsize=_MOST_KEPT)
def _ranked(seed: bytes, procedure: str, first: int, last: int) -> Sequence[int]:
    return sorted(range(first, last + 1), key=lambda place: (rank_of(seed, procedure, place), place))
