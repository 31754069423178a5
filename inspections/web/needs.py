"""What needs somebody now: one task for each thing, most serious first, then oldest, each with its one act."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.catalogue.models import PlanRevision
from inspections.dispositions.models import Hold
from inspections.dispositions.queries import OpenNonconformance
from inspections.evaluation.reasons import ReasonCode
from inspections.gates.choices import CoverageKind
from inspections.gates.queries import BatchSummary, EndingCoverage
from inspections.gates.sentences import gate_text
from inspections.intake.models import Kept
from inspections.marks.queries import Waiting
from inspections.people.choices import Role
from inspections.releases.queries import ProposedRelease
from inspections.rigs.queries import RigStanding

from .access import language_now
from .ages import age_text, clock_or_stamp, stamp
from .frame import optional_url
from .reason_groups import LinkedPart, ReasonGroup
from .statuses import WORST_FIRST, Status, word_of

MOST_TASKS: Final = 20
SILENT: Final = timedelta(minutes=15)
"""A rig that sends a sign of life and was not heard for so long is silent."""
SOON: Final = timedelta(hours=72)
COVERAGE_SOON: Final = timedelta(days=14)
_NAMED_RIGS: Final = 3
SLOW: Final = timedelta(minutes=1)
"""Deciding takes seconds; what waits longer needs somebody."""

ENGINEER = frozenset({Role.ENGINEER})
INSPECTOR = frozenset({Role.INSPECTOR})
OFFICER = frozenset({Role.RELEASE_OFFICER})
OWNER = frozenset({Role.CATALOGUE_OWNER})


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that needs somebody. `parts` is the sentence, `under` what follows from it, `since` its age's start.

    A `since` in the future is when it begins to matter.
    """

    status: Status
    parts: tuple[LinkedPart, ...]
    under: tuple[LinkedPart, ...]
    since: datetime
    url: str
    act: str
    roles: frozenset[Role]
    word: str = ""
    age: str = ""

    @property
    def digest(self) -> str:
        said = "".join(part.text for part in (*self.parts, *self.under))
        return sha256(f"{self.status}{said}{self.act}".encode()).hexdigest()[:12]

    @property
    def key(self) -> str:
        """Names the task on the page as long as it is about the same thing."""
        return "task-" + sha256(f"{self.url}{self.parts[0].text}{self.act}".encode()).hexdigest()[:10]


@dataclass(frozen=True, slots=True)
class Findings:
    """What was read for the page, all of one moment."""

    at: datetime
    batches: Sequence[BatchSummary] = ()
    nonconformances: Sequence[tuple[OpenNonconformance, ReasonGroup | None]] = ()
    holds: Sequence[Hold] = ()
    kept: Sequence[Kept] = ()
    rigs: Sequence[RigStanding] = ()
    waiting: dict[int, Waiting] = field(default_factory=dict)
    drafts: Sequence[PlanRevision] = ()
    coverages: Sequence[EndingCoverage] = ()
    releases: Sequence[ProposedRelease] = ()


def tasks_of(found: Findings, scope: Role | None) -> list[Task]:
    """The tasks of a role, or with none of everybody, worst first."""
    tasks = [
        *_nonconformances(found),
        *_flagged(found),
        *_holds(found),
        *_kept(found),
        *_rigs(found),
        *_undecided(found),
        *_missing(found),
        *_drafts(found),
        *_coverages(found),
        *_releases(found),
    ]
    wanted = [task for task in tasks if scope is None or scope in task.roles]
    return sorted(wanted, key=lambda task: (WORST_FIRST.index(task.status), task.since))


def _text(text: str) -> LinkedPart:
    return LinkedPart(text)


def _bold(text: str) -> LinkedPart:
    return LinkedPart(text, emphasised=True)


