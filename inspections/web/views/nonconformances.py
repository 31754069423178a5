"""Nonconformances: what waits for an answer, and one of them from its flag to its end, with what people do about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
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

from inspections.batches.choices import OUT_FOR_GOOD, VehicleStatus
from inspections.catalogue.models import Characteristic, ComponentKind
from inspections.catalogue.queries import characteristic_words
from inspections.dispositions.answering import (
    MAY_DISPOSE,
    Fail,
    answer_by_scrap,
    confirm_retest,
    declare_invalid,
    open_fails,
    open_fails_of,
    record_rework,
    recorded_it,
    take_nonconformance,
)
from inspections.dispositions.choices import NonconformanceState
from inspections.dispositions.concession_queries import (
    batch_of,
    concessions_of_vehicle,
    lines_failed,
    members_of,
)
from inspections.dispositions.concession_rules import MAY_PROPOSE_CONCESSION, never_conceded
from inspections.dispositions.models import Disposition, Nonconformance
from inspections.dispositions.queries import (
    ListedNonconformance,
    acts_on,
    count_open,
    nonconformances,
)
from inspections.dispositions.rules import DispositionRefused
from inspections.evaluation.facts import Requirement
from inspections.marks.queries import waiting_by_batch
from inspections.people.rules import Actor
from inspections.results.queries import fittings_of_vehicle
from inspections.results.services import ChangeRefused

from .. import concession_page
from ..access import actor_of, language_now, may, moment_of, who_may
from ..act_words import say_act
from ..ages import age_text, clock_or_stamp, sentences, stamp
from ..board_page import narrowed_words, read_asked
from ..cause_words import cause_text
from ..exporting import of_answers
from ..exporting.answering import exports
from ..exporting.sheets import Sheet
from ..forms.nonconformances import InvalidForm, RetestForm, ReworkForm, ScrapForm, TakeForm
from ..nonconformance_page import (
    MeasuredAt,
    findings,
    later_pass,
    measured_in_time,
    name_of,
    next_words,
)
from ..paging import HISTORY, PAGE, Pager, address, cursor_text, moment_cursor
from ..telling import Telling, characteristics_in

_LONGEST_NUMBER = 16


def _take(found: Nonconformance, form: Any, actor: Actor, at: datetime) -> None:
    data = form.cleaned_data
    take_nonconformance(
        nonconformance=found,
        actor=actor,
        at=at,
        cause=data["cause"],
        containment=data["containment"],
        cause_class=data["cause_class"],
    )


def _rework(found: Nonconformance, form: Any, actor: Actor, at: datetime) -> None:
    data = form.cleaned_data
    record_rework(
        nonconformance=found,
        what=data["what"],
        done_at=data["done_at"],
        parts=form.parts,
        repeats=data.get("repeats", []),
        actor=actor,
        at=at,
    )


def _confirm(found: Nonconformance, form: Any, actor: Actor, at: datetime) -> None:
    confirm_retest(nonconformance=found, reason=form.cleaned_data["reason"], actor=actor, at=at)


def _invalid(found: Nonconformance, form: Any, actor: Actor, at: datetime) -> None:
    declare_invalid(nonconformance=found, reason=form.cleaned_data["reason"], actor=actor, at=at)


def _scrap(found: Nonconformance, form: Any, actor: Actor, at: datetime) -> None:
    answer_by_scrap(nonconformance=found, reason=form.cleaned_data["reason"], actor=actor, at=at)


@dataclass(frozen=True, slots=True)
class Act:
    """One act on a nonconformance: its form, its service, the words of its button, of what it did, of when it fits."""

    form: Callable[..., forms.Form]
    do: Callable[[Nonconformance, Any, Actor, datetime], None]
    title: str | Promise
    button: str | Promise
    done: str | Promise
    when: str | Promise = ""


ACTS: dict[str, Act] = {
    "take": Act(
        TakeForm, _take, gettext_lazy("Take it, say cause and containment"), gettext_lazy("Take it"),
        gettext_lazy("You own it."),
        gettext_lazy("Whoever sees to it says so, and why it happened."),
    ),
    "rework": Act(
        ReworkForm, _rework, gettext_lazy("Record rework"), gettext_lazy("Record the rework"),
        gettext_lazy("The rework is recorded."),
        gettext_lazy("The car was repaired; its tests are repeated."),
    ),
    "retest": Act(
        RetestForm, _confirm, gettext_lazy("Confirm the repeat"), gettext_lazy("Confirm the repeat"),
        gettext_lazy("The repeat is confirmed."),
        gettext_lazy("The car was good: the first test was disturbed, a repeat shows it."),
    ),
    "invalid": Act(
        InvalidForm, _invalid, gettext_lazy("Declare the measurement invalid"), gettext_lazy("Declare it invalid"),
        gettext_lazy("The measurement is declared invalid."),
        gettext_lazy("It says nothing of the car: a wrong set-up, another part, a broken sensor."),
    ),
    "scrap": Act(
        ScrapForm, _scrap, gettext_lazy("Answer it by scrap"), gettext_lazy("Answer it by scrap"),
        gettext_lazy("Its fails are answered: the car never leaves."),
        gettext_lazy("The car is scrapped already."),
    ),
}  # fmt: skip
"""By the last part of the address."""


@require_safe
def nonconformance_list(request: HttpRequest) -> HttpResponse:
    """Open ones, critical and oldest first; or closed ones. Seven statements however many there are."""
    at, closed = moment_of(request), request.GET.get("state") == "closed"
    cursor = moment_cursor(request, "after", 2)
    after = None if cursor is None else (cursor[0], cursor[1][0], cursor[1][1])
    if after is not None and after[1] > 1:
        raise Http404(_("This is no page of the list: begin again at its first."))
    asked = read_asked(request)
    rows = nonconformances(closed=closed, only=asked.only, after=after, most=PAGE + 1)
    more, rows = len(rows) > PAGE, rows[:PAGE]
    count, critical = count_open()
    following = ""
    if more:
        last = rows[-1]
        text = cursor_text(last.closed_at or last.opened_at, int(not last.critical), last.id)
        following = address(request, {"after": text})
    words = ngettext("%(count)d nonconformance", "%(count)d nonconformances", len(rows)) % {"count": len(rows)}
    context = {
        "heading": heading_of(count, critical),
        "rows": _listed(rows, at),
        "closed": closed,
        "narrowed": narrowed_words(asked),
        "all_url": f"{request.path}?state={'closed' if closed else 'open'}",
        "board_url": address(request, {"state": None, "after": None}),
        "filters": [
            (_("Open"), address(request, {"state": "open", "after": None}), not closed),
            (_("Closed"), address(request, {"state": "closed", "after": None}), closed),
        ],
        "pager": Pager(words, address(request, {"after": None}) if after else "", following),
        "title_block": [{"label": _("Page"), "value": _("Nonconformances")}],
    }
    return render(request, "inspections/nonconformances/list.html", context)


def heading_of(count: int, critical: int) -> str:
    """How many are open, and how many of them are critical."""
    if not count:
        return _("No nonconformance is open")
    words = ngettext("%(count)d nonconformance is open", "%(count)d nonconformances are open", count)
    said = words % {"count": count}
    return said + (_(", %(count)d of them critical") % {"count": critical} if critical else "")


def _listed(rows: Sequence[ListedNonconformance], at: datetime) -> list[dict[str, Any]]:
    ids = {row.characteristic_id for row in rows if row.characteristic_id is not None}
    names = characteristic_words(ids)
    fails = open_fails_of(ids=[row.id for row in rows if row.closed_at is None])
    said = findings(
        {
            row.number: ((row.vehicle_id, row.gate, row.code, row.characteristic_id), row.batch)
            for row in rows
            if row.vehicle_id is not None and row.closed_at is None
        }
    )
    telling = Telling(language_now(), names)
    return [
        {
            "row": row,
            "name": name_of(names.get(row.characteristic_id or 0)) or telling.code(row.code),
            "code": telling.code(row.code),
            "finding": said.get(row.number),
            "age": age_text((row.closed_at or at) - row.opened_at),
            "next": next_words(
                closed_at=row.closed_at, of_batch=not row.vin, fails=len(fails.get(row.id, ())), owner=row.owner
            ),
        }
        for row in rows
    ]


def _history_sheet(request: HttpRequest, number: str) -> Sheet:
    return of_answers.history_of_nonconformance(find_nonconformance(number))


@require_safe
@exports(history=_history_sheet)
def nonconformance(request: HttpRequest, number: str) -> HttpResponse:
    """One nonconformance: what failed, every measurement of it, who answered what, and what may be done."""
    return _page(request, find_nonconformance(number))


@never_cache
@require_POST
def act(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """An act on a nonconformance. What is answered already is said, and nothing is done twice."""
    wanted = ACTS.get(name)
    if wanted is None:
        raise Http404(_("No such act is done on a nonconformance."))
    actor = actor_of(request)
    actor.require("answering a nonconformance", *MAY_DISPOSE)
    found = find_nonconformance(number)
    form = _form(name, found, moment_of(request), data=request.POST)
    if not form.is_valid():
        return _page(request, found, name, form, status=422)
    try:
        wanted.do(found, form, actor, moment_of(request))
    except DispositionRefused as refused:
        over = refused.code in {"closed", "no_open_fail", "of_the_batch"}
        return _page(
            request, find_nonconformance(number), name, form, refused=str(refused), status=409 if over else 422
        )
    except ChangeRefused as refused:
        return _page(request, found, name, form, refused=str(refused), status=422)
    messages.success(request, sentences([wanted.done, _then(name, found)]))
    return HttpResponseRedirect(reverse("web:nonconformance", args=[found.number]))


def _then(name: str, found: Nonconformance) -> str:
    if name in {"take", "scrap"}:
        return ""
    return _("The car is decided again now; %(number)s closes by itself once a later test has passed.") % {
        "number": found.number
    }


def find_nonconformance(number: str) -> Nonconformance:
    """The nonconformance of an address. Raises Http404."""
    wanted = number if number.isprintable() and len(number) <= _LONGEST_NUMBER else ""
    rows = Nonconformance.objects.select_related("batch__configuration", "vehicle__batch")
    found = rows.filter(number=wanted.upper()).first()
    if found is None:
        raise Http404(_("No nonconformance has the number %(number)s.") % {"number": number[:_LONGEST_NUMBER]})
    return found


def _form(name: str, found: Nonconformance, at: datetime, data: Any = None) -> Any:
    if name == "take":
        said = {"cause": found.cause, "containment": found.containment, "cause_class": found.cause_class}
        return TakeForm(data=data, initial=said)
    if name == "rework":
        tests, chosen = _tests(found)
        now = timezone.localtime(at).replace(second=0, microsecond=0)
        return ReworkForm(kinds=_kinds(found), tests=tests, data=data, initial={"repeats": chosen, "done_at": now})
    return ACTS[name].form(data=data)


def _tests(found: Nonconformance) -> tuple[list[tuple[str, str]], list[str]]:
    """The characteristics of the procedure that failed, and the one that did."""
    own = Characteristic.objects.filter(pk=found.characteristic_id or 0).first()
    if own is None:
        return [], []
    chinese = language_now() == "zh-hans"
    rows = Characteristic.objects.filter(procedure=own.procedure_id).order_by("code")
    return [(row.code, f"{(row.name_zh if chinese else '') or row.name} ({row.code})") for row in rows], [own.code]


def _kinds(found: Nonconformance) -> list[str]:
    """The kinds of parts that the catalogue knows, and those of what is in the car."""
    kinds = set(ComponentKind.objects.values_list("code", flat=True))
    if found.vehicle_id is not None:
        kinds |= {row.kind for row in fittings_of_vehicle(vehicle_id=found.vehicle_id) if row.here_now}
    return sorted(kinds)


def _page(
    request: HttpRequest,
    found: Nonconformance,
    name: str = "",
    form: Any = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    at, actor = moment_of(request), actor_of(request)
    is_open = found.state == NonconformanceState.OPEN
    fails = open_fails(nonconformance=found) if is_open else []
    rows = measured_in_time(found, fails)
    names = characteristic_words({found.characteristic_id} if found.characteristic_id is not None else set())
    words = names.get(found.characteristic_id or 0)
    finding = findings(_subjects(found)).get(found.number) if is_open else None
    failing = [row for row in rows if row.open] or [row for row in rows if row.failing]
    own = any(recorded_it(actor=actor, person_id=fail.person_id, operator=fail.operator) for fail in fails)
    may_act = may(actor, MAY_DISPOSE)
    context = {
        "nc": found,
        "is_open": is_open,
        "finding": finding,
        "name": name_of(words),
        "what": Telling(language_now(), names).code(found.code),
        "critical": words is not None and words.special == "CC",
        "next": next_words(
            closed_at=found.closed_at, of_batch=found.vehicle is None, fails=len(fails), owner=found.owner
        ),
        "record_url": reverse("web:entry-form", args=[found.vehicle.vin, words.procedure.code])
        if is_open and found.vehicle is not None and words is not None and not fails
        else "",
        "worst": failing[-1] if failing else None,
        "rows": rows,
        "fails": len(fails),
        "cause_class": cause_text(found.cause_class),
        "answered": _answered(found),
        "undecided": found.batch_id in waiting_by_batch(),
        "refused": refused,
        "may_act": may_act,
        "own": own,
        "who_may": who_may(MAY_DISPOSE, actor),
        "acts": _acts(found, fails, rows, actor, own, name, form, at) if is_open and may_act else [],
        "fitted": _fitted(found) if is_open and may_act else [],
        "scrap_url": _scrap_url(found) if is_open and may_act and not own else "",
        "history": _history(found),
        **_concessions(found, lines_failed(nonconformance=found), actor, at),
        "age": age_text((found.closed_at or at) - found.opened_at),
        "title_block": [
            {"label": _("Nonconformance"), "value": found.number},
            {"label": _("Vehicle") if found.vehicle else _("Batch"), "value": str(found.vehicle or found.batch)},
        ],
    }
    return render(request, "inspections/nonconformances/nonconformance.html", context, status=status)


def _scrap_url(found: Nonconformance) -> str:
    """Where the car itself is scrapped, while it can be."""
    if found.vehicle is None or found.vehicle.status not in (VehicleStatus.IN_PROCESS, VehicleStatus.RELEASED):
        return ""
    return reverse("web:vehicle-scrap", args=[found.vehicle.vin]) + f"?nonconformance={found.number}"


def _concessions(found: Nonconformance, lines: Sequence[Requirement], actor: Actor, at: datetime) -> dict[str, Any]:
    """Concessions of what this is about, and whether one can be proposed here. At most four statements."""
    wanted = {line.id for line in lines}
    rows = concessions_of_vehicle(vehicle_id=found.vehicle_id) if found.vehicle_id is not None and wanted else []
    listed = concession_page.concession_rows([row for row in rows if row.requirement_id in wanted], at)
    revision = batch_of(nonconformance=found) if lines else None
    never = [never_conceded(line, members_of(line=line, batch=revision)) for line in lines] if revision else []
    url = reverse("web:concession-propose", args=[found.number])
    is_open = found.state == NonconformanceState.OPEN or bool(listed)
    return {
        "concessions": listed,
        "never_conceded": concession_page.never_text(never[0]) if never and all(never) else "",
        "concede_url": url if "" in never and is_open and may(actor, MAY_PROPOSE_CONCESSION) else "",
    }


def _subjects(found: Nonconformance) -> dict[str, Any]:
    if found.vehicle is None:
        return {}
    key = (found.vehicle.pk, found.domain, found.code, found.characteristic_id)
    return {found.number: (key, found.batch.number)}


def _acts(
    found: Nonconformance,
    fails: Sequence[Fail],
    rows: Sequence[MeasuredAt],
    actor: Actor,
    own: bool,
    name: str,
    form: Any,
    at: datetime,
) -> list[dict[str, Any]]:
    """The acts that this person may do now, each with what will happen."""
    gone = found.vehicle is not None and found.vehicle.status in OUT_FOR_GOOD
    names = ["take"] if own or not fails else [key for key in ACTS if gone or key != "scrap"]
    return [
        {
            "name": key,
            "title": _take_title(found, actor) if key == "take" else ACTS[key].title,
            "when": ACTS[key].when,
            "button": ACTS[key].button if key != "take" or found.owner_id != actor.id else _("Keep what is said"),
            "url": reverse("web:nonconformance-act", args=[found.number, key]),
            "form": form if key == name and form is not None else _form(key, found, at),
            "open": key == name,
            "effects": _effects(key, found, fails, rows),
        }
        for key in names
    ]


def _take_title(found: Nonconformance, actor: Actor) -> str:
    if not found.owner:
        return str(ACTS["take"].title)
    if found.owner_id == actor.id:
        return _("Say more of cause and containment")
    return _("Take it over from %(who)s") % {"who": found.owner}


def _effects(key: str, found: Nonconformance, fails: Sequence[Fail], rows: Sequence[MeasuredAt]) -> list[str]:
    """What will happen, said before it happens."""
    if key == "take":
        return [_("You become its owner. For the car nothing changes: it stays where it is.")]
    if key == "scrap":
        return [
            _("The car never leaves; its fails need nothing more, and %(number)s closes by itself.")
            % {"number": found.number},
            _("In another car a part of it brings its own fails along: there they are not answered."),
        ]
    passed = later_pass(rows, fails)
    count = len(fails)
    answers = ngettext(
        "It answers the fail of %(first)s.", "It answers all %(count)d fails, %(first)s to %(last)s.", count
    ) % {
        "count": count,
        "first": stamp(fails[0].finished_at),
        "last": clock_or_stamp(fails[-1].finished_at, fails[0].finished_at),
    }
    closes = _("Then the hold of the gate lifts and %(number)s closes, by themselves.") % {"number": found.number}
    if key == "rework":
        answers = _("It answers the fails that finished before the work was done; what failed later stays.")
        needed = (
            _("The pass of %(at)s counts if it finished after the work was done; else a new test has to pass.")
            if passed
            else _("Until a test that finishes after the work passes, the car stays where it is.")
        )
        parts = _(
            "Parts that you enter are fitted and removed from then on: what was measured on them before is stale."
        )
        said = [answers, parts, needed, closes]
    else:
        needed = (
            _("The pass of %(at)s is later and counts: the gate can pass at once.")
            if passed
            else _("No later pass is on record: until a test that finishes later passes, the car stays where it is.")
        )
        said = [answers, needed, closes]
    at = stamp(passed.at) if passed else ""
    return [words % {"at": at} if "%(at)s" in words else words for words in said]


def _answered(found: Nonconformance) -> list[dict[str, Any]]:
    """Reworks with the parts changed and the tests to repeat, one entry for each act."""
    seen: dict[tuple[datetime, str], Disposition] = {}
    for row in Disposition.objects.filter(nonconformance=found, kind="rework").order_by("at", "pk"):
        seen.setdefault((row.at, row.reason), row)
    names = characteristic_words({number for row in seen.values() for number in row.repeats})
    return [
        {
            "what": row.reason,
            "who": row.disposed_by,
            "done": stamp(row.done_at),
            "parts": row.parts,
            "repeats": [name_of(names.get(number)) for number in row.repeats],
        }
        for row in seen.values()
    ]


def _fitted(found: Nonconformance) -> list[str]:
    if found.vehicle_id is None:
        return []
    rows = fittings_of_vehicle(vehicle_id=found.vehicle_id)
    return sorted({f"{row.kind} {row.serial}" for row in rows if row.here_now})


def _history(found: Nonconformance) -> list[Any]:
    entries = acts_on(nonconformance=found, most=HISTORY)
    telling = Telling(language_now(), characteristic_words(characteristics_in(entry.after for entry in entries)))
    return [say_act(entry, telling) for entry in entries]
