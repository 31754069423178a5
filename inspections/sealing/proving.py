"""That rows stand in the record as it was sealed: their texts, the way to the root of their checkpoint, and from there
to the newest one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from ..saying import Refusal, say
from .canonical import TABLES
from .checkpoints import SignedCheckpoint
from .concerning import Row
from .leaves import BEGINNING, forms_of, leaves_of
from .merkle import audit_path, leaf_digest, tree_levels
from .models import Seal
from .naming import subject_of
from .parts import unpack
from .queries import history_proof, seal_of_transaction, signed_checkpoint


class RecordAltered(Refusal):
    """A row is not what was sealed: no proof can be made of it."""


@dataclass(frozen=True, slots=True)
class Proved:
    """A row, the text that was hashed, and its way up: its place among the leaves of a checkpoint, and the path."""

    table: str
    id: int
    form: str
    checkpoint: int
    index: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Rows with their proofs; the checkpoints that hold them and the newest one; the paths through the history from
    each to the newest, by number; how many rows stand in no checkpoint yet."""

    rows: tuple[Proved, ...]
    checkpoints: tuple[SignedCheckpoint, ...]
    history: dict[int, tuple[bytes, ...]]
    unsealed: int


def prove_rows(rows: Sequence[Row]) -> Evidence:
    """Prove what is sealed of these rows. Raises RecordAltered for the first row that is not what was sealed.

    Call it in a transaction whose session writes rows as the forms are (`verifying.reading_only`).
    """
    held, unsealed = _by_seal(rows)
    proved: list[Proved] = []
    seals = dict(sorted(held.items()))
    for number, (seal, some) in seals.items():
        proved += _prove(seal, _first_transaction(number), some)
    newest = Seal.objects.order_by("-number").first()
    kept = {number: seal for number, (seal, _) in seals.items()}
    if newest is not None:
        kept[newest.number] = newest
    history = {
        number: tuple(history_proof(number, newest.number - 1)) for number in kept if newest and number < newest.number
    }
    return Evidence(tuple(proved), tuple(signed_checkpoint(kept[number]) for number in sorted(kept)), history, unsealed)


def _by_seal(rows: Sequence[Row]) -> tuple[dict[int, tuple[Seal, list[Row]]], int]:
    """The rows by the seal that holds them, and how many none holds."""
    held: dict[int, tuple[Seal, list[Row]]] = {}
    unsealed, seal = 0, None
    for recorded_in, some in groupby(sorted(rows, key=lambda row: row.recorded_in), key=lambda row: row.recorded_in):
        if seal is None or recorded_in >= seal.horizon:
            seal = seal_of_transaction(recorded_in)
        if seal is None:
            unsealed += len(list(some))
        else:
            held.setdefault(seal.number, (seal, []))[1].extend(some)
    return held, unsealed


def _first_transaction(number: int) -> int:
    before = Seal.objects.filter(number=number - 1).first()
    return BEGINNING if before is None else before.horizon


def _prove(seal: Seal, first: int, rows: Sequence[Row]) -> list[Proved]:
    """The rows of one seal, from all of its leaves."""
    places: dict[tuple[int, int], int] = {}
    digests: list[bytes] = []
    for part in unpack(bytes(seal.parts)):
        for leaf in leaves_of(part.kind, seal.form, first, seal.horizon):
            places[part.kind, leaf.id] = len(digests)
            digests.append(leaf.digest)
    levels = tree_levels(digests)
    if not digests or levels[-1][0] != bytes(seal.root):
        raise RecordAltered(
            say(
                "The rows of checkpoint %(number)d are not those that were sealed: no proof can be made of them."
                " manage.py verify_ledger names the row.",
                number=seal.number,
            )
        )
    texts = {}
    by_kind: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row.id)
    for kind, ids in by_kind.items():
        texts.update({(kind, number): text for number, (_, text) in forms_of(kind, seal.form, ids).items()})
    proved = []
    for row in sorted(rows, key=lambda row: (row.kind, row.id)):
        place = places.get((row.kind, row.id))
        text = texts.get((row.kind, row.id), "")
        if place is None or leaf_digest(text.encode()) != digests[place]:
            table = TABLES[row.kind]
            about = subject_of(table, row.id)
            raise RecordAltered(
                say(
                    "Row %(id)d of %(table)s (%(about)s) is not what was sealed: no proof can be made of it.",
                    id=row.id,
                    table=table,
                    about=about,
                )
            )
        proved.append(Proved(TABLES[row.kind], row.id, text, seal.number, place, tuple(audit_path(levels, place))))
    return proved
