"""The trees, against the definition of RFC 6962 written down as it stands there."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256

import pytest

from inspections.sealing.merkle import (
    EMPTY,
    Frontier,
    audit_path,
    frontier_of,
    history_path,
    leaf_digest,
    node_digest,
    root_of_path,
    tree_levels,
    tree_root,
)

SIZES = [*range(1, 34), 100, 129]


def leaves(count: int) -> list[bytes]:
    return [leaf_digest(f"leaf {number}".encode()) for number in range(count)]


def mth(some: list[bytes]) -> bytes:
    """RFC 6962, 2.1, over leaf digests."""
    if len(some) == 1:
        return some[0]
    half = 1
    while half * 2 < len(some):
        half *= 2
    return node_digest(mth(some[:half]), mth(some[half:]))


def test_the_digests_are_those_of_the_rfc() -> None:
    assert leaf_digest(b"") == bytes.fromhex("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
    assert tree_root([]) == EMPTY == sha256(b"").digest()
    # The tree of eight entries of the reference implementation of Certificate Transparency.
    entries = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    root = tree_root([leaf_digest(bytes.fromhex(entry)) for entry in entries])
    assert root.hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@pytest.mark.parametrize("count", SIZES)
def test_root_and_frontier_are_those_of_the_definition(count: int) -> None:
    some, frontier = leaves(count), Frontier()
    assert tree_root(some) == mth(some)
    for number, leaf in enumerate(some):
        frontier.append(leaf)
        assert frontier.root == mth(some[: number + 1])


@pytest.mark.parametrize("count", SIZES)
def test_each_leaf_comes_to_the_root_by_its_path_and_by_no_other(count: int) -> None:
    some = leaves(count)
    levels = tree_levels(some)
    root = mth(some)
    for index, leaf in enumerate(some):
        path = audit_path(levels, index)
        assert root_of_path(leaf, index, count, path) == root
        assert root_of_path(leaf_digest(b"another"), index, count, path) != root
        with pytest.raises(ValueError):
            root_of_path(leaf, index, count, [*path, bytes(32)])
        if path:
            with pytest.raises(ValueError):
                root_of_path(leaf, index, count, path[:-1])
            assert root_of_path(leaf, index, count, [bytes(32), *path[1:]]) != root
        other = (index + 1) % count
        if other != index:
            with suppress(ValueError):
                assert root_of_path(leaf, other, count, path) != root


@pytest.mark.parametrize("index, size", [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_outside_the_tree_is_refused(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        root_of_path(bytes(32), index, size, [])
    with pytest.raises(IndexError):
        audit_path(tree_levels(leaves(3)), 3 if index >= 0 else -1)
    with pytest.raises(IndexError):
        history_path(index, size, lambda *_: b"")


@pytest.mark.parametrize("count", SIZES)
def test_history_is_known_by_its_full_subtrees_alone(count: int) -> None:
    some, frontier = leaves(count), Frontier()
    nodes = [frontier.append(leaf) for leaf in some]

    def node(level: int, position: int) -> bytes:
        return nodes[(position + 1 << level) - 1][level]

    assert frontier_of(count, node).roots == frontier.roots
    for index, leaf in enumerate(some):
        assert history_path(index, count, node) == audit_path(tree_levels(some), index)
        assert root_of_path(leaf, index, count, history_path(index, count, node)) == frontier.root
