"""Which rows a seal holds, packed: for each kind the ids in ascending order, and the beginnings of their leaf digests.

The root alone proves the rows. This says which row it is that does not fit, in about five bytes a row. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

PREFIX: Final = 4
"""Bytes of each leaf digest. They are not what proves a row: whoever alters them as well is found by the root."""


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one kind in one seal. `prefixes` is as long as `ids`, PREFIX bytes each."""

    kind: int
    ids: Sequence[int]
    prefixes: bytes

    @classmethod
    def of(cls, kind: int, leaves: Sequence[tuple[int, bytes]]) -> Part:
        """`leaves`: ids, ascending, with their digests."""
        return cls(kind, [number for number, _ in leaves], b"".join(digest[:PREFIX] for _, digest in leaves))

    def rows(self) -> Iterator[tuple[int, bytes]]:
        for place, number in enumerate(self.ids):
            yield number, self.prefixes[place * PREFIX : (place + 1) * PREFIX]


def pack(parts: Iterable[Part]) -> bytes:
    """Of each part: kind, number of runs, each run as its distance from the one before and its length, prefixes."""
    packed = bytearray()
    for part in parts:
        runs = list(_runs(part.ids))
        packed += _number(part.kind) + _number(len(runs))
        end = 0
        for first, count in runs:
            packed += _number(first - end) + _number(count)
            end = first + count
        packed += part.prefixes
    return bytes(packed)


def unpack(packed: bytes) -> list[Part]:
    """Raises ValueError for what `pack` did not write."""
    parts: list[Part] = []
    at = 0
    while at < len(packed):
        kind, at = _read(packed, at)
        count, at = _read(packed, at)
        ids: list[int] = []
        end = 0
        for _ in range(count):
            gap, at = _read(packed, at)
            length, at = _read(packed, at)
            if length > len(packed):
                raise ValueError("more rows are named than there are beginnings of digests")
            ids.extend(range(end + gap, end + gap + length))
            end += gap + length
        prefixes = packed[at : at + PREFIX * len(ids)]
        if len(prefixes) != PREFIX * len(ids):
            raise ValueError("it ends before the last beginning of a digest")
        at += len(prefixes)
        parts.append(Part(kind, ids, prefixes))
    return parts


def _runs(ids: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Runs of neighbours as (first, how many)."""
    first = count = 0
    for number in ids:
        if count and number == first + count:
            count += 1
            continue
        if count:
            yield first, count
        first, count = number, 1
    if count:
        yield first, count


def _number(value: int) -> bytes:
    """Seven bits a byte, lowest first; the highest bit says that more follow."""
    if value < 0:
        raise ValueError(f"{value}: ids ascend from 0")
    packed = bytearray()
    while value > 0x7F:
        packed.append(value & 0x7F | 0x80)
        value >>= 7
    packed.append(value)
    return bytes(packed)


def _read(packed: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(packed) or shift > 63:
            raise ValueError("it ends within a number")
        byte = packed[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
