"""What is signed: the text of a checkpoint, and how it is written with its signatures where others keep it.

Standard library only: this file goes into every archive of evidence as it stands here.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from .merkle import EMPTY, SIZE, leaf_digest

BEGINS: Final = "Interlock checkpoint"
NONE: Final = bytes(SIZE)
"""What stands for the digest of the checkpoint before the first."""
_SIGNED: Final = "signature "
_KEY: Final = re.compile("[0-9a-f]{16}")

Verify = Callable[[str, bytes, bytes], str]
"""Whether a key's signature (second) is right over a message (third): "" where it is, else what is wrong."""


class NoCheckpoint(ValueError):
    """A text that is no checkpoint."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One seal in words: what it holds, what came before it, when. Digests are 32 bytes.

    `previous` is the digest of the checkpoint before; `history` the root of the tree over all before; `root` that of
    its own leaves, which are `leaves` many; `parts` the SHA-256 of what names them. Whatever was committed by
    transactions below `horizon` stands in this seal or an earlier one. `form` says how rows are written as leaves.
    """

    ledger: str
    number: int
    sealed_at: datetime
    previous: bytes
    history: bytes
    leaves: int
    root: bytes
    parts: bytes
    horizon: int
    form: int

    @property
    def text(self) -> str:
        lines = [
            BEGINS,
            f"ledger {self.ledger}",
            f"number {self.number}",
            f"sealed {self.sealed_at.astimezone(UTC).isoformat(timespec='microseconds')}",
            f"previous {self.previous.hex()}",
            f"history {self.history.hex()}",
            f"leaves {self.leaves}",
            f"root {self.root.hex()}",
            f"parts {self.parts.hex()}",
            f"horizon {self.horizon}",
            f"form {self.form}",
        ]
        return "\n".join(lines) + "\n"

    @property
    def digest(self) -> bytes:
        """Its leaf in the tree of history, and what the next one names as the one before."""
        return leaf_digest(self.text.encode())


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with the signatures over its text, by the ids of their keys."""

    checkpoint: Checkpoint
    signatures: tuple[tuple[str, bytes], ...]

    @property
    def note(self) -> str:
        """As it is kept elsewhere: the text, a line for each signature, an empty line."""
        lines = [f"{_SIGNED}{key} {base64.b64encode(signature).decode()}\n" for key, signature in self.signatures]
        return self.checkpoint.text + "".join(lines) + "\n"


def parts_digest(packed: bytes) -> bytes:
    return sha256(packed).digest()


def read_checkpoint(text: str) -> Checkpoint:
    """Raises NoCheckpoint for a text that is not, to the letter, that of a checkpoint."""
    fields = dict(line.partition(" ")[::2] for line in text.splitlines()[1:])
    try:
        found = Checkpoint(
            ledger=fields["ledger"],
            number=int(fields["number"]),
            sealed_at=datetime.fromisoformat(fields["sealed"]),
            previous=bytes.fromhex(fields["previous"]),
            history=bytes.fromhex(fields["history"]),
            leaves=int(fields["leaves"]),
            root=bytes.fromhex(fields["root"]),
            parts=bytes.fromhex(fields["parts"]),
            horizon=int(fields["horizon"]),
            form=int(fields["form"]),
        )
    except (KeyError, ValueError) as error:
        raise NoCheckpoint(f"this is no checkpoint: {error}") from error
    if found.text != text:
        raise NoCheckpoint("this is not written as a checkpoint is")
    return found


def read_notes(text: str) -> Iterator[SignedCheckpoint]:
    """The checkpoints of a second place, in their order. Raises NoCheckpoint, one that was cut off among others."""
    *whole, rest = text.split("\n\n")
    if rest.strip():
        raise NoCheckpoint("the last checkpoint is cut off")
    for note in whole:
        yield read_note(note + "\n\n")


def read_note(note: str) -> SignedCheckpoint:
    """Raises NoCheckpoint."""
    lines = note.removesuffix("\n").splitlines(keepends=True)
    told = [line for line in lines if line.startswith(_SIGNED)]
    text = "".join(lines[: len(lines) - len(told)])
    signatures = []
    for line in told:
        _, key, encoded = line.rstrip("\n").split(" ", 2)
        try:
            signatures.append((key, base64.b64decode(encoded, validate=True)))
        except binascii.Error as error:
            raise NoCheckpoint(f"the signature of {key} cannot be read") from error
    found = SignedCheckpoint(read_checkpoint(text), tuple(signatures))
    if found.note != note or not all(_KEY.fullmatch(key) for key, _ in signatures):
        raise NoCheckpoint("this is not written as a checkpoint is")
    return found


def wrong_signatures(signed: SignedCheckpoint, verify: Verify) -> list[str]:
    """What is wrong with the signatures, in words; nothing where each is right and there is one."""
    number = signed.checkpoint.number
    if not signed.signatures:
        return [f"checkpoint {number} is not signed"]
    message = signed.checkpoint.text.encode()
    said = [(key, verify(key, signature, message)) for key, signature in signed.signatures]
    return [f"checkpoint {number}, key {key}: {wrong}" for key, wrong in said if wrong]


def follows(before: Checkpoint | None, after: Checkpoint) -> str:
    """Why `after` is not the one that follows; "" where it is."""
    if before is None:
        if (after.number, after.previous, after.history) != (1, NONE, EMPTY):
            return f"checkpoint {after.number} stands first, and is not the first"
        return ""
    if after.ledger != before.ledger:
        return f"checkpoint {after.number} is of another ledger, {after.ledger} instead of {before.ledger}"
    if after.number != before.number + 1:
        return f"checkpoint {after.number} follows {before.number}: those between are missing"
    if after.previous != before.digest:
        return f"checkpoint {after.number} was made after another checkpoint {before.number} than this one"
    if after.horizon < before.horizon:
        return f"checkpoint {after.number} goes back behind the horizon of {before.number}"
    return ""


def packed_signatures(signatures: Sequence[tuple[str, bytes]]) -> bytes:
    """72 bytes each: the id of the key, the signature."""
    return b"".join(bytes.fromhex(key) + signature for key, signature in signatures)


def unpacked_signatures(packed: bytes) -> tuple[tuple[str, bytes], ...]:
    """Raises NoCheckpoint."""
    if len(packed) % 72:
        raise NoCheckpoint("the signatures are cut off")
    return tuple((packed[at : at + 8].hex(), packed[at + 8 : at + 72]) for at in range(0, len(packed), 72))
