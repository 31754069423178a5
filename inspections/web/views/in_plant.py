"""The cars in the plant by what keeps them: the lists that the page of today counts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from inspections.releases.in_plant import Standing, cars_in_plant

from ..access import moment_of
from ..ages import age_text, stamp
from ..exporting import of_targets
from ..exporting.answering import exports
from ..paging import PAGE, Pager, address, cursor_text, moment_cursor
from ..target_words import STANDINGS, standing_status, standing_text


@require_safe
@exports(cars=of_targets.cars)
def in_plant(request: HttpRequest) -> HttpResponse:
    """Cars that have not left, those built first before the others, a hundred a page. One statement."""
    at = moment_of(request)
    standing, model = of_targets.cars_asked(request)
    cursor = moment_cursor(request, "after", 1)
    after = None if cursor is None else (cursor[0], cursor[1][0])
    found = cars_in_plant(at=at, standing=standing, model=model, after=after, most=PAGE + 1)
    rows = found[:PAGE]
    count = {"count": len(rows)}
    last = rows[-1] if rows else None
    context = {
        "heading": _heading(standing, rows=len(rows), more=len(found) > PAGE),
        "model": model,
        "rows": [
            (row, standing_status(row.standing), standing_text(row.standing), stamp(row.registered_at),
                age_text(at - row.registered_at))
            for row in rows
        ],
        "filters": _filters(request, standing),
        "filtered": bool(standing or model),
        "pager": Pager(
            ngettext("%(count)d car, built first first", "%(count)d cars, built first first", len(rows)) % count,
            address(request, {"after": None}) if cursor else "",
            address(request, {"after": cursor_text(last.registered_at, last.id)}) if last and len(found) > PAGE else "",
        ),
        "title_block": [
            {"label": _("Page"), "value": _("Cars in the plant")}, {"label": _("As of"), "value": stamp(at)},
        ],
    }  # fmt: skip
    return render(request, "inspections/vehicles/list.html", context)


def _heading(standing: str, *, rows: int, more: bool) -> str:
    said = {"count": f"{rows}+" if more else str(rows)}
    if not standing:
        return _("Cars in the plant: %(count)s") % said if rows else _("No car is in the plant")
    said["standing"] = standing_text(Standing(standing))
    return _("%(standing)s: %(count)s") % said if rows else _("%(standing)s: no car") % said


def _filters(request: HttpRequest, chosen: str) -> list[tuple[str, str, bool]]:
    names = [("", _("All")), *((standing.value, standing_text(standing)) for standing in STANDINGS)]
    return [
        (name, address(request, {"standing": value or None, "after": None}), value == chosen) for value, name in names
    ]
