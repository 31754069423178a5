"""Moving a car to another batch, and having a batch judged on a later revision: each told beforehand, each signed."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from inspections.batches.choices import BatchStatus
from inspections.batches.models import Batch, Vehicle
from inspections.batches.queries import find_batch, find_vehicle
from inspections.catalogue.models import PlanRevision
from inspections.catalogue.queries import revision_in_force
from inspections.dispositions.queries import open_holds
from inspections.gates.moving import MAY_MOVE, free_place, why_not_moved
from inspections.gates.queries import batch_summaries
from inspections.gates.repinning import MAY_REPIN, why_not_pinned
from inspections.gates.rules import MoveRefused, RepinRefused
from inspections.gates.services import move_vehicle, repin_batch
from inspections.people.models import User
from inspections.results.rejudging import count_on_another
from inspections.saying import Said

from ..access import actor_of, language_now, may, moment_of, who_may
from ..batch_facts import plan_words, vehicle_status_text
from ..forms.signing import SignedReasonForm
from ..paging import PAGE
from ..plan_lines import Change, changes_between, lines_in_words

_LONGEST = 64


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, vin: str) -> HttpResponse:
    """To which batch a car may go; with `?to=` what would happen there. POST moves it, with a reason, signed."""
    found = find_vehicle(vin) if vin.isprintable() and len(vin) <= _LONGEST else None
    if found is None:
        raise Http404(_("No vehicle %(vin)s is registered.") % {"vin": vin[:_LONGEST]})
    number = request.GET.get("to", "").strip()[:_LONGEST]
    to = find_batch(number) if number and number.isprintable() else None
    if number and to is None:
        raise Http404(_("There is no batch %(number)s.") % {"number": number})
    if request.method != "POST":
        return _move_page(request, found, to)
    actor_of(request).require("moving a car", *MAY_MOVE)
    if to is None:
        return _move_page(request, found, None, status=422)
    form = SignedReasonForm(request.POST)
    if not form.is_valid():
        return _move_page(request, found, to, form, status=422)
    if form.cleaned_data["seen"] != _pin_of(to.revision):
        refused = _("The batch is judged on another revision than the one shown. Look at it again.")
        return _move_page(request, found, to, refused=refused, status=409)
    try:
        moved = move_vehicle(
            vehicle=found,
            to=to,
            reason=form.cleaned_data["reason"],
            seen_revision=to.revision_id,
            signer=cast(User, request.user),
            password=form.cleaned_data["password"],
            at=moment_of(request),
            request_id=actor_of(request).request_id,
        )
    except MoveRefused as refusal:
        return _move_page(request, found, to, form, refused=str(refusal), status=409)
    said = {"batch": to.number, "car": moved.to_sequence}
    messages.success(request, _("It is car %(car)d of batch %(batch)s now, and judged there.") % said)
    return HttpResponseRedirect(reverse("web:vehicle", args=[found.vin]))


def _move_page(
    request: HttpRequest,
    found: Vehicle,
    to: Batch | None,
    form: SignedReasonForm | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    actor, origin = actor_of(request), found.batch
    allowed = may(actor, MAY_MOVE)
    context: dict[str, Any] = {
        "vehicle": found,
        "batch": origin,
        "to": to,
        "state": vehicle_status_text(found.status),
        "refused": refused,
        "may_act": allowed,
        "who_may": "" if allowed else who_may(MAY_MOVE, actor),
        "back": reverse("web:vehicle", args=[found.vin]),
        "title_block": [{"label": _("Vehicle"), "value": found.vin}, {"label": _("Batch"), "value": origin.number}],
    }
    if to is None:
        context |= {"why_not": _why_it_stays(found), "candidates": _candidates(found, request)}
    else:
        why_not = why_not_moved(found, to)
        context |= {"why_not": why_not, "form": form or SignedReasonForm(initial={"seen": _pin_of(to.revision)})}
        context |= {} if why_not else _what_a_move_does(found, to)
    return render(request, "inspections/vehicles/move.html", context, status=status)


def _why_it_stays(found: Vehicle) -> Said | None:
    """What keeps the car where it is, whatever batch is chosen."""
    origin = found.batch
    elsewhere = Batch(
        pk=0, number="", configuration_id=origin.configuration_id, line=origin.line, status=BatchStatus.OPEN
    )
    return why_not_moved(found, elsewhere)


def _candidates(found: Vehicle, request: HttpRequest) -> list[tuple[Any, str]]:
    """Open batches of the same configuration and line, newest first, with the plan on which the car would be judged."""
    ids = list(
        Batch.objects.filter(
            configuration_id=found.batch.configuration_id, line=found.batch.line, status=BatchStatus.OPEN
        )
        .exclude(pk=found.batch_id)
        .order_by("-opened_at", "-pk")
        .values_list("pk", flat=True)[:PAGE]
    )
    summaries = batch_summaries(ids=ids, at=moment_of(request))
    return [(row, plan_words(row.plan, row.revision)) for row in summaries]


def _what_a_move_does(found: Vehicle, to: Batch) -> dict[str, Any]:
    """Told before anything is done: where it would be, what is asked of it there, what goes with it."""
    origin = found.batch
    judged = 0 if to.revision_id is None else count_on_another(vehicle_ids=[found.pk], revision_id=to.revision_id)
    own = [row for row in open_holds(batch_id=origin.pk, vehicle_id=found.pk) if row.vehicle_id is not None]
    return {
        "place": free_place(to),
        "holds": len(own),
        "nonconformances": found.nonconformances.filter(state="open").count(),
        "judged": judged,
        "same_plan": to.revision_id == origin.revision_id,
        "plan_before": _plan_of(origin.revision),
        "plan_after": _plan_of(to.revision),
        "changes": _changes(origin.revision, to.revision),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def repin(request: HttpRequest, number: str) -> HttpResponse:
    """What would change if the batch were judged on the revision in force. POST does it, with a reason, signed."""
    found = find_batch(number) if number.isprintable() else None
    if found is None:
        raise Http404(_("There is no batch %(number)s.") % {"number": number[:_LONGEST]})
    target = revision_in_force(found.configuration, moment_of(request))
    if request.method != "POST":
        return _repin_page(request, found, target)
    actor_of(request).require("re-pinning a batch", *MAY_REPIN)
    form = SignedReasonForm(request.POST)
    if target is None or not form.is_valid():
        return _repin_page(request, found, target, form, status=422)
    if form.cleaned_data["seen"] != _seen(found, target):
        refused = _("It is not what was shown any more. Look at what would change, then sign.")
        return _repin_page(request, found, target, refused=refused, status=409)
    try:
        repin_batch(
            batch=found,
            revision=target,
            reason=form.cleaned_data["reason"],
            seen_from=found.revision_id,
            seen_digest=target.digest,
            signer=cast(User, request.user),
            password=form.cleaned_data["password"],
            at=moment_of(request),
            request_id=actor_of(request).request_id,
        )
    except RepinRefused as refusal:
        return _repin_page(request, found, target, form, refused=str(refusal), status=409)
    said = {"batch": found.number, "plan": _plan_of(target)}
    messages.success(request, _("%(batch)s is judged on %(plan)s now.") % said)
    return HttpResponseRedirect(reverse("web:batch", args=[found.number]))


def _repin_page(
    request: HttpRequest,
    found: Batch,
    target: PlanRevision | None,
    form: SignedReasonForm | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    actor = actor_of(request)
    allowed = may(actor, MAY_REPIN)
    context: dict[str, Any] = {
        "batch": found,
        "target": target,
        "refused": refused,
        "may_act": allowed,
        "who_may": "" if allowed else who_may(MAY_REPIN, actor),
        "back": reverse("web:batch", args=[found.number]),
        "plan_before": _plan_of(found.revision),
        "plan_after": _plan_of(target),
        "why_not": _("No revision of its plan is approved: two people approve one first.")
        if target is None
        else why_not_pinned(found, target),
        "title_block": [{"label": _("Batch"), "value": found.number}],
    }
    if target is not None and not context["why_not"]:
        vehicles = list(Vehicle.objects.filter(batch=found).values_list("pk", "status"))
        states = [state for _pk, state in vehicles]
        context |= {
            "form": form or SignedReasonForm(initial={"seen": _seen(found, target)}),
            "cars": len(vehicles),
            "released": states.count("released"),
            "delivered": states.count("delivered"),
            "judged": count_on_another(vehicle_ids=[pk for pk, _state in vehicles], revision_id=target.pk),
            "changes": _changes(found.revision, target),
        }
        context["title_block"].append({"label": "SHA-256", "value": target.digest[:16]})
    return render(request, "inspections/batches/repin.html", context, status=status)


def _pin_of(revision: PlanRevision | None) -> str:
    """Names a pin in a form."""
    return "none" if revision is None else f"{revision.pk}-{revision.digest[:32]}"


def _seen(found: Batch, target: PlanRevision) -> str:
    return f"{_pin_of(found.revision)}-{target.pk}-{target.digest[:32]}"


def _plan_of(revision: PlanRevision | None) -> str:
    return plan_words("" if revision is None else revision.plan.code, None if revision is None else revision.number)


def _changes(before: PlanRevision | None, after: PlanRevision | None) -> list[Change]:
    """What one revision asks and the other does not, line by line. Two statements."""
    if before is not None and after is not None and before.pk == after.pk:
        return []
    language = language_now()
    old, new = ([] if row is None else lines_in_words(row, language) for row in (before, after))
    return changes_between(old, new)
