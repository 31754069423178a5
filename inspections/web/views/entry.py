"""Entering an inspection: find the car, choose the procedure, fill in, see at once what each value says, save once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from inspections.batches.choices import VehicleStatus
from inspections.batches.models import Vehicle
from inspections.batches.queries import batch_numbers, batches_on_line, find_vehicle, vehicles_by_tail
from inspections.batches.rules import is_vin
from inspections.catalogue.models import Procedure
from inspections.evaluation.facts import Kind, Verdict
from inspections.evaluation.quantities import parse_number
from inspections.evaluation.reasons import JudgementReason, Outcome
from inspections.gates.queries import CarStanding, car_standing
from inspections.gates.sentences import kept_text
from inspections.intake.services import MOST_PHOTOGRAPHS, PhotographsRefused, attach_photographs
from inspections.releases.queries import standing_vehicles
from inspections.results.decoding import PostedInspection
from inspections.results.models import Inspection
from inspections.results.plans import judge_for
from inspections.results.posted import PostedMeasurement
from inspections.results.readings import reading_of
from inspections.results.recorded import Recorded, RecordState
from inspections.results.services import record_inspection
from inspections.rigs.models import Rig

from ..access import actor_of, language_now, may, moment_of, who_may
from ..entering import (
    LONGEST_LIFE,
    Slot,
    Ticket,
    changes_since,
    draw_ticket,
    drawn_for_another,
    layout_of,
    read_ticket,
    slots_of,
    software_in,
    software_now,
)
from ..form_layout import Reading, sections_of
from ..forms.entry import EntryForm, Row, measured_fields
from ..offers import offers_of
from ..photo_tokens import held
from ..recorded_page import after_recording, recorded_page
from ..rig_states import rig_states, rigs_for
from ..value_marks import Mark, Marked, marks_of
from ..vehicle_page import state_text
from ..verdict_words import SaidVerdict, say_verdict
from .photos import take_pictures
from .to_test import MAY_RECORD, find_procedure, procedure_name, rows_to_test

_LAST_RIGS = "entry_rigs"
_MOST_FOUND = 20
_MOST_BATCHES = 20


@require_safe
def entry(request: HttpRequest) -> HttpResponse:
    """Scan or type a VIN or its last six; an exact one opens the car."""
    asked = (request.GET.get("vin") or request.GET.get("q") or "").strip().upper()[:64]
    found: list[Vehicle] = []
    if asked:
        exact = find_vehicle(asked) if is_vin(asked) else None
        found = [exact] if exact else vehicles_by_tail(asked, _MOST_FOUND) if len(asked) >= 4 else []
        if len(found) == 1:
            return HttpResponseRedirect(reverse("web:entry", args=[found[0].vin]))
    context = {"asked": asked, "found": found, "most": _MOST_FOUND, "title_block": _block(_("Record an inspection"))}
    if not asked:
        context["rows"] = rows_to_test(batch_numbers(batches_on_line(_MOST_BATCHES)))
    return render(request, "inspections/entry/find.html", context)


@require_safe
def car(request: HttpRequest, vin: str) -> HttpResponse:
    """The procedures of one car, what is missing first."""
    vehicle = _vehicle(vin)
    planned, others = offers_of(vehicle, _standing(request, vehicle), language_now())
    context = {
        **_car(request, vehicle),
        "planned": planned,
        "others": others,
        "again": sum(1 for offer in planned if offer.again),
        "missing": sum(1 for offer in planned if offer.missing),
        "waiting": any(offer.waiting for offer in planned),
    }
    return render(request, "inspections/entry/car.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def form(request: HttpRequest, vin: str, procedure: str) -> HttpResponse:
    """GET draws a form with a ticket of its own; POST records it, or draws it again with what is wrong."""
    vehicle, found = _vehicle(vin), find_procedure(procedure)
    if request.method == "POST":
        return _save(request, vehicle, found)
    slots = slots_of(vehicle, found, language_now())
    ticket = _new_ticket(request, vehicle, found, slots)
    return _draw(request, vehicle, found, ticket, _form(request, vehicle, found, slots), fresh=True)


@require_POST
def judge(request: HttpRequest, vin: str, procedure: str) -> HttpResponse:
    """What one value would say, by the evaluator that judges what is recorded. Records nothing."""
    actor_of(request).require("judging a value", *MAY_RECORD)
    vehicle, found = _vehicle(vin), find_procedure(procedure)
    slot = next((own for own in slots_of(vehicle, found, language_now()) if own.name == request.POST.get("slot")), None)
    if slot is None:
        raise Http404(_("The plan has no such value any more. Reload the page; what you typed is kept."))
    typed = request.POST.get(slot.name, "")
    bound = EntryForm(slots=[slot], rigs={}, software={}, data=request.POST)
    bound.is_valid()
    said, problem = None, ""
    errors = [str(error) for error in bound[slot.name].errors] if typed.strip() else []
    if errors:
        problem = errors[0]
    elif typed.strip():
        said = _judge(vehicle, found, slot, bound.cleaned_data.get(slot.name))
    context = {"said": said, "problem": problem, "judged": typed, "slot": slot}
    return render(request, "inspections/entry/verdict.html", context)


@require_safe
def recorded(request: HttpRequest, number: int) -> HttpResponse:
    """What was recorded, with the verdict beside each value, and what to do next."""
    context = recorded_page(number, language_now(), moment_of(request))
    if context is None:
        raise Http404(_("No inspection has this number."))
    vehicle: Vehicle = context["vehicle"]
    standing = _standing(request, vehicle)
    planned, _others = offers_of(vehicle, standing, language_now())
    context |= _car(request, vehicle)
    context |= after_recording(context, standing, moment_of(request), language_now())
    context["next"] = [offer for offer in planned if offer.to_do and offer.procedure != context["procedure"]]
    return render(request, "inspections/entry/recorded.html", context)


def _standing(request: HttpRequest, vehicle: Vehicle) -> CarStanding:
    return car_standing(vehicle_id=vehicle.pk, batch_id=vehicle.batch_id, at=moment_of(request))


def _save(request: HttpRequest, vehicle: Vehicle, procedure: Procedure) -> HttpResponse:
    actor = actor_of(request)
    actor.require("recording an inspection", *MAY_RECORD)
    at = moment_of(request)
    slots = slots_of(vehicle, procedure, language_now())
    if drawn_for_another(request.POST.get("ticket", ""), request.user.pk or 0):
        own, empty = _new_ticket(request, vehicle, procedure, slots), _form(request, vehicle, procedure, slots)
        return _draw(request, vehicle, procedure, own, empty, of_another=True)
    form = _form(request, vehicle, procedure, slots, data=request.POST)
    _take_photos(request, form)
    ticket = read_ticket(
        request.POST.get("ticket", ""), person_id=request.user.pk or 0, vin=vehicle.vin, procedure=procedure.code
    )
    stored = None if ticket is None else _stored(procedure, ticket)
    problem = _ticket_problem(ticket, vehicle, procedure, slots, at) if stored is None else ""
    operator = getattr(request.user, "personnel_number", None) or ""
    if not operator:
        problem = _(
            "You have no personnel number here, so nobody could tell who measured. Whoever manages people adds it."
        )
    if problem or ticket is None:
        form.is_valid()
        form.add_error(None, problem)
        ticket = _new_ticket(request, vehicle, procedure, slots)
        return _draw(request, vehicle, procedure, ticket, form)
    if not form.is_valid() or form.photo_problems:
        return _draw(request, vehicle, procedure, ticket, form)
    # Saving again what stands is a repeat: it carries the moment at which that was finished.
    posted = form.posted(ticket, operator=operator, finished_at=stored.finished_at if stored else at)
    if posted is None:
        return _draw(request, vehicle, procedure, ticket, form)
    rig = Rig.objects.get(pk=form.cleaned_data["rig"])
    fate = _record(request, form, posted, rig, ticket, stored, operator)
    if fate is not None and fate.state in (RecordState.RECORDED, RecordState.REPEATED) and fate.inspection_id:
        _attach(request, form, fate.inspection_id)
        return _saved(request, procedure, rig, fate.inspection_id)
    _say_refused(form, fate, stored or _stored(procedure, ticket), procedure, rig)
    return _draw(request, vehicle, procedure, ticket, form)


def _take_photos(request: HttpRequest, form: EntryForm) -> None:
    """Keep what was sent before anything else is looked at: a form that is refused has lost no picture."""
    fresh, form.photo_problems = take_pictures(request)
    person_id = request.user.pk or 0
    form.photos = held([*request.POST.getlist("photo"), *(each.token for each in fresh)], person_id)
    if len(form.photos) > MOST_PHOTOGRAPHS:
        words = _("An inspection takes %(most)s photographs; leave some out.") % {"most": MOST_PHOTOGRAPHS}
        form.photo_problems.append(words)


def _attach(request: HttpRequest, form: EntryForm, number: int) -> None:
    if not form.photos:
        return
    inspection = Inspection.objects.get(pk=number)
    pictures = [each.picture for each in form.photos]
    try:
        attach_photographs(inspection=inspection, pictures=pictures, actor=actor_of(request), at=moment_of(request))
    except PhotographsRefused as refused:
        messages.warning(request, str(refused))


def _record(
    request: HttpRequest,
    form: EntryForm,
    posted: PostedInspection,
    rig: Rig,
    ticket: Ticket,
    stored: Inspection | None,
    operator: str,
) -> Recorded | None:
    """What became of it; None where its id stands for another device."""
    if stored is not None and stored.rig_id != rig.pk:
        return None
    not_measured = form.not_measured()
    source = {"form": "entry", "not_measured": not_measured} if not_measured else {"form": "entry"}
    acting = {"rig": rig, "actor": actor_of(request), "at": moment_of(request), "person_id": request.user.pk}
    fate = record_inspection(posted=posted, source=source, **acting)  # type: ignore[arg-type]
    if fate.state is not RecordState.CONFLICT or stored is not None or fate.inspection_id is None:
        return fate
    # Two taps at once: the other one stands. The same values at its moment are the same inspection.
    standing = Inspection.objects.get(pk=fate.inspection_id)
    again = form.posted(ticket, operator=operator, finished_at=standing.finished_at)
    return fate if again is None else record_inspection(posted=again, source=source, **acting)  # type: ignore[arg-type]


def _stored(procedure: Procedure, ticket: Ticket) -> Inspection | None:
    """The inspection that was recorded from this form before, on whatever device."""
    rigs = Rig.objects.filter(authorisations__procedure=procedure).values("pk")
    return Inspection.objects.filter(rig_id__in=rigs, external_id=ticket.id).first()


def _ticket_problem(
    ticket: Ticket | None, vehicle: Vehicle, procedure: Procedure, slots: tuple[Slot, ...], at: Any
) -> str:
    if ticket is None:
        return _("This form was not drawn for you and this car. Your values are here: look at them, then save again.")
    if ticket.layout != layout_of(slots):
        return _("The plan changed since this form was drawn. Look at every value and its unit, then save again.")
    if at - ticket.started_at > LONGEST_LIFE:
        return _("This form was drawn more than a day ago. If the values still stand, save again.")
    changed = changes_since(vehicle, procedure, ticket.started_at, at)
    if changed:
        return _("The car changed since this form was drawn: %(changed)s. Measure again, then save again.") % {
            "changed": _(", ").join(changed[:5])
        }
    return ""


def _saved(request: HttpRequest, procedure: Procedure, rig: Rig, number: int) -> HttpResponse:
    last = request.session.get(_LAST_RIGS, {})
    request.session[_LAST_RIGS] = {**last, procedure.code: rig.pk}
    url = reverse("web:entry-recorded", args=[number])
    return HttpResponseClientRedirect(url) if _by_script(request) else HttpResponseRedirect(url)


def _say_refused(
    form: EntryForm, fate: Recorded | None, stored: Inspection | None, procedure: Procedure, rig: Rig
) -> None:
    if fate is None or fate.state is RecordState.CONFLICT:
        words = _(
            "This form was recorded before with other values, and those stand. Use “Measure again” for another try."
        )
        form.add_error(None, words)
        form.stands = None if stored is None else stored.pk  # type: ignore[attr-defined]
    elif fate.code == "rig_not_authorised_now":
        words = _(
            "%(rig)s may not carry out %(procedure)s now. Choose another device, or let an engineer authorise it."
        )
        form.add_error("rig", words % {"rig": rig.code, "procedure": procedure.code})
    else:
        why = kept_text(fate.code, language_now())
        form.add_error(None, _("It cannot be recorded: %(why)s.") % {"why": why})


def _judge(vehicle: Vehicle, procedure: Procedure, slot: Slot, value: Any) -> SaidVerdict | None:
    if value in (None, ""):
        return None
    posted = PostedMeasurement(**measured_fields(slot, value))
    language = language_now()
    revision_id = vehicle.batch.revision_id
    if revision_id is None:
        verdict = Verdict(Outcome.NOT_JUDGED, JudgementReason.NO_PLAN)
    else:
        judge_of = judge_for(revision_id, procedure.pk, vehicle.registered_at)
        verdict = judge_of.judge(slot.characteristic_id, reading_of(posted)).verdict
    shown = posted.value
    if slot.kind in (Kind.VARIABLE, Kind.COUNT):
        shown = parse_number(str(value))
    return say_verdict(verdict.outcome, verdict.reason, slot.line, shown, slot.unit, language)


def _form(
    request: HttpRequest,
    vehicle: Vehicle,
    procedure: Procedure,
    slots: tuple[Slot, ...],
    data: Mapping[str, Any] | None = None,
) -> EntryForm:
    at = moment_of(request)
    rigs = rigs_for(procedure, at)
    changes = software_in(vehicle, procedure, at)
    marks = marks_of(slots, procedure, _standing(request, vehicle), changes)
    last = request.session.get(_LAST_RIGS, {}).get(procedure.code)
    known = {str(rig.pk) for rig in rigs}
    chosen = str(last) if str(last) in known else next(iter(known)) if len(known) == 1 else None
    return EntryForm(
        slots=slots,
        rigs={str(rig.pk): rig.code for rig in rigs},
        software=software_now(procedure, changes),
        marks=marks,
        data=data,
        initial={"rig": chosen},
    )


def _new_ticket(request: HttpRequest, vehicle: Vehicle, procedure: Procedure, slots: tuple[Slot, ...]) -> Ticket:
    return draw_ticket(
        person_id=request.user.pk or 0,
        vin=vehicle.vin,
        procedure=procedure.code,
        layout=layout_of(slots),
        at=moment_of(request),
    )


def _draw(
    request: HttpRequest,
    vehicle: Vehicle,
    procedure: Procedure,
    ticket: Ticket,
    form: EntryForm,
    *,
    fresh: bool = False,
    of_another: bool = False,
) -> HttpResponse:
    at = moment_of(request)
    rigs = rigs_for(procedure, at)
    states = rig_states(rigs, at)
    chosen = str(form["rig"].value() or "")
    rows = [_reading(vehicle, procedure, form, row, judged=form.is_bound) for row in form.rows()]
    asked, good = sections_of(rows)
    context = {
        **_car(request, vehicle),
        "procedure": procedure,
        "procedure_name": procedure_name(procedure),
        "form": form,
        "rows": rows,
        "asked": asked,
        "good": good,
        "good_count": sum(len(section.items) for section in good),
        "all_good": _all_good(rows),
        "good_open": any(item.filled or item.row.wrong for section in good for item in section.items),
        "devices": [
            {"rig": rig, "state": states[rig.pk], "chosen": str(rig.pk) == chosen, "heard": rig.last_heard_at}
            for rig in rigs
        ],
        "ticket": ticket,
        "fresh": fresh,
        "drawn_for_another": of_another,
        "wrong": [row for row in form.rows() if row.wrong],
        "pad_keys": ("7", "8", "9", "4", "5", "6", "1", "2", "3", ".", "0"),
        "photos": form.photos,
        "photo_problems": form.photo_problems,
        "most_photos": MOST_PHOTOGRAPHS,
        "judge_url": reverse("web:entry-judge", args=[vehicle.vin, procedure.code]),
        "reader": request.user,
    }
    # Scripts swap what an answer of 200 holds; whoever sends the form without them is told by the status too.
    status = 200 if fresh or _by_script(request) else 422
    return render(request, "inspections/entry/form.html", context, status=status)


def _all_good(rows: Sequence[Reading]) -> bool:
    marks = [row.marked.mark for row in rows if row.row.slot.line is not None]
    return bool(marks) and set(marks) == {Mark.GOOD}


def _reading(vehicle: Vehicle, procedure: Procedure, form: EntryForm, row: Row, *, judged: bool) -> Reading:
    value = form.cleaned_data.get(row.slot.name) if judged and not row.wrong else None
    marked = form.marks.get(row.slot.name, Marked(Mark.UNKNOWN))
    return Reading(row, _judge(vehicle, procedure, row.slot, value), row.value.value() or "", marked)


def _by_script(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _car(request: HttpRequest, vehicle: Vehicle) -> dict[str, Any]:
    actor = actor_of(request)
    batch = vehicle.batch
    revision = batch.revision
    judged_on = _("no approved revision") if revision is None else f"{revision.plan.code}, {revision.number}"
    released = vehicle.status == VehicleStatus.RELEASED
    suspended = released and not standing_vehicles([vehicle.pk])
    return {
        "vehicle": vehicle,
        "suspended": suspended,
        "state": "" if vehicle.status == VehicleStatus.IN_PROCESS else state_text(vehicle.status, suspended=suspended),
        "batch": batch,
        "may_record": may(actor, MAY_RECORD),
        "who_may": who_may(MAY_RECORD, actor),
        "title_block": [
            {"label": _("Vehicle"), "value": vehicle.vin},
            {"label": _("Judged on plan revision"), "value": judged_on},
        ],
    }


def _block(subject: str) -> list[dict[str, str]]:
    return [{"label": _("Page"), "value": subject}]


def _vehicle(vin: str) -> Vehicle:
    vehicle = find_vehicle(vin) if is_vin(vin.upper()) else None
    if vehicle is None:
        raise Http404(
            _("No car %(vin)s is registered here. Check the VIN, or let the MES register it.") % {"vin": vin[:64]}
        )
    return vehicle
