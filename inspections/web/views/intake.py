"""The intake inbox: what was sent and is not on the record, why, which car it holds up; and setting it aside."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from inspections.intake.choices import KeptKind, KeptState, SubmissionState
from inspections.intake.models import Kept, Submission
from inspections.intake.rereading import alike
from inspections.intake.services import MAY_NAME, MAY_READ_AGAIN, ReasonMissing, SettledAlready, set_aside
from inspections.intake.storage import open_file
from inspections.people.choices import Role
from inspections.people.rules import Actor

from ..access import actor_of, language_now, may, moment_of, who_may
from ..ages import stamp
from ..beside_record import beside_record
from ..body_words import MOST_SHOWN, ShownBody, faults_of, show_body, visible, why_kept
from ..exporting import of_intake
from ..exporting.answering import exports
from ..forms.profiles import NameSubjectForm
from ..forms.reasons import SetAsideForm
from ..intake_rows import (
    beyond,
    file_state_asked,
    file_status,
    file_words,
    files_asked,
    kept_row,
    kind_and_text_asked,
    kind_words,
    known_vins,
    narrowed,
    state_asked,
    state_words,
    waits_too_long,
)
from ..paging import PAGE, Pager, address, cursor_text, moment_cursor
from .rereading import component_kinds

MAY_SET_ASIDE = (Role.ENGINEER,)
_MOST_LATE = 100


@require_safe
@exports(intake=of_intake.inbox)
def inbox(request: HttpRequest) -> HttpResponse:
    """What is open, waiting too long first; or what was settled. Seven queries at most, however long it is."""
    at, state = moment_of(request), state_asked(request)
    cursor = moment_cursor(request, "after", 1)
    place = None if cursor is None else (cursor[0], cursor[1][0])
    rows, is_late = narrowed(request), waits_too_long(at)
    late: list[Kept] = []
    if state == KeptState.OPEN:
        late = [] if cursor else list(beyond(rows.filter(is_late), None, newest_first=False)[:_MOST_LATE])
        rows = rows.exclude(is_late)
    found = list(beyond(rows, place, newest_first=state != KeptState.OPEN)[: PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    known = known_vins([*late, *found])
    open_count = Kept.objects.filter(state=KeptState.OPEN).count()
    late_count = Kept.objects.filter(is_late, state=KeptState.OPEN).count()
    shown = len(late) + len(found)
    words = ngettext("%(count)d entry", "%(count)d entries", shown) % {"count": shown}
    last = cursor_text(found[-1].received_at, found[-1].pk) if more else None
    pager = Pager(
        words, address(request, {"after": None}) if cursor else "", address(request, {"after": last}) if more else ""
    )
    context = {
        "late": [kept_row(kept, at, known) for kept in late],
        "rows": [kept_row(kept, at, known) for kept in found],
        "open_count": open_count,
        "late_count": late_count,
        "state": state,
        "states": _filters(request, "state", state, state_words()),
        "kinds": _filters(request, "kind", kind_and_text_asked(request)[0], {"": _("All kinds"), **kind_words()}),
        "asked": request.GET.get("q", "")[:64],
        "pager": pager,
        "title_block": [{"label": _("Page"), "value": _("Intake")}],
    }
    return render(request, "inspections/intake/inbox.html", context)


@require_safe
def kept(request: HttpRequest, number: int) -> HttpResponse:
    """One thing that was kept: what was sent, what is wrong with it and where, which car waits for it."""
    return _item(request, _kept(number))


@require_POST
def set_aside_kept(request: HttpRequest, number: int) -> HttpResponse:
    """An engineer says that it shall not be recorded, and why."""
    actor = actor_of(request)
    actor.require("setting something aside", *MAY_SET_ASIDE)
    found = _kept(number)
    form = SetAsideForm(request.POST)
    if not form.is_valid():
        return _item(request, found, form, 422)
    try:
        set_aside(kept=found, reason=form.cleaned_data["reason"], actor=actor, at=moment_of(request))
    except (SettledAlready, ReasonMissing) as refused:
        form.add_error(None, str(refused))
        return _item(request, _kept(number), form, 409)
    messages.success(request, _("It is set aside. What it names is decided again without it."))
    return HttpResponseRedirect(reverse("web:intake-kept", args=[number]))


@require_safe
@exports(files=of_intake.files)
def submissions(request: HttpRequest) -> HttpResponse:
    """The files that rigs sent, the newest first, with what became of them. Two queries."""
    state, cursor = file_state_asked(request), moment_cursor(request, "after", 1)
    place = None if cursor is None else (cursor[0], cursor[1][0])
    found = list(beyond(files_asked(request), place, newest_first=True)[: PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    words = ngettext("%(count)d file", "%(count)d files", len(found)) % {"count": len(found)}
    last = cursor_text(found[-1].received_at, found[-1].pk) if more else None
    pager = Pager(
        words, address(request, {"after": None}) if cursor else "", address(request, {"after": last}) if more else ""
    )
    context = {
        "rows": [{"file": row, "status": file_status(row), "word": file_words()[row.state]} for row in found],
        "quarantined": Submission.objects.filter(state=SubmissionState.QUARANTINED).count(),
        "states": _filters(request, "state", state, {"": _("All"), **file_words()}),
        "pager": pager,
        "title_block": [{"label": _("Page"), "value": _("Files of rigs")}],
    }
    return render(request, "inspections/intake/submissions.html", context)


@require_safe
def submission(request: HttpRequest, number: int) -> HttpResponse:
    """One file: its state, the reasons, what is kept of it, and how it begins."""
    found = Submission.objects.select_related("rig", "profile_revision__profile").filter(pk=number).first()
    if found is None:
        raise Http404(_("No file has this number."))
    at = moment_of(request)
    rows = list(found.kept.select_related("rig", "submission").defer("body").order_by("pk")[:PAGE])
    known = known_vins(rows)
    context = {
        "file": found,
        "status": file_status(found),
        "word": file_words()[found.state],
        "kept": [kept_row(row, at, known) for row in rows],
        "reasons": [
            why_kept(str(reason.get("code", "")), str(reason.get("detail", "")), language_now())
            for reason in found.reasons[:PAGE]
        ],
        "more_reasons": max(len(found.reasons) - PAGE, 0),
        "body": _file_body(found),
        "may_draft": may(actor_of(request), (Role.CATALOGUE_OWNER,)),
        "title_block": [{"label": _("File"), "value": visible(str(found))}],
    }
    return render(request, "inspections/intake/submission.html", context)


def _filters(request: HttpRequest, name: str, chosen: str, words: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"name": word, "url": address(request, {name: value or None, "after": None}), "here": value == chosen}
        for value, word in words.items()
    ]


def _kept(number: int) -> Kept:
    rows = Kept.objects.select_related("rig", "submission__profile_revision__profile", "submission__rig")
    found = rows.filter(pk=number).first()
    if found is None:
        raise Http404(_("Nothing is kept under this number."))
    return found


def _item(request: HttpRequest, found: Kept, form: SetAsideForm | None = None, status: int = 200) -> HttpResponse:
    at, actor = moment_of(request), actor_of(request)
    detail = str(found.problem.get("detail", ""))
    body = bytes(found.body) if found.body is not None else None
    allowed = may(actor, MAY_SET_ASIDE)
    context = {
        **kept_row(found, at, known_vins([found])),
        **_rereading(found, actor),
        "place": visible(str(found.problem.get("place", ""))),
        "received": stamp(found.received_at),
        "faults": faults_of(found.problem, body, language_now()),
        "truncated": str(found.problem.get("truncated", "")),
        "body": show_body(body, detail, found.size) if body is not None else None,
        "beside": beside_record(found, language_now()),
        "is_open": found.state == KeptState.OPEN,
        "form": (form or SetAsideForm()) if allowed and (form or found.state == KeptState.OPEN) else None,
        "who_may": "" if allowed else who_may(MAY_SET_ASIDE, actor),
        "title_block": [{"label": _("Kept"), "value": str(found.pk)}],
    }
    return render(request, "inspections/intake/kept.html", context, status=status)


def _rereading(found: Kept, actor: Actor) -> dict[str, Any]:
    """How a kept file may be recorded after all: its subject named, its profile mended, read again with all alike."""
    if found.kind != KeptKind.SUBMISSION or found.state != KeptState.OPEN or found.submission is None:
        return {}
    may_read = may(actor, MAY_READ_AGAIN)
    revision = found.submission.profile_revision
    place = reverse("web:profile-new")
    if revision is not None:
        place = reverse("web:profile-draft", args=[revision.profile.code])
    return {
        "naming": NameSubjectForm(kinds=component_kinds(), initial={"vin": found.vin})
        if may(actor, MAY_NAME)
        else None,
        "may_read_again": may_read,
        "alike_count": alike(found).values("submission_id").distinct().count() if may_read else 0,
        "profile_url": f"{place}?file=file-{found.submission_id}",
    }


def _file_body(found: Submission) -> ShownBody | None:
    """How the file begins; None where it does not lie on this machine."""
    try:
        with open_file(found.sha256) as file:
            body = file.read(MOST_SHOWN)
    except FileNotFoundError:
        return None
    return show_body(body, "", found.size)
