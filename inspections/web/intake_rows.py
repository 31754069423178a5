"""What is kept of what was sent, and files of rigs, as lists show them; and how the inbox is narrowed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from inspections.batches.models import Vehicle
from inspections.intake.choices import KeptKind, KeptState, SubmissionState
from inspections.intake.models import Kept, Submission
from inspections.intake.queries import WAITING_IS_LATE
from inspections.results.lookups import vehicles_of_components

from .access import language_now
from .ages import age_text
from .body_words import KeptWhy, why_kept
from .statuses import Status

Row = TypeVar("Row", Kept, Submission)

_LONGEST: Final = 64


def state_asked(request: HttpRequest) -> str:
    """The state of the inbox that is asked for: open, unless said otherwise."""
    state = request.GET.get("state", "")
    return state if state in KeptState.values else KeptState.OPEN.value


def kind_and_text_asked(request: HttpRequest) -> tuple[str, str]:
    """Which kind, "" for all, and what is looked for: the end of a VIN, a rig or an id."""
    kind, text = request.GET.get("kind", ""), request.GET.get("q", "").strip()[:_LONGEST].replace("\x00", "")
    return (kind if kind in KeptKind.values else ""), text


def narrowed(request: HttpRequest) -> QuerySet[Kept]:
    """What is kept, by the filter of the inbox; without the bodies."""
    kind, text = kind_and_text_asked(request)
    rows = Kept.objects.filter(state=state_asked(request)).select_related("rig", "submission").defer("body")
    if kind:
        rows = rows.filter(kind=kind)
    if text:
        rows = rows.filter(Q(vin__endswith=text.upper()) | Q(rig__code=text) | Q(external_id=text))
    return rows


def file_state_asked(request: HttpRequest) -> str:
    """The state of files that is asked for, "" for all."""
    state = request.GET.get("state", "")
    return state if state in SubmissionState.values else ""


def files_asked(request: HttpRequest) -> QuerySet[Submission]:
    """Files of rigs, by the filter of their list."""
    rows, state = Submission.objects.select_related("rig"), file_state_asked(request)
    return rows.filter(state=state) if state else rows


def waits_too_long(at: datetime) -> Q:
    """What has waited for its car longer than cars take to be registered."""
    return Q(kind=KeptKind.WAITING, received_at__lte=at - WAITING_IS_LATE)


def beyond(rows: QuerySet[Row], place: tuple[datetime, int] | None, *, newest_first: bool) -> QuerySet[Row]:
    """The rows in the order of a list, beyond a place in it: when the last one was received, and its number."""
    if newest_first:
        rows = rows.order_by("-received_at", "-pk")
        return (
            rows
            if place is None
            else rows.filter(Q(received_at__lt=place[0]) | Q(received_at=place[0], pk__lt=place[1]))
        )
    rows = rows.order_by("received_at", "pk")
    return (
        rows if place is None else rows.filter(Q(received_at__gt=place[0]) | Q(received_at=place[0], pk__gt=place[1]))
    )


def state_words() -> dict[str, str]:
    """States of what is kept."""
    return {
        KeptState.OPEN.value: _("Open"),
        KeptState.RECORDED.value: _("Recorded"),
        KeptState.SET_ASIDE.value: _("Set aside"),
    }


def kind_words() -> dict[str, str]:
    """Kinds of what is kept."""
    return {
        KeptKind.WAITING.value: _("Waiting for its car"),
        KeptKind.REFUSED.value: _("Refused"),
        KeptKind.SUBMISSION.value: _("File"),
    }


def file_words() -> dict[str, str]:
    """States of a file."""
    return {
        SubmissionState.LANDED.value: _("Not read yet"),
        SubmissionState.RECORDED.value: _("Recorded"),
        SubmissionState.QUARANTINED.value: _("In quarantine"),
    }


def file_status(row: Submission) -> Status:
    """The mark of a file."""
    if row.state == SubmissionState.QUARANTINED:
        return Status.UNCLEAR
    return Status.PENDING if row.state == SubmissionState.LANDED else Status.PASS


def known_vins(rows: Sequence[Kept]) -> dict[str, str]:
    """The registered cars that are named, by the VIN or by the part ("kind serial") that names them."""
    named = {row.vin for row in rows if row.vin}
    known = {vin: vin for vin in Vehicle.objects.filter(vin__in=named).values_list("vin", flat=True)}
    parts = vehicles_of_components({(row.component_kind, row.component_serial) for row in rows if row.component_serial})
    vins = (
        dict(Vehicle.objects.filter(pk__in={pk for _, pk in parts.values()}).values_list("pk", "vin")) if parts else {}
    )
    return known | {f"{kind} {serial}": vins[pk] for (kind, serial), (_, pk) in parts.items()}


def kept_row(kept: Kept, at: datetime, known: dict[str, str]) -> dict[str, Any]:
    """What is kept, as a row. `known`: the registered cars that rows of the list name."""
    part = f"{kept.component_kind} {kept.component_serial}".strip()
    late = kept.kind == KeptKind.WAITING and at - kept.received_at >= WAITING_IS_LATE
    is_open = kept.state == KeptState.OPEN
    status = Status.QUIET
    if is_open:
        status = Status.PENDING if kept.kind == KeptKind.WAITING else Status.UNCLEAR
    return {
        "kept": kept,
        "status": status if late or status is not Status.PENDING else Status.QUIET,
        "kind": kind_words()[kept.kind],
        "state": state_words()[kept.state],
        "why": _why(kept),
        "age": age_text(at - kept.received_at),
        "names": kept.vin or part,
        "vin": known.get(kept.vin) or known.get(part) or "",
    }


def _why(kept: Kept) -> KeptWhy:
    if kept.kind == KeptKind.WAITING:
        return KeptWhy(_("Its car is not registered yet; it is recorded by itself when it is."))
    return why_kept(kept.code, str(kept.problem.get("detail", "")), language_now())
