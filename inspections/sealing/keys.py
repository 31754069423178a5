"""The keys that sign checkpoints and certificates: Ed25519, kept outside the database, in files or the environment.

Whoever may change every row of the database still cannot sign. A folder holds one PEM file a key; the last by name is
the active one, and while several private keys lie there each signs checkpoints (rotation with overlap). `*.pub.pem` are
public ones: those of keys that were taken away stay, so that what they signed can be checked for ever.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from django.conf import settings

from ..saying import Refusal, Said, say

ID_LENGTH: Final = 16
_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----\s*", re.S)
_UNREADABLE: Final = (ValueError, TypeError, UnsupportedAlgorithm)
_ENVIRONMENT: Final = "SEALING_KEY"
_PUBLIC: Final = ".pub.pem"


class KeyRefusal(Refusal):
    """No key can be used, or not the one that is asked for. The words may be shown."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key that can be used now."""

    private: Ed25519PrivateKey

    @property
    def key_id(self) -> str:
        return key_id_of(self.private.public_key())

    @property
    def public_pem(self) -> str:
        return pem_of(self.private.public_key())

    def sign(self, message: bytes) -> bytes:
        """64 bytes, RFC 8032."""
        return self.private.sign(message)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """What was found, oldest first. `problems` tells of files that cannot be used, beside others that can."""

    signing: tuple[SigningKey, ...]
    publics: dict[str, Ed25519PublicKey]
    problems: tuple[Said, ...] = ()

    @property
    def active(self) -> SigningKey:
        """The newest private key. Raises KeyRefusal where there is none."""
        if not self.signing:
            raise KeyRefusal(
                self.problems[0]
                if self.problems
                else say("No private key lies in %(place)s. Run: manage.py new_sealing_key", place=_place())
            )
        return self.signing[-1]

    def public(self, key_id: str) -> Ed25519PublicKey:
        """Raises KeyRefusal for a key that does not lie here: one that only the database knows proves nothing."""
        if key_id not in self.publics:
            raise KeyRefusal(
                say(
                    "The public key %(key)s does not lie in %(place)s: put its file there (NAME.pub.pem), from where it"
                    " was kept.",
                    key=key_id,
                    place=_place(),
                )
            )
        return self.publics[key_id]


def key_id_of(public: Ed25519PublicKey) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the raw public key."""
    return sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:ID_LENGTH]


def pem_of(public: Ed25519PublicKey) -> str:
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def read_public(pem: str) -> Ed25519PublicKey:
    """Raises ValueError for what is no public Ed25519 key in PEM."""
    try:
        key = load_pem_public_key(pem.encode())
    except _UNREADABLE as error:
        raise ValueError(f"no public key in PEM: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("a public key, but not an Ed25519 one")
    return key


def key_ring() -> KeyRing:
    """Read the keys as they lie there now: a key added or taken away counts from the next call on.

    Raises KeyRefusal where no place is named or it cannot be read. A ring without a private key still checks.
    """
    folder: Path | None = settings.SEALING_KEYS
    if folder is None and not settings.SEALING_KEY:
        raise KeyRefusal(
            say(
                "No key seals the record: neither SEALING_KEYS (a folder) nor SEALING_KEY (one PEM) is set. Name a"
                " folder outside the database and run: manage.py new_sealing_key"
            )
        )
    signing: list[SigningKey] = []
    publics: dict[str, Ed25519PublicKey] = {}
    problems: list[Said] = []
    texts = [] if folder is None else _files(folder, problems)
    if settings.SEALING_KEY:
        # Environment files often hold a PEM in one line.
        texts.append((_ENVIRONMENT, settings.SEALING_KEY.replace("\\n", "\n").encode()))
    for name, text in texts:
        _take(name, text, signing, publics, problems)
    return KeyRing(tuple(signing), publics, tuple(problems))


def write_new_key(*, at: datetime) -> tuple[SigningKey, Path]:
    """Make a key and put it into the folder of SEALING_KEYS, with its public half beside it. It signs from then on.

    Raises KeyRefusal where no folder is named or it cannot be written.
    """
    folder: Path | None = settings.SEALING_KEYS
    if folder is None:
        raise KeyRefusal(
            say("SEALING_KEYS is not set: name the folder for the key, outside the database and its backups.")
        )
    private = Ed25519PrivateKey.generate()
    key = SigningKey(private)
    name = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{key.key_id}"
    secret = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(folder / f"{name}.pub.pem", key.public_pem.encode(), 0o644)
        _write(folder / f"{name}.pem", secret, 0o600)
    except OSError as error:
        text = say("No key can be written to %(place)s: %(why)s.", place=str(folder), why=_why(error))
        raise KeyRefusal(text) from error
    return key, folder / f"{name}.pem"


def _write(path: Path, content: bytes, mode: int) -> None:
    """All of it or nothing: a sealer that reads the folder meanwhile never finds half a key."""
    fresh = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def _files(folder: Path, problems: list[Said]) -> list[tuple[str, bytes]]:
    """Every PEM file by its name. Raises KeyRefusal where the folder cannot be listed."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".pem" and not path.name.startswith("."))
    except OSError as error:
        text = say(
            "The folder of the sealing keys %(place)s cannot be read: %(why)s. Mend it, or run: manage.py"
            " new_sealing_key",
            place=str(folder),
            why=_why(error),
        )
        raise KeyRefusal(text) from error
    found = []
    for path in paths:
        try:
            found.append((path.name, path.read_bytes()))
        except OSError as error:
            problems.append(_unusable(path.name, _why(error)))
    return found


def _take(
    name: str, text: bytes, signing: list[SigningKey], publics: dict[str, Ed25519PublicKey], problems: list[Said]
) -> None:
    """Put every key of one text where it belongs. In a `*.pub.pem` none signs, whatever it holds."""
    blocks = list(_BLOCK.finditer(text))
    if not blocks:
        problems.append(_unusable(name, say("it holds no PEM")))
    for block in blocks:
        try:
            if block[1] == b"PUBLIC KEY":
                public = read_public(block[0].decode())
            else:
                private = load_pem_private_key(block[0], password=None)
                if not isinstance(private, Ed25519PrivateKey):
                    raise ValueError("a private key, but not an Ed25519 one")
                if name.endswith(_PUBLIC):
                    problems.append(_unusable(name, say("it holds a private key, and its name says a public one")))
                    continue
                public = private.public_key()
                if key_id_of(public) not in {key.key_id for key in signing}:
                    signing.append(SigningKey(private))
        except _UNREADABLE as error:
            problems.append(_unusable(name, str(error)))
        else:
            publics[key_id_of(public)] = public


def _unusable(name: str, why: object) -> Said:
    return say("The sealing key %(name)s in %(place)s cannot be used: %(why)s.", name=name, place=_place(), why=why)


def _place() -> str:
    return str(settings.SEALING_KEYS or f"the environment ({_ENVIRONMENT})")


def _why(error: OSError) -> str:
    return error.strerror or str(error)
