"""The files of rigs and the documents of people, each under its SHA-256, written once: on disk, or in a bucket.

A file is whole there or not there at all.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from django.conf import settings

from ..saying import Refusal, Said, say
from . import bucket
from .bucket import StoreUnavailable

__all__ = [
    "FileAltered",
    "FileTooLarge",
    "Landed",
    "StoreUnavailable",
    "land_file",
    "open_file",
    "path_of",
    "read_whole",
]

_PIECE: Final = 1024 * 1024


class FileTooLarge(Refusal):
    """The file has more bytes than are taken."""


class FileAltered(Exception):
    """The bytes kept are not those that landed under their SHA-256."""


@dataclass(frozen=True, slots=True)
class Landed:
    sha256: str
    size: int


def land_file(chunks: Iterable[bytes], *, most: int | None = None) -> Landed:
    """Write the bytes to disk, hashing them as they come, and give them their place. Raises FileTooLarge for more
    than `most` bytes, by default those that a submission may have, and StoreUnavailable: then nothing has landed.

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
        if bucket.is_used():
            bucket.put(draft, whole.digest())
        else:
            _place(draft, whole.hexdigest())
    finally:
        draft.unlink(missing_ok=True)
    return Landed(whole.hexdigest(), size)


def _place(draft: Path, digest: str) -> None:
    place = path_of(digest)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft.chmod(0o400)
    # Where the same bytes lie already this puts the same bytes there.
    draft.replace(place)
    _sync_folder(place.parent)


def _too_large(most: int) -> Said:
    return say("The file has more than %(most)d bytes; send it in parts, or raise the limit.", most=most)


def open_file(digest: str) -> BinaryIO:
    """The bytes that landed under this SHA-256, checked against it, from their beginning; it can be read from any
    place. Raises FileNotFoundError, FileAltered, StoreUnavailable."""
    file = bucket.fetch(digest) if bucket.is_used() else path_of(digest).open("rb")
    try:
        found = sha256()
        while piece := file.read(_PIECE):
            found.update(piece)
        if found.hexdigest() != digest:
            raise FileAltered(f"What lies under {digest} is not what landed there: restore it from a backup.")
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def read_whole(digest: str) -> bytes:
    """`open_file`, all of it, and what it raises."""
    with open_file(digest) as file:
        return file.read()


def path_of(digest: str) -> Path:
    """Where it lies on disk. In a bucket its key is the same."""
    return _root() / bucket.key_of(digest)


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
