"""The intake inbox: what was sent and is not on the record, why, which car it holds up; and setting it aside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from inspections.batches.models import Vehicle
from inspections.intake.choices import KeptKind, KeptState, SubmissionState
from inspections.intake.models import Kept, Submission
from inspections.intake.queries import WAITING_IS_LATE
from inspections.intake.services import ReasonMissing, SettledAlready, set_aside
from inspections.intake.storage import open_file
from inspections.people.choices import Role
from inspections.results.lookups import vehicles_of_components

from ..access import actor_of, language_now, may, moment_of, who_may
from ..ages import age_text, stamp
from ..beside_record import beside_record
from ..body_words import MOST_SHOWN, KeptWhy, ShownBody, faults_of, show_body, visible, why_kept
from ..forms.reasons import SetAsideForm
from ..paging import PAGE, Pager, address, cursor_text, moment_cursor
from ..statuses import Status

MAY_SET_ASIDE = (Role.ENGINEER,)
_MOST_LATE = 100


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """What is open, waiting too long first; or what was settled. Seven queries at most, however long it is."""
    at = moment_of(request)
    state = request.GET.get("state", "open")
    if state not in KeptState.values:
        state = KeptState.OPEN.value
    rows = _narrowed(request, Kept.objects.filter(state=state).select_related("rig", "submission").defer("body"))
    is_late = Q(kind=KeptKind.WAITING, received_at__lte=at - WAITING_IS_LATE)
    late: list[Kept] = []
    cursor = moment_cursor(request, "after", 1)
    if state == KeptState.OPEN:
        late = [] if cursor else list(rows.filter(is_late).order_by("received_at", "pk")[:_MOST_LATE])
        rows = rows.exclude(is_late).order_by("received_at", "pk")
        if cursor:
            moment, (number,) = cursor
            rows = rows.filter(Q(received_at__gt=moment) | Q(received_at=moment, pk__gt=number))
    else:
        rows = rows.order_by("-received_at", "-pk")
        if cursor:
            moment, (number,) = cursor
            rows = rows.filter(Q(received_at__lt=moment) | Q(received_at=moment, pk__lt=number))
    found = list(rows[: PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    known = _known_vins([*late, *found])
    open_count = Kept.objects.filter(state=KeptState.OPEN).count()
    late_count = Kept.objects.filter(is_late, state=KeptState.OPEN).count()
    shown = len(late) + len(found)
    words = ngettext("%(count)d entry", "%(count)d entries", shown) % {"count": shown}
    last = cursor_text(found[-1].received_at, found[-1].pk) if more else None
    pager = Pager(
        words, address(request, {"after": None}) if cursor else "", address(request, {"after": last}) if more else ""
    )
    context = {
        "late": [_row(kept, at, known) for kept in late],
        "rows": [_row(kept, at, known) for kept in found],
        "open_count": open_count,
        "late_count": late_count,
        "state": state,
        "states": _filters(request, "state", state, _state_words()),
        "kinds": _filters(request, "kind", request.GET.get("kind", ""), {"": _("All kinds"), **_kind_words()}),
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
def submissions(request: HttpRequest) -> HttpResponse:
    """The files that rigs sent, the newest first, with what became of them. Two queries."""
    state = request.GET.get("state", "")
    rows = Submission.objects.select_related("rig").order_by("-received_at", "-pk")
    if state in SubmissionState.values:
        rows = rows.filter(state=state)
    cursor = moment_cursor(request, "after", 1)
    if cursor:
        moment, (number,) = cursor
        rows = rows.filter(Q(received_at__lt=moment) | Q(received_at=moment, pk__lt=number))
    found = list(rows[: PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    words = ngettext("%(count)d file", "%(count)d files", len(found)) % {"count": len(found)}
    last = cursor_text(found[-1].received_at, found[-1].pk) if more else None
    pager = Pager(
        words, address(request, {"after": None}) if cursor else "", address(request, {"after": last}) if more else ""
    )
    context = {
        "rows": [{"file": row, "status": _file_status(row), "word": _file_words()[row.state]} for row in found],
        "quarantined": Submission.objects.filter(state=SubmissionState.QUARANTINED).count(),
        "states": _filters(request, "state", state, {"": _("All"), **_file_words()}),
        "pager": pager,
        "title_block": [{"label": _("Page"), "value": _("Files of rigs")}],
    }
    return render(request, "inspections/intake/submissions.html", context)


@require_safe
def submission(request: HttpRequest, number: int) -> HttpResponse:
    """One file: its state, the reasons, what is kept of it, and how it begins."""
    found = Submission.objects.select_related("rig").filter(pk=number).first()
    if found is None:
        raise Http404(_("No file has this number."))
    at = moment_of(request)
    rows = list(found.kept.select_related("rig", "submission").defer("body").order_by("pk")[:PAGE])
    known = _known_vins(rows)
    context = {
        "file": found,
        "status": _file_status(found),
        "word": _file_words()[found.state],
        "kept": [_row(row, at, known) for row in rows],
        "reasons": [
            why_kept(str(reason.get("code", "")), str(reason.get("detail", "")), language_now())
            for reason in found.reasons[:PAGE]
        ],
        "more_reasons": max(len(found.reasons) - PAGE, 0),
        "body": _file_body(found),
        "title_block": [{"label": _("File"), "value": visible(str(found))}],
    }
    return render(request, "inspections/intake/submission.html", context)


def _narrowed(request: HttpRequest, rows: QuerySet[Kept]) -> QuerySet[Kept]:
    kind, asked = request.GET.get("kind", ""), request.GET.get("q", "").strip()[:64].replace("\x00", "")
    if kind in KeptKind.values:
        rows = rows.filter(kind=kind)
    if asked:
        rows = rows.filter(Q(vin__endswith=asked.upper()) | Q(rig__code=asked) | Q(external_id=asked))
    return rows


def _filters(request: HttpRequest, name: str, chosen: str, words: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"name": word, "url": address(request, {name: value or None, "after": None}), "here": value == chosen}
        for value, word in words.items()
    ]


def _state_words() -> dict[str, str]:
    return {
        KeptState.OPEN.value: _("Open"),
        KeptState.RECORDED.value: _("Recorded"),
        KeptState.SET_ASIDE.value: _("Set aside"),
    }


def _kind_words() -> dict[str, str]:
    return {
        KeptKind.WAITING.value: _("Waiting for its car"),
        KeptKind.REFUSED.value: _("Refused"),
        KeptKind.SUBMISSION.value: _("File"),
    }


def _file_words() -> dict[str, str]:
    return {
        SubmissionState.LANDED.value: _("Not read yet"),
        SubmissionState.RECORDED.value: _("Recorded"),
        SubmissionState.QUARANTINED.value: _("In quarantine"),
    }


def _file_status(row: Submission) -> Status:
    if row.state == SubmissionState.QUARANTINED:
        return Status.UNCLEAR
    return Status.PENDING if row.state == SubmissionState.LANDED else Status.PASS


def _known_vins(rows: Sequence[Kept]) -> dict[str, str]:
    """The registered cars that are named, by the VIN or by the part ("kind serial") that names them."""
    named = {row.vin for row in rows if row.vin}
    known = {vin: vin for vin in Vehicle.objects.filter(vin__in=named).values_list("vin", flat=True)}
    parts = vehicles_of_components({(row.component_kind, row.component_serial) for row in rows if row.component_serial})
    vins = (
        dict(Vehicle.objects.filter(pk__in={pk for _, pk in parts.values()}).values_list("pk", "vin")) if parts else {}
    )
    return known | {f"{kind} {serial}": vins[pk] for (kind, serial), (_, pk) in parts.items()}


def _row(kept: Kept, at: datetime, known: dict[str, str]) -> dict[str, Any]:
    part = f"{kept.component_kind} {kept.component_serial}".strip()
    late = kept.kind == KeptKind.WAITING and at - kept.received_at >= WAITING_IS_LATE
    is_open = kept.state == KeptState.OPEN
    status = Status.QUIET
    if is_open:
        status = Status.PENDING if kept.kind == KeptKind.WAITING else Status.UNCLEAR
    return {
        "kept": kept,
        "status": status if late or status is not Status.PENDING else Status.QUIET,
        "kind": _kind_words()[kept.kind],
        "state": _state_words()[kept.state],
        "why": _why(kept),
        "age": age_text(at - kept.received_at),
        "names": kept.vin or part,
        "vin": known.get(kept.vin) or known.get(part) or "",
    }


def _why(kept: Kept) -> KeptWhy:
    if kept.kind == KeptKind.WAITING:
        return KeptWhy(_("Its car is not registered yet; it is recorded by itself when it is."))
    return why_kept(kept.code, str(kept.problem.get("detail", "")), language_now())


def _kept(number: int) -> Kept:
    found = Kept.objects.select_related("rig", "submission").filter(pk=number).first()
    if found is None:
        raise Http404(_("Nothing is kept under this number."))
    return found


def _item(request: HttpRequest, found: Kept, form: SetAsideForm | None = None, status: int = 200) -> HttpResponse:
    at, actor = moment_of(request), actor_of(request)
    detail = str(found.problem.get("detail", ""))
    body = bytes(found.body) if found.body is not None else None
    allowed = may(actor, MAY_SET_ASIDE)
    context = {
        **_row(found, at, _known_vins([found])),
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


def _file_body(found: Submission) -> ShownBody | None:
    """How the file begins; None where it does not lie on this machine."""
    try:
        with open_file(found.sha256) as file:
            body = file.read(MOST_SHOWN)
    except FileNotFoundError:
        return None
    return show_body(body, "", found.size)
