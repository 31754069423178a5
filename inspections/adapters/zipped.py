"""Folders that came as a zip: members are named, bounded and checked before anything of them is unpacked.

Nothing is ever written to disk under a name of the archive. What an archive says of the size of its members is not
believed: what comes out of them is counted.
"""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from .canonical import AdapterError
from .strict_json import shown

MAGIC = b"PK\x03\x04"
MOST_MEMBERS = 10_000
LARGEST_DIRECTORY = 4 * 1024 * 1024
HIGHEST_RATIO = 200
"""What an archive may unfold to, as a multiple of its own size: text of rigs packs to a tenth, seldom to a fiftieth."""
ALWAYS_ALLOWED = 1024 * 1024
"""So many unpacked bytes are no bomb, whatever their ratio."""

_END = struct.Struct("<4s4H2LH")
_END_MAGIC = b"PK\x05\x06"
_LOCATOR_MAGIC, _LOCATOR_SIZE = b"PK\x06\x07", 20
_LONGEST_COMMENT = 65_535
_PIECE = 64 * 1024
_SYMLINK = 0o120000
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, NotImplementedError, RuntimeError,
    ValueError, OverflowError, MemoryError,
)  # fmt: skip
"""What the standard library raises for archives that are broken in one way or another."""


@dataclass(slots=True)
class Folder:
    """The members of an archive by their names, "/" between the parts; read one at a time, bounded all together."""

    members: Mapping[str, zipfile.ZipInfo]
    size: int
    max_bytes: int
    _archive: zipfile.ZipFile
    _unpacked: int = field(default=0)

    def read(self, name: str) -> bytes:
        """All bytes of a member. Raises AdapterError for one that is broken, and where what was unpacked of this
        archive by now is more than `max_bytes`, or than 200 times its own size."""
        pieces = []
        most = min(self.max_bytes, max(ALWAYS_ALLOWED, self.size * HIGHEST_RATIO))
        try:
            with self._archive.open(self.members[name]) as member:
                while piece := member.read(_PIECE):
                    self._unpacked += len(piece)
                    if self._unpacked > most:
                        found = f"more than {most} bytes unpacked from {self.size}"
                        raise AdapterError(
                            f"member {shown(name)}", found, f"at most {self.max_bytes}, and {HIGHEST_RATIO} for one"
                        )
                    pieces.append(piece)
        except _BROKEN as error:
            raise _broken(f"member {shown(name)}", error) from error
        return b"".join(pieces)


def open_folder(stream: BinaryIO, max_bytes: int) -> Folder:
    """The archive in `stream`, which can be sought. Raises AdapterError for what is no whole zip, for more than 10,000
    members, and for members that are encrypted, links, packed in an unusual way, twice there, or named outside."""
    try:
        size = stream.seek(0, 2)
        stated = _check_end(stream, size)
        archive = zipfile.ZipFile(stream)
        entries = archive.infolist()
    except _BROKEN as error:
        raise _broken("file", error) from error
    if len(entries) != stated:
        # The library reads as much of the directory as its size says, and asks nothing of its count.
        raise AdapterError("file", f"{len(entries)} members in its directory", f"the {stated} that its end states")
    if len(entries) > MOST_MEMBERS:
        raise AdapterError("file", f"{len(entries)} members", f"at most {MOST_MEMBERS}")
    members: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for entry in entries:
        _check_member(entry)
        if entry.is_dir():
            continue
        if entry.filename.casefold() in seen:
            raise AdapterError(f"member {shown(entry.filename)}", "the name twice", "each name once")
        seen.add(entry.filename.casefold())
        members[entry.filename] = entry
    return Folder(members, size, max_bytes, archive)


def _broken(place: str, error: BaseException) -> AdapterError:
    return AdapterError(place, f"a broken zip ({shown(str(error) or type(error).__name__)})", "one whole zip archive")


def _check_end(stream: BinaryIO, size: int) -> int:
    """Look at the end of the archive before its directory is taken into memory, as the library does whatever its size.
    Returns how many members it states.

    Finds the end as the library finds it, else it would be led to another one.
    """
    tail_size = min(size, _END.size + _LONGEST_COMMENT)
    stream.seek(size - tail_size)
    tail = stream.read(tail_size)
    at = len(tail) - _END.size
    if at < 0 or tail[at : at + 4] != _END_MAGIC or tail[-2:] != b"\0\0":
        at = tail.rfind(_END_MAGIC)
    if at < 0 or len(tail) - at < _END.size:
        raise AdapterError("file", "no end of a zip archive: broken off, or no zip", "one whole zip archive")
    stated, directory = _END.unpack(tail[at : at + _END.size])[4:6]
    stream.seek(max(0, size - tail_size + at - _LOCATOR_SIZE))
    if stream.read(4) == _LOCATOR_MAGIC:
        raise AdapterError("file", "a zip64 archive", "an archive of ordinary size")
    if directory > LARGEST_DIRECTORY:
        raise AdapterError("file", f"a directory of {directory} bytes", f"at most {LARGEST_DIRECTORY}")
    return int(stated)


def _check_member(entry: zipfile.ZipInfo) -> None:
    """`orig_filename` is the name before the library made it harmless: what needs that is refused instead."""
    name, place = entry.orig_filename, f"member {shown(entry.orig_filename)}"
    parts = name.rstrip("/").split("/")
    if "\0" in name or "\\" in name or ":" in parts[0] or any(part in ("", ".", "..") for part in parts):
        raise AdapterError(place, "a name that leads out of its folder", "names below the folder, with / between")
    if entry.flag_bits & 0x1:
        raise AdapterError(place, "an encrypted member", "members that can be read")
    if (entry.external_attr >> 16) & 0o170000 == _SYMLINK:
        raise AdapterError(place, "a link", "files and folders")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise AdapterError(place, f"packing of kind {entry.compress_type}", "stored or deflated members")
