"""One inspection that people look at again: its verdict disagrees with the rig's, or it should never have been."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from inspections.batches.models import Vehicle
from inspections.catalogue.models import Procedure
from inspections.catalogue.queries import characteristic_words
from inspections.dispositions.answering import MAY_DISPOSE, recorded_it, review_disagreement, vehicle_measured
from inspections.dispositions.queries import OpenDisagreement, disagreements_of
from inspections.dispositions.rules import DispositionRefused
from inspections.gates.sentences import named_with_position, verdict_text
from inspections.people.choices import Role
from inspections.results.models import Inspection, Void
from inspections.results.services import FactRefused, void_inspection
from inspections.rigs.models import Rig

from ..access import actor_of, language_now, may, moment_of, who_may
from ..ages import stamp
from ..causes import found_text
from ..forms.nonconformances import ReviewForm, VoidForm
from ..nonconformance_page import name_of, place_text

MAY_VOID = (Role.ENGINEER,)


@require_http_methods(["GET", "HEAD", "POST"])
def disagreement(request: HttpRequest, number: int) -> HttpResponse:
    """Where the rig's verdict and ours differ. POST reviews one of them, with a reason."""
    found, actor = _inspection(number), actor_of(request)
    waiting = disagreements_of(inspection_id=found.pk)
    subjects = _subjects(waiting)
    form, status, refused = ReviewForm(subjects=subjects, initial=_only(subjects)), 200, ""
    if request.method == "POST":
        actor.require("reviewing a disagreement", *MAY_DISPOSE)
        form, status = ReviewForm(subjects=subjects, data=request.POST), 422
        if not waiting:
            status, refused = 409, _("Nothing here waits for a review: it was reviewed, or none differs.")
        elif form.is_valid():
            try:
                review_disagreement(
                    inspection=found,
                    ordinal=form.cleaned_data["ordinal"],
                    treat_as_fail=form.cleaned_data["verdict"] == "treat_as_fail",
                    reason=form.cleaned_data["reason"],
                    actor=actor,
                    at=moment_of(request),
                )
            except DispositionRefused as refusal:
                status, refused = 409 if refusal.code == "no_disagreement" else 422, str(refusal)
            else:
                messages.success(request, _("The verdict is reviewed; the car is decided again now."))
                return HttpResponseRedirect(_back(found))
    context = _context(request, found, form, refused, MAY_DISPOSE) | {
        "waiting": len(subjects),
        "own": recorded_it(actor=actor, person_id=found.person_id, operator=found.operator),
    }
    return render(request, "inspections/nonconformances/disagreement.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def void(request: HttpRequest, number: int) -> HttpResponse:
    """Declare an inspection void. POST does it, with a reason; it cannot be taken back."""
    found, actor = _inspection(number), actor_of(request)
    form, status, refused = VoidForm(), 200, ""
    if request.method == "POST":
        actor.require("voiding an inspection", *MAY_VOID)
        form, status = VoidForm(data=request.POST), 422
        if form.is_valid():
            try:
                void_inspection(
                    inspection=found, reason=form.cleaned_data["reason"], actor=actor, at=moment_of(request)
                )
            except FactRefused as refusal:
                status, refused = 409, str(refusal)
            else:
                messages.success(request, _("Inspection %(id)s is void.") % {"id": found.external_id})
                return HttpResponseRedirect(_back(found))
    context = _context(request, found, form, refused, MAY_VOID) | {
        "voided": Void.objects.filter(inspection=found).first()
    }
    return render(request, "inspections/nonconformances/void.html", context, status=status)


def _inspection(number: int) -> Inspection:
    found = Inspection.objects.filter(pk=number).first()
    if found is None:
        raise Http404(_("No inspection has this number."))
    return found


def _subjects(waiting: list[OpenDisagreement]) -> list[tuple[str, str]]:
    names = characteristic_words({row.characteristic_id for row in waiting if row.characteristic_id is not None})
    language = language_now()
    said = []
    for row in waiting:
        verdicts = {
            "claimed": verdict_text(row.claimed.name.lower(), language),
            "judged": verdict_text(row.judged.name.lower(), language),
        }
        if row.ordinal < 0:
            what = _("The whole inspection")
        else:
            about = names.get(row.characteristic_id or 0)
            named = named_with_position(name_of(about), place_text(about, row.position), language)
            what = f"{named} {found_text(row.found, None, language)}"
        words = _("the rig says %(claimed)s, Interlock says %(judged)s") % verdicts
        said.append((str(row.ordinal), f"{what}{_(': ')}{words}"))
    return said


def _only(subjects: list[tuple[str, str]]) -> dict[str, str]:
    return {"ordinal": subjects[0][0]} if len(subjects) == 1 else {}


def _vehicle(found: Inspection) -> Vehicle | None:
    return vehicle_measured(inspection=found)


def _back(found: Inspection) -> str:
    vehicle = _vehicle(found)
    if vehicle is None:
        return reverse("web:today")
    return reverse("web:vehicle", args=[vehicle.vin]) + f"#inspection-{found.pk}"


def _context(
    request: HttpRequest, found: Inspection, form: Any, refused: str, needed: tuple[Role, ...]
) -> dict[str, Any]:
    actor, vehicle = actor_of(request), _vehicle(found)
    procedure = Procedure.objects.get(pk=found.procedure_id)
    name = (procedure.name_zh if language_now() == "zh-hans" else "") or procedure.name
    rig = Rig.objects.get(pk=found.rig_id)
    said = {"test": name, "rig": rig.code, "at": stamp(found.finished_at)}
    return {
        "inspection": found,
        "vehicle": vehicle,
        "test": _("%(test)s on %(rig)s, finished %(at)s") % said,
        "form": form,
        "refused": refused,
        "may_act": may(actor, needed),
        "who_may": who_may(needed, actor),
        "back": _back(found),
        "title_block": [
            {"label": _("Inspection"), "value": found.external_id},
            {"label": _("Vehicle"), "value": vehicle.vin if vehicle else _("none")},
        ],
    }