def _nonconformances(found: Findings) -> Iterable[Task]:
    for row, group in found.nonconformances:
        where = _("Car %(car)d of %(batch)s") % {"car": row.sequence, "batch": row.batch} if row.sequence else row.batch
        parts = group.parts if group is not None else (_text(_("%(number)s is open.") % {"number": row.number}),)
        critical = [_("Critical characteristic.")] if row.special == "CC" else []
        clears = group.said.clears_when if group is not None else ""
        under = " ".join([*critical, _("%(number)s.") % {"number": row.number}, clears]).strip()
        yield Task(
            Status.FAIL,
            (_bold(where), _text(_(": ")), *_without_subject(parts)),
            (_text(under),),
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
            (_bold(batch.number), _text(_(" is flagged. ")), _text(failing)),
            (_text(under),),
            min((gate.decided_at for gate in failed if gate.decided_at), default=batch.opened_at),
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
            (_bold(where), _text(_(" is held: %(reason)s") % {"reason": hold.reason})),
            (_text(_("Placed by %(who)s. Clears when a person lifts it.") % {"who": hold.placed_by}),),
            hold.placed_at,
            reverse("web:batch", args=[hold.batch.number])
            if vehicle is None
            else reverse("web:vehicle", args=[vehicle.vin]),
            _("See the hold"),
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
                _bold(words),
                _text(_(" from %(rig)s") % {"rig": rig or _("nobody we know")}),
                _text(_(" cannot be recorded: %(code)s.") % {"code": code.replace("_", " ")}),
            ),
            (_text(_("Kept in the intake. %(named)s") % {"named": stays}),),
            min(row.received_at for row in rows),
            inbox,
            _("Open the intake"),
            ENGINEER | OWNER,
        )


def _rigs(found: Findings) -> Iterable[Task]:
    for rig in found.rigs:
        if not rig.needs_calibration:
            continue
        url = optional_url("web:rig", rig.code)
        if rig.calibrated_until is None:
            parts = (_bold(_("Rig %(rig)s") % {"rig": rig.code}), _text(_(" is not in calibration.")))
            under = _("What it measures now does not count until a certificate is entered.")
            yield Task(Status.STALE, parts, (_text(under),), found.at, url, _("See the rig"), ENGINEER)
        elif rig.calibrated_until - found.at < SOON:
            name = _bold(_("Calibration of %(rig)s") % {"rig": rig.code})
            parts = (name, _text(_(" ends at %(at)s.") % {"at": stamp(rig.calibrated_until)}))
            under = _("After that, its results do not count.")
            since = rig.calibrated_until
            roles = ENGINEER | INSPECTOR
            yield Task(Status.QUIET, parts, (_text(under),), since, url, _("See the rig"), roles, word=_("Soon"))
    yield from _silent(found)


def _silent(found: Findings) -> Iterable[Task]:
    """Rigs that were heard once and are not heard now: one task each, or one for many, since a network is down."""
    silent = {
        rig.code: rig.last_heard_at
        for rig in found.rigs
        if rig.last_heard_at is not None and found.at - rig.last_heard_at > SILENT
    }
    if len(silent) > _NAMED_RIGS:
        name = _bold(_("%(count)d of %(rigs)d rigs") % {"count": len(silent), "rigs": len(found.rigs)})
        listed = _(", ").join(sorted(silent)[:_NAMED_RIGS])
        more = _("%(count)d more") % {"count": len(silent) - _NAMED_RIGS}
        said = _(" are silent: %(rigs)s, %(more)s.") % {"rigs": listed, "more": more}
        gathered = [(min(silent.values()), (name, _text(said)), optional_url("web:rigs"), _("See the rigs"))]
    else:
        gathered = [
            (
                heard,
                (
                    _bold(_("Rig %(rig)s") % {"rig": code}),
                    _text(_(" was last heard at %(at)s.") % {"at": clock_or_stamp(heard, found.at)}),
                ),
                optional_url("web:rig", code),
                _("See the rig"),
            )
            for code, heard in silent.items()
        ]
    under = _("Cars wait for its results; testing on another rig clears them too.")
    if len(silent) > _NAMED_RIGS:
        under = _("Cars wait for their results: see whether the network is down.")
    for since, parts, url, act in gathered:
        yield Task(Status.PENDING, parts, (_text(under),), since, url, act, ENGINEER | INSPECTOR, word=_("Silent"))


def _undecided(found: Findings) -> Iterable[Task]:
    numbers = {batch.id: batch.number for batch in found.batches}
    for batch_id, waiting in found.waiting.items():
        if found.at - waiting.since < SLOW or batch_id not in numbers:
            continue
        count = ngettext("%(count)d change", "%(count)d changes", waiting.count) % {"count": waiting.count}
        yield Task(
            Status.PENDING,
            (_bold(numbers[batch_id]), _text(_(": %(count)s wait to be decided.") % {"count": count})),
            (_text(_("No car of it is clear meanwhile. Deciding takes seconds: see whether the worker runs.")),),
            waiting.since,
            reverse("web:batch", args=[numbers[batch_id]]),
            _("See the batch"),
            ENGINEER | OFFICER,
            word=_("Undecided"),
        )


