"""Tells a true repeat from one that only looks like it: "4.10" and "4.1" are one decimal and two identities."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.db import connection

from ..evaluation.quantities import parse_number
from .posted import PostedInspection, WrittenNumber
from .readings import stored_value

_TEXTS = """
select m.inspection_id, c.code, m.position, m.raw from inspections_measurement m
join inspections_characteristic c on c.id = m.characteristic_id
where m.inspection_id = any(%s) and m.raw <> ''
"""


def other_texts(doubles: Mapping[int, tuple[int, PostedInspection]]) -> set[int]:
    """Which of these repeats state, under the digest of a stored inspection, an identity in other letters.

    `doubles` gives for each place the stored inspection's id and what was posted there. No query unless one of them
    states a decimal as a text: in a digest such a text is its decimal, as for every characteristic but an identity.
    """
    stated = {place: texts for place, (_, posted) in doubles.items() if (texts := _decimals_as_text(posted))}
    if not stated:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_TEXTS, [[doubles[place][0] for place in stated]])
        stored = {(number, code, position): raw for number, code, position, raw in cursor.fetchall()}
    return {
        place
        for place, texts in stated.items()
        for (code, position), raw in texts.items()
        if stored.get((doubles[place][0], code, position), raw) != raw
    }


def _decimals_as_text(posted: PostedInspection) -> dict[tuple[str, str], str | None]:
    """The texts that spell a decimal, by characteristic and position, as an identity would be stored."""
    return {
        (item.characteristic, item.position or ""): stored_value(item.value, None)[1]
        for item in posted.measurements
        if isinstance(item.value, str)
        and type(item.value) is not WrittenNumber
        and isinstance(parse_number(item.value), Decimal)
    }
