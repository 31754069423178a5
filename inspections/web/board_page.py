"""The board of nonconformances in words: its columns and cards, its filter, and the Pareto of causes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.catalogue.choices import Domain
from inspections.catalogue.queries import characteristic_words
from inspections.dispositions.choices import CauseClass
from inspections.dispositions.queries import Narrowed
from inspections.gates.board import ENDED, BoardRow, Column

from .access import actor_of, language_now
from .ages import age_text, clauses
from .cause_words import cause_text
from .gate_contacts import gate_heading
from .life_words import disposition_text
from .nonconformance_page import findings, name_of
from .paging import address
from .reason_groups import ReasonGroup
from .telling import Telling

CARDS: Final = 12
WINDOWS: Final = (7, 30, 90, 365)
USUAL_WINDOW: Final = 30
NOT_RECORDED: Final = "none"
"""In an address: those of which no cause is recorded."""
_LONGEST: Final = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for. `days`: the window of what is closed, and of the causes."""

    only: Narrowed
    days: int
    mine: bool

    @property
    def narrowed(self) -> bool:
        return self.only != Narrowed()


def read_asked(request: HttpRequest) -> Asked:
    """The filter of an address; what it does not know is left out."""

    def text(name: str) -> str:
        found = request.GET.get(name, "").strip()[:_LONGEST]
        return found if found.isprintable() else ""

    days, cause, gate = text("days"), text("cause"), text("gate")
    mine = text("mine") == "1"
    only = Narrowed(
        batch=text("batch"),
        gate=gate if gate in Domain.values else "",
        characteristic=text("characteristic"),
        owner="" if mine else text("owner"),
        owner_id=actor_of(request).id if mine else None,
        cause="" if cause == NOT_RECORDED else cause if cause in CauseClass.values else None,
    )
    return Asked(only, int(days) if days in map(str, WINDOWS) else USUAL_WINDOW, mine)


def column_text(column: Column, days: int) -> str:
    """What stands over a column."""
    return {
        Column.UNOWNED: _("Open, without an owner"),
        Column.OWNED: _("Owned, to be answered"),
        Column.ANSWERED: _("Answered, a later pass awaited"),
        Column.CONCEDED: _("Under a concession"),
        Column.CLOSED: _("Closed in the last %(days)d days") % {"days": days},
    }[column]


def empty_text(column: Column) -> str:
    """What would appear in a column, and how it gets there."""
    return {
        Column.UNOWNED: _("Nothing. A failed gate opens one by itself."),
        Column.OWNED: _("Nothing. An engineer who takes one finds it here."),
        Column.ANSWERED: _("Nothing. Once every fail is answered, it waits here for a test that passes."),
        Column.CONCEDED: _("Nothing. What a gate relies on a concession for stands here until the car leaves."),
        Column.CLOSED: _("Nothing. One closes by itself once a later test has passed."),
    }[column]


@dataclass(frozen=True, slots=True)
class Card:
    """A nonconformance as the board shows it."""

    row: BoardRow
    name: str
    code: str
    finding: ReasonGroup | None
    age: str
    cause: str
    disposition: str
    also: str
    also_url: str


def cards_of(request: HttpRequest, rows: Sequence[BoardRow], at: datetime) -> list[Card]:
    """Rows with what still fails each. Four statements however many there are."""
    names = characteristic_words({row.characteristic_id for row in rows if row.characteristic_id is not None})
    said = findings(
        {
            row.number: ((row.vehicle_id, row.gate, row.code, row.characteristic_id), row.batch)
            for row in rows
            if row.vehicle_id is not None and row.closed_at is None
        }
    )
    telling = Telling(language_now(), names)
    cards = []
    for row in rows:
        words = names.get(row.characteristic_id or 0)
        more = ngettext("%(count)d more car of its batch", "%(count)d more cars of its batch", row.also)
        narrowed = {"batch": row.batch, "gate": row.gate, "characteristic": words.named.code if words else None}
        cards.append(
            Card(
                row=row,
                name=name_of(words) or telling.code(row.code),
                code=telling.code(row.code),
                finding=said.get(row.number),
                age=age_text((row.closed_at or at) - row.opened_at),
                cause=cause_text(row.cause) if row.cause or row.column in ENDED else "",
                disposition=disposition_text(row.disposition) if row.disposition else "",
                also=more % {"count": row.also} if row.also else "",
                also_url=address(request, {**narrowed, "column": None, "after": None}),
            )
        )
    return cards


@dataclass(frozen=True, slots=True)
class CauseBar:
    """One class of cause: how many, how long its bar is, and what it makes with all before it."""

    name: str
    count: int
    width: str
    together: str
    url: str
    here: bool


def pareto(request: HttpRequest, counts: Mapping[str, int], asked: Asked) -> list[CauseBar]:
    """Classes of cause, the most frequent first; what is not known, or not recorded, comes last, whatever its number.

    Shares are of all that were opened in the window, so that what nobody looked into does not make a cause weigh more.
    """
    whole, most = sum(counts.values()), max(counts.values(), default=0)
    last = (CauseClass.UNKNOWN.value, "")
    bars, together = [], 0
    for code, count in sorted(counts.items(), key=lambda each: (each[0] in last, each[0] == "", -each[1], each[0])):
        together += count
        said = {"count": together, "all": whole, "share": f"{100 * together / whole:.1f}"}
        url = address(request, {"cause": code or NOT_RECORDED, "after": None, "column": None})
        bars.append(
            CauseBar(
                name=cause_text(code),
                count=count,
                width=f"{100 * count / most:.1f}%",
                together=_("%(count)d of %(all)d, %(share)s %%") % said,
                url=url,
                here=asked.only.cause == code,
            )
        )
    return bars


def windows(request: HttpRequest, asked: Asked) -> list[tuple[str, str, bool]]:
    """The windows of time to choose from."""
    return [
        (
            _("%(days)d days") % {"days": days},
            address(request, {"days": str(days), "after": None}, "causes"),
            days == asked.days,
        )
        for days in WINDOWS
    ]


def gates() -> list[tuple[str, str]]:
    return [(domain, gate_heading(domain, language_now())) for domain in Domain.values]


def narrowed_words(asked: Asked) -> str:
    """What the board is narrowed to, in words; "" for all."""
    only = asked.only
    said = [
        _("batch %(text)s") % {"text": only.batch} if only.batch else "",
        gate_heading(only.gate, language_now()) if only.gate else "",
        _("characteristic %(text)s") % {"text": only.characteristic} if only.characteristic else "",
        _("owned by %(text)s") % {"text": only.owner} if only.owner else "",
        _("your own") if asked.mine else "",
        _("cause: %(text)s") % {"text": cause_text(only.cause)} if only.cause is not None else "",
    ]
    return clauses(filter(None, said))
