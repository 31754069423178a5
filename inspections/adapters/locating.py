"""At which position of a characteristic an item of a report belongs.

The catalogue keeps, for a procedure and an adapter, source items: an item path with the position that it fills. A path
that comes once has one source item, with no position, a named one ("charge-port"), or the number at the path's own
end ("Cells / Cell 2" fills "2"). A path that repeats has one for each repeat: "1", "2" and so on, in the order of the
report.
"""

from __future__ import annotations

import re
from collections.abc import Collection


def locate_position(item: str, positions: Collection[str], occurrence: int) -> str | None:
    """The position of the `occurrence`-th value (from 1) of `item`, whose source items have `positions`.

    None where the catalogue has no place for it: an item it does not know, one repeat more than it knows, or a first
    value where only the place of a later repeat is known. Such a value is never put in another's place.
    """
    if len(positions) == 1:
        (only,) = positions
        is_own = not only.isdecimal() or only in ("1", trailing_number(item))
        return only if occurrence == 1 and is_own else None
    return str(occurrence) if str(occurrence) in positions else None


def trailing_number(item: str) -> str:
    """The digits at the end of an item's path, "" where there are none."""
    match = re.search(r"[0-9]+\Z", item)
    return match[0] if match else ""
