"""Acts of the ledger said in words. An act without words of its own is shown as it was written: nothing is hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.urls import reverse

from inspections.records.models import LedgerEntry

from .act_sentences import SENTENCES
from .reason_groups import LinkedPart
from .statuses import Status
from .telling import Telling

_PAGES: Final = {
    "nonconformance": "web:nonconformance",
    "release": "web:release",
    "certificate": "web:certificate",
    "concession": "web:concession",
    "concessions": "web:concession",
    "list": "web:hold-list",
    "hold_list": "web:hold-list",
}
"""What an act names, by the kind of its subject or the key in `after`, and the page of it."""


@dataclass(frozen=True, slots=True)
class SaidAct:
    """One entry of a history. `who` did it; `vin` and `sequence` are of the car it is about; `parts` link the rest."""

    at: datetime
    status: Status
    text: str
    parts: tuple[LinkedPart, ...]
    who: str
    vin: str = ""
    sequence: int = 0
    wrong: bool = False


def say_act(entry: LedgerEntry, tell: Telling, sequences: Mapping[str, int] | None = None) -> SaidAct:
    """An entry of the ledger in words. With `sequences` (VIN to number in build order) it names the car it is about."""
    after = entry.after if isinstance(entry.after, dict) else {}
    words = SENTENCES.get(entry.act)
    status, text = words(entry, after, tell) if words is not None else (Status.QUIET, _as_written(entry))
    vin = entry.subject if entry.subject_kind == "vehicle" else ""
    return SaidAct(
        at=entry.at,
        status=status,
        text=text,
        parts=tuple(_linked(text, dict(_named(entry, after)))),
        who=entry.actor,
        vin=vin,
        sequence=(sequences or {}).get(vin, 0),
        wrong=status in {Status.FAIL, Status.HELD},
    )


def _named(entry: LedgerEntry, after: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The numbers that an entry itself names, with their pages. A number in somebody's free text is no link."""
    for kind, named in ((entry.subject_kind, entry.subject), *after.items()):
        if kind in _PAGES:
            for number in named if isinstance(named, list) else [named]:
                if isinstance(number, str) and number:
                    yield number, reverse(_PAGES[kind], args=[number])


def _linked(text: str, pages: Mapping[str, str]) -> Iterator[LinkedPart]:
    if not pages:
        yield LinkedPart(text)
        return
    # Longest first, whole numbers only: NC-1 is not the beginning of NC-12.
    numbers = "|".join(re.escape(number) for number in sorted(pages, key=len, reverse=True))
    for part in re.split(rf"(?<![\w-])({numbers})(?![\w-])", text):
        if part:
            yield LinkedPart(part, pages.get(part, ""))


def _as_written(entry: LedgerEntry) -> str:
    said = f"{entry.act} {entry.subject_kind} {entry.subject}"
    return f"{said}: {entry.reason}" if entry.reason else said
