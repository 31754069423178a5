"""Holding many cars in one act: asked for by a condition, counted first, then placed; the lists and what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from inspections.dispositions.concerning import (
    ConcernedVehicle,
    cars_of_unknown_lot,
    digest_of,
    vehicles_concerned,
)
from inspections.dispositions.conditions import ComponentLot, record_of
from inspections.dispositions.hold_lists import choose, held_by_list, lift_hold_list, place_hold_list
from inspections.dispositions.listed import SHOWN, HoldListRow, hold_list_of, hold_lists, listed_vehicles
from inspections.dispositions.models import HoldList
from inspections.dispositions.on_record import never_recorded, on_record
from inspections.dispositions.rules import MAY_LIFT_HOLD, MAY_PLACE_HOLD, HoldRefused, ListChanged

from ..access import actor_of, may, moment_of, who_may
from ..ages import stamp
from ..batch_facts import vehicle_status_text
from ..exporting import of_answers
from ..exporting.answering import exports
from ..exporting.sheets import Sheet
from ..forms.hold_lists import (
    BuildWindowForm,
    ConditionForm,
    LiftListForm,
    ListReasonForm,
    LotForm,
    NamedForm,
    RigWindowForm,
    SoftwareForm,
)
from ..hold_list_words import condition_text, counted, list_heading, listed_line
from ..paging import PAGE, Pager, address, newest_first, number_cursor

_NAMED = 20


@dataclass(frozen=True, slots=True)
class Way:
    """One way to say which cars: its form and its name."""

    form: type[ConditionForm]
    title: str | Promise


WAYS: dict[str, Way] = {
    "vehicles": Way(NamedForm, gettext_lazy("By a list of VINs")),
    "component_lot": Way(LotForm, gettext_lazy("By the lot of a part")),
    "rig_window": Way(RigWindowForm, gettext_lazy("By a rig and when it measured")),
    "build_window": Way(BuildWindowForm, gettext_lazy("By when they were built")),
    "software_version": Way(SoftwareForm, gettext_lazy("By the software that runs on them")),
}


@require_safe
@exports(lists=of_answers.lists_of_holds)
def lists(request: HttpRequest) -> HttpResponse:
    """Hold lists, newest first, a hundred a page. One statement."""
    before = number_cursor(request, "before")
    rows = hold_lists(before=before, most=PAGE + 1)
    more, rows = len(rows) > PAGE, rows[:PAGE]
    holding = sum(row.holding for row in rows)
    words = ngettext("%(count)d list", "%(count)d lists", len(rows)) % {"count": len(rows)}
    context = {
        "rows": [(row, condition_text(row.condition), stamp(row.placed_at)) for row in rows],
        "heading": ngettext(
            "%(count)d car is held by these lists", "%(count)d cars are held by these lists", holding
        ) % {"count": holding} if holding else _("No car is held by a list"),
        "pager": newest_first(request, words, rows[-1].id if more else None),
        "may_act": may(actor_of(request), MAY_PLACE_HOLD),
        "who_may": who_may(MAY_PLACE_HOLD, actor_of(request)),
        "title_block": [{"label": _("Page"), "value": _("Hold lists")}],
    }  # fmt: skip
    return render(request, "inspections/holds/lists.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Which cars, asked by one of several conditions; POST counts them, and with `place` holds exactly those shown."""
    if request.method != "POST":
        return _ask(request, request.GET.get("kind", ""))
    actor_of(request).require("placing a hold", *MAY_PLACE_HOLD)
    kind = request.POST.get("kind", "")
    if kind not in WAYS:
        return _ask(request, kind, status=422)
    form = WAYS[kind].form(at=moment_of(request), data=request.POST)
    if not form.is_valid():
        return _ask(request, kind, form, status=422)
    try:
        if "place" in request.POST:
            return _place(request, kind, form)
        return _count(request, kind, form, vehicles_concerned(condition=form.condition()))
    except ListChanged as changed:
        return _count(request, kind, form, changed.found, refused=str(changed), status=409)
    except HoldRefused as refused:
        form.add_error(None, str(refused))
        return _ask(request, kind, form, status=422)


