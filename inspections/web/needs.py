"""What needs somebody now: one task for each thing, most serious first, then oldest, each with its one act."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.gates.sentences import gate_text, kept_text
from inspections.intake.models import Kept
from inspections.people.choices import Role

from .access import language_now
from .ages import age_text, gap
from .frame import optional_url
from .need_facts import (
    ENGINEER,
    OFFICER,
    OWNER,
    SLOW,
    Findings,
    Task,
    bold,
    text,
)
from .needs_of_concessions import concession_tasks
from .needs_of_releases import release_tasks
from .needs_of_rigs import coverage_tasks, rig_tasks
from .reason_groups import LinkedPart
from .sampling_words import drawn_tasks, sample_tasks
from .statuses import WORST_FIRST, Status, word_of
from .telling import Telling
from .to_test_words import test_tasks


def tasks_of(found: Findings, scope: Role | None) -> list[Task]:
    """The tasks of a role, or with none of everybody, worst first."""
    tasks = [
        *_nonconformances(found),
        *_flagged(found),
        *_holds(found),
        *_hold_lists(found),
        *_kept(found),
        *rig_tasks(found),
        *_undecided(found),
        *test_tasks(found),
        *_drafts(found),
        *coverage_tasks(found),
        *sample_tasks(found),
        *drawn_tasks(found),
        *(release_tasks(found) if scope in (None, *OFFICER) else ()),
        *concession_tasks(found),
    ]
    wanted = [task for task in tasks if scope is None or scope in task.roles]
    return sorted(wanted, key=lambda task: (WORST_FIRST.index(task.status), task.rank, task.since))


def _nonconformances(found: Findings) -> Iterable[Task]:
    for row, group in found.nonconformances:
        where = _("Car %(car)d of %(batch)s") % {"car": row.sequence, "batch": row.batch} if row.sequence else row.batch
        told = _("%(what)s.") % {"what": Telling(language_now(), {}).code(row.code)}
        parts = group.parts if group is not None else (text(told),)
        critical = [_("Critical characteristic.")] if row.special == "CC" else []
        clears = group.said.clears_when if group is not None else ""
        under = gap().join(filter(None, [*critical, _("%(number)s.") % {"number": row.number}, clears]))
        yield Task(
            Status.FAIL,
            (bold(where), text(_(": ")), *_without_subject(parts)),
            (text(under),),
            row.opened_at,
            reverse("web:nonconformance", args=[row.number]),
            _("See %(number)s") % {"number": row.number},
            ENGINEER,
        )


def _without_subject(parts: Sequence[LinkedPart]) -> tuple[LinkedPart, ...]:
    """The sentence after its subject: the task names car and batch before it."""
    for place, part in enumerate(parts):
        for colon in (": ", "："):
            if place < 2 and part.text.startswith(colon):
                return (LinkedPart(part.text.removeprefix(colon)), *parts[place + 1 :])
    return tuple(parts)


def _flagged(found: Findings) -> Iterable[Task]:
    language = language_now()
    for batch in found.batches:
        failed = [gate for gate in batch.gates if gate.state == "failed"]
        if not failed:
            continue
        own = [gate_text(gate.domain, language) for gate in failed if gate.own_state == "failed"]
        cars = [gate for gate in failed if gate.failed]
        said = _(", ").join(
            _("%(gate)s %(count)d") % {"gate": gate_text(gate.domain, language), "count": gate.failed} for gate in cars
        )
        failing = said and _("Failed cars by gate: %(said)s.") % {"said": said}
        under = (
            _("The batch's own facts fail: %(gates)s.") % {"gates": _(", ").join(own)}
            if own
            else _("The others can go on; each car that failed stays.")
        )
        yield Task(
            Status.FAIL,
            (bold(batch.number), text(_(" is flagged. ")), text(failing)),
            (text(under),),
            found.flagged.get(batch.id, batch.opened_at),
            reverse("web:batch", args=[batch.number]),
            _("See why"),
            ENGINEER | OFFICER,
            word=_("Flagged"),
        )


def _holds(found: Findings) -> Iterable[Task]:
    for hold in found.holds:
        vehicle = hold.vehicle
        where = (
            _("Batch %(batch)s") % {"batch": hold.batch.number}
            if vehicle is None
            else _("Car %(car)d of %(batch)s") % {"car": vehicle.sequence, "batch": hold.batch.number}
        )
        yield Task(
            Status.HELD,
            (bold(where), text(_(" is held: %(reason)s") % {"reason": hold.reason})),
            (text(_("Placed by %(who)s. Clears when an engineer lifts it.") % {"who": hold.placed_by}),),
            hold.placed_at,
            reverse("web:batch", args=[hold.batch.number])
            if vehicle is None
            else reverse("web:vehicle", args=[vehicle.vin]),
            _("See the hold"),
            ENGINEER | OFFICER,
        )


def _hold_lists(found: Findings) -> Iterable[Task]:
    for row in found.hold_lists:
        words = ngettext(" holds %(count)d car: %(reason)s", " holds %(count)d cars: %(reason)s", row.holding)
        yield Task(
            Status.HELD,
            (bold(row.number), text(words % {"count": row.holding, "reason": row.reason})),
            (text(_("Placed by %(who)s. Clears when an engineer lifts it.") % {"who": row.placed_by}),),
            row.placed_at,
            reverse("web:hold-list", args=[row.number]),
            _("See the list"),
            ENGINEER | OFFICER,
        )


def _kept(found: Findings) -> Iterable[Task]:
    gathered: dict[tuple[str, str], list[Kept]] = defaultdict(list)
    for row in found.kept:
        gathered[row.rig.code if row.rig else "", row.code].append(row)
    inbox = optional_url("web:intake")
    for (rig, code), rows in gathered.items():
        count = len(rows)
        words = ngettext("%(count)d submission", "%(count)d submissions", count) % {"count": count}
        vins = {row.vin for row in rows if row.vin}
        named = ngettext("It names one car, which stays pending.", "%(count)d cars named stay pending.", len(vins))
        stays = named % {"count": len(vins)} if vins else _("No car is named.")
        yield Task(
            Status.UNCLEAR,
            (
                bold(words),
                text(_(" from %(rig)s") % {"rig": rig or _("nobody we know")}),
                text(_(" cannot be recorded: %(code)s.") % {"code": kept_text(code, language_now())}),
            ),
            (text(_("Kept in the intake. %(named)s") % {"named": stays}),),
            min(row.received_at for row in rows),
            inbox,
            _("Open the intake"),
            ENGINEER | OWNER,
        )


def _undecided(found: Findings) -> Iterable[Task]:
    numbers = {batch.id: batch.number for batch in found.batches}
    for batch_id, waiting in found.waiting.items():
        if found.at - waiting.since < SLOW or batch_id not in numbers:
            continue
        count = ngettext("%(count)d change", "%(count)d changes", waiting.count) % {"count": waiting.count}
        yield Task(
            Status.PENDING,
            (bold(numbers[batch_id]), text(_(": %(count)s wait to be decided.") % {"count": count})),
            (text(_("No car of it is clear meanwhile. Deciding takes seconds: see whether the worker runs.")),),
            waiting.since,
            reverse("web:batch", args=[numbers[batch_id]]),
            _("See the batch"),
            ENGINEER | OFFICER,
            word=_("Undecided"),
        )


def _drafts(found: Findings) -> Iterable[Task]:
    own = _("You drafted it: two others approve it.")
    for revision in found.drafts:
        name = _("Plan %(plan)s revision %(number)d") % {"plan": revision.plan.code, "number": revision.number}
        first = revision.first_approver
        said = (
            _(" has one approval, by %(who)s; it needs two.") % {"who": first}
            if first
            else _(" waits for two approvals.")
        )
        yield Task(
            Status.PENDING,
            (bold(name), text(said)),
            (text(_("Until then it binds no batch.") + (gap() + own if revision.author_id == found.reader else "")),),
            revision.created_at,
            optional_url("web:plan", revision.plan.code) or optional_url("web:plans"),
            _("See the plan"),
            OWNER,
        )


def rigs_in_trouble(found: Findings) -> list[Task]:
    """What is wrong with rigs, for everybody."""
    return sorted(rig_tasks(found), key=lambda task: (WORST_FIRST.index(task.status), task.rank, task.since))


def age_of(task: Task, at: datetime) -> str:
    """How long it has been so, or how long until it is."""
    if task.age:
        return task.age
    if task.since > at:
        return _("in %(age)s") % {"age": age_text(task.since - at)}
    return age_text(at - task.since)


def word_for(task: Task) -> str:
    return task.word or word_of(task.status, language_now())
