"""Rigs: whether their results count, what they may do, their keys; and the acts that change it, told beforehand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from inspections.catalogue.models import Procedure
from inspections.gates.waiting_cars import count_waiting
from inspections.intake.choices import KeptState
from inspections.intake.models import Kept
from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.results.leaning import vehicles_leaning_on
from inspections.results.services import (
    FactRefused,
    authorise_rig,
    enter_calibration,
    report_out_of_tolerance,
    withdraw_authorisation,
)
from inspections.rigs.models import ApiKey, Rig
from inspections.rigs.profile_queries import profiles_of
from inspections.rigs.services import issue_key, revoke_key

from ..access import actor_of, language_now, may, moment_of, who_may
from ..ages import sentences, stamp
from ..exporting import of_ledger, of_rigs
from ..exporting.answering import exports
from ..exporting.sheets import Sheet
from ..forms.rigs import (
    AuthorisationForm,
    CalibrationForm,
    OutOfToleranceForm,
    RevocationForm,
    RigActForm,
    WithdrawalForm,
)
from ..intake_rows import kept_row
from ..paging import PAGE, Pager, address
from ..rig_rows import STATES, RigRow, RigsAsked, heard_of, rig_rows, rigs_asked
from ..rig_states import AuthorisedFor, authorisations_of, rig_states
from ..statuses import WORST_FIRST, Status
from .rig_cars import cars_url

MAY_ACT = (Role.ENGINEER,)
MAY_KEY = (Role.CATALOGUE_OWNER,)
_HISTORY = 50
_NAMELESS = 20


def _calibrate(rig: Rig, data: dict[str, Any], actor: Actor, at: datetime) -> None:
    enter_calibration(rig=rig, **data, actor=actor, at=at)


def _report(rig: Rig, data: dict[str, Any], actor: Actor, at: datetime) -> str:
    return cars_url(rig, report_out_of_tolerance(rig=rig, **data, actor=actor, at=at))


def _authorise(rig: Rig, data: dict[str, Any], actor: Actor, at: datetime) -> None:
    authorise_rig(rig=rig, **data, actor=actor, at=at)


def _withdraw(rig: Rig, data: dict[str, Any], actor: Actor, at: datetime) -> None:
    withdraw_authorisation(rig=rig, **data, actor=actor, at=at)


@dataclass(frozen=True, slots=True)
class RigAct:
    """One act on a rig: its form, its service, and the words of its button and of what it did.

    `do` may return the address of a page that shows what it concerns.
    """

    form: type[RigActForm]
    do: Callable[[Rig, dict[str, Any], Actor, datetime], str | None]
    title: str | Promise
    done: str | Promise


ACTS: dict[str, RigAct] = {
    "calibration": RigAct(
        CalibrationForm,
        _calibrate,
        gettext_lazy("Enter a calibration certificate"),
        gettext_lazy("The certificate is entered."),
    ),
    "out-of-tolerance": RigAct(
        OutOfToleranceForm,
        _report,
        gettext_lazy("Report it out of tolerance"),
        gettext_lazy("It is reported out of tolerance."),
    ),
    "authorise": RigAct(
        AuthorisationForm,
        _authorise,
        gettext_lazy("Authorise it for a procedure"),
        gettext_lazy("It is authorised."),
    ),
    "withdraw": RigAct(
        WithdrawalForm,
        _withdraw,
        gettext_lazy("Withdraw an authorisation"),
        gettext_lazy("The authorisation is withdrawn."),
    ),
}


@require_safe
@exports(rigs=of_rigs.rigs)
def rig_list(request: HttpRequest) -> HttpResponse:
    """Rigs, those whose results do not count first, a hundred a page. Four queries."""
    asked, at = rigs_asked(request), moment_of(request)
    after = request.GET.get("after", "")[:64].replace("\x00", "")
    found = list(islice(chain.from_iterable(rig_rows(asked, at, after)), PAGE + 1))
    more, rows = len(found) > PAGE, found[:PAGE]
    words = ngettext("%(count)d rig", "%(count)d rigs", len(rows)) % {"count": len(rows)}
    first = address(request, {"after": None}) if after else ""
    context = {
        "rows": sorted(rows, key=lambda row: WORST_FIRST.index(row.state.status)),
        "heading": _list_heading(asked, rows),
        "asked": asked,
        "filtered": bool(asked.state or asked.text),
        "filters": _filters(request, asked.state),
        "pager": Pager(words, first, address(request, {"after": rows[-1].rig.code}) if more else ""),
        "title_block": [{"label": _("Page"), "value": _("Rigs")}],
    }
    return render(request, "inspections/rigs/list.html", context)


def _list_heading(asked: RigsAsked, rows: list[RigRow]) -> str:
    wrong, every = sum(1 for row in rows if row.state.status is Status.FAIL), len(rows)
    if not rows:
        return _("No rig is so") if asked.state or asked.text else _("No rig is known yet")
    if asked.state or asked.text:
        words = ngettext("%(state)s: %(count)d rig", "%(state)s: %(count)d rigs", every)
        return words % {"state": STATES[asked.state][0] if asked.state else asked.text, "count": every}
    if wrong:
        words = ngettext(
            "%(wrong)s of %(all)s rigs measures what does not count",
            "%(wrong)s of %(all)s rigs measure what does not count",
            wrong,
        )
        return words % {"wrong": wrong, "all": every}
    return ngettext("The rig is in order", "All %(all)s rigs are in order", every) % {"all": every}


def _filters(request: HttpRequest, chosen: str) -> list[tuple[str, str, bool]]:
    names = [("", _("All")), *((state, str(words)) for state, (words, _is) in STATES.items())]
    return [(name, address(request, {"state": state or None, "after": None}), state == chosen) for state, name in names]


def _history_sheet(request: HttpRequest, code: str) -> Sheet:
    return of_ledger.history_of_rig(_rig(code))


def _calibrations_sheet(request: HttpRequest, code: str) -> Sheet:
    return of_rigs.calibrations(_rig(code))


def _findings_sheet(request: HttpRequest, code: str) -> Sheet:
    return of_rigs.findings(_rig(code))


def _authorisations_sheet(request: HttpRequest, code: str) -> Sheet:
    return of_rigs.authorisations(_rig(code), moment_of(request))


def _keys_sheet(request: HttpRequest, code: str) -> Sheet:
    return of_rigs.keys(_rig(code))


@require_safe
@exports(
    history=_history_sheet,
    authorisations=_authorisations_sheet,
    calibrations=_calibrations_sheet,
    findings=_findings_sheet,
    keys=_keys_sheet,
)
def rig(request: HttpRequest, code: str) -> HttpResponse:
    """One rig: its state, certificates, findings, authorisations, keys, and what may be done."""
    return _page(request, _rig(code))


@never_cache
@require_POST
def act(request: HttpRequest, code: str, name: str) -> HttpResponse:
    """An act on a rig, in two steps: first told how many cars it concerns, done when that is confirmed."""
    actor = actor_of(request)
    wanted = ACTS.get(name)
    if wanted is None:
        raise Http404(_("No such act is done on a rig."))
    actor.require("acting on a rig", *MAY_ACT)
    found, at = _rig(code), moment_of(request)
    form = _act_form(name, found, at, data=request.POST)
    if not form.is_valid():
        return _page(request, found, name, form, status=422)
    since, until, procedure_id = form.span()
    count = vehicles_leaning_on(rig_id=found.pk, since=since, until=until, procedure_id=procedure_id)
    if request.POST.get("seen") != str(count):
        return _confirm(request, found, name, form, count)
    try:
        shows = wanted.do(found, form.cleaned_data, actor, at)
    except FactRefused as refused:
        form.add_error(None, str(refused))
        return _page(request, found, name, form, status=422)
    messages.success(request, sentences([wanted.done, _concerned(count)]))
    return HttpResponseRedirect(shows or reverse("web:rig", args=[found.code]))


@never_cache
@require_POST
def key_issue(request: HttpRequest, code: str) -> HttpResponse:
    """A new key of a rig, shown on this answer and never again."""
    actor_of(request).require("issuing a key", *MAY_KEY)
    found = _rig(code)
    secret = issue_key(rig=found, at=moment_of(request), actor=actor_of(request))
    context = {"rig": found, "secret": secret, "title_block": _block(found)}
    return render(request, "inspections/rigs/key.html", context)


@never_cache
@require_POST
def key_revoke(request: HttpRequest, code: str, prefix: str) -> HttpResponse:
    """End a key at once, with a reason."""
    actor_of(request).require("revoking a key", *MAY_KEY)
    found = _rig(code)
    key = ApiKey.objects.filter(rig=found, prefix=prefix).first()
    if key is None:
        raise Http404(_("This rig has no such key."))
    form = RevocationForm(request.POST, auto_id=f"revoke-{prefix}-%s")
    if not form.is_valid():
        return _page(request, found, f"revoke-{prefix}", form, status=422)
    revoke_key(key=key, at=moment_of(request), actor=actor_of(request), reason=form.cleaned_data["reason"])
    messages.success(request, _("Key %(prefix)s opens nothing any more.") % {"prefix": key.prefix})
    return HttpResponseRedirect(reverse("web:rig", args=[found.code]))


def _confirm(request: HttpRequest, found: Rig, name: str, form: RigActForm, count: int) -> HttpResponse:
    given = [(field.html_name, request.POST.get(field.html_name, "")) for field in form]
    shown = [(field.label, _shown(form.cleaned_data[field.name])) for field in form]
    context = {
        "rig": found,
        "act": ACTS[name],
        "url": reverse("web:rig-act", args=[found.code, name]),
        "given": given,
        "shown": shown,
        "count": count,
        "concerned": _concerned(count),
        "lessens": name in ("out-of-tolerance", "withdraw"),
        "title_block": _block(found),
    }
    return render(request, "inspections/rigs/confirm.html", context)


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return stamp(value)
    return f"{value.code} {value.name}" if isinstance(value, Procedure) else str(value)


def _concerned(count: int) -> str:
    if not count:
        return _("No car leans on what it measured in this time.")
    words = ngettext(
        "%(count)d car leans on it and is decided again.", "%(count)d cars lean on it and are decided again.", count
    )
    return words % {"count": count}


def _page(request: HttpRequest, found: Rig, name: str = "", form: Any = None, status: int = 200) -> HttpResponse:
    at, actor = moment_of(request), actor_of(request)
    allowed = authorisations_of([found.pk], at).get(found.pk, [])
    may_act, may_key = may(actor, MAY_ACT), may(actor, MAY_KEY)
    acts = [
        {
            "name": key,
            "title": wanted.title,
            "url": reverse("web:rig-act", args=[found.code, key]),
            "form": form if key == name else _act_form(key, found, at, allowed=allowed),
            "open": key == name,
        }
        for key, wanted in ACTS.items()
        if may_act and (key != "calibration" or found.needs_calibration)
    ]
    context = {
        "rig": found,
        "state": rig_states([found], at)[found.pk],
        "waiting": count_waiting(rig_id=found.pk),
        "heard": heard_of(found, at),
        "calibrations": found.calibrations.order_by("-valid_until", "-pk")[:_HISTORY],
        "findings": found.findings.order_by("-found_at", "-pk")[:_HISTORY],
        "allowed": [_authorised(own) for own in allowed],
        "acts": acts,
        "keys": [_key(key, at, name, form, may_key) for key in found.keys.order_by("-created_at", "-pk")[:_HISTORY]],
        "may_act": may_act,
        "may_key": may_key,
        "who_may_act": who_may(MAY_ACT, actor),
        "who_may_key": who_may(MAY_KEY, actor),
        **_files(found, at),
        "title_block": _block(found),
    }
    return render(request, "inspections/rigs/rig.html", context, status=status)


def _files(found: Rig, at: datetime) -> dict[str, Any]:
    """By which profiles its files are read, and what is kept of them that names nobody."""
    profiles = profiles_of(rig=found, at=at)
    rows = Kept.objects.filter(rig=found, state=KeptState.OPEN, vin="", component_serial="")
    rows = rows.select_related("rig", "submission").defer("body").order_by("received_at", "pk")
    nameless = list(rows[: _NAMELESS + 1])
    more = rows.count() - _NAMELESS if len(nameless) > _NAMELESS else 0
    return {
        "profiles": [
            {"code": profile.code, "adapter": adapter, "number": number} for adapter, profile, number in profiles
        ],
        "nameless": [kept_row(row, at, {}) for row in nameless[:_NAMELESS]],
        "nameless_more": more,
    }


def _act_form(
    name: str, found: Rig, at: datetime, data: Any = None, allowed: list[AuthorisedFor] | None = None
) -> RigActForm:
    now = timezone.localtime(at).replace(second=0, microsecond=0)
    wanted = ACTS[name].form
    initial: dict[str, Any] = {"effective_at": now, "found_at": now, "valid_from": now}
    if not issubclass(wanted, AuthorisationForm):
        return wanted(at=at, data=data, initial=initial)
    if allowed is None:
        allowed = authorisations_of([found.pk], at).get(found.pk, [])
    granted = [own.procedure for own in allowed if own.granted]
    if wanted is not WithdrawalForm:
        granted = list(Procedure.objects.exclude(pk__in=[row.pk for row in granted]).order_by("code"))
    return wanted(procedures=granted, at=at, data=data, initial=initial)


def _authorised(own: AuthorisedFor) -> dict[str, Any]:
    row = own.procedure
    name = row.name_zh if language_now() == "zh-hans" and row.name_zh else row.name
    return {"procedure": row, "name": name, "granted": own.granted, "since": own.since, "by": own.recorded_by}


def _key(key: ApiKey, at: datetime, name: str, form: Any, may_key: bool) -> dict[str, Any]:
    ended = key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= at)
    own = form if name == f"revoke-{key.prefix}" else RevocationForm(auto_id=f"revoke-{key.prefix}-%s")
    return {"key": key, "ended": ended, "form": own if may_key and not ended else None, "open": own is form}


def _rig(code: str) -> Rig:
    found = Rig.objects.filter(code=code.replace("\x00", "")).first()
    if found is None:
        raise Http404(_("No rig is called %(code)s.") % {"code": code[:64]})
    return found


def _block(found: Rig) -> list[dict[str, str]]:
    return [{"label": _("Rig"), "value": found.code}]