def _ask(request: HttpRequest, kind: str, form: ConditionForm | None = None, status: int = 200) -> HttpResponse:
    """The ways to say which cars. What the address names is filled in."""
    actor, at = actor_of(request), moment_of(request)
    ways = [
        {
            "kind": key,
            "title": way.title,
            "open": key == kind,
            "form": form if form is not None and key == kind else _fresh(request, way, named=key == kind),
        }
        for key, way in WAYS.items()
    ]
    context = {
        "ways": ways,
        "known": asdict(on_record()),
        "may_act": may(actor, MAY_PLACE_HOLD),
        "who_may": who_may(MAY_PLACE_HOLD, actor),
        "title_block": [
            {"label": _("Page"), "value": _("Hold several cars")},
            {"label": _("As of"), "value": stamp(at)},
        ],
    }
    return render(request, "inspections/holds/choose.html", context, status=status)


def _fresh(request: HttpRequest, way: Way, *, named: bool) -> ConditionForm:
    initial = {name: request.GET[name][:200] for name in request.GET if name != "vins"} if named else {}
    return way.form(at=moment_of(request), initial=initial)


def _count(
    request: HttpRequest,
    kind: str,
    form: ConditionForm,
    found: Sequence[ConcernedVehicle],
    *,
    reason: ListReasonForm | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    """What would be held, and by one more act is. The cars are shown a hundred at a time, those that left first."""
    condition = form.condition()
    text = request.POST.get("after", "")
    start = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    reason_text = request.POST.get("reason", "")
    again = getattr(form.cleaned_data.get("vins"), "again", ())
    given = [(field.html_name, field.data) for field in form if field.data not in (None, False, "")]
    # Many VINs would make no address; they are pasted again.
    filled = [(name, value) for name, value in given if name != "vins"]
    context = {
        "kind": kind,
        "given": given,
        "back": f"{reverse('web:hold-list-new')}?{urlencode([('kind', kind), *filled])}#{kind}",
        "asked": condition_text(record_of(condition)),
        "counted": counted(found),
        "cars": [(row, vehicle_status_text(row.status)) for row in found[start : start + PAGE]],
        "after": start,
        "earlier": max(0, start - PAGE) if start else None,
        "later": start + PAGE if len(found) > start + PAGE else None,
        "first": start + 1,
        "last": min(start + PAGE, len(found)),
        "total": len(found),
        "again": again[:PAGE],
        "unknown": never_recorded(condition=condition) if not found else None,
        "unknown_lot": cars_of_unknown_lot(component=condition.component) if isinstance(condition, ComponentLot) else 0,
        "digest": digest_of(found),
        "form": reason or ListReasonForm(initial={"reason": reason_text}),
        "refused": refused,
        "title_block": [
            {"label": _("Counted"), "value": stamp(moment_of(request))},
            {"label": "SHA-256", "value": digest_of(found)[:16]},
        ],
    }  # fmt: skip
    return render(request, "inspections/holds/count.html", context, status=status)


def _place(request: HttpRequest, kind: str, form: ConditionForm) -> HttpResponse:
    reason = ListReasonForm(request.POST)
    if not reason.is_valid():
        found = vehicles_concerned(condition=form.condition())
        return _count(request, kind, form, found, reason=reason, status=422)
    placed = place_hold_list(
        condition=form.condition(),
        reason=reason.cleaned_data["reason"],
        seen=request.POST.get("seen", ""),
        actor=actor_of(request),
        at=moment_of(request),
    )
    count = placed.holds.count()
    words = ngettext("%(number)s holds %(count)d car.", "%(number)s holds %(count)d cars.", count)
    messages.success(request, words % {"number": placed.number, "count": count})
    return HttpResponseRedirect(reverse("web:hold-list", args=[placed.number]))


def _cars_asked(request: HttpRequest) -> str:
    shown = request.GET.get("cars", "")
    return shown if shown in SHOWN else "all"


def _cars_sheet(request: HttpRequest, number: str) -> Sheet:
    found, shown = _found(number), _cars_asked(request)
    return of_answers.cars_of_list(found, shown, _car_words(found)[shown])


@require_safe
@exports(cars=_cars_sheet)
def hold_list(request: HttpRequest, number: str) -> HttpResponse:
    """One list: what it was asked for, why, and what became of each car. Two statements."""
    found = _found(number)
    shown = _cars_asked(request)
    after = number_cursor(request, "after") or 0
    rows = listed_vehicles(list_id=found.id, shown=shown, after=after, most=PAGE + 1)
    more, rows = len(rows) > PAGE, rows[:PAGE]
    words = ngettext("%(count)d car", "%(count)d cars", len(rows)) % {"count": len(rows)}
    first = address(request, {"after": None}) if after else ""
    actor = actor_of(request)
    context = {
        "list": found,
        "heading": list_heading(found),
        "asked": condition_text(found.condition),
        "placed": stamp(found.placed_at),
        "filters": _filters(request, found, shown),
        "cars": [listed_line(row) for row in rows],
        "pager": Pager(words, first, address(request, {"after": str(rows[-1].vehicle_id)}) if more else "")
        if more or after
        else None,
        "may_act": may(actor, MAY_LIFT_HOLD),
        "who_may": who_may(MAY_LIFT_HOLD, actor),
        "title_block": [{"label": _("Hold list"), "value": found.number}],
    }
    return render(request, "inspections/holds/list.html", context)


def _filters(request: HttpRequest, found: HoldListRow, shown: str) -> list[tuple[str, str, bool]]:
    names = _car_words(found)
    return [(name, address(request, {"cars": key, "after": None}), key == shown) for key, name in names.items()]


def _car_words(found: HoldListRow) -> dict[str, str]:
    return {
        "all": _("All %(count)d cars") % {"count": found.listed},
        "held": _("Held %(count)d") % {"count": found.holding},
        "lifted": _("Lifted %(count)d") % {"count": found.listed - found.gone - found.holding},
        "gone": _("Had left %(count)d") % {"count": found.gone},
    }


@require_http_methods(["GET", "HEAD", "POST"])
def lift(request: HttpRequest, number: str) -> HttpResponse:
    """Let cars of a list go on, all or some. POST tells first how many; told again so, it is done."""
    found, actor = _found(number), actor_of(request)
    if request.method != "POST":
        return _lift_page(request, found, LiftListForm())
    actor.require("lifting a hold", *MAY_LIFT_HOLD)
    held = held_by_list(list_id=found.id)
    form = LiftListForm(request.POST, held=held)
    if not form.is_valid():
        return _lift_page(request, found, form, status=422)
    some = form.cleaned_data["which"] == "some"
    vins = form.cleaned_data["vins"].vins if some else None
    row = HoldList.objects.get(pk=found.id)
    try:
        chosen = held if vins is None else choose(row, held, vins)
        count = len(chosen)
        if request.POST.get("seen") != str(count):
            return _lift_page(request, found, form, chosen=list(chosen))
        lifted = lift_hold_list(
            hold_list=row, vins=vins, reason=form.cleaned_data["reason"], seen=count, actor=actor, at=moment_of(request)
        )
    except HoldRefused as refused:
        form.add_error(None, str(refused))
        return _lift_page(request, found, form, status=409)
    words = ngettext("The hold of %(count)d car is lifted.", "The holds of %(count)d cars are lifted.", lifted)
    messages.success(request, words % {"count": lifted})
    return HttpResponseRedirect(reverse("web:hold-list", args=[found.number]))


def _lift_page(
    request: HttpRequest,
    found: HoldListRow,
    form: LiftListForm,
    *,
    chosen: Sequence[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The form; with `chosen`, what it would do and the same once more to do it."""
    actor = actor_of(request)
    count = None if chosen is None else len(chosen)
    context = {
        "list": found,
        "form": form,
        "count": count,
        "named": [] if chosen is None else chosen[:_NAMED],
        "unnamed": max(0, (count or 0) - _NAMED),
        "reason": request.POST.get("reason", ""),
        "left": found.holding - (count or 0),
        "given": [(field.html_name, request.POST.get(field.html_name, "")) for field in form],
        "asked": condition_text(found.condition),
        "placed": stamp(found.placed_at),
        "may_act": may(actor, MAY_LIFT_HOLD),
        "who_may": who_may(MAY_LIFT_HOLD, actor),
        "title_block": [{"label": _("Hold list"), "value": found.number}],
    }
    return render(request, "inspections/holds/lift_list.html", context, status=status)


def _found(number: str) -> HoldListRow:
    found = hold_list_of(number=number) if number.isprintable() else None
    if found is None:
        raise Http404(_("There is no hold list of this number."))
    return found
