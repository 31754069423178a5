"""Text in lines, decoded as it is read: bounded in all, and a line and a record at a time."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO

from .canonical import AdapterError, ParseContext
from .strict_json import shown

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_CHUNK = 256 * 1024
_LONGEST_RECORD = 1024 * 1024
_CODECS = re.compile(
    r"utf-(8|16|32)(-[bl]e)?|utf-8-sig|ascii|cp\d+|iso8859-\d+|gbk|gb2312|gb18030|big5(hkscs)?|shift_jis|euc_(jp|kr)"
    r"|koi8-[ru]|mac-roman"
)
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"\x84\x31\x95\x33", "gb18030"),
)


class _Bounded(io.RawIOBase):
    """The stream, up to a number of bytes. Closing it leaves the stream open."""

    def __init__(self, stream: BinaryIO, head: bytes, most: int) -> None:
        self.stream, self.head, self.left, self.most = stream, head, most, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        room = memoryview(buffer)
        chunk = self.head or self.stream.read(len(room))
        self.head = b""
        self.left -= len(chunk)
        if self.left < 0:
            raise AdapterError("file", f"more than {self.most} bytes", f"at most {self.most} bytes")
        room[: len(chunk)] = chunk
        return len(chunk)


@dataclass(slots=True)
class TextLines:
    """The lines of a text with their ends. `number` is that of the line read last, from 1.

    Raises AdapterError for a longer file than the context allows, bytes that are not of the encoding, a NUL, and a line
    or record without end: whoever reads records of several lines calls `begin_record` before each.
    """

    stream: BinaryIO
    context: ParseContext
    number: int = 0
    is_ended: bool = True
    record: int = 0
    text: io.TextIOWrapper = field(init=False)
    encoding: str = field(init=False)

    def __post_init__(self) -> None:
        head = self.stream.read(4)
        self.encoding = next((codec for mark, codec in MARKS if head.startswith(mark)), "") or self._stated()
        bounded = io.BufferedReader(_Bounded(self.stream, head, self.context.max_bytes), _CHUNK)
        self.text = io.TextIOWrapper(bounded, encoding=self.encoding, errors="strict", newline="")

    def _stated(self) -> str:
        name = self.context.encoding or "utf-8"
        try:
            codec = codecs.lookup(name).name
        except (LookupError, ValueError):
            codec = ""
        if not _CODECS.fullmatch(codec):
            raise AdapterError("profile", f"the encoding {shown(name)}", "utf-8, cp1252, gb18030, utf-16 or alike")
        return codec

    def begin_record(self) -> None:
        self.record = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._read():
            self.number += 1
            self.record += len(line)
            if self.record > _LONGEST_RECORD:
                raise AdapterError(f"line {self.number}", f"more than {_LONGEST_RECORD} characters", "fewer in one row")
            if "\0" in line:
                raise AdapterError(
                    f"line {self.number} character {line.index(chr(0)) + 1}", "a NUL", "text without any"
                )
            if self.number == 1 and line[0] == "\ufeff":
                line = line[1:]
            self.is_ended = line.endswith(("\n", "\r"))
            yield line

    def _read(self) -> str:
        try:
            return self.text.readline(_LONGEST_RECORD + 1)
        except UnicodeError as error:
            found = f"bytes that are not {self.encoding}"
            raise AdapterError(f"line {self.number + 1} or soon after", found, "text in one encoding") from error


def digest_of(stream: BinaryIO, context: ParseContext) -> str:
    """The SHA-256 of the whole file; it stands at its beginning again afterwards. Raises AdapterError."""
    whole, size = sha256(), 0
    while chunk := stream.read(_CHUNK):
        whole.update(chunk)
        size += len(chunk)
        if size > context.max_bytes:
            raise AdapterError("file", f"more than {context.max_bytes} bytes", f"at most {context.max_bytes} bytes")
    stream.seek(0)
    return whole.hexdigest()
