"""Traces: what was measured over time, drawn a channel at a time, and as the file that was kept."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from inspections.intake.models import Trace
from inspections.intake.queries import inspections_of_trace
from inspections.intake.storage import FileAltered, StoreUnavailable, open_file

from ..charts import warm
from ..trace_page import draw_channel, shown_first


def _find(number: int) -> Trace:
    found = Trace.objects.select_related("submission__rig").filter(pk=number).first()
    if found is None:
        raise Http404(_("There is no trace of this number."))
    return found


@require_safe
def trace(request: HttpRequest, number: int) -> HttpResponse:
    """One trace: its channels, and one of them over time with its numbers. Two queries."""
    warm()
    found = _find(number)
    asked = request.GET.get("channel", "")
    channel = next((each for each in found.channels if each["column"] == asked), None)
    if asked and channel is None:
        raise Http404(_("The trace has no channel of this name."))
    channel = channel or shown_first(found.channels)
    context = {
        "trace": found,
        "inspections": inspections_of_trace(found),
        "drawn": None if channel is None else draw_channel(found, channel, "trace"),
        "title_block": [{"label": _("Trace"), "value": found.name}],
    }
    return render(request, "inspections/traces/trace.html", context)


@require_safe
def file(request: HttpRequest, number: int) -> HttpResponseBase:
    """The trace as Parquet, as it was kept."""
    found = _find(number)
    try:
        content = open_file(found.sha256)
    except (FileNotFoundError, FileAltered, StoreUnavailable) as gone:
        raise Http404(_("The trace is not on disk as it was kept: restore it from a backup.")) from gone
    answer = FileResponse(
        content,
        as_attachment=True,
        filename=f"{found.sha256[:16]}.parquet",
        content_type="application/vnd.apache.parquet",
    )
    answer["ETag"] = f'"{found.sha256}"'
    return answer
