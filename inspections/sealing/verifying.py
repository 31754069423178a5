"""Checks the record against what was sealed: every row, every checkpoint, every signature. It changes nothing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidSignature
from django.db import connection, transaction

from .canonical import FORMS, TABLES
from .checkpoints import Checkpoint, NoCheckpoint, SignedCheckpoint, follows, wrong_signatures
from .keys import KeyRefusal, KeyRing
from .leaves import BEGINNING, Leaf, begin_reading, leaves_of
from .merkle import Frontier, tree_root
from .models import Seal
from .naming import stands, subject_of
from .parts import PREFIX, Part, unpack
from .queries import every_seal, signed_checkpoint

AT_ONCE: Final = 50_000
"""Leaves read at once."""
SEALS_AT_ONCE: Final = 2_000
MOST_FINDINGS: Final = 100

Progress = Callable[[int, int], None]
"""Told the number of the last checkpoint checked and how many leaves were."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit, in words. `table` and `id` name the row where it is one."""

    said: str
    checkpoint: int
    table: str = ""
    id: int | None = None


@dataclass
class Verified:
    """What was checked: up to which checkpoint, how many leaves; where to go on; what does not fit, first first."""

    frontier: Frontier
    last: Checkpoint | None = None
    checkpoints: int = 0
    leaves: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        return len(self.findings) >= MOST_FINDINGS


@contextmanager
def reading_only() -> Iterator[None]:
    """A transaction in which the database itself refuses every change."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("set transaction read only")
        begin_reading()
        yield


def verify_record(
    ring: KeyRing, *, after: Checkpoint | None, frontier: Frontier, progress: Progress = lambda *_: None
) -> Verified:
    """Check everything behind the checkpoint `after`, which was verified before; None begins with the first.

    Raises nothing for what does not fit: that is what it tells. Call it inside `reading_only`.
    """
    found = Verified(Frontier(frontier.size, frontier.roots), after)
    horizon = BEGINNING if after is None else after.horizon
    chain = _Chain(ring, found)
    for some in _stretches(every_seal(after.number if after else 0, SEALS_AT_ONCE)):
        parts = [chain.take(seal) for seal in some]
        _check_rows(some, parts, horizon, found)
        horizon = some[-1].horizon
        progress(some[-1].number, found.leaves)
        if found.is_full:
            break
    if after is None and not found.is_full:
        found.findings += _measurements_of_nothing(found.last)
    return found


def _stretches(seals: Iterable[Seal]) -> Iterator[list[Seal]]:
    """Seals one after the other whose rows are read at once: of one form, about AT_ONCE leaves."""
    some: list[Seal] = []
    leaves = 0
    for seal in seals:
        ends = bool(some) and (seal.form != some[-1].form or seal.horizon <= some[-1].horizon)
        if some and (ends or leaves + seal.leaves > AT_ONCE):
            yield some
            some, leaves = [], 0
        some.append(seal)
        leaves += max(seal.leaves, 0)
    if some:
        yield some


class _Chain:
    """Checkpoints as they follow one another."""

    def __init__(self, ring: KeyRing, found: Verified) -> None:
        self.ring, self.found = ring, found
        self.parted = False

    def take(self, seal: Seal) -> list[Part]:
        """Check one checkpoint by itself and against the one before. Returns what it names; nothing where that cannot
        be read."""
        found, number = self.found, seal.number
        try:
            signed = signed_checkpoint(seal)
            parts = unpack(bytes(seal.parts))
        except (NoCheckpoint, ValueError) as error:
            self._tell(number, f"checkpoint {number} cannot be read: {error}")
            signed, parts = SignedCheckpoint(_without_signatures(seal), ()), []
        checkpoint = signed.checkpoint
        if why := follows(found.last, checkpoint):
            self._tell(number, why)
        for wrong in wrong_signatures(signed, lambda key, *rest: signature_fault(self.ring, key, *rest)):
            self._tell(number, wrong)
        if checkpoint.history != found.frontier.root and not self.parted:
            self.parted = True  # and so are all that follow
            self._tell(number, f"checkpoint {number} was made after another history than what stands before it")
        if b"".join(found.frontier.append(checkpoint.digest)) != bytes(seal.nodes):
            self._tell(number, f"checkpoint {number} keeps other digests of the history than its own")
        if seal.form not in FORMS:
            self._tell(number, f"checkpoint {number} is of form {seal.form}, which this version cannot write")
        found.last = checkpoint
        found.checkpoints += 1
        return parts

    def _tell(self, number: int, said: str) -> None:
        self.found.findings.append(Finding(said, number))


def _without_signatures(seal: Seal) -> Checkpoint:
    seal.signatures = b""
    return signed_checkpoint(seal).checkpoint


def signature_fault(ring: KeyRing, key_id: str, signature: bytes, message: bytes) -> str:
    """Why the signature does not hold; "" where it does."""
    try:
        ring.public(key_id).verify(signature, message)
    except KeyRefusal as refused:
        return refused.english
    except InvalidSignature:
        return "the signature is not right"
    return ""


def _check_rows(seals: Sequence[Seal], named: Sequence[list[Part]], first: int, found: Verified) -> None:
    """Compare the rows that stand in the stretch of transactions of these seals with what each names."""
    form = seals[0].form
    if form not in FORMS:
        return
    horizons = [seal.horizon for seal in seals]
    standing: list[dict[int, list[Leaf]]] = [{} for _ in seals]
    for kind in TABLES:
        for leaf in leaves_of(kind, form, first, horizons[-1]):
            standing[bisect_right(horizons, leaf.recorded_in)].setdefault(kind, []).append(leaf)
    for seal, parts, rows in zip(seals, named, standing, strict=True):
        found.findings += _compared(seal, parts, rows)
        found.leaves += sum(map(len, rows.values()))


def _compared(seal: Seal, parts: Sequence[Part], rows: dict[int, list[Leaf]]) -> list[Finding]:
    findings: list[Finding] = []
    expected = {part.kind: part for part in parts}
    for kind in sorted({*expected, *rows}):
        part = expected.get(kind, Part(kind, (), b""))
        findings += _compared_kind(seal.number, part, rows.get(kind, []))
    if not findings:
        digests = [leaf.digest for kind in sorted(rows) for leaf in rows[kind]]
        if len(digests) != seal.leaves or tree_root(digests) != bytes(seal.root):
            findings.append(
                Finding(
                    f"the rows of checkpoint {seal.number} do not come to its root: one of them was altered, and what"
                    " names them too",
                    seal.number,
                )
            )
    return findings


def _compared_kind(number: int, part: Part, rows: Sequence[Leaf]) -> Iterator[Finding]:
    table = TABLES.get(part.kind, "")
    named, standing = dict(part.rows()), {leaf.id: leaf.digest[:PREFIX] for leaf in rows}
    if named == standing:
        return
    for row in sorted(named.keys() | standing.keys()):
        if row not in standing:
            moved = bool(table) and stands(table, row)
            what = "was moved out of its place in the record" if moved else "was removed"
        elif row not in named:
            what = "was added, no checkpoint holds it"
        elif named[row] != standing[row]:
            what = "was changed"
        else:
            continue
        about = subject_of(table, row) if table else ""
        text = f"row {row} of {table or part.kind}{f' ({about})' if about else ''} {what} since checkpoint {number}"
        yield Finding(text, number, table, row)


def _measurements_of_nothing(last: Checkpoint | None) -> Iterator[Finding]:
    """Measurements are written with their inspection: one of no inspection stands in no form."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select m.inspection_id from inspections_measurement m left join inspections_inspection i"
            " on i.id = m.inspection_id where i.id is null limit 1"
        )
        row = cursor.fetchone()
    if row:
        text = f"a measurement was added for inspection {row[0]}, which does not exist"
        yield Finding(text, last.number if last else 0, "measurement", row[0])


