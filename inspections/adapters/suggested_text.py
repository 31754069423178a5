"""The beginning of a file nobody knows as text: in which encoding it can only be, or that there are several."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from .text_lines import MARKS

MOST_BYTES = 1024 * 1024
_MOST_LINES = 2_000
_WESTERN = frozenset("ÄÖÜäöüßéèêàçñáíóúåÅøØæÆ°µ²³±·×§€")
_MULTIPLE = "gb18030"
_SINGLE = "cp1252"


@dataclass(frozen=True, slots=True)
class Beginning:
    """`lines` with their ends; `encoding` where the profile must say it; `is_cut`: the last line has no end."""

    lines: list[str]
    encoding: str | None
    is_cut: bool


def beginning_of(head: bytes, *, is_whole: bool, stated: str | None = None) -> Beginning | None:
    """The lines of a file's first bytes; None where several encodings are possible, or none, or it is no text.

    `stated` is the encoding that a person has said.
    """
    head, is_whole = head[:MOST_BYTES], is_whole and len(head) <= MOST_BYTES
    marked = next((codec for mark, codec in MARKS if head.startswith(mark)), None)
    encoding = stated if marked is None else None
    text = _decoded(head, marked or stated or "utf-8", is_whole)
    if text is None and marked is None and stated is None:
        fitting = [name for name, fits in _FITTING.items() if fits(head, is_whole)]
        if len(fitting) != 1:
            return None
        encoding = fitting[0]
        text = _decoded(head, encoding, is_whole)
    if text is None or "\0" in text:
        return None
    lines = list(islice(io.StringIO(text.removeprefix("\ufeff"), newline=""), _MOST_LINES + 1))
    if len(lines) > _MOST_LINES or not is_whole:
        lines, is_cut = lines[:-1], False
    else:
        is_cut = bool(lines) and not lines[-1].endswith(("\n", "\r")) and bool(lines[-1].strip())
    return Beginning(lines, encoding, is_cut)


def _decoded(head: bytes, encoding: str, is_whole: bool) -> str | None:
    """A character that the last byte cuts in two is no fault where the file goes on."""
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(head, is_whole)
    except (UnicodeError, LookupError):
        return None


def _is_western(head: bytes, is_whole: bool) -> bool:
    text = _decoded(head, _SINGLE, is_whole)
    return text is not None and {character for character in set(text) if character > "\x7f"} <= _WESTERN


def _is_chinese(head: bytes, is_whole: bool) -> bool:
    """Every character beside ASCII is a sign or one of the common characters of GB 2312."""
    text = _decoded(head, _MULTIPLE, is_whole)
    if text is None:
        return False
    beside = [character.encode(_MULTIPLE) for character in set(text) if character > "\x7f"]
    return all(len(each) == 2 and (0xA1 <= each[0] <= 0xA9 or 0xB0 <= each[0] <= 0xD7) and each[1] >= 0xA1
               for each in beside)  # fmt: skip


_FITTING: dict[str, Callable[[bytes, bool], bool]] = {_SINGLE: _is_western, _MULTIPLE: _is_chinese}
