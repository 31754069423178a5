"""The files of rigs and the documents of people on disk, each under its SHA-256, written once.

A file is whole there or not there at all.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from ..saying import Refusal, Said, say


class FileTooLarge(Refusal):
    """The file has more bytes than are taken."""


class FileAltered(Exception):
    """The bytes on disk are not those that landed under their SHA-256."""


@dataclass(frozen=True, slots=True)
class Landed:
    sha256: str
    size: int


def land_file(chunks: Iterable[bytes], *, most: int | None = None) -> Landed:
    """Write the bytes to disk, hashing them as they come, and give them their place. Raises FileTooLarge for more
    than `most` bytes, by default those that a submission may have.

    When this returns they survive a power cut. The same bytes twice are one file.
    """
    incoming = _root() / "incoming"
    incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = incoming / secrets.token_hex(16)
    most = settings.SUBMISSION_MAX_BYTES if most is None else most
    whole, size = sha256(), 0
    try:
        with draft.open("xb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > most:
                    raise FileTooLarge(_too_large(most))
                whole.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        place = path_of(whole.hexdigest())
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft.chmod(0o400)
        # Where the same bytes lie already this puts the same bytes there.
        draft.replace(place)
        _sync_folder(place.parent)
    finally:
        draft.unlink(missing_ok=True)
    return Landed(whole.hexdigest(), size)


def _too_large(most: int) -> Said:
    return say("The file has more than %(most)d bytes; send it in parts, or raise the limit.", most=most)


def open_file(digest: str) -> BinaryIO:
    """The bytes that landed under this SHA-256. Raises FileNotFoundError."""
    return path_of(digest).open("rb")


def read_whole(digest: str) -> bytes:
    """All bytes that landed under this SHA-256, checked against it. Raises FileNotFoundError, FileAltered."""
    content = path_of(digest).read_bytes()
    if sha256(content).hexdigest() != digest:
        raise FileAltered(f"What lies under {digest} is not what landed there: restore it from a backup.")
    return content


def path_of(digest: str) -> Path:
    return _root() / digest[:2] / digest[2:4] / digest


def _root() -> Path:
    return Path(settings.SUBMISSIONS_DIR)


def _sync_folder(folder: Path) -> None:
    """Make the new name in the folder, and the folder in its own, survive a power cut."""
    for place in (folder, folder.parent, folder.parent.parent):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