def compare_with(notes: Iterable[SignedCheckpoint], ring: KeyRing) -> Iterator[Finding]:
    """What a second place knows otherwise than the ledger: whoever rewrites history cannot rewrite it there."""
    for signed in notes:
        told = signed.checkpoint
        for wrong in wrong_signatures(signed, lambda key, *rest: signature_fault(ring, key, *rest)):
            yield Finding(f"the second place: {wrong}", told.number)
        seal = Seal.objects.filter(number=told.number).first()
        if seal is None:
            text = f"the second place knows checkpoint {told.number}, and the ledger has none: it was cut off"
            yield Finding(text, told.number)
        elif signed_checkpoint(seal).checkpoint.text != told.text:
            text = (
                f"checkpoint {told.number} of the ledger is not the one of the second place, of ledger {told.ledger}:"
                " the history was rewritten, or it is of another ledger"
            )
            yield Finding(text, told.number)


def resumed_fault(after: Checkpoint | None) -> Finding | None:
    """What is wrong with the checkpoint up to which an earlier verification came; None where it still stands."""
    if after is None:
        return None
    seal = Seal.objects.filter(number=after.number).first()
    if seal is None:
        return Finding(
            f"checkpoint {after.number} was verified before, and is gone: the ledger was cut off", after.number
        )
    if _without_signatures(seal).text != after.text:
        return Finding(f"checkpoint {after.number} is not the one that was verified before", after.number)
    return None
