"""Reads of what is sealed: the checkpoints, the history as full subtrees, how far sealing is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection

from .checkpoints import Checkpoint, SignedCheckpoint, parts_digest, unpacked_signatures
from .keys import KeyRefusal, key_ring, read_public
from .merkle import SIZE, Frontier, Node, frontier_of, history_path
from .models import Seal, SealingKey

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SealingState:
    """How far the record is sealed. `unsealed_since` is when the oldest act or inspection that stands in no seal says
    that it happened, None where nothing waits."""

    last: Seal | None
    unsealed_since: datetime | None

    def lag(self, at: datetime) -> float:
        """Seconds that the oldest of it waits."""
        return 0.0 if self.unsealed_since is None else max(0.0, (at - self.unsealed_since).total_seconds())


def last_seal() -> Seal | None:
    return Seal.objects.order_by("-number").first()


def sealing_state() -> SealingState:
    """Two queries."""
    last = last_seal()
    with connection.cursor() as cursor:
        cursor.execute(
            "select least((select min(at) from inspections_ledgerentry where recorded_in >= %(horizon)s),"
            " (select min(recorded_at) from inspections_inspection where recorded_in >= %(horizon)s))",
            {"horizon": 0 if last is None else last.horizon},
        )
        (since,) = cursor.fetchone()
    return SealingState(last, since)


def checkpoint_of(seal: Seal) -> Checkpoint:
    return Checkpoint(
        ledger=str(seal.ledger),
        number=seal.number,
        sealed_at=seal.sealed_at,
        previous=bytes(seal.previous),
        history=bytes(seal.history),
        leaves=seal.leaves,
        root=bytes(seal.root),
        parts=parts_digest(bytes(seal.parts)),
        horizon=seal.horizon,
        form=seal.form,
    )


def signed_checkpoint(seal: Seal) -> SignedCheckpoint:
    """Raises NoCheckpoint where the signatures are cut off."""
    return SignedCheckpoint(checkpoint_of(seal), unpacked_signatures(bytes(seal.signatures)))


def seals_after(number: int, most: int) -> list[Seal]:
    return list(Seal.objects.filter(number__gt=number).order_by("number")[:most])


def seal_of_transaction(recorded_in: int) -> Seal | None:
    """The seal that holds what this transaction recorded; None while it is not sealed."""
    return Seal.objects.filter(horizon__gt=recorded_in).order_by("horizon").first()


def history_frontier(size: int) -> Frontier:
    """The frontier of the tree over the first `size` checkpoints. One query."""
    return _from_nodes(lambda node: frontier_of(size, node))


def history_proof(number: int, size: int) -> list[bytes]:
    """The path from checkpoint `number` to the root over the first `size`. One query."""
    return _from_nodes(lambda node: history_path(number - 1, size, node))


def _from_nodes(work: Callable[[Node], T]) -> T:
    """Do the work with the full subtrees that it asks for, read at once: it is tried before to see which they are."""
    wanted: list[tuple[int, int]] = []

    def note(level: int, position: int) -> bytes:
        wanted.append((level, position))
        return bytes(SIZE)

    work(note)
    # A full subtree stands with the checkpoint that ends it.
    numbers = {position + 1 << level for level, position in wanted}
    found = {seal.number: bytes(seal.nodes) for seal in Seal.objects.filter(number__in=numbers).only("nodes")}
    return work(lambda level, position: found[position + 1 << level][level * SIZE : (level + 1) * SIZE])


def known_public(key_id: str) -> Ed25519PublicKey | None:
    """The public key of a signature: from outside the database where it lies there, else as it was first used.

    For showing who signed. What has to be trusted asks `key_ring().public`.
    """
    try:
        return key_ring().public(key_id)
    except KeyRefusal:
        row = SealingKey.objects.filter(key_id=key_id).first()
        return None if row is None else read_public(row.public_pem)


def every_seal(after: int, at_once: int) -> Iterator[Seal]:
    """All seals behind a number, in their order, so many a query."""
    while some := seals_after(after, at_once):
        yield from some
        after = some[-1].number


def seals_before(number: int | None, most: int) -> list[Seal]:
    """Newest first, below a number. One query; what names the rows, which may be large, is not read."""
    rows = Seal.objects.order_by("-number").defer("parts")
    return list((rows if number is None else rows.filter(number__lt=number))[:most])


def keys_of(seal: Seal) -> list[str]:
    """The ids of the keys that signed."""
    return [key for key, _ in unpacked_signatures(bytes(seal.signatures))]
