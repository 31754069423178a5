"""Answers to a kept file that let it be recorded after all: its subject named, itself read again, or all alike."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from inspections.catalogue.models import ComponentKind
from inspections.intake.choices import SubmissionState
from inspections.intake.models import Kept, Rereading, Submission
from inspections.intake.services import (
    MAY_NAME,
    MAY_READ_AGAIN,
    NotReadAgain,
    SettledAlready,
    name_subject,
    read_again,
)

from ..access import actor_of, language_now, moment_of
from ..body_words import why_kept
from ..forms.profiles import NameSubjectForm
from ..intake_rows import file_status, file_words
from ..statuses import Status

_MOST_SHOWN = 100


@never_cache
@require_POST
def name(request: HttpRequest, number: int) -> HttpResponse:
    """Say of which vehicle or component a kept test is, and have its file read again."""
    actor = actor_of(request)
    actor.require("naming what a file is of", *MAY_NAME)
    found = _kept(number)
    form = NameSubjectForm(request.POST, kinds=component_kinds())
    back = reverse("web:intake-kept", args=[number])
    if not form.is_valid():
        words = " ".join(str(error) for errors in form.errors.values() for error in errors)
        messages.error(request, words)
        return HttpResponseRedirect(f"{back}#name")
    said = form.cleaned_data
    component = (said["kind"], said["serial"]) if said["kind"] or said["serial"] else None
    try:
        name_subject(
            kept=found,
            vin=said["vin"],
            component=component,
            reason=said["reason"],
            actor=actor,
            at=moment_of(request),
        )
    except (NotReadAgain, SettledAlready) as refused:
        messages.error(request, str(refused))
        return HttpResponseRedirect(f"{back}#name")
    messages.success(request, _("It is named. The file is read again now; until then the car waits for it."))
    return HttpResponseRedirect(reverse("web:submission", args=[found.submission_id]))


@never_cache
@require_POST
def again(request: HttpRequest, number: int) -> HttpResponse:
    """Read the file of what is kept again, or those of all that is kept alike."""
    actor = actor_of(request)
    actor.require("reading a file again", *MAY_READ_AGAIN)
    found = _kept(number)
    try:
        asked = read_again(kept=found, every=request.POST.get("every") == "yes", actor=actor, at=moment_of(request))
    except (NotReadAgain, SettledAlready) as refused:
        messages.error(request, str(refused))
        return HttpResponseRedirect(reverse("web:intake-kept", args=[number]))
    count = len(asked.submissions)
    words = ngettext("%(count)d file is read again.", "%(count)d files are read again.", count)
    messages.success(request, words % {"count": count})
    return HttpResponseRedirect(reverse("web:rereading", args=[asked.pk]))


@require_safe
def rereading(request: HttpRequest, number: int) -> HttpResponse:
    """How far reading again is: how many were read since, what became of them. Four queries."""
    found = Rereading.objects.select_related("rig").filter(pk=number).first()
    if found is None:
        raise Http404(_("Nothing was read again under this number."))
    rows = Submission.objects.filter(pk__in=found.submissions)
    since = Q(read_at__gte=found.at) & ~Q(state=SubmissionState.LANDED)
    counts = rows.aggregate(
        read=Count("pk", filter=since),
        recorded=Count("pk", filter=since & Q(state=SubmissionState.RECORDED)),
        kept=Count("pk", filter=since & Q(state=SubmissionState.QUARANTINED)),
    )
    total = len(found.submissions)
    is_done = counts["read"] >= total
    shown = rows.select_related("rig").order_by("-state", "pk")[:_MOST_SHOWN]
    context: dict[str, Any] = {
        "rereading": found,
        "why": why_kept(found.code, "", language_now()),
        "counts": counts,
        "total": total,
        "is_done": is_done,
        "status": (Status.PASS if not counts["kept"] else Status.UNCLEAR) if is_done else Status.PENDING,
        "rows": [{"file": row, "status": file_status(row), "word": file_words()[row.state]} for row in shown],
        "left": max(total - _MOST_SHOWN, 0),
        "title_block": [{"label": _("Read again"), "value": str(found.pk)}],
    }
    return render(request, "inspections/intake/rereading.html", context)


def component_kinds() -> list[tuple[str, str]]:
    """The kinds of components that can be named, with their names in the language of the page."""
    chinese = language_now() == "zh-hans"
    rows = ComponentKind.objects.order_by("code").values_list("code", "name", "name_zh")
    return [(code, f"{code} {(name_zh if chinese else '') or name}") for code, name, name_zh in rows]


def _kept(number: int) -> Kept:
    found = Kept.objects.select_related("rig", "submission").defer("body").filter(pk=number).first()
    if found is None:
        raise Http404(_("Nothing is kept under this number."))
    return found
