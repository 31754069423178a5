"""What every sentence of a mail stands on: one line of text, the cars concerned, the page that tells more."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from ..gates.sentences import cars_text
from .collecting import Group, Known
from .links import path_of

LONGEST: Final = 300
"""Characters of any text that a person or a rig wrote, and of a title."""


@dataclass(frozen=True, slots=True)
class Told:
    """One finding of a mail. `path` opens the page about it, `look_for` is what to search for there."""

    title: str
    under: tuple[str, ...] = ()
    path: str = ""
    look_for: str = ""


def one_line(text: str, most: int = LONGEST) -> str:
    """The text on one line, without what could break it or turn its direction, cut to `most` characters."""
    plain = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in text)
    found = " ".join(plain.split())
    return found if len(found) <= most else f"{found[: most - 1].rstrip()}…"


def subject_of(group: Group, known: Known) -> str:
    """The cars concerned with their batch, or the batch."""
    batch = group.first.batch
    if not group.vins:
        return _("Batch %(batch)s") % {"batch": batch} if batch else group.first.subject
    numbers = [known.sequences[vin] for vin in group.vins if vin in known.sequences]
    if not numbers:
        return next(iter(group.vins))
    return _("%(cars)s of %(batch)s") % {"cars": cars_text(numbers, known.language), "batch": batch}


def _place(group: Group) -> tuple[str, str]:
    """Path and code of the page that tells more: the one car's, or the batch's."""
    if len(group.vins) == 1:
        vin = next(iter(group.vins))
        return path_of("vehicle", vin), vin
    batch = group.first.batch
    return (path_of("batch", batch), batch) if batch else ("", group.first.subject)


def said_of(group: Group, title: str, *under: str) -> Told:
    """A group told with the page of its car or batch."""
    path, code = _place(group)
    return Told(title, under, path, code)


def numbers_of(group: Group) -> str:
    """The nonconformances: the first few by number, the others counted."""
    found = [str(row.facts["nonconformance"]) for row in group.members if row.facts.get("nonconformance")]
    if not found:
        return ""
    listed = _(", ").join(dict.fromkeys(found))
    more = group.count - len(group.members)
    return _("%(numbers)s and %(count)d more.") % {"numbers": listed, "count": more} if more else f"{listed}."


def words_of(group: Group, known: Known) -> dict[str, object]:
    """What sentences fill in: subject, doer, reason, numbers, and the plain facts of the act."""
    first = group.first
    return {
        "subject": subject_of(group, known),
        "who": first.actor,
        "reason": one_line(first.reason),
        "numbers": numbers_of(group).rstrip("."),
        "count": group.count,
        **{key: one_line(str(value)) for key, value in first.facts.items() if isinstance(value, str | int)},
    }


def as_written(group: Group, known: Known) -> Told:
    """The act as the ledger has it."""
    first = group.first
    return said_of(group, f"{first.act} {first.subject}" + (f": {one_line(first.reason)}" if first.reason else ""))
