"""Letting go: releases and their list, proposing one, signing it, and the car that leaves."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inspections.batches.models import Batch, Vehicle
from inspections.batches.queries import find_batch, find_vehicle
from inspections.catalogue.queries import characteristic_words, line_words, procedure_words
from inspections.dispositions.choices import HoldSource
from inspections.dispositions.concession_queries import ListedConcession, concessions_by_id
from inspections.dispositions.models import Hold
from inspections.evaluation.reasons import ReasonCode
from inspections.gates.choices import CoverageKind
from inspections.gates.queries import Clearance, StandingCause, batch_summaries, clearance, coverages_of
from inspections.people.models import User
from inspections.releases.conceded import conceded_now, concession_numbers
from inspections.releases.models import Release, ReleasedVehicle, Signature
from inspections.releases.queries import (
    ProposedRelease,
    differences_since,
    open_contacts,
    proposable,
    release_of_vehicle,
    releases,
    standing_vehicles,
    vehicles_of_release,
)
from inspections.releases.rules import (
    MAY_RELEASE,
    MEANING,
    DeliveryRefused,
    ReleaseChanged,
    ReleaseRefused,
)
from inspections.releases.services import MayNotLeave, deliver_vehicle, propose_release, sign_release
from inspections.releases.statements import write_statement
from inspections.results.operators import operators_keeping
from inspections.saying import Cars, Said, own_half, say_count

from .. import batch_page, release_page
from ..access import actor_of, language_now, may, moment_of, who_may
from ..causes import Known, named_in, of_car, page_reasons
from ..concession_page import concession_rows
from ..exporting import of_releases
from ..exporting.answering import exports
from ..exporting.sheets import Sheet
from ..forms.releases import DeliverForm, ProposalForm
from ..forms.signing import SignForm
from ..paging import PAGE, Pager, address, newest_first, number_cursor
from ..reason_groups import ReasonList, group_reasons
from ..shown import NOT_SAID, shown_of, shown_token
from ..signed_for import SignedFor, of_concessions, of_release
from ..signing import STATUS_OF_REFUSAL, count_password

_LONGEST = 64
_ANEW = frozenset({"lapsed", "overtaken", "suspended"})
"""States in which what is clear needs a new proposal."""


@require_safe
@exports(releases=of_releases.releases)
def release_list(request: HttpRequest) -> HttpResponse:
    """Releases, newest first, a hundred a page."""
    at = moment_of(request)
    before = number_cursor(request, "before")
    found = releases(before=before, most=PAGE + 1)
    rows = [release_page.release_row(row, at) for row in found[:PAGE]]
    more = len(found) > PAGE
    context = {
        "heading": _list_heading(found[:PAGE], request),
        "rows": rows,
        "pager": newest_first(
            request,
            str(say_count("%(count)d release", "%(count)d releases, newest first", count=len(rows))),
            found[PAGE - 1].id if more else None,
        )
        if more or before
        else None,
        "title_block": [{"label": "Interlock", "value": _("Releases")}],
    }
    return render(request, "inspections/releases/list.html", context)


def _list_heading(found: list[ProposedRelease], request: HttpRequest) -> str:
    if not found:
        return _("Nothing was ever proposed for release")
    states = [row.state(moment_of(request)) for row in found]
    waiting, stopped = states.count("proposed"), states.count("suspended")
    said = []
    if waiting:
        words = ngettext("%(count)d release waits for signatures", "%(count)d releases wait for signatures", waiting)
        said.append(words % {"count": waiting})
    if stopped:
        said.append(ngettext("%(count)d is suspended", "%(count)d are suspended", stopped) % {"count": stopped})
    return _(", ").join(said) or _("No release waits for anybody")


def _cars_sheet(request: HttpRequest, number: str) -> Sheet:
    return of_releases.cars(_release(number))


@require_safe
@never_cache
@exports(cars=_cars_sheet)
def release(request: HttpRequest, number: str) -> HttpResponse:
    """One release: the statement that is signed, its cars, who signed."""
    return _page(request, _release(number))


@require_POST
@never_cache
def sign(request: HttpRequest, number: str) -> HttpResponse:
    """Sign what was shown. A wrong password counts like one at the door."""
    actor, at, found = actor_of(request), moment_of(request), _release(number)
    actor.require("signing a release", *MAY_RELEASE)
    signer = cast(User, request.user)
    form, seen = SignForm(request.POST), shown_of(request, f"release {found.number}")
    if not form.is_valid() or seen is None:
        return _page(request, found, form=form, refusal="" if seen else str(NOT_SAID), status=422)
    password = form.cleaned_data["password"]
    stopped = count_password(request, password)
    if stopped is not None:
        return stopped
    try:
        signature = sign_release(
            release=found, signer=signer, password=password, seen=seen, at=at,
            request_id=actor_of(request).request_id,
        )  # fmt: skip
    except ReleaseChanged as changed:
        return _page(request, found, refusal=str(changed), differences=changed.differences, status=409)
    except ReleaseRefused as refused:
        return _page(request, found, refusal=str(refused), status=STATUS_OF_REFUSAL.get(refused.code, 409))
    if signature.place == release_page.NEEDED:
        messages.success(request, _("Signed twice: the cars are released and may leave."))
    else:
        messages.success(request, _("Signed. Somebody else gives the second signature."))
    return HttpResponseRedirect(reverse("web:release", args=[found.number]))


def _release(number: str) -> Release:
    rows = Release.objects.select_related("batch__configuration", "batch__revision__plan")
    found = rows.filter(number=number.replace("\x00", "")[:_LONGEST]).first()
    if found is None:
        raise Http404(_("There is no such release."))
    return found


def _page(
    request: HttpRequest,
    release: Release,
    *,
    form: SignForm | None = None,
    refusal: str = "",
    differences: tuple[Said, ...] = (),
    status: int = 200,
) -> HttpResponse:
    at, actor, language = moment_of(request), actor_of(request), language_now()
    found = releases(release_id=release.pk)[0]
    signatures = list(Signature.objects.filter(release=release).order_by("place"))
    ids = list(ReleasedVehicle.objects.filter(release=release).values_list("vehicle_id", flat=True))
    why_not = release_page.why_not(found, ids, signatures, cast(User, request.user), actor, at)
    state, demonstrations = found.state(at), _demonstrations(release.batch, request)
    if not why_not and demonstrations and not settings.DEMO:
        why_not = _("The type tests rest on demonstration coverage, which is no evidence: only a demo signs that.")
    if state == "proposed" and not differences:
        differences = tuple(differences_since(release=release, at=at)[0])
    open_here = state == "proposed" and not why_not and not differences
    mark, word = release_page.state_words(found, at)
    after = number_cursor(request, "after") or 0
    named = vehicles_of_release(release_id=release.pk, after=after, most=PAGE + 1)
    contacts = open_contacts(release_id=release.pk, at=at)
    context = {
        "release": release,
        "found": found,
        "batch": release.batch,
        "heading": release_page.heading(found, at, yours=open_here),
        "mark": mark,
        "word": word,
        "state": state,
        "statement": own_half(release.statement),
        "line": release_page.release_line(contacts, signatures, found.suspended > 0, at, language),
        "cars": [(row, *release_page.vehicle_words(row)) for row in named[:PAGE]],
        "stopped": [row for row in named[:PAGE] if row.suspended_at is not None and row.delivered_at is None],
        "pager": _car_pager(request, named, after),
        "concessions": concession_rows(_concessions(release), at),
        "sign_url": reverse("web:release-sign", args=[release.number]),
        "demonstrations": demonstrations,
        "behind": _behind(request, release, ids) if state == "proposed" else None,
        "signatures": signatures,
        "same": not differences,
        "differences": differences,
        "refusal": refusal,
        "why_not": why_not,
        "form": form or SignForm(),
        "shown_token": shown_token(request, f"release {release.number}", release.digest, len(signatures)),
        "may_sign": open_here,
        "last_place": found.signatures + 1 == release_page.NEEDED,
        "meaning": MEANING,
        "propose_url": _propose_url(release.batch, actor) if differences or state in _ANEW else "",
        "title_block": release_page.title_block(release, found, at),
    }
    return render(request, "inspections/releases/release.html", context, status=status)


def _car_pager(request: HttpRequest, named: list[Any], after: int) -> Pager | None:
    if len(named) <= PAGE and not after:
        return None
    return Pager(
        ngettext("%(count)d car in build order", "%(count)d cars in build order", min(len(named), PAGE))
        % {"count": min(len(named), PAGE)},
        address(request, {"after": None}, "cars") if after else "",
        address(request, {"after": str(named[PAGE - 1].sequence)}, "cars") if len(named) > PAGE else "",
    )


def _concessions(release: Release) -> list[ListedConcession]:
    """The concessions that cars of this release rest on, whether they have left or not."""
    wanted = {number for row in ReleasedVehicle.objects.filter(release=release) for number in row.conceded}
    return concessions_by_id(ids=wanted) if wanted else []


def _demonstrations(batch: Batch, request: HttpRequest) -> list[str]:
    rows = coverages_of(configuration_id=batch.configuration_id, at=moment_of(request))
    return sorted({row.number for row in rows if row.kind == CoverageKind.DEMONSTRATION and not row.revoked})


def _propose_url(batch: Batch, actor: Any) -> str:
    return reverse("web:release-propose", args=[batch.number]) if may(actor, MAY_RELEASE) else ""


def _behind(request: HttpRequest, release: Release, ids: list[int]) -> dict[str, Any]:
    """The cars of the batch that this does not release, with what stands against them now."""
    batch = release.batch
    others = list(Vehicle.objects.filter(batch=batch).exclude(pk__in=ids).order_by("sequence"))
    gone = standing_vehicles([row.pk for row in others])
    behind = [row.sequence for row in others if row.pk not in gone]
    named = set(Vehicle.objects.filter(pk__in={*ids, *gone}).values_list("sequence", flat=True))
    return {
        "count": len(behind),
        "cars": Cars.of(behind),
        "url": _cars_url(batch),
        "reasons": _reasons(request, batch, named),
    }


def _cars_url(batch: Batch) -> str:
    return reverse("web:batch", args=[batch.number]) + "?cars=all#cars"


def _reasons(request: HttpRequest, batch: Batch, named: set[int]) -> ReasonList:
    at, language = moment_of(request), language_now()
    summary = batch_summaries(ids=[batch.pk], at=at)[0]
    coverages = coverages_of(configuration_id=batch.configuration_id, at=at)
    causes, known, _left = batch_page.gather(batch, summary, coverages, language)
    causes[""] = [*causes.get("", ()), *_stopped_by_people(batch)]
    cars_url = reverse("web:batch", args=[batch.number]) + "?cars=wrong#cars"
    said = page_reasons(release_page.left_behind(causes, named), known)
    return group_reasons(said, language, known.zone, cars_url=cars_url)


def _stopped_by_people(batch: Batch) -> list[StandingCause]:
    """What stops cars beside their gates: operators whom nobody knows, and holds that a person placed."""
    strangers = [
        StandingCause(ReasonCode.OPERATOR_UNKNOWN.value, "", found=row.operator, cars=row.cars, vin=row.vin)
        for row in operators_keeping(batch_id=batch.pk)
    ]
    holds = Hold.objects.filter(batch=batch, source=HoldSource.PERSON, lifted_at__isnull=True).select_related("vehicle")
    return strangers + [
        StandingCause(
            ReasonCode.HOLD_ACTIVE.value,
            "",
            detail={
                "who": hold.placed_by,
                "at": hold.placed_at.isoformat(),
                "detail": hold.reason,
                "hold_ends": "person",
            },
            cars=(hold.vehicle.sequence,) if hold.vehicle else (),
            vin=hold.vehicle.vin if hold.vehicle else "",
        )
        for hold in holds.order_by("placed_at")[:100]
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, number: str) -> HttpResponse:
    """What a proposal would state and leave behind. POST proposes the cars named."""
    batch = find_batch(number) if number.isprintable() else None
    if batch is None:
        raise Http404(_("There is no batch %(number)s.") % {"number": number[:_LONGEST]})
    actor, at = actor_of(request), moment_of(request)
    clear, behind = proposable(batch_id=batch.pk, at=at)
    by_number = {row.sequence: row.vehicle_id for row in clear}
    form, status, refusal = ProposalForm(known=by_number, initial={"cars": str(Cars.of(by_number))}), 200, ""
    if request.method == "POST":
        actor.require("proposing a release", *MAY_RELEASE)
        form, status = ProposalForm(known=by_number, data=request.POST), 422
        if form.is_valid():
            ids = [by_number[sequence] for sequence in form.cleaned_data["cars"]]
            try:
                made = propose_release(batch=batch, vehicle_ids=ids, actor=actor, at=at)
            except ReleaseRefused as refused:
                status, refusal = 409, str(refused)
            else:
                messages.success(request, _("%(number)s is proposed. Two people sign it.") % {"number": made.number})
                return HttpResponseRedirect(reverse("web:release", args=[made.number]))
    standing = standing_vehicles([row.vehicle_id for row in (*clear, *behind)])
    context = {
        "batch": batch,
        "heading": _propose_heading(batch, len(clear)),
        "statement": own_half(
            write_statement(
                number=_("(its number)"), batch=batch, chosen=clear, found=[*clear, *behind], standing=standing
            )
        )
        if clear
        else ([], []),
        "count": len(clear),
        "behind": {
            "count": len(behind),
            "cars": Cars.of(row.sequence for row in behind),
            "url": _cars_url(batch),
            "reasons": _reasons(request, batch, {row.sequence for row in clear}),
        },
        "undecided": batch_summaries(ids=[batch.pk], at=at)[0].undecided,
        "form": form,
        "refusal": refusal,
        "may_act": may(actor, MAY_RELEASE),
        "who_may": who_may(MAY_RELEASE, actor),
        "back": reverse("web:batch", args=[batch.number]),
        "title_block": [{"label": _("Batch"), "value": batch.number}],
    }
    return render(request, "inspections/releases/propose.html", context, status=status)


def _propose_heading(batch: Batch, count: int) -> str:
    if not count:
        return _("No car of %(batch)s is clear and waits for its release") % {"batch": batch.number}
    words = ngettext("Propose %(count)d car for release?", "Propose %(count)d cars for release?", count)
    return words % {"count": count}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def deliver(request: HttpRequest, vin: str) -> HttpResponse:
    """A person lets a car out, if it may leave."""
    vehicle = find_vehicle(vin) if vin.isprintable() and len(vin) <= _LONGEST else None
    if vehicle is None:
        raise Http404(_("No vehicle %(vin)s is registered.") % {"vin": vin[:_LONGEST]})
    actor, at = actor_of(request), moment_of(request)
    form, status, refusal, answered = DeliverForm(at=at), 200, "", clearance(vin=vehicle.vin, at=at)
    if request.method == "POST":
        actor.require("delivering a vehicle", *MAY_RELEASE)
        form, status = DeliverForm(at=at, data=request.POST), 422
        if form.is_valid():
            left_at = form.cleaned_data["left_at"]
            try:
                deliver_vehicle(vehicle=vehicle, delivered_at=left_at, actor=actor, at=at)
            except MayNotLeave as refused:
                answered, status, refusal = refused.clearance, 409, _("It may not leave, and it has not left.")
            except DeliveryRefused as refused:
                form.add_error("left_at", str(refused))
            else:
                messages.success(request, _("%(vin)s has left the plant.") % {"vin": vehicle.vin})
                return HttpResponseRedirect(reverse("web:vehicle", args=[vehicle.vin]))
    conceded = conceded_now(vehicle_id=vehicle.pk) if answered.may_leave else []
    context = {
        "vehicle": vehicle,
        "batch": vehicle.batch,
        "answered": answered,
        "reasons": _stopping(vehicle, answered),
        "form": form,
        "refusal": refusal,
        "concessions": concession_numbers(conceded) if conceded else [],
        "signed_for": _signed_for(vehicle, conceded, at),
        "may_act": may(actor, MAY_RELEASE),
        "who_may": who_may(MAY_RELEASE, actor),
        "back": reverse("web:vehicle", args=[vehicle.vin]),
        "title_block": [{"label": _("Vehicle"), "value": vehicle.vin}],
    }
    return render(request, "inspections/releases/deliver.html", context, status=status)


def _signed_for(vehicle: Vehicle, conceded: Collection[int], at: datetime) -> list[SignedFor]:
    release = release_of_vehicle(vehicle_id=vehicle.pk, at=at)
    return [
        *(of_release(release.number, release.signatures) if release is not None else ()),
        *of_concessions(conceded),
    ]


def _stopping(vehicle: Vehicle, answered: Clearance) -> ReasonList:
    """Why a car may not leave, as its page says it."""
    causes = [of_car(cause, vehicle.sequence, vehicle.vin) for cause in answered.reasons]
    lines, characteristics, procedures = named_in(causes)
    known = Known(
        language_now(),
        timezone.get_current_timezone(),
        vehicle.batch.number,
        lines=line_words(lines),
        characteristics=characteristic_words(characteristics),
        procedures=procedure_words(procedures) if procedures else {},
        here=vehicle.vin,
    )
    return group_reasons(page_reasons(causes, known), known.language, known.zone, cars_first=True)
