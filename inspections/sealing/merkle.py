"""Merkle trees as RFC 6962 and RFC 9162 (2.1) have them: SHA-256, leaves and nodes told apart by their first byte.

Standard library only: this file goes into every archive of evidence as it stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Final

SIZE: Final = 32
EMPTY: Final = sha256(b"").digest()
"""The root of a tree without leaves."""

Node = Callable[[int, int], bytes]
"""The root of a full subtree: of `2**level` leaves, the `position`-th of its size."""


def leaf_digest(content: bytes) -> bytes:
    return sha256(b"\0" + content).digest()


def node_digest(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def tree_levels(leaves: Sequence[bytes]) -> list[Sequence[bytes]]:
    """Every level of the tree over these leaf digests, from the leaves to the root.

    A last one without a partner moves up as it is: that is the split at the largest power of two of the RFC.
    """
    levels = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [node_digest(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)]
        if len(below) % 2:
            above.append(below[-1])
        levels.append(above)
    return levels


def tree_root(leaves: Sequence[bytes]) -> bytes:
    return tree_levels(leaves)[-1][0] if leaves else EMPTY


def audit_path(levels: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    """What is needed to come from the leaf at `index` to the root, from below. Raises IndexError beyond the leaves."""
    if not 0 <= index < len(levels[0]):
        raise IndexError(f"leaf {index} of {len(levels[0])}")
    path = []
    for level in levels[:-1]:
        if (beside := index ^ 1) < len(level):
            path.append(level[beside])
        index >>= 1
    return path


def root_of_path(leaf: bytes, index: int, size: int, path: Iterable[bytes]) -> bytes:
    """The root to which the leaf comes by its path (RFC 9162, 2.1.3.2).

    Raises ValueError where the path does not belong to a leaf at `index` of a tree of `size`.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} is in a tree of {size}")
    left_of, last, found = index, size - 1, leaf
    for each in path:
        if len(each) != SIZE or not last:
            raise ValueError("the path is longer than the tree is high")
        if left_of % 2 or left_of == last:
            found = node_digest(each, found)
            while not left_of % 2 and left_of:
                left_of, last = left_of >> 1, last >> 1
        else:
            found = node_digest(found, each)
        left_of, last = left_of >> 1, last >> 1
    if last:
        raise ValueError("the path is shorter than the tree is high")
    return found


class Frontier:
    """A tree that only grows, by what is needed to go on: the roots of its full subtrees, largest first."""

    def __init__(self, size: int = 0, roots: Sequence[bytes] = ()) -> None:
        self.size, self.roots = size, list(roots)

    def append(self, leaf: bytes) -> list[bytes]:
        """Add a leaf digest. Returns the roots of the full subtrees that end with it, the leaf itself first."""
        ending, at = [leaf], self.size
        while at % 2:
            ending.append(node_digest(self.roots.pop(), ending[-1]))
            at >>= 1
        self.roots.append(ending[-1])
        self.size += 1
        return ending

    @property
    def root(self) -> bytes:
        found = b""
        for each in reversed(self.roots):
            found = node_digest(each, found) if found else each
        return found or EMPTY


def frontier_of(size: int, node: Node) -> Frontier:
    """The frontier of the first `size` leaves."""
    roots, first = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            roots.append(node(level, first >> level))
            first += 1 << level
    return Frontier(size, roots)


def history_path(index: int, size: int, node: Node) -> list[bytes]:
    """As `audit_path`, of a tree that is known by its full subtrees alone."""
    if not 0 <= index < size:
        raise IndexError(f"leaf {index} of {size}")
    return _path(index, 0, size, node)


def _path(index: int, first: int, last: int, node: Node) -> list[bytes]:
    if last - first == 1:
        return []
    half = first + (1 << (last - first - 1).bit_length() - 1)
    if index < half:
        return [*_path(index, first, half, node), _root(half, last, node)]
    return [*_path(index, half, last, node), _root(first, half, node)]


def _root(first: int, last: int, node: Node) -> bytes:
    size = last - first
    level = (size - 1).bit_length()
    if size == 1 << level:
        return node(level, first >> level)
    half = first + (1 << level - 1)
    return node_digest(_root(first, half, node), _root(half, last, node))
