"""A profile's document suggested from the file that stands beside it. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from inspections.adapters.row_suggesting import MOST_BYTES, READERS, suggest
from inspections.catalogue.models import Characteristic, Procedure
from inspections.evaluation.units import known_units, stated_unit
from inspections.rigs.profile_suggesting import Placeable, suggested_document

from .profile_page import Beside
from .suggestion_words import asked_of, asked_of_document


@dataclass(frozen=True, slots=True)
class Suggested:
    """The document as suggested and what is left to a person, in words."""

    content: dict[str, Any]
    questions: tuple[str, ...]


def can_suggest(adapter: str) -> bool:
    """Whether files of this reader say enough of themselves."""
    return adapter in READERS


def procedures_to_choose() -> list[Procedure]:
    """The procedures that rows of a file may be of."""
    return list(Procedure.objects.only("code", "name", "name_zh").order_by("code"))


def suggested_of(beside: Beside, adapter: str, document: Mapping[str, Any], procedure: str) -> Suggested:
    """What the file beside a profile suggests of its document. Raises FileNotFoundError. One query."""
    with closing(beside.open()) as file:
        head = file.read(MOST_BYTES + 1)
    places = _places()
    reading = document.get("reading", {})
    encoding, options = reading.get("encoding"), reading.get("options", {})
    found = suggest(
        head[:MOST_BYTES],
        is_whole=len(head) <= MOST_BYTES,
        reader=adapter,
        units=known_units() | {each.unit for each in places if each.unit},
        encoding=encoding if isinstance(encoding, str) else None,
        delimiter=options.get("delimiter") if isinstance(options, Mapping) else None,
    )
    known = {each.procedure for each in places}
    written = suggested_document(document, found, places, procedure if procedure in known else None)
    of_document = () if found.options is None else asked_of_document(written)
    return Suggested(written.content, (*map(asked_of, found.questions), *of_document))


def _places() -> list[Placeable]:
    """Every characteristic at every position, with the names that it goes by."""
    found = []
    for row in Characteristic.objects.select_related("procedure").order_by("code"):
        names = list(filter(None, (row.code, row.name, row.name_zh)))
        for position in row.positions or [""]:
            called = [position, *filter(None, row.procedure.position_names.get(position, ()))]
            found.append(
                Placeable(
                    row.procedure.code,
                    row.code,
                    position,
                    tuple(f"{name} {each}".strip() for name in names for each in called),
                    stated_unit(row.unit),
                )
            )
    return found
