"""Signing coverage by an inspection of a destroyed car: what it shows, what keeps it from being evidence, the act."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from inspections.batches.models import Vehicle
from inspections.catalogue.queries import characteristic_words, line_words, procedure_words
from inspections.dispositions.answering import recorded_it
from inspections.gates.covering import MAY_COVER
from inspections.gates.models import Coverage
from inspections.gates.rules import CoverageRefused
from inspections.gates.services import cover_by_inspection
from inspections.gates.type_evidence import TypeTest, examine_type_test
from inspections.gates.writing import reason_record
from inspections.people.models import User
from inspections.records.signing import NotAuthenticated
from inspections.results.models import Inspection
from inspections.rigs.models import Rig

from ..access import actor_of, language_now, may, moment_of, who_may
from ..ages import stamp
from ..causes import Known, StandingCause, named_in, of_batch, page_reasons
from ..forms.coverage import SigningForm
from ..reason_groups import ReasonList, group_reasons


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cover(request: HttpRequest, number: int) -> HttpResponse:
    """What would be signed by this inspection. POST signs it; the signer authenticates again."""
    found = Inspection.objects.filter(pk=number).first()
    if found is None:
        raise Http404(_("No inspection has this number."))
    at, actor = moment_of(request), actor_of(request)
    test = examine_type_test(inspection=found, at=at)
    form, status, refused = _form(test), 200, ""
    if request.method == "POST":
        actor.require("signing coverage", *MAY_COVER)
        form, status = SigningForm(request.POST), 422
        if form.is_valid():
            try:
                made = cover_by_inspection(
                    inspection=found,
                    valid_from=form.cleaned_data["valid_from"],
                    valid_until=form.cleaned_data["valid_until"],
                    signer=cast(User, request.user),
                    password=form.cleaned_data["password"],
                    at=at,
                    request_id=actor.request_id,
                )
            except NotAuthenticated as refusal:
                form.add_error("password", str(refusal))
                status = 403
            except CoverageRefused as refusal:
                status, refused = 409, str(refusal)
            else:
                messages.success(request, _("%(number)s is signed.") % {"number": made.number})
                return HttpResponseRedirect(reverse("web:coverage-one", args=[made.configuration.code, made.number]))
    own = recorded_it(actor=actor, person_id=found.person_id, operator=found.operator)
    known = Coverage.objects.select_related("configuration").filter(inspection_id=found.pk, revocation__isnull=True)
    context = {
        "inspection": found,
        "test": test,
        "name": (test.procedure.name_zh if language_now() == "zh-hans" else "") or test.procedure.name,
        "rig": Rig.objects.get(pk=found.rig_id).code,
        "finished": stamp(found.finished_at),
        "software": _software(test),
        "refusal": test.refusal or "",
        "reasons": _reasons(test),
        "known": known.first(),
        "own": own,
        "form": form,
        "refused": refused,
        "may_act": may(actor, MAY_COVER),
        "who_may": who_may(MAY_COVER, actor),
        "back": _back(test.vehicle, found),
        "title_block": [{"label": _("Inspection"), "value": found.external_id}],
    }
    return render(request, "inspections/coverage/cover.html", context, status=status)


def _form(test: TypeTest) -> SigningForm:
    if test.vehicle is None:
        return SigningForm()
    # What its own batch was built with is the least that the test speaks for.
    begins = timezone.localtime(test.vehicle.batch.opened_at).replace(second=0, microsecond=0)
    if begins < test.vehicle.batch.opened_at:
        begins += timedelta(minutes=1)
    return SigningForm(initial={"valid_from": begins})


def _software(test: TypeTest) -> list[str]:
    return [
        f"{item['system']} {item['version']}"
        for item in test.software
        if item["system"] in test.procedure.software_systems
    ]


def _reasons(test: TypeTest) -> ReasonList:
    """What keeps it from being evidence, as the page of a car says it."""
    if test.vehicle is None:
        return ReasonList((), ())
    car = test.vehicle
    records: list[dict[str, Any]] = [reason_record(reason, {}) for reason in test.reasons]
    causes = [_of_car(cause, car) for cause in of_batch(test.procedure.domain, records)]
    lines, characteristics, procedures = named_in(causes)
    revision = car.batch.revision
    known = Known(
        language_now(),
        timezone.get_current_timezone(),
        car.batch.number,
        plan="" if revision is None else revision.plan.code,
        revision="" if revision is None else str(revision.number),
        configuration=car.batch.configuration.code,
        testing_closed=True,
        lines=line_words(lines),
        characteristics=characteristic_words(characteristics),
        procedures=procedure_words(procedures) if procedures else {},
    )
    return group_reasons(page_reasons(causes, known), known.language, known.zone, cars_first=True)


def _of_car(cause: StandingCause, car: Vehicle) -> StandingCause:
    return StandingCause(
        code=cause.code,
        gate=cause.gate,
        characteristic_id=cause.characteristic_id,
        position=cause.position,
        requirement_id=cause.requirement_id,
        found=cause.found,
        required=cause.required,
        detail=cause.detail,
        cars=(car.sequence,),
        vin=car.vin,
    )


def _back(vehicle: Vehicle | None, found: Inspection) -> str:
    if vehicle is None:
        return reverse("web:today")
    return reverse("web:vehicle", args=[vehicle.vin]) + f"#inspection-{found.pk}"
