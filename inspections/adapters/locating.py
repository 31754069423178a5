"""At which position of a characteristic an item of a report belongs.

The catalogue keeps, for a procedure and an adapter, source items: an item path with the position that it fills. A path
that comes once has one source item, whatever its position is called; a path that repeats has one for each repeat, with
the positions "1", "2" and so on, in the order of the report.
"""

from __future__ import annotations

from collections.abc import Collection


def locate_position(positions: Collection[str], occurrence: int) -> str | None:
    """The position of the `occurrence`-th value (from 1) of an item whose source items have `positions`.

    None where the catalogue has no place for it: an item it does not know, or one repeat more than it knows. Such a
    value is never put in another's place.
    """
    if len(positions) == 1:
        return next(iter(positions)) if occurrence == 1 else None
    return str(occurrence) if str(occurrence) in positions else None
