"""The text of ISO-MME files (ISO/TS 13499): lines of a descriptor and a value, split on the first colon."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .canonical import AdapterError
from .strict_json import check_storable, shown

NO_VALUE = "NOVALUE"
"""Written where there is no value; in the place of a sample too."""

_MOST_LINES = 5_000
_LONGEST_LINE = 2_000
_COMMENTS = "comments"


@dataclass(frozen=True, slots=True)
class Header:
    """Descriptors with their values as written, in the order of the file; None: no value. `place` is for messages."""

    place: str
    lines: tuple[tuple[str, str | None], ...]

    def get(self, *descriptors: str) -> str | None:
        """The value of the first of these descriptors that has one, whatever their case. Raises AdapterError where a
        descriptor comes again with another value."""
        for descriptor in descriptors:
            found = {value for name, value in self.lines if name.casefold() == descriptor.casefold() and value}
            if len(found) > 1:
                values = " and ".join(shown(value) for value in sorted(found))
                raise AdapterError(f"{self.place}, {descriptor}", values, "one value")
            if found:
                return found.pop()
        return None

    def require(self, *descriptors: str, expected: str) -> str:
        """As `get`. Raises AdapterError where none has a value."""
        value = self.get(*descriptors)
        if value is None:
            raise AdapterError(f"{self.place}, {descriptors[0]}", "nothing", expected)
        return value


def decode_text(data: bytes, place: str, encoding: str | None) -> str:
    """The text: in the encoding that the profile states, else UTF-8 where it is that, else Windows 1252, else Latin-1.

    Raises AdapterError for NUL bytes, and for bytes that the stated encoding does not have.
    """
    tries = [encoding] if encoding else ["utf-8", "cp1252", "latin-1"]
    data = data.removeprefix(codecs.BOM_UTF8)
    text = None
    for name in tries:
        try:
            text = data.decode(name)
            break
        except UnicodeError:
            continue
        except LookupError as error:
            raise AdapterError("encoding", shown(name), "an encoding that Python knows") from error
    if text is None:
        raise AdapterError(place, "bytes that are no text", f"text in {encoding}")
    if encoding:
        check_storable(text, place)
    elif "\0" in text:
        raise AdapterError(place, "NUL", "a text without NUL")
    return text


def split_lines(text: str) -> list[str]:
    """The lines; only line feeds end one, since bytes of older encodings can look like other line ends."""
    return text.replace("\r\n", "\n").split("\n")


def read_header(lines: Sequence[str], place: str) -> Header:
    """All lines as a header; blank ones are passed over. Raises AdapterError for a line without a colon."""
    return Header(place, tuple(_read_lines(lines, place)))


def _read_lines(lines: Sequence[str], place: str) -> Iterator[tuple[str, str | None]]:
    if len(lines) > _MOST_LINES:
        raise AdapterError(place, f"{len(lines)} lines of header", f"at most {_MOST_LINES}")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if len(line) > _LONGEST_LINE:
            raise AdapterError(f"{place} line {number}", f"{len(line)} characters", f"at most {_LONGEST_LINE}")
        descriptor, colon, value = line.partition(":")
        if not colon:
            raise AdapterError(f"{place} line {number}", shown(line), "a descriptor, a colon and a value")
        value = value.strip()
        yield descriptor.strip(), None if value in ("", NO_VALUE) else value


def joined_headers(header: Header) -> tuple[tuple[str, str], ...]:
    """What has a value, by descriptor; lines of comments are one."""
    comments = "\n".join(value for name, value in header.lines if name.casefold() == _COMMENTS and value)
    pairs = [(name, value) for name, value in header.lines if value and name.casefold() != _COMMENTS]
    return (*pairs, ("Comments", comments)) if comments else tuple(pairs)
