"""Closing what was recorded into seals. Nobody records through here, and recording never waits for it."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import uuid4

from ..marks.acts import one_act
from ..marks.locks import Lock, try_exclude
from ..saying import Refusal, say
from .canonical import CURRENT
from .checkpoints import NONE, packed_signatures
from .keys import KeyRing, key_ring
from .leaves import BEGINNING, begin_reading, counts_by_transaction, leaves_of, oldest_running
from .merkle import tree_root
from .models import Seal, SealingKey
from .parts import Part, pack
from .queries import checkpoint_of, history_frontier, last_seal

MOST_LEAVES: Final = 50_000
"""Of one seal; what one transaction recorded stays together, however much it is."""


class HorizonWentBack(Refusal):
    """The database counts its transactions from a lower number than what is sealed: it was restored elsewhere."""


def seal_ledger(*, at: datetime) -> list[Seal]:
    """Seal everything that was committed and stands in no seal yet, in as many seals as it takes; usually one or none.

    One sealer at a time: another one that comes meanwhile finds nothing to do. Raises KeyRefusal where no key can
    sign, HorizonWentBack after a restore: nothing is sealed then, and nothing is lost, it is sealed later.
    """
    ring = key_ring()
    _ = ring.active
    made: list[Seal] = []
    more = True
    # What is recorded meanwhile waits for the next time: otherwise a plant at work would be sealed row by row.
    while more:
        seal, more = _seal_next(ring, at)
        made += [] if seal is None else [seal]
    return made


@one_act
def _seal_next(ring: KeyRing, at: datetime) -> tuple[Seal | None, bool]:
    """The next seal, and whether its bound left something that could have been sealed now."""
    if not try_exclude(Lock.SEALING, 1):
        return None, False
    last = last_seal()
    first, before = (BEGINNING if last is None else last.horizon), oldest_running()
    if before < first:
        raise HorizonWentBack(
            say(
                "The database counts its transactions at %(found)d, and checkpoint %(number)d was made at %(horizon)d:"
                " it was restored into another server. What is recorded now cannot be told from what is sealed. Nothing"
                " is sealed until the count is put right: docs/record.md, “After a restore”.",
                found=before,
                number=last.number if last else 0,
                horizon=first,
            )
        )
    kinds, end = _bounded(counts_by_transaction(first, before), before)
    if not kinds:
        return None, False
    begin_reading()
    leaves = {kind: leaves_of(kind, CURRENT, first, end) for kind in sorted(kinds)}
    digests = [leaf.digest for some in leaves.values() for leaf in some]
    frontier = history_frontier(last.number if last else 0)
    seal = Seal(
        number=last.number + 1 if last else 1,
        sealed_at=at,
        horizon=end,
        leaves=len(digests),
        form=CURRENT,
        ledger=last.ledger if last else uuid4(),
        previous=bytes(last.nodes)[: len(NONE)] if last else NONE,
        history=frontier.root,
        root=tree_root(digests),
        parts=pack(Part.of(kind, [(leaf.id, leaf.digest) for leaf in some]) for kind, some in leaves.items()),
    )
    checkpoint = checkpoint_of(seal)
    seal.nodes = b"".join(frontier.append(checkpoint.digest))
    message = checkpoint.text.encode()
    seal.signatures = packed_signatures([(key.key_id, key.sign(message)) for key in ring.signing])
    _keep_publics(ring, at)
    seal.save(force_insert=True)
    return seal, end < before


def _bounded(counted: list[tuple[int, int, set[int]]], before: int) -> tuple[set[int], int]:
    """The kinds of the transactions that one seal takes, and the transaction before which it ends."""
    kinds: set[int] = set()
    leaves = 0
    for transaction, count, some in counted:
        if leaves and leaves + count > MOST_LEAVES:
            return kinds, transaction
        leaves += count
        kinds |= some
    return kinds, before


def _keep_publics(ring: KeyRing, at: datetime) -> None:
    """Whatever signs is known for ever."""
    ids = [key.key_id for key in ring.signing]
    known = set(SealingKey.objects.filter(key_id__in=ids).values_list("key_id", flat=True))
    SealingKey.objects.bulk_create(
        SealingKey(key_id=key.key_id, public_pem=key.public_pem, first_used_at=at)
        for key in ring.signing
        if key.key_id not in known
    )
