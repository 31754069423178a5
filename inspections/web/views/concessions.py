"""Concessions: what is proposed under a nonconformance, read and approved by two; how each stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inspections.batches.models import Batch
from inspections.catalogue.queries import CharacteristicWords, characteristic_words, line_words
from inspections.dispositions.conceding import changes_since, propose_concession, sign_concession
from inspections.dispositions.concession_queries import (
    batch_of,
    concessions,
    concessions_by_id,
    departing,
    lines_failed,
    members_of,
)
from inspections.dispositions.concession_rules import (
    LAPSES_AFTER,
    MAY_CONCEDE,
    MAY_PROPOSE_CONCESSION,
    MEANING,
    ConcessionChanged,
    ConcessionRefused,
    Departing,
    never_conceded,
)
from inspections.dispositions.models import ConcededVehicle, Concession, ConcessionSignature, Nonconformance
from inspections.evaluation.facts import Requirement
from inspections.people.models import User
from inspections.records.signing import NEEDED
from inspections.saying import Cars, Said, own_half

from .. import concession_page
from ..access import actor_of, language_now, may, moment_of, who_may
from ..exporting import of_answers
from ..exporting.answering import exports
from ..forms.concessions import ConcessionForm, ConcessionSignForm
from ..measured import required_words
from ..nonconformance_page import name_of, place_text
from ..paging import PAGE, newest_first, number_cursor
from ..shown import NOT_SAID, shown_of, shown_token
from ..signing import STATUS_OF_REFUSAL, count_password
from .nonconformances import find_nonconformance

_LONGEST = 16


@require_safe
@exports(concessions=of_answers.concessions)
def concession_list(request: HttpRequest) -> HttpResponse:
    """Concessions, newest first, a hundred a page."""
    at, before = moment_of(request), number_cursor(request, "before")
    found = concessions(before=before, most=PAGE + 1)
    more = len(found) > PAGE
    context = {
        "heading": _list_heading(found[:PAGE], at),
        "rows": concession_page.concession_rows(found[:PAGE], at),
        "pager": newest_first(
            request,
            ngettext("%(count)d concession", "%(count)d concessions, newest first", min(len(found), PAGE))
            % {"count": min(len(found), PAGE)},
            found[PAGE - 1].id if more else None,
        )
        if more or before
        else None,
        "title_block": [{"label": "Interlock", "value": _("Concessions")}],
    }
    return render(request, "inspections/concessions/list.html", context)


def _list_heading(found: Sequence[Any], at: datetime) -> str:
    if not found:
        return _("No departure was ever proposed to be conceded")
    waiting = sum(row.state(at) == "proposed" for row in found)
    if not waiting:
        return _("No concession waits for anybody")
    words = ngettext("%(count)d concession waits for signatures", "%(count)d concessions wait for signatures", waiting)
    return words % {"count": waiting}


@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, number: str) -> HttpResponse:
    """What a concession would be for: which cars, which requirement, who must approve. POST proposes it."""
    found, at, actor = find_nonconformance(number), moment_of(request), actor_of(request)
    batch = batch_of(nonconformance=found)
    lines = lines_failed(nonconformance=found)
    line = _chosen(request, lines)
    never = never_conceded(line, members_of(line=line, batch=batch)) if line is not None and batch is not None else ""
    named = departing(batch=batch, line=line) if line is not None and batch is not None and not never else []
    usable = {row.sequence: row.vehicle_id for row in named if not row.unseen}
    own = [row.sequence for row in named if row.vehicle_id == found.vehicle_id and not row.unseen]
    form, status, refusal = ConcessionForm(known=usable, at=at, initial={"cars": str(Cars.of(own))}), 200, ""
    if request.method == "POST":
        actor.require("proposing a concession", *MAY_PROPOSE_CONCESSION)
        form, status = ConcessionForm(known=usable, at=at, data=request.POST), 422
        if form.is_valid() and line is not None:
            ids = [usable[sequence] for sequence in form.cleaned_data["cars"]]
            try:
                made = propose_concession(
                    nonconformance=found, requirement_id=line.id, vehicle_ids=ids, terms=form.terms, actor=actor, at=at
                )
            except ConcessionRefused as refused:
                status, refusal = 409, str(refused)
            else:
                messages.success(request, _("%(number)s is proposed. Two people approve it.") % {"number": made.number})
                return HttpResponseRedirect(reverse("web:concession", args=[made.number]))
    context = {
        "nc": found,
        "batch": batch,
        "never": concession_page.never_text(never),
        "refusal": refusal,
        "form": form,
        "may_act": may(actor, MAY_PROPOSE_CONCESSION),
        "who_may": who_may(MAY_PROPOSE_CONCESSION, actor),
        **_beforehand(found, batch, line, lines, named),
    }
    return render(request, "inspections/concessions/propose.html", context, status=status)


def _chosen(request: HttpRequest, lines: Sequence[Requirement]) -> Requirement | None:
    """The line that is asked for in the address, else the first one."""
    asked = request.GET.get("line", "")
    return next((line for line in lines if str(line.id) == asked), lines[0] if lines else None)


def _beforehand(
    found: Nonconformance,
    batch: Batch | None,
    line: Requirement | None,
    lines: Sequence[Requirement],
    named: Sequence[Departing],
) -> dict[str, Any]:
    """What is said before anything is proposed."""
    words = line_words({each.id for each in lines})
    names = characteristic_words({found.characteristic_id} if found.characteristic_id is not None else set())
    about = names.get(found.characteristic_id or 0)
    url = reverse("web:concession-propose", args=[found.number])
    usable = [row for row in named if not row.unseen]
    return {
        "heading": _heading(found, usable),
        "name": name_of(about),
        "required": required_words(words.get(line.id), language_now()) if line is not None else "",
        "choices": [
            (
                _places(about, each) or required_words(words.get(each.id), language_now()),
                f"{url}?line={each.id}",
                each is line,
            )
            for each in lines
        ]
        if len(lines) > 1
        else [],
        "named": [(row, [(place_text(about, one.position), one.found) for one in row.departures]) for row in named],
        "count": len(usable),
        "who_approves": concession_page.who_approves(),
        "lapses_days": LAPSES_AFTER.days,
        "title_block": [
            {"label": _("Nonconformance"), "value": found.number},
            {"label": _("Batch"), "value": (batch or found.batch).number},
        ],
    }


def _places(about: CharacteristicWords | None, line: Requirement) -> str:
    return _(", ").join(place_text(about, position) for position in line.positions if position)


def _heading(found: Nonconformance, usable: Sequence[Departing]) -> str:
    if not usable:
        return _("Nothing of %(number)s can be conceded") % {"number": found.number}
    words = ngettext(
        "%(count)d car departs from its plan: concede it?",
        "%(count)d cars depart from their plan: concede some of them?",
        len(usable),
    )
    return words % {"count": len(usable)}


@require_safe
@never_cache
def concession(request: HttpRequest, number: str) -> HttpResponse:
    """One concession: the statement that is signed, its cars, who signed, when it ends."""
    return _page(request, _found(number))


@require_POST
@never_cache
def sign(request: HttpRequest, number: str) -> HttpResponse:
    """Approve what was shown. A wrong password counts like one at the door."""
    actor, at, found = actor_of(request), moment_of(request), _found(number)
    actor.require("approving a concession", *MAY_CONCEDE)
    form, seen = ConcessionSignForm(data=request.POST), shown_of(request, f"concession {found.number}")
    if not form.is_valid() or seen is None:
        return _page(request, found, form=form, refusal="" if seen else str(NOT_SAID), status=422)
    password = form.cleaned_data["password"]
    stopped = count_password(request, password)
    if stopped is not None:
        return stopped
    try:
        signature = sign_concession(
            concession=found, signer=cast(User, request.user), password=password,
            seen=seen, at=at, request_id=actor.request_id,
        )  # fmt: skip
    except ConcessionChanged as changed:
        return _page(request, found, refusal=str(changed), differences=changed.differences, status=409)
    except ConcessionRefused as refused:
        return _page(request, found, refusal=str(refused), status=STATUS_OF_REFUSAL.get(refused.code, 409))
    if signature.place == NEEDED:
        messages.success(request, _("Approved twice: the cars are decided again now."))
    else:
        messages.success(request, _("Approved. Somebody else gives the second signature."))
    return HttpResponseRedirect(reverse("web:concession", args=[found.number]))


def _found(number: str) -> Concession:
    wanted = number if number.isprintable() and len(number) <= _LONGEST else ""
    rows = Concession.objects.select_related("batch", "nonconformance__vehicle")
    found = rows.filter(number=wanted.upper()).first()
    if found is None:
        raise Http404(_("There is no such concession."))
    return found


def _page(
    request: HttpRequest,
    found: Concession,
    *,
    form: ConcessionSignForm | None = None,
    refusal: str = "",
    differences: Sequence[Said] = (),
    status: int = 200,
) -> HttpResponse:
    at, actor = moment_of(request), actor_of(request)
    listed = concessions_by_id(ids=[found.pk])[0]
    signatures = list(ConcessionSignature.objects.filter(concession=found).order_by("place"))
    vehicles = list(found.vehicles.select_related("vehicle__delivery", "nonconformance").order_by("vehicle__sequence"))
    ids = [row.vehicle_id for row in vehicles]
    state, about = listed.state(at), characteristic_words({found.characteristic_id}).get(found.characteristic_id)
    why_not = concession_page.why_not(listed, ids, signatures, cast(User, request.user), actor, at)
    if state == "proposed" and not differences:
        differences = changes_since(concession=found)[0]
    open_here = state == "proposed" and not why_not and not differences
    mark, word = concession_page.state_words(listed, at)
    context = {
        "concession": found,
        "listed": listed,
        "heading": concession_page.heading(listed, at, yours=open_here),
        "mark": mark,
        "word": word,
        "state": state,
        "statement": own_half(found.statement),
        "ends": concession_page.ends_text(listed),
        "cars": [(row, _left_by(row, found.pk), _departed(about, row)) for row in vehicles[:PAGE]],
        "more_cars": max(0, len(vehicles) - PAGE),
        "signatures": signatures,
        "same": not differences,
        "differences": differences,
        "refusal": refusal,
        "why_not": why_not,
        "form": form or ConcessionSignForm(),
        "shown_token": shown_token(request, f"concession {found.number}", found.digest, len(signatures)),
        "may_sign": open_here,
        "last_place": listed.signatures + 1 == NEEDED,
        "meaning": MEANING,
        "lapses_at": min(found.lapses_at, found.expires_at or found.lapses_at),
        "who_approves": concession_page.who_approves(),
        "sign_url": reverse("web:concession-sign", args=[found.number]),
        "propose_url": reverse("web:concession-propose", args=[found.nonconformance.number])
        if (differences or state in {"lapsed", "expired", "used_up"}) and may(actor, MAY_PROPOSE_CONCESSION)
        else "",
        "title_block": [
            {"label": _("Concession"), "value": found.number},
            {"label": _("Batch"), "value": found.batch.number},
            {"label": "SHA-256", "value": found.digest[:16]},
        ],
    }
    return render(request, "inspections/concessions/concession.html", context, status=status)


def _departed(about: CharacteristicWords | None, row: ConcededVehicle) -> list[tuple[str, str]]:
    """Where a car departs, and the value found there."""
    return [(place_text(about, each["position"]), each["found"]) for each in row.departures]


def _left_by(row: Any, concession_id: int) -> datetime | None:
    """When a car left by this concession; None for one that has not."""
    delivery = getattr(row.vehicle, "delivery", None)
    return delivery.delivered_at if delivery is not None and concession_id in delivery.conceded else None
