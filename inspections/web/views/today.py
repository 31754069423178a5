"""Today: what needs somebody now, and the batches on the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from inspections.batches.queries import batches_on_line
from inspections.batches.services import MAY_SET as MAY_SET_TARGET
from inspections.catalogue.queries import characteristic_words, drafts_to_approve, line_words, procedures_named
from inspections.dispositions.concession_queries import concessions_to_sign
from inspections.dispositions.listed import lists_that_hold
from inspections.dispositions.queries import OpenNonconformance, holds_of_people, open_nonconformances
from inspections.gates.queries import (
    BatchSummary,
    StandingCause,
    batch_summaries,
    ending_coverages,
    failed_cars,
    flagged_since,
    nonconformance_causes,
    period_standings,
    to_test,
)
from inspections.intake.queries import open_inbox
from inspections.marks.queries import waiting_by_batch
from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.releases.queries import releases_to_answer
from inspections.releases.waiting import waiting_since
from inspections.rigs.queries import rig_standings

from ..access import actor_of, language_now, may, moment_of, role_text
from ..ages import clauses, gap, zone_text
from ..batch_rows import drawn_row
from ..causes import Known, named_in, page_reasons
from ..delivery import delivery_of
from ..frame import optional_url
from ..need_facts import COVERAGE_SOON, MOST_TASKS, Findings, Task
from ..needs import age_of, rigs_in_trouble, tasks_of, word_for
from ..paging import address
from ..reason_groups import ReasonGroup, group_reasons

MOST_BATCHES = 20
MOST_KEPT = 200
EVERYTHING = "everything"
_SCOPES = (Role.ENGINEER, Role.RELEASE_OFFICER, Role.INSPECTOR, Role.CATALOGUE_OWNER)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose tasks are shown."""

    name: str
    url: str
    here: bool


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    at, actor = moment_of(request), actor_of(request)
    chosen = _chosen(request, actor)
    found = _read(at, actor, releasing=chosen in (None, Role.RELEASE_OFFICER))
    tasks = tasks_of(found, chosen)
    failed = failed_cars(batch_ids=[batch.id for batch in found.batches])
    context = {
        "heading": _heading(len(tasks), failed, everybody=chosen is None),
        "scopes": _scopes(request, chosen),
        "tasks": [(task, age_of(task, at), word_for(task), _act(task, actor)) for task in tasks[:MOST_TASKS]],
        "left": len(tasks) - MOST_TASKS,
        "rows": [drawn_row(batch, language_now()) for batch in found.batches],
        "delivery": delivery_of(request, at),
        "sets_targets": may(actor, MAY_SET_TARGET),
        "totals": _totals(found.batches),
        "trouble": rigs_in_trouble(found),
        "rigs": len(found.rigs),
        "rigs_url": optional_url("web:rigs"),
        "day": timezone.localdate(at),
        "title_block": _title_block(found),
    }
    return render(request, "inspections/today/today.html", context)


def _act(task: Task, actor: Actor) -> str:
    """What the reader can do about it; who may only read is not asked to act."""
    return task.act if task.roles & set(actor.roles) else _("See it")


def _read(at: datetime, actor: Actor, *, releasing: bool) -> Findings:
    """All that the page rests on, in a number of statements that does not depend on how much there is.

    `releasing`: how long clear cars have waited is asked too, which takes a look at each.
    """
    nonconformances = open_nonconformances(most=MOST_TASKS)
    batches = batches_on_line(MOST_BATCHES)
    tests = to_test(batch_ids=batches)
    summaries = batch_summaries(ids=batches, at=at)
    waiting = [batch.id for batch in summaries if batch.unreleased]
    return Findings(
        at=at,
        reader=actor.id,
        batches=summaries,
        to_release=waiting_since(batch_ids=waiting, at=at) if releasing else {},
        flagged=flagged_since(batch_ids=batches),
        to_test=tests,
        procedures=procedures_named({row.procedure_id for row in tests}),
        nonconformances=_said(nonconformances),
        holds=holds_of_people(most=MOST_TASKS),
        hold_lists=lists_that_hold(most=MOST_TASKS),
        kept=list(open_inbox(at=at)[:MOST_KEPT]),
        rigs=rig_standings(at=at),
        waiting=waiting_by_batch(),
        drafts=drafts_to_approve(MOST_TASKS),
        coverages=ending_coverages(at=at, before=at + COVERAGE_SOON, most=MOST_TASKS),
        samples=period_standings(at=at),
        releases=releases_to_answer(at=at, most=MOST_TASKS),
        concessions=concessions_to_sign(at=at, most=MOST_TASKS),
    )


