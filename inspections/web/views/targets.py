"""The targets of delivery: what is asked now, what was asked before, and setting one, told beforehand what it asks."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from inspections.batches.asking import Pace, asked_between, day_begins, pace_at, periods_at, seconds_a_car
from inspections.batches.models import DeliveryTarget
from inspections.batches.services import MAY_SET, TargetChanged, TargetRefused, set_target
from inspections.batches.targets import (
    calendar_of,
    newest_target,
    paces_of,
    scope_of,
    targets_by_scope,
    why_not_set,
)
from inspections.saying import say_count

from ..access import actor_of, may, moment_of, who_may
from ..ages import stamp
from ..exporting import of_targets
from ..exporting.answering import exports
from ..forms.targets import TargetForm, filled_from
from ..paging import PAGE, newest_first, number_cursor
from ..target_words import number_text, scope_text, seconds_text, state_text, working_days


@require_http_methods(["GET", "HEAD", "POST"])
@exports(targets=of_targets.targets)
def targets(request: HttpRequest) -> HttpResponse:
    """What is asked and was asked. POST tells what a target would ask for, and with `confirm` sets it."""
    if request.method != "POST":
        return _page(request)
    actor, at = actor_of(request), moment_of(request)
    actor.require("setting a delivery target", *MAY_SET)
    form = TargetForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    if "confirm" not in request.POST:
        return _confirm(request, form)
    seen = request.POST.get("seen", "")
    try:
        target = set_target(**form.cleaned_data, seen=int(seen) if seen.isdigit() else None, actor=actor, at=at)
    except TargetChanged as changed:
        form.add_error(None, str(changed))
        return _page(request, form, status=409)
    except TargetRefused as refused:
        form.add_error(None, str(refused))
        return _page(request, form, status=422)
    said = {"scope": scope_text(target.model.code if target.model else ""), "day": target.effective_on.isoformat()}
    messages.success(request, _("The target of %(scope)s is set, from %(day)s on.") % said)
    return HttpResponseRedirect(reverse("web:targets"))


def _confirm(request: HttpRequest, form: TargetForm) -> HttpResponse:
    """What the target would ask for; nothing was set yet."""
    data, at = form.cleaned_data, moment_of(request)
    newest = newest_target(data["model"])
    fault = why_not_set(
        **{name: value for name, value in data.items() if name != "model"}, first=newest is None, at=at
    )  # fmt: skip
    if fault is not None:
        form.add_error(None, str(fault))
        return _page(request, form, status=422)
    calendar = calendar_of(data["weekdays"], data["hours"], data["closed_days"])
    own = Pace(data["effective_on"], data["cars_per_year"], calendar)
    standing = paces_of(DeliveryTarget.objects.filter(model=data["model"]).order_by("pk"))
    paces = (*(pace for pace in standing if pace.since != own.since), own)
    paces = tuple(sorted(paces, key=lambda pace: pace.since))
    scope = scope_text(data["model"].code if data["model"] else "")
    context = {
        "heading": _confirm_heading(scope, own),
        "facts": _asked_facts(paces, own),
        "before": standing[-1] if standing else None,
        "given": [(name, value) for name in form.fields for value in request.POST.getlist(name)],
        "seen": newest.pk if newest else "",
        "title_block": [{"label": _("Page"), "value": _("Targets of delivery")}],
    }
    return render(request, "inspections/targets/confirm.html", context)


def _confirm_heading(scope: str, pace: Pace) -> str:
    said = {"scope": scope, "cars": number_text(pace.cars_per_year), "day": pace.since.isoformat()}
    if not pace.cars_per_year:
        return _("From %(day)s on nothing would be asked of %(scope)s") % said
    return _("From %(day)s on %(scope)s would be asked for %(cars)s cars a year") % said


def _asked_facts(paces: tuple[Pace, ...], own: Pace) -> list[tuple[str, str]]:
    """What the first day, its week and its year would ask for, and the time of one car."""
    zone = timezone.get_default_timezone()
    first = day_begins(own.since, zone)
    facts = []
    seconds = seconds_a_car(own, first, zone)
    if seconds is not None:
        facts.append((_("One car every"), _("%(seconds)s s of working time") % {"seconds": seconds_text(seconds)}))
    for period in periods_at(first, zone):
        last = period.end.astimezone(zone).date() - timedelta(days=1)
        span = f"{period.start.date().isoformat()} … {last.isoformat()}"
        cars = number_text(asked_between(paces, period.start, period.end, zone))
        facts.append((_span_text(period.name, span), _("%(cars)s cars") % {"cars": cars}))
    return facts


def _span_text(name: str, span: str) -> str:
    words = {"day": _("Asked of the first day, %(day)s"), "week": _("Asked of its week, %(span)s"),
        "year": _("Asked of its year, %(span)s, with what was asked before")}  # fmt: skip
    return words[name] % {"span": span, "day": span[:10]}


def _page(request: HttpRequest, form: TargetForm | None = None, status: int = 200) -> HttpResponse:
    at, actor = moment_of(request), actor_of(request)
    by_scope = targets_by_scope()
    rows = sorted((row for found in by_scope.values() for row in found), key=lambda row: -row.pk)
    before = number_cursor(request, "before")
    beyond = [row for row in rows if before is None or row.pk < before]
    shown = beyond[:PAGE]
    today = timezone.localdate(at, timezone.get_default_timezone())
    context = {
        "heading": _heading(by_scope, at),
        "rows": [_row(row, by_scope, at) for row in shown],
        "pager": newest_first(
            request,
            str(
                say_count(
                    "%(count)d target",
                    "%(shown)d of %(count)d targets, newest first",
                    count=len(rows),
                    shown=len(shown),
                )
            ),
            shown[-1].pk if len(beyond) > PAGE else None,
        ),
        "form": form or TargetForm(initial=filled_from(rows[0] if rows else None, today)),
        "may_act": may(actor, MAY_SET),
        "who_may": who_may(MAY_SET, actor),
        "title_block": [
            {"label": _("Page"), "value": _("Targets of delivery")}, {"label": _("As of"), "value": stamp(at)},
        ],
    }  # fmt: skip
    return render(request, "inspections/targets/targets.html", context, status=status)


def _heading(by_scope: dict[str, list[DeliveryTarget]], at: datetime) -> str:
    zone = timezone.get_default_timezone()
    asked = [(scope, pace_at(paces_of(found), at, zone)) for scope, found in sorted(by_scope.items())]
    said = [
        _("%(scope)s: %(cars)s cars a year") % {"scope": scope_text(scope), "cars": number_text(pace.cars_per_year)}
        for scope, pace in asked
        if pace is not None
    ]
    text = _("; ").join(said) or _("No target of delivery is set")
    return text[:1].upper() + text[1:]


def _row(row: DeliveryTarget, by_scope: dict[str, list[DeliveryTarget]], at: datetime) -> dict[str, Any]:
    own = by_scope[row.model.code if row.model else ""]
    (pace,) = paces_of([row])
    zone = timezone.get_default_timezone()
    seconds = seconds_a_car(pace, day_begins(row.effective_on, zone), zone)
    return {
        "id": row.pk,
        "scope": scope_text("" if row.model is None else scope_of(row)),
        "cars": number_text(row.cars_per_year),
        "since": row.effective_on.isoformat(),
        "state": state_text(row, own, at),
        "days": working_days(row),
        "hours": row.hours,
        "seconds": "" if seconds is None else seconds_text(seconds),
        "reason": row.reason,
        "demonstration": row.demonstration,
        "set_by": row.set_by,
        "at": stamp(row.at),
        "closed": _closed(row.closed_days),
    }


def _closed(days: list[date]) -> str:
    return _(", ").join(day.isoformat() for day in days)
