"""The table behind the charts: a hundred results a page, worst first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.gates.sentence_catalogue import Language
from inspections.statistics.summing import Placed

from .access import language_now
from .characteristic_charts import inspection_url
from .characteristic_page import Page
from .characteristic_words import room_words, value_words, why_words
from .frame import optional_url
from .paging import PAGE, Pager, address
from .statuses import OF_OUTCOME, Status, word_of


def fixed(span: tuple[datetime, datetime]) -> dict[str, str | None]:
    """The window as moments, so that it does not move between the pages of a list."""
    since, until = (f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}" for moment in span)
    return {"since": since, "until": until, "window": None}


def table_of(request: HttpRequest, page: Page) -> tuple[list[dict[str, Any]], Pager]:
    """A hundred results, worst first, behind the one that the cursor names."""
    language, ranked = language_now(), page.ranked
    after = request.GET.get("after", "")
    places = {_cursor(value): place for place, value in enumerate(ranked, 1)}
    if after and after not in places:
        raise Http404(_("This is no page of the list: begin again at its first."))
    start = places.get(after, 0)
    shown = ranked[start : start + PAGE]
    rows = [_table_row(value, page, language) for value in shown]
    words = ngettext("%(count)d result", "%(first)d to %(last)d of %(count)d results, worst first", len(ranked)) % {
        "first": min(start + 1, len(ranked)), "last": start + len(rows), "count": len(ranked),
    }  # fmt: skip
    more = start + PAGE < len(ranked)
    onward = {**(fixed(page.span) if page.span else {}), "after": _cursor(shown[-1]) if shown else None}
    return rows, Pager(
        words,
        address(request, {"after": None}, "table") if start else "",
        address(request, onward, "table") if more else "",
    )


def _cursor(value: Placed) -> str:
    return f"{value.measured.inspection_id}-{value.measured.ordinal}"


def _table_row(value: Placed, page: Page, language: Language) -> dict[str, Any]:
    measured = value.measured
    status = OF_OUTCOME[measured.outcome]
    return {
        "measured": measured,
        "value": value_words(measured, language),
        "place": page.place_name(measured.position, language),
        "room": room_words(value, page, language),
        "status": status,
        "word": _("Not judged") if status is Status.QUIET else word_of(status, language),
        "why": why_words(measured, language),
        "url": inspection_url(measured),
        "rig_url": optional_url("web:rig", measured.rig),
    }