def _missing(found: Findings) -> Iterable[Task]:
    language = language_now()
    for batch in found.batches:
        lacking = {
            gate_text(gate.domain, language): gate.codes.get(ReasonCode.MISSING_RESULT.value, 0) for gate in batch.gates
        }
        said = _(", ").join(
            _("%(gate)s %(count)d") % {"gate": gate, "count": count} for gate, count in lacking.items() if count
        )
        if said:
            yield Task(
                Status.MISSING,
                (_bold(batch.number), _text(_(": results are missing. Cars by gate: %(said)s.") % {"said": said})),
                (_text(_("Clears when each has its results.")),),
                batch.opened_at,
                reverse("web:batch", args=[batch.number]) + "?cars=pending#cars",
                _("See the cars"),
                INSPECTOR,
            )


def _drafts(found: Findings) -> Iterable[Task]:
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
            (_bold(name), _text(said)),
            (_text(_("Until then it binds no batch.")),),
            revision.created_at,
            optional_url("web:plan", revision.plan.code) or optional_url("web:plans"),
            _("See the plan"),
            OWNER,
        )


def _coverages(found: Findings) -> Iterable[Task]:
    """Coverage that ends soon, gathered by configuration: the first one to end speaks."""
    gathered: dict[str, list[EndingCoverage]] = defaultdict(list)
    for row in found.coverages:
        gathered[row.configuration].append(row)
    for configuration, rows in gathered.items():
        first = rows[0]
        said = {"procedure": first.procedure, "configuration": configuration, "at": stamp(first.valid_until)}
        name = _bold(_("Coverage %(number)s") % {"number": first.number})
        words = _(" of %(procedure)s for %(configuration)s ends at %(at)s.") % said
        under = []
        if len(rows) > 1:
            more = ngettext("%(count)d more ends soon after.", "%(count)d more end soon after.", len(rows) - 1)
            under.append(more % {"count": len(rows) - 1})
        if any(row.kind == CoverageKind.DEMONSTRATION for row in rows):
            under.append(_("Demonstration, not evidence."))
        under.append(_("Later cars would be flagged: coverage expired."))
        url, roles = reverse("web:batches"), ENGINEER | OFFICER
        parts, below = (name, _text(words)), (_text(_(" ").join(under)),)
        yield Task(Status.QUIET, parts, below, first.valid_until, url, _("See batches"), roles, word=_("Soon"))


def _releases(found: Findings) -> Iterable[Task]:
    """Proposals that wait for a signature, and releases that new evidence suspended."""
    for row in found.releases:
        name = _bold(_("Release %(number)s of %(batch)s") % {"number": row.number, "batch": row.batch})
        url = reverse("web:release", args=[row.number])
        if row.state(found.at) == "suspended":
            words = ngettext(
                " is suspended: %(count)d car may not leave.",
                " is suspended: %(count)d cars may not leave.",
                row.suspended,
            )
            under = _("Something was decided since and did not pass. Clear again, it needs new signatures.")
            parts = (name, _text(words % {"count": row.suspended}))
            yield Task(
                Status.HELD, parts, (_text(under),), row.signed_at or row.proposed_at, url, _("See the release"),
                OFFICER, word=_("Suspended"),
            )  # fmt: skip
            continue
        words = ngettext(": %(count)d car waits", ": %(count)d cars wait", row.vehicles) % {"count": row.vehicles}
        needed = _(" for its second signature.") if row.signatures else _(" for two signatures.")
        signed = _("Signed by %(who)s.") % {"who": row.signers[0]} + " " if row.signatures else ""
        under = signed + _("Lapses at %(at)s.") % {"at": stamp(row.lapses_at)}
        yield Task(
            Status.PENDING, (name, _text(words + needed)), (_text(under),), row.proposed_at, url, _("Read and sign"),
            OFFICER, word=_("To sign"),
        )  # fmt: skip


def rigs_in_trouble(found: Findings) -> list[Task]:
    """What is wrong with rigs, for everybody."""
    return sorted(_rigs(found), key=lambda task: (WORST_FIRST.index(task.status), task.since))


def age_of(task: Task, at: datetime) -> str:
    """How long it has been so, or how long until it is."""
    if task.since > at:
        return _("in %(age)s") % {"age": age_text(task.since - at)}
    return age_text(at - task.since)


def word_for(task: Task) -> str:
    return task.word or word_of(task.status, language_now())
