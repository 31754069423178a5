"""Items that come again with another number, known by all that a file says beside it. Pure."""

from __future__ import annotations

from collections.abc import Hashable

from .canonical import CanonicalItem


class FamiliarItems(dict[Hashable, CanonicalItem]):
    """Items by what was said beside their number: at most `most`, each said in at most `largest` characters.

    Where it is full it begins anew: a rig that writes the same few hundred all day fills it again in one report.
    """

    def __init__(self, *, most: int, largest: int) -> None:
        super().__init__()
        self.most, self.largest = most, largest

    def keep(self, said: Hashable, item: CanonicalItem) -> None:
        """What is said at greater length is not kept."""
        if len(repr(said)) > self.largest:
            return
        if len(self) >= self.most:
            self.clear()
        self[said] = item
