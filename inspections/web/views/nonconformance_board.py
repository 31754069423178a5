"""The board of nonconformances from flag to closed, one of its columns, and what caused them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from inspections.dispositions.queries import count_open
from inspections.gates.board import ENDED, Column, board_column, causes_between, owners_of_open
from inspections.gates.board import board as read_board
from inspections.saying import say_count

from ..access import moment_of
from ..board_page import (
    CARDS,
    Asked,
    cards_of,
    column_text,
    empty_text,
    gates,
    narrowed_words,
    pareto,
    read_asked,
    windows,
)
from ..exporting import of_answers, of_board
from ..exporting.answering import exports
from ..paging import PAGE, Pager, address, cursor_text, moment_cursor
from .nonconformances import heading_of, nonconformance_list

_LISTS = ("state", "after")


@require_safe
@exports(board=of_board.board, nonconformances=of_answers.nonconformances)
def board(request: HttpRequest) -> HttpResponseBase:
    """Nonconformances by where they stand. Its statements do not grow with them.

    `?state=` opens the plain list of open or closed ones, `?column=` all of one column.
    """
    column = request.GET.get("column", "")
    if column in set(Column):
        return _column(request, Column(column))
    if any(name in request.GET for name in _LISTS):
        return nonconformance_list(request)
    asked, at = read_asked(request), moment_of(request)
    since = _since(asked, at)
    found = read_board(asked=asked.only, at=at, since=since, most=CARDS)
    cards = {card.row.id: card for card in cards_of(request, [row for rows in found.rows.values() for row in rows], at)}
    context = {
        "heading": heading_of(*count_open()),
        "columns": [
            {
                "name": each.value,
                "text": column_text(each, asked.days),
                "count": found.counts[each],
                "cards": [cards[row.id] for row in found.rows[each]],
                "ended": each in ENDED,
                "empty": empty_text(each),
                "all_url": address(request, {"column": each.value})
                if found.counts[each] > len(found.rows[each])
                else "",
            }
            for each in Column
        ],
        "causes": pareto(request, causes_between(asked=asked.only, since=since, at=at), asked),
        "windows": windows(request, asked),
        **_filter(request, asked),
        "list_url": address(request, {"state": "open", "after": None}),
        "title_block": [{"label": _("Page"), "value": _("Nonconformances")}],
    }
    return render(request, "inspections/nonconformances/board.html", context)


def _since(asked: Asked, at: datetime) -> datetime:
    return at - timedelta(days=asked.days)


def _filter(request: HttpRequest, asked: Asked) -> dict[str, object]:
    return {
        "asked": asked,
        "gates": gates(),
        "owners": owners_of_open(),
        "narrowed": narrowed_words(asked),
        "all_url": request.path,
        "mine_url": address(request, {"mine": None if asked.mine else "1", "owner": None, "after": None}),
    }


def _column(request: HttpRequest, column: Column) -> HttpResponse:
    """All of one column, a hundred a page."""
    asked, at = read_asked(request), moment_of(request)
    cursor = moment_cursor(request, "after", 2)
    after = None if cursor is None else (cursor[0], cursor[1][0], cursor[1][1])
    if after is not None and after[1] > 1:
        raise Http404(_("This is no page of the list: begin again at its first."))
    rows = board_column(
        column=column, asked=asked.only, at=at, since=_since(asked, at), after=after, most=PAGE + 1
    )  # fmt: skip
    following = ""
    if len(rows) > PAGE:
        last = rows[PAGE - 1]
        text = cursor_text(last.closed_at or last.opened_at, int(not last.critical), last.id)
        following = address(request, {"after": text})
    shown = rows[:PAGE]
    context = {
        "heading": column_text(column, asked.days),
        "cards": cards_of(request, shown, at),
        "ended": column in ENDED,
        "empty": empty_text(column),
        "board_url": address(request, {"column": None, "after": None}),
        "narrowed": narrowed_words(asked),
        "pager": Pager(
            str(say_count("%(count)d nonconformance here", "%(count)d nonconformances here", count=len(shown))),
            address(request, {"after": None}) if after else "",
            following,
        ),
        "title_block": [{"label": _("Page"), "value": _("Nonconformances")}],
    }
    return render(request, "inspections/nonconformances/column.html", context)
