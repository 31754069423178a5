"""The board of nonconformances as a list: the columns one after the other, or one of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.http import HttpRequest
from django.utils.translation import gettext as _

from inspections.gates.board import BoardRow, board_column
from inspections.gates.board import Column as Place
from inspections.gates.sentences import gate_text

from ..access import language_now, moment_of
from ..board_page import Asked, Card, cards_of, column_text, narrowed_words, read_asked
from .sheets import Column, Sheet, coded, in_pages

_After = tuple[datetime, int, int]


def board(request: HttpRequest) -> Sheet:
    """Every nonconformance of the board by where it stands, narrowed as the board is."""
    asked = read_asked(request)
    wanted = request.GET.get("column", "")
    places = [place for place in Place if wanted in ("", place.value)] or list(Place)
    words = narrowed_words(asked)
    narrowed = [(_("Where it stands"), _(", ").join(column_text(place, asked.days) for place in places))]
    columns = [
        *coded(
            _("Where it stands"), lambda card: column_text(card.row.column, asked.days), lambda card: card.row.column
        ),
        Column(_("Number"), lambda card: card.row.number),
        *coded(_("What failed"), lambda card: card.name, lambda card: card.row.code),
        *coded(_("Gate"), lambda card: gate_text(card.row.gate, language_now()), lambda card: card.row.gate),
        Column(_("Critical"), lambda card: card.row.critical),
        Column(_("Batch"), lambda card: card.row.batch),
        Column(_("Car"), lambda card: card.row.sequence or None),
        Column(_("Vehicle identification number"), lambda card: card.row.vin),
        Column(_("Owner"), lambda card: card.row.owner),
        *coded(_("Cause"), lambda card: card.cause, lambda card: card.row.cause),
        *coded(_("Answer"), lambda card: card.disposition, lambda card: card.row.disposition),
        Column(_("More cars of its batch with it"), lambda card: card.row.also),
        Column(_("Opened"), lambda card: card.row.opened_at),
        Column(_("Closed"), lambda card: card.row.closed_at),
    ]
    asked_for = [*narrowed, (_("Narrowed to"), words)] if words else narrowed
    return Sheet("board", _("Board of nonconformances"), columns, _cards(request, asked, places), asked_for)


def _cards(request: HttpRequest, asked: Asked, places: list[Place]) -> Iterator[list[Card]]:
    at = moment_of(request)
    since = at - timedelta(days=asked.days)
    for place in places:

        def read(after: _After | None, most: int, place: Place = place) -> list[BoardRow]:
            return board_column(column=place, asked=asked.only, at=at, since=since, after=after, most=most)

        for rows in in_pages(read, lambda row: (row.closed_at or row.opened_at, int(not row.critical), row.id)):
            yield cards_of(request, rows, at)
