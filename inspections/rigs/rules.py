"""Keys of rigs and system clients: their form, and what is kept of them. Pure."""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

_KEY: Final = re.compile(r"il_([0-9a-f]{12})_[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewKey:
    """`secret` is the whole key as its holder keeps it; `digest` is all that is stored of it."""

    prefix: str
    secret: str
    digest: bytes


def make_key() -> NewKey:
    """A key of 256 random bits: `il_<prefix>_<secret>`, the prefix to find it by."""
    prefix = secrets.token_hex(6)
    secret = f"il_{prefix}_{secrets.token_urlsafe(32)}"
    return NewKey(prefix, secret, digest_of(secret))


def prefix_of(secret: str) -> str | None:
    """The prefix of what has the form of a key; None for anything else."""
    found = _KEY.fullmatch(secret)
    return found.group(1) if found else None


def digest_of(secret: str) -> bytes:
    # 256 random bits need no slow hash: there is nothing to guess.
    return sha256(secret.encode()).digest()


def same_key(secret: str, digest: bytes) -> bool:
    """Whether the key has the stored digest, in a time that tells nothing."""
    return hmac.compare_digest(digest_of(secret), digest)