def _said(rows: list[OpenNonconformance]) -> list[tuple[OpenNonconformance, ReasonGroup | None]]:
    causes = nonconformance_causes(vehicle_ids=[row.vehicle_id for row in rows if row.vehicle_id is not None])
    lines, characteristics, _codes = named_in(causes.values())
    words: dict[str, Any] = {"lines": line_words(lines), "characteristics": characteristic_words(characteristics)}
    said = []
    for row in rows:
        cause = causes.get((row.vehicle_id or 0, row.gate, row.code, row.characteristic_id))
        said.append((row, _sentence(row, cause, words) if cause is not None else None))
    return said


def _sentence(row: OpenNonconformance, cause: StandingCause, words: dict[str, Any]) -> ReasonGroup | None:
    zone = timezone.get_current_timezone()
    known = Known(language_now(), zone, row.batch, **words)
    cause.detail["nonconformance"] = row.number
    return group_reasons(page_reasons([cause], known), known.language, zone).worst


def _chosen(request: HttpRequest, actor: Actor) -> Role | None:
    asked = request.GET.get("for", "")
    if asked == EVERYTHING:
        return None
    for role in _SCOPES:
        if asked == role.value:
            return role
    return next((role for role in _SCOPES if role in actor.roles), None)


def _scopes(request: HttpRequest, chosen: Role | None) -> list[Scope]:
    scopes = [Scope(role_text(role), address(request, {"for": role.value}), role is chosen) for role in _SCOPES]
    return [*scopes, Scope(_("Everything"), address(request, {"for": EVERYTHING}), chosen is None)]


def _heading(tasks: int, failed: int, *, everybody: bool) -> str:
    if not tasks:
        first = _("Nothing needs anybody now.") if everybody else _("Nothing needs you now.")
    elif everybody:
        first = ngettext("%(count)d thing needs somebody.", "%(count)d things need somebody.", tasks) % {"count": tasks}
    else:
        first = ngettext("%(count)d thing needs you.", "%(count)d things need you.", tasks) % {"count": tasks}
    if not failed:
        return first
    second = ngettext("%(count)d car has failed.", "%(count)d cars have failed.", failed) % {"count": failed}
    return first + gap() + second


def _totals(batches: Sequence[BatchSummary]) -> list[tuple[str, int, bool]]:
    """Cars of the batches shown, by how far they have come."""
    held = sum(batch.held for batch in batches)
    return [
        (_("Planned"), sum(batch.planned for batch in batches), False),
        (_("Built"), sum(batch.registered for batch in batches), False),
        (_("Clear"), sum(batch.clear for batch in batches), False),
        (_("Held"), held, held > 0),
        (_("Released"), sum(batch.released for batch in batches), False),
        (_("Delivered"), sum(batch.delivered for batch in batches), False),
    ]


def _title_block(found: Findings) -> list[dict[str, str]]:
    undecided = sum(waiting.count for waiting in found.waiting.values())
    count = ngettext("%(count)d change undecided", "%(count)d changes undecided", undecided) % {"count": undecided}
    decided = clauses([f"{timezone.localtime(found.at):%H:%M:%S}", count if undecided else _("nothing undecided")])
    return [
        {"label": "Interlock", "value": _("Today's work")},
        {"label": _("Decided up to"), "value": decided},
        {"label": _("Times"), "value": zone_text()},
    ]
