"""Chunks of a body's items: each item once, in order, whenever the next chunk is read."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from inspections.intake.chunks import Chunks


@given(count=st.integers(0, 30), size=st.integers(1, 7), ahead=st.lists(st.integers(0, 2), max_size=40))
def test_every_item_comes_once_and_in_order_however_often_it_is_read_ahead(
    count: int, size: int, ahead: list[int]
) -> None:
    chunks = Chunks(iter(range(count)), size)
    found: list[list[int]] = []
    while chunk := chunks.next():
        found.append(chunk)
        for _ in range(ahead[len(found)] if len(found) < len(ahead) else 0):
            chunks.read()
    assert found == [list(range(start, min(start + size, count))) for start in range(0, count, size)]


def test_reading_ahead_reads_one_chunk_and_no_more() -> None:
    read: list[int] = []

    def items() -> Iterator[int]:
        for number in range(10):
            read.append(number)
            yield number

    chunks = Chunks(items(), 3)
    chunks.next()
    chunks.read()
    chunks.read()
    assert read == [0, 1, 2, 3, 4, 5]
