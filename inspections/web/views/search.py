"""The scan box: an exact code opens its page, an ambiguous one is listed, nothing found says what was searched."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from ..finding import Found, find


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What was scanned or typed."""
    found = find(request.GET.get("q", ""))
    if found.only is not None and found.only.url:
        return HttpResponseRedirect(found.only.url)
    context = {
        "found": found,
        "hits": found.exact or found.likely,
        "heading": _heading(found),
        "title_block": [{"label": "Interlock", "value": _("Search")}],
    }
    return render(request, "inspections/search/search.html", context, status=200)


def _heading(found: Found) -> str:
    hits = len(found.exact or found.likely)
    if not found.text:
        return _("Scan or type what you look for")
    if not hits:
        return _("Nothing is called %(text)s") % {"text": found.text}
    if found.exact:
        words = ngettext("%(count)d thing is called %(text)s", "%(count)d things are called %(text)s", hits)
    else:
        words = ngettext("%(count)d code holds %(text)s", "%(count)d codes hold %(text)s", hits)
    return words % {"count": hits, "text": found.text}
