"""The sealed record: up to when it is sealed, what waits, each checkpoint with its root, to be compared elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from inspections.saying import say_count, stamp
from inspections.sealing.queries import SealingState, keys_of, sealing_state, seals_before

from ..access import moment_of
from ..exporting import of_seals
from ..exporting.answering import exports
from ..paging import PAGE, newest_first, number_cursor

LATE_SECONDS: Final = 60
"""So long something may wait before the page says that something is wrong."""


@require_safe
@exports(checkpoints=of_seals.seals)
def record(request: HttpRequest) -> HttpResponse:
    """Three queries, however long the record is."""
    at, before = moment_of(request), number_cursor(request, "before")
    state = sealing_state()
    rows = seals_before(before, PAGE + 1)
    more, rows = len(rows) > PAGE, rows[:PAGE]
    # Checkpoints are numbered without a gap, so that the last number counts them.
    total = state.last.number if state.last else 0
    words = say_count(
        "%(count)d checkpoint", "%(shown)d of %(count)d checkpoints, newest first", count=total, shown=len(rows)
    )
    context = {
        "heading": _heading(state),
        "late": _late(state, at),
        "rows": [
            {
                "number": row.number,
                "sealed_at": row.sealed_at,
                "leaves": row.leaves,
                "root": bytes(row.root).hex(),
                "keys": keys_of(row),
            }
            for row in rows
        ],
        "ledger": state.last.ledger if state.last else "",
        "pager": newest_first(request, str(words), rows[-1].number if more else None),
    }
    return render(request, "inspections/record/record.html", context)


def _heading(state: SealingState) -> str:
    if state.last is None:
        return _("Nothing is sealed yet")
    if state.unsealed_since is None:
        return _("All of the record is sealed")
    return _("The record is sealed up to checkpoint %(number)d") % {"number": state.last.number}


def _late(state: SealingState, at: datetime) -> str:
    """What to do where something waits for too long; "" where nothing does."""
    if state.unsealed_since is None or state.lag(at) < LATE_SECONDS:
        return ""
    return _(
        "What was recorded since %(since)s is not sealed. The log of the worker says why: a missing key, or an act that"
        " does not end."
    ) % {"since": stamp(state.unsealed_since)}
