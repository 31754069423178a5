"""Holds of people: stopping a car or a batch, and letting it go on."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from inspections.batches.choices import VehicleStatus
from inspections.batches.models import Batch, Vehicle
from inspections.batches.queries import find_batch, find_vehicle
from inspections.dispositions.choices import HoldSource
from inspections.dispositions.models import Hold
from inspections.dispositions.rules import MAY_LIFT_HOLD, MAY_PLACE_HOLD, HoldRefused
from inspections.dispositions.services import lift_hold, place_hold
from inspections.people.choices import Role

from ..access import actor_of, may, moment_of, who_may
from ..ages import stamp
from ..batch_facts import vehicle_status_text
from ..forms.reasons import HoldForm, LiftForm


@require_http_methods(["GET", "HEAD", "POST"])
def place(request: HttpRequest) -> HttpResponse:
    """`?vin=` or `?batch=` names what is held. POST holds it, with a reason."""
    batch, vehicle = _subject(request)
    actor = actor_of(request)
    form, status = HoldForm(), 200
    if request.method == "POST":
        actor.require("placing a hold", *MAY_PLACE_HOLD)
        form, status = HoldForm(request.POST), 422
        if form.is_valid():
            try:
                place_hold(
                    batch=batch,
                    vehicle=vehicle,
                    reason=form.cleaned_data["reason"],
                    actor=actor,
                    at=moment_of(request),
                )
            except HoldRefused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, _("%(subject)s is held.") % {"subject": vehicle or batch})
                return HttpResponseRedirect(_page_of(batch, vehicle))
    context = _context(request, batch, vehicle, form, MAY_PLACE_HOLD) | {
        "others": _standing(batch, vehicle),
        "whole_batch": vehicle is None,
        "states": [] if vehicle is not None else _states(batch),
    }
    return render(request, "inspections/holds/place.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def lift(request: HttpRequest, number: int) -> HttpResponse:
    """One hold. POST lifts it, with a reason; a gate's lifts by itself."""
    hold = Hold.objects.select_related("batch__configuration", "vehicle__batch", "hold_list").filter(pk=number).first()
    if hold is None:
        raise Http404(_("No hold has this number."))
    actor = actor_of(request)
    form, status = LiftForm(), 200
    if request.method == "POST":
        actor.require("lifting a hold", *MAY_LIFT_HOLD)
        form, status = LiftForm(request.POST), 422
        if form.is_valid():
            try:
                lift_hold(hold=hold, reason=form.cleaned_data["reason"], actor=actor, at=moment_of(request))
            except HoldRefused as refused:
                form.add_error(None, str(refused))
                status = 409
            else:
                messages.success(request, _("The hold is lifted."))
                return HttpResponseRedirect(_page_of(hold.batch, hold.vehicle))
    context = _context(request, hold.batch, hold.vehicle, form, MAY_LIFT_HOLD) | {
        "hold": hold,
        "of_gate": hold.source == HoldSource.GATE,
        "placed": stamp(hold.placed_at),
    }
    return render(request, "inspections/holds/lift.html", context, status=status)


def _subject(request: HttpRequest) -> tuple[Batch, Vehicle | None]:
    vin, number = (request.GET.get(name, "").strip().replace("\x00", "")[:64] for name in ("vin", "batch"))
    if vin:
        vehicle = find_vehicle(vin)
        if vehicle is None:
            raise Http404(_("No car %(vin)s is registered here.") % {"vin": vin})
        return vehicle.batch, vehicle
    batch = find_batch(number) if number else None
    if batch is None:
        raise Http404(_("Say which car or batch: open its page and hold it there."))
    return batch, None


def _page_of(batch: Batch, vehicle: Vehicle | None) -> str:
    if vehicle is None:
        return reverse("web:batch", args=[batch.number])
    return reverse("web:vehicle", args=[vehicle.vin])


def _standing(batch: Batch, vehicle: Vehicle | None) -> list[Hold]:
    return list(Hold.objects.filter(batch=batch, vehicle=vehicle, lifted_at__isnull=True).order_by("placed_at")[:20])


def _states(batch: Batch) -> list[tuple[str, int]]:
    """How many cars of the batch are in which state, in the order of a car's way. One query."""
    counts = dict(Vehicle.objects.filter(batch=batch).order_by().values_list("status").annotate(Count("pk")))
    return [(vehicle_status_text(state), counts[state]) for state in VehicleStatus.values if state in counts]


def _context(
    request: HttpRequest, batch: Batch, vehicle: Vehicle | None, form: Any, needed: tuple[Role, ...]
) -> dict[str, Any]:
    actor = actor_of(request)
    return {
        "batch": batch,
        "vehicle": vehicle,
        "subject": vehicle or batch,
        "form": form,
        "may_act": may(actor, needed),
        "who_may": who_may(needed, actor),
        "back": _page_of(batch, vehicle),
        "title_block": [{"label": _("Vehicle") if vehicle else _("Batch"), "value": str(vehicle or batch)}],
    }
