from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from inspections.sealing.parts import PREFIX, Part, pack, unpack

IDS = some.lists(some.integers(1, 2**60), unique=True, min_size=1, max_size=40).map(sorted)


@given(some.dictionaries(some.integers(1, 200), IDS, max_size=6))
def test_what_is_packed_is_read_again(kinds: dict[int, list[int]]) -> None:
    parts = [Part.of(kind, [(number, number.to_bytes(32)) for number in ids]) for kind, ids in sorted(kinds.items())]
    assert unpack(pack(parts)) == parts


def test_neighbours_take_five_bytes_a_row() -> None:
    part = Part.of(2, [(number, bytes(32)) for number in range(1_000_000, 1_001_000)])
    assert len(pack([part])) < 1000 * PREFIX + 10


@given(some.binary(max_size=60))
def test_what_was_not_packed_is_refused_or_read_as_what_would_be_packed_so(packed: bytes) -> None:
    try:
        parts = unpack(packed)
    except ValueError:
        return
    assert sum(len(part.ids) for part in parts) * PREFIX <= len(packed)


@pytest.mark.parametrize("cut", [1, 4, 5])
def test_what_is_cut_off_is_refused(cut: int) -> None:
    packed = pack([Part.of(1, [(5, bytes(32)), (9, bytes(32))])])
    with pytest.raises(ValueError):
        unpack(packed[:-cut])


def test_ids_below_nothing_are_refused() -> None:
    with pytest.raises(ValueError):
        pack([Part.of(1, [(-5, bytes(32))])])
