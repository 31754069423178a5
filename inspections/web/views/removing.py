"""Taking a car out of delivery for ever: destroyed for a test, or scrapped. Said beforehand, and done once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from inspections.batches.choices import FOR_DELIVERY
from inspections.batches.models import Removal, Vehicle
from inspections.batches.queries import find_vehicle
from inspections.catalogue.models import Procedure
from inspections.catalogue.queries import requirements_of
from inspections.dispositions.choices import NonconformanceState
from inspections.dispositions.models import Nonconformance
from inspections.dispositions.rules import DispositionRefused
from inspections.evaluation.facts import Level
from inspections.gates.removing import MAY_REMOVE, why_not_destroyed, why_not_scrapped
from inspections.gates.rules import RemovalRefused
from inspections.gates.services import destroy_vehicle, scrap_vehicle
from inspections.saying import Said

from ..access import actor_of, language_now, may, moment_of, who_may
from ..ages import stamp
from ..batch_facts import vehicle_status_text
from ..forms.removing import DestroyForm, ScrapForm

_LONGEST = 64


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def destroy(request: HttpRequest, vin: str) -> HttpResponse:
    """What it means to give this car up to a test. POST does it, for a named procedure and with a reason."""
    found, at = _vehicle(vin), moment_of(request)

    def act(data: dict[str, Any]) -> None:
        destroy_vehicle(
            vehicle=found, procedure=data["procedure"], reason=data["reason"], actor=actor_of(request), at=at
        )

    form = _destroy_form(found, request.POST if request.method == "POST" else None)
    return _answer(request, found, "destroy", form, act, why_not_destroyed(found))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def scrap(request: HttpRequest, vin: str) -> HttpResponse:
    """What it means to scrap this car. POST does it; `?nonconformance=` names the one that it is done for."""
    found, at = _vehicle(vin), moment_of(request)
    number = request.GET.get("nonconformance", "")
    named = Nonconformance.objects.filter(vehicle=found, number=number if number.isprintable() else "").first()

    def act(data: dict[str, Any]) -> None:
        scrap_vehicle(
            vehicle=found,
            reason=data["reason"],
            actor=actor_of(request),
            at=at,
            nonconformance="" if named is None else named.number,
        )

    form = ScrapForm(request.POST if request.method == "POST" else None)
    return _answer(request, found, "scrap", form, act, why_not_scrapped(found, at))


def _answer(
    request: HttpRequest,
    found: Vehicle,
    way: str,
    form: forms.Form,
    act: Callable[[dict[str, Any]], None],
    why_not: Said | None,
) -> HttpResponse:
    actor, status, refused = actor_of(request), 200, ""
    if request.method == "POST":
        actor.require("taking a car out of delivery", *MAY_REMOVE)
        status = 422
        if form.is_valid():
            try:
                act(form.cleaned_data)
            except (RemovalRefused, DispositionRefused) as refusal:
                status, refused = 409, str(refusal)
            else:
                words = _("%(vin)s is destroyed for a test.") if way == "destroy" else _("%(vin)s is scrapped.")
                messages.success(request, words % {"vin": found.vin})
                return HttpResponseRedirect(reverse("web:vehicle", args=[found.vin]))
    removal = Removal.objects.select_related("procedure").filter(vehicle=found).first()
    context = {
        "vehicle": found,
        "batch": found.batch,
        "way": way,
        "form": form,
        "refused": refused,
        "why_not": why_not if not refused else None,
        "state": vehicle_status_text(found.status),
        "removal": removal,
        "removed": stamp(removal.at) if removal is not None else "",
        "effects": _effects(found, way),
        "may_act": may(actor, MAY_REMOVE),
        "who_may": who_may(MAY_REMOVE, actor),
        "back": reverse("web:vehicle", args=[found.vin]),
        "title_block": [{"label": _("Vehicle"), "value": found.vin}],
    }
    return render(request, "inspections/vehicles/remove.html", context, status=status)


def _effects(found: Vehicle, way: str) -> list[str]:
    """What will happen, said before it happens."""
    others = Vehicle.objects.filter(batch=found.batch, status__in=FOR_DELIVERY).exclude(pk=found.pk).count()
    said = [
        _("It never leaves the plant. Nobody can take this back, not even in the database."),
        _("What it lacks stops nothing any more. What failed on it stays on the record."),
    ]
    if way == "destroy":
        said.append(_("What is measured on it counts as a sample, and may be signed as evidence for its type."))
    else:
        count = Nonconformance.objects.filter(vehicle=found, state=NonconformanceState.OPEN).count()
        if count:
            words = ngettext(
                "It answers the fails of its %(count)d open nonconformance, which closes by itself.",
                "It answers the fails of its %(count)d open nonconformances, which close by themselves.",
                count,
            )
            said.append(words % {"count": count})
    if others:
        words = ngettext(
            "Batch %(batch)s then has %(count)d car for customers; what is asked of it stays the same.",
            "Batch %(batch)s then has %(count)d cars for customers; what is asked of them stays the same.",
            others,
        )
        said.append(words % {"batch": found.batch.number, "count": others})
    else:
        said.append(
            _("Batch %(batch)s then has no car for a customer: nothing of it leaves.") % {"batch": found.batch.number}
        )
    return said


def _vehicle(vin: str) -> Vehicle:
    found = find_vehicle(vin) if vin.isprintable() and len(vin) <= _LONGEST else None
    if found is None:
        raise Http404(_("No vehicle %(vin)s is registered.") % {"vin": vin[:_LONGEST]})
    return found


def _destroy_form(found: Vehicle, data: Any) -> DestroyForm:
    revision = found.batch.revision
    asked = set()
    if revision is not None:
        asked = {line.procedure_id for line in requirements_of(revision) if line.level is not Level.EVERY_VEHICLE}
    rows = list(Procedure.objects.order_by("code"))
    return DestroyForm(
        asked=[row for row in rows if row.pk in asked],
        others=[row for row in rows if row.pk not in asked],
        names=language_now() == "zh-hans",
        data=data,
    )
